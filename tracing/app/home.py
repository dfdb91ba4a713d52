"""The first page after logging in: the place of the role that has most to do."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from tracing.app.rail import places_of
from tracing.staff.access import agent, may

bp = Blueprint("home", __name__)


@bp.get("/")
@may()
def index() -> ResponseReturnValue:
    """Go to the first place of the agent's rail."""
    places = places_of(agent())
    return redirect(url_for(places[0].endpoint if places else "staff.account"), 303)
