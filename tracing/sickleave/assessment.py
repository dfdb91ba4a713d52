"""Assessment of whether the person on the telephone may have a sick note: gathers the facts and applies the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from tracing.calls import queries as calls
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import SCRIPT_OF, StoredAnswer
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.cases.result_queries import result_that_holds
from tracing.cases.rules import sampling_day
from tracing.cases.services import isolation_now
from tracing.contacts import queries as contacts
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import Meeting
from tracing.contacts.telling import measure_of_person, other_meetings, risk_of_person
from tracing.kernel import clock
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Isolation, Quarantine, age_on
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Scheme, Subject
from tracing.queue.models import CallTask
from tracing.scripts.services import get_script
from tracing.scripts.wording import MAY_WORK_FROM
from tracing.sickleave import answers as said
from tracing.sickleave import insurance_number, queries
from tracing.sickleave.documents import ParentSaid
from tracing.sickleave.errors import NoSuchNote
from tracing.sickleave.models import NoteKind, SickNote
from tracing.sickleave.reasons import CUT_SENTENCES
from tracing.sickleave.rules import (
    TO_BE_COMPLETED,
    NoteAllowed,
    NoteRefused,
    NoteRequest,
    NumberState,
    Reason,
    cuts_of,
    decide_note,
)
from tracing.staff.agent import Agent


@dataclass(frozen=True, kw_only=True, repr=False)
class AskingParent:
    """The parent who asks for a note for the child that a call is about."""

    person_id: int | None
    """None: not registered yet."""
    identity: Identity | None
    said: ParentSaid


@dataclass(frozen=True, kw_only=True, repr=False)
class AlreadyRead:
    """What the page of a call has read of the person, so that it is not read again for their note."""

    conversation: Conversation | None
    given: Mapping[str, StoredAnswer]
    identity: Identity | None
    others: Sequence[Meeting]


@dataclass(frozen=True, kw_only=True, repr=False)
class Assessment:
    """The rules' decision on a note today, and the facts that it depends on."""

    request: NoteRequest
    decision: NoteAllowed | NoteRefused
    missing: tuple[str, ...]
    """Questions still to be asked, in the words of the script."""
    is_wanted: bool
    """False once the person has said that they want no note."""
    is_sworn: bool
    """The person has already made the declaration in the script."""
    case: Case
    contact: Contact | None
    identity: Identity | None
    sampled_on: date
    number: NumberState
    """The state of the social-security number, whether it is needed at this point or not."""
    worked_on: date | None
    """The last day on which the person says they worked."""
    kind: NoteKind
    person_id: int | None
    """Whose note it is; None: a parent who was not registered yet."""
    parent: ParentSaid | None = None
    oath: said.Oath | None = None
    """What the person declared last by the script, in whichever call."""

    @property
    def refusal(self) -> NoteRefused | None:
        """The refusal, if no further answer can change it."""
        found = self.decision
        return found if isinstance(found, NoteRefused) and found.reason not in TO_BE_COMPLETED else None

    @property
    def incomplete(self) -> NoteRefused | None:
        """What the person must still give, when it is not a question of the script."""
        found = self.decision
        asked = {Reason.SCHEME_UNKNOWN, Reason.TELEWORK_UNKNOWN}
        if isinstance(found, NoteRefused) and found.reason in TO_BE_COMPLETED - asked:
            return found
        return None

    @property
    def may_be_completed(self) -> bool:
        """Whether the form of the note asks for everything that is missing: name, birth date, address, number."""
        if self.missing or not self.is_wanted or not isinstance(self.decision, NoteRefused):
            return False
        return self.decision.reason in {Reason.NAME_UNKNOWN, Reason.AGE_UNKNOWN}

    @property
    def note(self) -> NoteAllowed | None:
        """The note that may be issued."""
        found = self.decision
        return found if isinstance(found, NoteAllowed) and not self.missing and self.is_wanted else None

    @property
    def not_worked_since(self) -> date | None:
        """The first day of the note if it is past: the person declares that they have not worked from it on."""
        found = self.note
        return found.first_day if found is not None and found.first_day < self.request.on else None


