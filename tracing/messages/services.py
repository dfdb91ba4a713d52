"""Put messages into the outbox, and stop or allow the messages to a person."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import clock, events
from tracing.kernel.db import equals_any, lock_row, refresh_known, session, take_id
from tracing.messages import queries, rules
from tracing.messages.errors import LetterStopped
from tracing.messages.models import Message, MessageStop
from tracing.messages.rules import Channel, MessageState, Represented
from tracing.people import queries as people
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.ui.formats import phone
from tracing.vault import services as vault


def queue_missed_call(
    missed: Iterable[tuple[int, str]],
    *,
    represented: Mapping[int, Represented] = MappingProxyType({}),
    by: Agent,
    at: datetime,
) -> list[Message]:
    """Queue a text to the people of a household that could not be reached; `missed`: each person and their reference.

    One text per mobile number, however many people share it; none for people without one, or reported dead. Behind a
    number of people alone for whom somebody answers (`represented`), that one is written to. Nothing is sent from here.
    """
    number = staff.get_site(by.site.id).call_back_number
    call_back = phone(number) if number else ""
    sharing: dict[str, list[tuple[int, str]]] = {}
    for person_id, reference in missed:
        to = _texted_at(person_id)
        if to is not None:
            sharing.setdefault(to, []).append((person_id, reference))
    queued = []
    for to, people_there in sharing.items():
        kinds = {represented.get(person_id) for person_id, _reference in people_there}
        whom = None if None in kinds else kinds.pop() if len(kinds) == 1 else Represented.ADULT
        sealed = {"to": to, "text": rules.missed_call(call_back, represented=whom)}
        person_id, reference = people_there[0]
        queued.append(_put(person_id, reference, Channel.SMS, MessageState.QUEUED, sealed, by=by, at=at))
    return queued


def _texted_at(person_id: int) -> str | None:
    """Return the number to which a person's texts go, or None."""
    identity = people.find_joint_identity(person_id)
    if identity is None or queries.is_stopped(person_id):
        return None
    return rules.mobile_of(people.usable_numbers(person_id, identity.phones))


def queue_text(person_id: int, reference: str, text: str, *, by: Agent, at: datetime) -> Message | None:
    """Queue a text to one person; none without a mobile number, or if their messages are stopped."""
    to = _texted_at(person_id)
    if to is None:
        return None
    sealed = {"to": to, "text": text}
    return _put(person_id, reference, Channel.SMS, MessageState.QUEUED, sealed, by=by, at=at)


def queue_letter(
    person_id: int,
    reference: str,
    text: str,
    *,
    slip: str = "",
    is_held: bool = False,
    by: Agent,
    at: datetime,
) -> Message | None:
    """Queue a letter, to be printed and posted; `slip` is the part that they hand on. None if messages are stopped.

    `is_held`: it is kept, stopped with the others, and leaves with them if that was a mistake.
    """
    since = queries.stopped_since(person_id)
    if since is not None and not is_held:
        return None
    sealed = {"to": "", "text": text, "slip": slip}
    if since is None:
        return _put(person_id, reference, Channel.LETTER, MessageState.QUEUED, sealed, by=by, at=at)
    held = _put(person_id, reference, Channel.LETTER, MessageState.STOPPED, sealed, by=by, at=at)
    # with those that waited when everything was stopped: `queries.stopped_by_stop`
    held.ended_at = since
    session.flush()
    return held


def letter_posted(message_id: int, *, by: Agent, at: datetime) -> Message:
    """Record that a queued letter was printed and posted; a second time changes nothing.

    Raises:
        NoSuchLetter: it is of another site.
        LetterStopped: it must not leave any more.
    """
    message = queries.get_letter(message_id, by.site.id, lock=True)
    if message.state is MessageState.STOPPED:
        raise LetterStopped
    if message.state is MessageState.QUEUED:
        message.state, message.ended_at = MessageState.WRITTEN, at
        session.flush()
        events.record(
            "message.written",
            by=by.member_id,
            at=at,
            subject=("message", message.id),
            site_id=message.site_id,
            channel=message.channel.value,
        )
    return message


def letter_written(person_id: int, reference: str, text: str, *, by: Agent, at: datetime) -> Message:
    """Record that a letter to a person was printed and posted; does nothing the second time on one day."""
    last = queries.letters_to([person_id]).get(person_id)
    today = clock.midnight(at, by.site.time_zone)
    if last is not None and last.reference == reference and last.queued_at >= today:
        return last
    sealed = {"to": "", "text": text}
    return _put(person_id, reference, Channel.LETTER, MessageState.WRITTEN, sealed, by=by, at=at)


