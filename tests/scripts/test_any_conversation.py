"""Whatever is answered, in whatever order and however oddly, the engine holds and the conversation ends."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.conversations import hold
from tracing.scripts import rules
from tracing.scripts.answers import usable
from tracing.scripts.errors import AnswerRefused
from tracing.scripts.library import load_library
from tracing.scripts.vocabulary import FACTS, FactKind, Outcome, QuestionType

LIBRARY = load_library()
SCRIPTS = st.sampled_from(sorted(LIBRARY.values(), key=lambda script: script.kind))
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BY_KIND = {
    FactKind.TEXT: st.text(max_size=20) | st.none(),
    FactKind.DAY: st.dates(date(2021, 1, 1), date(2022, 12, 31)) | st.none(),
    FactKind.FLAG: st.booleans() | st.none(),
}
some_facts = st.fixed_dictionaries({}, optional={name: BY_KIND[fact.kind] for name, fact in FACTS.items()})

junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=5), max_size=3)
)


def proper(question):
    """Any answer the question itself allows."""
    match question.type:
        case QuestionType.MULTI:
            return st.lists(st.sampled_from(sorted(question.values)), min_size=1, unique=True)
        case QuestionType.DATE:
            return st.dates(date(2021, 1, 1), date(2022, 12, 31)).map(date.isoformat)
        case QuestionType.TEXT:
            return st.text(min_size=1, max_size=20)
    return st.sampled_from(sorted(question.values))


@st.composite
def conversations(draw, *, answers):
    script = draw(SCRIPTS)
    says = {question.id: draw(answers(question)) for question in script.questions.values()}
    return script, says, draw(some_facts)


@QUICK
@given(conversations(answers=proper))
def test_every_conversation_held_to_its_end_reaches_an_outcome(conversation):
    script, says, facts = conversation

    held = hold(script, says, facts)
    path = rules.follow(script, held.stored, facts)

    assert path.end is not None
    assert script.step(held.steps[-1]).end == path.end
    assert rules.follow(script, held.stored, facts).can_complete == (path.end.outcome is Outcome.COMPLETED)


@QUICK
@given(conversations(answers=lambda question: junk | proper(question)), st.data())
def test_odd_answers_never_break_the_engine_nor_complete_a_call(conversation, data):
    script, answers, facts = conversation
    for step in script.steps:
        answers[rules.confirmation_key(step)] = data.draw(
            junk | st.just(rules.confirmation_value(step, facts))
        )

    path = rules.follow(script, answers, facts)
    rail = path.views(data.draw(st.sampled_from(script.steps)).id)
    assert path.current in [one.step for one in path.steps]

    assert path.end is not None
    assert [view.step for view in rail] == [one.step for one in path.steps]
    assert sum(view.state is rules.StepState.CURRENT for view in rail) <= 1
    if rules.follow(script, answers, facts).can_complete:
        assert all(
            answers[rules.confirmation_key(one.step)] == rules.confirmation_value(one.step, facts)
            for one in path.steps
            if one.step.mandatory
        )
    if path.counted.get("identity_confirmed") != "yes":
        assert not any(one.step.sensitive and not one.locked for one in path.steps)


@QUICK
@given(SCRIPTS, st.text(max_size=12) | st.lists(st.text(max_size=5), max_size=3), some_facts, st.data())
def test_whatever_is_typed_is_either_refused_or_stored_in_a_form_that_counts(script, raw, facts, data):
    question = data.draw(st.sampled_from(sorted(script.questions.values(), key=lambda one: one.id)))

    with suppress(AnswerRefused):
        stored = rules.parse_answer(question, raw, today=date(2022, 1, 11), facts=facts)
        assert stored is None or usable(question, stored) == stored


@pytest.mark.parametrize("script", LIBRARY.values(), ids=lambda script: script.kind.value)
def test_an_unheard_of_step_is_taken_as_the_beginning(script):
    assert rules.follow(script, {}, {}).after("no_such_step") is script.steps[0]
