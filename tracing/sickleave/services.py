"""Services to issue a note during a call. Call `calls.services.lock_for_write` before every write."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.facts import queries as facts
from tracing.facts.rules import OF_IDENTITY, SubjectType
from tracing.kernel import clock, events
from tracing.kernel.db import lock_row, session, take_id
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.people.rules import Identity, nir_counts
from tracing.programmes.vocabulary import Subject
from tracing.queue.models import CallTask
from tracing.sickleave import queries
from tracing.sickleave.assessment import AskingParent, Assessment, assess, sentence_of, why_not
from tracing.sickleave.documents import Bearer, Declared, Issuer, NoteContent, content_of
from tracing.sickleave.errors import NoteNotAllowed, TooEarly
from tracing.sickleave.models import (
    NOTE_CHECK,
    MovementKind,
    NoteCounter,
    NoteMovement,
    NoteState,
    SickNote,
)
from tracing.sickleave.numbering import checked_text, initials_of
from tracing.sickleave.rules import KeepReason, NoteAllowed, NoteMend, NoteRefused, Reason
from tracing.sickleave.rules import note_number as written_number
from tracing.staff.agent import Agent
from tracing.staff.models import Site, SiteKind
from tracing.staff.queries import get_site
from tracing.ui.formats import phone
from tracing.vault import services as vault
from tracing.vault.errors import IdentityDestroyed

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without characters that are confused over the telephone."""


def issue(
    call: Call,
    task: CallTask,
    *,
    first_day: date | None,
    sworn: bool,
    sworn_since: date | None = None,
    address_confirmed: bool,
    parent: AskingParent | None = None,
    by: Agent,
    at: datetime,
) -> SickNote:
    """Issue the note of the person on the telephone. A second click returns the first one's note.

    `parent`: it is theirs, for the child that the task is about. A child gives one note at a time.

    `sworn_since`: the day from which the declaration that was read says that they have not worked, if it says one.

    `address_confirmed` says that the person has stated, in this call, where they stay.

    Raises:
        IdentityFirst: the person has not said who they are.
        NoteNotAllowed: the rules allow none, or an answer is missing; the sentence says which.
        TooEarly: a note cannot begin on the `first_day` that was asked for, only later.
    """
    calls.require_identity(call, task)
    # the child first: of two parents who ask at once, the second sees what the first was given
    lock_person(task.person_id)
    if parent is not None and parent.person_id is not None:
        lock_person(parent.person_id)
    standing = queries.find_valid_note(task.id)
    if standing is not None:
        return standing
    found = assess(
        call,
        task,
        by=by,
        at=at,
        first_day=first_day,
        declared=sworn,
        address_confirmed=address_confirmed,
        parent=parent,
    )
    allowed = found.note
    if allowed is None or found.person_id is None:
        raise NoteNotAllowed(why_not(found))
    if first_day is not None and first_day < allowed.first_day:
        raise TooEarly(allowed.first_day)
    since = found.not_worked_since
    if sworn and since is not None and sworn_since is not None and since < sworn_since:
        raise NoteNotAllowed(sentence_of(NoteRefused(Reason.SWORN_FOR_OTHER_DAYS)))
    # a contact who has become a case goes on from the note that they had, and so does a parent
    earlier = queries.find_note_ending(found.person_id, allowed.first_day - timedelta(days=1))
    declared = Declared(on=found.request.on, not_worked_since=since)
    return write_note(task, call.id, found, allowed, declared=declared, prolongs=earlier, by=by, at=at)


def lock_person(person_id: int) -> None:
    """Lock a person under all their records: of two who decide about their notes, the second sees what the first did."""
    records = people.records_of_same_person(person_id)
    session.execute(select(Person.id).where(Person.id.in_(records)).order_by(Person.id).with_for_update())


def mark_to_mend(
    note_id: int, mend: NoteMend | None, *, to: date | None, by: int | None, at: datetime
) -> None:
    """Mark a note that no longer fits what is decided of the person, or, with None, take its mark off.

    That a human has left it as it was concerned another difference.
    """
    note = lock_row(SickNote, note_id)
    is_marked_so = (note.mend, note.mend_to) == (mend, to) and note.accepted_mend is None
    if is_marked_so or note.state is not NoteState.ISSUED:
        return
    note.mend, note.mend_to = mend, to
    note.accepted_mend = note.accepted_mend_to = note.accepted_because = None
    session.flush()
    events.record(
        "note.to_mend" if mend else "note.stands",
        by=by,
        at=at,
        subject=("note", note.id),
        site_id=note.site_id,
        **({"mend": mend.value} if mend else {}),
    )


