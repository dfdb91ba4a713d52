"""Taking a lot back: what nobody was called about goes as if it had never come; the rest stays, and is named."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from tracing.cases import queries as cases
from tracing.contacts import turning
from tracing.imports import lots, originals, queries, removing
from tracing.imports.models import ImportLot, LotState
from tracing.kernel import events
from tracing.kernel.db import session

MOST_NAMED = 200
"""References of cases that stay which are kept with the lot; of the others only how many."""


class Stays(StrEnum):
    """Why what a lot brought stays, the first reason that applies."""

    CALLED = "called"
    """Somebody rang there, or is on the line."""
    CONTACTS = "contacts"
    """They named contacts."""
    TOUCHED = "touched"
    """A person decided something about them."""
    MERGED = "merged"
    """A person said whether they are somebody else too."""
    JOINED = "joined"
    """A later lot says the same, or more."""
    RECTIFIED = "rectified"
    """The line took the place of an earlier result, which is not kept."""


@dataclass
class Outlook:
    """What undoing a lot would take back, and what would stay."""

    cases: list[int] = field(default_factory=list)
    """Cases the lot created, that go."""
    lines: list[int] = field(default_factory=list)
    """Lines that go; the others stand."""
    repeats: int = 0
    withdrawals: int = 0
    to_correct: int = 0
    stays: dict[int, Stays] = field(default_factory=dict)
    """By case."""

    def counts(self) -> dict[str, Any]:
        """Return what is kept and told: figures, no list."""
        return {
            "cases": len(self.cases),
            "repeats": self.repeats,
            "withdrawals": self.withdrawals,
            "to_correct": self.to_correct,
            "lines": len(self.lines),
            "stays": len(self.stays),
            "stays_because": dict(Counter(why.value for why in self.stays.values())),
        }


@dataclass(frozen=True)
class _Line:
    id: int
    outcome: str
    case_id: int | None
    is_open: bool


def outlook(lot: ImportLot) -> Outlook:
    """Return what undoing a lot would do now."""
    lines = [_Line(*row) for row in session.execute(text(_LINES), {"lot": lot.id})]
    created = {line.case_id for line in lines if line.outcome == "created" and line.case_id is not None}
    about = {line.case_id for line in lines if line.case_id is not None}
    found = Outlook(stays=_staying(lot, about, created))
    bound = _bound_lines(lot.id)
    for line in lines:
        if line.id in bound and line.case_id is not None:
            found.stays.setdefault(line.case_id, bound[line.id])
    for line in lines:
        if line.id in bound or (line.case_id is not None and line.case_id in found.stays):
            continue
        found.lines.append(line.id)
        joins = line.case_id is not None and line.case_id not in created
        found.repeats += line.outcome == "repeat" and joins
        found.withdrawals += line.outcome == "withdrawn" and joins
        found.to_correct += line.is_open
    found.cases = sorted(created - found.stays.keys())
    return found


def stays_named(stays: dict[int, Stays]) -> list[dict[str, str]]:
    """Return the references of cases that stay, with why: the first ones, in their order."""
    wanted = sorted(stays)[:MOST_NAMED]
    references = cases.references(wanted)
    return [{"reference": references[case_id], "why": stays[case_id].value} for case_id in wanted]


def undo(lot_id: int, *, by: int, at: datetime) -> dict[str, Any]:
    """Take back what a lot brought, in the transaction of the caller; returns what went and what stayed.

    Nobody else writes a lot meanwhile, and nobody can claim what is being looked at.
    """
    lot = lots.get_locked(lot_id, LotState.LOADED, LotState.STOPPED)
    removing.lock(lot_id)
    counts = queries.report(lot_id)
    found = outlook(lot)
    turning.turn_back(found.cases, by=None, at=at)
    removing.put_back_withdrawals(found.lines, gone=found.cases, at=at)
    removing.remove(found.lines, found.cases, at=at)
    lot.undone = found.counts() | {"named": stays_named(found.stays)}
    lot.counts = lot.counts or counts
    lot.state, lot.undone_at, lot.undone_by = LotState.UNDONE, at, by
    lot.loaded_at = lot.loaded_at or at
    originals.forget_secret(lot_id)
    session.flush()
    told = {name: value for name, value in found.counts().items() if name != "stays_because"}
    events.record("lot.undone", by=by, at=at, subject=("lot", lot_id), **told)
    return lot.undone


_LINES = """
    SELECT id, outcome, case_id,
           outcome = 'quarantined' AND is_current AND settled_by_id IS NULL AS is_open
    FROM import_lines WHERE lot_id = :lot ORDER BY id
