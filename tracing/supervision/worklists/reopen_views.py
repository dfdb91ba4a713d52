"""Views of the calls of one case, found by its reference: a supervisor opens one again, with a reason."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import caller_requests
from tracing.calls.words import OUTCOME_WORDS
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision import words
from tracing.supervision.forms import LiftForm, ReopenForm
from tracing.supervision.worklists import queries as worklists
from tracing.supervision.worklists import services
from tracing.ui.filters import moment


@may(Role.SUPERVISOR)
def calls_of_case() -> ResponseReturnValue:
    """Show the calls of a case of this site, without names, and which of them can be opened again."""
    return _page(ReopenForm(formdata=None))


@may(Role.SUPERVISOR)
def reopen(task_id: int) -> ResponseReturnValue:
    """Open a call again, with a reason; the request of a caller that led here is done with it."""
    form, by = ReopenForm(), agent()
    if not form.validate_on_submit():
        return _page(form, task_id=task_id, status=422)
    with transaction():
        at = clock.database_now()
        task = services.reopen_call(task_id, form.chosen, by=by, at=at)
        request_id = request.form.get("request", type=int)
        if request_id is not None:
            caller_requests.close(request_id, by=by, at=at)
    flash(_("Remis dans la file. Échéance : %(when)s.", when=moment(task.due_at)))
    return redirect(url_for("supervision.calls_of_case", reference=request.form.get("reference", "")), 303)


@may(Role.SUPERVISOR)
def opened_by_mistake(task_id: int) -> ResponseReturnValue:
    """Ask why a case that a contact's word opened was a mistake, and take it back."""
    listed, form = worklists.get_listed(task_id, site_id=agent().site.id), LiftForm()
    if not form.validate_on_submit():
        page = render_template("supervision/opened_by_mistake.html", form=form, listed=listed)
        return page, 422 if form.errors else 200
    with transaction():
        at = clock.database_now()
        services.take_case_back(task_id, form.reason.data or "", by=agent(), at=at)
    flash(_("Dossier annulé : la personne est de nouveau contact, et ses appels suivent."))
    return redirect(url_for("supervision.calls_of_case", reference=listed.reference), 303)


def _page(form: ReopenForm, *, task_id: int | None = None, status: int = 200) -> ResponseReturnValue:
    reference = (request.values.get("reference") or "").strip()
    found = worklists.calls_of_case(reference, site_id=agent().site.id) if reference else None
    page = render_template(
        "supervision/calls_of_case.html",
        form=form,
        refused=task_id,
        reference=reference,
        request_id=request.values.get("request", type=int),
        calls=found,
        task_words=words.TASK_WORDS,
        state_words=words.TASK_STATE_WORDS,
        outcome_words=OUTCOME_WORDS,
    )
    return page, status


ROUTES = (
    ("/lists/calls", calls_of_case, ("GET",)),
    ("/lists/tasks/<int:task_id>/reopen", reopen, ("POST",)),
    ("/lists/tasks/<int:task_id>/opened-by-mistake", opened_by_mistake, ("GET", "POST")),
)
