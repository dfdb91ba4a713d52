"""Views of the contact list in a call: a panel of the call screen, or a whole page without JavaScript."""

from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracing.calls import form_drafts
from tracing.calls import services as calls
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.contacts import calling, queries, rules, services, words
from tracing.contacts.errors import AlreadyNamed, IsTheCase, OutsideWindow
from tracing.contacts.forms import PREFIX, CircumstancesForm, ContactForm
from tracing.contacts.grid import views as grid_views
from tracing.contacts.models import Contact
from tracing.contacts.panel_views import DIALOG, Opened, late, panel_of, prepare, reason, shares
from tracing.contacts.recall import views as recall_views
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import contact_risk
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.staff.access import agent, is_fragment, may
from tracing.staff.models import Role
from tracing.ui.filters import moment
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("contacts", __name__, template_folder="templates")

Change = Callable[[Call, CallTask, datetime], Contact]
"""A change of the list, made under the call's claim."""

AT = "/calls/<int:call_id>/tasks/<int:task_id>/contacts"

for path, name, view, method in (
    ("grid", "grid", grid_views.show, "GET"),
    ("grid", "save_grid", grid_views.save, "POST"),
    ("grid/draft", "keep_grid", grid_views.keep_draft, "POST"),
    ("grid/check", "check_line", grid_views.check, "POST"),
    ("days", "days", recall_views.show, "GET"),
    ("days", "add_place", recall_views.add, "POST"),
    ("days/<int:place_id>/remove", "remove_place", recall_views.remove, "POST"),
):
    bp.add_url_rule(f"{AT}/{path}", name, view, methods=[method])


