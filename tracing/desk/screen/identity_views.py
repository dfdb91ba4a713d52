"""Views that correct who the person on the line is, and take it back, without leaving the step of the call."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.contacts.forms import IdentityForm
from tracing.desk import queries, rules, services
from tracing.desk.conversation import identity_correction
from tracing.desk.errors import ConfirmIdentityFirst
from tracing.desk.screen.page_views import show_ended, show_lost
from tracing.facts.words import KIND_WORDS
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.people import correction_services as corrections
from tracing.people.errors import AsItWas, MayBeBarred
from tracing.queue.errors import ClaimLost
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role


@may(Role.TRACER)
def identity(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show who the file says the person is; post: correct it."""
    form, by, at = IdentityForm(), agent(), asked_at()
    try:
        with transaction():
            held = queries.own_call(call_id, by)
            if held.ended_at is not None:
                return show_ended(held)
            task = queries.task_in(held, task_id)
            talk = services.talk_in(held, task_id, by=by, at=at)
            form.withhold(talk.about.pack.data_fields.withheld)
            form.begin(
                identity_correction.identity_of(task),
                rules.source_of(talk.answers),
                today=clock.local_day(at, by.site.time_zone),
            )
            if not form.validate_on_submit():
                return _page(held, task_id, form, status=422 if form.errors else 200)
            calls.lock_for_write(held.id, by, reaching=task.id, at=at)
            counts = identity_correction.correct(
                held,
                talk,
                form.correction,
                source=form.said_by,
                is_other=form.is_other.data,
                by=by,
                at=at,
            )
    except (AsItWas, ConfirmIdentityFirst, MayBeBarred) as refusal:
        with transaction():
            form.form_errors.append(refusal.message)
            is_asked = isinstance(refusal, MayBeBarred)
            held = queries.own_call(call_id, by)
            return _page(held, task_id, form, asks_other=is_asked, status=refusal.status)
    except ClaimLost as lost:
        return show_lost(lost, form.as_lines())
    if counts:
        flash(_("Identité corrigée dans tout le dossier."))
    else:
        flash(
            _("Noté au dossier. La personne, ou son représentant, l’a dit autrement, et c’est ce qui compte.")
        )
    return _back(call_id, task_id)


@may(Role.TRACER)
def take_back_identity(call_id: int, task_id: int) -> ResponseReturnValue:
    """Take back what this call has corrected of the person."""
    by, at = agent(), asked_at()
    try:
        with transaction():
            held = queries.own_call(call_id, by)
            calls.lock_for_write(held.id, by, reaching=task_id, at=at)
            talk = services.talk_in(held, task_id, by=by, at=at)
            identity_correction.take_back(held, talk, by=by, at=at)
    except ClaimLost as lost:
        return show_lost(lost, [])
    flash(_("Correction reprise\u202f: l’identité est comme avant cet appel."))
    return _back(call_id, task_id)


def _page(
    held: Call, task_id: int, form: IdentityForm, *, asks_other: bool = False, status: int
) -> ResponseReturnValue:
    task = queries.task_in(held, task_id)
    if not asks_other:
        # that somebody like them has died is said only where it matters
        del form.is_other
    page = render_template(
        "desk/identity.html",
        form=form,
        call=held,
        task_id=task_id,
        step=request.values.get("step") or None,
        corrected=[KIND_WORDS[kind] for kind in corrections.corrected_in(task.person_id, held.id)],
    )
    return page, status


def _back(call_id: int, task_id: int) -> ResponseReturnValue:
    step = request.values.get("step") or None
    return redirect(url_for("desk.call", call_id=call_id, task=task_id, step=step), 303)
