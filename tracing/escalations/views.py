"""Pages of escalations."""

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from tracing.staff.access import may

bp = Blueprint("escalations", __name__, template_folder="templates")


@bp.get("/escalations/waiting")
@may()
def waiting() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")
