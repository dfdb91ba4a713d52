"""Read the notes of a site: by state and day, and one with everything that is connected with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from tracing.cases.models import Case, CaseOutcome
from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel import clock
from tracing.kernel.db import find_row, session
from tracing.kernel.events import Event
from tracing.kernel.paging import PAGE_SIZE, Page, page_of
from tracing.messages.models import Message, MessageStop
from tracing.messages.rules import Channel, MessageState
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.queue.models import CallTask
from tracing.sickleave.delivery.rules import MOST_WRONG, UNOPENED_AFTER
from tracing.sickleave.errors import NoSuchNote
from tracing.sickleave.mending.rules import (
    DELIVERED_WITHIN,
    DELIVERY_LOOKED_BACK,
    LONGEST_MEASURE,
    LOOKED_BACK,
    MANY_BEHIND_ONE_NUMBER,
    MOST_DAYS_BETWEEN,
    NoteList,
)
from tracing.sickleave.models import VALID, NoteDelivery, NoteKind, NoteNotice, NoteState, SickNote
from tracing.sickleave.queries import TO_COUNTERSIGN, TO_MEND
from tracing.sickleave.rules import DeliveryWay
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import Site

_LISTS = {
    NoteList.TO_COUNTERSIGN: TO_COUNTERSIGN,
    **{
        NoteList(state.value): SickNote.state == state
        for state in (NoteState.ISSUED, NoteState.PROLONGED, NoteState.REPLACED, NoteState.CANCELLED)
    },
}


def _same_number(site_id: int, at: datetime) -> ColumnElement[bool]:
    """Return the condition of notes of the last days behind a number with many; an institution's has no household."""
    recent = SickNote.issued_at > at - LOOKED_BACK
    crowded = (
        select(CallTask.household_id)
        .join(SickNote, SickNote.task_id == CallTask.id)
        .where(SickNote.site_id == site_id, recent, SickNote.state.in_(VALID))
        .where(CallTask.household_id.is_not(None))
        .group_by(CallTask.household_id)
        .having(func.count(distinct(SickNote.person_id)) >= MANY_BEHIND_ONE_NUMBER)
    )
    return and_(recent, SickNote.state.in_(VALID), CallTask.household_id.in_(crowded))


def _undelivered(at: datetime) -> ColumnElement[bool]:
    """Return the condition of valid notes of the last days whose papers the person does not have, nor will have."""
    on_their_way = (
        select(NoteDelivery.id)
        .outerjoin(Message, Message.id == NoteDelivery.message_id)
        .where(NoteDelivery.note_id == SickNote.id, NoteDelivery.superseded_at.is_(None))
        .where(
            or_(
                and_(NoteDelivery.way == DeliveryWay.LETTER, Message.state != MessageState.STOPPED),
                NoteDelivery.opened_at.is_not(None),
                and_(
                    NoteDelivery.way == DeliveryWay.LINK,
                    NoteDelivery.wrong_tries < MOST_WRONG,
                    NoteDelivery.made_at > at - UNOPENED_AFTER,
                    NoteDelivery.birth_corrected_at.is_(None),
                    or_(
                        Message.id.is_(None),
                        Message.state != MessageState.STOPPED,
                        NoteDelivery.said_at.is_not(None),
                    ),
                ),
            )
        )
    )
    # that it failed is known at once, whatever is still said in the call
    failed = (
        select(NoteDelivery.id)
        .outerjoin(Message, Message.id == NoteDelivery.message_id)
        .where(NoteDelivery.note_id == SickNote.id, NoteDelivery.superseded_at.is_(None))
        .where(
            or_(
                and_(NoteDelivery.way == DeliveryWay.LETTER, Message.state == MessageState.STOPPED),
                NoteDelivery.wrong_tries >= MOST_WRONG,
                NoteDelivery.birth_corrected_at.is_not(None),
            )
        )
    )
    # of the dead, and of whoever asked to be left alone
    stopped = select(MessageStop.person_id).where(MessageStop.person_id == SickNote.person_id)
    return and_(
        SickNote.issued_at >= at - DELIVERY_LOOKED_BACK,
        or_(SickNote.issued_at <= at - DELIVERED_WITHIN, failed.exists()),
        SickNote.state.in_(VALID),
        ~on_their_way.exists(),
        ~stopped.exists(),
    )


