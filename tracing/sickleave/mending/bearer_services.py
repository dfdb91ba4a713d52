"""Make out anew the notes of a person whose name or address was written wrong: the days stay, the numbers are new."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from tracing.facts import services as facts
from tracing.facts.rules import FactSource
from tracing.kernel import events
from tracing.kernel.db import find_row, session
from tracing.people import correction_services as corrections
from tracing.people import queries as people
from tracing.people.correction_rules import Correction
from tracing.people.rules import Identity
from tracing.queue import queries as queue
from tracing.queue.models import CallTask
from tracing.sickleave import queries, services
from tracing.sickleave.assessment import sentence_of
from tracing.sickleave.delivery import queries as delivered
from tracing.sickleave.delivery import services as delivery
from tracing.sickleave.delivery.rules import FAILED
from tracing.sickleave.errors import NoteNotAllowed
from tracing.sickleave.mending import notices
from tracing.sickleave.mending.letter_rules import Happening
from tracing.sickleave.mending.services import ask_countersign, follow, lock_note, require_valid, tell
from tracing.sickleave.models import MovementKind, NoteKind, NoteState, SickNote
from tracing.sickleave.reasons import Reason
from tracing.sickleave.rules import CancelReason, DeliveryWay, NoteRefused
from tracing.staff.agent import Agent
from tracing.staff.models import Role
from tracing.vault.errors import IdentityDestroyed


@dataclass(frozen=True, kw_only=True, repr=False)
class CorrectedBearer:
    """Name and address as they should have been printed."""

    first_names: str
    birth_name: str
    usual_name: str
    address: str
    postcode: str
    city: str

    @property
    def correction(self) -> Correction:
        """The same as what is said of a person."""
        return Correction(
            birth_name=self.birth_name,
            usual_name=self.usual_name,
            first_names=self.first_names,
            address=(self.address, self.postcode, self.city),
        )

    def corrects(self, identity: Identity) -> Identity:
        """Return the identity with this name and address."""
        return self.correction.of(identity)


def bearer_of(note_id: int, *, by: Agent, at: datetime) -> Identity:
    """Return who the person of a note is by now, and record in the read log that it was seen.

    Raises:
        NoSuchNote, IdentityDestroyed
    """
    note = queries.get_readable_note(note_id, by)
    identity = people.find_joint_identity(note.person_id)
    if identity is None:
        raise IdentityDestroyed
    events.record_access(people.records_shown([note.person_id]), by=by.member_id, at=at, why="sick_note")
    return identity


def correct_bearer(note_id: int, corrected: CorrectedBearer, *, by: Agent, at: datetime) -> SickNote:
    """Correct who a person is, and put notes of the same days in the place of theirs, those of the chain as well.

    Returns the note in the place of this one; a second time, the one that took its place already.

    Raises:
        NoSuchNote: it is of another site.
        NoteChanged: it was cancelled or replaced by other days meanwhile.
        NoteNotAllowed: nothing on it would be another.
        IdentityDestroyed
    """
    note, task = lock_note(note_id, by=by)
    later = queries.find_replacement(note.id) if note.state is NoteState.REPLACED else None
    if later is not None and not _changes(later, corrected):
        return later
    require_valid(note)
    chain = _chain_of(note)
    if not any(_changes(one, corrected) for one in chain):
        raise NoteNotAllowed(sentence_of(NoteRefused(Reason.UNCHANGED_BEARER)))
    _revise(note, task, corrected, by=by, at=at)
    new: dict[int, SickNote] = {}
    states = {one.id: one.state for one in chain}
    for one in chain:
        one.state, one.mend, one.mend_to = NoteState.REPLACED, None, None
        one.cancelled_because = CancelReason.WRONG_PERSON
        ask_countersign(one, by=by, at=at)
        session.flush()
        services.record_movement(MovementKind.REPLACED, one, at=at)
        before = new.get(one.prolongs_id) if one.prolongs_id is not None else None
        made = services.write_again(
            one, corrected_bearer(one), state=states[one.id], prolongs=before, by=by, at=at
        )
        new[one.id] = made
        services.record_event(
            "note.replaced", one, by=by, at=at, new=made.number, why=CancelReason.WRONG_PERSON.value
        )
        untold = notices.take_back_papers(one, by=by, at=at)
        known = find_row(SickNote, untold.note_id) if untold else None
        if untold and untold.happening is Happening.PROLONGED:
            known = before or known
        if untold and known:
            tell(untold.happening, known, queue.get_task(one.task_id), new=made, in_call=None, by=by, at=at)
        else:
            tell(Happening.REPLACED, one, queue.get_task(one.task_id), new=made, in_call=None, by=by, at=at)
    follow(task, note.person_id, by=by, at=at)
    return new[note.id]


def renew(note_id: int, *, address: str | None, by: Agent, at: datetime) -> SickNote:
    """Make a note out anew with the birth date that its person has now, and give its papers: by letter, else by a link.

    `address`: of the public pages. If only the link was made with another date, it is made anew. A second time shows
    the same note.

    Raises:
        NoSuchNote, NoteChanged, IdentityDestroyed, and what `delivery.services.give` raises.
    """
    note = queries.get_readable_note(note_id, by)
    identity = corrected_bearer(note)
    as_it_is = CorrectedBearer(**{one.name: getattr(identity, one.name) for one in fields(CorrectedBearer)})
    try:
        new = correct_bearer(note_id, as_it_is, by=by, at=at)
    except NoteNotAllowed:
        new = note
    given = delivered.given(new.id, at=at)
    if given is None or given.state in FAILED:
        way = DeliveryWay.LETTER if address is None else DeliveryWay.LINK
        delivery.give(new.id, way, address=address, by=by, at=at)
    return new


def corrected_bearer(note: SickNote) -> Identity:
    """Return the identity that the note's person has now."""
    identity = people.find_joint_identity(note.person_id)
    if identity is None:
        raise IdentityDestroyed
    return identity


def _chain_of(note: SickNote) -> Sequence[SickNote]:
    """Return the valid notes that stand one after the other with this one, in order, locked."""
    first = note
    while first.prolongs_id is not None:
        before = find_row(SickNote, first.prolongs_id, lock=True)
        if before is None or before.state is not NoteState.PROLONGED:
            break
        first = before
    chain = [first]
    while (later := queries.find_prolongation(chain[-1].id)) is not None:
        chain.append(later)
    return chain


def _changes(note: SickNote, corrected: CorrectedBearer) -> bool:
    printed = queries.content_of_note(note).bearer
    return services.bearer_of(corrected.corrects(corrected_bearer(note))) != printed


def _revise(note: SickNote, task: CallTask, corrected: CorrectedBearer, *, by: Agent, at: datetime) -> None:
    """Record the correction: their records and the contact's line follow, and what depends on who they are."""
    # of a parent's note, only the parent is corrected: they were typed or named by somebody
    is_parents = note.kind is NoteKind.PARENT
    said = corrections.facts_of(
        note.person_id,
        corrections.changes_in(note.person_id, corrected.correction),
        source=FactSource.DOCTOR if by.holds(Role.ADVISER) else FactSource.SUPERVISOR,
        sent_by=FactSource.CASE if is_parents else corrections.who_sent(task.contact_id),
        is_other=True,
    )
    facts.record(said, by=by.member_id, at=at)
