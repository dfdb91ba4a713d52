"""What a version makes of a table: rows that held stay for the days on which they held, so that no old decision changes."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tracing.programmes.schema import Pack
from tracing.programmes.tables import Rule, Table

RowContent = dict[str, Any]
"""A row as a file has it, through JSON."""

_NUMBERED = re.compile(r"(?P<name>.+)\.v(?P<number>\d+)")
TABLES = ("windows", "isolations", "quarantines", "risks", "follow_ups", "notes")
OWN_DAYS = ("from", "to")


def table_of(pack: Pack, name: str) -> Table[Rule]:
    """Return a table of a programme by its name.

    Raises:
        LookupError: the programme has none of that name.
    """
    found = dict(pack.tables()).get(name)
    if found is None:
        raise LookupError(name)
    return found


def row_content(row: Rule) -> RowContent:
    """Return a row as a file has it."""
    written: RowContent = row.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return written


def read_row(table: Table[Rule], content: Mapping[str, Any]) -> Rule:
    """Read a row of a table.

    Raises:
        ValidationError: a field is missing or wrong.
    """
    return type(table.rules[0]).model_validate_json(json.dumps(content))


def table_content(table: Table[Rule]) -> dict[str, Any]:
    """Return a whole table as a file has it."""
    head: dict[str, Any] = {"from": table.starts.isoformat(), "inputs": list(table.inputs)}
    if table.ends is not None:
        head["to"] = table.ends.isoformat()
    return {**head, "rules": [row_content(row) for row in table.rules]}


def read_table(pack: Pack, name: str, content: Mapping[str, Any]) -> Table[Rule]:
    """Read a whole table of a programme.

    Raises:
        ValidationError: it does not hold together.
    """
    return type(table_of(pack, name)).model_validate_json(json.dumps(content))


def fingerprint(table: Table[Rule]) -> str:
    """Return the digest of what a table says."""
    written = json.dumps(table_content(table), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def rows_on(table: Table[Rule], day: date) -> list[RowContent]:
    """Return the rows in force on a day, in their order."""
    return [row_content(row) for row in table.rules if row.in_force(day)]


def merge(pack: Pack, name: str, rows: Sequence[RowContent], day: date) -> dict[str, Any]:
    """Return the whole table in which these rows hold from a day on.

    A row that is as it was stays, whole. One that changed, moved or is left out ends on that day, and what replaces it
    begins on it under a name of its own: what was decided before is decided by the same row for ever.
    """
    table = table_of(pack, name)
    kept = _kept(table, rows, day)
    taken = {row.id for row in pack.rows()}
    waiting = list(rows)
    merged: list[RowContent] = []
    for row in table.rules:
        if not row.in_force(day):
            merged.append(row_content(row))
        elif row.id in kept:
            while waiting and waiting[0].get("id") != row.id:
                merged.append(_begun(waiting.pop(0), table, day, taken))
            waiting.pop(0)
            merged.append(row_content(row))
        elif row.in_force_from < day:
            merged.append({**row_content(row), "to": day.isoformat()})
    merged += [_begun(row, table, day, taken) for row in waiting]
    return {**table_content(table), "inputs": _inputs(table, merged), "rules": merged}


def _kept(table: Table[Rule], rows: Sequence[RowContent], day: date) -> set[str]:
    """Return the rows that stay as they are, in the order in which they were."""
    before = {row.id: row_content(row) for row in table.rules if row.in_force(day)}
    place = {row_id: number for number, row_id in enumerate(before)}
    same = [row for row in rows if before.get(row.get("id", "")) == row]
    kept: list[str] = []
    for row in same:
        if not kept or place[row["id"]] > place[kept[-1]]:
            kept.append(row["id"])
    return set(kept)


def _begun(row: RowContent, table: Table[Rule], day: date, taken: set[str]) -> RowContent:
    """Return a row that begins on a day, under a name that no other has."""
    written = {key: value for key, value in row.items() if key not in OWN_DAYS}
    replaced = next((one for one in table.rules if one.id == row.get("id") and one.in_force(day)), None)
    written["id"] = _free(str(row["id"]), taken)
    written["from"] = day.isoformat()
    if replaced is not None and replaced.in_force_to is not None:
        written["to"] = replaced.in_force_to.isoformat()
    taken.add(written["id"])
    return written


def _free(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that no rule has: `P0-4a`, then `P0-4a.v2`, `P0-4a.v3`…"""
    if wanted not in set(taken):
        return wanted
    found = _NUMBERED.fullmatch(wanted)
    name, number = (found["name"], int(found["number"])) if found else (wanted, 1)
    while f"{name}.v{number}" in set(taken) or number == 1:
        number += 1
    return f"{name}.v{number}"


def _inputs(table: Table[Rule], rows: Iterable[RowContent]) -> list[str]:
    """Return the facts that its conditions name: those it had first, then new ones."""
    used: dict[str, None] = {}
    for row in rows:
        lines = row.get("when", ())
        for line in [lines] if isinstance(lines, dict) else lines:
            used.update(dict.fromkeys(line))
    return [name for name in table.inputs if name in used] + [
        name for name in used if name not in table.inputs
    ]


def with_tables(pack: Pack, tables: Mapping[str, Table[Rule]], *, number: int = 0) -> Pack:
    """Return a programme with other tables, under the number of their publication."""
    version = pack.version if not number else f"{'.'.join(pack.version.split('.')[:2])}.{number}"
    return pack.model_copy(update={**tables, "version": version})


def compose(pack: Pack, name: str, rows: Sequence[RowContent], day: date, *, number: int = 0) -> Pack:
    """Return a programme in which these rows of a table hold from a day on.

    Raises:
        ValidationError: a row cannot be read, or the table does not hold together.
    """
    table = read_table(pack, name, merge(pack, name, rows, day))
    return with_tables(pack, {name: table}, number=number)


def is_change(pack: Pack, name: str, rows: Sequence[RowContent], day: date) -> bool:
    """Return whether these rows differ from those in force on a day."""
    return rows_on(table_of(pack, name), day) != list(rows)


def version_key(version: str) -> tuple[int, ...]:
    """Return a version of the release's files as it is ordered: 2026.10 comes after 2026.9."""
    return tuple(int(part) for part in version.split("."))


def reaching(before: Pack, after: Pack, name: str) -> frozenset[str]:
    """Return the rules of a table that are new and also change measures under way."""
    known = {row.id for row in table_of(before, name)}
    return frozenset(
        row.id for row in table_of(after, name) if row.id not in known and row.applies_to_ongoing
    )
