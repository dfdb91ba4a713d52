"""Pages for the sick note during a call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import services as calls
from tracing.calls.errors import IdentityFirst, NoSuchCall
from tracing.calls.models import Call
from tracing.contacts.queries import open_call
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.scripts.wording import day_in_words
from tracing.sickleave import assessment, insurance_number, patient, queries, services, words
from tracing.sickleave.assessment import AskingParent, Assessment, asking_parent_of, assess
from tracing.sickleave.checking import views as checking_views
from tracing.sickleave.delivery import queries as delivery
from tracing.sickleave.delivery import services as giving
from tracing.sickleave.delivery import views as delivery_views
from tracing.sickleave.delivery import words as delivery_words
from tracing.sickleave.delivery.forms import GiveForm
from tracing.sickleave.errors import (
    DaysMoved,
    NoLink,
    NoteChanged,
    NoteNotAllowed,
    PapersNotGiven,
    TooEarly,
    TooLate,
)
from tracing.sickleave.forms import PREFIX, DaysForm, NoteForm, WorkNoteForm
from tracing.sickleave.mending import offered
from tracing.sickleave.mending import services as mending
from tracing.sickleave.mending import views as mending_views
from tracing.sickleave.mending.possible_days import oath_first
from tracing.sickleave.mending.services import InCall
from tracing.sickleave.mending.words import decided_words
from tracing.sickleave.models import NoteKind, NoteState
from tracing.sickleave.parents import services as parents
from tracing.sickleave.parents.forms import ParentNoteForm
from tracing.sickleave.parents.services import Parent
from tracing.sickleave.payment import views as payment_views
from tracing.sickleave.rules import CancelReason, MissingNumberReason
from tracing.staff.access import agent, is_fragment, may
from tracing.staff.models import Role
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("sickleave", __name__, template_folder="templates")
for path, view, methods in (
    *mending_views.ROUTES,
    *payment_views.ROUTES,
    *checking_views.ROUTES,
    *delivery_views.ROUTES,
):
    bp.add_url_rule(path, view_func=view, methods=methods)

AT = "/calls/<int:call_id>/tasks/<int:task_id>/sick-note"


@bp.get(AT)
@may(Role.TRACER, Role.ADVISER)
def panel(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show whether the person may have a note and for which days, or the note that they have."""
    return _panel(call_id, task_id)


@bp.post(AT)
@may(Role.TRACER, Role.ADVISER)
@sent_once
def issue(call_id: int, task_id: int) -> ResponseReturnValue:
    """Issue the note."""
    try:
        with transaction():
            call, task = open_call(call_id, task_id, agent())
            calls.require_identity(call, task)
            asked = _asked(call, task)
            form = asked.form
    except ClaimLost as lost:
        typed = ParentNoteForm(prefix=PREFIX, identity=None, today=_today())
        return _late(call_id, task_id, lost, typed.first_day.data, typed.as_lines())
    if not form.validate_on_submit():
        return _panel(call_id, task_id, form=form, status=422)
    try:
        # the personal details are stored whether a note is issued or not
        with transaction():
            at = clock.database_now()
            call, task = _held(call_id, task_id)
            calls.require_identity(call, task)
            asking = _stored(call, task, asked, at=at)
            if form.reason is not None and queries.find_valid_note(task.id) is None:
                _state_missing(call, task, form.reason, asking, at=at)
        with transaction():
            at = clock.database_now()
            call, task = _held(call_id, task_id)
            services.issue(
                call,
                task,
                first_day=form.first_day.data,
                sworn=form.sworn.data,
                sworn_since=form.sworn_since.data,
                address_confirmed=form.address_confirmed.data,
                parent=asking,
                by=agent(),
                at=at,
            )
    except (NoteNotAllowed, TooEarly) as refusal:
        if isinstance(refusal, TooEarly):
            form.begins(refusal.first)
        known = asking.person_id if asking is not None else None
        return _panel(
            call_id, task_id, form=form, known=known, refused=refusal.message, status=refusal.status
        )
    except ClaimLost as lost:
        return _late(call_id, task_id, lost, form.first_day.data, form.as_lines())
    return _done(call_id, task_id)