def assess(
    call: Call,
    task: CallTask,
    *,
    by: Agent,
    at: datetime,
    first_day: date | None = None,
    declared: bool | None = None,
    address_confirmed: bool = False,
    parent: AskingParent | None = None,
    work: Mapping[str, str] | None = None,
    known: AlreadyRead | None = None,
) -> Assessment:
    """Say whether a note may be issued now; without `declared`, whether it may be after the declaration.

    `parent`: they ask for the child that the task is about. `work`: what was just typed of the person's work.

    In that case, what the form of the note asks for (the declaration, the address, the number) is assumed to be given.
    """
    is_preview = declared is None
    return _assess(
        task,
        call.id,
        by=by,
        today=clock.local_day(at, by.site.time_zone),
        first_day=first_day,
        sworn=declared is not False,
        is_preview=is_preview,
        address_confirmed=address_confirmed,
        parent=parent,
        work=work,
        known=known,
    )


def asks_work(task: CallTask) -> bool:
    """Return whether the form asks about work: the script did not, of somebody in hospital, and a doctor agreed to days."""
    about = contacts.find_contact(task.contact_id) or cases.get_case(task.case_id)
    if about.note_ruling is None:
        return False
    return calls.answers_by_task([task.id], ["hospitalised"])[task.id].get("hospitalised") == "yes"


def assess_again(
    note: SickNote, task: CallTask, *, by: Agent, today: date, on: date, first_day: date | None = None
) -> Assessment:
    """Say whether the person of an issued note may have one by the rule of the day `on`, from what is known now.

    What they declared and confirmed for that note still holds; the notes of its own call are left out of account.
    """
    return _assess(
        task,
        note.call_id,
        by=by,
        today=today,
        on=on,
        first_day=first_day,
        sworn=True,
        is_preview=False,
        is_confirmed=True,
        parent=asking_parent_of(note),
    )


def asking_parent_of(note: SickNote) -> AskingParent | None:
    """Return the parent of an issued note, with what they said then."""
    if note.kind is not NoteKind.PARENT:
        return None
    said_then = queries.content_of_note(note).parent or ParentSaid(scheme=None)
    return AskingParent(
        person_id=note.person_id, identity=people.find_joint_identity(note.person_id), said=said_then
    )


def _assess(
    task: CallTask,
    call_id: int,
    *,
    by: Agent,
    today: date,
    on: date | None = None,
    first_day: date | None,
    sworn: bool,
    is_preview: bool,
    address_confirmed: bool = False,
    is_confirmed: bool = False,
    parent: AskingParent | None = None,
    work: Mapping[str, str] | None = None,
    known: AlreadyRead | None = None,
) -> Assessment:
    on = on or today
    case = cases.get_case(task.case_id)
    contact = contacts.find_contact(task.contact_id)
    known = known or _read(task, call_id, case, contact)
    identity, conversation, others = known.identity, known.conversation, known.others
    given = {one: stored.value for one, stored in known.given.items() if stored.value is not None}
    given |= work or {}
    age = _age(identity, on)
    if parent is None and age is not None and age < MAY_WORK_FROM:
        given.setdefault("works", "no")  # nobody is asked whether a child works
    pack = get_pack(case.programme)
    sampled_on = sampling_day(case.first_sampled_at, case.sampled_on, by.site.time_zone)
    oath = said.oath_of(known.given) if parent is None else None
    is_sworn = _is_sworn(oath, call_id, task, conversation)
    bearer = identity if parent is None else parent.identity
    person_id = task.person_id if parent is None else parent.person_id
    number = insurance_number.number_of(
        task.id,
        bearer,
        by=by,
        parent_id=parent.person_id if parent is not None else None,
        is_parents=parent is not None,
    )
    open_number = number in {NumberState.MISSING, NumberState.ASKED, NumberState.REFUSED}
    measure = _measure((case, contact), others, identity, today, by.site.time_zone)
    is_identified = conversation is not None and conversation.identity_confirmed_at is not None
    ruled_days = (contact or case).note_ruling
    is_in_hospital = given.get("hospitalised") == "yes"
    is_asked_of_work = is_in_hospital and ruled_days is not None and parent is None and not is_confirmed
    if is_asked_of_work and is_preview:
        given = {"insurance_scheme": Scheme.RG.value, "can_telework": "no", **given}
    request = NoteRequest(
        pack=pack,
        subject=Subject.CASE if contact is None else Subject.CONTACT,
        on=on,
        measure=measure,
        age=_age(bearer, on),
        sworn=is_sworn or sworn,
        identity_verified=is_identified or is_confirmed,
        named=bearer is not None and bool(bearer.birth_name or bearer.usual_name),
        address_confirmed=is_preview or is_confirmed or (address_confirmed and _is_addressed(bearer)),
        number=NumberState.KNOWN if is_preview and open_number else number,
        # a note of the days before is mended whether the person is in hospital by now or not
        in_hospital=is_in_hospital and not is_confirmed,
        contact_registered=contact is None or contact.status is not ContactStatus.REMOVED,
        risk=risk_of_person(contact, others) if contact else None,
        ruled_days=ruled_days,
        **(
            _said_by_person(contact, given, on, first_day=first_day)
            if parent is None
            else _said_by_parent(parent, task, identity, given, on, first_day=first_day)
        ),
        **_other_notes(task, person_id, pack, on),
    )
    decision = decide_note(request)
    if is_sworn and oath is not None and _begins_before(decision, oath, on, by.site.time_zone):
        # the script said fewer days
        is_sworn, request = False, replace(request, sworn=sworn)
        decision = decide_note(request)
    return Assessment(
        request=request,
        decision=decision,
        missing=()
        if is_confirmed or is_asked_of_work or parent is not None
        else _missing(task, conversation, given),
        is_wanted=parent is not None or given.get("wants_note") != "no",
        is_sworn=is_sworn,
        case=case,
        contact=contact,
        identity=bearer,
        sampled_on=sampled_on,
        number=number,
        worked_on=said.last_work_on(given) if parent is None else parent.said.worked_on,
        kind=_kind(contact, parent),
        person_id=person_id,
        parent=parent.said if parent is not None else None,
        oath=oath,
    )


