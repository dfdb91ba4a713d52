"""Delete what a lot brought from the database: lines, results, cases, calls to make, people of no other lot."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import text

from tracing.consequences import services as consequences
from tracing.facts import queries as fact_queries
from tracing.facts.models import Fact
from tracing.facts.rules import FactKind, FactSource, SubjectType, retraction, standing
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.queue.households import services as households

CHUNK = 5_000
"""Ids per statement."""


def lock(lot_id: int) -> None:
    """Lock the households of a lot's cases, then the cases, in the order that every call uses."""
    session.execute(text(_LOCK_ENTRIES), {"lot": lot_id})
    session.execute(text(_LOCK_CASES), {"lot": lot_id})


# Arrays rather than joins: each step uses an index, however poor the planner's statistics of a new lot are.
_LOCK_ENTRIES = """
    SELECT id FROM queue_entries WHERE household_id = ANY(ARRAY(
        SELECT household_id FROM people WHERE id = ANY(ARRAY(
            SELECT person_id FROM cases WHERE id = ANY(ARRAY(
                SELECT case_id FROM import_lines
                WHERE lot_id = :lot AND case_id IS NOT NULL AND outcome <> 'duplicate'))))))
    ORDER BY household_id FOR UPDATE
"""
_LOCK_CASES = """
    SELECT id FROM cases WHERE id = ANY(ARRAY(
        SELECT case_id FROM import_lines WHERE lot_id = :lot AND case_id IS NOT NULL AND outcome <> 'duplicate'))
    ORDER BY id FOR UPDATE
"""


def put_back_withdrawals(lines: Sequence[int], *, gone: Sequence[int], at: datetime) -> None:
    """Reinstate results that these lines withdrew: their cases are open again, and to be called as before."""
    for part in _parts(lines):
        rows = session.execute(text(_WITHDRAWN), {"lines": part, "gone": gone}).all()
        for row in rows:
            session.execute(
                text("UPDATE lab_results SET withdrawn_at = NULL WHERE id = :result"), {"result": row.result}
            )
            if session.scalar(text(_STILL_WITHDRAWN), {"case": row.case_id}):
                continue
            session.execute(
                text(_AS_BEFORE),
                {"case": row.case_id},
            )
            homes = session.scalars(
                text(_TASKS_BACK), {"case": row.case_id, "withdrawn": row.withdrawn_at}
            ).all()
            events.record(
                "case.withdrawal_undone", by=None, at=at, subject=("case", row.case_id), site_id=row.site_id
            )
            session.flush()
            session.expire_all()
            for home in sorted({home for home in homes if home is not None}):
                households.refresh(home, at=at)


def take_back_reinstatements(lines: Sequence[int], *, at: datetime) -> None:
    """Let results that these lines brought back be withdrawn again: nobody calls until a supervisor has decided."""
    for part in _parts(lines):
        for row in session.execute(text(_REINSTATED), {"lines": part}).all():
            session.execute(
                text("UPDATE lab_results SET reinstated_at = NULL WHERE id = :result"), {"result": row.result}
            )
            if row.reinstated not in ("withdrawn", "not_a_case"):
                continue  # it was called all the same, or ended otherwise
            session.execute(
                text(_WITHDRAWN_AGAIN),
                {"case": row.case_id},
            )
            homes = session.scalars(
                text(_TASKS_AWAY), {"case": row.case_id, "withdrawn": row.withdrawn_at}
            ).all()
            events.record(
                "case.reinstatement_undone",
                by=None,
                at=at,
                subject=("case", row.case_id),
                site_id=row.site_id,
            )
            session.flush()
            session.expire_all()
            for home in sorted({home for home in homes if home is not None}):
                households.refresh(home, at=at)


