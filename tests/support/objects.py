"""One object of each kind at a site, for every id that occurs in the product's addresses."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_bytes

from sqlalchemy import select

from tests.support import story
from tracing.calls import caller_requests
from tracing.calls import services as calls
from tracing.calls.models import Call, Draft, OutcomeUndo
from tracing.calls.rules import CallOutcome
from tracing.casefiles import services as casefiles
from tracing.casefiles.models import FileOpening, FileSearch
from tracing.casefiles.queries import Key
from tracing.casefiles.rules import FileReason, FoundBy
from tracing.cases.models import Case
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Reason
from tracing.hand_offs import services as hand_offs
from tracing.help_requests.models import HelpRequest
from tracing.help_requests.rules import HelpState, Need
from tracing.imports.arrivals import tokens
from tracing.imports.lots.queries import report
from tracing.imports.models import ImportLine, ImportLot, LotState, SourceKind
from tracing.imports.rules import Outcome
from tracing.imports.sources import key_services
from tracing.imports.sources import services as source_services
from tracing.imports.sources.key_files import read_password
from tracing.kernel.db import session, take_id
from tracing.messages import services as messages
from tracing.onboarding.models import Invitation
from tracing.people.countries import Country
from tracing.people.models import PossibleDuplicate
from tracing.places import services as places
from tracing.places.models import NamedPlace
from tracing.queue.households import priorities
from tracing.queue.models import CallTask
from tracing.sickleave.models import NoteKind, SickNote
from tracing.staff.agent import Agent
from tracing.staff.models import Absence, Loan, Member, Role, Site
from tracing.toolbox import services as toolbox
from tracing.toolbox.models import ToolboxEntry
from tracing.toolbox.rules import Topic
from tracing.toolbox.services import EntryText
from tracing.vault import services as vault

SKELETON = {
    "row_number": 2,
    "version": 1,
    "version_id": 1,
    "script_draft_id": 1,
    "notice_id": 1,
    "message_id": 1,
    "step": "opening",
    "copy": "insured",
    "kind": "password",
}
"""The parts of an address that are not objects of their own."""


@dataclass(frozen=True)
class Objects:
    """A member with every role at one site, and the ids of its objects, by their name in addresses."""

    member: Member
    numbers: dict[str, object]
    onboarding: dict[str, object]
    """In onboarding, the same names mean something else: a recruit and their practice call."""

    def values(self, endpoint: str) -> dict[str, object]:
        """Return the values for the address of an endpoint."""
        return SKELETON | self.numbers | (self.onboarding if endpoint.startswith("onboarding.") else {})


def objects_at(site: Site, other: Site, school: Site, *, serial: int, at: datetime) -> Objects:
    """Make one object of each kind at a site; `serial` distinguishes its people from those of another site."""
    everyone = story.member(f"all{serial}", f"All {serial}", *((role, site) for role in Role), at=at)
    colleague = story.member(f"one{serial}", f"One {serial}", (Role.TRACER, site), at=at)
    by = story.agent(everyone, site)
    phone, second = f"+3363998{serial}001", f"+3363998{serial}002"
    lot = _lot(site, by.member_id, colleague.id, serial, at=at)
    task = story.waiting_case(site, story.identity("Marie", f"Objet{serial}", phones=(phone,)), at=at)
    task.lot_id = lot.id
    priority = priorities.give_to_place(f"4400{serial}", only_collective=False, by=by, at=at)
    call = calls.take_next(by, at=at)
    assert call is not None
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=at)
    calls.confirm_identity(conversation, confirmed=True, by=by, at=at)
    case = session.get_one(Case, task.case_id)
    handed = hand_offs.give(case.reference, "H-6", on=at.date(), by=by, at=at)
    contact = story.contact(case, story.identity("Luc", f"Vu{serial}", phones=(second,)), by=everyone, at=at)
    question = escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.MEDICAL_QUESTION,
        question="Peut-elle sortir ?",
        by=by,
        at=at,
    )
    calls.keep_draft(call.id, "contact", "x", by=by, at=at)
    twin = story.case(
        site, story.identity("Marie", f"Objett{serial}", phones=(f"+3363998{serial}003",)), at=at
    )
    pair = PossibleDuplicate(person_id=task.person_id, other_id=twin.person_id, reason="import", found_at=at)
    absence = Absence(
        member_id=colleague.id,
        starts_on=date(2026, 4, 1),
        ends_on=date(2026, 4, 2),
        noted_by=everyone.id,
        noted_at=at,
    )
    loan = Loan(
        member_id=colleague.id,
        from_site_id=site.id,
        to_site_id=other.id,
        lent_at=at,
        lent_by=everyone.id,
        ends_at=at + timedelta(hours=1),
        returned_at=at,
    )
    recruit = story.member(f"rec{serial}", f"Rec {serial}", (Role.TRACER, school), at=at)
    invitation = _invitation(site, school, everyone, recruit, serial, at=at)
    waiting = _invitation(site, school, everyone, None, serial, at=at)
    session.add_all([pair, absence, loan, invitation, waiting])
    session.flush()
    key = key_services.propose(
        lot.source_code, read_password("mot de passe"), label="clé", by=colleague.id, at=at
    )
    note = _note(site, task, call, everyone, serial, at=at)
    letter = messages.queue_letter(task.person_id, case.reference, "Madame, Monsieur,", by=by, at=at)
    assert letter is not None
    undo = OutcomeUndo(
        call_id=call.id,
        task_id=task.id,
        member_id=everyone.id,
        outcome=CallOutcome.VOICEMAIL,
        noted_at=at,
        changes={"rows": {}, "facts": [], "question": None},
    )
    session.add(undo)
    session.flush()
    search = casefiles.search(
        Key(FoundBy.REFERENCE, (case.reference,)), FileReason.COMPLAINT, "", by=by, at=at
    )
    assert isinstance(search, FileSearch)
    opening = session.scalar(select(FileOpening).where(FileOpening.search_id == search.id))
    assert opening is not None
    numbers = {
        "absence_id": absence.id,
        "call_id": call.id,
        "case_id": case.id,
        "code": lot.source_code,
        "contact_id": contact.id,
        "draft_id": session.scalar(select(Draft.id).where(Draft.call_id == call.id)),
        "entry_id": call.entry_id,
        "tool_id": _tool(by, at=at).id,
        "escalation_id": question.id,
        "hand_off_id": handed.id,
        "help_id": _help(site, task, everyone, at=at).id,
        "key_id": key.id,
        "letter_id": letter.id,
        "loan_id": loan.id,
        "lot_id": lot.id,
        "member_id": colleague.id,
        "note_id": note.id,
        "opening_id": opening.id,
        "pair_id": pair.id,
        "place_id": _place(case, contact.id, site, by, serial, at=at),
        "priority_id": priority.id,
        "request_id": caller_requests.keep(name="A", number="", words="x", site_id=site.id, by=by, at=at).id,
        "search_id": search.id,
        "site_id": site.id,
        "task_id": task.id,
        "undo_id": undo.id,
        "token_id": tokens.make(lot.source_code, label="jeton", by=colleague.id, at=at).token.id,
    }
    return Objects(everyone, numbers, {"member_id": recruit.id, "invitation_id": waiting.id})


def _place(case: Case, contact_id: int, site: Site, by: Agent, serial: int, *, at: datetime) -> int:
    """Make a place that three cases of the site name."""
    named = [(case, contact_id)]
    for number in (4, 5):
        who = story.identity("Zoé", f"Lieu{serial}{number}", phones=(f"+3363998{serial}00{number}",))
        other = session.get_one(Case, story.waiting_case(site, who, at=at).case_id)
        met = story.identity("Luc", f"Lieu{serial}{number}", phones=())
        named.append((other, story.contact(other, met, by=session.get_one(Member, by.member_id), at=at).id))
    for one, met_id in named:
        places.keep_of_contact(
            one, met_id, "Bar du Port", cohort=at.date(), named_at=at, by=by.member_id, at=at
        )
    return session.scalars(select(NamedPlace.id).where(NamedPlace.site_id == site.id)).all()[-1]


def _tool(by: Agent, *, at: datetime) -> ToolboxEntry:
    text = EntryText(Topic.PROCEDURE, "Quel courrier ?", "Le modèle 2.", at.date(), None)
    return toolbox.add(text, by=by, at=at)


def _lot(site: Site, by: int, other: int, serial: int, *, at: datetime) -> ImportLot:
    """Make a source of the site, with a mapping, and a lot of it with a line to correct."""
    code = f"SITE{serial}"
    terms = source_services.Terms(
        label=code,
        kind=SourceKind.LABORATORY,
        is_trusted=False,
        ids_are_unique=True,
        needs_signature=False,
        site_id=site.id,
        contact="",
        country=Country.FRANCE,
    )
    source_services.add_source(code, terms, by=by, at=at)
    source_services.record_first_mapping(code, ["ID_RESULTAT", "NOM_NAISSANCE"], at=at)
    lot = ImportLot(
        source_code=code,
        owner_site_id=site.id,
        file_name="lot.csv",
        file_sha256="0",
        state=LotState.LOADED,
        received_at=at,
        received_by=other,
        loaded_at=at,
        counts={},
    )
    session.add(lot)
    session.flush()
    line_id = take_id("import_lines")
    fields = {"NOM_NAISSANCE": f"SECRET{serial}"}
    session.add(
        ImportLine(
            id=line_id,
            lot_id=lot.id,
            row_number=SKELETON["row_number"],
            source_code=code,
            outcome=Outcome.QUARANTINED,
            reasons=["BAD_DATE"],
            warnings=[],
            cohort=at.date(),
            sealed=vault.seal("import_lines", line_id, at.date(), fields),
        )
    )
    session.flush()
    lot.counts = report(lot.id)
    return lot


def _note(site: Site, task: CallTask, call: Call, by: Member, serial: int, *, at: datetime) -> SickNote:
    note = SickNote(
        number=f"N{serial}",
        site_id=site.id,
        person_id=task.person_id,
        task_id=task.id,
        call_id=call.id,
        kind=NoteKind.CASE,
        first_day=at.date(),
        last_day=at.date(),
        rule="test/N-1",
        issued_at=at,
        issued_by=by.id,
        cohort=at.date(),
    )
    session.add(note)
    session.flush()
    return note


def _help(site: Site, task: CallTask, by: Member, *, at: datetime) -> HelpRequest:
    asked = HelpRequest(
        task_id=task.id,
        person_id=task.person_id,
        site_id=site.id,
        need=Need.SHOPPING,
        state=HelpState.TO_PASS_ON,
        is_waiting=True,
        asked_at=at,
        asked_by=by.id,
        changed_at=at,
        changed_by=by.id,
    )
    session.add(asked)
    session.flush()
    return asked


def _invitation(
    site: Site, school: Site, by: Member, joined: Member | None, serial: int, *, at: datetime
) -> Invitation:
    return Invitation(
        token_hash=token_bytes(32),
        login=joined.login if joined else f"inv{serial}",
        display_name="Invitée",
        contract_ends_on=date(2026, 6, 30),
        training_site_id=school.id,
        live_site_id=site.id,
        invited_by=by.id,
        invited_at=at,
        expires_at=at + timedelta(days=7),
        used_at=at if joined else None,
        member_id=joined.id if joined else None,
    )
