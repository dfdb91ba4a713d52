"""Views for leaving a call: give it back with a reason, hand it to a colleague, continue it in another browser."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import services as calls
from tracing.calls.errors import LedElsewhere, ReasonNeeded
from tracing.calls.models import Call
from tracing.calls.rules import BY_TRACER, SKIPS_A_DAY
from tracing.desk import queries
from tracing.desk.ending import call_outcomes
from tracing.desk.errors import NotFree
from tracing.desk.forms import GiveBackForm, HandOverForm
from tracing.desk.screen.page_views import show_already_ended, show_ended
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.queue import availability
from tracing.queue.errors import ClaimLost, OnAnotherCall
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role


@may(Role.TRACER)
def leave(call_id: int) -> ResponseReturnValue:
    """Ask why the call is given back, or to which colleague it goes."""
    with transaction():
        held = queries.own_call(call_id, agent())
        if held.ended_at is not None:
            return show_ended(held)
        return _page(held, GiveBackForm(formdata=None), HandOverForm(formdata=None))


def _page(held: Call, form: GiveBackForm, to: HandOverForm, *, status: int = 200) -> ResponseReturnValue:
    by, at = agent(), clock.database_now()
    there = availability.free_here(by.site.id, but=by.member_id, at=at, zone=by.site.time_zone)
    to.offer(there)
    made = queries.calls_made([held])
    page = render_template(
        "desk/leave.html",
        call=held,
        reference=made[0].reference if made else "",
        form=form,
        to=to,
        there=there,
        may_skip=calls.may_give_back_without_reason(by, at=at),
        skips=SKIPS_A_DAY,
    )
    return page, status


@may(Role.TRACER)
def give_back(call_id: int) -> ResponseReturnValue:
    """Give the call back to the queue; if it is back already, show the same result."""
    form = GiveBackForm()
    try:
        with transaction():
            held, at = queries.own_call(call_id, agent()), clock.database_now()
            if not form.validate():
                return _page(held, form, HandOverForm(formdata=None), status=422)
            calls.lock_for_write(held.id, agent(), at=at)
            is_unchanged = call_outcomes.hang_up(held, reason=form.chosen, by=agent(), at=at)
    except ReasonNeeded as refusal:
        with transaction():
            form.reason.errors = [refusal.message]
            held = queries.own_call(call_id, agent())
            return _page(held, form, HandOverForm(formdata=None), status=refusal.status)
    except ClaimLost as lost:
        return _not_here(call_id, lost)
    if is_unchanged:
        flash(_("L’appel est terminé : la personne a eu sa réponse, rien ne change."))
    else:
        flash(_("L’appel est rendu à la file. Vos réponses sont gardées."))
    return redirect(url_for("desk.home"), 303)


def _not_here(call_id: int, lost: ClaimLost) -> ResponseReturnValue:
    """Answer a tracer who does not lead the call: it is led in another browser, was ended in one, or is in the queue."""
    if isinstance(lost, LedElsewhere):
        return redirect(url_for("desk.call", call_id=call_id), 303)
    with transaction():
        held = queries.own_call(call_id, agent())
        if held.outcome in BY_TRACER:
            return show_already_ended(held, None, at=clock.database_now())
    flash(_("L’appel était déjà revenu dans la file."), "warning")
    return redirect(url_for("desk.home"), 303)


@may(Role.TRACER)
def hand_over(call_id: int) -> ResponseReturnValue:
    """Give the call to a colleague who is present."""
    form, by = HandOverForm(), agent()
    try:
        with transaction():
            held, at = queries.own_call(call_id, by), clock.database_now()
            form.offer(availability.free_here(by.site.id, but=by.member_id, at=at, zone=by.site.time_zone))
            if not form.validate():
                return _page(held, GiveBackForm(formdata=None), form, status=422)
            calls.lock_for_write(held.id, by, at=at)
            given = call_outcomes.hand_over(held, form.colleague.data, by=by, at=at)
    except (NotFree, OnAnotherCall) as refusal:
        with transaction():
            form.colleague.errors = [refusal.message]
            held = queries.own_call(call_id, by)
            return _page(held, GiveBackForm(formdata=None), form, status=422)
    except ClaimLost as lost:
        return _not_here(call_id, lost)
    name = staff.get_member(form.colleague.data).display_name
    if given:
        flash(_("Confié à %(name)s : ce sera son prochain appel, pendant une demi-heure.", name=name))
    else:
        flash(_("L’appel est terminé : personne n’y attendait plus rien."))
    return redirect(url_for("desk.home"), 303)


@may(Role.TRACER)
def take_over(call_id: int) -> ResponseReturnValue:
    """Continue in this browser a call that was started in another one."""
    try:
        with transaction():
            held = queries.own_call(call_id, agent())
            calls.take_over(held.id, agent(), at=clock.database_now())
    except ClaimLost as lost:
        return _not_here(call_id, lost)
    flash(
        _(
            "Vous continuez ici. L’autre page ne peut plus rien enregistrer ; ce qui y est tapé devient un brouillon."
        )
    )
    return redirect(url_for("desk.call", call_id=call_id), 303)
