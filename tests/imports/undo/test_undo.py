"""A lot taken back is as if it had never come, but for those whom somebody has called: they stay, and are named."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.conftest import NOW
from tests.imports.loading.test_what_follows import state_of
from tests.support.lots import SETTINGS, arrival, lot_of, take_back
from tests.support.story import agent
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.imports import jobs
from tracing.imports.corrections import queries as correction_queries
from tracing.imports.corrections import services as corrections
from tracing.imports.corrections.services import SetAside
from tracing.imports.errors import NotNow
from tracing.imports.jobs import load
from tracing.imports.lots import originals, queries
from tracing.imports.lots import services as lots
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.undo import services as undoing
from tracing.kernel import clock as clocks
from tracing.kernel import db
from tracing.kernel.db import transaction
from tracing.kernel.events import Event
from tracing.people.models import Person, PossibleDuplicate
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState

LOTS = ("pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx", "pdl-20210510-hard.csv.p7m")
CMS, WORKBOOK, HARD = LOTS
LEFT_ALONE = {
    "people": "id, is_invented, household_id, same_as, created_at",
    "person_keys": "person_id, kind, hash",
    # two households that join leave the row of one behind, whoever lives there afterwards
    "households WHERE id IN (SELECT household_id FROM people)": "id, is_institution",
    "household_numbers": "number_hash, household_id, is_institution",
    "cases": "id, reference, person_id, episode, first_sampled_at, status, outcome",
    "lab_results": "id, case_id, source_result_id, sampled_at, withdrawn_at, line_id",
    "call_tasks": "id, household_id, person_id, case_id, state, due_at, attempts, closed_at",
    "queue_entries": "household_id, site_id, state, rank_at, due_at, claim_number",
    "import_lines": "id, lot_id, row_number, outcome, case_id, settled_by_id, is_current",
    "possible_duplicates": "person_id, other_id, state",
}
"""What a lot may bring or change, table by table."""


def everything(session):
    """Return every row that a lot may leave, as a multiset."""
    session.flush()
    return {
        table: Counter(tuple(row) for row in session.execute(text(f"SELECT {columns} FROM {table}")))
        for table, columns in LEFT_ALONE.items()
    }


def differences(before, after):
    return {
        table: {"lost": list(before[table] - after[table]), "left": list(after[table] - before[table])}
        for table in before
        if before[table] != after[table]
    }


def lot_of_report(session, report):
    return session.get(ImportLot, report["lot"], populate_existing=True)


def take_in(*lines, **kwargs):
    return load(arrival(CMS, lot_of(lines)), **kwargs)


def ring(story, outcome=CallOutcome.NO_ANSWER):
    """Let Ada ring the next household, in vain."""
    with transaction():
        call = calls.take_next(agent(story.ada), at=clocks.database_now())
        calls.give_back(call, by=agent(story.ada), at=clocks.database_now())
    return call


def undo(report, story):
    return take_back(report["lot"], by=story.ivan.id)


def ask(report, story):
    with transaction():
        undoing.ask(report["lot"], by=story.ivan.id, at=clocks.now())


@pytest.mark.parametrize("name", LOTS)
def test_a_lot_alone_leaves_nothing_behind_and_comes_again_as_the_first_time(story, session, name):
    empty = everything(session)
    first = load(arrival(name), with_lines=True)
    state = state_of(session)

    undone = undo(first, story)

    assert differences(empty, everything(session)) == {}
    assert undone["cases"] == first["created"]
    assert undone["stays"] == 0
    lot = lot_of_report(session, first)
    assert (lot.state, lot.undone_by) == (LotState.UNDONE, story.ivan.id)
    again = load(arrival(name), with_lines=True)
    assert {**again, "lot": 0} == {**first, "lot": 0}
    afterwards = state_of(session)
    assert {**afterwards, "lots": 0} == {**state, "lots": 0}


@pytest.mark.parametrize("batch_size", [1000, 7])
def test_the_last_of_three_lots_goes_and_what_the_others_left_is_as_before(story, session, batch_size):
    load(arrival(CMS))
    load(arrival(WORKBOOK))
    before = everything(session)
    first = load(arrival(HARD), with_lines=True, batch_size=batch_size)

    undo(first, story)

    left = differences(before, everything(session))
    left.pop("person_keys", None)  # what a repeat told of a known person stays known
    assert left == {}
    again = load(arrival(HARD), with_lines=True, batch_size=batch_size)
    assert {**again, "lot": 0} == {**first, "lot": 0}


def test_three_lots_taken_back_from_the_last_to_the_first_leave_nothing(story, session):
    empty = everything(session)
    reports = [load(arrival(name)) for name in LOTS]

    for report in reversed(reports):
        assert undo(report, story)["stays"] == 0

    assert differences(empty, everything(session)) == {}


@pytest.fixture
def tables_last_looked_at_while_empty(told_once):
    """Let the planner believe all tables empty, as it does after a morning's first lot."""
    owner = db.make_engine(told_once.owner_url)
    with owner.begin() as connection:
        connection.execute(text("ANALYZE"))
    owner.dispose()


