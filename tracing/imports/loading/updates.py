"""Changes a lot makes to existing data: completed people, earlier first samplings, settled lines, withdrawn results."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text

from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.consequences import services as consequences
from tracing.contacts import contact_to_case
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.hand_offs import services as hand_offs
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.kernel.redaction import redacted
from tracing.messages import queries as message_queries
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.rules import Identity, completed
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.households import services as households
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.queue.rules import Factor


@redacted
class Turn(NamedTuple):
    """A result of a case that a line withdraws, or brings back."""

    case_id: int
    result_id: str
    withdrawn_by: int | None = None
    reinstated_by: int | None = None


@dataclass
class Changes:
    """What the lines of a batch change in existing data."""

    settled: dict[int, int] = field(default_factory=dict)
    """By quarantined line, the line that settles it."""
    moved: dict[int, datetime] = field(default_factory=dict)
    """By case, its earlier first sampling."""
    revised: list[tuple[int, Identity]] = field(default_factory=list)
    """Known people with their newer data, in the order of the lines."""
    contradicted: list[tuple[int, date, int]] = field(default_factory=list)
    """Case, the day on which a negative PCR was sampled, and the line that says so."""
    rectified: list[str] = field(default_factory=list)
    """Result ids that were negative and are something else now."""
    deaths: dict[int, None] = field(default_factory=dict)
    """The cases of people whose death the laboratory reported, in the order of the lines."""
    onsets: dict[int, date] = field(default_factory=dict)
    """By case, the onset that was unknown."""
    turns: list[Turn] = field(default_factory=list)
    """Results withdrawn and brought back, in the order of the lines."""


def adds_nothing(known: Identity, newer: Identity) -> bool:
    """Return whether a newer record of a person changes nothing of what is known."""
    return newer == known or completed(known, newer) == known


def add_possible_duplicates(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Create possible duplicates for a person to decide; a pair that exists already is never asked about again."""
    if pairs:
        session.execute(
            text("""
                INSERT INTO possible_duplicates (person_id, other_id, reason, state, found_at)
                SELECT person, other, 'import', 'open', :at
                FROM unnest(CAST(:people AS bigint[]), CAST(:others AS bigint[])) AS pair(person, other)
                ON CONFLICT DO NOTHING
            """),
            {"people": [one for one, _ in pairs], "others": [other for _, other in pairs], "at": at},
        )


def keep_negatives(contradicted: Sequence[tuple[int, date, int]], *, zone: ZoneInfo, at: datetime) -> None:
    """Keep a negative PCR, its result and its day alone, with the cases known as positive by an antigen test.

    The PCR was sampled on the day of the antigen test or later: an earlier one says nothing about it.
    """
    if contradicted:
        session.execute(
            text("""
                INSERT INTO contrary_results (case_id, analysis, result, sampled_on, line_id, received_at)
                SELECT told.case_id, 'PCR', 'N', told.day, told.line, :at
                FROM unnest(CAST(:cases AS bigint[]), CAST(:days AS date[]), CAST(:lines AS bigint[]))
                     AS told (case_id, day, line)
                WHERE EXISTS (SELECT FROM lab_results AS known WHERE known.case_id = told.case_id
                              AND known.analysis = 'AG' AND known.result = 'P'
                              AND (known.withdrawn_at IS NULL OR known.reinstated_at IS NOT NULL)
                              AND CAST(known.sampled_at AT TIME ZONE :zone AS date) <= told.day)
            """),
            {
                "cases": [case_id for case_id, _day, _line in contradicted],
                "days": [day for _case_id, day, _line in contradicted],
                "lines": [line for _case_id, _day, line in contradicted],
                "zone": zone.key,
                "at": at,
            },
        )


def forget_negatives(rectified: Sequence[str], *, source_code: str) -> None:
    """Delete the negative PCRs of result ids that say something else now."""
    if rectified:
        session.execute(
            text("""
                DELETE FROM contrary_results WHERE line_id = ANY(ARRAY(
                    SELECT id FROM import_lines
                    WHERE source_code = :source AND source_result_id = ANY(:ids) AND outcome = 'not_positive'))
            """),
            {"source": source_code, "ids": list(rectified)},
        )


