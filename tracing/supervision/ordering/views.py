"""Views of the order of calls and the calling hours: show, try weights on today's queue, change."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.cases import queries as cases
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.programmes.in_force import get_pack
from tracing.queue.households import priorities, priority_rescan
from tracing.queue.maintenance import settings
from tracing.queue.ordering.preview import Preview, RankedCall, preview
from tracing.queue.ordering.weights import site_and_weights
from tracing.queue.words import WEIGHT_WORDS, why
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision.board import counting
from tracing.supervision.ordering.forms import CallingHoursForm, WeightsForm
from tracing.supervision.words import TASK_WORDS
from tracing.ui.idempotent_forms import sent_once


@may(Role.SUPERVISOR)
def order() -> ResponseReturnValue:
    """Show the weights in force and, if others are tried, today's queue under them."""
    tried = WeightsForm(request.args, meta={"csrf": False}) if "aged" in request.args else None
    if tried is not None and tried.validate():
        return show_order(tried, tries=True)
    return show_order(tried, status=422 if tried is not None else 200)


@may(Role.SUPERVISOR)
@sent_once
def publish_weights() -> ResponseReturnValue:
    """Put other weights in force."""
    form = WeightsForm()
    if not form.validate_on_submit():
        return show_order(form, status=422)
    with transaction():
        settings.publish_weights(form.weights(), by=agent(), at=clock.now())
    flash(_("Poids publiés. Les appels qui attendent sont reclassés dans la minute."))
    return redirect(url_for("supervision.order"), 303)


def show_order(form: WeightsForm | None, *, tries: bool = False, status: int = 200) -> ResponseReturnValue:
    """Render the page of the weights."""
    with transaction():
        at, site = clock.database_now(), agent().site
        _site, in_force = site_and_weights(site.id)
        shown = form or WeightsForm(formdata=None, data=in_force.model_dump())
        found = preview(site, shown.weights() if tries else None, at=at)
        published = settings.history(site.id, site.programme)
        page = render_template(
            "supervision/order.html",
            form=shown,
            tries=tries,
            orders=_orders(found, tries=tries, at=at),
            in_force=in_force.model_dump(),
            proper=get_pack(site.programme).weights.model_dump(),
            weight_words=WEIGHT_WORDS,
            priorities=(given := priority_rescan.in_force(site.id)),
            counts=counting.of_site(site, at=at) if given else None,
            givers=staff.member_names(one.given_by for one in given),
            is_moving=priority_rescan.is_under_way(site.id),
            published=published,
            names=staff.member_names(one.published_by for one in published),
        )
    return page, status


def _orders(found: Preview, *, tries: bool, at: Any) -> list[dict[str, Any]]:
    """Return the lists of the page: the present order and, if weights are tried, the order under them."""
    turns = [*found.before, *found.after]
    references = cases.references(turn.task.case_id for turn in turns)

    def rows(listed: Any) -> list[dict[str, Any]]:
        return [_row(turn, place, references, found, at=at) for place, turn in enumerate(listed, 1)]

    now = {"title": _("Aujourd’hui"), "rows": rows(found.before), "moves": False}
    then = {"title": _("Avec ces poids"), "rows": rows(found.after), "moves": True}
    return [now, then] if tries else [now]


def _row(
    turn: RankedCall, place: int, references: dict[int, str], found: Preview, *, at: Any
) -> dict[str, Any]:
    return {
        "place": place,
        "was": found.places[turn.household_id],
        "reference": references[turn.task.case_id],
        "kind": turn.task.kind,
        "kind_word": TASK_WORDS[turn.task.kind],
        "why": why(turn.reason, opens_at=turn.opens_at, at=at),
    }


@may(Role.SUPERVISOR)
def take_priority_back(priority_id: int) -> ResponseReturnValue:
    """End the priority of a lot or a postcode."""
    with transaction():
        priorities.take_back(priority_id, by=agent(), at=clock.database_now())
    flash(_("Priorité reprise. Les appels retrouvent leur rang dans la minute."))
    return redirect(url_for("supervision.order"), 303)


@may(Role.SUPERVISOR, Role.ADMINISTRATOR)
def calling_hours() -> ResponseReturnValue:
    """Show when the site calls, and change it."""
    site = staff.get_site(agent().site.id)
    form = (
        CallingHoursForm(data=vars(settings.hours_of(site)))
        if request.method == "GET"
        else CallingHoursForm()
    )
    if not form.validate_on_submit():
        hours = get_pack(site.programme).calling_hours
        page = render_template(
            "supervision/calling_hours.html",
            form=form,
            proper=hours,
            may_order=agent().holds(Role.SUPERVISOR),
        )
        return page, 422 if form.errors else 200
    with transaction():
        changed = settings.set_hours(form.hours(), by=agent(), at=clock.now())
    flash(
        _("Heures d’appel enregistrées. Les appels qui attendent sont replacés dans la minute.")
        if changed
        else _("Rien n’a changé.")
    )
    return redirect(url_for("supervision.calling_hours"), 303)


ROUTES = (
    ("/order", order, ("GET",)),
    ("/order/publish", publish_weights, ("POST",)),
    ("/order/priorities/<int:priority_id>/take-back", take_priority_back, ("POST",)),
    ("/calling-hours", calling_hours, ("GET",)),
    ("/calling-hours", calling_hours, ("POST",)),
)
