"""A version that would drop the emergency, speak of the result too early or lose a panel is refused."""

import pytest
from pydantic import BaseModel

from tracing.scripts import checks
from tracing.scripts.definitions import AnswerIs, End
from tracing.scripts.library import load_library, newest
from tracing.scripts.problems import Fault
from tracing.scripts.vocabulary import MANDATORY_STATEMENTS, PANELS, Outcome, ScriptKind, Widget
from tracing.studio.scripts.words import STEP_WORDS

LIBRARY = load_library()
KINDS = list(ScriptKind)


def answered(question, value):
    return AnswerIs.model_validate({"answer": question, "is": value})


def edited(script, step_id, **fields):
    return _with(
        script, steps=tuple(_with(one, **fields) if one.id == step_id else one for one in script.steps)
    )


def optional(script, step_id, question_id):
    asked = script.step(step_id).questions
    asked = tuple(_with(one, required=False) if one.id == question_id else one for one in asked)
    return edited(script, step_id, questions=asked)


def without(script, step_id):
    return _with(script, steps=tuple(one for one in script.steps if one.id != step_id))


def _with(model: BaseModel, **fields):
    return type(model).model_construct(
        **({name: getattr(model, name) for name in type(model).model_fields} | fields)
    )


def faults(script, step=None):
    return {one.fault for one in checks.problems(script) if one.step == step}


@pytest.mark.parametrize("kind", KINDS)
def test_the_emergency_can_be_neither_removed_nor_inverted_nor_ended_otherwise(kind):
    script = newest(LIBRARY, kind)
    step = script.step("emergency")
    refused = {
        Fault.EMERGENCY_WHEN: {"when": answered("red_flags", "no")},
        Fault.EMERGENCY_END: {"end": End(outcome=Outcome.REFUSED)},
        Fault.EMERGENCY_ADVICE: {"widget": None, "escalation": None},
        Fault.MANDATORY: {"mandatory": False},
        Fault.EMERGENCY_WORDS: {"say": (("Voyez votre médecin un de ces jours.",),)},
    }

    assert Fault.STATEMENT_MISSING in faults(without(script, "emergency"))
    for fault, fields in refused.items():
        assert faults(edited(script, "emergency", **fields), "emergency") == {fault}
    assert faults(edited(script, "emergency", end=None), "emergency") >= {Fault.EMERGENCY_END}
    late = [one for one in script.steps if one.id != "emergency"]
    late.insert(-1, step)
    assert faults(_with(script, steps=tuple(late)), "emergency") == {Fault.EMERGENCY_PLACE}


@pytest.mark.parametrize("kind", KINDS)
def test_the_signs_are_asked_in_every_call_and_nothing_goes_on_without_the_answer(kind):
    script = newest(LIBRARY, kind)

    assert faults(optional(script, "red_flags", "red_flags"), "red_flags") == {Fault.MUST_BE_REQUIRED}
    assert faults(edited(script, "red_flags", gate=False), "red_flags") == {Fault.EMERGENCY_ASKED}
    only_some = answered("person_on_line", "person")
    assert faults(edited(script, "red_flags", when=only_some), "red_flags") == {Fault.EMERGENCY_ASKED}


def test_whether_the_result_is_known_is_always_asked(p0):
    assert faults(optional(p0, "result_known", "knows_result"), "result_known") == {Fault.MUST_BE_REQUIRED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "words",
    [
        "Dites-lui que son test est positif.",
        "C’est au sujet de son résultat.",
        "Il a été en contact avec quelqu’un de malade.",
        "Elle est cas contact.",
        "C’est pour la Covid-19.",
        "C’est pour {disease}.",
    ],
)
@pytest.mark.parametrize("step", ["opening", "person_absent", "wrong_number", "identity_not_confirmed"])
def test_nobody_hears_what_the_call_is_about_before_identity(kind, words, step):
    script = newest(LIBRARY, kind)
    said = (*script.step(step).say, (words,))

    found = faults(edited(script, step, say=said), step)

    assert found
    assert found <= {Fault.HEALTH_WORDS, Fault.SENSITIVE}


def test_neither_does_the_english_say_it_nor_a_step_that_is_no_longer_kept_for_identity(contact):
    english = {**contact.english, contact.step("person_absent").say[0][0]: "Tell them the test is positive."}
    assert faults(_with(contact, english=english), "person_absent") == {Fault.HEALTH_WORDS}
    assert Fault.HEALTH_WORDS in faults(edited(contact, "announcement", sensitive=False), "announcement")


def test_the_result_is_left_to_an_adviser(p0):
    said = edited(p0, "result_by_adviser", say=(("Votre test est positif.",),))

    assert faults(said, "result_by_adviser") == {Fault.RESULT_BY_ADVISER}


@pytest.mark.parametrize("kind", [ScriptKind.P0, ScriptKind.CONTACT])
def test_the_data_notice_says_for_how_long_and_where_and_more_than_a_word(kind):
    script = newest(LIBRARY, kind)

    assert Fault.STATEMENT_MISSING in faults(without(script, "data_notice"))
    short = edited(script, "data_notice", say=(("x",),))
    assert faults(short, "data_notice") == {Fault.NOTICE_FACT, Fault.NOTICE_SHORT}
    named = edited(script, "data_notice", say=(("{retention}, {notice_address}", "x"),))
    assert faults(named, "data_notice") == {Fault.NOTICE_SHORT}


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_keeps_the_panel_without_which_it_is_nothing(kind):
    script = newest(LIBRARY, kind)

    for name, widget in ((name, widget) for (name, kinds), widget in PANELS.items() if kind in kinds):
        assert script.step(name).widget is widget
        assert Fault.PANEL in faults(edited(script, name, widget=None), name)
        assert Fault.PANEL_STEP in faults(without(script, name))


def test_what_is_missing_is_named_in_french():
    required = {name for names in MANDATORY_STATEMENTS.values() for name in names}

    assert STEP_WORDS.keys() == required | {"emergency"} | {name for name, _kinds in PANELS}
    assert Widget.SICK_NOTE in PANELS.values()