_OF_LINE = """
    result.case_id = line.case_id AND result.source_code = line.source_code
    AND (result.source_result_id = line.source_result_id
         OR (result.source_result_id IS NULL AND line.source_result_id IS NOT NULL AND result.line_id IN (
             SELECT mine.id FROM import_lines AS mine
             WHERE mine.source_code = line.source_code AND mine.source_result_id = line.source_result_id)))
"""
"""The result of the case that a line is about; see `loading.updates`."""
_REINSTATED = f"""
    SELECT result.id AS result, result.case_id, result.withdrawn_at, line.reinstated, cases.site_id
    FROM import_lines AS line JOIN lab_results AS result ON {_OF_LINE}
    JOIN cases ON cases.id = result.case_id
    WHERE line.id = ANY(:lines) AND line.reinstated IS NOT NULL AND result.reinstated_at IS NOT NULL
    ORDER BY result.case_id
"""  # noqa: S608  a constant condition, no user input
_WITHDRAWN = f"""
    SELECT result.id AS result, result.case_id, result.withdrawn_at, cases.site_id
    FROM import_lines AS line JOIN lab_results AS result ON {_OF_LINE}
    JOIN cases ON cases.id = result.case_id
    WHERE line.id = ANY(:lines) AND line.outcome = 'withdrawn' AND result.withdrawn_at IS NOT NULL
      AND result.reinstated_at IS NULL AND NOT result.case_id = ANY(:gone)
    ORDER BY result.case_id
"""  # noqa: S608  a constant condition, no user input
_STILL_WITHDRAWN = """
    SELECT true FROM lab_results
    WHERE case_id = :case AND withdrawn_at IS NOT NULL AND reinstated_at IS NULL LIMIT 1
"""
_TASKS_AWAY = """
    UPDATE call_tasks SET state = 'cancelled', state_before = 'open', closed_at = :withdrawn
    WHERE case_id = :case AND kind = 'case_first' AND state = 'open'
    RETURNING household_id
"""
_WITHDRAWN_AGAIN = """
    UPDATE cases SET status = 'withdrawn', outcome = NULL, closed_at = NULL,
        outcome_before = outcome, closed_before_at = closed_at
    WHERE id = :case AND status <> 'withdrawn' AND outcome IS DISTINCT FROM 'not_a_case'
"""
_AS_BEFORE = """
    UPDATE cases SET status = CASE WHEN outcome_before IS NULL THEN 'open' ELSE 'closed' END,
        outcome = outcome_before, closed_at = closed_before_at, outcome_before = NULL, closed_before_at = NULL
    WHERE id = :case AND status = 'withdrawn'
"""
_TASKS_BACK = """
    UPDATE call_tasks SET state = 'open', state_before = NULL, closed_at = NULL
    WHERE case_id = :case AND kind = 'case_first' AND state = 'cancelled' AND closed_at = :withdrawn
      AND covered_by IS NULL
    RETURNING household_id
"""


def put_back_deaths(lines: Sequence[int], *, at: datetime) -> None:
    """Take back the deaths that only these lines reported: messages are allowed again, and the calls wait as before."""
    for part in _parts(lines):
        for row in session.execute(text(_REPORTED), {"lines": part}).all():
            if session.scalar(text(_REPORTED_ELSEWHERE), {"person": row.person_id, "lines": list(lines)}):
                continue
            mistakes = [
                retraction(
                    fact.said, (SubjectType.PERSON, record), source=FactSource.LABORATORY, cohort=fact.cohort
                )
                for record in people.records_of_same_person(row.person_id)
                for fact in _reported_deaths(record)
            ]
            consequences.record(mistakes, by=None, at=at)


def _reported_deaths(person_id: int) -> list[Fact]:
    """Return the deaths that laboratories reported of a record, and that nobody has taken back."""
    counted = standing(fact_queries.facts_of(SubjectType.PERSON, person_id))
    return [
        fact
        for fact in fact_queries.rows_of(SubjectType.PERSON, person_id)
        if fact.kind is FactKind.DEATH and fact.source is FactSource.LABORATORY and fact.said in counted
    ]


_MARKED = """warnings @> '["DECEASED"]'"""
_CASES_MARKED = f"""
    SELECT cases.person_id, cases.site_id
    FROM import_lines AS line JOIN cases ON cases.id = coalesce(line.case_id, (
        SELECT case_id FROM lab_results AS result
        WHERE result.source_code = line.source_code AND result.source_result_id = line.source_result_id))
    WHERE line.id = ANY(:lines) AND line.{_MARKED}
"""  # noqa: S608  a constant condition, no user input
_REPORTED = f"SELECT DISTINCT person_id, site_id FROM ({_CASES_MARKED}) AS marked ORDER BY person_id"  # noqa: S608
_REPORTED_ELSEWHERE = f"""
    SELECT true FROM cases
    JOIN import_lines AS line ON line.case_id = cases.id
    WHERE cases.person_id = :person AND line.{_MARKED} AND NOT line.id = ANY(:lines) LIMIT 1
"""  # noqa: S608


def remove(lines: Sequence[int], cases: Sequence[int], *, at: datetime) -> None:
    """Delete lines with the results they brought, and cases with everything that depends on them."""
    session.flush()
    moved: set[int] = set()
    for part in _parts(lines):
        moved |= set(session.scalars(text(_RESULTS_OF_LINES), {"lines": part}))
        session.execute(text(_OPEN_SETTLED), {"lines": part})
        session.execute(text("DELETE FROM contrary_results WHERE line_id = ANY(:lines)"), {"lines": part})
    for part in _parts(lines):
        session.execute(text("DELETE FROM import_lines WHERE id = ANY(:lines)"), {"lines": part})
    _move_first_samplings(moved - set(cases))
    people, homes = _remove_cases(cases)
    homes |= _remove_people(people)
    session.expire_all()
    _tidy_homes(homes, at=at)
    session.expire_all()


_RESULTS_OF_LINES = "DELETE FROM lab_results WHERE line_id = ANY(:lines) RETURNING case_id"
_OPEN_SETTLED = "UPDATE import_lines SET settled_by_id = NULL WHERE settled_by_id = ANY(:lines)"


