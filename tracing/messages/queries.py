"""Read the outbox: messages of a person or a site."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from tracing.kernel.db import find_row, session
from tracing.kernel.paging import PAGE_SIZE, Page, page_of
from tracing.messages.errors import NoSuchLetter
from tracing.messages.models import Message, MessageStop
from tracing.messages.rules import Channel, MessageState
from tracing.people import queries as people
from tracing.vault import services as vault


@dataclass(frozen=True, repr=False)
class Written:
    """A message with its text; the text is None once its day was destroyed. The recipient's number is not shown."""

    message: Message
    text: str | None
    slip: str = ""
    """The part of a letter that the person hands to somebody else."""


def is_stopped(person_id: int) -> bool:
    """Return whether messages to a person are stopped, under any of their records."""
    chosen = select(MessageStop.person_id).where(
        MessageStop.person_id.in_(people.records_of_same_person(person_id))
    )
    return session.scalar(chosen.limit(1)) is not None


def stops_of(records: Collection[int]) -> dict[int, datetime]:
    """Return since when the messages to each of a person's records are stopped; the others are absent."""
    rows = session.execute(
        select(MessageStop.person_id, MessageStop.since).where(MessageStop.person_id.in_(records))
    )
    return {row.person_id: row.since for row in rows}


def stopped_since(person_id: int) -> datetime | None:
    """Return since when nothing is sent to a person, under the record that counts for them; None if it may be."""
    chosen = select(MessageStop.since).where(
        MessageStop.person_id.in_(people.records_of_same_person(person_id))
    )
    # of this very record first: a letter is held with those of its own
    own = MessageStop.person_id == person_id
    return session.scalars(chosen.order_by(own.desc(), MessageStop.since).limit(1)).first()


def stopped_by_stop(person_id: int) -> list[Message]:
    """Return the letters to a person that waited when their messages were stopped; none if they are not."""
    records = people.records_of_same_person(person_id)
    return list(
        session.scalars(
            select(Message)
            .join(MessageStop, MessageStop.person_id == Message.person_id)
            .where(
                Message.person_id.in_(records),
                Message.channel == Channel.LETTER,
                Message.state == MessageState.STOPPED,
                Message.ended_at == MessageStop.since,
            )
            .order_by(Message.id)
        )
    )


def stopped_among(person_ids: Iterable[int]) -> set[int]:
    """Return which of these records belong to people whose messages are stopped, under whichever record."""
    found = people.leading_records(person_ids)
    family = set(found.values()) | set(found)
    rows = session.scalars(select(MessageStop.person_id).where(MessageStop.person_id.in_(family)))
    stopped = set(rows)
    return {one for one, leading in found.items() if {one, leading} & stopped}


def reported_by_laboratory(person_ids: Iterable[int]) -> set[int]:
    """Return which of these people were reported dead by a laboratory, and not in a call."""
    chosen = select(MessageStop.person_id).where(
        MessageStop.person_id.in_(set(person_ids)), MessageStop.by_id.is_(None)
    )
    return set(session.scalars(chosen))


def messages_to(person_id: int) -> list[Written]:
    """Return the messages to a person, newest first."""
    chosen = select(Message).where(Message.person_id.in_(people.records_of_same_person(person_id)))
    return _with_words(session.scalars(chosen.order_by(Message.id.desc()).limit(20)))


def texts_astray(person_id: int) -> list[int]:
    """Return the texts to a person that wait to be sent to a number that was said wrong."""
    wrong = people.wrong_numbers(person_id)
    if not wrong:
        return []
    waiting = session.scalars(
        select(Message).where(
            Message.person_id.in_(people.records_of_same_person(person_id)),
            Message.state == MessageState.QUEUED,
        )
    )
    opened = [(one.id, vault.find_unsealed("messages", one.id, one.cohort, one.sealed)) for one in waiting]
    to = {message_id: words["to"] for message_id, words in opened if words}
    keys = people.number_hashes(person_id, to.values())
    return [message_id for message_id, number in to.items() if keys[number] in wrong]


def outbox(site_id: int, *, before_id: int | None) -> Page[Written]:
    """Return a page of a site's messages, newest first."""
    chosen = select(Message).where(Message.site_id == site_id)
    if before_id is not None:
        chosen = chosen.where(Message.id < before_id)
    found = session.scalars(chosen.order_by(Message.id.desc()).limit(PAGE_SIZE + 1)).all()
    return page_of(_with_words(found), [message.id for message in found])


def get_letter(message_id: int, site_id: int, *, lock: bool = False) -> Message:
    """Return a letter of a site.

    Raises:
        NoSuchLetter
    """
    message = find_row(Message, message_id, lock=lock)
    if message is None or message.site_id != site_id or message.channel is not Channel.LETTER:
        raise NoSuchLetter
    return message


def read_letter(message: Message) -> Written:
    """Return a letter with its text and the slip to hand on."""
    return _with_words([message])[0]


def letters_to(person_ids: Iterable[int]) -> dict[int, Message]:
    """Return the newest letter that asks each of these people to call; people without one are absent.

    Such a letter is written at once. One that waits in the outbox carries something else, a note for instance.
    """
    chosen = (
        select(Message)
        .where(Message.person_id.in_(set(person_ids)), Message.channel == Channel.LETTER)
        .where(Message.not_before.is_(None))
        .order_by(Message.id)
    )
    return {message.person_id: message for message in session.scalars(chosen)}


def waiting_count(site_id: int) -> int:
    """Count the messages of a site that wait to be sent."""
    chosen = select(func.count()).where(Message.site_id == site_id, Message.state == MessageState.QUEUED)
    return session.scalar(chosen) or 0


def _with_words(found: Iterable[Message]) -> list[Written]:
    opened = [(one, vault.find_unsealed("messages", one.id, one.cohort, one.sealed)) for one in found]
    return [
        Written(one, words["text"], words.get("slip", "")) if words else Written(one, None)
        for one, words in opened
    ]
