"""The alert of an emergency, from any step of a call."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from tracing.calls import services as calls
from tracing.desk import queries
from tracing.desk.emergency import alert as alerts
from tracing.desk.screen.page_views import show_lost
from tracing.desk.screen.screen import load_screen
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.queue.errors import ClaimLost
from tracing.staff.access import agent, is_fragment, may
from tracing.staff.models import Role


@may(Role.TRACER)
def alert(call_id: int, task_id: int) -> ResponseReturnValue:
    """Tell an adviser that the person is in danger, and say who is near them."""
    try:
        with transaction():
            at, by = clock.database_now(), agent()
            held = queries.own_call(call_id, by)
            calls.lock_for_write(call_id, by, at=at)
            raised = alerts.alert(held, queries.task_in(held, task_id), by=by, at=at)
            screen = load_screen(held, task_id, by=by, at=at)
            if is_fragment():
                return render_template("desk/alerted.html", raised=raised, screen=screen)
    except ClaimLost as lost:
        return show_lost(lost, [])
    return redirect(url_for("desk.call", call_id=call_id, task=task_id, emergency=1), 303)


@may(Role.TRACER)
def take_back(call_id: int, task_id: int) -> ResponseReturnValue:
    """Take back an alert that was a mistake; if an adviser has taken it already, say so."""
    try:
        with transaction():
            at, by = clock.database_now(), agent()
            held = queries.own_call(call_id, by)
            calls.lock_for_write(call_id, by, at=at)
            kept = alerts.take_back(queries.task_in(held, task_id), by=by, at=at)
            if is_fragment():
                screen = load_screen(held, task_id, by=by, at=at)
                return render_template("desk/alert_taken_back.html", kept=kept, screen=screen)
    except ClaimLost as lost:
        return show_lost(lost, [])
    return redirect(url_for("desk.call", call_id=call_id, task=task_id), 303)
