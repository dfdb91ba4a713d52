"""Help that somebody needs to stay at home is passed on with their consent only, and taken back when they change their mind."""

import pytest

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, MARIE, waiting_contact
from tests.desk.walking import CONTACT, P0, soup, take_call
from tests.support.story import case, waiting_case
from tracing.help_requests import queries, rules
from tracing.help_requests.rules import HelpState, Need

HELP = P0 | {"needs": "shopping", "needs_consent": "yes"}


def states(task):
    return {one.need: one.state for one in queries.requests_of(task.id)}


def go(walk, task, step, **says):
    """Go to a step of the call, and answer it in other words."""
    walk.says |= says
    walk.page = soup(walk.visitor.get(f"{walk.call}?task={task.id}&step={step}"))
    walk.send()


def test_what_is_needed_reaches_the_supervisors_list_once_the_person_agrees(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)

    take_call(browse.as_(story.ada), HELP).to("next_steps")

    assert states(task) == {Need.SHOPPING: HelpState.TO_PASS_ON}
    page = browse.as_(story.dora).get("/help-requests")
    row = soup(page).select_one("tbody tr").text
    assert "DURANDEAU" in row
    assert "Courses et repas" in row
    assert "à transmettre" in row


def test_nothing_is_passed_on_without_consent(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)

    take_call(browse.as_(story.ada), HELP | {"needs_consent": "no"}).to("next_steps")

    assert states(task) == {}
    assert "Aucune aide n’est à transmettre" in browse.as_(story.dora).get("/help-requests").text


def test_a_contact_asks_for_help_too(story, browse):
    task = waiting_contact(story, case(story.nantes, MARIE, at=NOW), LUC)

    take_call(browse.as_(story.abel), CONTACT | {"needs": "money", "needs_consent": "yes"}).to("next_steps")

    assert states(task) == {Need.MONEY: HelpState.TO_PASS_ON}


def test_a_consent_taken_back_withdraws_what_nobody_knows_yet(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada), HELP).to("next_steps")

    go(walk, task, "needs_consent", needs_consent="no")

    assert states(task) == {Need.SHOPPING: HelpState.WITHDRAWN}
    assert "DURANDEAU" not in browse.as_(story.dora).get("/help-requests").text


def test_a_service_that_was_told_is_told_when_the_consent_is_taken_back(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada), HELP).to("next_steps")
    dora = browse.as_(story.dora)
    (asked,) = queries.requests_of(task.id)
    dora.follow(f"/help-requests/{asked.id}/pass-on")
    assert states(task) == {Need.SHOPPING: HelpState.PASSED_ON}

    go(walk, task, "needs_consent", needs_consent="no")

    assert "Prévenez le service" in dora.get("/help-requests").text
    dora.post(f"/help-requests/{asked.id}/pass-on", status=409)
    # the page that was open before says "Faite" of what is wanted no more
    refused = dora.post(f"/help-requests/{asked.id}/close", {"seen": "passed_on"}, status=409)
    assert "a changé depuis que la liste est ouverte" in refused.text
    dora.follow(f"/help-requests/{asked.id}/close", {"seen": "withdrawn"})
    assert "Aucune aide n’est à transmettre" in dora.get("/help-requests").text
    assert states(task) == {Need.SHOPPING: HelpState.WITHDRAWN}


def test_help_that_was_given_stays_given_and_another_need_is_added(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    walk = take_call(browse.as_(story.ada), HELP).to("next_steps")
    (asked,) = queries.requests_of(task.id)
    for _twice in range(2):
        browse.as_(story.dora).follow(f"/help-requests/{asked.id}/close", {"seen": "to_pass_on"})

    go(walk, task, "needs", needs="listening")

    assert states(task) == {Need.SHOPPING: HelpState.DONE, Need.LISTENING: HelpState.TO_PASS_ON}


def test_another_sites_supervisor_sees_and_changes_nothing(story, browse):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    take_call(browse.as_(story.ada), HELP).to("next_steps")
    (asked,) = queries.requests_of(task.id)

    assert list(queries.waiting_at(story.ajaccio.id).rows) == []
    browse.as_(story.ada).post(f"/help-requests/{asked.id}/close", status=403)


TO_PASS_ON, PASSED_ON, DONE, WITHDRAWN = HelpState
SHOP, MONEY = Need.SHOPPING, Need.MONEY


@pytest.mark.parametrize(
    ("known", "now", "changes"),
    [
        ({}, {SHOP}, {SHOP: TO_PASS_ON}),
        ({SHOP: TO_PASS_ON}, {SHOP}, {}),
        ({SHOP: TO_PASS_ON}, set(), {SHOP: WITHDRAWN}),
        ({SHOP: PASSED_ON}, {MONEY}, {SHOP: WITHDRAWN, MONEY: TO_PASS_ON}),
        ({SHOP: DONE}, set(), {}),
        ({SHOP: WITHDRAWN}, {SHOP}, {SHOP: TO_PASS_ON}),
    ],
)
def test_what_changes_when_these_needs_are_asked_for(known, now, changes):
    assert rules.changes(known, frozenset(now)) == changes


@pytest.mark.parametrize(
    ("seen", "closes"),
    [
        (TO_PASS_ON, {TO_PASS_ON, PASSED_ON, DONE}),
        (PASSED_ON, {PASSED_ON, DONE}),
        (WITHDRAWN, {WITHDRAWN}),
        (None, set()),
    ],
)
def test_what_is_noted_as_done_is_what_was_seen(seen, closes):
    assert {one for one in HelpState if rules.may_close(one, seen)} == closes


def test_no_need_is_passed_on_without_consent_nor_one_that_is_unknown():
    assert rules.wanted(["shopping", "none", "yacht"], consents=True) == {SHOP}
    assert rules.wanted(["shopping"], consents=False) == frozenset()