def settle_lines(settled: Mapping[int, int]) -> None:
    """Record on each quarantined line which later line settled it; of one not positive, nobody is kept any longer."""
    if settled:
        session.execute(
            text("""
                UPDATE import_lines
                SET settled_by_id = done.line,
                    sealed = CASE WHEN result IN ('N', 'I', 'X') THEN NULL ELSE sealed END
                FROM unnest(CAST(:ids AS bigint[]), CAST(:lines AS bigint[])) AS done(id, line)
                WHERE import_lines.id = done.id
            """),
            {"ids": list(settled), "lines": list(settled.values())},
        )


def move_first_samplings(moved: Mapping[int, datetime], *, at: datetime) -> None:
    """Set the first sampling of cases to an earlier time; whoever was told their days by the later one is told again."""
    if moved:
        session.execute(
            text("""
                UPDATE cases SET first_sampled_at = earlier.at
                FROM unnest(CAST(:ids AS bigint[]), CAST(:ats AS timestamptz[])) AS earlier(id, at)
                WHERE cases.id = earlier.id
            """),
            {"ids": list(moved), "ats": list(moved.values())},
        )
        session.expire_all()
        for case_id in case_queries.decided_among(moved):
            consequences.follow_case(case_id, by=None, at=at)


def complete(revised: Sequence[tuple[int, Identity]], *, cohort: date) -> set[int]:
    """Complete known people with the data of newer lines; returns those whose telephone numbers changed."""
    newer_of: dict[int, list[Identity]] = defaultdict(list)
    for person_id, newer in revised:
        newer_of[person_id].append(newer)
    changed = set()
    revisions = []
    for person, known in people_queries.locked(sorted(newer_of)):
        merged = known
        for newer in newer_of[person.id]:
            merged = completed(merged, newer)
        if merged != known or person.cohort < cohort:
            revisions.append((person, merged))
        if merged.phones != known.phones:
            changed.add(person.id)
    people.revise_all(revisions, cohort=cohort)
    return changed


def move_to_households_of_numbers(person_ids: set[int], *, at: datetime) -> None:
    """Move people whose numbers changed to the household of their numbers, and reopen tasks that lacked a number."""
    for person_id in sorted(person_ids):
        households.settle_person(person_id, at=at)
        for task in queue_queries.tasks_of_person(person_id):
            # it has a number now: the deadline of the first call still counts
            if task.state is TaskState.NO_NUMBER and _is_open(task.case_id):
                queue.reopen_task(task, due_at=task.due_at, by=None, at=at)


def _is_open(case_id: int) -> bool:
    """Return whether anybody is to be called about a case: not while its result is withdrawn."""
    return case_queries.get_case(case_id).status is CaseStatus.OPEN


def set_onsets(onsets: Mapping[int, date], *, at: datetime) -> None:
    """Set the onset of cases of which nobody knew it, and let it count in the queue."""
    for case_id, onset_on in sorted(onsets.items()):
        case = case_queries.get_case(case_id)
        tasks = queue_queries.lock_tasks((CallTask.case_id == case_id) & (CallTask.state == TaskState.OPEN))
        case = case_queries.get_case(case_id, lock=True)
        if case.isolation_measure is not None:
            # decided already: what the person said counts before it, and what they were told is told again
            said = NewFact(
                subject=(SubjectType.CASE, case_id),
                kind=FactKind.ONSET,
                value=onset_on.isoformat(),
                source=FactSource.LABORATORY,
                cohort=case.cohort,
            )
            consequences.record([said], by=None, at=at)
            continue
        if case.onset_on is not None:
            continue
        case.onset_on = onset_on
        session.flush()
        for task in tasks:
            if task.kind is TaskKind.CASE_FIRST:
                queue.set_factors(task, Factor(task.factors) | Factor.SYMPTOMS, at=at)


def follow_turn(turn: Turn, *, source_code: str, zone: ZoneInfo, at: datetime) -> None:
    """Withdraw a result, or bring it back."""
    person_id = case_queries.get_case(turn.case_id).person_id
    tasks = _locked_tasks_of(person_id)
    case = case_queries.get_case(turn.case_id, lock=True)
    for task in tasks:
        session.refresh(task)
    theirs = [task for task in tasks if task.case_id == turn.case_id]
    if turn.reinstated_by is None:
        _withdraw(turn, case, theirs, source_code=source_code, at=at)
    else:
        _reinstate(turn, case, theirs, source_code=source_code, zone=zone, at=at)