def _put(
    person_id: int,
    reference: str,
    channel: Channel,
    state: MessageState,
    sealed: dict[str, str],
    *,
    by: Agent,
    at: datetime,
) -> Message:
    message_id, cohort = take_id("messages"), clock.local_day(at, by.site.time_zone)
    message = Message(
        id=message_id,
        person_id=person_id,
        site_id=by.site.id,
        reference=reference,
        channel=channel,
        state=state,
        cohort=cohort,
        sealed=vault.seal("messages", message_id, cohort, sealed),
        queued_at=at,
        queued_by=by.member_id,
        not_before=at + rules.HELD_FOR if state is MessageState.QUEUED else None,
        ended_at=at if state is MessageState.WRITTEN else None,
    )
    session.add(message)
    session.flush()
    kind = "message.written" if state is MessageState.WRITTEN else "message.queued"
    events.record(
        kind,
        by=by.member_id,
        at=at,
        subject=("message", message.id),
        site_id=by.site.id,
        channel=channel.value,
    )
    return message


def stop(message_ids: Collection[int], *, by: int, at: datetime) -> None:
    """Stop messages that have not left: what they follow from was taken back."""
    stopped = session.execute(
        update(Message)
        .where(equals_any(Message.id, message_ids), Message.state == MessageState.QUEUED)
        .values(state=MessageState.STOPPED, ended_at=at)
        .returning(Message.id, Message.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    refresh_known(Message)
    for _message_id, person_id in stopped:
        events.record("message.stopped", by=by, at=at, subject=("person", person_id), waiting=1)
    # what was held with everything to its person does not leave with that either
    session.execute(
        update(Message)
        .where(equals_any(Message.id, message_ids), Message.state == MessageState.STOPPED)
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )
    refresh_known(Message)


def stop_unsent(message_ids: Sequence[int], *, by: int, at: datetime) -> int:
    """Stop these messages if they have not left; return how many of them have."""
    stop(message_ids, by=by, at=at)
    chosen = (
        select(func.count())
        .select_from(Message)
        .where(equals_any(Message.id, message_ids), Message.state == MessageState.WRITTEN)
    )
    return session.scalar(chosen) or 0 if message_ids else 0


def queue_again(message: Message, *, by: int | None, at: datetime) -> None:
    """Let a letter wait again that was stopped with every message to its person, by mistake."""
    message.state, message.ended_at, message.not_before = MessageState.QUEUED, None, at + rules.HELD_FOR
    session.flush()
    events.record(
        "message.queued",
        by=by,
        at=at,
        subject=("message", message.id),
        site_id=message.site_id,
        channel=message.channel.value,
    )


def stop_all(person_id: int, *, by: int | None, at: datetime) -> int:
    """Stop all waiting messages to a person under any of their records and refuse new ones; returns how many."""
    records = people.records_of_same_person(person_id)
    session.execute(
        insert(MessageStop)
        .values([{"person_id": one, "since": at, "by_id": by} for one in records])
        .on_conflict_do_nothing()
    )
    stopped = session.scalars(
        update(Message)
        .where(Message.person_id.in_(records), Message.state == MessageState.QUEUED)
        .values(state=MessageState.STOPPED, ended_at=at)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    refresh_known(Message)
    events.record(
        "message.stopped",
        by=by,
        at=at,
        subject=("person", person_id),
        waiting=len(stopped),
    )
    return len(stopped)


def stop_text(message_id: int, *, by: int | None, at: datetime) -> None:
    """Stop a text that waits to be sent to a number that was said wrong."""
    message = lock_row(Message, message_id)
    if message.state is MessageState.QUEUED:
        message.state, message.ended_at = MessageState.STOPPED, at
        session.flush()
        events.record("message.stopped", by=by, at=at, subject=("person", message.person_id), waiting=1)


def allow_again(person_id: int, *, by: int | None, at: datetime) -> None:
    """Allow messages to a person again, after a mistake. What was stopped stays so, but for what `queue_again` sends."""
    records = people.records_of_same_person(person_id)
    known = session.scalars(select(MessageStop.person_id).where(MessageStop.person_id.in_(records))).all()
    if known:
        session.execute(delete(MessageStop).where(MessageStop.person_id.in_(records)))
        events.record("message.allowed", by=by, at=at, subject=("person", person_id))
