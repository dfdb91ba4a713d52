"""Every attempt another number, a text after the second, and the ends of a call that lead to the supervisor."""

from datetime import date, timedelta

import pytest
from werkzeug.test import TestResponse

from tests.conftest import NOW, Clock
from tests.desk.walking import soup, take_call
from tests.support.story import Story, agent, case, contact, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import NumberRung
from tracing.cases.models import CaseOutcome
from tracing.cases.queries import get_case
from tracing.contacts import identities
from tracing.contacts.queries import represented
from tracing.contacts.rules import Described
from tracing.kernel import clock as kernel_clock
from tracing.kernel.db import session
from tracing.messages import queries as outbox
from tracing.messages import services as messages
from tracing.messages.rules import MessageState, Represented
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.maintenance.jobs import promote
from tracing.queue.models import BARRED, TaskKind, TaskState
from tracing.vault import registry

DAY = timedelta(days=1)
TWO_NUMBERS = identity(phones=("+33639980001", "+33639980002"))


def try_again(browse: Browser, story: Story, clock: Clock, task_id: int, outcome: str) -> TestResponse:
    """Call once, end so, and let the time of the next attempt come; returns the call's page."""
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    page = ada.get(walk.call)
    ada.follow(f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome})
    entry = queries.find_entry_of(queries.get_task(task_id).household_id)
    promote(clock.move_to(max(entry.not_before, kernel_clock.now())))
    return page


def test_the_wrong_number_is_not_shown_first_again(browse: Browser, story: Story, clock: Clock):
    task_id = waiting_case(story.nantes, TWO_NUMBERS, at=NOW).id

    first = soup(try_again(browse, story, clock, task_id, "wrong_number"))
    second = soup(try_again(browse, story, clock, task_id, "no_answer"))
    abel = browse.as_(story.abel)
    shown = soup(abel.get(take_call(abel).call))

    assert first.select_one(".call-end .phone")["href"] == "tel:+33639980001"
    assert second.select_one(".call-end .phone")["href"] == "tel:+33639980002"
    assert "mauvais numéro" in second.select_one(".numbers").text
    assert shown.select_one(".call-end .phone")["href"] == "tel:+33639980002", "wrong ones come last"
    timeline = shown.select_one("#panel-timeline").text
    assert "06 39 98 00 01" in timeline
    assert "06 39 98 00 02" in timeline


def test_the_tracer_can_ring_another_number_in_the_same_call(browse: Browser, story: Story):
    task_id = waiting_case(story.nantes, TWO_NUMBERS, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)

    shown = soup(ada.follow(f"{walk.call}/tasks/{task_id}/ring", {"place": "1"}))

    assert shown.select_one(".call-end .phone")["href"] == "tel:+33639980002"
    ada.post(f"{walk.call}/tasks/{task_id}/ring", {"place": "7"}, status=404)


def test_which_number_was_rung_is_gone_with_its_day(browse: Browser, story: Story, clock: Clock):
    task_id = waiting_case(story.nantes, at=NOW).id
    try_again(browse, story, clock, task_id, "no_answer")
    row = session.query(NumberRung).one()
    assert b"3998" not in row.number_hash

    registry.clear_cohort(row.cohort)
    session.expire_all()

    assert session.query(NumberRung).count() == 0


def test_after_the_second_attempt_a_text_without_disease_or_name_waits(
    browse: Browser, story: Story, clock: Clock
):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id

    try_again(browse, story, clock, task_id, "no_answer")
    assert outbox.messages_to(person_id) == []
    try_again(browse, story, clock, task_id, "voicemail")

    [text] = outbox.messages_to(person_id)
    assert text.message.state is MessageState.QUEUED
    said = text.text.lower()
    assert not any(word in said for word in ("covid", "dupont", "marie", "positif", "test", "maladie de"))
    assert text.text in browse.as_(story.dora).get("/messages").text.replace("&#39;", "'")
    abel = browse.as_(story.abel)
    assert "en attente d’envoi" in soup(abel.get(take_call(abel).call)).select_one("#panel-timeline").text