@bp.get(AT)
@may(Role.TRACER, Role.ADVISER)
def panel(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show the list, with the form open if a line is being added or edited."""
    editing = request.args.get("edit", type=int)
    opened = Opened(
        adding="add" in request.args,
        day=request.args.get("day", type=date.fromisoformat),
        editing=editing,
        removed=request.args.get("removed", type=int),
    )
    return panel_of(call_id, task_id, opened)


@bp.post(AT)
@may(Role.TRACER, Role.ADVISER, last_words=True)
@sent_once
def add(call_id: int, task_id: int) -> ResponseReturnValue:
    """Add a contact."""
    form = ContactForm(prefix=PREFIX)

    def change(call: Call, task: CallTask, at: datetime) -> Contact:
        return services.add(call, task, form.details(), by=agent(), at=at)

    return _typed(call_id, task_id, form, change, Opened(adding=True, form=form))


@bp.post(f"{AT}/draft")
@may(Role.TRACER, Role.ADVISER, last_words=True)
def keep_draft(call_id: int, task_id: int) -> ResponseReturnValue:
    """Keep a draft of what is being typed, so that it survives the end of the session; the answer is empty."""
    with transaction():
        is_theirs = _keep(call_id, task_id, ContactForm(prefix=PREFIX))
    return "", 204 if is_theirs else 409


@bp.post(f"{AT}/draft/forget")
@may(Role.TRACER, Role.ADVISER)
def forget_draft(call_id: int, task_id: int) -> ResponseReturnValue:
    """Discard the draft of a contact, and close the dialog; or open it anew, without the draft."""
    with transaction():
        _forget(call_id, task_id)
    is_anew, about = request.form.get("then") == "anew", request.form.get("about", type=int)
    opened = Opened(adding=about is None, editing=about) if is_anew else Opened()
    return _done(call_id, task_id, opened)


@bp.post(f"{AT}/<int:contact_id>")
@may(Role.TRACER, Role.ADVISER, last_words=True)
def edit(call_id: int, task_id: int, contact_id: int) -> ResponseReturnValue:
    """Correct a line."""
    form = ContactForm(prefix=PREFIX)

    def change(call: Call, task: CallTask, at: datetime) -> Contact:
        return services.edit(call, task, contact_id, form.details(), by=agent(), at=at)

    return _typed(call_id, task_id, form, change, Opened(editing=contact_id, form=form))


@bp.post(f"{AT}/<int:contact_id>/remove")
@may(Role.TRACER, Role.ADVISER)
def remove(call_id: int, task_id: int, contact_id: int) -> ResponseReturnValue:
    """Remove a contact; the answer offers to put them back."""
    return _clicked(
        call_id,
        task_id,
        lambda call, task, at: services.remove(call, task, contact_id, by=agent(), at=at),
        Opened(removed=contact_id),
    )


@bp.post(f"{AT}/<int:contact_id>/restore")
@may(Role.TRACER, Role.ADVISER)
def restore(call_id: int, task_id: int, contact_id: int) -> ResponseReturnValue:
    """Put a removed contact back."""
    return _clicked(
        call_id,
        task_id,
        lambda call, task, at: services.restore(call, task, contact_id, by=agent(), at=at),
        Opened(),
    )


@bp.post(f"{AT}/<int:contact_id>/name")
@may(Role.TRACER, Role.ADVISER)
def disclose(call_id: int, task_id: int, contact_id: int) -> ResponseReturnValue:
    """Record whether this contact may be told the case's name."""
    allowed = request.form.get("allowed") == "yes"
    return _clicked(
        call_id,
        task_id,
        lambda call, task, at: services.disclose(call, task, contact_id, allowed=allowed, by=agent(), at=at),
        Opened(),
    )


@bp.post(f"{AT}/<int:contact_id>/keep")
@may(Role.TRACER, Role.ADVISER)
def keep(call_id: int, task_id: int, contact_id: int) -> ResponseReturnValue:
    """Keep a contact in the list who was met outside the contagious days, or let them leave after all."""
    why = request.form.get("why")
    kept = next((one for one in rules.KeepReason if one.value == why), None)
    return _clicked(
        call_id,
        task_id,
        lambda call, task, at: services.keep_in_list(call, task, contact_id, kept, by=agent(), at=at),
        Opened(),
    )


@bp.post(f"{AT}/risk")
@may(Role.TRACER, Role.ADVISER)
def risk(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show the risk that follows from the circumstances chosen so far; writes nothing."""
    form = CircumstancesForm(prefix=PREFIX)
    at = clock.now()
    with transaction():
        call, task = queries.open_call(call_id, task_id, agent())
        calls.require_identity(call, task)
        case = cases.get_case(task.case_id)
        # a page of the release before sends neither numbers nor names
        phones, name = (request.form.get(f"{PREFIX}{one}") for one in ("phones", "first_names"))
        sharing = shares(task, phones or "", but=request.form.get("about", type=int))
    is_child = bool(request.form.get(f"{PREFIX}is_child"))
    is_begun = is_child or name is None or bool(name.strip())
    today = clock.local_day(at, agent().site.time_zone)
    pack = get_pack(case.programme)
    form.ask_for(rules.confined_minutes(pack, today))
    found = contact_risk(pack, form.circumstances(), on=today)
    return render_template(
        "contacts/risk.html",
        risk=found,
        words=words,
        reason=reason,
        is_own=task.contact_id is not None,
        follows=words.consequence(
            found.level,
            due=moment(calling.due_at(case, at)),
            has_number=phones is None or bool(phones.strip()) or not is_begun,
            is_child=is_child,
        ),
        shares=sharing,
    )


def _typed(
    call_id: int, task_id: int, form: ContactForm, change: Change, opened: Opened
) -> ResponseReturnValue:
    """Save a line, or show it again with its errors; if it came too late, keep it as a draft."""
    try:
        with transaction(is_work=False):
            _call, task = queries.open_call(call_id, task_id, agent())
            prepare(form, cases.get_case(task.case_id), at=clock.now())
        if not form.validate_on_submit():
            with transaction():
                _keep(call_id, task_id, form)
            return panel_of(call_id, task_id, opened, status=422)
        saved = _write(call_id, task_id, change, is_sent=True)
    except ClaimLost as lost:
        with transaction():
            key = form_drafts.key_in(request.form)
            if form_drafts.was_sent(call_id, task_id, DIALOG, key, by=agent()):
                # its first copy was saved, and its answer was lost: nothing of it is unsent
                return late(call_id, task_id, lost, "", is_saved=True)
            _forget(call_id, task_id)
            calls.keep_draft(call_id, "contact", form.as_text(), by=agent(), at=clock.database_now())
        return late(call_id, task_id, lost, form.as_text())
    except (OutsideWindow, AlreadyNamed, IsTheCase) as refusal:
        _beside_its_field(form, refusal)
        return panel_of(call_id, task_id, opened, status=refusal.status)
    is_next = request.form.get("then") == "next" and saved.id != task.contact_id
    return _done(call_id, task_id, Opened(adding=is_next, saved=saved.id))


def _keep(call_id: int, task_id: int, form: ContactForm) -> bool:
    return form_drafts.keep(
        call_id,
        task_id,
        DIALOG,
        form_drafts.typed_in(request.form, PREFIX),
        form.as_text(),
        key=form_drafts.key_in(request.form),
        about=request.form.get("about", type=int),
        by=agent(),
        at=clock.database_now(),
    )


def _forget(call_id: int, task_id: int) -> None:
    """Discard the draft of a dialog that was sent or closed, and any draft of it that arrives later."""
    key = form_drafts.key_in(request.form)
    form_drafts.forget(call_id, task_id, DIALOG, key=key, by=agent(), at=clock.database_now())


def _clicked(call_id: int, task_id: int, change: Change, opened: Opened) -> ResponseReturnValue:
    try:
        _write(call_id, task_id, change)
    except ClaimLost as lost:
        return late(call_id, task_id, lost, "")
    return _done(call_id, task_id, opened)


def _write(call_id: int, task_id: int, change: Change, *, is_sent: bool = False) -> Contact:
    """Make a change under the call's claim, in one transaction; if a dialog was sent, discard its draft too."""
    with transaction():
        at = clock.database_now()
        call = calls.lock_for_write(call_id, agent(), reaching=task_id, at=at)
        if call.site_id != agent().site.id:
            raise NoSuchCall
        changed = change(call, calls.task_of_call(call, task_id), at)
        if is_sent:
            _forget(call_id, task_id)
        return changed


def _done(call_id: int, task_id: int, opened: Opened) -> ResponseReturnValue:
    if is_fragment():
        answer = make_response(panel_of(call_id, task_id, opened))
        # a corrected meeting changes dates and the right to a note; a shared number changes the household
        answer.headers["HX-Trigger-After-Settle"] = "contacts-changed, note-answered"
        return answer
    address = url_for(
        "contacts.panel",
        call_id=call_id,
        task_id=task_id,
        removed=opened.removed,
        add=1 if opened.adding else None,
        edit=opened.editing,
    )
    return redirect(address, 303)


def _beside_its_field(form: ContactForm, refusal: Refused) -> None:
    field = {OutsideWindow: form.last_contact_on, IsTheCase: form.first_names}.get(type(refusal), form.phones)
    field.errors = [*field.errors, refusal.message]
