"""What a message says, and to which number it may go. The words name no disease and nobody. Pure."""

from collections.abc import Sequence
from enum import StrEnum


class Channel(StrEnum):
    """How a message reaches a person."""

    SMS = "sms"
    LETTER = "letter"


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    """A text message that waits to be sent."""
    WRITTEN = "written"
    """A letter that was printed and posted."""
    STOPPED = "stopped"
    """Nothing more goes out to this person."""


MOBILE_PREFIXES = (
    *("+336", "+337"),
    *("+590690", "+590691", "+594694", "+596696", "+596697", "+262692", "+262693", "+262639"),
)
"""What can receive a text message, overseas departments included."""


def mobile_of(numbers: Sequence[str]) -> str | None:
    """Return the number to which a text message goes: the first mobile one."""
    return next((number for number in numbers if number.startswith(MOBILE_PREFIXES)), None)


def missed_call(call_back: str) -> str:
    """Return the text after calls that nobody answered; `call_back` is empty at a site without a number."""
    ring = f" Rappelez-nous au {call_back}." if call_back else " Nous vous rappellerons."
    lost = "L’Assurance Maladie a essayé de vous joindre et n’y est pas parvenue."
    return f"{lost}{ring} Aucune coordonnée bancaire ne vous sera demandée."


def letter(call_back: str) -> tuple[str, ...]:
    """Return the paragraphs of the letter to somebody whom no number reaches."""
    ring = f"Appelez-nous au {call_back}." if call_back else "Appelez votre caisse d’assurance maladie."
    return (
        "Nous cherchons à vous joindre au sujet de votre santé, et nous n’avons pas de numéro de téléphone où vous appeler.",
        f"{ring} Ayez cette lettre sous la main : la référence ci-dessus nous suffit pour retrouver votre dossier.",
        "L’appel est confidentiel. Nous vous demanderons votre nom et votre date de naissance, jamais vos coordonnées bancaires.",
    )
