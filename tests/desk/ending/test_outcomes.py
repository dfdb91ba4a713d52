"""Every outcome of a call has all that an outcome needs: a new one fails here for each place where it is missing."""

import re

import pytest
from sqlalchemy import select, text

from tests.conftest import NOW
from tests.desk.walking import soup, take_call
from tests.support.story import waiting_case
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import BY_TRACER, OUTCOMES, Asks, CallOutcome, FollowUp
from tracing.calls.words import OUTCOME_TONES, OUTCOME_WORDS
from tracing.desk.ending.call_outcomes import MARKS
from tracing.desk.words import OUTCOME_ICONS
from tracing.kernel import db
from tracing.queue import queries
from tracing.queue.models import TaskState
from tracing.scripts.vocabulary import Outcome
from tracing.ui.assets import ICONS

SAID = {
    Asks.NOTHING: {},
    Asks.CALLBACK: {"callback_on": "2026-03-10", "callback_time": "14:30"},
    Asks.QUESTION: {"reason": "medical_question", "question": "Quel masque ?"},
    Asks.LANGUAGE: {"language": "pt"},
    Asks.INTERPRETER: {"interpreter": "pt"},
    Asks.CERTAINTY: {"certain": "y"},
    Asks.IDENTITY: {"identity": "Marie Dupond, 2 mars 1960"},
}
"""What is typed beside an outcome, by the names of the form's fields."""

AFTER = {
    FollowUp.DONE: TaskState.DONE,
    FollowUp.PROMISE: TaskState.OPEN,
    FollowUp.TRY_AGAIN: TaskState.OPEN,
    FollowUp.NEXT_NUMBER: TaskState.NO_NUMBER,
    FollowUp.DOCTOR: TaskState.WAITING_DOCTOR,
    FollowUp.LANGUAGE: TaskState.WAITING_LANGUAGE,
    FollowUp.INTERPRETER: TaskState.WAITING_INTERPRETER,
    FollowUp.IDENTITY: TaskState.IDENTITY_FAILED,
    FollowUp.HAND_ON: TaskState.TO_HAND_ON,
    FollowUp.STOP: TaskState.DECEASED,
    FollowUp.BAR: TaskState.NO_CALLS,
}
"""The state of the task after a first conversation that a tracer ended."""

every_outcome = pytest.mark.parametrize("outcome", CallOutcome, ids=lambda one: one.value)
every_choice = pytest.mark.parametrize("outcome", BY_TRACER, ids=lambda one: one.value)
every_table = pytest.mark.parametrize("table", ["calls", "conversations"])


def allowed_in(table: str) -> set[str]:
    """Return the outcomes that the CHECK constraint of a table names."""
    definition = db.session.execute(
        text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_calloutcome"},
    ).scalar_one()
    return set(re.findall(r"'(\w+)'", definition))


@every_outcome
def test_an_outcome_has_its_rule(outcome):
    assert outcome in OUTCOMES, f"calls/rules.py: OUTCOMES has no rule for {outcome.value}"
    # what no tracer chooses leaves the task as it was
    assert outcome in BY_TRACER or OUTCOMES[outcome].follows is FollowUp.AS_IT_WAS


@every_outcome
def test_an_outcome_has_its_words(outcome, app):
    with app.test_request_context():
        assert outcome in OUTCOME_WORDS, f"calls/words.py: OUTCOME_WORDS has no words for {outcome.value}"
        assert str(OUTCOME_WORDS[outcome])


@every_outcome
def test_an_outcome_has_its_icon(outcome):
    assert outcome in OUTCOME_ICONS, f"desk/words.py: OUTCOME_ICONS has no icon for {outcome.value}"
    assert OUTCOME_ICONS[outcome] in ICONS, "ui/assets.py: NAMES lacks this icon"


@every_table
@every_outcome
def test_the_database_accepts_an_outcome(outcome, table, session):
    assert outcome.value in allowed_in(table), f"a migration must add it to ck_{table}_calloutcome"


@every_table
def test_the_database_accepts_no_other_outcome(table, session):
    assert allowed_in(table) <= set(CallOutcome), f"ck_{table}_calloutcome names what the code does not know"


def test_a_table_of_outcomes_names_no_other():
    for known in (OUTCOMES, OUTCOME_WORDS, OUTCOME_ICONS, OUTCOME_TONES):
        assert set(known) <= set(CallOutcome)


@every_choice
def test_the_page_that_ends_a_call_offers_an_outcome(outcome, story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    page = soup(ada.get(f"{take_call(ada).call}/tasks/{task_id}/end"))

    way = page.select_one(f"#way-{outcome.value}")

    assert way is not None, f"desk/end.html has no form for {outcome.value}"
    assert str(OUTCOME_WORDS[outcome]) in way.select_one("h3").text
    assert way.select_one("use")["href"].endswith(f"#{OUTCOME_ICONS[outcome]}")
    typed = {one["name"] for one in way.select("[name]")} - {"outcome", "csrf_token"}
    assert typed == set(SAID[OUTCOMES[outcome].asks]), "the fields are not those of what the outcome asks for"


def test_the_page_that_ends_a_call_offers_no_other_outcome(story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    end = f"{take_call(ada).call}/tasks/{task_id}/end"

    offered = [one["value"] for one in soup(ada.get(end)).select(".way input[name=outcome]")]

    assert sorted(offered) == sorted(one.value for one in BY_TRACER)
    for outcome in set(CallOutcome) - set(BY_TRACER):
        ada.post(end, {"outcome": outcome.value}, status=422)


@every_choice
def test_an_outcome_has_its_follow_up(outcome, story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    if outcome is CallOutcome.COMPLETED:
        walk.to("closing")
    rule = OUTCOMES[outcome]

    ada.post(f"{walk.call}/tasks/{task_id}/end", {"outcome": outcome.value} | SAID[rule.asks])

    assert queries.get_task(task_id).state is AFTER[rule.follows]
    assert queries.get_task(task_id).attempts == rule.is_attempt
    assert list(db.session.scalars(select(Conversation.outcome))) == [outcome]
    assert list(db.session.scalars(select(Call.outcome))) == [outcome]


@pytest.mark.parametrize(
    "outcome",
    [one for one in BY_TRACER if OUTCOMES[one].asks is not Asks.NOTHING],
    ids=lambda one: one.value,
)
def test_an_outcome_is_refused_without_what_it_asks_for(outcome, story, browse):
    task_id = waiting_case(story.nantes, at=NOW).id
    ada = browse.as_(story.ada)

    ada.post(f"{take_call(ada).call}/tasks/{task_id}/end", {"outcome": outcome.value}, status=422)

    assert queries.get_task(task_id).state is TaskState.OPEN
    assert list(db.session.scalars(select(Conversation.outcome))) == [None]


def test_an_outcome_that_ends_the_call_of_a_contact_marks_the_contact():
    done = {outcome for outcome in BY_TRACER if OUTCOMES[outcome].follows is FollowUp.DONE}

    assert set(MARKS) == done, "desk/ending/call_outcomes.py: MARKS says what becomes of the contact"


@pytest.mark.parametrize("suggested", Outcome, ids=lambda one: one.value)
def test_a_script_suggests_what_a_tracer_can_choose(suggested):
    assert suggested in BY_TRACER, "scripts/vocabulary.py: Outcome names what no tracer can choose"
