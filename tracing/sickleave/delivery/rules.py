"""Rules for giving the papers: how far a delivery is, and what link, birth date and code give together. Pure.

A link is twelve letters and digits (59 bits), which the text message carries; the code is six digits, which are only
said. Papers are sealed with what follows from both and the birth date, so that whoever has the database has none of the
three.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tracing.kernel.redaction import redacted
from tracing.messages.rules import MessageState, day_in_words
from tracing.sickleave.rules import DeliveryWay

LINK_LASTS = timedelta(days=7)
OPEN_FOR = timedelta(hours=1)
"""How long a link opens after it was first opened; as the database's function `public_open_papers` has it."""
MOST_WRONG = 5
"""So many wrong birth dates or codes close a link; as the function has it."""
UNOPENED_AFTER = timedelta(days=2)
"""A link that is not opened by then is shown to those who look after the notes: the employer waits 48 hours."""
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without characters that are confused over the telephone."""
LINK_LETTERS, CODE_DIGITS = 12, 6


class DeliveryState(StrEnum):
    """How far a delivery is."""

    MADE = "made"
    """The letter or the text waits; link and code are not said yet."""
    SENT = "sent"
    """The letter is posted, the text sent, or link and code were read to the person."""
    OPENED = "opened"
    EXPIRED = "expired"
    CLOSED = "closed"
    """Somebody typed a wrong birth date or code too often."""
    STOPPED = "stopped"
    """The letter no longer leaves; or the text with the link, which was not read to the person."""
    OUTDATED = "outdated"
    """The person was corrected since: the link opens with another birth date, or its papers print another name or address."""


FAILED = frozenset(
    {DeliveryState.EXPIRED, DeliveryState.CLOSED, DeliveryState.STOPPED, DeliveryState.OUTDATED}
)
"""The states in which the person has no papers and will have none by this way."""


def state_of(
    way: DeliveryWay,
    *,
    message: MessageState | None,
    said: bool,
    opened: bool,
    wrong_tries: int,
    expires_at: datetime | None,
    birth_corrected: bool = False,
    at: datetime,
) -> DeliveryState:
    """Return how far a delivery is; `message` is the state of its letter or text."""
    if opened:
        return DeliveryState.OPENED
    if way is DeliveryWay.LETTER:
        return {
            MessageState.WRITTEN: DeliveryState.SENT,
            MessageState.STOPPED: DeliveryState.STOPPED,
        }.get(message or MessageState.QUEUED, DeliveryState.MADE)
    if wrong_tries >= MOST_WRONG:
        return DeliveryState.CLOSED
    if expires_at is not None and expires_at <= at:
        return DeliveryState.EXPIRED
    if birth_corrected:
        return DeliveryState.OUTDATED
    if said or message is MessageState.WRITTEN:
        return DeliveryState.SENT
    return DeliveryState.STOPPED if message is MessageState.STOPPED else DeliveryState.MADE


@redacted
@dataclass(frozen=True)
class LinkKeys:
    """What follows from link, birth date and code: the one that the database compares, and the one that opens."""

    proof: bytes
    opening: bytes

    @classmethod
    def of(cls, secret: bytes) -> "LinkKeys":
        """Return both; `secret` is the keyed hash of `proven_text`."""
        return cls(
            hmac.digest(secret, b"note papers: proof", "sha256"),
            hmac.digest(secret, b"note papers: opening", "sha256"),
        )


def link_text(link: str) -> str:
    """Return what the blind index of a link is made of."""
    return f"note papers: link {as_typed(link)}"


def proven_text(link: str, born: date, code: str) -> str:
    """Return what link, birth date and code are hashed as, however they were typed."""
    digits = "".join(one for one in code if one.isascii() and one.isdigit())
    return f"note papers: secret {as_typed(link)}|{born.isoformat()}|{digits}"


def as_typed(link: str) -> str:
    """Return a link without case, spaces and hyphens; of a whole address, its last part. Nonsense is no link."""
    link = link.rpartition("/papers/")[2].partition("?")[0]
    return "".join(one for one in link.upper() if one.isascii() and one.isalnum())


def is_a_link(typed: str) -> bool:
    """Return whether what was typed can be a link: a slip is no wrong link."""
    link = as_typed(typed)
    return len(link) == LINK_LETTERS and set(link) <= set(LETTERS)


def is_a_code(typed: str) -> bool:
    """Return whether what was typed has as many digits as a code."""
    return sum(one.isascii() and one.isdigit() for one in typed) == CODE_DIGITS


def grouped(text: str, size: int, between: str = "-") -> str:
    """Return a link (`7KQ4-M2XP-9DTR`) or a code (`48 21 07`) as it is read aloud."""
    return between.join(text[at : at + size] for at in range(0, len(text), size))


def text_of(address: str, link: str, *, until: date, call_back: str) -> str:
    """Return the text message with a link: it says neither what is behind it nor for whom."""
    last = day_in_words(until).replace("le ", "au ", 1)
    ask = "Ayez votre date de naissance et le code donné au téléphone."
    ring = f" Une question\u202f? {call_back}." if call_back else ""
    return f"L’Assurance Maladie\u202f: un document vous attend, jusqu’{last}\u202f: {address}/papers/{link} {ask}{ring}"


def letter_of(number: str, days: tuple[date, date], call_back: str) -> tuple[str, ...]:
    """Return the paragraphs of the letter in which the papers are posted."""
    return (
        "Madame, Monsieur,",
        f"Vous trouverez joints à cette lettre les deux exemplaires du document n°\u202f{number}, {_span(days)}.",
        "Gardez celui de l’assuré. Remettez l’autre à votre employeur sous 48\u202fheures\u202f: il ne dit rien du motif.",
        f"Une question\u202f? Appelez-nous au {call_back}."
        if call_back
        else "Une question\u202f? Appelez votre caisse d’assurance maladie.",
    )


def message_to_employer(number: str, days: tuple[date, date], *, check_at: str | None) -> tuple[str, str]:
    """Return subject and words of the message with which the person sends their employer's copy."""
    check = f" Il se vérifie ici\u202f: {check_at}/note" if check_at else ""
    words = f"Bonjour,\n\nVous trouverez ci-joint le document n°\u202f{number}, {_span(days)}.{check}\n\nCordialement,\n"
    return f"Document n°\u202f{number}", words


def _span(days: tuple[date, date]) -> str:
    first, last = map(day_in_words, days)
    if first == last:
        return f"pour {first}"
    return f"{first.replace('le ', 'du ', 1)} {last.replace('le ', 'au ', 1)} inclus"
