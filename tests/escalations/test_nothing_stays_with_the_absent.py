"""A question that somebody took who is not there any more is for everyone again."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW, Clock
from tests.escalations.conftest import QUESTION, Line
from tests.support.story import Story, agent, member
from tests.support.web import Browser
from tracing.escalations import services
from tracing.escalations.jobs import release_questions
from tracing.escalations.models import Audience, Decision, Escalation, EscalationState, Reason
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.staff import presence
from tracing.staff import services as staff
from tracing.staff.login import sessions
from tracing.staff.models import Member, Role, SessionEnd
from tracing.staff.rules import ABSOLUTE_END, ABSOLUTE_END_ON_CALL, LAST_WORDS, UnavailableReason

MINUTE = timedelta(minutes=1)


@pytest.fixture
def bea(story: Story) -> Member:
    """Nantes' second adviser."""
    return member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW)


@pytest.fixture
def taken(story: Story, line: Line) -> Escalation:
    """A question that Ben has taken."""
    return services.take(line.ask().id, by=agent(story.ben), at=NOW)


def leave(story: Story, why: UnavailableReason) -> None:
    """Make Ben be there no more."""
    match why:
        case UnavailableReason.ACCOUNT_CLOSED:
            staff.close_account(story.ben, by=None, at=NOW)
        case UnavailableReason.CONTRACT_ENDED:
            story.ben.contract_ends_on = date(2026, 3, 9)
        case UnavailableReason.ROLE_WITHDRAWN:
            staff.grant(story.ben, Role.TRACER, story.nantes.id, by=None, at=NOW)
            staff.withdraw(story.ben, Role.ADVISER, story.nantes.id, by=None, at=NOW)
        case UnavailableReason.ABSENCE:
            today = NOW.date()
            presence.note_absence(story.ben.id, first=today, last=today, by=agent(story.dora), at=NOW)
        case UnavailableReason.SHIFT_OVER:
            staff.set_hours(story.ben, {1: (time(6), time(9, 44))}, by=None, at=NOW)
        case UnavailableReason.PAUSED:
            presence.pause(agent(story.ben), at=NOW)
        case UnavailableReason.LOGGED_OUT:
            begun = sessions.begin(story.ben, device="Firefox, Linux", at=NOW)
            sessions.end(begun.session, SessionEnd.SIGNED_OUT, by=story.ben.id, at=NOW)
    session.flush()


@pytest.mark.parametrize("why", UnavailableReason)
def test_a_question_held_by_somebody_who_is_gone_can_be_taken_by_a_colleague(
    browse: Browser, story: Story, bea: Member, taken: Escalation, clock: Clock, why: UnavailableReason
):
    question_id = taken.id
    leave(story, why)

    assert release_questions(NOW) == 1

    told = session.scalars(select(Event).where(Event.kind == "escalation.put_back")).one()
    assert (told.by_id, told.detail["why"], told.detail["holder"]) == (None, why.value, story.ben.id)
    page = browse.as_(bea).follow(f"/escalations/{question_id}/take")
    assert QUESTION in page.text


def test_whoever_is_there_keeps_what_they_took(story: Story, taken: Escalation, clock: Clock):
    assert release_questions(NOW) == 0
    assert (taken.state, taken.taken_by) == (EscalationState.TAKEN, story.ben.id)


def test_who_goes_on_after_the_end_of_their_hours_keeps_it(
    browse: Browser, story: Story, taken: Escalation, clock: Clock
):
    leave(story, UnavailableReason.SHIFT_OVER)
    browse.as_(story.ben).get("/escalations")

    assert release_questions(NOW) == 0


def test_a_referent_is_judged_as_a_referent(story: Story, line: Line, clock: Clock):
    asked = line.ask(Reason.PROCEDURE, "Quel courrier ?", Audience.REFERENT)
    services.take(asked.id, by=agent(story.rose, story.nantes), at=NOW)
    assert release_questions(NOW) == 0

    staff.withdraw(story.rose, Role.REFERENT, story.nantes.id, by=None, at=NOW)

    assert release_questions(clock.move_to(NOW + MINUTE)) == 1


def test_what_they_answered_stays_theirs(story: Story, taken: Escalation, clock: Clock):
    services.settle(taken.id, answer="Oui", decision=Decision.GO_ON, by=agent(story.ben), at=NOW)
    leave(story, UnavailableReason.ACCOUNT_CLOSED)

    assert release_questions(NOW) == 0
    assert (taken.state, taken.taken_by) == (EscalationState.SETTLED, story.ben.id)


def test_who_logs_out_lets_go_of_what_they_took(
    browse: Browser, story: Story, bea: Member, line: Line, clock: Clock
):
    question = line.ask()
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{question.id}/take")
    assert release_questions(NOW) == 0

    ben.post("/logout")

    assert release_questions(clock.move_to(NOW + MINUTE)) == 1
    assert QUESTION in browse.as_(bea).follow(f"/escalations/{question.id}/take").text


def test_who_logs_out_of_one_of_two_browsers_keeps_it(
    browse: Browser, story: Story, line: Line, clock: Clock
):
    question = line.ask()
    one, other = browse.as_(story.ben), browse.as_(story.ben)
    one.post(f"/escalations/{question.id}/take")

    one.post("/logout")

    assert release_questions(clock.move_to(NOW + MINUTE)) == 0
    other.post("/logout")
    assert release_questions(clock.move_to(NOW + 2 * MINUTE)) == 1


def test_who_logs_in_again_before_anybody_noticed_keeps_it(
    browse: Browser, story: Story, line: Line, clock: Clock
):
    question = line.ask()
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{question.id}/take")
    ben.post("/logout")

    browse.as_(story.ben)

    assert release_questions(clock.move_to(NOW + MINUTE)) == 0


def test_whose_session_ended_with_the_shift_may_still_send_what_they_were_typing(
    browse: Browser, story: Story, line: Line, clock: Clock
):
    question_id = line.ask().id
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{question_id}/take")
    at = clock.move_to(NOW + ABSOLUTE_END)

    ben.get("/escalations", status=303)

    assert release_questions(clock.move_to(at + LAST_WORDS - MINUTE)) == 0
    assert release_questions(clock.move_to(at + LAST_WORDS)) == 1


def test_a_session_that_nobody_ended_is_over_when_its_shift_is(
    browse: Browser, story: Story, line: Line, clock: Clock
):
    question_id = line.ask().id
    browse.as_(story.ben).post(f"/escalations/{question_id}/take")

    assert release_questions(clock.move_to(NOW + ABSOLUTE_END_ON_CALL - MINUTE)) == 0
    assert release_questions(clock.move_to(NOW + ABSOLUTE_END_ON_CALL)) == 1
