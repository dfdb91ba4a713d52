"""View of the answers of a week: what became of them, and the load by hour, drawn."""

from collections.abc import Callable

from flask import render_template
from flask.typing import ResponseReturnValue

from tracing.escalations import listing, queries
from tracing.escalations.question_views import ASKED
from tracing.escalations.waiting import given_queries
from tracing.kernel import clock
from tracing.queue.words import TASK_STATE_WORDS
from tracing.staff.access import agent, may

TALLEST = 120
"""Height of the tallest bar of the drawing, in its own units."""


@may(*ASKED)
def given() -> ResponseReturnValue:
    """Show the answers of the last seven days, who has not read theirs, and the load by hour."""
    here, at = agent().site, clock.now()
    audiences = queries.audiences_of(agent())
    found = given_queries.given(here.id, audiences, at=at)
    hours = given_queries.by_hour(here, audiences, at=at)
    most = max((one.asked for one in hours), default=0) or 1
    return render_template(
        "escalations/given.html",
        rows=listing.rows(found, by=agent(), at=at),
        tasks=queries.tasks_of(found),
        state_words=TASK_STATE_WORDS,
        hours=[(one, round(TALLEST * one.asked / most)) for one in hours],
        tallest=TALLEST,
        now=at,
    )


ROUTES: tuple[tuple[str, str, Callable[..., ResponseReturnValue]], ...] = (
    ("GET", "/escalations/given", given),
)
