"""Undo a lot: cases for which no call was made are deleted as if they had never come; the rest stays and is listed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from tracing.cases import queries as cases
from tracing.contacts import contact_to_case
from tracing.imports.errors import NotNow
from tracing.imports.lots import events, originals, queries
from tracing.imports.lots import services as lots
from tracing.imports.models import TO_CORRECT, ImportLot, LotState
from tracing.imports.undo import deletion
from tracing.kernel.db import session
from tracing.queue.households import priorities

MOST_NAMED = 200
"""Most references of remaining cases stored with the lot; the others are only counted."""


class KeptBecause(StrEnum):
    """Why something a lot brought stays; the first reason that applies."""

    CALLED = "called"
    """They were called, or a call is under way."""
    CONTACTS = "contacts"
    """They named contacts."""
    TOUCHED = "touched"
    """A person decided something about them."""
    MERGED = "merged"
    """A person decided whether they are a duplicate of another record."""
    JOINED = "joined"
    """A later lot has the same result, or adds to the case."""
    RECTIFIED = "rectified"
    """The line replaced an earlier result, which is no longer stored."""


@dataclass(repr=False)
class UndoPreview:
    """What undoing a lot would delete, and what would stay."""

    cases: list[int] = field(default_factory=list)
    """Cases the lot created that would be deleted."""
    lines: list[int] = field(default_factory=list)
    """Lines that would be deleted; the others stay."""
    repeats: int = 0
    withdrawals: int = 0
    to_correct: int = 0
    stays: dict[int, KeptBecause] = field(default_factory=dict)
    """By case, why it stays."""

    def counts(self) -> dict[str, Any]:
        """Return the figures to store and show, without any list."""
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
    """Whether it still waits for a correction."""


def preview_undo(lot: ImportLot) -> UndoPreview:
    """Return what undoing a lot would do now."""
    lines = [_Line(*row) for row in session.execute(text(_LINES), {"lot": lot.id})]
    created = {line.case_id for line in lines if line.outcome == "created" and line.case_id is not None}
    about = {line.case_id for line in lines if line.case_id is not None}
    found = UndoPreview(stays=_staying(lot, about, created))
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


def stays_named(stays: dict[int, KeptBecause]) -> list[dict[str, str]]:
    """Return the references of the first cases that stay, in order, each with its reason."""
    wanted = sorted(stays)[:MOST_NAMED]
    references = cases.references(wanted)
    return [{"reference": references[case_id], "why": stays[case_id].value} for case_id in wanted]


def ask(lot_id: int, *, by: int, at: datetime) -> None:
    """Request that a lot be undone; the scheduler's job does it, and may find that a call was made meanwhile."""
    lot = lots.get_locked(lot_id, *lots.UNDOABLE)
    lot.undone_by = by
    lots.forget_trouble(lot)
    events.record("lot.undo_asked", lot, by=by, at=at, source=lot.source_code)


def give_up(lot_id: int, sentence: str, *, at: datetime) -> None:
    """Cancel the request to undo a lot, leaving the lot as it was, and record why."""
    lot = lots.get_locked(lot_id)
    if not lot.is_being_undone:
        return
    lot.undone_by = None
    lots.forget_trouble(lot)
    lot.trouble = sentence
    events.record("lot.not_undone", lot, by=None, at=at, source=lot.source_code)


def undo(lot_id: int, *, at: datetime) -> dict[str, Any]:
    """Undo a lot as requested, in the caller's transaction; returns what was deleted and what stayed.

    No other process writes a lot meanwhile, and none can claim the households being looked at.

    Raises:
        NotNow: the request was cancelled.
    """
    lot = lots.get_locked(lot_id)
    if not lot.is_being_undone:
        raise NotNow
    deletion.lock(lot_id)
    counts = queries.report(lot_id)
    found = preview_undo(lot)
    contact_to_case.turn_back(found.cases, by=None, at=at)
    # a lot may say both: first what it brought back, then what it had withdrawn
    deletion.take_back_reinstatements(found.lines, at=at)
    deletion.put_back_withdrawals(found.lines, gone=found.cases, at=at)
    deletion.put_back_deaths(found.lines, at=at)
    deletion.remove(found.lines, found.cases, at=at)
    lot.undone = found.counts() | {"named": stays_named(found.stays)}
    lot.counts = lot.counts or counts
    lot.state, lot.undone_at = LotState.UNDONE, at
    lot.loaded_at = lot.loaded_at or at
    lots.forget_trouble(lot)
    originals.forget_secret(lot_id)
    priorities.end_of_lot(lot_id, at=at)
    session.flush()
    told = {name: value for name, value in found.counts().items() if name != "stays_because"}
    events.record("lot.undone", lot, by=lot.undone_by, at=at, **told)
    return lot.undone


_LINES = f"""
    SELECT id, outcome, CASE WHEN outcome <> 'duplicate' THEN case_id END, {TO_CORRECT} AS is_open
    FROM import_lines WHERE lot_id = :lot ORDER BY id
"""  # noqa: S608  a constant condition, no user input


def _staying(lot: ImportLot, about: Iterable[int], created: set[int]) -> dict[int, KeptBecause]:
    """Return the cases that a person has handled since the lot came, or that a later lot refers to."""
    stays: dict[int, KeptBecause] = {}
    ids = sorted(about)
    for start in range(0, len(ids), deletion.CHUNK):
        part = ids[start : start + deletion.CHUNK]
        told = {"cases": part, "created": sorted(created.intersection(part)), "received": lot.received_at}
        columns = session.execute(_SUBJECT, told).one()._asdict() | {"lot": lot.id}
        for why, question in _QUESTIONS:
            for case_id in session.scalars(question, columns):
                stays.setdefault(case_id, why)
    return stays


