"""What the pages of versions show: a table beside the one before it, row by row, and what the checks found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from tracing.kernel import clock
from tracing.programmes import checks, loader
from tracing.programmes.publishing import queries, rules, services
from tracing.programmes.publishing.models import RuleVersion, VersionState
from tracing.programmes.publishing.rules import RowContent
from tracing.programmes.schema import Pack
from tracing.studio import version_words as words
from tracing.studio.row_fields import RowField, fields_of


@dataclass(frozen=True, repr=False)
class Side:
    """A row as one version has it."""

    conditions: list[str]
    decisions: list[tuple[str, str]]
    text: str
    applies_to_ongoing: bool


@dataclass(frozen=True, repr=False)
class Pair:
    """A row of the version, beside what it replaces."""

    row_id: str
    change: str
    before: Side | None
    after: Side | None
    place: int | None = None
    """Its place in the version, from 0."""


@dataclass(frozen=True, repr=False)
class TableState:
    """A table of a programme: what is in force, what follows, what is written."""

    name: str
    in_force: RuleVersion | None
    versions: Sequence[RuleVersion]
    can_change: bool


def tables_of(programme: str, *, at: datetime, zone: ZoneInfo) -> list[TableState]:
    """Return the tables of a programme with their versions, the newest first."""
    pack = loader.get_pack(programme)
    found = queries.versions_of(programme)
    last = queries.last_pack(programme)
    today = clock.local_day(at, zone)
    return [
        TableState(
            name,
            next((one for one in found.get(name, []) if is_in_force(one, found.get(name, []), at)), None),
            found.get(name, []),
            can_change=bool(rules.rows_on(rules.table_of(last, name), today)),
        )
        for name, _table in pack.tables()
    ]


def is_in_force(version: RuleVersion, others: Sequence[RuleVersion], at: datetime) -> bool:
    """Return whether a version is the one of its table by which is decided now."""
    begun = [
        one
        for one in others
        if one.state is VersionState.APPROVED and (one.effective_at is None or one.effective_at <= at)
    ]
    return bool(begun) and max(begun, key=lambda one: one.number or 0).id == version.id


def before(version: RuleVersion) -> Pack:
    """Return the programme as it was before this version: as the last approved one leaves it, if it is a draft."""
    known = queries.versions(loader.get_pack(version.programme))
    if version.number is None:
        return known[-1].pack
    return next((one.pack for one in reversed(known) if one.number < version.number), known[0].pack)


def day_of(version: RuleVersion, *, at: datetime, zone: ZoneInfo) -> date:
    """Return the day from which the rows of a version hold."""
    return clock.local_day(version.effective_at or at, zone)


def pairs(version: RuleVersion, base: Pack, day: date) -> list[Pair]:
    """Return the rows of a version beside those before it, in its order; what it leaves out comes last."""
    table = rules.table_of(base, version.table_name)
    fields = fields_of(type(table.rules[0]))
    old = {row["id"]: row for row in rules.rows_on(table, day)}
    place = {row_id: number for number, row_id in enumerate(old)}
    found: list[Pair] = []
    last = -1
    for number, row in enumerate(version.rows):
        known = old.get(row["id"])
        change = "new" if known is None else "same" if known == row else "changed"
        if known is not None and change == "same":
            change = "moved" if place[row["id"]] < last else "same"
            last = max(last, place[row["id"]])
        found.append(
            Pair(
                row["id"],
                change,
                None if known is None else _side(known, base, fields),
                _side(row, base, fields),
                number,
            )
        )
    kept = {row["id"] for row in version.rows}
    found += [
        Pair(row_id, "gone", _side(row, base, fields), None)
        for row_id, row in old.items()
        if row_id not in kept
    ]
    return found


def _side(row: RowContent, pack: Pack, fields: tuple[RowField, ...]) -> Side:
    return Side(
        words.conditions(row, pack.vocabulary),
        words.decisions(row, fields),
        row.get("text", ""),
        row.get("applies_to_ongoing", True),
    )


def found_by_checks(version: RuleVersion, *, at: datetime, zone: ZoneInfo) -> list[tuple[str, str | None]]:
    """Return what the checks find in an open version: the sentence, and the row as the version calls it."""
    pack = queries.last_pack(version.programme)
    known = {row["id"] for row in version.rows}
    problems = [
        replace(one, row=_called(one.row, known), hidden_by=_called(one.hidden_by, known))
        for one in services.problems_of(version, zone=zone, at=at)
    ]
    return [
        (words.problem_word(one, pack.vocabulary), one.row if one.row in known else None) for one in problems
    ]


def overlaps_of(version: RuleVersion, *, at: datetime, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return the pairs of rows of which the order decides, from the day of an open version on."""
    known = {row["id"] for row in version.rows}
    try:
        pack = services.composed(version, zone=zone, at=at)
        day = day_of(version, at=at, zone=zone)
        held = {row.id for row in rules.table_of(pack, version.table_name).rules if row.in_force(day)}
        return [
            (_called(one.decides, known) or "", _called(one.hidden, known) or "")
            for one in checks.overlaps(pack)
            if one.table == version.table_name and {one.decides, one.hidden} <= held
        ]
    except (ValidationError, KeyError):
        return []


def _called(row_id: str | None, known: set[str]) -> str | None:
    """Return how a draft calls a row of the composed table, where it has a name of its own."""
    if row_id is None or row_id in known:
        return row_id
    return next((one for one in known if row_id.startswith(f"{one}.v")), row_id)


def rows_like(version: RuleVersion, *, at: datetime, zone: ZoneInfo) -> list[RowContent]:
    """Return the rows by which an earlier version decided, to begin a draft from them."""
    known = queries.versions(loader.get_pack(version.programme))
    pack = next((one.pack for one in reversed(known) if one.number <= (version.number or 0)), known[0].pack)
    table = rules.table_of(pack, version.table_name)
    return rules.rows_on(table, clock.local_day(at, zone))


def moved(
    listed: Sequence[RowContent], row_id: str, how: str, *, old: Sequence[RowContent]
) -> list[RowContent]:
    """Return the rows of a draft with one of them moved (`up`, `down`), taken out (`remove`) or put back (`restore`)."""
    rows = list(listed)
    place = next((number for number, row in enumerate(rows) if row["id"] == row_id), None)
    if how == "restore":
        back = next((row for row in old if row["id"] == row_id), None)
        if place is not None and back is not None:
            rows[place] = back
        elif back is not None:
            rows.insert(min(old.index(back), len(rows)), back)
    elif place is not None and how == "remove":
        rows.pop(place)
    elif place is not None and how in {"up", "down"}:
        there = place + (1 if how == "down" else -1)
        if 0 <= there < len(rows):
            rows[place], rows[there] = rows[there], rows[place]
    return rows
