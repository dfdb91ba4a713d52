"""Erase what was collected on a day, once the days are over for which its programme keeps people.

The key of a day seals what all programmes collected on it. It is destroyed when the last of them is over. Until then the
rows of a programme that keeps people for fewer days are cleared one by one: gone from the database at once, and from its
backups with the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text

from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.programmes.in_force import all_packs, get_pack
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import TaskState
from tracing.retention import queries
from tracing.vault import services as vault
from tracing.vault.registry import BLIND, SEALED

_TASKS, _CALLS, _PEOPLE = "task_id = ANY(:tasks)", "call_id = ANY(:calls)", "person_id = ANY(:people)"

OF_A_PROGRAMME: Mapping[str, str] = {
    "answers": _TASKS,
    "caller_requests": "case_id = ANY(:cases)",
    "cases": "id = ANY(:cases)",
    "contacts": "id = ANY(:contacts)",
    "drafts": _CALLS,
    "escalations": _TASKS,
    "facts": """(subject_type = 'case' AND subject_id = ANY(:cases)
        OR subject_type = 'contact' AND subject_id = ANY(:contacts)
        OR subject_type = 'person' AND subject_id = ANY(:people))""",
    "handover_notes": _TASKS,
    "household_numbers": "household_id = ANY(:households)",
    "import_lines": "case_id = ANY(:cases)",
    "messages": _PEOPLE,
    "missing_numbers": _TASKS,
    "named_places": "(case_id = ANY(:cases) OR contact_id = ANY(:contacts))",
    "note_deliveries": "note_id = ANY(:notes)",
    "note_link_papers": "delivery_id = ANY(:deliveries)",
    "numbers_rung": _CALLS,
    "people": "id = ANY(:people)",
    "person_keys": _PEOPLE,
    "sick_notes": "id = ANY(:notes)",
}
"""Which rows of each table with sealed blobs or blind indexes are one programme's, of those of the day."""
OF_NO_PROGRAMME = frozenset({"file_searches"})
"""Tables whose rows are of the platform: they go with the key of their day."""


@dataclass(frozen=True)
class Erased:
    """What the end of a day's retention did; `waits`: somebody is on the line, and the next run goes on."""

    programmes: tuple[str, ...] = ()
    day_destroyed: bool = False
    waits: bool = False


def erase_day(day: date, *, today: date, at: datetime) -> Erased:
    """Erase what was collected on a day, as far as its programmes' days are over `today`. Idempotent."""
    kept = queries.programmes_of(day)
    over = sorted(code for code in kept if is_over(day, code, today=today))
    if not over:
        return Erased()
    if any(queries.is_on_the_line(day, code) for code in over):
        return Erased(waits=True)
    for code in over:
        _end_calls(day, code, at=at)
    if len(over) == len(kept):
        vault.destroy_cohort(day, by=None, at=at)
        return Erased(tuple(over), day_destroyed=True)
    return Erased(tuple(code for code in over if _clear(day, code, at=at)))


def is_over(day: date, programme: str, *, today: date) -> bool:
    """Return whether a programme keeps the people of a day no longer: the day after its last one."""
    return day + timedelta(days=get_pack(programme).retention.person_days) < today


def may_be_over(day: date, *, today: date) -> bool:
    """Return whether any programme keeps the people of a day no longer."""
    return any(day + timedelta(days=pack.retention.person_days) < today for pack in all_packs())


def _end_calls(day: date, programme: str, *, at: datetime) -> None:
    """Close what is still open: nobody can be called who is erased."""
    for task_id in queries.open_tasks(day, programme):
        queue.close_task(queue_queries.get_task(task_id), TaskState.CANCELLED, by=None, at=at)
    for case_id in queries.open_cases(day, programme):
        case = case_queries.get_case(case_id)
        outcome = CaseOutcome.COMPLETED if case.told_at is not None else CaseOutcome.UNREACHABLE
        cases.close(case, outcome, by=None, at=at)


def _clear(day: date, programme: str, *, at: datetime) -> bool:
    """Clear the rows of one programme; returns whether any was left."""
    cleared = 0
    gone = {"day": day, **queries.records_of(day, programme)}
    for table, rows in OF_A_PROGRAMME.items():
        for statement in _statements(table, rows):
            named = {name: value for name, value in gone.items() if f":{name}" in statement}
            found = session.execute(text(statement), named)
            cleared += found.rowcount  # type: ignore[attr-defined]
    if cleared:
        events.record("retention.erased", by=None, at=at, day=day.isoformat(), programme=programme)
    return cleared > 0


def _statements(table: str, rows: str) -> list[str]:
    """Return how a table's rows are cleared: as the destruction of their day would."""
    found = []
    blind = BLIND.get(table)
    columns = [SEALED[table]] if table in SEALED else []
    if blind is not None and not blind.columns:
        found.append(f"DELETE FROM {table} WHERE cohort = :day AND {rows}")  # noqa: S608 - constants
    else:
        columns += blind.columns if blind else ()
    if columns:
        empty = ", ".join(f"{column} = NULL" for column in columns)
        left = " OR ".join(f"{column} IS NOT NULL" for column in columns)
        found.insert(0, f"UPDATE {table} SET {empty} WHERE cohort = :day AND ({left}) AND {rows}")  # noqa: S608
    return found
