"""The text of messages, and the number they may be sent to. Texts name no disease and no person. Pure."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from enum import StrEnum

from babel.dates import format_date

from tracing.programmes.rules import MIDNIGHT


class Channel(StrEnum):
    """How a message reaches a person."""

    SMS = "sms"
    LETTER = "letter"


class MessageState(StrEnum):
    """The state of a message."""

    QUEUED = "queued"
    """A text message that waits to be sent."""
    WRITTEN = "written"
    """A letter that was printed and posted."""
    STOPPED = "stopped"
    """Messages to this person are stopped."""


HELD_FOR = timedelta(minutes=2)
"""A message leaves this long after it was queued: as long as the outcome it follows from can be taken back."""
MOBILE_PREFIXES = (
    *("+336", "+337"),
    *("+590690", "+590691", "+594694", "+596696", "+596697", "+262692", "+262693", "+262639"),
)
"""Prefixes of numbers that can receive a text message, including the overseas departments."""


def mobile_of(numbers: Sequence[str]) -> str | None:
    """Return the number for a text message: the first mobile one."""
    return next((number for number in numbers if number.startswith(MOBILE_PREFIXES)), None)


class Represented(StrEnum):
    """Whom a message is about that goes to somebody who answers for them."""

    CHILD = "child"
    """A parent or legal representative answers."""
    ADULT = "adult"
    """A protected adult: a legal representative has answered for them."""


def missed_call(call_back: str, *, represented: Represented | None = None) -> str:
    """Return the text sent after unanswered calls; `call_back` is empty for a site without a number.

    `represented`: the calls were about people only for whom somebody else answers.
    """
    ring = f" Rappelez-nous au {call_back}." if call_back else " Nous vous rappellerons."
    lost = "L’Assurance Maladie a essayé de vous joindre et n’y est pas parvenue."
    if represented is Represented.ADULT:
        lost = "L’Assurance Maladie a essayé de joindre le représentant légal d’une personne, et n’y est pas parvenue."
    elif represented is Represented.CHILD:
        lost = "L’Assurance Maladie a essayé de joindre un parent ou le représentant légal d’un enfant, et n’y est pas parvenue."
    return f"{lost}{ring} Aucune coordonnée bancaire ne vous sera demandée."


def letter(call_back: str, hours: str, *, represented: Represented | None = None) -> tuple[str, ...]:
    """Return the paragraphs of the letter to a person who cannot be reached by telephone; `hours` in words.

    `represented`: somebody who answers for the person is written to.
    """
    ring = (
        f"Appelez-nous au {call_back}, {hours}." if call_back else "Appelez votre caisse d’assurance maladie."
    )
    if represented is not None:
        is_child = represented is Represented.CHILD
        whom = "un enfant dont vous êtes le parent ou" if is_child else "une personne dont vous êtes"
        them = "de l’enfant" if is_child else "de cette personne"
        return (
            "Madame, Monsieur,",
            f"Nous cherchons à vous joindre au sujet de la santé d’{whom} le représentant légal, et nous n’avons pas de numéro de téléphone où vous appeler.",
            f"{ring} Ayez cette lettre sous la main\u202f: la référence ci-dessus nous suffit pour retrouver son dossier.",
            f"L’appel est confidentiel. Nous vous demanderons qui vous êtes, puis le nom et la date de naissance {them}, jamais vos coordonnées bancaires.",
            "Nous vous remercions de votre appel.",
        )
    return (
        "Madame, Monsieur,",
        "Nous cherchons à vous joindre au sujet de votre santé, et nous n’avons pas de numéro de téléphone où vous appeler.",
        f"{ring} Ayez cette lettre sous la main\u202f: la référence ci-dessus nous suffit pour retrouver votre dossier.",
        "L’appel est confidentiel. Nous vous demanderons votre nom et votre date de naissance, jamais vos coordonnées bancaires.",
        "Nous vous remercions de votre appel.",
    )


def hours_in_words(opens: time, closes: time, *, sundays: bool, holidays: bool) -> str:
    """Return the opening hours as a letter gives them: `du lundi au samedi de 9 h à 19 h 30`."""
    days = "tous les jours" if sundays else "du lundi au samedi"
    apart = "" if holidays else ", sauf les jours fériés"
    if opens == closes == MIDNIGHT:
        return f"{days}, à toute heure{apart}"
    return f"{days} de {_hour(opens)} à {_hour(closes)}{apart}"


def day_in_words(day: date) -> str:
    """Return the date of a letter, always with its year: `le 22 novembre 2026`."""
    return format_date(day, "'le' d'er' MMMM y" if day.day == 1 else "'le' d MMMM y", locale="fr")


def _hour(at: time) -> str:
    minutes = f"\u00a0{at.minute:02}" if at.minute else ""
    return "minuit" if at == MIDNIGHT else f"{at.hour}\u00a0h{minutes}"
