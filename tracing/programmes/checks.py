"""Check the decision tables of a programme: a word nobody knows, a rule never reached, a gap, an overlap.

Each day on which a rule begins or ends cuts time into periods, and the conditions cut each fact into the values that
they tell apart, "not known" among them. One situation of each period and value is tried: so both sides of every
boundary are, and nothing else can differ.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import product

from tracing.programmes.data_fields import FIELD_OF_FACT, DataField
from tracing.programmes.facts import FactDefinition, FactType, FactValue
from tracing.programmes.schema import Pack
from tracing.programmes.tables import Cell, Line, Rule, Table, holds

Location = tuple[str | int, ...]


class ProblemKind(StrEnum):
    """What is wrong."""

    UNREADABLE = "unreadable"
    UNKNOWN_FACT = "unknown_fact"
    WRONG_VALUE = "wrong_value"
    WITHHELD = "withheld"
    GAP = "gap"
    NEVER_REACHED = "never_reached"
    LATE_EXIT = "late_exit"


@dataclass(frozen=True)
class Situation:
    """One situation to try: a day, and what is known."""

    on: date
    facts: dict[str, FactValue | None]

    def __str__(self) -> str:
        """Return the situation in words."""
        known = [
            f"{name} {'not known' if value is None else str(value).lower() if isinstance(value, bool) else value}"
            for name, value in self.facts.items()
        ]
        return f"on {self.on}" + (f" with {', '.join(known)}" if known else "")


@dataclass(frozen=True)
class Problem:
    """A mistake in a programme, and where it is: keys and positions from the top of its files."""

    at: Location
    message: str
    kind: ProblemKind = ProblemKind.UNREADABLE
    schema_type: str = ""
    """What the schema calls an unreadable value, with the limits that it crossed."""
    limits: Mapping[str, object] = field(default_factory=dict)
    row: str | None = None
    """The rule it is in."""
    line: int | None = None
    """Which line of its conditions, from 1, if not all of them."""
    hidden_by: str | None = None
    """The rule that comes first."""
    situation: Situation | None = None
    """A situation that no rule decides."""


@dataclass(frozen=True)
class Overlap:
    """Two rules that both hold for some situation: the first one decides."""

    table: str
    decides: str
    hidden: str


def problems(pack: Pack) -> Iterator[Problem]:
    """Yield every mistake of a programme that only shows when its rules are seen together."""
    unknown = [*_unknown_words(pack)]
    yield from unknown
    if unknown:
        return
    for name, table in pack.tables():
        yield from _table_problems(pack, name, table)
    if DataField.SICK_NOTE in pack.data_fields.withheld:
        for position, note in enumerate(pack.notes.rules):
            if note.issuer == "fund":
                message = f"row {note.id} lets the fund write notes, which 'data_fields' does not enable"
                yield Problem(("notes", "rules", position), message, ProblemKind.WITHHELD, row=note.id)
    for position, row in enumerate(pack.isolations.rules):
        # on the day J0 + n itself nobody leaves early: it is the last day in, or already the first one out
        if row.early_exit is not None and (row.days is None or row.early_exit.day >= row.days):
            yield Problem(
                ("isolations", "rules", position, "early_exit"),
                f"row {row.id} allows to leave early on its last day or after it",
                ProblemKind.LATE_EXIT,
                row=row.id,
            )


def overlaps(pack: Pack) -> tuple[Overlap, ...]:
    """Return the pairs of rules of which the order decides, for a person to look at."""
    found: dict[Overlap, None] = {}
    for name, table in pack.tables():
        for situation, held in _tried(pack, table):
            del situation
            for later in held[1:]:
                if table.rules[later[0]].id != table.rules[held[0][0]].id:
                    found[Overlap(name, table.rules[held[0][0]].id, table.rules[later[0]].id)] = None
    return tuple(found)


def situations(pack: Pack, table: Table[Rule]) -> Iterator[Situation]:
    """Yield a situation on both sides of every boundary of a table: of each day of change, and of each condition."""
    for first, before_next in _periods(table):
        rules = [rule for rule in table.rules if rule.in_force(first)]
        days = {first, before_next} - {None}
        for facts in _combinations(pack, rules):
            for day in sorted(day for day in days if day is not None):
                yield Situation(day, facts)


def _unknown_words(pack: Pack) -> Iterator[Problem]:
    for at, line in _lines(pack):
        for name, cell in line.items():
            known = pack.vocabulary.get(name)
            if known is None:
                yield Problem((*at, name), f"no fact is called {name!r}", ProblemKind.UNKNOWN_FACT)
            elif FIELD_OF_FACT.get(name) in pack.data_fields.withheld:
                message = f"{name} is not held: 'data_fields' does not enable {FIELD_OF_FACT[name]}"
                yield Problem((*at, name), message, ProblemKind.WITHHELD)
            elif cell.is_number is not (known.type is FactType.NUMBER):
                message = f"{name} is a {known.type}: it cannot be compared with {cell}"
                yield Problem((*at, name), message, ProblemKind.WRONG_VALUE)
            elif wrong := [value for value in cell.among if not known.allows(value)]:
                message = f"{name} cannot be {', '.join(map(str, wrong))}"
                yield Problem((*at, name), message, ProblemKind.WRONG_VALUE)


def _lines(pack: Pack) -> Iterator[tuple[Location, Line]]:
    tables: list[tuple[Location, Sequence[Rule]]] = [
        ((name, "rules"), table.rules) for name, table in pack.tables()
    ]
    tables += [
        (("symptomatic_contacts",), pack.symptomatic_contacts),
        (("positive_self_tests",), pack.positive_self_tests),
        (("prophylaxis",), pack.prophylaxis),
    ]
    for at, rules in tables:
        for position, rule in enumerate(rules):
            for number, line in enumerate(rule.when):
                # a rule with one line may be written without a list
                yield (*at, position, "when", number), line
    for position, risk in enumerate(pack.risks):
        for number, question in enumerate(risk.questions):
            yield ("risks", "rules", position, "questions", number, "when"), question.when


def _table_problems(pack: Pack, name: str, table: Table[Rule]) -> Iterator[Problem]:
    reached: dict[int, set[int]] = defaultdict(set)
    hidden_by: dict[tuple[int, int], str] = {}
    gap = None
    for situation, held in _tried(pack, table):
        if not held:
            gap = gap or situation
            continue
        reached[held[0][0]].add(held[0][1])
        for line in held[1:]:
            hidden_by.setdefault(line, table.rules[held[0][0]].id)
    if gap is not None:
        yield Problem((name, "rules"), f"no rule decides {gap}", ProblemKind.GAP, situation=gap)
    for position, rule in enumerate(table.rules):
        missing = [number for number in range(len(rule.when)) if number not in reached[position]]
        for number in missing:
            first = hidden_by.get((position, number))
            why = f"{first} comes first" if first else "its conditions can never hold together"
            if len(missing) == len(rule.when):
                yield Problem(
                    (name, "rules", position),
                    f"row {rule.id} is never reached: {why}",
                    ProblemKind.NEVER_REACHED,
                    row=rule.id,
                    hidden_by=first,
                )
                break
            yield Problem(
                (name, "rules", position, "when", number),
                f"line {number + 1} is never reached: {why}",
                ProblemKind.NEVER_REACHED,
                row=rule.id,
                line=number + 1,
                hidden_by=first,
            )


def _tried(pack: Pack, table: Table[Rule]) -> Iterator[tuple[Situation, list[tuple[int, int]]]]:
    """Yield each situation with the lines that hold in it, as position of the rule and of the line."""
    for first, _last in _periods(table):
        rules = [(position, rule) for position, rule in enumerate(table.rules) if rule.in_force(first)]
        for facts in _combinations(pack, [rule for _position, rule in rules]):
            held = [
                (position, number)
                for position, rule in rules
                for number, line in enumerate(rule.when)
                if holds(line, facts)
            ]
            yield Situation(first, facts), held


def _periods(table: Table[Rule]) -> Iterator[tuple[date, date | None]]:
    """Yield the first day of each period in which the same rules are in force, and its last one if it has one."""
    days = {table.starts}
    for rule in table.rules:
        days |= {rule.in_force_from} | ({rule.in_force_to} if rule.in_force_to else set())
    ordered = sorted(day for day in days if day >= table.starts and (table.ends is None or day < table.ends))
    following = [*ordered[1:], table.ends]
    for first, after in zip(ordered, following, strict=True):
        yield first, after and after - timedelta(days=1)


def _combinations(pack: Pack, rules: Sequence[Rule]) -> Iterator[dict[str, FactValue | None]]:
    cells: dict[str, set[Cell]] = defaultdict(set)
    for rule in rules:
        for line in rule.when:
            for name, cell in line.items():
                cells[name].add(cell)
    choices = {name: _values(pack.vocabulary[name], found) for name, found in sorted(cells.items())}
    for values in product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def _values(known: FactDefinition, cells: set[Cell]) -> list[FactValue | None]:
    """Return one value for each way in which the conditions can be satisfied together, "not known" included."""
    if known.type is FactType.YES_NO:
        values: list[FactValue | None] = [None, True, False]
    elif known.type is FactType.CHOICE:
        values = [None, *known.values]
    else:
        edges = {edge for cell in cells for edge in (cell.at_least, cell.below) if edge is not None}
        values = [None, *sorted({0} | {one for edge in edges for one in (edge - 1, edge) if one >= 0})]
    told_apart: dict[tuple[bool, ...], FactValue | None] = {}
    for value in values:
        if value is None and known.always_known:
            continue
        told_apart.setdefault(tuple(cell.accepts(value) is True for cell in sorted(cells, key=str)), value)
    return list(told_apart.values())