def test_the_timeline_tells_calls_moves_and_messages_in_one_order_the_newest_first(
    browse: Browser, story: Story, clock: Clock
):
    task_id = waiting_case(story.nantes, at=NOW).id
    try_again(browse, story, clock, task_id, "no_answer")
    take_call(browse.as_(story.ada))
    sweep_claims(clock.move_to(kernel_clock.now() + timedelta(minutes=6)))
    clock.move_to(kernel_clock.now() + timedelta(minutes=1))
    try_again(browse, story, clock, task_id, "voicemail")
    abel = browse.as_(story.abel)

    page = soup(abel.get(take_call(abel).call))

    shown = [time["datetime"] for time in page.select("#panel-timeline li time")]
    assert shown == sorted(shown, reverse=True)
    words = page.select_one("#panel-timeline").text
    told = ["Appel en cours", "en attente d’envoi", "Messagerie", "plus aucun signe", "Sans réponse"]
    assert "sans nouvelles" not in words, "what the line beside it says already"
    assert [words.index(one) for one in told] == sorted(words.index(one) for one in told)


def test_a_household_with_one_number_gets_one_text(browse: Browser, story: Story, clock: Clock):
    task = waiting_case(story.nantes, at=NOW)
    task_id, other_id = task.id, waiting_case(story.nantes, identity("Paul"), at=NOW).person_id

    try_again(browse, story, clock, task_id, "no_answer")
    try_again(browse, story, clock, task_id, "no_answer")

    assert len(outbox.messages_to(task.person_id) + outbox.messages_to(other_id)) == 1


def test_nobody_without_a_mobile_number_gets_a_text(story: Story):
    task = waiting_case(story.nantes, identity(phones=("+33261910001",)), at=NOW)

    assert messages.queue_missed_call([(task.person_id, "P0-26-1")], by=agent(story.ada), at=NOW) == []


@pytest.mark.parametrize(
    ("outcome", "state", "closed"),
    [
        ("interpreter", TaskState.WAITING_INTERPRETER, CaseOutcome.UNREACHABLE),
        ("hospitalised", TaskState.TO_HAND_ON, CaseOutcome.HANDED_ON),
        ("out_of_area", TaskState.TO_HAND_ON, CaseOutcome.HANDED_ON),
        ("deceased", TaskState.DECEASED, CaseOutcome.DECEASED),
        ("no_calls", TaskState.NO_CALLS, CaseOutcome.REFUSED),
        ("identity_failed", TaskState.IDENTITY_FAILED, CaseOutcome.UNREACHABLE),
    ],
)
def test_the_supervisor_decides_about_those_who_cannot_be_called(
    browse: Browser, story: Story, outcome, state, closed
):
    task = waiting_case(story.nantes, at=NOW)
    task_id, case_id = task.id, task.case_id
    ada, dora = browse.as_(story.ada), browse.as_(story.dora)
    walk = take_call(ada)
    ada.follow(
        f"{walk.call}/tasks/{task_id}/end",
        {"outcome": outcome, "interpreter": "ta", "identity": "Marie Durand", "certain": "y"},
    )
    assert queries.get_task(task_id).state is state
    named = ("interpreter", "to_hand_on", "deceased", "no_calls", "identity")
    shown = next(one for one in named if one in state.value)
    assert "P0-26-" in dora.get(f"/lists?list={shown}").text

    done = dora.follow(f"/lists/tasks/{task_id}/give-up")
    assert get_case(case_id).outcome is closed
    assert "Annuler" in done.text
    dora.follow(f"/lists/tasks/{task_id}/undo")
    assert queries.get_task(task_id).state is state

    if state in BARRED:
        dora.post(f"/lists/tasks/{task_id}/put-back", status=409)
        dora.post(f"/lists/tasks/{task_id}/lift", {"reason": ""}, status=422)
        dora.follow(f"/lists/tasks/{task_id}/lift", {"reason": "Erreur de foyer"})
    else:
        dora.follow(f"/lists/tasks/{task_id}/put-back")
    assert queries.get_task(task_id).state is TaskState.OPEN