def take_number(site: Site, *, on: date) -> str:
    """Return the next number of a site in a year; the counter stays locked until the transaction ends.

    When the transaction is rolled back, the number is free again: there is no gap.
    """
    counted = (
        insert(NoteCounter)
        .values(site_id=site.id, year=on.year, last_number=1)
        .on_conflict_do_update(
            index_elements=["site_id", "year"], set_={"last_number": NoteCounter.last_number + 1}
        )
        .returning(NoteCounter.last_number)
    )
    return written_number(site.code, on.year, session.execute(counted).scalar_one())


def note_to_read(note_id: int, by: Agent, *, at: datetime, copy: str) -> tuple[NoteContent, int]:
    """Return what stands on a note and the site that issued it, for printing a copy; the read log says who read it.

    Raises:
        NoSuchNote, IdentityDestroyed
    """
    note = queries.get_readable_note(note_id, by)
    content = queries.content_of_note(note)
    events.record_access([f"person:{note.person_id}"], by=by.member_id, at=at, why="sick_note")
    record_event("note.printed", note, by=by, at=at, copy=copy)
    return content, note.site_id


def write_note(
    task: CallTask,
    call_id: int,
    found: Assessment,
    allowed: NoteAllowed,
    *,
    declared: Declared | None,
    prolongs: SickNote | None = None,
    replaces: SickNote | None = None,
    by: Agent,
    at: datetime,
) -> SickNote:
    """Number, print and store a note. Call `lock_person` first; `prolongs` and `replaces` are locked as well."""
    today = clock.local_day(at, by.site.time_zone)
    site = get_site(by.site.id)
    number = take_number(site, on=today)
    content = _content(found, allowed, number, site, by=by, at=at)
    content = content.model_copy(
        update={
            "prolongs": prolongs.number if prolongs else None,
            "prolongs_days": (prolongs.first_day, prolongs.last_day) if prolongs else None,
            "replaces": replaces.number if replaces else None,
            "declared": declared,
        }
    )
    if prolongs is not None:
        prolongs.state, prolongs.mend, prolongs.mend_to = NoteState.PROLONGED, None, None
        session.flush()
    request = found.request
    granted = request.ruled_days[0] if request.ruled_days is not None else None
    earliest = max(granted or request.measure.start or date.min, request.free_from or date.min)
    note_id = take_id("sick_notes")
    note = SickNote(
        id=note_id,
        number=number,
        site_id=site.id,
        person_id=found.person_id or task.person_id,
        task_id=task.id,
        call_id=call_id,
        kind=found.kind,
        first_day=allowed.first_day,
        last_day=allowed.last_day,
        rule=str(allowed.rule),
        state=NoteState.ISSUED,
        prolongs_id=prolongs.id if prolongs else None,
        replaces_id=replaces.id if replaces else None,
        begins_earliest=allowed.first_day == earliest,
        issued_at=at,
        issued_by=by.member_id,
        cohort=today,
        sealed=vault.seal("sick_notes", note_id, today, content.to_store()),
        check_hash=check_hash(content),
    )
    if granted is not None and prolongs is None and earliest < allowed.first_day:
        # a doctor agreed to more, and the person asks for less
        note.accepted_mend, note.accepted_mend_to = NoteMend.EARLIER, earliest
        note.accepted_because = KeepReason.AS_ASKED
    session.add(note)
    session.flush()
    record_movement(MovementKind.ISSUED, note, at=at)
    record_event("note.issued", note, by=by, at=at, rule=note.rule, days=allowed.days)
    return note


def write_again(
    note: SickNote,
    identity: Identity,
    *,
    state: NoteState,
    prolongs: SickNote | None,
    is_initial: bool = False,
    last_day: date | None = None,
    by: Agent,
    at: datetime,
) -> SickNote:
    """Number, print and store a note of the same days for the same person, whose name or address is another.

    `last_day`: an earlier one than that of the note, if it is shortened.

    `prolongs`: the new note before it in the chain; None: what the note prolonged stands as it is, unless `is_initial`:
    the new note prolongs none.
    """
    today = clock.local_day(at, by.site.time_zone)
    site, old = get_site(note.site_id), queries.content_of_note(note)
    content = old.model_copy(
        update={
            "number": take_number(site, on=today),
            "verification_code": _code(),
            "issued_at": at.astimezone(by.site.time_zone),
            "bearer": bearer_of(identity),
            "prolongs": None if is_initial else prolongs.number if prolongs else old.prolongs,
            "prolongs_days": None if is_initial else old.prolongs_days,
            "fund": _fund(site),
            "signatory": site.signatory,
            "replaces": note.number,
            "last_day": last_day or old.last_day,
            "declared": old.carried_declaration(),
            "cancelled": False,
        }
    )
    note_id = take_id("sick_notes")
    new = SickNote(
        id=note_id,
        number=content.number,
        site_id=note.site_id,
        person_id=note.person_id,
        task_id=note.task_id,
        call_id=note.call_id,
        kind=note.kind,
        first_day=note.first_day,
        last_day=content.last_day,
        rule=note.rule,
        state=state,
        accepted_mend=note.accepted_mend,
        accepted_mend_to=note.accepted_mend_to,
        accepted_because=note.accepted_because,
        begins_earliest=note.begins_earliest,
        own_days_left=note.own_days_left,
        prolongs_id=None if is_initial else prolongs.id if prolongs else note.prolongs_id,
        replaces_id=note.id,
        issued_at=at,
        issued_by=by.member_id,
        cohort=today,
        sealed=vault.seal("sick_notes", note_id, today, content.to_store()),
        check_hash=check_hash(content),
    )
    session.add(new)
    session.flush()
    record_movement(MovementKind.ISSUED, new, at=at)
    record_event("note.issued", new, by=by, at=at, rule=new.rule, days=content.days)
    return new


