"""Correcting lines in quarantine: they go the way of any line, and join the same lot under the same row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from tracing.imports.corrections import queries
from tracing.imports.errors import NoLongerToCorrect
from tracing.imports.format.columns import FIELDS, RawLine, clean
from tracing.imports.format.faults import Fault, Why, faults_of
from tracing.imports.format.line import ParsedLine, parse
from tracing.imports.format.reading import Reading
from tracing.imports.loading import services
from tracing.imports.loading.context import LoadContext
from tracing.imports.lots import events as lot_events
from tracing.imports.lots import services as lots
from tracing.imports.lots.queries import report
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.rules import Outcome
from tracing.kernel import events
from tracing.kernel.db import among, session

CORRECTABLE = (LotState.LOADED, LotState.LOADING, LotState.STOPPED)
"""What a lot that was undone or refused brought is not to be corrected."""
_LOT_FIELD = FIELDS.index("NUM_LOT")


class SetAside(StrEnum):
    """Why nothing is to be corrected in a line."""

    NO_RESULT = "no_result"
    SENT_AGAIN = "sent_again"
    SENDER_GAVE_UP = "sender_gave_up"


@dataclass(repr=False)
class Corrected:
    """What became of lines that were typed or sent again."""

    taken: dict[int, Outcome] = field(default_factory=dict)
    """By row: corrected."""
    wrong: dict[int, tuple[Fault, ...]] = field(default_factory=dict)
    """By row: still to be corrected, and why."""
    done_before: list[int] = field(default_factory=list)
    """Rows that are not, or no more, to be corrected."""
    unknown: list[int] = field(default_factory=list)
    """Rows that the lot does not have."""

    def add(self, other: "Corrected") -> None:
        """Count another batch of the same file."""
        self.taken |= other.taken
        self.wrong |= other.wrong
        self.done_before += other.done_before
        self.unknown += other.unknown


def typed(row: int, values: Callable[[str], str]) -> RawLine:
    """Return a line as it was typed, cleaned as one of a file; `values` gives the text of each field."""
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
    """Take in corrected lines of a lot, in the transaction of the caller, who holds the right to write lots.

    Each keeps its row and gets the next revision, and the arrival of its lot: the promise counts from it. One
    that is still wrong stays to be corrected; `keep_wrong` keeps what was changed in it all the same.
    """
    lots.get_locked(lot.id, *CORRECTABLE)
    waiting = queries.to_correct(lot.id, (raw.row for raw in raws), lock=True)
    found = Corrected()
    known = queries.rows_of(lot.id, (raw.row for raw in raws if raw.row not in waiting))
    work = _Work(lot, reading, found)
    for raw in {raw.row: raw for raw in raws}.values():
        line = waiting.get(raw.row)
        if line is None:
            (found.done_before if raw.row in known else found.unknown).append(raw.row)
        else:
            work.look_at(line, raw)
    work.refuse_taken_ids()
    lines = [*work.usable.values(), *(work.changed.values() if keep_wrong else ())]
    if lines:
        revisions = {
            row: (waiting[row].revision + 1, waiting[row].id) for row in (line.row for line in lines)
        }
        services.take_in(sorted(lines, key=lambda line: line.row), taking, at=at, revisions=revisions)
        _tell(lot, revisions, found, by=by, at=at)
    return found


@dataclass(repr=False)
class _Work:
    """The corrected lines of a batch, as far as they can be used."""

    lot: ImportLot
    reading: Reading
    found: Corrected
    usable: dict[int, ParsedLine] = field(default_factory=dict)
    changed: dict[int, ParsedLine] = field(default_factory=dict)
    """Still wrong, and not as they were."""
    renamed: dict[int, str] = field(default_factory=dict)
    """The result id of each line that came under another one, or under none."""

    def look_at(self, line: ImportLine, raw: RawLine) -> None:
        """Read a corrected line, and say everything that is still wrong with it."""
        parsed = parse(raw, self.reading)
        if parsed.problems:
            self.found.wrong[raw.row] = faults_of(raw.values, self.reading)
            if not _is_as_it_was(line, raw):
                self.changed[raw.row] = parsed
        else:
            self.usable[raw.row] = parsed
        if parsed.result_id and parsed.result_id != (line.source_result_id or ""):
            self.renamed[raw.row] = parsed.result_id

    def refuse_taken_ids(self) -> None:
        """Keep back a line whose new id is that of another line: it would pass for that one, and be lost."""
        uses = queries.uses_of_ids(self.lot.source_code, self.renamed.values())
        for row, result_id in sorted(self.renamed.items()):
            others = uses.setdefault(result_id, set())
            if others - {(self.lot.id, row)}:
                self.found.wrong[row] = (*self.found.wrong.get(row, ()), Fault("ID_RESULTAT", Why.TAKEN))
                self.usable.pop(row, None)
                self.changed.pop(row, None)
            others.add((self.lot.id, row))


def _is_as_it_was(line: ImportLine, raw: RawLine) -> bool:
    """Say whether nothing of a line was changed; the number of the lot is not its own."""
    kept = queries.values_of(line)
    return kept is not None and _own(kept) == _own(raw.values)


def _own(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for place, value in enumerate(values) if place != _LOT_FIELD)


def _tell(
    lot: ImportLot, revisions: dict[int, tuple[int, int]], found: Corrected, *, by: int, at: datetime
) -> None:
    """Note what became of each corrected line, and count the lot anew."""
    rows = session.execute(
        select(ImportLine.id, ImportLine.row_number, ImportLine.revision, ImportLine.outcome).where(
            ImportLine.lot_id == lot.id, ImportLine.is_current, among(ImportLine.row_number, revisions)
        )
    ).all()
    for row in rows:
        if row.outcome is not Outcome.QUARANTINED:
            found.taken[row.row_number] = row.outcome
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
        )
    _forget(lot, [row for row, outcome in found.taken.items() if outcome in FORGOTTEN])
    if lot.state is LotState.LOADED:
        lot.counts = report(lot.id)
    session.flush()


FORGOTTEN = (Outcome.NOT_POSITIVE, Outcome.WITHDRAWN)
"""Of a line that is not positive nothing of the person is kept: neither of what it was before."""


def _forget(lot: ImportLot, rows: Sequence[int]) -> None:
    if rows:
        session.execute(
            update(ImportLine)
            .where(ImportLine.lot_id == lot.id, among(ImportLine.row_number, rows))
            .values(sealed=None)
        )


def set_aside(line: ImportLine, why: SetAside, *, by: int, at: datetime) -> None:
    """Say that nothing is to be corrected in a line: its sender was asked.

    Raises:
        NoLongerToCorrect: it was corrected, settled or set aside meanwhile.
    """
    if not queries.is_to_correct(line):
        raise NoLongerToCorrect
    line.set_aside_at, line.set_aside_by, line.set_aside_why = at, by, why.value
    session.flush()
    _record("line.set_aside", line, by=by, at=at)


def take_up(line: ImportLine, *, by: int, at: datetime) -> None:
    """Put a line that was set aside back among those to correct; nothing happens to one that was not."""
    if line.set_aside_at is None:
        return
    line.set_aside_at = line.set_aside_by = line.set_aside_why = None
    session.flush()
    _record("line.taken_up", line, by=by, at=at)


def _record(kind: str, line: ImportLine, *, by: int, at: datetime) -> None:
    owner = session.get_one(ImportLot, line.lot_id).owner_site_id
    lot_events.record_line(kind, line, owner, by=by, at=at, why=line.set_aside_why)
