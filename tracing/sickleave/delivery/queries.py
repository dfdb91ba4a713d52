"""Read how the papers of notes were given, and the link that is read to a person."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tracing.kernel.db import equals_any, session
from tracing.kernel.redaction import redacted
from tracing.messages.models import Message
from tracing.messages.rules import MessageState
from tracing.queue.languages import languages_of
from tracing.scripts.wording import ENGLISH
from tracing.sickleave.delivery.rules import DeliveryState, grouped, state_of
from tracing.sickleave.models import VALID, NoteDelivery, NoteState, SickNote
from tracing.sickleave.rules import DeliveryWay
from tracing.vault import services as vault

OPENS = frozenset({DeliveryState.MADE, DeliveryState.SENT})
"""The states in which a link waits to be opened."""


@dataclass(frozen=True)
class Given:
    """A delivery, and how far it is."""

    delivery: NoteDelivery
    state: DeliveryState

    @property
    def is_link(self) -> bool:
        """Whether it is a link."""
        return self.delivery.way is DeliveryWay.LINK

    @property
    def waits_to_be_opened(self) -> bool:
        """Whether it is a link that somebody may still open for the first time."""
        return self.is_link and self.state in OPENS


@redacted
@dataclass(frozen=True)
class LinkToRead:
    """A link and its code, as they are read aloud."""

    link: str
    code: str


def find_current(note_id: int) -> NoteDelivery | None:
    """Return the delivery of a note that counts."""
    return session.scalar(
        select(NoteDelivery).where(NoteDelivery.note_id == note_id, NoteDelivery.superseded_at.is_(None))
    )


def given(note_id: int, *, at: datetime) -> Given | None:
    """Return how the papers of a note are given now; None if nobody has chosen."""
    found = find_current(note_id)
    return None if found is None else _given([found], at=at)[0]


def given_of(note_ids: Collection[int], *, at: datetime) -> dict[int, Given]:
    """Return how the papers of these notes are given now; those for which nobody has chosen are absent."""
    if not note_ids:
        return {}
    chosen = select(NoteDelivery).where(
        equals_any(NoteDelivery.note_id, note_ids), NoteDelivery.superseded_at.is_(None)
    )
    return {one.delivery.note_id: one for one in _given(session.scalars(chosen).all(), at=at)}


def every_delivery(note_id: int, *, at: datetime) -> list[Given]:
    """Return every delivery of a note, the newest first."""
    chosen = select(NoteDelivery).where(NoteDelivery.note_id == note_id).order_by(NoteDelivery.id.desc())
    return _given(session.scalars(chosen).all(), at=at)


def is_given_beside(note_id: int, letters: Sequence[int]) -> bool:
    """Return whether the papers of a note were given otherwise than by these letters."""
    chosen = select(NoteDelivery.id).where(
        NoteDelivery.note_id == note_id,
        NoteDelivery.message_id.is_(None) | NoteDelivery.message_id.not_in(letters),
    )
    return session.scalar(chosen.limit(1)) is not None


@dataclass(frozen=True, repr=False)
class PapersToGive:
    """A valid note, how its papers are given, and the link that may be read to the person."""

    note: SickNote
    given: Given | None
    link: LinkToRead | None


def papers_to_give(notes: Iterable[SickNote], *, at: datetime) -> list[PapersToGive]:
    """Return the last note of a chain, and those before it whose papers the person does not have yet."""
    found = []
    for note in notes:
        now = given(note.id, at=at) if note.state in VALID else None
        has_them = now is not None and (
            now.state is DeliveryState.OPENED or (now.state is DeliveryState.SENT and not now.is_link)
        )
        if note.state is NoteState.ISSUED or (note.state is NoteState.PROLONGED and not has_them):
            link = link_to_read(now.delivery) if now is not None and now.waits_to_be_opened else None
            found.append(PapersToGive(note, now, link))
    return found


def is_read_in_english(person_id: int) -> bool:
    """Return whether what is read aloud to a person is read in English."""
    return languages_of([person_id]).get(person_id) == ENGLISH


def link_to_read(delivery: NoteDelivery) -> LinkToRead | None:
    """Return a link and its code as they are read aloud; None once they are destroyed."""
    kept = vault.find_unsealed("note_deliveries", delivery.id, delivery.cohort, delivery.sealed)
    return LinkToRead(grouped(kept["link"], 4), grouped(kept["code"], 2, " ")) if kept else None


def _given(found: Sequence[NoteDelivery], *, at: datetime) -> list[Given]:
    ids = [one.message_id for one in found if one.message_id is not None]
    states: dict[int, MessageState] = {}
    if ids:
        rows = session.execute(select(Message.id, Message.state).where(Message.id.in_(ids)))
        states = {row.id: row.state for row in rows}
    return [
        Given(
            one,
            state_of(
                one.way,
                message=states.get(one.message_id) if one.message_id is not None else None,
                said=one.said_at is not None,
                opened=one.opened_at is not None,
                wrong_tries=one.wrong_tries,
                expires_at=one.expires_at,
                birth_corrected=one.birth_corrected_at is not None,
                at=at,
            ),
        )
        for one in found
    ]