def _read(task: CallTask, call_id: int, case: Case, contact: Contact | None) -> AlreadyRead:
    return AlreadyRead(
        conversation=calls.find_conversation(call_id, task.id),
        given=calls.stored_answers(task.id),
        identity=people.find_joint_identity(task.person_id),
        others=other_meetings(contact, case) if contact is not None else (),
    )


def _is_sworn(
    oath: said.Oath | None, call_id: int, task: CallTask, conversation: Conversation | None
) -> bool:
    """Return whether the person has declared in this call, by the script, all that a paper says, and it still holds."""
    if oath is None or oath.is_outdated or oath.call_id != call_id or conversation is None:
        return False
    step = get_script(SCRIPT_OF[task.kind], conversation.script_version).step("sick_note")
    return step is not None and any(said.WORDS_SINCE in words for one in step.say for words in one)


def _begins_before(decision: NoteAllowed | NoteRefused, oath: said.Oath, today: date, zone: ZoneInfo) -> bool:
    """Return whether a note begins on an earlier day than the one from which the person declared not to have worked."""
    since = oath.since or clock.local_day(oath.made_at, zone)
    return isinstance(decision, NoteAllowed) and decision.first_day < min(since, today)


def _kind(contact: Contact | None, parent: AskingParent | None) -> NoteKind:
    if parent is not None:
        return NoteKind.PARENT
    return NoteKind.CASE if contact is None else NoteKind.CONTACT


def _said_by_person(
    contact: Contact | None, given: Mapping[str, Any], on: date, *, first_day: date | None
) -> dict[str, Any]:
    """Return what the person has answered about their work, and the days that follow from it."""
    return {
        "scheme": said.scheme_of(given),
        "can_telework": said.yes_or_no(given, "can_telework"),
        "works": given.get("works") != "no",
        "caregiver": given.get("is_caregiver") == "yes",
        "stopped_by_doctor": given.get("stopped_by_doctor") == "yes",
        "first_day": first_day or _asked_first_day(contact, given, on),
        "free_from": said.free_from(given, today=on),
    }


