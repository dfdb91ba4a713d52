"""Somebody is calling: find them, take them, or keep what they wanted."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import requests
from tracing.cases import queries as cases
from tracing.desk import incoming
from tracing.desk.incoming import Found
from tracing.desk.incoming_forms import IncomingForm, RequestForm
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.queue.errors import HeldBy, NotWaiting, OnAnotherCall
from tracing.staff.access import agent, may
from tracing.staff.models import Role


@may(Role.TRACER)
def ask() -> ResponseReturnValue:
    """Ask for a number or a reference, and the birth date that the caller says."""
    form = IncomingForm()
    if not form.is_submitted():
        return render_template("desk/incoming.html", form=form, request_form=None)
    if not form.validate() or form.born.data is None:
        return render_template("desk/incoming.html", form=form, request_form=None), 422
    try:
        with transaction():
            found = incoming.answer(
                form.key.data or "",
                form.born.data,
                allow_fiction=g.settings.fiction_numbers,
                by=agent(),
                at=clock.database_now(),
            )
            call_id = found.call.id if found.call else None
    except (HeldBy, OnAnotherCall, NotWaiting) as refusal:
        form.form_errors.append(refusal.message)
        return render_template("desk/incoming.html", form=form, request_form=None), refusal.status
    if call_id is not None:
        return redirect(url_for("desk.call", call_id=call_id), 303)
    return _offer_request(form, found)


def _offer_request(form: IncomingForm, found: Found) -> ResponseReturnValue:
    """Show the form in which the request of a caller is kept."""
    request_form = RequestForm(formdata=None)
    if found.case_id is not None:
        with transaction():
            request_form.reference.data = cases.references([found.case_id])[found.case_id]
    return render_template("desk/incoming.html", form=form, request_form=request_form, found=found)


@may(Role.TRACER)
def keep() -> ResponseReturnValue:
    """Keep what somebody wanted, for the supervisor's list."""
    form = RequestForm()
    if not form.validate():
        return render_template(
            "desk/incoming.html", form=IncomingForm(formdata=None), request_form=form, found=Found()
        ), 422
    with transaction():
        case = cases.find_by_reference(form.reference.data or "")
        requests.keep(
            name=form.name.data or "",
            number=form.number.data or "",
            words=form.words.data or "",
            case_id=case.id if case else None,
            site_id=case.site_id if case else agent().site.id,
            by=agent(),
            at=clock.now(),
        )
    flash(_("La demande est gardée pour le superviseur."))
    return redirect(url_for("desk.home"), 303)
