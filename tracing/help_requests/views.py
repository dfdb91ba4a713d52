"""The list of help that people asked for, for supervisors: pass on, done, or told to the service that it is not wanted."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.help_requests import queries, services, words
from tracing.help_requests.rules import HelpState
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.staff.access import agent, may
from tracing.staff.models import Role

bp = Blueprint("help_requests", __name__, template_folder="templates")


@bp.get("/help-requests")
@may(Role.SUPERVISOR)
def waiting() -> ResponseReturnValue:
    """Show the requests for which something is left to do, with whom they are for."""
    after = request.args.get("after", type=int)
    with transaction():
        by = agent()
        page = queries.waiting_at(by.site.id, after_id=after)
        shown = people.records_shown([one.request.person_id for one in page.rows])
        events.record_access(shown, by=by.member_id, at=clock.database_now(), why="help")
    return render_template(
        "help_requests/waiting.html",
        page=page,
        after=after,
        need_words=words.NEED_WORDS,
        state_words=words.STATE_WORDS,
    )


@bp.post("/help-requests/<int:help_id>/pass-on")
@may(Role.SUPERVISOR)
def pass_on(help_id: int) -> ResponseReturnValue:
    """Note that a service was told."""
    with transaction():
        services.pass_on(help_id, by=agent(), at=clock.database_now())
    flash(_("C’est noté : la demande est transmise."))
    return redirect(url_for("help_requests.waiting"), 303)


@bp.post("/help-requests/<int:help_id>/close")
@may(Role.SUPERVISOR)
def close(help_id: int) -> ResponseReturnValue:
    """Note that nothing is left to do."""
    code = request.form.get("seen", "")
    seen = HelpState(code) if code in set(HelpState) else None
    with transaction():
        services.close(help_id, seen, by=agent(), at=clock.database_now())
    flash(_("C’est noté : plus rien n’est à faire pour cette demande."))
    return redirect(url_for("help_requests.waiting"), 303)