"""


def _staying(lot: ImportLot, about: Iterable[int], created: set[int]) -> dict[int, Stays]:
    """Return the cases that a person has dealt with since the lot came, or that a later lot speaks of."""
    rows = session.execute(
        text(_STAYING),
        {"lot": lot.id, "cases": sorted(about), "created": sorted(created), "received": lot.received_at},
    )
    return {row.id: Stays(row.why) for row in rows}


_STAYING = """
    WITH subject AS (
        SELECT cases.id, cases.person_id, people.household_id, cases.id = ANY(:created) AS is_new,
               CASE WHEN cases.id = ANY(:created) THEN cases.created_at ELSE :received END AS since
        FROM cases JOIN people ON people.id = cases.person_id WHERE cases.id = ANY(:cases)
    ), judged AS (
        SELECT id, CASE
            WHEN EXISTS (SELECT FROM calls WHERE calls.household_id = subject.household_id
                                             AND calls.started_at >= since)
              OR EXISTS (SELECT FROM queue_entries AS entry WHERE entry.household_id = subject.household_id
                                             AND entry.state = 'claimed')
              OR EXISTS (SELECT FROM call_tasks AS task JOIN conversations ON conversations.task_id = task.id
                         JOIN calls ON calls.id = conversations.call_id
                         WHERE task.case_id = subject.id AND (is_new OR calls.started_at >= since))
            THEN 'called'
            WHEN EXISTS (SELECT FROM contacts WHERE contacts.case_id = subject.id AND (is_new OR named_at >= since))
              OR EXISTS (SELECT FROM contacts WHERE became_case_id = subject.id AND named_at >= since)
            THEN 'contacts'
            WHEN EXISTS (SELECT FROM people WHERE people.same_as = subject.person_id AND is_new)
              OR EXISTS (SELECT FROM people WHERE people.id = subject.person_id AND same_as IS NOT NULL)
              OR EXISTS (SELECT FROM possible_duplicates AS pair WHERE pair.person_id = subject.person_id
                                                                   AND pair.decided_at >= since)
              OR EXISTS (SELECT FROM possible_duplicates AS pair WHERE pair.other_id = subject.person_id
                                                                   AND pair.decided_at >= since)
            THEN 'merged'
            WHEN EXISTS (SELECT FROM events WHERE subject_type = 'case' AND subject_id = subject.id
                                              AND by_id IS NOT NULL AND (is_new OR at >= since))
              OR EXISTS (SELECT FROM events WHERE subject_type = 'person' AND subject_id = subject.person_id
                                              AND by_id IS NOT NULL AND at >= since)
              OR EXISTS (SELECT FROM call_tasks AS task JOIN events ON subject_type = 'task'
                                                                  AND subject_id = task.id
                         WHERE task.case_id = subject.id AND by_id IS NOT NULL
                           AND (is_new OR events.at >= since))
              OR EXISTS (SELECT FROM queue_entries AS entry JOIN events ON subject_type = 'entry'
                                                                      AND subject_id = entry.id
                         WHERE entry.household_id = subject.household_id AND by_id IS NOT NULL
                           AND events.at >= since)
            THEN 'touched'
            WHEN is_new AND (
                 EXISTS (SELECT FROM import_lines AS line
                         WHERE line.case_id = subject.id AND line.lot_id <> :lot)
              OR EXISTS (SELECT FROM lab_results AS result LEFT JOIN import_lines AS line
                                ON line.id = result.line_id
                         WHERE result.case_id = subject.id AND (line.id IS NULL OR line.lot_id <> :lot)))
            THEN 'joined'
        END AS why FROM subject
    )
    SELECT id, why FROM judged WHERE why IS NOT NULL
"""


def _bound_lines(lot_id: int) -> dict[int, Stays]:
    """Return the lines that another lot's lines of the same result rest on, or that replaced one of them.

    Were the first removed, a later duplicate would stand for a result that nobody has any more.
    """
    return {row.id: Stays(row.why) for row in session.execute(text(_BOUND), {"lot": lot_id})}


_BOUND = """
    SELECT mine.id, CASE WHEN bool_or(other.id > mine.id) THEN 'joined' ELSE 'rectified' END AS why
    FROM import_lines AS mine JOIN import_lines AS other
      ON other.source_code = mine.source_code AND other.source_result_id = mine.source_result_id
     AND other.lot_id <> mine.lot_id
    WHERE mine.lot_id = :lot AND (
          other.id > mine.id
       OR (mine.outcome IN ('created', 'repeat') AND other.outcome IN ('created', 'repeat')))
    GROUP BY mine.id
    UNION ALL
    SELECT mine.id, 'joined'
    FROM import_lines AS mine JOIN import_lines AS other
      ON other.source_code = mine.source_code AND other.fingerprint = mine.fingerprint
     AND other.lot_id <> mine.lot_id AND other.id > mine.id
    WHERE mine.lot_id = :lot AND mine.source_result_id IS NULL AND other.source_result_id IS NULL
    GROUP BY mine.id
"""
