"""Views of what was said of a person: lift a death or a bar with a reason, compare identities, trust a number again."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.people.errors import MayBeBarred
from tracing.queue.models import BARRED, CallTask, TaskState
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision import words
from tracing.supervision.errors import AlreadyDealtWith
from tracing.supervision.forms import IdentityForm, LiftForm
from tracing.supervision.rules import WorkList
from tracing.supervision.worklists import fact_services as services
from tracing.supervision.worklists import queries as worklists
from tracing.ui.filters import moment


@may(Role.SUPERVISOR)
def lift(task_id: int) -> ResponseReturnValue:
    """Ask why a death, or a wish never to be called, was a mistake, and take it back."""
    listed = worklists.get_listed(task_id, site_id=agent().site.id)
    which, form = worklists.list_of(listed.task), LiftForm()
    if listed.task.state not in BARRED:
        raise AlreadyDealtWith
    if not form.validate_on_submit():
        page = render_template(
            "supervision/lift.html", form=form, listed=listed, which=which, task_words=words.TASK_WORDS
        )
        return page, 422 if form.errors else 200
    with transaction():
        task = services.lift(task_id, form.reason.data or "", by=agent(), at=clock.database_now())
    flash(_where(task))
    return _to_list(which)


def _where(task: CallTask) -> str:
    """Return where a call went, in words."""
    if task.state is TaskState.OPEN:
        return str(_("Remis dans la file. Échéance : %(when)s.", when=moment(task.due_at)))
    if task.state is TaskState.NO_NUMBER:
        return str(_("Remis dans la liste des personnes sans numéro."))
    return str(_("C’est noté."))


@may(Role.SUPERVISOR)
def identity(task_id: int) -> ResponseReturnValue:
    """Show both identities of a call that ended without one confirmed, and accept a correction."""
    form, at = IdentityForm(), clock.database_now()
    if form.validate_on_submit():
        try:
            with transaction():
                services.correct_identity(
                    task_id,
                    birth_name=form.birth_name.data or "",
                    first_names=form.first_names.data or "",
                    birth_date=form.birth_date.data,
                    is_other=form.is_other.data,
                    by=agent(),
                    at=at,
                )
        except MayBeBarred as refusal:
            form.first_names.errors = [refusal.message]
        else:
            flash(_("Identité corrigée. L’appel est dans la file."))
            return _to_list(WorkList.IDENTITY)
    with transaction():
        both = services.compared(task_id, by=agent(), at=at)
        listed = worklists.get_listed(task_id, site_id=agent().site.id)
    if both.identity is not None and request.method == "GET":
        form.fill(both.identity)
    page = render_template(
        "supervision/identity.html", form=form, both=both, listed=listed, task_words=words.TASK_WORDS
    )
    return page, 422 if form.errors else 200


@may(Role.SUPERVISOR)
def good_number(task_id: int) -> ResponseReturnValue:
    """Trust a number again that was said wrong."""
    which = worklists.list_of(worklists.get_listed(task_id, site_id=agent().site.id).task)
    with transaction():
        place = request.form.get("place", -1, type=int)
        task = services.is_good_after_all(task_id, place, by=agent(), at=clock.database_now())
    flash(_where(task))
    return _to_list(which)


def _to_list(which: WorkList) -> ResponseReturnValue:
    return redirect(url_for("supervision.lists", list=which.value), 303)


ROUTES = (
    ("/lists/tasks/<int:task_id>/lift", lift, ("GET", "POST")),
    ("/lists/tasks/<int:task_id>/identity", identity, ("GET", "POST")),
    ("/lists/tasks/<int:task_id>/good-number", good_number, ("POST",)),
)
