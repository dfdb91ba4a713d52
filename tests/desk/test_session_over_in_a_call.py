"""A session ends after a shift, also in the middle of a call: what was being typed is written, and the call goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW, Clock
from tests.desk.walking import Walk, soup, take_call
from tests.support.story import PASSWORD, Story, waiting_case
from tests.support.web import Browser, Visitor
from tracing.calls import queries as calls
from tracing.calls.jobs import sweep_claims
from tracing.kernel.db import session
from tracing.queue import queries
from tracing.queue.models import TaskState
from tracing.staff import services as staff
from tracing.staff.models import SessionEnd, StaffSession

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WORK = {"step": "work", "asked": ["works", "profession"], "answer-works": "yes"}


def latest(story: Story) -> StaffSession:
    chosen = (
        select(StaffSession).where(StaffSession.member_id == story.ada.id).order_by(StaffSession.id.desc())
    )
    return session.scalars(chosen.limit(1)).one()


@pytest.fixture
def task_id(story: Story) -> int:
    staff.set_password(story.ada, PASSWORD, by=None, at=NOW)
    return waiting_case(story.nantes, at=NOW).id


@pytest.fixture
def ada(browse: Browser, story: Story, task_id: int) -> Visitor:
    """Ada, whose shift began eleven hours ago all but five minutes."""
    visitor = browse.as_(story.ada)
    latest(story).started_at = NOW - 11 * HOUR + 5 * MINUTE
    session.flush()
    return visitor


@pytest.fixture
def walk(ada: Visitor, story: Story) -> Walk:
    """Her last call: it began in time, and lasts."""
    latest(story).started_at += 2 * HOUR
    session.flush()
    begun = take_call(ada).to("work")
    latest(story).started_at -= 2 * HOUR
    session.flush()
    return begun


def typed(profession: str) -> dict[str, object]:
    return WORK | {"answer-profession": profession}


def steps(walk: Walk, task_id: int) -> str:
    return f"{walk.call}/tasks/{task_id}"


def log_in(visitor: Visitor):
    return visitor.follow("/login", {"login": "ada", "password": PASSWORD})


def test_the_answer_that_was_sent_is_saved_and_the_same_call_goes_on(ada, walk, task_id, story, clock: Clock):
    at, claim = steps(walk, task_id), queries.find_claim(story.ada.id).claim_number
    ada.get(walk.call)
    clock.move_to(NOW + 5 * MINUTE)

    sent = ada.post(f"{at}/steps/work", typed("boulangère"), status=303)

    assert sent.headers["Location"] == "/login"
    assert latest(story).end_reason is SessionEnd.TOO_OLD
    assert calls.answers(task_id)["profession"] == "boulangère"
    assert "Ce que vous veniez de taper est gardé" in ada.get("/login").text
    page = soup(log_in(ada))
    assert page.select_one("[data-heartbeat-url]")["data-heartbeat-url"].startswith(walk.call)
    assert queries.find_claim(story.ada.id).claim_number == claim
    ada.fragment(f"{at}/answers", typed("fleuriste"))
    assert calls.answers(task_id)["profession"] == "fleuriste"


def test_a_script_is_told_to_log_in_once_its_answer_is_saved(ada, walk, task_id, clock: Clock):
    clock.move_to(NOW + 5 * MINUTE)
    here = {"HX-Current-URL": f"http://localhost{walk.call}?step=work"}

    # the page asks for a sign of life before anything is typed: that alone ends the session
    ada.fragment(f"{walk.call}/heartbeat", status=401)
    answer = ada.client.post(
        f"{steps(walk, task_id)}/answers", data=typed("boulangère"), headers={"HX-Request": "true"} | here
    )

    assert (answer.status_code, answer.data) == (401, b"")
    assert calls.answers(task_id)["profession"] == "boulangère"
    assert soup(log_in(ada)).select_one("#answers input[name=step]")["value"] == "work"


def test_how_the_call_ended_is_kept_as_well(ada, walk, task_id, clock: Clock):
    clock.move_to(NOW + 5 * MINUTE)

    ada.post(f"{steps(walk, task_id)}/end", {"outcome": "refused"}, status=303)

    assert queries.get_task(task_id).state is TaskState.DONE


def test_nothing_is_shown_and_nothing_else_is_done_by_a_session_that_is_over(
    ada, walk, task_id, story, clock: Clock
):
    clock.move_to(NOW + 5 * MINUTE)
    refused = ada.post(f"{steps(walk, task_id)}/end", {"outcome": "callback"}, status=303)

    assert "upont" not in refused.text.lower()
    ada.get(walk.call, status=303)
    ada.post(f"{walk.call}/give-back", status=303)
    assert queries.find_claim(story.ada.id) is not None


def test_what_comes_after_the_claim_has_ended_is_kept_as_a_draft(ada, walk, task_id, clock: Clock):
    sweep_claims(clock.move_to(NOW + 6 * MINUTE))

    ada.post(f"{steps(walk, task_id)}/steps/work", typed("boulangère"), status=303)

    assert "profession" not in calls.answers(task_id)
    ada.post("/login", {"login": "ada", "password": PASSWORD})
    assert "boulangère" in ada.get("/desk").text


@pytest.mark.parametrize("how", ["logged out", "locked", "five minutes later", "account closed"])
def test_an_ended_session_has_no_last_words_otherwise(ada, walk, task_id, story, clock: Clock, how):
    match how:
        case "logged out":
            ada.post("/logout", status=303)
            clock.move_to(NOW + 5 * MINUTE)
        case "locked":
            ada.post("/lock", status=303)
            clock.move_to(NOW + 5 * MINUTE)
        case "five minutes later":
            clock.move_to(NOW + 5 * MINUTE)
            ada.get(walk.call, status=303)
            clock.move_to(NOW + 10 * MINUTE)
        case "account closed":
            staff.close_account(session.merge(story.ada), by=None, at=NOW)
            clock.move_to(NOW + 5 * MINUTE)

    ada.fragment(f"{steps(walk, task_id)}/answers", typed("boulangère"), status=401)

    assert "profession" not in calls.answers(task_id)