def test_a_death_stops_every_message(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    ada = agent(story.ada)
    messages.queue_missed_call([(person_id, "P0-26-1")], by=ada, at=NOW)
    visitor = browse.as_(story.ada)
    visitor.follow(f"{take_call(visitor).call}/tasks/{task_id}/end", {"outcome": "deceased", "certain": "y"})

    [text] = outbox.messages_to(person_id)
    assert text.message.state is MessageState.STOPPED
    assert messages.queue_missed_call([(person_id, "P0-26-1")], by=ada, at=NOW) == []


def test_a_death_stops_messages_also_when_the_call_was_settled_meanwhile(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    messages.queue_missed_call([(person_id, "P0-26-1")], by=agent(story.ada), at=NOW)
    ada = browse.as_(story.ada)
    call = take_call(ada).call
    queue.close_task(queries.get_task(task_id), TaskState.DONE, by=None, at=NOW)

    ada.follow(f"{call}/tasks/{task_id}/end", {"outcome": "deceased", "certain": "y"})

    assert outbox.messages_to(person_id)[0].message.state is MessageState.STOPPED
    assert queries.get_task(task_id).state is TaskState.DONE


def test_a_death_ends_whatever_else_the_person_was_to_be_called_for(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    task_id, household_id = task.id, task.household_id
    other = waiting_case(story.nantes, identity("Luc", phones=("+33639980002",)), at=NOW + DAY).case_id
    queue.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=task.person_id,
        phones=identity().phones,
        site_id=story.nantes.id,
        case_id=other,
        contact_id=contact(get_case(other), identity("Léa", phones=()), by=story.ada, at=NOW).id,
        due_at=NOW + DAY,
        at=NOW,
    )
    assert len(queries.open_tasks(household_id)) == 2
    ada = browse.as_(story.ada)

    ada.follow(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": "deceased", "certain": "y"})

    assert queries.open_tasks(household_id) == []


def test_a_letter_goes_to_somebody_without_a_number(browse: Browser, story: Story):
    task_id = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=()), at=NOW).id
    dora = browse.as_(story.dora)

    page = dora.get(f"/lists/tasks/{task_id}/letter")
    done = dora.follow(f"/lists/tasks/{task_id}/letter-written")
    dora.follow(f"/lists/tasks/{task_id}/letter-written")

    letter = soup(page).select_one(".letter").text
    assert "KERGUELEN" in letter
    assert "Le 10 mars 2026" in letter, "a letter is kept: its day has a year"
    assert "covid" not in letter.lower()
    assert "lettre écrite" in done.text
    assert len(outbox.messages_to(queries.get_task(task_id).person_id)) == 1, (
        "a second click writes no second one"
    )


def test_no_letter_is_written_to_somebody_said_dead_under_another_call(browse: Browser, story: Story):
    task = waiting_case(story.nantes, at=NOW)
    task_id, person_id = task.id, task.person_id
    nobody = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=()), at=NOW)
    other = queue.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=person_id,
        phones=(),
        site_id=story.nantes.id,
        case_id=nobody.case_id,
        contact_id=contact(get_case(nobody.case_id), identity("Léa", phones=()), by=story.ada, at=NOW).id,
        due_at=NOW + DAY,
        at=NOW,
    )
    other_id, nobody_id = other.id, nobody.id
    ada, dora = browse.as_(story.ada), browse.as_(story.dora)
    assert "Lettre" in dora.get(f"/lists/tasks/{other_id}/letter").text

    ada.follow(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": "deceased", "certain": "y"})

    listed = dora.get("/lists?list=no_number").text
    assert f"/lists/tasks/{other_id}/letter" not in listed
    assert f"/lists/tasks/{nobody_id}/letter" in listed
    assert f"/lists/tasks/{other_id}/give-up" in dora.get("/lists?list=deceased").text
    assert (
        "Le décès de cette personne nous a été signalé"
        in dora.get(f"/lists/tasks/{other_id}/letter", status=409).text
    )
    dora.post(f"/lists/tasks/{other_id}/letter-written", status=409)
    assert outbox.letters_to([person_id]) == {}


def test_a_death_that_was_a_mistake_lets_the_letter_be_written_again(browse: Browser, story: Story):
    task = waiting_case(story.nantes, identity("Marie", "Kerguelen", phones=()), at=NOW)
    task_id, person_id = task.id, task.person_id
    messages.stop_all(person_id, by=agent(story.ada).member_id, at=NOW)
    dora = browse.as_(story.dora)
    dora.get(f"/lists/tasks/{task_id}/letter", status=409)
    queue.close_task(queries.get_task(task_id), TaskState.DECEASED, by=None, at=NOW)

    said = dora.follow(f"/lists/tasks/{task_id}/lift", {"reason": "Homonyme"})

    assert "sans numéro" in said.text
    assert queries.get_task(task_id).state is TaskState.NO_NUMBER
    assert dora.get(f"/lists/tasks/{task_id}/letter").status_code == 200


CHILD = {"born": date(2015, 5, 17)}


def test_a_letter_about_a_child_goes_to_the_legal_representative(browse: Browser, story: Story):
    task_id = waiting_case(story.nantes, identity("Nina", "Kerguelen", phones=(), **CHILD), at=NOW).id
    dora = browse.as_(story.dora)

    letter = soup(dora.get(f"/lists/tasks/{task_id}/letter")).select_one(".letter")
    dora.follow(f"/lists/tasks/{task_id}/letter-written")

    assert letter.select_one("address").text.strip().startswith("Au représentant légal de")
    assert "votre santé" not in letter.text
    [kept] = outbox.messages_to(queries.get_task(task_id).person_id)
    assert "représentant légal" in kept.text, "what is kept is what was posted"


def test_the_word_of_the_case_makes_a_child_where_nobody_knows_the_birth_date(browse: Browser, story: Story):
    named = contact(case(story.nantes, at=NOW), identity("Zoé", phones=(), born=None), by=story.ada, at=NOW)
    identities.seal(named, Described(first_names="Zoé", is_child=True))
    task = queue.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=named.person_id,
        phones=(),
        site_id=story.nantes.id,
        case_id=named.case_id,
        contact_id=named.id,
        due_at=NOW,
        at=NOW,
    )

    page = soup(browse.as_(story.dora).get(f"/lists/tasks/{task.id}/letter"))

    assert "Au représentant légal de" in page.select_one(".letter address").text


