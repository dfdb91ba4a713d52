"""The questions that the public pages ask the database, each in a transaction of its own: the try is counted too."""

import base64
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import Engine, text

from tracing.public.errors import TooManyTries
from tracing.sickleave.checking.services import ANSWER_OF
from tracing.sickleave.delivery.papers import Papers, opened
from tracing.sickleave.delivery.rules import LinkKeys, link_text, proven_text
from tracing.sickleave.models import CheckAnswer, NoteState
from tracing.staff.rules import network_of
from tracing.vault import sealing

TOO_MANY = "too_many"

_CALL = text("SELECT public_check_call(:address, :said)")
_NOTE = text("SELECT public_check_note(:address, :printed)")
_PAPERS = text("SELECT answer, papers FROM public_open_papers(:address, :link, :proven)")

HASH_BYTES, KEY_BYTES = 16, 32


class LinkAnswer(StrEnum):
    """What somebody learns who opens a link."""

    OPEN = "open"
    WRONG = "wrong"
    """There is no such link, or birth date or code are not those of its person."""
    CLOSED = "closed"
    """It was used, has expired, was replaced by another, or was closed after wrong tries."""
    VOID = "void"
    """The note does not hold any more."""


@dataclass(frozen=True, repr=False)
class Ticket:
    """What opens a link for an hour once birth date and code were right, without saying them again."""

    link: bytes
    keys: LinkKeys

    def written(self) -> str:
        """Return it as a form sends it."""
        return base64.urlsafe_b64encode(self.link + self.keys.proof + self.keys.opening).decode()

    @classmethod
    def read(cls, text: str) -> "Ticket | None":
        """Return the ticket that a form sent, or None."""
        try:
            held = base64.urlsafe_b64decode(text)
        except ValueError:
            return None
        if len(held) != HASH_BYTES + 2 * KEY_BYTES:
            return None
        proof, opening = held[HASH_BYTES : HASH_BYTES + KEY_BYTES], held[HASH_BYTES + KEY_BYTES :]
        return cls(held[:HASH_BYTES], LinkKeys(proof, opening))


@dataclass(frozen=True)
class Checks:
    """The database as the role of the public pages, and the one key that they have."""

    engine: Engine
    key: bytes = field(repr=False)
    """Key of the blind index of notes (`sickleave.models.NOTE_CHECK`)."""

    def is_our_call(self, proof: str, *, address: str) -> bool:
        """Return whether a call of this moment or of the last day has this proof (`calls.spoken_proof`).

        Raises:
            TooManyTries
        """
        with self.engine.begin() as connection:
            answer = connection.scalar(_CALL, {"address": self._hash(address), "said": proof})
        if answer == TOO_MANY:
            raise TooManyTries
        return bool(answer == "yes")

    def worth_of_note(self, printed: str, *, address: str) -> CheckAnswer:
        """Return what the note is worth on which exactly this is printed (`sickleave.numbering.checked_text`).

        A known note and an unknown one cost the same but for one row that is read (`benchmarks.public_checks`).

        Raises:
            TooManyTries
        """
        asked = {"address": self._hash(address), "printed": sealing.blind(self.key, printed)}
        with self.engine.begin() as connection:
            answer = connection.scalar(_NOTE, asked)
        if answer == TOO_MANY:
            raise TooManyTries
        return CheckAnswer.UNKNOWN if answer == CheckAnswer.UNKNOWN else ANSWER_OF[NoteState(answer)]

    def ticket(self, link: str, born: date, code: str) -> Ticket:
        """Return what follows from what was typed, right or wrong."""
        keys = LinkKeys.of(sealing.blind(self.key, proven_text(link, born, code)))
        return Ticket(sealing.blind(self.key, link_text(link)), keys)

    def open_papers(self, ticket: Ticket, *, address: str) -> tuple[LinkAnswer, Papers | None]:
        """Return the papers behind a link; the database returns them sealed, to whoever proves birth date and code.

        A wrong link and a wrong code get the same answers, and cost the same but for one row that is read: the tries of a
        link are counted in one table, whether there is such a link or not (`benchmarks.public_checks`).

        Raises:
            TooManyTries
        """
        asked = {"address": self._hash(address), "link": ticket.link, "proven": ticket.keys.proof}
        with self.engine.begin() as connection:
            answer, sealed = connection.execute(_PAPERS, asked).one()
        if answer == TOO_MANY:
            raise TooManyTries
        if sealed is None:
            return LinkAnswer(answer), None
        papers = opened(bytes(sealed), ticket.keys.opening, ticket.link)
        return (LinkAnswer.CLOSED, None) if papers is None else (LinkAnswer.OPEN, papers)

    def _hash(self, address: str) -> bytes:
        return sealing.blind(self.key, f"address {network_of(address)}")
