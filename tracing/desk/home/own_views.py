"""View of a tracer's own calls of today and of the day before."""

from flask import render_template
from flask.typing import ResponseReturnValue

from tracing.desk.home import own_pages
from tracing.kernel.db import transaction
from tracing.queue.words import TASK_STATE_WORDS
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role


@may(Role.TRACER)
def own_work() -> ResponseReturnValue:
    """Show what the tracer did, where each call stands now, and what became of their questions."""
    with transaction():
        work = own_pages.work_of(agent(), at=asked_at())
        return render_template("desk/own_work.html", work=work, state_words=TASK_STATE_WORDS)
