"""One person with two positive results, of which one is withdrawn: they hear what the other asks, never that all is over."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.test_contact_call import MARIE
from tests.desk.walking import P0, soup, take_call
from tests.support.story import agent, waiting_case
from tracing.casefiles.rules import FileReason
from tracing.cases import services as case_services
from tracing.cases.models import Case
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session as database
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import TaskState
from tracing.queue.rules import CallAgain
from tracing.scripts.wording import day_in_words
from tracing.supervision.worklists.services import close_as_no_case

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def told(task, onset):
    """Let a person be told, in the call about this result, until when they isolate."""
    case = get_case(task.case_id)
    ill = NewFact(
        subject=(SubjectType.CASE, case.id),
        kind=FactKind.ONSET,
        value=onset.isoformat(),
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    consequences.record([ill], by=None, at=NOW)
    queue_services.close_task(task, TaskState.DONE, by=None, at=NOW)
    consequences.remember_told(task, at=NOW)
    return case


@pytest.fixture
def results(story):
    """Marie's two results: of the first she was told an earlier end of her isolation than of the second."""
    first, second = (waiting_case(story.nantes, MARIE, at=NOW) for _ in range(2))
    people.get_person(second.person_id).same_as = first.person_id
    database.flush()
    early, late = told(first, NOW.date() - 2 * DAY), told(second, NOW.date())
    assert early.told_last_day < late.told_last_day
    return early, late


def withdraw(case, story):
    case_services.withdraw(case, by=None, at=NOW + DAY)
    close_as_no_case(case.id, by=agent(story.dora), at=NOW + DAY)


def call_of(case: Case):
    [task] = [
        one
        for one in queue.tasks_of_person(case.person_id)
        if one.case_id == case.id and not one.is_follow_up
    ]
    database.refresh(task)
    return task


def test_they_are_rung_about_the_result_that_stands_if_it_ends_on_another_day(story, results):
    stays, withdrawn = results

    withdraw(withdrawn, story)

    assert call_of(withdrawn).state is TaskState.DONE
    assert (call_of(stays).state, call_of(stays).again) == (TaskState.OPEN, CallAgain.DATES)


def test_called_about_it_they_know_and_are_not_rung_once_more(story, results):
    stays, withdrawn = results
    withdraw(withdrawn, story)
    task = call_of(stays)

    queue_services.close_task(task, TaskState.DONE, by=None, at=NOW + DAY)
    consequences.remember_told(task, at=NOW + DAY)
    consequences.follow_case(stays.id, by=None, at=NOW + DAY)

    assert call_of(stays).state is TaskState.DONE
    assert (withdrawn.told_at, withdrawn.told_last_day) == (NOW + DAY, None)


def test_nobody_rings_if_what_they_know_holds_until_the_later_day(story, results):
    withdrawn, stays = results

    withdraw(withdrawn, story)

    assert call_of(withdrawn).state is TaskState.DONE
    assert call_of(stays).state is TaskState.DONE


def test_the_list_says_that_another_result_stands(story, browse, results):
    _stays, withdrawn = results
    case_services.withdraw(withdrawn, by=None, at=NOW)

    listed = soup(browse.as_(story.dora).get("/lists?list=withdrawn")).text

    assert "Une autre analyse positive de cette personne reste" in listed
    assert "1 personne sera rappelée" not in listed


def test_when_the_other_turns_out_to_be_none_too_they_hear_that_it_is_over(story, results):
    first, second = results
    withdraw(second, story)
    withdraw(first, story)

    waiting = [one for one in (call_of(first), call_of(second)) if one.state is TaskState.OPEN]
    assert {one.again for one in waiting} == {CallAgain.WITHDRAWN}


def test_with_one_result_only_they_hear_that_it_is_over(story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    case = told(task, NOW.date())

    withdraw(case, story)

    assert call_of(case).again is CallAgain.WITHDRAWN


def test_the_call_says_until_when_they_isolate_now(story, browse, results):
    stays, withdrawn = results
    withdraw(withdrawn, story)

    walk = take_call(browse.as_(story.ada), P0)
    said = ""
    while walk.step != "closing":
        walk.send()
        said += walk.page.text

    assert "Vous n’avez plus à vous isoler" not in said
    assert day_in_words(stays.isolation_last_day) in said


# -- told two different days, before anybody knew that it was one person


@pytest.fixture
def told_longer_first(story):
    """Marie's two results: she was told the later end first, and the earlier end an hour after it."""
    first, second = (waiting_case(story.nantes, MARIE, at=NOW) for _ in range(2))
    late, early = told(first, NOW.date()), told(second, NOW.date() - 2 * DAY)
    early.told_at = NOW + HOUR
    people.get_person(second.person_id).same_as = first.person_id
    database.flush()
    assert early.told_last_day < late.told_last_day
    consequences.follow({(SubjectType.PERSON, first.person_id)}, by=None, at=NOW + DAY)
    return late, early


def test_told_an_earlier_day_last_they_are_rung_about_the_later_one(story, told_longer_first):
    late, early = told_longer_first

    assert (call_of(late).state, call_of(late).again) == (TaskState.OPEN, CallAgain.DATES)
    assert call_of(early).state is TaskState.DONE


def test_the_call_says_the_later_day_what_they_had_heard_and_ends_it(story, browse, told_longer_first):
    late, early = told_longer_first

    walk = take_call(browse.as_(story.ada), P0 | {"onset_on": NOW.date().isoformat(), "vaccination": "none"})
    said = ""
    while walk.step != "closing":
        walk.send()
        said += walk.page.text

    assert day_in_words(late.isolation_last_day) in said
    assert f"on lui avait dit jusqu’au {day_in_words(early.told_last_day)}" in said
    assert "pour un autre résultat, isolement jusqu’au" in said


def test_once_they_were_told_in_either_call_nobody_rings(story, told_longer_first):
    late, early = told_longer_first

    consequences.remember_told(call_of(early), at=NOW + DAY)
    consequences.follow_case(early.id, by=None, at=NOW + DAY)

    assert early.told_last_day == late.isolation_last_day
    assert call_of(late).state is TaskState.DONE
    assert call_of(early).state is TaskState.DONE


def test_separated_again_each_is_told_their_own_day(story, told_longer_first):
    late, early = told_longer_first
    consequences.remember_told(call_of(early), at=NOW + DAY)

    people.get_person(early.person_id).same_as = None
    database.flush()
    consequences.follow({(SubjectType.PERSON, one.person_id) for one in (late, early)}, by=None, at=NOW + DAY)

    assert (call_of(early).state, call_of(early).again) == (TaskState.OPEN, CallAgain.DATES)
    assert call_of(late).state is TaskState.DONE


def test_told_the_later_day_last_nobody_rings_and_both_files_say_which_counts(story, browse, results):
    early, late = results
    late.told_at = NOW + HOUR
    consequences.follow_case(early.id, by=None, at=NOW + DAY)

    assert {call_of(early).state, call_of(late).state} == {TaskState.DONE}
    asked = {"key": early.reference, "reason": FileReason.COMPLAINT.value}
    file = soup(browse.as_(story.dora).follow("/files", asked)).text
    assert late.reference in file.partition("Isolement à respecter")[2]
