"""Two records become one person and are told apart again: nothing is lost, nobody is called twice."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from tests.conftest import NOW
from tests.support import story as people_of
from tests.support.pairs import MARIE, SPELT_OTHERWISE, first_call, pair
from tests.support.story import agent, contact, identity, person
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.contacts.case_closing import close_when_done
from tracing.contacts.models import Contact
from tracing.duplicates import services
from tracing.duplicates.errors import (
    AlreadyDecided,
    Erased,
    NirsDiffer,
    NoSuchPair,
    NotDecided,
    OnTheLine,
    SaidDifferent,
    SaidSame,
    TwoWorlds,
)
from tracing.duplicates.rules import FirstCall, covered
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people import services as registry
from tracing.people.models import PairState, Person, PersonKey, PossibleDuplicate
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.claims import next_call as claim
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState

HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=90)
NIRS = ("280057510000174", "280057510000271")


@pytest.fixture
def by(story):
    return agent(story.ivan)


@pytest.fixture
def two(story):
    """Marie, known, and her other spelling, newly come, each with a first call to be made."""
    known, new = first_call(story, MARIE, at=NOW), first_call(story, SPELT_OTHERWISE, at=NOW + HOUR)
    return known, new, pair(new.person_id, known.person_id, at=NOW + HOUR)


def entry_of(task):
    return queue.find_entry_of(task.household_id)


# -- which call tells them ---------------------------------------------------------------------------


def call(task_id, state=TaskState.OPEN, day=1, **more):
    return FirstCall(task_id=task_id, programme="p", sampled_on=date(2021, 3, day), state=state, **more)


@pytest.mark.parametrize(
    ("calls_of_a_person", "given_up"),
    [
        ([call(1)], {}),
        ([call(1), call(2, day=5)], {2: 1}),
        ([call(1, day=5), call(2)], {1: 2}),
        ([call(1), call(2)], {2: 1}),
        ([call(1), call(2), call(3)], {2: 1, 3: 1}),
        ([call(1, TaskState.DONE, day=9), call(2)], {2: 1}),
        ([call(1, TaskState.WAITING_DOCTOR, day=9), call(2)], {2: 1}),
        ([call(1, TaskState.WAITING_LANGUAGE, day=9), call(2)], {2: 1}),
        ([call(1, TaskState.NO_NUMBER), call(2, day=9)], {1: 2}),
        ([call(1, TaskState.NO_NUMBER), call(2, TaskState.NO_NUMBER, day=9)], {2: 1}),
        ([call(1, TaskState.UNREACHABLE), call(2, day=9)], {}),
        ([call(1, TaskState.CANCELLED), call(2, day=9)], {}),
        ([call(1, TaskState.DONE), call(2, TaskState.DONE, day=9)], {}),
        ([call(1, TaskState.DONE), call(2, TaskState.UNREACHABLE, day=9)], {}),
        ([call(1), call(2, day=9, is_begun=True)], {1: 2}),
        ([call(1, is_begun=True), call(2, day=9, is_on_line=True)], {1: 2}),
        ([call(1, is_on_line=True), call(2, day=9, is_on_line=True)], {}),
        ([call(1, TaskState.DONE), call(2, day=9, is_on_line=True)], {}),
        ([call(1), call(2, TaskState.CANCELLED, is_covered=True), call(3, TaskState.DONE)], {1: 3, 2: 3}),
        ([call(1, TaskState.CANCELLED, is_covered=True)], {}),
        ([call(1, TaskState.CANCELLED, is_covered=True), call(2, TaskState.UNREACHABLE)], {}),
        ([replace(call(1), programme="q"), call(2)], {}),
        ([replace(call(1), sampled_on=date(2021, 5, 1)), call(2, day=2)], {1: 2}),
        ([replace(call(1), sampled_on=date(2021, 5, 2)), call(2, day=2)], {}),
    ],
)
def test_of_two_first_calls_about_one_episode_the_one_furthest_along_tells_the_person(
    calls_of_a_person, given_up
):
    assert covered(calls_of_a_person) == given_up


# -- the same person ---------------------------------------------------------------------------------


def test_a_merge_points_to_the_record_that_leads_and_moves_no_row(two, by, session):
    known, new, doubt = two
    before = {(row.id, row.person_id) for row in session.execute(select(CallTask.id, CallTask.person_id))}
    cases = {(row.id, row.person_id) for row in session.execute(select(Case.id, Case.person_id))}

    services.merge(doubt.id, by=by, at=NOW + HOUR)

    assert people.get_person(new.person_id).same_as == known.person_id
    assert people.get_person(known.person_id).same_as is None
    assert {
        (row.id, row.person_id) for row in session.execute(select(CallTask.id, CallTask.person_id))
    } == before
    assert {(row.id, row.person_id) for row in session.execute(select(Case.id, Case.person_id))} == cases
    assert (doubt.state, doubt.decided_by) == (PairState.SAME, by.member_id)


def test_both_are_shown_with_the_numbers_of_both_and_written_apart(two, by):
    known, new, doubt = two

    services.merge(doubt.id, by=by, at=NOW + HOUR)

    together = people.joint_identities([known.person_id, new.person_id])
    assert together[known.person_id] == together[new.person_id]
    assert set(together[new.person_id].phones) == {"+33639980001", "+33639980002"}
    assert together[new.person_id].birth_name == "DUPONT"
    assert people.find_identity(new.person_id) == SPELT_OTHERWISE
    assert people.records_shown([new.person_id]) == [f"person:{known.person_id}", f"person:{new.person_id}"]


def test_one_episode_is_called_once_in_one_household_and_both_cases_close_with_it(two, story, by, session):
    known, new, doubt = two

    services.merge(doubt.id, by=by, at=NOW + HOUR)

    session.refresh(known)
    assert (known.state, new.state, new.covered_by) == (TaskState.OPEN, TaskState.CANCELLED, known.id)
    households = {people.get_person(task.person_id).household_id for task in (known, new)}
    assert households == {known.household_id}
    assert len(queue.open_tasks(known.household_id)) == 1

    ada = agent(story.ada)
    made = calls.take_next(ada, at=NOW + HOUR)
    assert made is not None
    assert claim.claim_next(agent(story.abel), at=NOW + HOUR) is None
    queue_services.close_task(known, TaskState.DONE, by=ada.member_id, at=NOW + HOUR)
    close_when_done(known.case_id, ended=CallOutcome.COMPLETED, by=ada.member_id, at=NOW + HOUR)
    calls.end(made, CallOutcome.COMPLETED, by=ada, at=NOW + HOUR)

    closed = session.scalars(select(Case)).all()
    assert {(case.status, case.outcome) for case in closed} == {(CaseStatus.CLOSED, CaseOutcome.COMPLETED)}


def test_two_episodes_are_both_told_in_one_call(story, by, session):
    past = first_call(story, MARIE, sampled_at=LONG_AGO, at=NOW)
    new = first_call(story, SPELT_OTHERWISE, at=NOW)
    doubt = pair(new.person_id, past.person_id, at=NOW)

    services.merge(doubt.id, by=by, at=NOW)

    session.refresh(past), session.refresh(new)
    assert past.household_id == new.household_id
    assert {task.id for task in queue.open_tasks(past.household_id)} == {past.id, new.id}
    states = {entry.household_id: entry.state for entry in session.scalars(select(QueueEntry))}
    assert [home for home, state in states.items() if state is not EntryState.IDLE] == [past.household_id]


def test_somebody_told_already_is_not_called_again_about_the_same_episode(two, story, by, session):
    known, new, doubt = two
    queue_services.close_task(known, TaskState.DONE, by=None, at=NOW)
    close_when_done(known.case_id, by=None, at=NOW)

    services.merge(doubt.id, by=by, at=NOW + HOUR)

    assert (new.state, new.covered_by) == (TaskState.CANCELLED, known.id)
    assert session.get_one(Case, new.case_id).status is CaseStatus.CLOSED
    assert claim.claim_next(agent(story.ada), at=NOW + HOUR) is None


def test_contacts_of_both_cases_stay_with_their_case_and_in_the_queue(two, story, by, session):
    known, new, doubt = two
    named = [
        contact(session.get_one(Case, task.case_id), identity(name, phones=(number,)), by=story.ada, at=NOW)
        for task, name, number in ((known, "Luc", "+33639980011"), (new, "Zoé", "+33639980012"))
    ]
    before = {(one.id, one.case_id, one.person_id) for one in named}

    services.merge(doubt.id, by=by, at=NOW + HOUR)

    kept = session.execute(select(Contact.id, Contact.case_id, Contact.person_id)).all()
    assert {tuple(row) for row in kept} == before


def test_a_number_of_one_record_makes_the_other_callable_and_taking_back_undoes_it(story, by, session):
    silent = first_call(story, replace(MARIE, phones=()), sampled_at=LONG_AGO, at=NOW)
    new = first_call(story, SPELT_OTHERWISE, at=NOW)
    doubt = pair(new.person_id, silent.person_id, at=NOW)
    assert silent.state is TaskState.NO_NUMBER

    services.merge(doubt.id, by=by, at=NOW)

    session.refresh(silent)
    assert silent.state is TaskState.OPEN
    assert silent.household_id == new.household_id

    services.take_back(doubt.id, by=by, at=NOW + HOUR)

    session.refresh(silent), session.refresh(new)
    assert (silent.state, new.state) == (TaskState.NO_NUMBER, TaskState.OPEN)
    assert [task.id for task in queue.open_tasks(new.household_id)] == [new.id]


def test_chains_lead_to_one_record_and_taking_one_link_back_leaves_the_others(story, by):
    spelt = [
        replace(MARIE, birth_name=name, phones=(f"+3363998000{n}",))
        for n, name in enumerate(("DUPONT", "DUPOND", "DUPON"))
    ]
    one, two, three = (first_call(story, who, at=NOW).person_id for who in spelt)
    first, second = pair(two, one, at=NOW), pair(three, two, at=NOW)

    services.merge(first.id, by=by, at=NOW)
    services.merge(second.id, by=by, at=NOW)
    assert (
        people.records_of_same_person(three)
        == people.records_of_same_person(two)
        == people.records_of_same_person(one)
        == (one, two, three)
    )
    assert people.get_person(three).same_as == one

    services.take_back(first.id, by=by, at=NOW)

    assert people.records_of_same_person(one) == (one,)
    assert people.records_of_same_person(three) == people.records_of_same_person(two) == (two, three)


# -- taking back -------------------------------------------------------------------------------------


def test_taking_back_gives_each_their_household_their_call_and_their_case_again(two, story, by, session):
    known, new, doubt = two
    homes = known.household_id, new.household_id
    assert homes[0] != homes[1]
    services.merge(doubt.id, by=by, at=NOW + HOUR)
    queue_services.close_task(known, TaskState.DONE, by=None, at=NOW + HOUR)
    close_when_done(known.case_id, by=None, at=NOW + HOUR)
    assert session.get_one(Case, new.case_id).status is CaseStatus.CLOSED

    services.take_back(doubt.id, by=by, at=NOW + 2 * HOUR)

    session.refresh(known), session.refresh(new)
    assert people.get_person(new.person_id).same_as is None
    assert (known.state, new.state, new.covered_by) == (TaskState.DONE, TaskState.OPEN, None)
    assert session.get_one(Case, new.case_id).status is CaseStatus.OPEN
    assert session.get_one(Case, known.case_id).status is CaseStatus.CLOSED
    assert known.household_id != new.household_id
    assert claim.claim_next(agent(story.ada), at=NOW + 2 * HOUR).household_id == new.household_id
    assert doubt.state is PairState.OPEN


def test_a_covered_call_keeps_its_promise_and_its_attempts(two, story, by, session):
    known, new, doubt = two
    new.attempts = 1
    queue_services.promise(new, when=NOW + 5 * HOUR, by=agent(story.abel), at=NOW)
    new.script_version = known.script_version = None

    services.merge(doubt.id, by=by, at=NOW + HOUR)
    services.take_back(doubt.id, by=by, at=NOW + HOUR)

    session.refresh(new)
    assert (new.attempts, new.promised_at, new.promised_by) == (1, NOW + 5 * HOUR, story.abel.id)


def test_a_call_that_covered_another_is_covered_with_it_by_a_third(two, story, by, session):
    known, new, doubt = two
    told = first_call(story, replace(MARIE, birth_name="DUPON", phones=("+33639980003",)), at=NOW)
    third = pair(told.person_id, known.person_id, at=NOW)
    services.merge(doubt.id, by=by, at=NOW)
    queue_services.close_task(told, TaskState.DONE, by=None, at=NOW)

    services.merge(third.id, by=by, at=NOW)
    assert (known.covered_by, new.covered_by) == (told.id, told.id)

    services.take_back(third.id, by=by, at=NOW)
    assert (known.state, new.covered_by) == (TaskState.OPEN, known.id)
    assert {case.status for case in session.scalars(select(Case).where(Case.id != told.case_id))} == {
        CaseStatus.OPEN
    }


def test_two_who_share_a_number_stay_one_household_when_they_are_told_apart(story, by, session):
    known, new = (
        first_call(story, MARIE, at=NOW),
        first_call(story, replace(SPELT_OTHERWISE, phones=MARIE.phones), at=NOW),
    )
    doubt = pair(new.person_id, known.person_id, at=NOW)

    services.merge(doubt.id, by=by, at=NOW)
    services.take_back(doubt.id, by=by, at=NOW)

    session.refresh(known), session.refresh(new)
    assert known.household_id == new.household_id
    assert {task.id for task in queue.open_tasks(known.household_id)} == {known.id, new.id}


def test_a_covered_call_is_asked_for_again_when_the_result_of_the_other_is_withdrawn(two, by, session):
    known, new, doubt = two
    services.merge(doubt.id, by=by, at=NOW + HOUR)

    queue_services.close_task(known, TaskState.CANCELLED, by=None, at=NOW + HOUR)

    session.refresh(new)
    assert (new.state, new.covered_by) == (TaskState.OPEN, None)


def test_a_covered_call_of_a_withdrawn_result_is_not_asked_for_again(two, by, session):
    _known, new, doubt = two
    services.merge(doubt.id, by=by, at=NOW + HOUR)
    session.get_one(Case, new.case_id).status = CaseStatus.WITHDRAWN

    services.take_back(doubt.id, by=by, at=NOW + HOUR)

    session.refresh(new)
    assert (new.state, new.covered_by) == (TaskState.CANCELLED, None)


def test_an_answer_not_the_same_can_be_taken_back_too(two, by):
    _known, _new, doubt = two
    services.keep_apart(doubt.id, by=by, at=NOW)

    services.take_back(doubt.id, by=by, at=NOW)

    assert (doubt.state, doubt.decided_at, doubt.decided_by) == (PairState.OPEN, None, None)


# -- what is refused ---------------------------------------------------------------------------------


def test_nirs_of_their_own_that_differ_are_asked_about_twice(story, by):
    known, new = (first_call(story, replace(MARIE, nir=nir), at=NOW) for nir in NIRS)
    doubt = pair(new.person_id, known.person_id, at=NOW)

    with pytest.raises(NirsDiffer):
        services.merge(doubt.id, by=by, at=NOW)
    assert doubt.state is PairState.OPEN

    services.merge(doubt.id, is_sure=True, by=by, at=NOW)
    assert people.find_joint_identity(new.person_id).nir == NIRS[0]


def test_an_invented_person_never_becomes_a_real_one(two, story, by, session):
    known, _new, doubt = two
    people.get_person(known.person_id).is_invented = True

    with pytest.raises(TwoWorlds):
        services.merge(doubt.id, is_sure=True, by=by, at=NOW)


def test_nothing_is_merged_with_an_erased_identity(two, by):
    known, _new, doubt = two
    people.get_person(known.person_id).sealed = None

    with pytest.raises(Erased):
        services.merge(doubt.id, by=by, at=NOW)


def test_two_live_calls_are_left_alone_until_one_ends(two, story, by, session):
    known, new, doubt = two
    ada, abel = agent(story.ada), agent(story.abel)
    first, _second = calls.take_next(ada, at=NOW + HOUR), calls.take_next(abel, at=NOW + HOUR)

    with pytest.raises(OnTheLine):
        services.merge(doubt.id, by=by, at=NOW + HOUR)

    calls.give_back(first, by=ada, at=NOW + HOUR)
    services.merge(doubt.id, by=by, at=NOW + HOUR)
    assert people.get_person(new.person_id).same_as == known.person_id


def test_with_one_live_call_the_other_one_waits_and_joins_when_it_ends(story, by, session):
    past = first_call(story, MARIE, sampled_at=LONG_AGO, at=NOW)
    new = first_call(story, SPELT_OTHERWISE, at=NOW + HOUR)
    doubt = pair(new.person_id, past.person_id, at=NOW + HOUR)
    ada = agent(story.ada)
    made = calls.take_next(ada, at=NOW + HOUR)
    assert made.household_id == past.household_id

    services.merge(doubt.id, by=by, at=NOW + HOUR)

    assert calls.take_next(agent(story.abel), at=NOW + HOUR) is None
    assert past.household_id != new.household_id
    calls.give_back(made, by=ada, at=NOW + HOUR)
    session.refresh(past), session.refresh(new)
    assert past.household_id == new.household_id
    assert calls.take_next(agent(story.abel), at=NOW + HOUR).household_id == new.household_id


def test_nothing_is_told_apart_while_a_tracer_is_on_the_telephone_with_both(two, story, by):
    _known, _new, doubt = two
    services.merge(doubt.id, by=by, at=NOW + HOUR)
    ada = agent(story.ada)
    made = calls.take_next(ada, at=NOW + HOUR)

    with pytest.raises(OnTheLine):
        services.take_back(doubt.id, by=by, at=NOW + HOUR)

    calls.give_back(made, by=ada, at=NOW + HOUR)
    services.take_back(doubt.id, by=by, at=NOW + HOUR)


def test_an_answer_that_contradicts_another_is_refused(story, by):
    spelt = [replace(MARIE, birth_name=name) for name in ("DUPONT", "DUPOND", "DUPON")]
    one, two, three = (first_call(story, who, at=NOW).person_id for who in spelt)
    apart, first, second = pair(three, one, at=NOW), pair(two, one, at=NOW), pair(three, two, at=NOW)
    services.keep_apart(apart.id, by=by, at=NOW)
    services.merge(first.id, by=by, at=NOW)

    with pytest.raises(SaidDifferent):
        services.merge(second.id, by=by, at=NOW)

    services.take_back(apart.id, by=by, at=NOW)
    services.merge(second.id, by=by, at=NOW)
    with pytest.raises(SaidSame):
        services.keep_apart(apart.id, by=by, at=NOW)


def test_a_pair_is_decided_once_and_a_second_click_says_nothing_new(two, story, by, session):
    _known, _new, doubt = two
    other = agent(people_of.member("ines", "Inès", (people_of.Role.IMPORTER, story.nantes), at=NOW))
    services.merge(doubt.id, by=by, at=NOW)
    told = session.scalar(select(func.count()).select_from(Event))

    assert services.merge(doubt.id, by=by, at=NOW + HOUR) is doubt

    assert doubt.decided_at == NOW
    assert session.scalar(select(func.count()).select_from(Event)) == told
    for decide, who in (
        (services.merge, other),
        (services.keep_apart, by),
        (services.keep_apart, other),
        (services.postpone, by),
    ):
        with pytest.raises(AlreadyDecided):
            decide(doubt.id, by=who, at=NOW)


def test_there_is_nothing_to_take_back_from_an_open_pair(two, by):
    with pytest.raises(NotDecided):
        services.take_back(two[2].id, by=by, at=NOW)


@pytest.mark.parametrize("do", [services.merge, services.keep_apart, services.postpone, services.take_back])
def test_another_site_s_pair_does_not_exist(two, story, do):
    elsewhere = people_of.member("ines", "Inès", (people_of.Role.IMPORTER, story.ajaccio), at=NOW)

    with pytest.raises(NoSuchPair):
        do(two[2].id, by=agent(elsewhere), at=NOW)


# -- what peers' systems got wrong -------------------------------------------------------------------


def test_nobody_is_a_duplicate_of_themselves(story, session):
    someone = person(at=NOW)
    itself = update(Person).where(Person.id == someone.id).values(same_as=someone.id)

    with (
        pytest.raises(IntegrityError, match="ck_possible_duplicates_other_is_another"),
        session.begin_nested(),
    ):
        pair(someone.id, someone.id, at=NOW)
    with pytest.raises(IntegrityError, match="ck_people_same_as_another"), session.begin_nested():
        session.execute(itself)


def test_the_same_person_named_by_two_cases_is_one_conversation_partner_in_one_call(story, by, session):
    """Two contacts, two cases, two records: once they are one person, one tracer speaks to them once."""
    cases = [people_of.case(story.nantes, identity(name, phones=()), at=NOW) for name in ("Luc", "Zoé")]
    named = [
        contact(of, who, by=story.ada, at=NOW)
        for of, who in zip(cases, (MARIE, SPELT_OTHERWISE), strict=True)
    ]
    tasks = [
        queue_services.enqueue(
            kind=people_of.TaskKind.CONTACT_FIRST,
            person_id=one.person_id,
            phones=who.phones,
            site_id=story.nantes.id,
            case_id=one.case_id,
            contact_id=one.id,
            due_at=NOW + HOUR,
            at=NOW,
        )
        for one, who in zip(named, (MARIE, SPELT_OTHERWISE), strict=True)
    ]
    people_of.case(story.nantes, at=NOW)
    session.add(
        Case(
            reference="P0-26-999999-9",
            person_id=named[1].person_id,
            site_id=story.nantes.id,
            programme=people_of.PROGRAMME,
            cohort=NOW.date(),
            # of an earlier episode: they are contacts now
            first_sampled_at=NOW - timedelta(days=100),
            warnings=[],
            created_at=NOW,
        )
    )
    session.flush()
    doubt = pair(named[1].person_id, named[0].person_id, at=NOW)

    services.merge(doubt.id, by=by, at=NOW)

    for task in tasks:
        session.refresh(task)
    assert len({task.household_id for task in tasks}) == 1
    assert claim.claim_next(agent(story.ada), at=NOW) is not None
    assert claim.claim_next(agent(story.abel), at=NOW) is None


def test_every_decision_is_in_the_journal_without_a_name(two, by, session):
    _known, _new, doubt = two
    services.postpone(doubt.id, by=by, at=NOW)
    services.merge(doubt.id, by=by, at=NOW)
    services.take_back(doubt.id, by=by, at=NOW)
    services.keep_apart(doubt.id, by=by, at=NOW)

    told = session.scalars(select(Event).where(Event.subject_type == "pair").order_by(Event.id)).all()
    assert [event.kind for event in told] == [
        "pair.postponed",
        "pair.same",
        "pair.taken_back",
        "pair.different",
    ]
    assert all("DUPON" not in str(event.detail) for event in told)
    assert all(event.by_id == by.member_id and event.subject_id == doubt.id for event in told)


def test_a_correction_by_telephone_of_one_record_leaves_the_other_as_it_was(two, by):
    known, new, doubt = two
    services.merge(doubt.id, by=by, at=NOW)

    registry.revise(people.get_person(known.person_id), replace(MARIE, phones=("+33639980009",)))
    services.take_back(doubt.id, by=by, at=NOW)

    assert people.find_joint_identity(new.person_id) == SPELT_OTHERWISE


def test_a_merge_writes_no_key_and_no_blob(two, by, session):
    def stored():
        blobs = session.execute(select(Person.id, Person.sealed, Person.cohort).order_by(Person.id)).all()
        return blobs, session.scalar(select(func.count()).select_from(PersonKey))

    before = stored()
    services.merge(two[2].id, by=by, at=NOW)

    assert stored() == before
    assert session.scalar(select(func.count()).select_from(PossibleDuplicate)) == 1
