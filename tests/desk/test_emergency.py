"""An emergency, from any step of a call: an adviser is told at once, and a mistake is taken back."""

from dataclasses import replace

from tests.conftest import NOW
from tests.desk.walking import P0, soup, take_call
from tests.support.story import identity, waiting_case
from tracing.escalations import queries as escalations
from tracing.escalations.models import EscalationState, Reason
from tracing.staff import services as staff
from tracing.staff.models import Role


def at_home():
    """Return an identity with an address."""
    return replace(identity(), address="3 rue des Lilas", postcode="44000", city="Nantes")


def alerts(task):
    """Return what the advisers were told about a person."""
    return [one for one in escalations.of_task(task.id) if one.reason is Reason.RED_FLAGS]


def test_an_adviser_is_told_at_once_before_the_person_has_said_who_they_are(story, browse):
    task = waiting_case(story.nantes, at_home(), at=NOW)
    walk = take_call(browse.as_(story.ada))

    told = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/alert", {})

    assert "Le médecin-conseil est prévenu" in told.text
    assert "3 rue des Lilas, 44000 Nantes" in soup(walk.visitor.get(walk.call)).select_one("#emergency").text
    assert [one.state for one in alerts(task)] == [EscalationState.WAITING]
    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/alert", {})
    assert len(alerts(task)) == 1


def test_without_script_the_words_of_an_emergency_are_on_the_page_that_comes_back(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))

    page = soup(walk.visitor.follow(f"{walk.call}/tasks/{task.id}/alert"))

    assert page.select_one("#emergency").has_attr("open")


def test_after_an_alert_the_end_that_is_proposed_waits_for_the_doctor(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))
    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/alert", {})

    page = soup(walk.visitor.get(f"{walk.call}/tasks/{task.id}/end"))

    assert page.select_one("#way-needs_doctor.is-suggested button[data-focus]")


def test_a_false_alarm_is_taken_back_unless_an_adviser_has_taken_it(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    staff.grant(story.abel, Role.ADVISER, story.nantes.id, by=None, at=NOW)
    walk = take_call(browse.as_(story.ada))
    alert = f"{walk.call}/tasks/{task.id}/alert"

    walk.visitor.fragment(alert, {})
    assert "Alerte retirée" in walk.visitor.fragment(f"{alert}/take-back", {}).text
    assert alerts(task) == []

    walk.visitor.fragment(alert, {})
    browse.as_(story.abel).follow(f"/escalations/{alerts(task)[0].id}/take")
    assert "s’en occupe déjà" in walk.visitor.fragment(f"{alert}/take-back", {}).text
    assert [one.state for one in alerts(task)] == [EscalationState.TAKEN]


def test_a_question_in_words_stays_when_the_alarm_was_false(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("red_flags")
    asking = {"escalation-reason": "medical_question", "escalation-question": "Peut-elle allaiter ?"}
    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/escalations", asking)
    alert = f"{walk.call}/tasks/{task.id}/alert"

    walk.visitor.fragment(alert, {})
    walk.visitor.fragment(f"{alert}/take-back", {})

    assert [one.state for one in escalations.of_task(task.id)] == [EscalationState.WAITING]


def test_a_yes_to_the_signs_of_danger_tells_an_adviser_and_a_corrected_one_takes_it_back(story, browse):
    task = waiting_case(story.nantes, at_home(), at=NOW)
    walk = take_call(browse.as_(story.ada), {**P0, "red_flags": "yes", "fragile": "no"}).to("emergency")

    assert walk.page.select_one("#step.is-emergency")
    assert "3 rue des Lilas" in walk.page.select_one("#step .help-needed").text
    assert len(alerts(task)) == 1

    corrected = {"step": "red_flags", "asked": ["red_flags"], "answer-red_flags": "no"}
    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", corrected)
    assert alerts(task) == []


def test_who_lives_under_the_same_roof_is_named_as_the_nearest_help(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("contacts")
    walk.visitor.fragment(
        f"{walk.call}/tasks/{task.id}/contacts",
        {
            "contact-first_names": "Nadia",
            "contact-phones": "06 39 98 01 01",
            "contact-last_contact_on": NOW.date().isoformat(),
            "contact-lives_with_case": "yes",
            "contact-may_disclose": "no",
        },
    )

    told = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/alert", {})

    assert "Nadia" in told.text
    assert "06 39 98 01 01" in told.text


def test_an_alert_stands_on_every_step_and_after_a_reload_until_it_is_taken_back_by_name(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))
    alert = f"{walk.call}/tasks/{task.id}/alert"
    told = walk.visitor.fragment(alert, {})
    assert "Urgence signalée" in soup(told).select_one("#alert-standing[hx-swap-oob]").text

    walk.to("living_place")

    assert len(alerts(task)) == 1, "a first « non » to the signs of danger is no false alarm"
    assert "le médecin-conseil est prévenu" in walk.page.select_one("#alert-standing").text
    again = soup(walk.visitor.get(walk.call))
    assert "Urgence signalée" in again.select_one("#alert-standing").text
    assert "Le médecin-conseil est prévenu" in again.select_one("#emergency #alerted").text
    walk.visitor.fragment(f"{alert}/take-back", {})
    assert "Urgence" not in soup(walk.visitor.get(walk.call)).select_one("#alert-standing").text
