"""The engine: what is open, what is missing, what counts, and where to go on."""

import json

import pytest

from tests.support.conversations import hold
from tracing.scripts import rules
from tracing.scripts.conditions import holds
from tracing.scripts.definitions import Question, Script
from tracing.scripts.library import newest
from tracing.scripts.rules import StepState
from tracing.scripts.vocabulary import ScriptKind

ANSWERS = {"ill": "yes", "places": ["school", "travel"], "born_on": "2000-01-01"}
FACTS = {"adviser": True, "site": "Lille", "end": None}


def condition(written):
    return Question.model_validate_json(
        json.dumps({"id": "q", "type": "yes_no", "label": "?", "when": written})
    ).when


@pytest.mark.parametrize(
    ("written", "true"),
    [
        # an answer                                                    is it true?
        ({"answer": "ill", "is": "yes"},                               True),
        ({"answer": "ill", "is": "no"},                                False),
        ({"answer": "unheard", "is": "yes"},                           False),
        ({"answer": "ill", "in": ("no", "yes")},                       True),
        ({"answer": "places", "is": "school"},                         True),
        ({"answer": "places", "in": ("prison", "travel")},             True),
        ({"answer": "places", "in": ("prison", "shelter")},            False),
        ({"answered": "born_on"},                                      True),
        ({"answered": "unheard"},                                      False),
        # a fact
        ({"fact": "adviser", "is": True},                              True),
        ({"fact": "adviser", "is": False},                             False),
        ({"fact": "site", "is": "Lille"},                              True),
        ({"fact": "unheard", "is": False},                             False),
        ({"known": "site"},                                            True),
        ({"known": "end"},                                             False),
        # together
        ({"not": {"answer": "ill", "is": "yes"}},                      False),
        ({"all": ({"answered": "ill"}, {"known": "site"})},            True),
        ({"all": ({"answered": "ill"}, {"known": "end"})},             False),
        ({"any": ({"answered": "unheard"}, {"known": "site"})},        True),
        ({"any": ({"answered": "unheard"}, {"known": "end"})},         False),
    ],
)  # fmt: skip
def test_a_condition_is_decided_as_written(written, true):
    assert holds(condition(written), ANSWERS, FACTS) is true


def test_health_content_is_locked_until_the_identity_is_confirmed(p0, p0_facts):
    rail = rules.follow(p0, {}, p0_facts).views()

    assert rail[0].state is StepState.CURRENT
    assert all(view.state is StepState.LOCKED for view in rail if view.step.sensitive)