_SUBJECT = text("""
    SELECT coalesce(array_agg(cases.id), '{}') AS ids,
           coalesce(array_agg(cases.person_id), '{}') AS people,
           coalesce(array_agg(people.household_id), '{}') AS households,
           coalesce(array_agg(people.same_as), '{}') AS same_as,
           coalesce(array_agg(cases.id = ANY(:created)), '{}') AS are_new,
           coalesce(array_agg(CASE WHEN cases.id = ANY(:created) THEN cases.created_at
                                   ELSE CAST(:received AS timestamptz) END), '{}') AS since
    FROM cases JOIN people ON people.id = cases.person_id
    WHERE cases.id = ANY(:cases) AND people.id = ANY(ARRAY(SELECT person_id FROM cases WHERE id = ANY(:cases)))
""")
_ASKED = """
    SELECT DISTINCT subject.id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]), CAST(:households AS bigint[]),
                CAST(:same_as AS bigint[]), CAST(:are_new AS boolean[]), CAST(:since AS timestamptz[]))
         AS subject (id, person_id, household_id, same_as, is_new, since)
"""
_TASKS = "JOIN call_tasks AS task ON task.case_id = subject.id"
_ENTRIES = "JOIN queue_entries AS entry ON entry.household_id = subject.household_id"
_LATER = "by_id IS NOT NULL AND events.at >= since"
_EVER = "by_id IS NOT NULL AND (is_new OR events.at >= since)"
_QUESTIONS = tuple(
    (why, text(f"{_ASKED} {question}"))
    for why, questions in {
        KeptBecause.CALLED: (
            "JOIN calls ON calls.household_id = subject.household_id WHERE calls.started_at >= since",
            f"{_ENTRIES} WHERE entry.state = 'claimed'",
            f"""{_TASKS} JOIN conversations ON conversations.task_id = task.id
                JOIN calls ON calls.id = conversations.call_id WHERE is_new OR calls.started_at >= since""",
        ),
        KeptBecause.CONTACTS: (
            "JOIN contacts ON contacts.case_id = subject.id WHERE is_new OR named_at >= since",
            "JOIN contacts ON contacts.became_case_id = subject.id WHERE named_at >= since",
        ),
        KeptBecause.MERGED: (
            "JOIN people AS record ON record.same_as = subject.person_id WHERE is_new",
            "WHERE is_new AND subject.same_as IS NOT NULL",
            """JOIN possible_duplicates AS pair ON pair.person_id = subject.person_id
               WHERE pair.decided_at >= since""",
            """JOIN possible_duplicates AS pair ON pair.other_id = subject.person_id
               WHERE pair.decided_at >= since""",
        ),
        KeptBecause.TOUCHED: (
            f"JOIN events ON subject_type = 'case' AND subject_id = subject.id WHERE {_EVER}",
            f"JOIN events ON subject_type = 'person' AND subject_id = subject.person_id WHERE {_LATER}",
            f"{_TASKS} JOIN events ON subject_type = 'task' AND subject_id = task.id WHERE {_EVER}",
            f"{_ENTRIES} JOIN events ON subject_type = 'entry' AND subject_id = entry.id WHERE {_LATER}",
        ),
        KeptBecause.JOINED: (
            "JOIN import_lines AS line ON line.case_id = subject.id WHERE is_new AND line.lot_id <> :lot",
            """JOIN lab_results AS result ON result.case_id = subject.id
               LEFT JOIN import_lines AS line ON line.id = result.line_id
               WHERE is_new AND (line.id IS NULL OR line.lot_id <> :lot)""",
        ),
    }.items()
    for question in questions
)
"""One simple query per statement: the planner has no statistics of freshly written tables and takes them for
empty if they were so at the last ANALYZE, so a join of two of them may take minutes."""


def _bound_lines(lot_id: int) -> dict[int, KeptBecause]:
    """Return the lines that another lot's lines of the same result depend on, and those that replaced an earlier one.

    If the first line of a result were deleted, a later duplicate would represent a result that no longer exists.
    Another person's line under the same id depends on nothing.
    """
    return {row.id: KeptBecause(row.why) for row in session.execute(text(_BOUND), {"lot": lot_id})}


_BOUND = """
    SELECT mine.id, CASE WHEN bool_or(other.id > mine.id) THEN 'joined' ELSE 'rectified' END AS why
    FROM import_lines AS mine JOIN import_lines AS other
      ON other.source_code = mine.source_code AND other.source_result_id = mine.source_result_id
     AND other.lot_id <> mine.lot_id
    WHERE mine.lot_id = :lot AND (
          other.id > mine.id
       OR (mine.outcome IN ('created', 'repeat') AND mine.reinstated IS NULL
           AND other.outcome IN ('created', 'repeat')))
      AND NOT (mine.case_id IS NOT NULL AND (
          coalesce(other.case_id <> mine.case_id, false) OR other.outcome = 'not_positive'
       OR (other.outcome = 'quarantined' AND other.reasons->>0 = 'ID_TAKEN')))
    GROUP BY mine.id
    UNION ALL
    SELECT mine.id, 'joined'
    FROM import_lines AS mine JOIN import_lines AS other
      ON other.source_code = mine.source_code AND other.fingerprint = mine.fingerprint
     AND other.lot_id <> mine.lot_id AND other.id > mine.id
    WHERE mine.lot_id = :lot AND mine.source_result_id IS NULL AND other.source_result_id IS NULL
    GROUP BY mine.id
"""