@bp.post(f"{AT}/days")
@may(Role.TRACER, Role.ADVISER)
def days(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show which days a note from the chosen first day covers; nothing is written."""
    with transaction():
        call, task = open_call(call_id, task_id, agent())
        calls.require_identity(call, task)
        asked = _asked(call, task)
        found = _assessed(call, task, asked.form, asked.asking, at=clock.now())
    asked.form.declares(found.not_worked_since)
    return render_template(
        "sickleave/days.html",
        found=found,
        form=asked.form,
        note=found.note,
        why_not=assessment.why_not(found),
        cuts=assessment.why_cut(found),
    )


@bp.post(f"{AT}/<int:note_id>/cancel")
@may(Role.TRACER, Role.ADVISER)
def cancel(call_id: int, task_id: int, note_id: int) -> ResponseReturnValue:
    """Cancel a note of this call."""
    try:
        with transaction():
            at = clock.database_now()
            call, task = _held(call_id, task_id)
            calls.require_identity(call, task)
            mending.cancel(note_id, None, in_call=InCall(call.id, task.id), by=agent(), at=at)
    except ClaimLost as lost:
        return _late(call_id, task_id, lost, None)
    except NoteChanged as refusal:
        return _panel(call_id, task_id, refused=refusal.message, status=refusal.status)
    return _done(call_id, task_id)


@bp.post(f"{AT}/<int:note_id>/give")
@may(Role.TRACER, Role.ADVISER)
@sent_once
def give_in_call(call_id: int, task_id: int, note_id: int) -> ResponseReturnValue:
    """Give the papers of a note to the person on the telephone as they choose."""
    form = GiveForm()
    if not form.validate():
        with transaction():
            giving.readable(note_id, task_id, agent())
        return _panel(call_id, task_id, status=422)

    def give(_call: Call, task: CallTask, at: datetime) -> None:
        giving.give(note_id, form.chosen, address=g.settings.public_pages, task_id=task.id, by=agent(), at=at)

    return _mend(call_id, task_id, give)


@bp.post(f"{AT}/<int:note_id>/link-said")
@may(Role.TRACER, Role.ADVISER)
def link_said_in_call(call_id: int, task_id: int, note_id: int) -> ResponseReturnValue:
    """Record that link and code were read to the person on the telephone."""

    def said(_call: Call, task: CallTask, at: datetime) -> None:
        giving.note_said(note_id, task_id=task.id, by=agent(), at=at)

    return _mend(call_id, task_id, said)


@bp.post(f"{AT}/<int:note_id>/prolong")
@may(Role.TRACER, Role.ADVISER)
def prolong_in_call(call_id: int, task_id: int, note_id: int) -> ResponseReturnValue:
    """Prolong a note for the person on the telephone, until the day that the panel shows."""
    form = DaysForm()

    def prolong(call: Call, task: CallTask, at: datetime) -> None:
        mending.prolong(
            note_id,
            last_day=form.last_day.data,
            result_is_awaited=True,
            not_worked_since=form.not_worked_since.data,
            in_call=InCall(call.id, task.id),
            by=agent(),
            at=at,
        )

    return _mend(call_id, task_id, prolong)


@bp.post(f"{AT}/<int:note_id>/replace")
@may(Role.TRACER, Role.ADVISER)
def replace_in_call(call_id: int, task_id: int, note_id: int) -> ResponseReturnValue:
    """Replace a note for the person on the telephone by the days that the panel shows."""
    form = DaysForm()

    def replace(call: Call, task: CallTask, at: datetime) -> None:
        mending.replace(
            note_id,
            CancelReason.WRONG_DAYS,
            first_day=form.first_day.data,
            last_day=form.last_day.data,
            in_call=InCall(call.id, task.id),
            by=agent(),
            at=at,
        )

    return _mend(call_id, task_id, replace)


def _mend(
    call_id: int, task_id: int, change: Callable[[Call, CallTask, datetime], None]
) -> ResponseReturnValue:
    try:
        with transaction():
            at = clock.database_now()
            call, task = _held(call_id, task_id)
            calls.require_identity(call, task)
            change(call, task, at)
    except (NoteNotAllowed, NoteChanged, DaysMoved, TooLate, PapersNotGiven, NoLink) as refusal:
        return _panel(call_id, task_id, refused=refusal.message, status=refusal.status)
    except ClaimLost as lost:
        return _late(call_id, task_id, lost, None)
    return _done(call_id, task_id)


@dataclass(frozen=True, repr=False)
class _Asked:
    """The form of a note, and for a child which parent asks."""

    form: NoteForm
    asking: AskingParent | None = None
    parent: Parent | None = None
    on_line: Sequence[Parent] = ()
    """The parents who could ask; whoever is not among them is typed."""


def _assessed(
    call: Call,
    task: CallTask,
    form: NoteForm | None,
    asking: AskingParent | None,
    *,
    from_first_day: bool = True,
    at: datetime,
) -> Assessment:
    """Say which days a note would have, from the first day and the work that were typed, if a form was sent."""
    work = form.answers if asking is None and isinstance(form, WorkNoteForm) else None
    first_day = form.first_day.data if form is not None and from_first_day else None
    return assess(call, task, by=agent(), at=at, first_day=first_day, parent=asking, work=work)


def _asked(call: Call, task: CallTask, *, is_sent: bool = True, wanted: str | None = None) -> _Asked:
    """Return the form as it was sent, or filled with what is known: of the person, or of the parent of a child."""
    if not parents.concerns_child(task, today=_today()):
        kind = WorkNoteForm if assessment.asks_work(task) else NoteForm
        return _Asked(_form_for(task, kind, is_sent=is_sent))
    parent, on_line = parents.chosen(call, task, wanted or request.args.get("parent"), today=_today())
    data = {} if is_sent else {"formdata": None, "data": _known(task, parent.identity, parent)}
    form = ParentNoteForm(prefix=PREFIX, identity=parent.identity, today=_today(), **data)
    asking = AskingParent(person_id=parent.person_id, identity=parent.identity, said=form.said)
    return _Asked(form, asking, parent, on_line)


def _stored(call: Call, task: CallTask, asked: _Asked, *, at: datetime) -> AskingParent | None:
    """Store the personal details of whoever asks; returns the parent, who is known by now, if it is one."""
    form = asked.form
    if asked.parent is None or not isinstance(form, ParentNoteForm):
        patient.complete(call, task, form.details(), by=agent(), at=at)
        if isinstance(form, WorkNoteForm):
            for question, value in form.answers.items():
                calls.save_answer(call, task, question, value, by=agent(), at=at)
        return None
    known = parents.register(call, task, asked.parent, form.names, form.details(), by=agent(), at=at)
    return AskingParent(person_id=known.person_id, identity=known.identity, said=form.said)


def _typed_again(task: CallTask, typed: Parent) -> ParentNoteForm:
    """Return the empty form of a parent, filled with who was typed in this call."""
    names = ("first_names", "birth_name", "birth_date")
    known = {name: getattr(typed.identity, name) for name in names} | _known(task, typed.identity, typed)
    return ParentNoteForm(formdata=None, prefix=PREFIX, identity=None, today=_today(), data=known)


def _state_missing(
    call: Call, task: CallTask, reason: MissingNumberReason, asking: AskingParent | None, *, at: datetime
) -> None:
    """Store why the person, or the parent who asks, has no number, and have an adviser asked."""
    parent_id = asking.person_id if asking is not None else None
    known = insurance_number.find_missing(task.id)
    is_other = known is not None and not insurance_number.is_about(
        known, parent_id, is_parents=asking is not None
    )
    question = words.question_about(
        reason, parent=asking is not None, other_parent=is_other and asking is not None
    )
    insurance_number.state_missing(call, task, reason, question, parent_id=parent_id, by=agent(), at=at)


def _form_for(task: CallTask, kind: type[NoteForm], *, is_sent: bool) -> NoteForm:
    """Return the form, as it was sent or filled with what is known about the person."""
    identity = people.find_joint_identity(task.person_id)
    if is_sent:
        return kind(prefix=PREFIX, identity=identity, today=_today())
    return kind(formdata=None, prefix=PREFIX, identity=identity, today=_today(), data=_known(task, identity))


def _known(task: CallTask, identity: Identity | None, parent: Parent | None = None) -> dict[str, object]:
    known: dict[str, object] = {}
    if identity is not None:
        known |= {name: getattr(identity, name) for name in ("address", "postcode", "city")}
    stated = insurance_number.find_missing(task.id)
    parent_id = parent.person_id if parent is not None else None
    is_theirs = stated is not None and insurance_number.is_about(
        stated, parent_id, is_parents=parent is not None
    )
    reason = insurance_number.reason_of(stated) if stated is not None and is_theirs else None
    known["no_nir"] = reason.value if reason else ""
    return known


def _today() -> date:
    return clock.local_day(clock.now(), agent().site.time_zone)


def _held(call_id: int, task_id: int) -> tuple[Call, CallTask]:
    """Return call and task for a write, under the claim of the call."""
    call = calls.lock_for_write(call_id, agent(), at=clock.database_now())
    if call.site_id != agent().site.id:
        raise NoSuchCall
    return call, calls.task_of_call(call, task_id)


def _panel(
    call_id: int,
    task_id: int,
    *,
    form: NoteForm | None = None,
    known: int | None = None,
    refused: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """Return the panel; `known` is the parent by now who was typed in the form."""
    at = clock.now()
    with transaction():
        call, task = open_call(call_id, task_id, agent())
        try:
            calls.require_identity(call, task)
        except IdentityFirst as refusal:
            return _page("sickleave/closed.html", call_id, task_id, refusal=refusal), status
        notes = queries.notes_of_task(task.id)
        standing = next((note for note in notes if note.state is NoteState.ISSUED), None)
        asked = _asked(call, task, is_sent=form is not None)
        standing_for = standing is not None and standing.kind is NoteKind.PARENT
        asking = asking_parent_of(standing) if standing is not None and standing_for else asked.asking
        sent = form
        found = _assessed(call, task, sent, asking, at=at)
        if found.may_be_completed and known is not None:
            asked = _asked(call, task, wanted=str(known))
            form, found = asked.form, _assessed(call, task, sent, asked.asking, at=at)
        if sent is not None and sent.first_day.data and found.refusal is not None and standing is None:
            # only the day that was typed stands against a note: it is said beside it, and the form stays
            usual = _assessed(call, task, sent, asked.asking, from_first_day=False, at=at)
            if usual.note is not None:
                sent.first_day.errors = [assessment.why_not(found)]
                found, refused = usual, ""
        bearer = queries.content_of_note(standing).bearer if standing is not None and standing_for else None
        prolongation, replacement = offered.mends(standing, found, by=agent(), at=at)
        papers = delivery.papers_to_give(notes, at=at)
        decided = decided_words(standing, notes, agent().site.time_zone) if standing is not None else ""
        is_sent, form = form is not None, form or asked.form
        typed = asked.parent if asked.parent and asked.parent.is_typed else None
        # whoever was typed may have been mistyped: what was typed is shown again, to correct it
        is_corrected = not is_sent and found.refusal is not None and typed is not None
        if is_corrected and typed is not None:
            form = _typed_again(task, typed)
        if not is_sent:
            form.first_day.data = found.note.first_day if found.note else None
        form.declares(found.not_worked_since)
        shown = [task.person_id, *(one.person_id for one in asked.on_line if one.person_id is not None)]
        shown += [standing.person_id] if standing is not None else []
        events.record_access(
            people.records_shown(dict.fromkeys(shown)),
            by=agent().member_id,
            at=at,
            why="call",
            claim=events.claim_scope(call.entry_id, call.claim_number),
        )
    return _page(
        "sickleave/panel.html",
        call_id,
        task_id,
        standing=standing,
        others=[one for one in notes if one.state is not NoteState.ISSUED],
        papers_of=papers,
        in_english=delivery_words.aloud(in_english=delivery.is_read_in_english(task.person_id)),
        decided=decided,
        oath_first=oath_first(standing, found, days=replacement, by=agent(), at=at)
        if standing is not None
        else "",
        state_words=words.STATE_WORDS,
        prolongation=prolongation,
        replacement=replacement,
        found=found,
        note=found.note,
        covers_work=standing is not None and offered.covers_work(standing, found),
        is_over=standing is not None and offered.is_over(standing, by=agent(), at=at),
        asked_to_prolong=offered.asked_to_prolong(standing, by=agent(), at=at),
        address=g.settings.public_pages,
        given_words=delivery_words.STATE_WORDS,
        given_tones=delivery_words.STATE_TONES,
        form=form,
        parent=parents.SOMEBODY_ELSE if is_corrected else asked.parent,
        on_line=asked.on_line,
        shows_form=is_sent or is_corrected,
        bearer=bearer,
        refused=refused,
        why_not=assessment.why_not(found),
        cuts=assessment.why_cut(found),
    ), status


def _late(
    call_id: int, task_id: int, lost: ClaimLost, first_day: date | None, typed: Sequence[str] = ()
) -> ResponseReturnValue:
    asked = [_("Premier jour demandé : %(day)s", day=day_in_words(first_day))] if first_day else []
    text = "\n".join([*asked, *typed])
    if text:
        with transaction():
            calls.keep_draft(call_id, "sick_note", text, by=agent(), at=clock.database_now())
    return _page("sickleave/late.html", call_id, task_id, lost=lost, text=text), lost.status


def _done(call_id: int, task_id: int) -> ResponseReturnValue:
    if is_fragment():
        return _panel(call_id, task_id)
    return redirect(url_for("sickleave.panel", call_id=call_id, task_id=task_id), 303)


def _page(template: str, call_id: int, task_id: int, **context: object) -> str:
    """Render a fragment for the call screen, or the same content as a whole page."""
    parent = context.get("parent")
    # named in the form's address, or another one could be the first who is known by the time that it is sent
    who = (parent.person_id or "new") if isinstance(parent, Parent) else None
    return render_template(
        template if is_fragment() else "sickleave/page.html",
        part=template,
        call_id=call_id,
        task_id=task_id,
        here=url_for("sickleave.panel", call_id=call_id, task_id=task_id, parent=who),
        hx={"hx-target": f"#sick-note-{task_id}", "hx-swap": "innerHTML"},
        sentence_of=assessment.sentence_of,
        **context,
    )
