"""The two questions that the public pages ask the database, each in a transaction of its own: the try is counted too."""

from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from tracing.public.errors import TooManyTries
from tracing.sickleave.checking.services import ANSWER_OF
from tracing.sickleave.models import CheckAnswer, NoteState
from tracing.staff.rules import network_of
from tracing.vault import sealing

TOO_MANY = "too_many"

_CALL = text("SELECT public_check_call(:address, :said)")
_NOTE = text("SELECT public_check_note(:address, :printed)")


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

        A known note and an unknown one cost the same work.

        Raises:
            TooManyTries
        """
        asked = {"address": self._hash(address), "printed": sealing.blind(self.key, printed)}
        with self.engine.begin() as connection:
            answer = connection.scalar(_NOTE, asked)
        if answer == TOO_MANY:
            raise TooManyTries
        return CheckAnswer.UNKNOWN if answer == CheckAnswer.UNKNOWN else ANSWER_OF[NoteState(answer)]

    def _hash(self, address: str) -> bytes:
        return sealing.blind(self.key, f"address {network_of(address)}")