@pytest.mark.usefixtures("tables_last_looked_at_while_empty")
def test_lots_are_taken_back_within_the_limit_of_a_statement_though_the_planner_knows_nothing(story, session):
    reports = [load(arrival(name)) for name in LOTS]

    for report in reversed(reports):
        assert undo(report, story)["stays"] == 0


def why_of(undone):
    return [one["why"] for one in undone["named"]]


def people_left(session):
    return session.scalar(select(func.count()).select_from(Person))


def test_whoever_was_called_stays_with_all_that_belongs_to_them_and_is_named(story, session):
    report = take_in({}, {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "MARTIN", "TEL_MOBILE": "0639980044"})
    call = ring(story)

    outlook = undoing.preview_undo(lot_of_report(session, report))
    undone = undo(report, story)

    assert (len(outlook.cases), len(outlook.stays)) == (1, 1)
    assert (undone["cases"], undone["stays"], undone["stays_because"]) == (1, 1, {"called": 1})
    stayed = session.scalars(select(Case)).one()
    assert undone["named"] == [{"reference": stayed.reference, "why": "called"}]
    assert session.get_one(Person, stayed.person_id).household_id == call.household_id
    assert session.scalars(select(LabResult)).one().case_id == stayed.id
    assert session.scalars(select(ImportLine)).one().case_id == stayed.id
    assert session.scalars(select(CallTask)).one().state is TaskState.OPEN

    again = take_in({}, {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "MARTIN", "TEL_MOBILE": "0639980044"})
    assert (again["created"], again["duplicate"]) == (1, 1)


def test_a_call_written_down_as_earlier_than_the_lot_counts_all_the_same(story, session):
    """A clock of another machine may be slow: the call to be made was the lot's, so the lot was there."""
    report = take_in({})
    with transaction():
        call = calls.take_next(agent(story.ada), at=NOW - timedelta(hours=2))
        [task] = session.scalars(select(CallTask)).all()
        calls.start_conversation(
            call, session.merge(task), script_version="2026.1", at=NOW - timedelta(hours=2)
        )
        calls.give_back(call, by=agent(story.ada), at=NOW - timedelta(hours=1))

    assert why_of(undo(report, story)) == ["called"]


def test_whoever_is_on_the_line_at_this_moment_stays(story, session):
    report = take_in({})
    with transaction():
        calls.take_next(agent(story.ada), at=clocks.database_now())

    assert why_of(undo(report, story)) == ["called"]
    assert session.scalars(select(QueueEntry)).one().state is EntryState.CLAIMED


def test_somebody_called_before_the_lot_came_does_not_keep_it(story, session, clock):
    take_in({})
    ring(story)
    clock.move_to(NOW + timedelta(hours=1))
    second = take_in({"ID_RESULTAT": "PDL-2", "DATE_PRELEVEMENT": "05/03/2021 09:00"})
    case = session.scalars(select(Case)).one()
    assert case.first_sampled_at.day == 5

    undone = undo(second, story)

    assert (undone["repeats"], undone["stays"]) == (1, 0)
    session.refresh(case)
    assert case.first_sampled_at.day == 7
    assert session.scalars(select(LabResult.source_result_id)).all() == ["PDL-1"]