def _said_by_parent(
    parent: AskingParent,
    task: CallTask,
    child: Identity | None,
    given: Mapping[str, Any],
    on: date,
    *,
    first_day: date | None,
) -> dict[str, Any]:
    """Return what a parent said on the form of the note; that they cannot telework is in their declaration."""
    worked = parent.said.worked_on
    theirs = queries.notes_for_child(task.person_id)
    own = people.records_of_same_person(parent.person_id) if parent.person_id is not None else ()
    return {
        "scheme": parent.said.scheme,
        "can_telework": False,
        "first_day": first_day,
        "free_from": worked + timedelta(days=1) if worked else on,
        "for_child": True,
        "child_age": _age(child, on),
        "parent_on_line": given.get("person_on_line") == "representative",
        "other_parent": tuple(
            (note.first_day, note.last_day) for note in theirs if note.person_id not in own
        ),
    }


def _measure(
    about: tuple[Case, Contact | None],
    others: Sequence[Meeting],
    identity: Identity | None,
    today: date,
    zone: ZoneInfo,
) -> Isolation | Quarantine:
    """Return the person's isolation or quarantine, from what the call established: today's, or as they were told."""
    case, contact = about
    if contact is not None:
        return measure_of_person(contact, case, others, age=_age(identity, today), on=today)
    result = result_that_holds(case)
    sampled_on = sampling_day(result.first_sampled_at, result.sampled_on, zone)
    return isolation_now(result, sampled=sampled_on, age=_age(identity, sampled_on), on=today)


def _age(identity: Identity | None, on: date) -> int | None:
    born = identity.birth_date if identity else None
    return age_on(born, on) if born else None


def _is_addressed(identity: Identity | None) -> bool:
    return identity is not None and bool(identity.address and identity.city)


def _asked_first_day(contact: Contact | None, given: Mapping[str, Any], today: date) -> date | None:
    """Return the day since which a contact says they stay at home; for a case, the rule sets the first day."""
    since = said.stayed_home_since(given) if contact is not None else None
    return since if since is not None and since <= today else None


def _other_notes(task: CallTask, person_id: int | None, pack: Pack, today: date) -> dict[str, Any]:
    valid = queries.valid_notes_of_person(person_id) if person_id is not None else ()
    notes = [note for note in valid if note.task_id != task.id]
    since = today - timedelta(days=pack.recent_infection_days)
    recent = [note for note in notes if note.last_day >= since]
    return {
        "other_notes": tuple((note.first_day, note.last_day) for note in notes),
        "days_already": sum((note.last_day - note.first_day).days + 1 for note in recent),
    }


def _missing(task: CallTask, conversation: Conversation | None, given: Mapping[str, Any]) -> tuple[str, ...]:
    if conversation is None:
        raise NoSuchNote
    asked = get_script(SCRIPT_OF[task.kind], conversation.script_version).questions
    return tuple(asked[question].label for question in said.missing(given) if question in asked)


def sentence_of(refused: NoteRefused) -> str:
    """Return the sentence for a refusal, in the reader's language, with the figures of the rule pack."""
    return str(_(refused.msgid, **refused.values)) if refused.values else str(_(refused.msgid))


def why_cut(found: Assessment) -> list[str]:
    """Return one sentence for each reason why the note does not cover the whole isolation or quarantine."""
    if found.note is None:
        return []
    return [str(_(CUT_SENTENCES[cut], **figures)) for cut, figures in cuts_of(found.request, found.note)]


def why_not(found: Assessment) -> str:
    """Return one sentence that says why no note can be issued now."""
    last = _last_to_cover(found.request)
    asked = found.request.first_day
    if found.refusal is not None and asked is not None and last is not None and asked > last:
        return str(
            _(
                "Le premier jour ne peut pas être après le %(last)s, le dernier à couvrir.",
                last=f"{last:%d/%m/%Y}",
            )
        )
    if found.refusal is not None:
        return sentence_of(found.refusal)
    if not found.is_wanted:
        return str(_("La personne ne demande pas d’arrêt."))
    if found.missing:
        return str(_("Il manque des réponses : %(questions)s.", questions=", ".join(found.missing)))
    if isinstance(found.decision, NoteRefused):
        return sentence_of(found.decision)
    return ""


def _last_to_cover(request: NoteRequest) -> date | None:
    return request.ruled_days[1] if request.ruled_days is not None else request.measure.last_day_in