def _outdated() -> ColumnElement[bool]:
    """Return whether the link of a note opens with another birth date than its person's."""
    return exists().where(
        NoteDelivery.note_id == SickNote.id,
        NoteDelivery.superseded_at.is_(None),
        NoteDelivery.opened_at.is_(None),
        NoteDelivery.birth_corrected_at.is_not(None),
    )


Today = date | ScalarSelect[date]
"""The day at a note's site: known, or asked for in the same statement (`today_at`)."""


def today_at(site_id: int) -> ScalarSelect[date]:
    """Return the day at a site, as a part of a statement."""
    day = func.date(func.timezone(Site.time_zone, clock.now()))
    return select(day).where(Site.id == site_id).scalar_subquery()


def only_uncovered(today: Today) -> ColumnElement[bool]:
    """Return the condition of those that fit otherwise: the others are to be mended anyway."""
    return has_uncovered(today) & SickNote.mend.is_(None)


def has_uncovered(today: Today) -> ColumnElement[bool]:
    """Return the condition of the notes of parents whose own days no note covers, as `own_days.uncovered_until` says for one."""
    day = literal(today) if isinstance(today, date) else today
    theirs, record, covering = aliased(Person), aliased(Person), aliased(SickNote)
    leading = func.coalesce(theirs.same_as, theirs.id)
    records = (
        select(record.id)
        .select_from(theirs)
        .join(record, or_(record.id == leading, record.same_as == leading))
        .where(theirs.id == SickNote.person_id)
        .correlate(SickNote)
    )
    is_of_case = CallTask.contact_id.is_(None)
    due = case((is_of_case, Case.isolation_last_day), else_=Contact.quarantine_last_day)
    begins = case((is_of_case, Case.isolation_start), else_=Contact.last_contact_on)
    covered = (
        select(covering.id)
        .where(covering.person_id.in_(records), covering.state.in_(VALID), covering.last_day >= due)
        .correlate(SickNote, CallTask, Case, Contact)
    )
    own = (
        select(CallTask.id)
        .join(Case, Case.id == CallTask.case_id)
        .outerjoin(Contact, Contact.id == CallTask.contact_id)
        .where(
            CallTask.person_id.in_(records),
            CallTask.site_id == SickNote.site_id,
            Case.outcome.is_distinct_from(CaseOutcome.NOT_A_CASE),
            or_(CallTask.contact_id.is_(None), Contact.status != ContactStatus.REMOVED),
            due >= day,
            func.coalesce(cast(begins - SickNote.last_day, Integer), 0) <= MOST_DAYS_BETWEEN,
            or_(SickNote.own_days_left.is_(None), SickNote.own_days_left < due),
            ~covered.exists(),
        )
        .correlate(SickNote)
    )
    return and_(
        SickNote.kind == NoteKind.PARENT,
        SickNote.state == NoteState.ISSUED,
        # most notes of parents are of long ago: nothing is looked up for them
        cast(day - SickNote.last_day, Integer) <= LONGEST_MEASURE,
        own.exists(),
    )


def to_mend(today: date) -> ColumnElement[bool]:
    """Return the condition of notes that no longer fit, or leave days of a parent's own without any."""
    return or_(TO_MEND, has_uncovered(today))


def count_to_mend(site_id: int, *, today: date) -> int:
    """Count the notes of a site that no longer fit."""
    chosen = select(func.count()).select_from(SickNote).where(SickNote.site_id == site_id, to_mend(today))
    return session.scalar(chosen) or 0


def count_to_decide(site_id: int, *, today: date) -> int:
    """Count the notes of a site in which a human must decide: one that no longer fits, or is to be countersigned."""
    parts = [
        select(func.count()).select_from(SickNote).where(SickNote.site_id == site_id, one).scalar_subquery()
        for one in (TO_MEND, only_uncovered(today), TO_COUNTERSIGN)
    ]
    return session.scalar(select(parts[0] + parts[1] + parts[2])) or 0