def _withdraw(turn: Turn, case: Case, tasks: Sequence[CallTask], *, source_code: str, at: datetime) -> None:
    """Put a case whose result was withdrawn on the supervisor's list, and stop calls about it meanwhile."""
    cases.withdraw(case, by=None, at=at)
    session.execute(
        text(f"UPDATE lab_results SET withdrawn_at = :at, reinstated_at = NULL WHERE {_OF_TURN}"),  # noqa: S608
        _told(turn, source_code, at),
    )
    for task in tasks:
        # no call about a withdrawn result; a supervisor decides what happens next
        if task.kind is TaskKind.CASE_FIRST and task.state is TaskState.OPEN:
            queue.close_task(task, TaskState.CANCELLED, by=None, at=at)


def _locked_tasks_of(person_id: int) -> Sequence[CallTask]:
    """Return every task of a person, with their households locked: before a case, in the order every call does."""
    tasks = queue_queries.tasks_of_person(person_id)
    for household_id in sorted({task.household_id for task in tasks if task.household_id is not None}):
        queue_queries.find_entry_of(household_id, lock=True)
    return tasks


def report_death(case_id: int, *, lot_id: int, cohort: date, at: datetime) -> None:
    """Record that a laboratory reported a person's death: calls and messages stop until a supervisor has decided."""
    case = case_queries.get_case(case_id)
    _locked_tasks_of(case.person_id)
    said = NewFact(
        subject=(SubjectType.PERSON, case.person_id),
        kind=FactKind.DEATH,
        value=True,
        source=FactSource.LABORATORY,
        cohort=cohort,
        lot_id=lot_id,
    )
    consequences.record([said], by=None, at=at)


def known_dead(calls: Sequence[tuple[int, int]]) -> list[int]:
    """Return the new cases, given with their people, of known people who were reported dead to the release before.

    A line without the mark does not lift what another one said.
    """
    if not calls:
        return []
    stopped = message_queries.stopped_among(person_id for _case, person_id in calls)
    # the release before kept only that messages are stopped; where a fact says more, the queue has followed it
    stopped -= people_queries.barred(stopped)
    return [case_id for case_id, person_id in calls if person_id in stopped]


def _reinstate(
    turn: Turn, case: Case, tasks: Sequence[CallTask], *, source_code: str, zone: ZoneInfo, at: datetime
) -> None:
    """Let a case stand as before its result was withdrawn: its call is to be made, unless it was made.

    So it does if a supervisor has closed it meanwhile as no case.
    """
    stopped: set[datetime | None] = set(
        session.scalars(
            text(f"""
                UPDATE lab_results SET reinstated_at = :at
                WHERE {_OF_TURN} AND withdrawn_at IS NOT NULL RETURNING withdrawn_at
            """),  # noqa: S608
            _told(turn, source_code, at),
        )
    )
    was_no_case = case.outcome is CaseOutcome.NOT_A_CASE
    before, closed_at = CaseOutcome.NOT_A_CASE.value if was_no_case else case.status.value, case.closed_at
    cases.reinstate(case, by=None, at=at)
    if was_no_case:
        contact_to_case.turn_into_cases([(case.id, case.person_id)], at=at, zone=zone)
    for task in tasks:
        was_stopped = task.kind is TaskKind.CASE_FIRST and task.closed_at in stopped
        was_closed = was_no_case and task.closed_at == closed_at
        if task.state is TaskState.CANCELLED and task.covered_by is None and (was_stopped or was_closed):
            _open_again(task, at=at)
    if was_no_case:
        # whoever was told that it was none is told again, and the notes are due after all
        consequences.follow_case(case.id, by=None, at=at)
        hand_offs.follow_result(case, on=clock.local_day(at, zone), by=None, at=at)
    session.execute(
        text("UPDATE import_lines SET reinstated = :before WHERE id = :line"),
        {"before": before, "line": turn.reinstated_by},
    )


def _open_again(task: CallTask, *, at: datetime) -> None:
    """Ask for a call again, by its original deadline; without a number it is on the list of those."""
    if people_queries.has_number(task.person_id):
        queue.reopen_task(task, due_at=task.due_at, by=None, at=at)
    else:
        queue.close_task(task, TaskState.NO_NUMBER, by=None, at=at)


_OF_TURN = """
    case_id = :case AND source_code = :source AND (source_result_id = :result OR (
        source_result_id IS NULL AND line_id IN (
            SELECT id FROM import_lines WHERE source_code = :source AND source_result_id = :result)))
"""
"""A result by its id; another person's with the same id has none of its own, but came from a line with that id."""


def _told(turn: Turn, source_code: str, at: datetime) -> dict[str, object]:
    return {"at": at, "case": turn.case_id, "source": source_code, "result": turn.result_id}
