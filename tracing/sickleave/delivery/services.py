"""Give the papers of a note to the person: by a letter, or by a link. What is chosen last takes the place of what was before.

The papers behind a link are printed and signed when it is made, and sealed with what follows from link, birth date and
code: the public pages can print and sign nothing, and have no key that opens them.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select

from tracing.cases import queries as cases
from tracing.facts.rules import FactKind
from tracing.kernel import clock, events
from tracing.kernel.db import equals_any, lock_row, session, take_id
from tracing.messages import services as messages
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.people.rules import Identity
from tracing.queue import queries as queue
from tracing.sickleave import queries as notes
from tracing.sickleave.delivery import papers, queries
from tracing.sickleave.delivery.queries import LinkToRead
from tracing.sickleave.delivery.rules import (
    CODE_DIGITS,
    LETTERS,
    LINK_LASTS,
    LINK_LETTERS,
    OPEN_FOR,
    LinkKeys,
    grouped,
    letter_of,
    link_text,
    proven_text,
    text_of,
)
from tracing.sickleave.documents import Copy, NoteContent, render
from tracing.sickleave.documents.signature import sign
from tracing.sickleave.errors import (
    BearerDied,
    NoBirthDate,
    NoLetterLeaves,
    NoLink,
    NoPublicPages,
    NoSuchNote,
    NoteVoid,
)
from tracing.sickleave.models import NOTE_CHECK, VALID, NoteDelivery, NoteLinkPapers, NoteNotice, SickNote
from tracing.sickleave.rules import DeliveryWay
from tracing.sickleave.services import bearer_of, lock_person, naming_another, record_event
from tracing.sickleave.signing import services as signing
from tracing.staff.agent import Agent
from tracing.staff.queries import get_site
from tracing.ui.formats import phone
from tracing.vault import services as vault


def give(
    note_id: int,
    way: DeliveryWay,
    *,
    address: str | None,
    task_id: int | None = None,
    by: Agent,
    at: datetime,
) -> NoteDelivery:
    """Give the papers of a valid note in this way; a letter that waits already is the same letter.

    `address`: of the public pages. `task_id`: of the person on the telephone.

    Raises:
        NoSuchNote: it is of another site, or of another person than the one on the telephone.
        NoteVoid, BearerDied, NoPublicPages, NoBirthDate, NoLetterLeaves, IdentityDestroyed
    """
    note = readable(note_id, task_id, by)
    lock_person(note.person_id)
    note = lock_row(SickNote, note_id)
    if note.state not in VALID:
        raise NoteVoid
    _refuse_if_dead(note)
    before = queries.given(note_id, at=at)
    if before is not None and way is DeliveryWay.LETTER and not before.is_link and before.state == "made":
        return before.delivery
    if way is DeliveryWay.LETTER:
        made = _by_letter(note, by=by, at=at)
    elif address is None:
        raise NoPublicPages
    else:
        made = _by_link(note, address=address, by=by, at=at)
    record_event("note.delivered", note, by=by, at=at, way=way.value, again=before is not None)
    return made


def note_said(note_id: int, *, task_id: int | None = None, by: Agent, at: datetime) -> NoteDelivery:
    """Record that link and code were read to the person; a second time changes nothing.

    Raises:
        NoSuchNote, NoLink, BearerDied
    """
    note = readable(note_id, task_id, by)
    lock_row(SickNote, note_id)
    link = _link_of(note, at=at)
    if link.said_at is None:
        link.said_at, link.said_by = at, by.member_id
        session.flush()
        record_event("note.link_said", note, by=by, at=at)
    return link


def read_link(note_id: int, *, by: Agent, at: datetime) -> LinkToRead:
    """Return link and code to read them to the person, and record who has seen them.

    Raises:
        NoSuchNote, NoLink, BearerDied
    """
    note = readable(note_id, None, by)
    found = queries.link_to_read(_link_of(note, at=at))
    if found is None:
        raise NoLink
    events.record_access([f"person:{note.person_id}"], by=by.member_id, at=at, why="sick_note")
    record_event("note.link_shown", note, by=by, at=at)
    return found


def readable(note_id: int, task_id: int | None, by: Agent) -> SickNote:
    """Return a note that the agent may read; `task_id`: of the person on the telephone.

    Raises:
        NoSuchNote
    """
    note = notes.get_readable_note(note_id, by)
    if task_id is not None and note.task_id != task_id:
        raise NoSuchNote
    return note


def withdraw(note: SickNote, *, by: Agent, at: datetime) -> None:
    """Keep the papers of a note from leaving that is worth nothing any more; its link says so by itself."""
    given = queries.find_current(note.id)
    if given is not None and given.message_id is not None:
        messages.stop_unsent([given.message_id], by=by.member_id, at=at)


def record_letter(note: SickNote, message_id: int, *, by: Agent, at: datetime) -> None:
    """Record that the papers of a note leave with a letter that tells of it."""
    _put(note, DeliveryWay.LETTER, take_id("note_deliveries"), message_id=message_id, by=by, at=at)


def close_links_of_before(identities: Mapping[int, Identity]) -> None:
    """Close the links to who their person was before a correction, and open those that fit again.

    Such a link opens with another birth date than its person's, or its papers print another name or address. One
    statement reads the links that may still be opened; there is seldom one.
    """
    now = clock.database_now()
    open_links = session.execute(
        select(NoteDelivery, SickNote)
        .join(SickNote, SickNote.id == NoteDelivery.note_id)
        .where(
            equals_any(SickNote.person_id, sorted(identities)),
            NoteDelivery.way == DeliveryWay.LINK,
            NoteDelivery.superseded_at.is_(None),
            or_(NoteDelivery.opened_at.is_(None), NoteDelivery.opened_at > now - OPEN_FOR),
            NoteDelivery.sealed.is_not(None),
        )
    ).all()
    if not open_links:
        return
    named_otherwise = naming_another([note for _link, note in open_links])
    known = people.joint_identities(note.person_id for _link, note in open_links)
    for link, note in open_links:
        kept = vault.find_unsealed("note_deliveries", link.id, link.cohort, link.sealed)
        born = identities[note.person_id].birth_date
        if kept is None or born is None:
            continue
        opens_with = kept.get("born") or _printed_birth(note)
        # a link that was made after a correction gives the papers as they are, until the next one
        is_otherwise = note.id in named_otherwise and kept.get("bearer") != _named(known[note.person_id])
        is_marked = link.birth_corrected_at is not None
        if (opens_with != born.isoformat() or is_otherwise) != is_marked:
            link.birth_corrected_at = None if is_marked else now
    session.flush()


people_services.follow_identities(close_links_of_before)


def _named(identity: Identity) -> dict[str, Any]:
    """Return what a note prints of an identity; a number that was learnt since is no correction."""
    return bearer_of(identity).model_dump(mode="json", exclude={"nir"})


def _printed_birth(note: SickNote) -> str | None:
    """Return the birth date on a note: a link of an older release opens with it."""
    born = notes.content_of_note(note).bearer.birth_date
    return born.isoformat() if born else None


def forget_papers(*, at: datetime) -> None:
    """Delete the papers of links that open nothing any more."""
    session.execute(delete(NoteLinkPapers).where(NoteLinkPapers.until < at))


def _refuse_if_dead(note: SickNote) -> None:
    if people.barred_by([note.person_id]).get(note.person_id) is FactKind.DEATH:
        raise BearerDied


def _link_of(note: SickNote, *, at: datetime) -> NoteDelivery:
    _refuse_if_dead(note)
    given = queries.given(note.id, at=at)
    if given is None or not given.waits_to_be_opened or note.state not in VALID:
        raise NoLink
    return given.delivery


def _by_letter(note: SickNote, *, by: Agent, at: datetime) -> NoteDelivery:
    words = letter_of(note.number, (note.first_day, note.last_day), _call_back(by))
    letter = messages.queue_letter(note.person_id, _reference(note), "\n".join(words), by=by, at=at)
    if letter is None:
        raise NoLetterLeaves
    return _put(note, DeliveryWay.LETTER, take_id("note_deliveries"), message_id=letter.id, by=by, at=at)


def _by_link(note: SickNote, *, address: str, by: Agent, at: datetime) -> NoteDelivery:
    content = notes.content_of_note(note)
    identity = people.find_joint_identity(note.person_id)
    # what the person types is their own date, whatever an older paper says
    born = (identity.birth_date if identity else None) or content.bearer.birth_date
    if born is None:
        raise NoBirthDate
    link = "".join(secrets.choice(LETTERS) for _place in range(LINK_LETTERS))
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    keys = LinkKeys.of(vault.blind(NOTE_CHECK, proven_text(link, born, code)))
    link_hash = vault.blind(NOTE_CHECK, link_text(link))
    until = clock.local_day(at + LINK_LASTS, by.site.time_zone)
    words = text_of(address, grouped(link, 4), until=until, call_back=_call_back(by))
    text = messages.queue_text(note.person_id, _reference(note), words, by=by, at=at)
    delivery_id = take_id("note_deliveries")
    made = _put(
        note,
        DeliveryWay.LINK,
        delivery_id,
        message_id=text.id if text is not None else None,
        expires_at=at + LINK_LASTS,
        link_hash=link_hash,
        proof=keys.proof,
        sealed=vault.seal(
            "note_deliveries",
            delivery_id,
            note.cohort,
            {"link": link, "code": code, "born": born.isoformat()}
            | ({"bearer": _named(identity)} if identity else {}),
        ),
        by=by,
        at=at,
    )
    both = _printed(content, note.site_id, check_at=address, at=at)
    session.add(
        NoteLinkPapers(
            delivery_id=delivery_id,
            until=at + LINK_LASTS,
            cohort=note.cohort,
            sealed=papers.sealed(both, keys.opening, link_hash),
        )
    )
    session.flush()
    return made


def _printed(content: NoteContent, site_id: int, *, check_at: str | None, at: datetime) -> papers.Papers:
    key = signing.key_of(site_id, at=at)
    insured, employer = (
        sign(render(content, copy, check_at=check_at), key) for copy in (Copy.INSURED, Copy.EMPLOYER)
    )
    return papers.Papers(content.number, content.first_day, content.last_day, insured, employer)


def _put(
    note: SickNote,
    way: DeliveryWay,
    delivery_id: int,
    *,
    message_id: int | None,
    expires_at: datetime | None = None,
    link_hash: bytes | None = None,
    proof: bytes | None = None,
    sealed: bytes | None = None,
    by: Agent,
    at: datetime,
) -> NoteDelivery:
    """Add a delivery in the place of the one before: its letter no longer leaves, its link no longer opens."""
    earlier = queries.find_current(note.id)
    if earlier is not None:
        earlier.superseded_at = at
        session.execute(delete(NoteLinkPapers).where(NoteLinkPapers.delivery_id == earlier.id))
        # a letter that tells of a change leaves all the same
        if earlier.message_id is not None and session.get(NoteNotice, earlier.message_id) is None:
            messages.stop_unsent([earlier.message_id], by=by.member_id, at=at)
        session.flush()
    made = NoteDelivery(
        id=delivery_id,
        note_id=note.id,
        way=way,
        made_at=at,
        made_by=by.member_id,
        message_id=message_id,
        expires_at=expires_at,
        link_hash=link_hash,
        proof=proof,
        cohort=note.cohort,
        sealed=sealed,
    )
    session.add(made)
    session.flush()
    return made


def _reference(note: SickNote) -> str:
    return cases.get_case(queue.get_task(note.task_id).case_id).reference


def _call_back(by: Agent) -> str:
    number = get_site(by.site.id).call_back_number
    return phone(number) if number else ""
