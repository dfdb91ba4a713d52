"""The words of a letter, of its slip for the employer and of a text about a mended note. Pure.

None of them says why somebody stays at home; the slip says nothing but numbers and days.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracing.kernel.redaction import redacted
from tracing.messages.rules import day_in_words

ENCLOSED = ", joint à cette lettre"


class Happening(StrEnum):
    """What was done to a note."""

    PROLONGED = "prolonged"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    RESTORED = "restored"


@redacted
@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a person is told about a note."""

    happening: Happening
    number: str
    days: tuple[date, date]
    new_number: str | None = None
    new_days: tuple[date, date] | None = None
    on: date
    has_papers: bool = True
    """Whether the person was given the papers of the note; if not, there is nothing to hand to an employer."""
    call_back: str
    """The site's telephone number as it is read; empty if it has none."""


def letter_of(notice: Notice) -> tuple[str, ...]:
    """Return the paragraphs of the letter to the person."""
    ask = f"au {notice.call_back}" if notice.call_back else "votre caisse d’assurance maladie"
    hand_on = (
        "Remettez à votre employeur, sous 48\u202fheures, la partie à détacher ci-dessous. Elle ne dit rien du motif."
        if notice.has_papers
        else "Ses papiers ne vous ont pas été remis\u202f: vous n’avez rien à remettre à votre employeur."
    )
    return (
        "Madame, Monsieur,",
        *_what_happened(notice),
        hand_on,
        f"Une question\u202f? Appelez-nous {ask}."
        if notice.call_back
        else f"Une question\u202f? Appelez {ask}.",
    )


def slip_of(notice: Notice) -> tuple[str, ...]:
    """Return the lines for the employer; none where the person was given no papers of the note."""
    if not notice.has_papers:
        return ()
    return tuple(words.replace(ENCLOSED, "") for words in _what_happened(notice))


def text_of(notice: Notice) -> str:
    """Return the text message, which names no day."""
    done = {
        Happening.PROLONGED: "a été prolongé",
        Happening.REPLACED: "a été remplacé",
        Happening.CANCELLED: "a été annulé",
        Happening.RESTORED: "est de nouveau valable",
    }[notice.happening]
    ring = f" Une question\u202f? {notice.call_back}." if notice.call_back else ""
    return f"L’Assurance Maladie\u202f: votre document {notice.number} {done}. Un courrier suit.{ring}"


def _what_happened(notice: Notice) -> tuple[str, ...]:
    old = f"Le document n°\u202f{notice.number}, {_span(notice.days)},"
    if notice.new_number is not None and notice.new_days is not None:
        new = f"le document n°\u202f{notice.new_number}, {_span(notice.new_days)}"
        if notice.happening is Happening.PROLONGED:
            return (f"{old} est prolongé par {new}{ENCLOSED}. Les deux sont valables.",)
        return (f"{old} est remplacé par {new}{ENCLOSED}. L’ancien n’est plus valable.",)
    if notice.happening is Happening.RESTORED:
        return (f"{old} avait été annulé. Il est de nouveau valable depuis {day_in_words(notice.on)}.",)
    return (
        f"{old} est annulé depuis {day_in_words(notice.on)}. Il n’est plus valable et ne doit plus être utilisé.",
    )


def _span(days: tuple[date, date]) -> str:
    first, last = days
    if first == last:
        return f"pour {day_in_words(first)}"
    return f"{_from(first)} {_to(last)} inclus"


def _from(day: date) -> str:
    return day_in_words(day).replace("le ", "du ", 1)


def _to(day: date) -> str:
    return day_in_words(day).replace("le ", "au ", 1)
