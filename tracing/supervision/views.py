"""The blueprint of supervision: the `ROUTES` of every chapter. The menu entry of a page is in `app.rail`."""

from typing import Any

from flask import Blueprint

from tracing.people.words import hour_there
from tracing.supervision.board import views as board
from tracing.supervision.journal import views as journal
from tracing.supervision.ordering import views as ordering
from tracing.supervision.team import loan_views
from tracing.supervision.team import views as team
from tracing.supervision.worklists import fact_views, follow_up_views, give_views, message_views, reopen_views
from tracing.supervision.worklists import views as worklists

bp = Blueprint("supervision", __name__, template_folder="templates")
for path, view, methods in (
    *board.ROUTES,
    *worklists.ROUTES,
    *fact_views.ROUTES,
    *follow_up_views.ROUTES,
    *give_views.ROUTES,
    *message_views.ROUTES,
    *reopen_views.ROUTES,
    *ordering.ROUTES,
    *team.ROUTES,
    *loan_views.ROUTES,
    *journal.ROUTES,
):
    bp.add_url_rule(path, view_func=view, methods=methods)


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """Return the words that several pages of supervision use."""
    return {"hour_there": hour_there}
