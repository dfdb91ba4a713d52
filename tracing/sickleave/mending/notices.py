"""What a person is told in writing when their note is mended, and what they hand to their employer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.messages import services as messages
from tracing.messages.models import Message
from tracing.sickleave.delivery import queries as given
from tracing.sickleave.delivery import services as delivery
from tracing.sickleave.delivery.rules import DeliveryState
from tracing.sickleave.mending import queries
from tracing.sickleave.mending.letter_rules import Happening, Notice, letter_of, slip_of, text_of
from tracing.sickleave.models import VALID, NoteNotice, NoteState, SickNote
from tracing.staff.agent import Agent
from tracing.staff.queries import get_site
from tracing.ui.formats import phone

TOLD = {
    Happening.PROLONGED: NoteState.PROLONGED,
    Happening.REPLACED: NoteState.REPLACED,
    Happening.CANCELLED: NoteState.CANCELLED,
    Happening.RESTORED: NoteState.ISSUED,
}
HAPPENINGS = {told: happening for happening, told in TOLD.items()}


@dataclass(frozen=True)
class Untold:
    """What a letter would have said that enclosed a note, and did not leave: the person knows nothing of that note."""

    happening: Happening
    note_id: int
    """The note that they know."""


def tell(
    happening: Happening,
    note: SickNote,
    reference: str,
    *,
    new: SickNote | None = None,
    said: bool = False,
    today: date,
    by: Agent,
    at: datetime,
) -> None:
    """Put a letter with its slip for the employer into the outbox, and a text for whoever has a mobile number.

    To somebody whose messages are stopped the letter is held: it leaves if that was a mistake, and a text is not written.
    `said`: they are on the telephone.
    """
    number = get_site(by.site.id).call_back_number
    notice = Notice(
        happening=happening,
        number=note.number,
        days=(note.first_day, note.last_day),
        new_number=new.number if new else None,
        new_days=(new.first_day, new.last_day) if new else None,
        on=today,
        has_papers=new is not None or has_papers(note, at=at),
        call_back=phone(number) if number else "",
    )
    letter = messages.queue_letter(
        note.person_id,
        reference,
        "\n".join(letter_of(notice)),
        slip="\n".join(slip_of(notice)),
        is_held=True,
        by=by,
        at=at,
    )
    text = messages.queue_text(note.person_id, reference, text_of(notice), by=by, at=at)
    for message in (letter, text):
        if message is not None:
            session.add(
                NoteNotice(
                    message_id=message.id,
                    note_id=note.id,
                    enclosed_id=new.id if new else None,
                    told=TOLD[happening],
                    said=said,
                )
            )
    session.flush()
    if letter is not None and new is not None:
        delivery.record_letter(new, letter.id, by=by, at=at)


def has_papers(note: SickNote, *, at: datetime) -> bool:
    """Return whether the papers of a note reached its person, or may have: by letter, by link, or printed for them."""
    reached = {DeliveryState.SENT, DeliveryState.OPENED, DeliveryState.EXPIRED}
    by_way = any(
        one.state in reached or one.delivery.said_at or one.delivery.opened_at
        for one in given.every_delivery(note.id, at=at)
    )
    return by_way or queries.was_printed(note.id)


def leave_after_all(waited: Iterable[Message], *, by: int | None, at: datetime) -> None:
    """Let letters leave after all that were stopped with everything to their person, as far as they still hold.

    A letter that tells of a note holds while the note is what it says; one that encloses papers, while these are valid
    and nobody has given them in another way since. Of days that are over nobody is told by letter after all: the note is on
    the list of papers to give, for a human.
    """
    for letter in waited:
        notice = session.get(NoteNotice, letter.id)
        enclosed = queries.enclosed_in(letter.id)
        is_told_right = notice is None or session.get_one(SickNote, notice.note_id).state is notice.told
        if not is_told_right or (enclosed is not None and enclosed.state not in VALID):
            continue
        days_of = enclosed or (None if notice is None else session.get_one(SickNote, notice.note_id))
        if days_of is not None and _is_over(days_of, at):
            continue
        current = given.find_current(enclosed.id) if enclosed is not None else None
        if current is None or current.message_id == letter.id:
            messages.queue_again(letter, by=by, at=at)


def _is_over(note: SickNote, at: datetime) -> bool:
    return note.last_day < clock.local_day(at, ZoneInfo(get_site(note.site_id).time_zone))


def take_back_papers(note: SickNote, *, by: Agent, at: datetime) -> Untold | None:
    """Stop what has not left and encloses a note; return what they would have said if none has left.

    A second time returns the same.
    """
    found = queries.notices_enclosing(note.id)
    letters = [one.message_id for one in found]
    left = messages.stop_unsent(letters, by=by.member_id, at=at)
    delivery.withdraw(note, by=by, at=at)
    is_known = left or any(one.said for one in found) or given.is_given_beside(note.id, letters)
    return None if is_known or not found else Untold(HAPPENINGS[found[-1].told], found[-1].note_id)


def take_back_cancellation(note: SickNote, *, since: datetime | None, by: Agent, at: datetime) -> bool:
    """Stop what waits to tell the person that their note is cancelled; return whether they know nothing of it.

    They know if one of the messages has left, or if they were told by voice: then there was none.
    """
    found = queries.messages_telling(note.id, NoteState.CANCELLED, since=since)
    left = messages.stop_unsent([one.id for one in found], by=by.member_id, at=at)
    return bool(found) and not left
