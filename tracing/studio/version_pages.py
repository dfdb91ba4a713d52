"""What the pages of versions show: a table beside the one before it, row by row, and what the checks found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.programmes import checks, loader
from tracing.programmes.publishing import queries, rules, services
from tracing.programmes.publishing.models import RuleVersion, VersionOrigin, VersionState
from tracing.programmes.publishing.rules import RowContent
from tracing.programmes.publishing.services import Foreseen
from tracing.programmes.schema import Pack
from tracing.programmes.tables import Rule, Table
from tracing.studio import version_words as words
from tracing.studio.mistake_words import source_word
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


@dataclass(frozen=True, repr=False)
class TableState:
    """A table of a programme: what is in force, what follows, what is written."""

    name: str
    in_force: RuleVersion | None
    versions: Sequence[RuleVersion]
    """What is written, what is to come, and what is in force."""
    past: Sequence[RuleVersion]
    """What was replaced, withdrawn or given up, the newest first."""
    can_change: bool


def tables_of(programme: str, *, at: datetime, zone: ZoneInfo) -> list[TableState]:
    """Return the tables of a programme with their versions, the newest first."""
    pack = loader.get_pack(programme)
    found = queries.versions_of(programme)
    last = queries.last_pack(programme)
    day = services.first_day(programme, zone=zone, at=at)
    return [
        _state(name, found.get(name, []), at, can_change=bool(rules.rows_on(rules.table_of(last, name), day)))
        for name, _table in pack.tables()
    ]


def _state(name: str, versions: Sequence[RuleVersion], at: datetime, *, can_change: bool) -> TableState:
    now = next((one for one in versions if is_in_force(one, versions, at)), None)
    current = [one for one in versions if one is now or one.is_open or _is_waiting(one, at)]
    return TableState(
        name, now, current, [one for one in versions if one not in current], can_change=can_change
    )


def _is_waiting(version: RuleVersion, at: datetime) -> bool:
    return (
        version.state is VersionState.APPROVED
        and version.effective_at is not None
        and version.effective_at > at
    )


def is_in_force(version: RuleVersion, others: Sequence[RuleVersion], at: datetime) -> bool:
    """Return whether a version is the one of its table by which is decided now."""
    begun = [
        one
        for one in others
        if one.state is VersionState.APPROVED and (one.effective_at is None or one.effective_at <= at)
    ]
    return bool(begun) and max(begun, key=lambda one: one.number or 0).id == version.id


def state_word(version: RuleVersion, others: Sequence[RuleVersion], at: datetime) -> tuple[str, str]:
    """Return the tone and the words of where a version stands, the same on every page."""
    tone, word = words.STATE_WORDS[version.state]
    if version.state is VersionState.APPROVED:
        stands = (
            "in_force"
            if is_in_force(version, others, at)
            else "to_come"
            if _is_waiting(version, at)
            else "replaced"
        )
        tone, word = words.IN_FORCE_WORDS[stands]
    return tone, str(word)


@dataclass(frozen=True, repr=False)
class Shown:
    """What the page of a version shows besides the version."""

    pairs: Sequence[Pair]
    problems: Sequence[tuple[str, str | None]] = ()
    """What the checks find in an open version: the sentence, and the row as the version calls it."""
    overlaps: Sequence[tuple[str, str]] = ()
    """The pairs of rows of which the order decides, from the day of an open version on."""
    others_approved: bool = False
    """Whether other rules were approved or withdrawn since an open version was begun."""


def shown(version: RuleVersion, *, at: datetime, zone: ZoneInfo) -> Shown:
    """Return a version beside the one before it, and what the checks found in it; composes it once."""
    if version.origin is VersionOrigin.SEED:
        return Shown(_as_it_began(version))
    if not version.rows:
        return Shown(())
    if not version.is_open:
        day = clock.local_day(version.effective_at or at, zone)
        return Shown(pairs(version, before(version), day))
    foreseen = services.foresee(version, zone=zone, at=at)
    return Shown(
        pairs(version, foreseen.before, foreseen.day),
        _found_by_checks(version, foreseen),
        _overlaps_of(version, foreseen),
        foreseen.others_approved,
    )


def _as_it_began(version: RuleVersion) -> list[Pair]:
    """Return every row with which the database began, whatever its days, each with them and with its source."""
    first = queries.versions(loader.get_pack(version.programme))[0].pack
    table = rules.table_of(first, version.table_name)
    fields = fields_of(type(table.rules[0]))
    found = []
    for rule in table.rules:
        side = _side(rules.row_content(rule), first, fields)
        where_from = (str(_("Source")), source_word(rule.source))
        left_open = [(str(_("Laissé ouvert")), rule.open)] if rule.open else []
        days = (str(_("En vigueur")), words.in_force_word(rule))
        known = [*side.decisions, days, where_from, *left_open]
        found.append(Pair(rule.id, "same", None, replace(side, decisions=known)))
    return found


def before(version: RuleVersion) -> Pack:
    """Return the programme as it was before this version: as the last approved one leaves it, if it never counted."""
    known = queries.versions(loader.get_pack(version.programme))
    if version.number is None:
        return known[-1].pack
    return next((one.pack for one in reversed(known) if one.number < version.number), known[0].pack)


def pairs(version: RuleVersion, base: Pack, day: date) -> list[Pair]:
    """Return the rows of a version beside those before it, in its order; what it leaves out comes last."""
    table = rules.table_of(base, version.table_name)
    return _paired(rules.rows_on(table, day), version.rows, base, table, _own_name)


def _paired(
    old_rows: Sequence[RowContent],
    new_rows: Sequence[RowContent],
    pack: Pack,
    table: Table[Rule],
    name_of: Callable[[RowContent], str],
) -> list[Pair]:
    fields = fields_of(type(table.rules[0]))
    old = {name_of(row): row for row in old_rows}
    place = {name: number for number, name in enumerate(old)}
    found: list[Pair] = []
    last = -1
    for row in new_rows:
        name = name_of(row)
        known = old.get(name)
        change = "new" if known is None else "same" if _said(known) == _said(row) else "changed"
        if known is not None and change == "same":
            change = "moved" if place[name] < last else "same"
            last = max(last, place[name])
        before = None if known is None else _side(known, pack, fields, beside=row)
        found.append(Pair(row["id"], change, before, _side(row, pack, fields, beside=known)))
    kept = {name_of(row) for row in new_rows}
    found += [
        Pair(row["id"], "gone", _side(row, pack, fields), None)
        for name, row in old.items()
        if name not in kept
    ]
    return found


def _own_name(row: RowContent) -> str:
    return str(row["id"])


def _first_name(row: RowContent) -> str:
    """Return how a row was called at first: what replaces `P0-4b` is `P0-4b.v2`."""
    return str(row["id"]).partition(".v")[0]


def _said(row: RowContent) -> RowContent:
    """Return a row without its name and its days, which tell one version of it from another."""
    return {key: value for key, value in row.items() if key not in {"id", *rules.OWN_DAYS}}


def changes(version: RuleVersion, *, zone: ZoneInfo, at: datetime) -> list[Pair]:
    """Return only the rows that an approved version changed, beside those before it."""
    day = clock.local_day(version.effective_at or at, zone)
    return [one for one in pairs(version, before(version), day) if one.change != "same"]


def compared(one: RuleVersion, other: RuleVersion, *, zone: ZoneInfo, at: datetime) -> list[Pair]:
    """Return the rows of two versions of a table side by side, whichever they are."""
    known = queries.versions(loader.get_pack(one.programme))
    table = rules.table_of(known[0].pack, one.table_name)
    old, new = (version.rows or rules.rows_on(table, clock.local_day(at, zone)) for version in (one, other))
    are_told_apart = all(len({_first_name(row) for row in rows}) == len(rows) for rows in (old, new))
    return _paired(old, new, known[-1].pack, table, _first_name if are_told_apart else _own_name)


def _side(
    row: RowContent, pack: Pack, fields: tuple[RowField, ...], *, beside: RowContent | None = None
) -> Side:
    return Side(
        words.conditions(row, pack.vocabulary),
        words.decisions(row, fields, beside=beside),
        row.get("text", ""),
        row.get("applies_to_ongoing", True),
    )


def _found_by_checks(version: RuleVersion, foreseen: Foreseen) -> list[tuple[str, str | None]]:
    known = {row["id"] for row in version.rows}
    problems = [
        replace(one, row=_called(one.row, known), hidden_by=_called(one.hidden_by, known))
        for one in foreseen.problems
    ]
    vocabulary = foreseen.before.vocabulary
    return [(words.problem_word(one, vocabulary), one.row if one.row in known else None) for one in problems]


def _overlaps_of(version: RuleVersion, foreseen: Foreseen) -> list[tuple[str, str]]:
    if foreseen.after is None or foreseen.problems:
        return []
    known = {row["id"] for row in version.rows}
    table = rules.table_of(foreseen.after, version.table_name)
    held = {row.id for row in table.rules if row.in_force(foreseen.day)}
    return [
        (_called(one.decides, known) or "", _called(one.hidden, known) or "")
        for one in checks.overlaps(foreseen.after)
        if one.table == version.table_name and {one.decides, one.hidden} <= held
    ]


def _called(row_id: str | None, known: set[str]) -> str | None:
    """Return how a draft calls a row of the composed table, where it has a name of its own."""
    if row_id is None or row_id in known:
        return row_id
    return next((one for one in known if row_id.startswith(f"{one}.v")), row_id)


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
