"""Say once for a source what its codes mean, and decide again the lines that waited for it, batch by batch."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tracing.imports.corrections import code_queries, jobs
from tracing.imports.corrections import queries as correction_queries
from tracing.imports.corrections.services import CORRECTABLE
from tracing.imports.format.codes import TEST
from tracing.imports.format.columns import FIELDS, RawLine
from tracing.imports.format.faults import Fault, Why, faults_of
from tracing.imports.format.inspection import LONGEST_SHOWN
from tracing.imports.format.reading import Reading
from tracing.imports.lots import queries, routing
from tracing.imports.lots import services as lots
from tracing.imports.lots.lock import one_at_a_time
from tracing.imports.models import ImportLine
from tracing.imports.rules import Outcome
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.imports.sources.mapping_rules import proposed_meaning
from tracing.kernel import clock
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.staff.scope import Scope

MOST_LINES = 20_000
"""Lines looked at for one page, and decided by one press; what is left waits for the next one."""
_RESULT = FIELDS.index("RESULTAT")
_TEXT_OF = {TEST: 0, "RESULTAT": 1}
"""The place of a field's text among the extras of a line."""


@dataclass(frozen=True, repr=False)
class WaitingCode:
    """A code that nobody has explained, and how many lines wait for it."""

    field: str
    value: str
    text: str
    """What stands beside it in the sender's messages."""
    lines: int
    proposal: str | None


@dataclass(repr=False)
class Waiting:
    """What waits at a source for somebody to say what codes mean."""

    codes: list[WaitingCode] = field(default_factory=list)
    lines: int = 0
    """Lines that wait for one of these codes."""
    ready: int = 0
    """Lines whose codes were explained meanwhile: they can be decided again."""
    by_hand: int = 0
    """Lines whose answer is a text too long to be a code."""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return not (self.codes or self.ready or self.by_hand)


@dataclass(repr=False)
class Settled:
    """What became of the lines that were decided again."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    left: int = 0
    """Lines that still wait, for another code or another reason."""


def waiting_of(source_code: str, scope: Scope, settings: Settings) -> Waiting:
    """Return the codes of a source that nobody has explained, with the lines that wait, the most frequent first."""
    found = Waiting()
    counted: Counter[tuple[str, str]] = Counter()
    texts: dict[tuple[str, str], str] = defaultdict(str)
    for _line, raw, faults in _lines(source_code, scope, settings):
        unknown = [fault.field for fault in faults if fault.why in (Why.UNKNOWN_CODE, Why.UNKNOWN_TEST)]
        keys = [(name, raw.values[FIELDS.index(name)]) for name in unknown]
        shown = [key for key in keys if len(key[1]) <= LONGEST_SHOWN]
        found.ready += not faults
        found.lines += bool(shown)
        found.by_hand += bool(keys) and not shown
        for key in shown:
            counted[key] += 1
            texts[key] = texts[key] or (raw.extras[_TEXT_OF[key[0]]] if raw.extras else "")
    # the tests first: what is none of ours needs no answer
    laboratory = routing.laboratory_of(routing.terms_of_source(source_code, settings).programme)
    for (name, value), lines in sorted(
        counted.items(), key=lambda one: (one[0][0] != TEST, -one[1], one[0][1])
    ):
        text = texts[name, value]
        found.codes.append(
            WaitingCode(name, value, text, lines, proposed_meaning(name, value, text, laboratory))
        )
    return found


def teach(
    source_code: str, said: Mapping[str, Mapping[str, str]], *, scope: Scope, settings: Settings, by: int
) -> Settled:
    """Keep what codes of a source mean, as a new version of its mapping, and decide the waiting lines again.

    Stopped in the middle, the rest is decided by the next press: nothing is decided twice. Lots that wait with their plan
    are planned again.

    Raises:
        AnotherLotIsLoading: nothing is lost, the form can be sent again in a minute.
    """
    settled = Settled()
    with one_at_a_time(wait=jobs.WAIT):
        with transaction():
            source_queries.get_source(source_code, scope)
            if source_services.teach(source_code, said, by=by, at=clock.now()) is not None:
                lots.plan_all_again(source_code)
        with transaction():
            changed = [(line.lot_id, raw) for line, raw, _faults in _lines(source_code, scope, settings)]
        for lot_id, some in groupby(sorted(changed, key=lambda one: one[0]), key=lambda one: one[0]):
            _decide(lot_id, [raw for _lot, raw in some], settled, settings=settings, by=by)
    return settled


def _decide(lot_id: int, raws: Sequence[RawLine], settled: Settled, *, settings: Settings, by: int) -> None:
    for start in range(0, len(raws), jobs.BATCH):
        corrected = jobs.correct_lines(lot_id, raws[start : start + jobs.BATCH], settings=settings, by=by)
        settled.outcomes.update(corrected.taken.values())
        settled.left += len(corrected.wrong)


def _lines(
    source_code: str, scope: Scope, settings: Settings
) -> Iterator[tuple[ImportLine, RawLine, tuple[Fault, ...]]]:
    """Yield the waiting lines as they read with what is known now, each with what is still wrong with it."""
    known = source_queries.mapping_of(source_code)
    codes = known[1].codes.get("RESULTAT", {}) if known else {}
    meanings = {value.casefold(): code for value, code in codes.items()}
    readings: dict[int, Reading] = {}
    for line in code_queries.lines_of(source_code, scope, states=CORRECTABLE, limit=MOST_LINES):
        values = correction_queries.values_of(line)
        if values is None:
            continue
        if line.lot_id not in readings:
            readings[line.lot_id] = jobs.reading_of(queries.get_lot(line.lot_id), settings)
        answer = meanings.get(values[_RESULT].casefold(), values[_RESULT])
        raw = RawLine(
            line.row_number,
            (*values[:_RESULT], answer, *values[_RESULT + 1 :]),
            extras=correction_queries.extras_of(line),
        )
        yield line, raw, faults_of(raw.values, readings[line.lot_id])
