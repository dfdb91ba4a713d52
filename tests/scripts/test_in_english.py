"""What is read aloud to somebody who is called in English: every text has its English, and no paragraph is lost."""

import re
from datetime import date

import pytest

from tracing.programmes.loader import load_packs
from tracing.programmes.rules import kept_for
from tracing.programmes.vocabulary import TestKind
from tracing.scripts import checks
from tracing.scripts import wording as wordings
from tracing.scripts.library import load_library, newest, version_key
from tracing.scripts.problems import Fault
from tracing.scripts.publishing.differences import compare
from tracing.scripts.publishing.rules import texts_of, untranslated
from tracing.scripts.vocabulary import Phrase, ScriptKind
from tracing.scripts.wording import days_of_meetings, in_both, said_aloud, within_a_sentence

LIBRARY = load_library()
NEWEST = [newest(LIBRARY, kind) for kind in ScriptKind]
TODAY = date(2022, 1, 11)


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
def test_every_text_has_its_english_and_nothing_else_is_translated(script):
    assert [step.id for step in script.steps if untranslated(step, script.english)] == []
    assert script.english.keys() == {text for step in script.steps for text in texts_of(step)}


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
def test_a_version_says_that_the_french_is_the_same_only_if_it_is(script):
    versions = sorted(
        (one for one in LIBRARY.values() if one.kind is script.kind), key=lambda one: version_key(one.version)
    )
    steps_differ = any(pair.before != pair.after for pair in compare(versions[-2], script))

    assert ("Rien ne change en français" in script.changes) is not steps_differ


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
def test_the_english_is_written_as_english_is(script):
    for french, english in script.english.items():
        assert not re.search(r"[\u202f\u00a0«»'\"]|  |^\s|\s$|\s[;:!?]", english), english
        said = english.replace("refus", "").replace("Corriger l’identité", "").replace("cafés", "")
        assert not re.search("[éèêàçùœ]", said), english
        if not french.startswith("{"):
            assert english[0].isupper() or english[0] == "“", english
            assert french[-1] != "." or english[-1] in ".”", english
            assert (french[-1] == "?") is (english[-1] == "?"), english


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
def test_no_duration_or_date_is_written_into_the_english(script):
    for step in script.steps:
        for wording in (wording for paragraph in step.say for wording in paragraph):
            assert set(re.findall(r"\d+", script.english[wording])) <= {
                "15",
                "17",
                "112",
                "114",
                "119",
                "3114",
                "3919",
            }, wording


def aloud(script, step, facts):
    return said_aloud(script.step(step), facts, script.english)


def test_days_tests_and_the_disease_are_said_in_english(p0, p0_facts, contact, contact_facts):
    facts = p0_facts | {"isolation_end": date(2022, 2, 1), "retention": Phrase(*kept_for(90))}
    isolation = aloud(p0, "isolation", facts)
    assert isolation[0].words == (
        "To protect others, I ask you to stay in isolation until Tuesday 1 February."
    )
    assert isolation[0].french.endswith("jusqu’au mardi 1er février.")
    assert "after three months." in aloud(p0, "data_notice", facts)[1].words
    tests = wordings.tests_in_words(
        [(TODAY, TestKind.PCR), (date(2022, 1, 13), TestKind.SELF_TEST)], today=TODAY
    )
    assert aloud(contact, "tests", contact_facts | {"tests": tests})[0].words == (
        "This is what needs to be done, at a pharmacy or a laboratory: today, a PCR test; Thursday 13 January, a self-test."
    )
    met = days_of_meetings([date(2022, 1, 6), date(2022, 1, 4)])
    assert met == Phrase(
        "le mardi 4 janvier et le jeudi 6 janvier", "on Tuesday 4 January and on Thursday 6 January"
    )


def test_what_is_known_in_french_only_is_said_in_french_and_no_paragraph_is_lost(p0, p0_facts):
    needs = within_a_sentence(Phrase("Un test négatif, fait par un médecin."))
    known = {"early_exit_on": date(2022, 1, 13), "free_on": date(2022, 1, 16)}
    facts = p0_facts | known | {"early_exit_needs": needs, "exit_tests": Phrase("un test", "a test")}

    said = aloud(p0, "isolation_exit", facts)

    assert "à ces conditions\u202f: un test négatif, fait par un médecin." in said[0].words
    assert (said[0].language, said[0].lacks_english) == ("fr", True)
    assert said[1].words == "To leave isolation, a test is needed: a test."


@pytest.mark.parametrize("code", load_packs())
def test_what_a_programme_says_aloud_has_its_english(code):
    pack = load_packs()[code]
    offered = {words for row in pack.prophylaxis for words in (row.kind, row.referral)}
    aloud = {
        pack.disease,
        *pack.information_notice,
        *offered,
        *(row.early_exit.needs for row in pack.isolations if row.early_exit),
    }

    assert pack.english.keys() == aloud
    assert in_both(pack.disease, pack.english).english


def test_a_paragraph_that_a_flag_keeps_silent_is_silent_in_english_too(p0, p0_facts):
    said = aloud(p0, "data_notice", p0_facts | {"parent_on_line": True})

    assert [one.words for one in said] == [
        "What I told you about your answers, your data and your rights also holds for Marie Durand."
    ]


@pytest.mark.parametrize(
    "wrong", ["Stay until {quarantine_end}.", "Stay at home.", "Stay until }{isolation_end}."]
)
def test_an_english_that_says_other_facts_is_found(p0, wrong):
    wording = p0.step("isolation").say[0][0]
    changed = p0.model_copy(update={"english": {**p0.english, wording: wrong}})

    [found] = checks.problems(changed)

    assert (found.step, found.part) == ("isolation", "english")
    assert found.fault in {Fault.OTHER_FACTS, Fault.BRACE}


def test_an_english_whose_flag_does_not_come_first_is_found(p0):
    wording = p0.step("opening").say[0][0]
    moved = p0.english[wording].replace("{rang_us}", "") + "{rang_us}"
    changed = p0.model_copy(update={"english": {**p0.english, wording: moved}})

    assert [one.fault for one in checks.problems(changed)] == [Fault.OTHER_FACTS]
