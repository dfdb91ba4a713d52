"""What people hear: French as it is written by somebody who writes French, short, and never a blank."""

import re
from datetime import date

import pytest

from tracing.scripts import answers, errors
from tracing.scripts.definitions import PLACEHOLDER
from tracing.scripts.library import LIBRARY, load_library
from tracing.scripts.rules import render_say
from tracing.scripts.vocabulary import ScriptKind
from tracing.scripts.wording import day_in_words, said_aloud

SCRIPTS = list(load_library().values())
NUMBER_WORDS = "deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quatorze|quinze|vingt|trente"


def texts(script):
    for step in script.steps:
        yield from ((step.id, wording) for paragraph in step.say for wording in paragraph)
        yield from ((step.id, text) for text in (step.title, step.section, step.note, step.confirm) if text)
        for question in step.questions:
            yield from ((question.id, text) for text in (question.label, question.help) if text)
            yield from ((question.id, option.label) for option in question.options)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.kind.value)
def test_every_text_has_french_typography(script):
    for where, text in texts(script):
        assert not re.search(r"['\"]", text), f"straight quotes in {where}: {text}"
        assert not re.search(r"(?<![\u202f])[;:!?»]", text), f"no narrow space in {where}: {text}"
        assert not re.search(r"«(?!\u202f)", text), f"no narrow space in {where}: {text}"
        assert not re.search(r"\.\.\.|  |^\s|\s$", text), f"dots or spaces in {where}: {text}"
        assert text[0].isupper() or text[0] in "«{" or text[0].isdigit(), f"no capital in {where}: {text}"


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_accent_is_missing_on_a_capital(path):
    assert not re.search(r'"(?:Ecole|Etablissement|Etat|Eviter|A l’|Etes|Evitez|Ecoutez)', path.read_text())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.kind.value)
def test_no_duration_or_date_is_written_into_the_words(script):
    for step in script.steps:
        for wording in (wording for paragraph in step.say for wording in paragraph):
            numbers = set(re.findall(r"\d+", wording))
            assert numbers <= {"15", "17", "112", "114", "119", "3114", "3919"}, (step.id, wording)
            assert not re.search(
                rf"\b({NUMBER_WORDS})\s+(jours?|heures?|semaines?|mois|mètres?)\b", wording
            ), step.id


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.kind.value)
def test_every_step_that_speaks_says_something_when_nothing_is_known(script):
    for step in script.steps:
        words = render_say(step, {})
        assert words, step.id
        assert not any(PLACEHOLDER.search(paragraph) for paragraph in words)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.kind.value)
def test_the_person_is_addressed_with_vous(script):
    for where, text in texts(script):
        assert not re.search(r"\b(tu|toi|ton|tes)\b", text.lower()), (where, text)


def test_refusals_of_answers_have_french_typography():
    sentences = [
        text for module in (answers, errors) for text in re.findall(r'N_\(\s*"([^"]+)"', _source(module))
    ]

    assert len(sentences) >= 12
    for text in sentences:
        assert "'" not in text
        assert not re.search(r"(?<![\u202f])[;:!?»](?!\d)", text), text


def _source(module):
    with open(module.__file__) as file:  # noqa: PTH123
        return file.read()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2022, 1, 11), "mardi 11 janvier"),
        (date(2022, 1, 1), "samedi 1er janvier"),
        (date(2022, 3, 27), "dimanche 27 mars"),
        (date(2024, 2, 29), "jeudi 29 février"),
    ],
)
def test_a_day_is_said_as_people_say_it(day, words):
    assert day_in_words(day) == words


def test_a_fact_with_braces_is_not_filled_in_again(contact, contact_facts):
    facts = contact_facts | {"person": "{case_name}", "case_name": "Marie Durand"}

    assert "{case_name}" in render_say(contact.step("opening"), facts)[1]


def test_who_rings_us_hears_the_words_of_a_call_that_comes_in_and_nobody_else(p0, p0_facts):
    opening = p0.step("opening")

    rung, calling = (render_say(opening, p0_facts | {"rang_us": value}) for value in (True, None))

    assert rung[0].startswith("Bonjour, merci de votre appel. Ici l’Assurance Maladie")
    assert calling[0].startswith("Bonjour, je m’appelle")
    assert not [words for words in (*rung, *calling) if "rang_us" in words]


@pytest.mark.parametrize(
    ("kind", "flag"), [(ScriptKind.P0, "isolation_over"), (ScriptKind.CONTACT, "quarantine_over")]
)
@pytest.mark.parametrize("is_over", [True, False, None])
def test_the_work_step_speaks_of_days_that_are_over_as_past(kind, flag, is_over):
    script = max((one for one in SCRIPTS if one.kind is kind), key=lambda one: one.version)

    for english in (None, script.english):
        said = " ".join(one.words for one in said_aloud(script.step("work_leave"), {flag: is_over}, english))
        now, then = ("can you do", "could you do") if english else ("pouvez-vous", "pouviez-vous")
        assert (then in said) is (is_over is True)
        assert (now in said) is (is_over is not True)
