"""Turn facts into words: a day as a person says it, a sentence with its blanks filled in. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import date

from babel.dates import format_date

from tracing.scripts.definitions import PLACEHOLDER, Step
from tracing.scripts.vocabulary import FactValue

Facts = Mapping[str, FactValue]


def day_in_words(day: date) -> str:
    """Say a day as on the telephone: "mardi 11 janvier", "samedi 1er janvier"."""
    words = format_date(day, "EEEE d MMMM", locale="fr")
    return words.replace(" 1 ", " 1er ") if day.day == 1 else words


def in_words(value: FactValue) -> str | None:
    """Return how a fact is said, or None when it is unknown or is a flag, which is never said."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, date):
        return day_in_words(value)
    return str(value).strip() or None


def fill(sentence: str, facts: Facts) -> str | None:
    """Put the facts into a sentence, or return None when one of them is unknown."""
    known: dict[str, str] = {}
    for name in PLACEHOLDER.findall(sentence):
        words = in_words(facts.get(name))
        if words is None:
            return None
        known[name] = words
    return PLACEHOLDER.sub(lambda blank: known[blank[1]], sentence)


def render_say(step: Step, facts: Facts) -> list[str]:
    """Return the paragraphs to read aloud: of each, the first wording of which every fact is known.

    A paragraph none of whose wordings can be said is left out, so no blank is ever shown.
    The result is plain text: the page escapes it.
    """
    paragraphs = (
        next((words for wording in wordings if (words := fill(wording, facts))), None)
        for wordings in step.say
    )
    return [paragraph for paragraph in paragraphs if paragraph]


def confirmation_key(step: Step) -> str:
    """Return the key under which the confirmation of a mandatory statement is kept among the answers."""
    return f"{step.id}.confirmed"


def confirmation_value(step: Step, facts: Facts) -> str:
    """Return what to store when a statement is confirmed: a fingerprint of the very words that were read.

    When a date in them changes afterwards, the confirmation no longer counts and the words are read again.
    """
    words = "\n".join(render_say(step, facts))
    return hashlib.sha256(words.encode()).hexdigest()[:16]
