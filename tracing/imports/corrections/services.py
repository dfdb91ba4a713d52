"""Correct lines in quarantine: they are loaded like any line, into the same lot and row, as a new revision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, text, update

from tracing.imports.corrections import queries
from tracing.imports.errors import NoLongerToCorrect
from tracing.imports.format.columns import FIELDS, RawLine, clean
from tracing.imports.format.faults import Fault, Problem, Why, faults_of
from tracing.imports.format.line import ParsedLine, parse
from tracing.imports.format.reading import NOT_POSITIVE, Reading
from tracing.imports.loading import services
from tracing.imports.loading.context import LoadContext
from tracing.imports.lots import events as lot_events
from tracing.imports.lots import services as lots
from tracing.imports.lots.queries import report
from tracing.imports.models import NEGATIVE_KEPT, ImportLine, ImportLot, LotState
from tracing.imports.rules import Outcome
from tracing.kernel import events
from tracing.kernel.db import equals_any, session

CORRECTABLE = (LotState.LOADED, LotState.LOADING, LotState.STOPPED)
"""States of a lot whose lines may be corrected; not those of an undone or refused lot."""
_LOT_FIELD = FIELDS.index("NUM_LOT")


NEEDS_A_LOOK = frozenset((Problem.BAD_SHAPE, Problem.ID_TAKEN, Problem.CONTRADICTION))
"""Reasons that no field shows: a workbook in which the line is as it was says nothing of it."""
KEEP_NEGATIVE = timedelta(days=7)
"""How long the person of a line that is not positive is kept while it waits to be compared."""
NEGATIVES_AT_ONCE = 1000


class SetAside(StrEnum):
    """Why a line is not to be corrected."""

    NO_RESULT = "no_result"
    SENT_AGAIN = "sent_again"
    SENDER_GAVE_UP = "sender_gave_up"
    POSITIVE_STANDS = "positive_stands"
    """Several tests under one id: the positive one counts."""
    NOT_COMPARED = "not_compared"
    """Not positive, and nobody compared it in time: whom it names is forgotten."""


@dataclass(repr=False)
class Corrected:
    """What became of lines that were typed or sent again."""

    taken: dict[int, Outcome] = field(default_factory=dict)
    """Corrected lines: outcome by row."""
    wrong: dict[int, tuple[Fault, ...]] = field(default_factory=dict)
    """Lines that still need correction: faults by row."""
    done_before: list[int] = field(default_factory=list)
    """Rows that do not, or no longer, need correction."""
    unknown: list[int] = field(default_factory=list)
    """Rows that the lot does not have."""

    def add(self, other: "Corrected") -> None:
        """Add the counts of another batch of the same file."""
        self.taken |= other.taken
        self.wrong |= other.wrong
        self.done_before += other.done_before
        self.unknown += other.unknown


def typed(row: int, values: Callable[[str], str]) -> RawLine:
    """Return a typed line, cleaned like one of a file; `values` gives the text of each field."""
    return RawLine(row, tuple(clean(values(name)) for name in FIELDS))


def correct(
    lot: ImportLot,
    raws: Sequence[RawLine],
    *,
    reading: Reading,
    taking: LoadContext,
    keep_wrong: bool = False,
    by: int,
    at: datetime,
) -> Corrected:
    """Load corrected lines of a lot, in the transaction of the caller, who holds the lock for writing lots.

    Each keeps its row and gets the next revision, and the time of receipt of its lot, from which its deadline counts.
    A line that is still wrong stays to be corrected; `keep_wrong` still saves what was changed in it.
    """
    lots.get_locked(lot.id, *CORRECTABLE)
    waiting = queries.to_correct(lot.id, (raw.row for raw in raws), lock=True)
    found = Corrected()
    known = queries.rows_of(lot.id, (raw.row for raw in raws if raw.row not in waiting))
    work = _Work(lot, reading, found, is_many=keep_wrong)
    for raw in {raw.row: raw for raw in raws}.values():
        line = waiting.get(raw.row)
        if line is None:
            (found.done_before if raw.row in known else found.unknown).append(raw.row)
        else:
            work.look_at(line, raw)
    if taking.trusts_ids:
        work.refuse_taken_ids()
    lines = [*work.usable.values(), *(work.changed.values() if keep_wrong else ())]
    if lines:
        revisions = {
            row: (waiting[row].revision + 1, waiting[row].id) for row in (line.row for line in lines)
        }
        services.load_lines(sorted(lines, key=lambda line: line.row), taking, at=at, revisions=revisions)
        tell(lot, revisions, found, is_old=reading.allow_old, by=by, at=at)
    return found


@dataclass(repr=False)
class _Work:
    """The corrected lines of a batch, as far as they can be used."""

    lot: ImportLot
    reading: Reading
    found: Corrected
    is_many: bool
    """They come in a workbook: nobody saw each line on a page."""
    usable: dict[int, ParsedLine] = field(default_factory=dict)
    changed: dict[int, ParsedLine] = field(default_factory=dict)
    """Lines that are still wrong, but were changed."""
    renamed: dict[int, str] = field(default_factory=dict)
    """The new result id of each line that had another one, or none."""

    def look_at(self, line: ImportLine, raw: RawLine) -> None:
        """Read a corrected line, and record everything that is still wrong with it."""
        raw = raw._replace(
            extras=queries.extras_of(line)
        )  # what its message said beside the fields still holds
        parsed = parse(raw, self.reading)
        is_as_it_was = _is_as_it_was(line, raw)
        # in a workbook of many lines, one whose cells may be shifted counts as looked at only where it was changed
        # so does one whose id is another person's: to look at both is what a person must do
        is_unseen = self.is_many and is_as_it_was and not NEEDS_A_LOOK.isdisjoint(line.reasons)
        if parsed.problems or is_unseen:
            self.found.wrong[raw.row] = faults_of(raw.values, self.reading)
            if not is_as_it_was:
                self.changed[raw.row] = parsed
        else:
            self.usable[raw.row] = parsed
        if parsed.result_id and parsed.result_id != (line.source_result_id or ""):
            self.renamed[raw.row] = parsed.result_id

    def refuse_taken_ids(self) -> None:
        """Reject a line whose new id belongs to another line: it would count as that one, and be lost."""
        uses = queries.uses_of_ids(self.lot.source_code, self.renamed.values())
        for row, result_id in sorted(self.renamed.items()):
            others = uses.setdefault(result_id, set())
            if others - {(self.lot.id, row)}:
                self.found.wrong[row] = (*self.found.wrong.get(row, ()), Fault("ID_RESULTAT", Why.TAKEN))
                self.usable.pop(row, None)
                self.changed.pop(row, None)
            others.add((self.lot.id, row))


def _is_as_it_was(line: ImportLine, raw: RawLine) -> bool:
    """Return whether no field of a line was changed, ignoring the lot number, which is not the line's own."""
    kept = queries.values_of(line)
    return kept is not None and _own(kept) == _own(raw.values)


