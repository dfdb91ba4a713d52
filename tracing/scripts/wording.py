"""Turn facts into words: a day as it is spoken, a sentence with its placeholders filled in. Pure.

A conversation is led in French. What is read aloud can be said in English to whoever does not speak French: the
script has the English of each text, and a fact that is said has its own.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.dates import format_date

from tracing.programmes.vocabulary import TestKind
from tracing.scripts.definitions import PLACEHOLDER, Step
from tracing.scripts.vocabulary import (
    ANSWER_FOR_SOMEBODY,
    IN_HOSPITAL,
    PERSON,
    STAFF,
    WHO_ANSWERS,
    YES,
    FactValue,
    Phrase,
)

Facts = Mapping[str, FactValue]
FRENCH, ENGLISH = "fr", "en"
SPOKEN_TO_AS_CHILD_UNDER = 12
"""Years below which a child who picks up the telephone hears a child's words."""
MAY_WORK_FROM = 14
"""Years below which nobody is asked about work: holiday work is allowed from 14 (labour code, article L. 4153-3)."""


def day_in_words(day: date, language: str = FRENCH) -> str:
    """Return a day as it is said on the telephone: "mardi 11 janvier", "samedi 1er janvier", "Tuesday 11 January"."""
    words = format_date(day, "EEEE d MMMM", locale="en_GB" if language == ENGLISH else "fr")
    return words.replace(" 1 ", " 1er ") if day.day == 1 and language == FRENCH else words


SPOKEN_TESTS = {
    TestKind.PCR: Phrase("un test PCR", "a PCR test"),
    TestKind.ANTIGEN: Phrase("un test antigénique", "an antigen test"),
    TestKind.PCR_OR_ANTIGEN: Phrase("un test PCR ou antigénique", "a PCR or an antigen test"),
    TestKind.SELF_TEST: Phrase("un autotest", "a self-test"),
    TestKind.ANY: Phrase("un test, un autotest suffit", "a test, and a self-test is enough"),
    TestKind.SEROLOGY: Phrase("une prise de sang", "a blood test"),
    None: Phrase("un test", "a test"),
}


def tests_in_words(tests: Iterable[tuple[date, TestKind | None]], *, today: date) -> Phrase | None:
    """Return the tests that are not past as they are said: « aujourd’hui, un test PCR ; jeudi 13 janvier, un autotest »."""
    coming = [(day, SPOKEN_TESTS[kind]) for day, kind in tests if day >= today]
    if not coming:
        return None
    french = [
        f"{'aujourd’hui' if day == today else day_in_words(day)}, {test.french}" for day, test in coming
    ]
    english = [
        f"{'today' if day == today else day_in_words(day, ENGLISH)}, {test.english}" for day, test in coming
    ]
    return Phrase("\u202f; ".join(french), "; ".join(english))


def prophylaxis_in_words(offered: Iterable[tuple[Phrase, date, Phrase]]) -> Phrase | None:
    """Return what may still prevent the disease, each with its last day and where; None: nothing."""
    found = list(offered)
    if not found:
        return None
    french = [
        f"{kind.french}, jusqu’au {day_in_words(until)} ({where.french})" for kind, until, where in found
    ]
    if any(kind.english is None or where.english is None for kind, _until, where in found):
        return Phrase("\u202f; ".join(french))
    english = [
        f"{kind.english}, until {day_in_words(until, ENGLISH)} ({where.english})"
        for kind, until, where in found
    ]
    return Phrase("\u202f; ".join(french), "; ".join(english))


def days_of_meetings(days: Iterable[date]) -> Phrase:
    """Return the days of several meetings as they are said: « le mardi 4 janvier et le jeudi 6 janvier »."""
    ordered = sorted(set(days))
    if not ordered:
        return Phrase("à des jours que nous ne connaissons pas", "on days that we do not know")
    return Phrase(
        _and([f"le {day_in_words(day)}" for day in ordered], "et"),
        _and([f"on {day_in_words(day, ENGLISH)}" for day in ordered], "and"),
    )


def _and(said: list[str], word: str) -> str:
    return f" {word} ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def with_who_answers(facts: Facts, answers: Mapping[str, object]) -> dict[str, FactValue]:
    """Return the facts with who is heard: whoever answers for somebody hears words about that person, not about themselves.

    A child who has picked up is asked for an adult, in words for a child. For somebody in hospital it is the team there
    that is told of a change.
    """
    said = {"in_hospital": True} if answers.get(IN_HOSPITAL) == YES else {}
    is_minor, who = facts.get("is_minor") is True, answers.get(WHO_ANSWERS)
    if not is_minor and who not in ANSWER_FOR_SOMEBODY:
        return {**facts, **said}
    heard: dict[str, FactValue] = {**facts, **said, "spoken_for": True}
    if who == STAFF:
        heard["staff_on_line"] = True
    return {**heard, "minor_on_line": True} if is_minor and who == PERSON else heard