def test_an_answer_about_health_does_not_count_while_the_identity_is_open(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored
    del held["identity_confirmed"]

    path = rules.follow(p0, held, p0_facts)

    assert set(path.counted) == {"person_on_line"}
    assert rules.follow(p0, held, p0_facts).after("opening").id == "identity"
    assert rules.follow(p0, held, p0_facts).after("identity").id == "identity"


def test_nothing_opens_beyond_a_gate_that_is_not_complete(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored
    del held["knows_result"]

    assert rules.follow(p0, held, p0_facts).after("result_known").id == "result_known"
    assert rules.follow(p0, held, p0_facts).find("red_flags").locked


def test_the_answers_of_a_branch_left_are_kept_and_count_again_when_it_is_taken_back(
    p0, p0_facts, adult_with_symptoms
):
    held = hold(p0, adult_with_symptoms, p0_facts).stored

    without = rules.follow(p0, held | {"has_symptoms": "no"}, p0_facts)
    again = rules.follow(p0, held | {"has_symptoms": "yes"}, p0_facts)

    assert "onset_on" not in without.counted
    assert again.counted["onset_on"] == "2022-01-08"


def test_a_chain_of_questions_closes_with_its_first(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored | {"works": "no"}

    path = rules.follow(p0, held, p0_facts)

    assert {"can_telework", "wants_note", "insurance_scheme"}.isdisjoint(path.counted)
    assert path.find("sick_note") is None
    assert rules.follow(p0, held, p0_facts).can_complete


def test_what_is_missing_is_named_in_the_order_of_the_script(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored
    del held["onset_on"], held["next_steps.confirmed"]

    points = rules.follow(p0, held, p0_facts).missing

    assert [point.label for point in points] == ["Premier jour des symptômes", "Ce qui va se passer"]
    assert not rules.follow(p0, held, p0_facts).can_complete


@pytest.mark.parametrize("kind", ["p0", "contact"])
def test_no_call_completes_with_a_mandatory_statement_unconfirmed(library, kind, request):
    script = newest(library, ScriptKind(kind))
    facts = request.getfixturevalue(f"{kind}_facts")
    says = request.getfixturevalue({"p0": "adult_with_symptoms", "contact": "contact_at_work"}[kind])
    held = hold(script, says, facts)
    statements = [script.step(step) for step in held.steps if script.step(step).mandatory]

    assert len(statements) >= 6
    for statement in statements:
        unsaid = {
            key: value for key, value in held.stored.items() if key != rules.confirmation_key(statement)
        }
        assert not rules.follow(script, unsaid, facts).can_complete, statement.id


def test_a_statement_is_read_again_when_its_date_has_changed(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored
    corrected = p0_facts | {"isolation_end": p0_facts["window_end"]}

    [point] = rules.follow(p0, held, corrected).missing

    assert (point.step.id, point.question, point.changed) == ("isolation", None, True)


def test_after_a_reload_the_tracer_goes_on_where_they_were(p0, p0_facts, adult_with_symptoms):
    assert rules.follow(p0, {}, p0_facts).current.id == "opening"

    held = hold(p0, adult_with_symptoms | {"red_flags": "no"}, p0_facts).stored
    early = dict(list(held.items())[: list(held).index("has_symptoms")])
    assert rules.follow(p0, early, p0_facts).current.id == "symptoms"

    half = early | {"has_symptoms": "yes"}
    assert rules.follow(p0, half, p0_facts).current.id == "symptoms"

    assert rules.follow(p0, half | {"onset_on": "unknown"}, p0_facts).current.id == "sampling"


def test_a_step_shown_again_is_the_current_one_and_the_others_keep_their_state(
    p0, p0_facts, adult_with_symptoms
):
    held = hold(p0, adult_with_symptoms, p0_facts).stored
    del held["vaccination"]

    states = {view.step.id: view.state for view in rules.follow(p0, held, p0_facts).views("symptoms")}

    assert states["symptoms"] is StepState.CURRENT
    assert states["immunity"] is StepState.TODO
    assert states["time"] is states["recall"] is states["next_steps"] is StepState.DONE


def test_one_can_go_back_a_step(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored

    assert rules.follow(p0, held, p0_facts).before("red_flags").id == "result_known"
    assert rules.follow(p0, held, p0_facts).before("opening") is None


def test_the_next_step_is_found_from_a_step_that_has_just_closed(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts).stored | {"wants_note": "no"}

    assert rules.follow(p0, held, p0_facts).after("sick_note").id == "next_steps"


def test_a_step_that_could_only_say_what_is_unknown_is_left_out(contact, contact_facts):
    written = contact.model_dump(mode="json", by_alias=True)
    written["steps"].insert(8, {"id": "tip", "section": "Conseil", "title": "x", "sensitive": True,
                                "say": ["Gardez le masque jusqu’au {mask_until}."]})  # fmt: skip
    script = Script.model_validate_json(json.dumps(written))

    shown = [one.step.id for one in rules.follow(script, {}, contact_facts).steps]

    assert "tip" not in shown


def test_the_days_to_recall_run_backwards_through_the_window(p0, p0_facts):
    days = rules.days_to_recall(p0.step("recall"), p0_facts)

    assert (len(days), days[0].day, days[-1].day) == (6, 11, 6)
    assert rules.days_to_recall(p0.step("recall"), {}) == ()
    assert rules.days_to_recall(p0.step("opening"), p0_facts) == ()


def test_an_onset_the_person_does_not_know_is_no_day():
    assert rules.answered_day({"onset_on": "unknown"}, "onset_on") is None
    assert rules.answered_day({}, "onset_on") is None
    assert rules.answered_day({"onset_on": "2022-01-08"}, "onset_on").day == 8