def test_a_result_joined_to_somebody_called_since_stays(story, session, clock):
    take_in({})
    second = take_in({"ID_RESULTAT": "PDL-2", "DATE_PRELEVEMENT": "05/03/2021 09:00"})
    clock.move_to(NOW + timedelta(minutes=5))
    ring(story)

    undone = undo(second, story)

    assert (undone["repeats"], why_of(undone)) == (0, ["called"])
    assert session.scalars(select(Case)).one().first_sampled_at.day == 5


def test_what_a_later_lot_says_too_stays_until_that_one_is_taken_back(story, session):
    first, second = take_in({}), take_in({"TEL_FIXE": "0612345679"})
    assert second["duplicate"] == 1

    assert why_of(undo(first, story)) == ["joined"]
    assert people_left(session) == 1


def test_a_case_that_a_later_lot_joined_stays(story, session):
    first = take_in({})
    take_in({"ID_RESULTAT": "PDL-2", "DATE_PRELEVEMENT": "05/03/2021 09:00"})

    assert why_of(undo(first, story)) == ["joined"]


def test_lots_taken_back_in_their_order_from_the_last_leave_nothing(story, session):
    first, second = take_in({}), take_in({"TEL_FIXE": "0612345679"})

    assert undo(second, story)["stays"] == 0
    assert undo(first, story)["stays"] == 0
    assert people_left(session) == 0


def test_a_withdrawal_taken_back_lets_the_case_be_called_as_before(story, session):
    take_in({})
    before = everything(session)
    second = take_in({"RESULTAT": "N"})
    assert session.scalars(select(Case)).one().status is CaseStatus.WITHDRAWN

    undone = undo(second, story)

    assert undone["withdrawals"] == 1
    assert differences(before, everything(session)) == {}
    assert calls.take_next(agent(story.ada), at=NOW) is not None


def test_a_withdrawal_that_somebody_dealt_with_stays(story, session):
    from tracing.cases import services as cases

    take_in({})
    second = take_in({"RESULTAT": "N"})
    cases.reopen(session.scalars(select(Case)).one(), by=story.dora.id, at=NOW)
    session.commit()

    assert why_of(undo(second, story)) == ["touched"]


def test_a_line_settled_by_the_lot_waits_again_for_its_correction(story, session):
    first = take_in({"PRENOMS": ""})
    second = take_in({})
    line = session.scalars(select(ImportLine).where(ImportLine.lot_id == first["lot"])).one()
    assert line.settled_by_id is not None

    undo(second, story)

    session.refresh(line)
    assert line.settled_by_id is None
    assert people_left(session) == 0


def test_a_line_set_aside_is_not_told_as_one_to_correct(story, session):
    report = take_in({}, {"ID_RESULTAT": "B", "PRENOMS": ""}, {"ID_RESULTAT": "C", "PRENOMS": ""})
    settled = correction_queries.get_line(report["lot"], 3)
    corrections.set_aside(settled, SetAside.NO_RESULT, by=story.ivan.id, at=NOW)
    session.commit()

    assert undo(report, story)["to_correct"] == 1


def test_a_rectified_result_stays_for_the_one_before_it_is_not_kept(story, session):
    take_in({})
    take_in({"RESULTAT": "Z"})
    third = take_in({"DATE_VALIDATION": "08/03/2021 10:00"})
    assert third["repeat"] == 1

    assert why_of(undo(third, story)) == ["rectified"]
    assert session.scalars(select(LabResult)).one()


def test_a_result_that_the_lot_brought_back_is_withdrawn_again(story, session):
    take_in({})
    take_in({"RESULTAT": "N"})
    before = everything(session)
    third = take_in({"DATE_VALIDATION": "08/03/2021 10:00"})
    assert third["repeat"] == 1
    assert session.scalars(select(Case)).one().status is CaseStatus.OPEN
    assert session.scalars(select(CallTask)).one().state is TaskState.OPEN

    assert undo(third, story)["stays"] == 0

    assert differences(before, everything(session)) == {}