def in_both(french: str, english: Mapping[str, str]) -> Phrase:
    """Return what a programme says, with its English if it has one."""
    return Phrase(french, english.get(french))


def without_article(said: Phrase) -> Phrase:
    """Return a disease as a test is named by it: « un test de Covid-19 »."""
    return Phrase(_ARTICLE.sub("", said.french), said.english)


_ARTICLE = re.compile(r"^(?:l[ae] |les |l’)")


def within_a_sentence(said: Phrase) -> Phrase:
    """Return a sentence as a part of another one."""
    french, english = (
        text and (text[:1].lower() + text[1:]).removesuffix(".") for text in (said.french, said.english)
    )
    return Phrase(french or "", english)


def in_words(value: FactValue, language: str = FRENCH) -> str | None:
    """Return a fact in words; None if it is unknown, a flag, which is never said, or has none in this language."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, date):
        return day_in_words(value, language)
    if isinstance(value, Phrase):
        return value.english if language == ENGLISH else value.french
    return str(value).strip() or None


def fill(sentence: str, facts: Facts, language: str = FRENCH) -> str | None:
    """Return a sentence with its facts filled in; None if one of them is unknown, or a flag at its beginning not set."""
    blanks, may_be_elided = _blanks(sentence)
    if not blanks:
        return sentence
    known: dict[str, str] = {}
    for name in blanks:
        words = "" if facts.get(name) is True else in_words(facts.get(name), language)
        if words is None:
            return None
        known[name] = words
    if may_be_elided and language == FRENCH:
        sentence = _BEFORE_A_WORD.sub(lambda found: _elided(found, known), sentence)
    return PLACEHOLDER.sub(lambda blank: known[blank[1]], sentence)


_BEFORE_A_WORD = re.compile(r"\b([Dd]|[Qq]u)e (\{([^{}]*)\})")
_BEGINS_WITH_VOWEL = re.compile(r"(?!(?:huit|onze)\b)(?:[aeiouœæh]|y(?![aeiou]))", re.IGNORECASE)


@lru_cache(maxsize=8192)
def _blanks(sentence: str) -> tuple[tuple[str, ...], bool]:
    """Return the placeholders of a sentence, and whether one follows a word that may lose its vowel before it."""
    # a request fills in the same sentences of a script many times over
    return tuple(dict.fromkeys(PLACEHOLDER.findall(sentence))), bool(_BEFORE_A_WORD.search(sentence))


def _elided(found: "re.Match[str]", known: Mapping[str, str]) -> str:
    """Return "de" or "que" before a word as it is said: « d’Axel », « qu’Élise », « de Yann »."""
    # an h is taken as mute: so it is in all but a few given names
    plain = unicodedata.normalize("NFD", known[found[3]][:5])
    return f"{found[1]}’{found[2]}" if _BEGINS_WITH_VOWEL.match(plain) else found[0]


@dataclass(frozen=True)
class SaidAloud:
    """A paragraph to read aloud."""

    words: str
    french: str
    """The same in French."""
    language: str = FRENCH
    lacks_english: bool = False
    """Whether it should be said in English, and has none."""


def said_aloud(step: Step, facts: Facts, english: Mapping[str, str] | None = None) -> list[SaidAloud]:
    """Return the paragraphs to read aloud: for each, the first wording whose facts are all known.

    With `english` in its translation; in French where it has none, or where one of its facts is known in French only:
    no paragraph is lost. A paragraph without a possible wording is left out, so no placeholder is ever shown; so is
    one whose wording is a flag alone: while the flag is set, nothing is said there. The result is plain text: the page
    escapes it.
    """
    found = []
    for wordings in step.say:
        possible = ((one, words) for one in wordings if (words := fill(one, facts)) is not None)
        wording, french = next(possible, ("", ""))
        if not french:
            continue
        translation = None if english is None else english.get(wording)
        words = fill(translation, facts, ENGLISH) if translation else None
        if words:
            found.append(SaidAloud(words, french, ENGLISH))
        else:
            found.append(SaidAloud(french, french, lacks_english=english is not None))
    return found


def render_say(step: Step, facts: Facts) -> list[str]:
    """Return the paragraphs to read aloud in French."""
    return [one.words for one in said_aloud(step, facts)]


def confirmation_key(step: Step) -> str:
    """Return the key under which the confirmation of a mandatory statement is stored among the answers."""
    return f"{step.id}.confirmed"


def confirmation_value(step: Step, facts: Facts) -> str:
    """Return the value to store when a statement is confirmed: a fingerprint of the words that were read.

    If a date in them changes afterwards, the confirmation no longer counts and the words must be read again.
    """
    words = "\n".join(render_say(step, facts))
    return hashlib.sha256(words.encode()).hexdigest()[:16]