@pytest.mark.parametrize("with_a_parent", [False, True])
def test_a_text_after_calls_about_children_alone_is_for_a_parent(
    browse: Browser, story: Story, clock: Clock, with_a_parent
):
    task = waiting_case(story.nantes, identity("Nina", **CHILD), at=NOW)
    task_id, who = task.id, [task.person_id]
    if with_a_parent:
        who.append(waiting_case(story.nantes, identity("Paul"), at=NOW).person_id)

    try_again(browse, story, clock, task_id, "no_answer")
    try_again(browse, story, clock, task_id, "no_answer")

    [text] = [one for person_id in who for one in outbox.messages_to(person_id)]
    assert ("représentant légal" in text.text) is not with_a_parent


def test_whoever_a_legal_representative_answered_for_is_written_to_through_them(story: Story):
    task = waiting_case(story.nantes, at=NOW)
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    assert represented(task.person_id, None, on=NOW.date()) is None

    calls.save_answer(call, task, "person_on_line", "representative", by=by, at=NOW)
    assert represented(task.person_id, None, on=NOW.date()) is Represented.ADULT
    messages.queue_missed_call(
        [(task.person_id, "P0-26-1")], represented={task.person_id: Represented.ADULT}, by=by, at=NOW
    )
    [text] = [one.text for one in outbox.messages_to(task.person_id)]
    assert "le représentant légal d’une personne" in text

    calls.save_answer(call, task, "person_on_line", "person", by=by, at=NOW)
    assert represented(task.person_id, None, on=NOW.date()) is None