def test_a_family_stays_together_when_one_of_them_goes(story, session):
    load(arrival(CMS, lot_of([{}])))
    second = take_in(
        {"ID_RESULTAT": "PDL-2", "PRENOMS": "Jean", "SEXE": "M", "NOM_NAISSANCE": "LE GOFF"},
        {"ID_RESULTAT": "PDL-3", "PRENOMS": "Zoé", "NOM_NAISSANCE": "LE GOF", "DATE_NAISSANCE": "01/02/2010"},
    )
    assert session.scalar(select(func.count()).select_from(QueueEntry)) == 1

    undo(second, story)

    entry = session.scalars(select(QueueEntry)).one()
    [task] = session.scalars(select(CallTask)).all()
    assert (entry.state, task.household_id) == (EntryState.READY, entry.household_id)


def test_a_possible_duplicate_goes_with_the_person_it_was_about(story, session):
    take_in({})
    second = take_in({"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "LE GOF"})
    assert second["possible_duplicates"] == 1

    undo(second, story)

    assert session.scalar(select(func.count()).select_from(PossibleDuplicate)) == 0
    assert people_left(session) == 1


def test_a_lot_is_taken_back_once(story):
    report = take_in({})
    undo(report, story)

    with pytest.raises(NotNow):
        undo(report, story)


def test_whoever_asks_need_not_wait_and_the_job_does_it(story, session):
    report = take_in({})

    ask(report, story)

    lot = lot_of_report(session, report)
    assert (lot.state, lot.is_being_undone, lot.undone_at) == (LotState.LOADED, True, None)
    assert people_left(session) == 1
    assert jobs.process_next_lot(SETTINGS) == lot.id
    assert (lot.state, lot.undone_by, people_left(session)) == (LotState.UNDONE, story.ivan.id, 0)
    assert jobs.process_next_lot(SETTINGS) is None


def test_two_people_cannot_both_ask(story, session):
    report = take_in({})
    ask(report, story)

    with pytest.raises(NotNow):
        ask(report, story)


def test_whoever_is_called_between_the_asking_and_the_job_stays(story, session):
    report = take_in({}, {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "MARTIN", "TEL_MOBILE": "0639980044"})
    ask(report, story)
    ring(story)

    jobs.process_next_lot(SETTINGS)

    lot = lot_of_report(session, report)
    assert (lot.undone["cases"], why_of(lot.undone)) == (1, ["called"])


def test_a_stopped_lot_that_is_being_taken_back_is_not_gone_on_with(story, session):
    report = take_in({})
    lot = lot_of_report(session, report)
    lot.state, lot.loaded_at = LotState.STOPPED, None
    session.commit()
    ask(report, story)

    with pytest.raises(NotNow), transaction():
        lots.resume(report["lot"], by=story.ivan.id, at=NOW)
    with pytest.raises(NotNow):
        load(arrival(CMS, originals.content_of(report["lot"])))
    jobs.process_next_lot(SETTINGS)
    assert lot_of_report(session, report).state is LotState.UNDONE


def test_a_lot_is_taken_back_before_another_is_read(story, session):
    report = take_in({})
    with transaction():
        sent = arrival(CMS, lot_of([{"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "MARTIN"}]))
        waits = lots.receive(
            sent.content, file_name=CMS, source_code="PDL", one_off_secret=sent.secrets, by=None, at=NOW
        )
    ask(report, story)

    assert [jobs.process_next_lot(SETTINGS) for _ in range(2)] == [report["lot"], waits.id]


def test_the_report_of_a_lot_taken_back_is_kept_with_what_went(story, session):
    report = take_in({}, {"ID_RESULTAT": "B", "PRENOMS": ""})
    undo(report, story)

    lot = lot_of_report(session, report)
    assert lot.counts["created"] == 1
    assert lot.undone["to_correct"] == 1
    assert queries.report(lot.id)["lines"] == 0
    told = session.scalars(select(Event).where(Event.kind == "lot.undone")).one()
    assert told.detail == {
        "cases": 1,
        "lines": 2,
        "repeats": 0,
        "stays": 0,
        "to_correct": 1,
        "withdrawals": 0,
    }