def check_hash(content: NoteContent) -> bytes:
    """Return the blind index by which whoever holds the paper checks a note."""
    bearer = content.bearer
    printed = checked_text(
        number=content.number,
        initials=initials_of(bearer.first_names, bearer.last_name),
        first_day=content.first_day,
        last_day=content.last_day,
        code=content.verification_code,
    )
    return vault.blind(NOTE_CHECK, printed)


def _content(
    found: Assessment, allowed: NoteAllowed, number: str, site: Site, *, by: Agent, at: datetime
) -> NoteContent:
    if found.identity is None:
        raise IdentityDestroyed
    contact = found.contact
    # of the child nothing is printed but the last day
    is_case = found.request.subject is Subject.CASE and found.parent is None
    met_on = contact.last_contact_on if contact and found.parent is None else None
    content = content_of(
        found.request,
        allowed,
        number=number,
        verification_code=_code(),
        issued_at=at.astimezone(by.site.time_zone),
        issuer=_issuer(site),
        bearer=bearer_of(found.identity),
        onset=found.case.onset_on if is_case else None,
        sampled=found.sampled_on if is_case else None,
        last_contact=met_on,
        parent=found.parent,
    )
    # a note of a training site is always marked as an exercise, whatever its programme
    return content.model_copy(
        update={
            "exercise": content.exercise or site.kind is SiteKind.TRAINING,
            "fund": _fund(site),
            "signatory": site.signatory,
        }
    )


def _fund(site: Site) -> Issuer | None:
    """Return who pays, as an employer reads it; None if the site has not said."""
    if not site.fund_name:
        return None
    return Issuer(
        name=site.fund_name,
        address=_lines(site.fund_address),
        phone=phone(site.fund_number) if site.fund_number else None,
    )


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in address.splitlines() if line.strip())


def _issuer(site: Site) -> Issuer:
    return Issuer(
        name=site.name,
        address=_lines(site.address),
        phone=phone(site.call_back_number) if site.call_back_number else None,
    )


def bearer_of(identity: Identity) -> Bearer:
    """Return the person as a note prints them."""
    last_name = identity.usual_name or identity.birth_name
    town = f"{identity.postcode} {identity.city}".strip()
    return Bearer(
        last_name=last_name.upper(),
        first_names=identity.first_names,
        birth_name=identity.birth_name.upper() if identity.birth_name != last_name else None,
        birth_date=identity.birth_date,
        # a number that contradicts the person's birth date or sex is a relative's, so it is not printed
        nir=identity.nir if nir_counts(identity) else None,
        address=tuple(line for line in (identity.address, town) if line),
    )


def naming_another(notes: Sequence[SickNote]) -> frozenset[int]:
    """Return those of some notes that print who their person was before a correction. Notes of nobody corrected cost one query."""
    corrected = facts.facts_by_subject(
        SubjectType.PERSON, [one.person_id for one in notes], kinds=OF_IDENTITY
    )
    concerned = [one for one in notes if one.person_id in corrected and one.sealed is not None]
    known = people.joint_identities(one.person_id for one in concerned)
    found = set()
    for note in concerned:
        identity = known.get(note.person_id)
        try:
            printed = queries.content_of_note(note).bearer
        except IdentityDestroyed:
            continue
        # a number that was learnt since is no correction of who they are
        if identity is not None and bearer_of(identity).model_copy(update={"nir": printed.nir}) != printed:
            found.add(note.id)
    return frozenset(found)


def _code() -> str:
    """Return the code by which an employer verifies a note: 40 bits, too many to guess over the telephone."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _place in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def record_movement(kind: MovementKind, note: SickNote, *, at: datetime) -> None:
    """Keep what the payment system is told of a note."""
    session.add(NoteMovement(note_id=note.id, site_id=note.site_id, kind=kind, at=at))
    session.flush()


def record_event(kind: str, note: SickNote, *, by: Agent, at: datetime, **detail: object) -> None:
    """Record what happened to a note."""
    events.record(
        kind,
        by=by.member_id,
        at=at,
        subject=("note", note.id),
        site_id=note.site_id,
        number=note.number,
        **detail,
    )
