"""The first page after logging in: redirects to the first place in the member's rail."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from tracing.app.rail import places_of
from tracing.staff.access import agent, may

bp = Blueprint("home", __name__)


@bp.get("/")
@may()
def index() -> ResponseReturnValue:
    """Redirect to the first place in the agent's rail."""
    places = places_of(agent())
    return redirect(url_for(places[0].endpoint if places else "staff.account"), 303)
