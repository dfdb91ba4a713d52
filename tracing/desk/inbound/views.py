"""Views of inbound calls: find the caller, take their call, or store their request."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import caller_requests
from tracing.desk.inbound import services as incoming
from tracing.desk.inbound.forms import IncomingForm, RequestForm
from tracing.desk.screen.page_views import call_url
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.ui.idempotent_forms import sent_once


@may(Role.TRACER)
def ask() -> ResponseReturnValue:
    """Ask for a number or a reference, and the birth date that the caller states."""
    form = IncomingForm()
    if not form.is_submitted():
        return render_template("desk/incoming.html", form=form, request_form=None)
    if not form.validate() or form.born.data is None:
        return render_template("desk/incoming.html", form=form, request_form=None), 422
    with transaction():
        found = incoming.find_caller(
            form.key.data or "",
            form.born.data,
            allow_fiction=g.settings.fiction_numbers,
            by=agent(),
            at=clock.database_now(),
        )
        target = call_url(found.call, task_id=found.task_id) if found.call else None
    if target is not None:
        return redirect(target, 303)
    status = 200
    if found.refusal is not None:
        form.form_errors.append(found.refusal.message)
        status = found.refusal.status
    request_form = RequestForm(formdata=None)
    request_form.number.data = incoming.number_in(
        form.key.data or "", allow_fiction=g.settings.fiction_numbers
    )
    if found.case is not None:
        request_form.reference.data = found.case.reference
    return render_template("desk/incoming.html", form=form, request_form=request_form, found=found), status


@may(Role.TRACER)
@sent_once
def keep() -> ResponseReturnValue:
    """Store what the caller wanted, for the supervisor's list."""
    form, by = RequestForm(), agent()
    is_complete = form.validate()
    with transaction():
        found = incoming.by_reference(form.reference.data or "", by=by)
        if is_complete:
            caller_requests.keep(
                name=form.name.data or "",
                number=form.number.data or "",
                words=form.words.data or "",
                case_id=found.case.id if found.case else None,
                site_id=found.case.site_id if found.case else by.site.id,
                by=by,
                at=clock.database_now(),
            )
    if not is_complete:
        search = IncomingForm(formdata=None)
        return render_template("desk/incoming.html", form=search, request_form=form, found=found), 422
    flash(_("La demande est gardée pour le superviseur."))
    return redirect(url_for("desk.home"), 303)
