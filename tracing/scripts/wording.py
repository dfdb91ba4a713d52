"""Turn facts into words: a day as it is spoken, a sentence with its placeholders filled in. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date

from babel.dates import format_date

from tracing.programmes.vocabulary import TestKind
from tracing.scripts.definitions import PLACEHOLDER, Step
from tracing.scripts.vocabulary import FactValue

Facts = Mapping[str, FactValue]


def day_in_words(day: date) -> str:
    """Return a day as it is said on the telephone: "mardi 11 janvier", "samedi 1er janvier"."""
    words = format_date(day, "EEEE d MMMM", locale="fr")
    return words.replace(" 1 ", " 1er ") if day.day == 1 else words


SPOKEN_TESTS = {
    TestKind.PCR: "un test PCR",
    TestKind.ANTIGEN: "un test antigénique",
    TestKind.PCR_OR_ANTIGEN: "un test PCR ou antigénique",
    TestKind.SELF_TEST: "un autotest",
    TestKind.ANY: "un test, un autotest suffit",
    TestKind.SEROLOGY: "une prise de sang",
    None: "un test",
}


def tests_in_words(tests: Iterable[tuple[date, TestKind | None]], *, today: date) -> str | None:
    """Return the tests that are not past as they are said: « aujourd’hui, un test PCR ; jeudi 13 janvier, un autotest »."""
    said = [
        f"{'aujourd’hui' if day == today else day_in_words(day)}, {SPOKEN_TESTS[kind]}"
        for day, kind in tests
        if day >= today
    ]
    return "\u202f; ".join(said) or None


def in_words(value: FactValue) -> str | None:
    """Return a fact in words; None if it is unknown or a flag, which is never said."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, date):
        return day_in_words(value)
    return str(value).strip() or None


def fill(sentence: str, facts: Facts) -> str | None:
    """Return a sentence with its facts filled in; None if one of them is unknown, or a flag at its beginning not set."""
    known: dict[str, str] = {}
    for name in PLACEHOLDER.findall(sentence):
        words = "" if facts.get(name) is True else in_words(facts.get(name))
        if words is None:
            return None
        known[name] = words
    return PLACEHOLDER.sub(lambda blank: known[blank[1]], sentence)


def render_say(step: Step, facts: Facts) -> list[str]:
    """Return the paragraphs to read aloud: for each, the first wording whose facts are all known.

    A paragraph without such a wording is left out, so no placeholder is ever shown; so is one whose wording is a flag
    alone: while the flag is set, nothing is said there. The result is plain text: the page
    escapes it.
    """
    paragraphs = (
        next((words for wording in wordings if (words := fill(wording, facts)) is not None), None)
        for wordings in step.say
    )
    return [paragraph for paragraph in paragraphs if paragraph]


def confirmation_key(step: Step) -> str:
    """Return the key under which the confirmation of a mandatory statement is stored among the answers."""
    return f"{step.id}.confirmed"


def confirmation_value(step: Step, facts: Facts) -> str:
    """Return the value to store when a statement is confirmed: a fingerprint of the words that were read.

    If a date in them changes afterwards, the confirmation no longer counts and the words must be read again.
    """
    words = "\n".join(render_say(step, facts))
    return hashlib.sha256(words.encode()).hexdigest()[:16]