def _own(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for place, value in enumerate(values) if place != _LOT_FIELD)


def tell(
    lot: ImportLot,
    revisions: dict[int, tuple[int, int]],
    found: Corrected,
    *,
    is_old: bool = False,
    by: int,
    at: datetime,
) -> None:
    """Record what became of each corrected line, and recompute the lot's counts."""
    rows = session.execute(
        select(
            *(ImportLine.id, ImportLine.row_number, ImportLine.revision, ImportLine.outcome),
            ImportLine.result,
        ).where(
            ImportLine.lot_id == lot.id, ImportLine.is_current, equals_any(ImportLine.row_number, revisions)
        )
    ).all()
    for row in rows:
        if row.outcome is not Outcome.QUARANTINED:
            found.taken[row.row_number] = row.outcome
        else:
            found.wrong.setdefault(row.row_number, ())  # its result id is still another person's
        events.record(
            "line.corrected",
            by=by,
            at=at,
            subject=("line", row.id),
            site_id=lot.owner_site_id,
            lot=lot.id,
            row=row.row_number,
            revision=row.revision,
            outcome=row.outcome.value,
            **({"despite_age": True} if is_old else {}),
        )
    _forget(lot, [row.row_number for row in rows if row.outcome in FORGOTTEN or _keeps_nobody(row)])
    if lot.state is LotState.LOADED:
        lot.counts = report(lot.id)
    session.flush()


FORGOTTEN = (Outcome.NOT_POSITIVE, Outcome.WITHDRAWN)
"""Outcomes of a line that is not positive: no personal data is kept, nor any of its earlier revisions."""


def _keeps_nobody(row: Any) -> bool:
    """Return whether a line that is not positive no longer waits."""
    return row.outcome is not Outcome.QUARANTINED and row.result in NOT_POSITIVE


def _forget(lot: ImportLot, rows: Sequence[int]) -> None:
    if rows:
        session.execute(
            update(ImportLine)
            .where(ImportLine.lot_id == lot.id, equals_any(ImportLine.row_number, rows))
            .values(sealed=None)
        )


def set_aside(line: ImportLine, why: SetAside, *, by: int, at: datetime) -> None:
    """Set a line aside as not to be corrected, because its sender was asked.

    Raises:
        NoLongerToCorrect: it was corrected, settled or set aside meanwhile.
    """
    if not queries.is_to_correct(line):
        raise NoLongerToCorrect
    line.set_aside_at, line.set_aside_by, line.set_aside_why = at, by, why.value
    if line.result in NOT_POSITIVE:
        line.sealed = None  # kept only while somebody may still compare them
    session.flush()
    _record("line.set_aside", line, by=by, at=at)


def take_up(line: ImportLine, *, by: int, at: datetime) -> None:
    """Put a line that was set aside back on the list to correct; does nothing for one that was not.

    Raises:
        NoLongerToCorrect: its fields are gone.
    """
    if line.set_aside_at is None:
        return
    if line.sealed is None:
        raise NoLongerToCorrect
    line.set_aside_at = line.set_aside_by = line.set_aside_why = None
    session.flush()
    _record("line.taken_up", line, by=by, at=at)


def forget_negatives(*, at: datetime) -> int:
    """Forget whom lines name that are not positive and that nobody compared in time, some at once; return how many.

    Such a line waits no longer: there is nothing left to compare.
    """
    old = session.scalars(
        select(ImportLine)
        .join(ImportLot, ImportLot.id == ImportLine.lot_id)
        .where(
            text(NEGATIVE_KEPT),
            func.coalesce(ImportLot.loaded_at, ImportLot.started_at, ImportLot.received_at)
            <= at - KEEP_NEGATIVE,
        )
        .order_by(ImportLine.id)
        .limit(NEGATIVES_AT_ONCE)
        .with_for_update(of=ImportLine)
    ).all()
    for line in old:
        line.sealed = None
        if queries.is_to_correct(line):
            line.set_aside_at, line.set_aside_why = at, SetAside.NOT_COMPARED.value
            _record("line.set_aside", line, by=None, at=at)
    session.flush()
    return len(old)


def _record(kind: str, line: ImportLine, *, by: int | None, at: datetime) -> None:
    owner = session.get_one(ImportLot, line.lot_id).owner_site_id
    lot_events.record_line(kind, line, owner, by=by, at=at, why=line.set_aside_why)
