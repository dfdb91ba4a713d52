"""View of the follow-up calls of a site that wait, by their day."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from tracing.kernel import clock
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.supervision import words
from tracing.supervision.worklists import follow_up_queries as queries


@may(Role.SUPERVISOR)
def follow_ups() -> ResponseReturnValue:
    """Show who is to be rung again to ask how they are, those of today and of the days before first."""
    here = agent().site
    before = queries.Key.read(request.args.get("after", ""))
    return render_template(
        "supervision/follow_ups.html",
        page=queries.waiting(here.id, after=before),
        today=clock.local_day(asked_at(), here.time_zone),
        task_words=words.TASK_WORDS,
        state_words=words.TASK_STATE_WORDS,
        is_later_page=before is not None,
    )


ROUTES = (("/lists/follow-ups", follow_ups, ("GET",)),)