def _move_first_samplings(cases: set[int]) -> None:
    """Set the first sampling of each case to that of its remaining results."""
    for part in _parts(sorted(cases)):
        session.execute(text(_FIRST_SAMPLINGS), {"cases": part})


_FIRST_SAMPLINGS = """
    UPDATE cases SET first_sampled_at = earliest.at
    FROM (SELECT case_id, min(sampled_at) AS at FROM lab_results WHERE case_id = ANY(:cases)
          GROUP BY case_id) AS earliest
    WHERE cases.id = earliest.case_id AND cases.first_sampled_at <> earliest.at
"""


def _remove_cases(cases: Sequence[int]) -> tuple[set[int], set[int]]:
    """Delete cases and the calls to make about them; returns their people and the households to check."""
    people: set[int] = set()
    homes: set[int] = set()
    for part in _parts(cases):
        gone = {"cases": part}
        homes |= set(session.scalars(text(_TASKS), gone))
        session.execute(text("DELETE FROM lab_results WHERE case_id = ANY(:cases)"), gone)
        people |= set(session.scalars(text(_CASES), gone))
    homes.discard(None)
    return people, homes


_TASKS = "DELETE FROM call_tasks WHERE case_id = ANY(:cases) RETURNING household_id"
_CASES = "DELETE FROM cases WHERE id = ANY(:cases) RETURNING person_id"


def _remove_people(people: set[int]) -> set[int]:
    """Delete the people of whom nothing else is stored, with their keys and numbers; returns their households."""
    homes: set[int] = set()
    for part in _parts(sorted(people)):
        lonely = list(session.scalars(text(_LONELY), {"people": part}))
        gone = {"people": lonely}
        session.execute(text(_PAIRS), gone)
        session.execute(text("DELETE FROM message_stops WHERE person_id = ANY(:people)"), gone)
        numbers = list(session.scalars(text(_KEYS), gone))
        homes |= set(session.scalars(text(_PEOPLE), gone))
        session.execute(text(_NUMBERS), {"numbers": numbers})
    homes.discard(None)
    return homes


_LONELY = """
    SELECT id FROM people WHERE id = ANY(:people) AND same_as IS NULL
       AND NOT EXISTS (SELECT FROM cases WHERE cases.person_id = people.id)
       AND NOT EXISTS (SELECT FROM contacts WHERE contacts.person_id = people.id)
       AND NOT EXISTS (SELECT FROM call_tasks WHERE call_tasks.person_id = people.id)
       AND NOT EXISTS (SELECT FROM conversations WHERE conversations.person_id = people.id)
       AND NOT EXISTS (SELECT FROM answers WHERE answers.person_id = people.id)
       AND NOT EXISTS (SELECT FROM sick_notes WHERE sick_notes.person_id = people.id)
       AND NOT EXISTS (SELECT FROM people AS record WHERE record.same_as = people.id)
    ORDER BY id FOR UPDATE
"""
_PAIRS = "DELETE FROM possible_duplicates WHERE person_id = ANY(:people) OR other_id = ANY(:people)"
_KEYS = """
    WITH gone AS (DELETE FROM person_keys WHERE person_id = ANY(:people) RETURNING kind, hash)
    SELECT DISTINCT hash FROM gone WHERE kind = 'phone'
"""
_PEOPLE = "DELETE FROM people WHERE id = ANY(:people) RETURNING household_id"
_NUMBERS = """
    DELETE FROM household_numbers WHERE number_hash = ANY(:numbers)
       AND NOT EXISTS (SELECT FROM person_keys
                       WHERE person_keys.hash = household_numbers.number_hash AND kind = 'phone')
"""


def _tidy_homes(homes: set[int], *, at: datetime) -> None:
    """Delete the households that are now empty; the others may split, and are queued again by their calls."""
    left = set(homes)
    for part in _parts(sorted(homes)):
        empty = list(session.scalars(text(_EMPTY), {"homes": part}))
        session.execute(text("DELETE FROM queue_entries WHERE household_id = ANY(:homes)"), {"homes": empty})
        session.execute(
            text("DELETE FROM household_numbers WHERE household_id = ANY(:homes)"), {"homes": empty}
        )
        session.execute(text("DELETE FROM households WHERE id = ANY(:homes)"), {"homes": empty})
        left -= set(empty)
    for home in sorted(left):
        households.settle(home, at=at)
        households.refresh(home, at=at)


_EMPTY = """
    SELECT id FROM households WHERE id = ANY(:homes)
       AND NOT EXISTS (SELECT FROM people WHERE people.household_id = households.id)
       AND NOT EXISTS (SELECT FROM call_tasks WHERE call_tasks.household_id = households.id)
       AND NOT EXISTS (SELECT FROM calls WHERE calls.household_id = households.id)
"""


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield list(ids[start : start + CHUNK])
