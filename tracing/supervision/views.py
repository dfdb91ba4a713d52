"""The blueprint of supervision: the `ROUTES` of every chapter. The menu entry of a page is in `app.rail`."""

from flask import Blueprint

from tracing.supervision.board import views as board
from tracing.supervision.journal import views as journal
from tracing.supervision.ordering import views as ordering
from tracing.supervision.team import loan_views
from tracing.supervision.team import views as team
from tracing.supervision.worklists import fact_views, give_views, message_views
from tracing.supervision.worklists import views as worklists

bp = Blueprint("supervision", __name__, template_folder="templates")
for path, view, methods in (
    *board.ROUTES,
    *worklists.ROUTES,
    *fact_views.ROUTES,
    *give_views.ROUTES,
    *message_views.ROUTES,
    *ordering.ROUTES,
    *team.ROUTES,
    *loan_views.ROUTES,
    *journal.ROUTES,
):
    bp.add_url_rule(path, view_func=view, methods=methods)