def count_to_deliver(site_id: int, *, at: datetime) -> int:
    """Count the notes of a site whose papers the person does not have."""
    chosen = select(func.count()).select_from(SickNote).where(SickNote.site_id == site_id, _undelivered(at))
    return session.scalar(chosen) or 0


_OLDEST_FIRST = {NoteList.TO_MEND, NoteList.TO_COUNTERSIGN, NoteList.TO_DELIVER}


@dataclass(frozen=True, repr=False)
class ListedNote:
    """A note, the reference of the case that it belongs to, and whether its link is to be renewed."""

    note: SickNote
    reference: str
    is_outdated: bool = False
    """The birth date that opens its link was corrected since."""


@dataclass(frozen=True, repr=False)
class NoteFile:
    """A note with its person's other ones at the site, and the names of the members who dealt with them."""

    note: SickNote
    reference: str
    others: Sequence[SickNote]
    """The oldest first, the note itself left out."""
    names: dict[int, str]
    kept: tuple[int, datetime] | None = None
    """The member who left it as it is, and when."""

    def of_id(self, note_id: int | None) -> SickNote | None:
        """Return one of the person's notes."""
        return next((one for one in self.others if one.id == note_id), None)

    @property
    def prolonged_by(self) -> SickNote | None:
        """The valid note that goes on from this one."""
        ends = {NoteState.ISSUED, NoteState.PROLONGED}
        return next(
            (one for one in self.others if one.prolongs_id == self.note.id and one.state in ends), None
        )

    @property
    def standing_apart(self) -> SickNote | None:
        """The valid note that goes on from its chain for another reason, and stays when this one is cancelled."""
        before, later = self.note, self.prolonged_by
        while later is not None and not goes_on_apart(later, before):
            before = later
            later = next(
                (one for one in self.others if one.prolongs_id == before.id and one.state in VALID), None
            )
        return later

    @property
    def overlapping(self) -> list[SickNote]:
        """The other valid notes of other calls that share a day with it."""
        return [
            one
            for one in self.others
            if one.state in VALID
            and one.task_id != self.note.task_id
            and one.first_day <= self.note.last_day
            and self.note.first_day <= one.last_day
        ]

    @property
    def replaced_by(self) -> SickNote | None:
        """The note that took its place."""
        return next((one for one in self.others if one.replaces_id == self.note.id), None)


def goes_on_apart(later: SickNote, note: SickNote) -> bool:
    """Return whether a note that prolongs another has a reason of its own, so that its days stand without the other's.

    One of the two is for the person's child, the other for themselves or for another child.
    """
    return later.task_id != note.task_id and NoteKind.PARENT in {later.kind, note.kind}


def notes_in(
    which: NoteList, site_id: int, *, day: date | None, zone: ZoneInfo, after_id: int | None, at: datetime
) -> Page[ListedNote]:
    """Return a page of a list of a site's notes; `day` is the one on which they were issued.

    What a human must decide comes oldest first, the others newest first.
    """
    chosen = (
        select(SickNote, Case.reference, _outdated())
        .join(CallTask, CallTask.id == SickNote.task_id)
        .join(Case, Case.id == CallTask.case_id)
        .where(SickNote.site_id == site_id)
        .where(_listed(which, site_id, at, zone))
    )
    if day is not None:
        chosen = chosen.where(
            SickNote.issued_at >= _start(day, zone),
            SickNote.issued_at < _start(day + timedelta(days=1), zone),
        )
    if which in _OLDEST_FIRST:
        chosen = chosen.order_by(SickNote.id)
        chosen = chosen if after_id is None else chosen.where(SickNote.id > after_id)
    else:
        chosen = chosen.order_by(SickNote.id.desc())
        chosen = chosen if after_id is None else chosen.where(SickNote.id < after_id)
    rows = session.execute(chosen.limit(PAGE_SIZE + 1)).all()
    return page_of([ListedNote(*row) for row in rows], [row[0].id for row in rows])


