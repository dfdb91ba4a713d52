"""Page on which a supervisor puts the calls of a lot, or of a place, before the others."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.imports.pages.priority_forms import PlaceForm
from tracing.imports.priorities import services as lots_first
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.queue import rules
from tracing.queue.households import priorities, priority_rescan
from tracing.queue.ordering.weights import site_and_weights
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("priorities", __name__, url_prefix="/order/priority", template_folder="templates")


@bp.get("")
@may(Role.SUPERVISOR)
def choose() -> ResponseReturnValue:
    """Show the lots with waiting calls, and a form for a place."""
    return _page(PlaceForm(formdata=None))


def _page(form: PlaceForm, *, status: int = 200) -> ResponseReturnValue:
    site_id = agent().site.id
    _site, weights = site_and_weights(site_id)
    given = {one.lot_id for one in priority_rescan.in_force(site_id)}
    page = render_template(
        "imports/priority.html",
        form=form,
        lots=lots_first.waiting_at(site_id),
        given=given,
        minutes=weights.priority,
        days=rules.PRIORITY_LASTS.days,
    )
    return page, status


@bp.post("/lots/<int:lot_id>")
@may(Role.SUPERVISOR)
@sent_once
def give_to_lot(lot_id: int) -> ResponseReturnValue:
    """Put the calls of a lot before the others."""
    with transaction():
        lots_first.put_first(lot_id, by=agent(), at=clock.database_now())
    return _given()


@bp.post("/places")
@may(Role.SUPERVISOR)
@sent_once
def give_to_place() -> ResponseReturnValue:
    """Put the calls of a place before the others."""
    form = PlaceForm()
    if not form.validate_on_submit():
        return _page(form, status=422)
    try:
        with transaction():
            priorities.give_to_place(
                form.postcode.data or "",
                only_collective=form.only_collective.data,
                by=agent(),
                at=clock.database_now(),
            )
    except Refused as refusal:
        form.form_errors.append(refusal.message)
        return _page(form, status=refusal.status)
    return _given()


def _given() -> ResponseReturnValue:
    flash(_("Priorité donnée. Les appels qui attendent sont avancés dans la minute."))
    return redirect(url_for("supervision.order"), 303)