def _listed(which: NoteList, site_id: int, at: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    if which is NoteList.TO_MEND:
        return to_mend(clock.local_day(at, zone))
    if which is NoteList.SAME_NUMBER:
        return _same_number(site_id, at)
    return _undelivered(at) if which is NoteList.TO_DELIVER else _LISTS[which]


def note_file(note_id: int, by: Agent) -> NoteFile:
    """Return a note of the agent's site with everything connected with it.

    Raises:
        NoSuchNote
    """
    note = find_row(SickNote, note_id)
    if note is None or note.site_id != by.site.id:
        raise NoSuchNote
    reference = session.scalar(
        select(Case.reference).join(CallTask, CallTask.case_id == Case.id).where(CallTask.id == note.task_id)
    )
    others = session.scalars(
        select(SickNote)
        .where(
            SickNote.person_id.in_(people.records_of_same_person(note.person_id)),
            SickNote.site_id == by.site.id,
            SickNote.id != note.id,
        )
        .order_by(SickNote.first_day, SickNote.id)
    ).all()
    kept = kept_by(note) if note.accepted_because is not None else None
    shown = {note.issued_by, note.cancelled_by, note.countersigned_by, kept[0] if kept else None}
    names = staff.member_names([one for one in shown | {one.issued_by for one in others} if one is not None])
    return NoteFile(note, reference or "", others, names, kept)


def kept_by(note: SickNote) -> tuple[int, datetime]:
    """Return the member who left a note as it is, and when: whoever decided it last, else whoever wrote it so."""
    last = session.execute(
        select(Event.by_id, Event.at)
        .where(Event.subject_type == "note", Event.subject_id == note.id, Event.kind == "note.left")
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None or last.by_id is None:
        return note.issued_by, note.issued_at
    return last.by_id, last.at


def was_printed(note_id: int) -> bool:
    """Return whether a paper of a note was printed by a member: it may have been handed over."""
    chosen = select(Event.id).where(
        Event.subject_type == "note", Event.subject_id == note_id, Event.kind == "note.printed"
    )
    return session.scalar(chosen.limit(1)) is not None


def messages_telling(note_id: int, told: NoteState, *, since: datetime | None) -> Sequence[Message]:
    """Return the messages of this moment or later that tell the person of a note what it is."""
    return session.scalars(
        select(Message)
        .join(NoteNotice, NoteNotice.message_id == Message.id)
        .where(NoteNotice.note_id == note_id, NoteNotice.told == told, Message.queued_at >= since)
    ).all()


def notices_enclosing(note_id: int) -> Sequence[NoteNotice]:
    """Return the messages that tell the person of a note that is posted with one of them, the oldest first."""
    return session.scalars(
        select(NoteNotice).where(NoteNotice.enclosed_id == note_id).order_by(NoteNotice.message_id)
    ).all()


def enclosed_in(message_id: int) -> SickNote | None:
    """Return the note that is posted with a letter."""
    told = select(NoteNotice.enclosed_id).where(NoteNotice.message_id == message_id)
    given = select(NoteDelivery.note_id).where(NoteDelivery.message_id == message_id)
    return session.scalar(select(SickNote).where(SickNote.id.in_(told.union(given))))


def letter_waits(note_id: int) -> bool:
    """Return whether a letter waits in the outbox that tells of a note, encloses it, or cancels the one that it replaced."""
    note = find_row(SickNote, note_id)
    told_of = [note_id] if note is None or note.replaces_id is None else [note_id, note.replaces_id]
    chosen = (
        select(Message.id)
        .join(NoteNotice, NoteNotice.message_id == Message.id)
        .where(
            or_(NoteNotice.note_id.in_(told_of), NoteNotice.enclosed_id == note_id),
            Message.channel == Channel.LETTER,
            Message.state == MessageState.QUEUED,
        )
    )
    return session.scalar(chosen.limit(1)) is not None


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
