"""Pages of onboarding."""

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from tracing.staff.access import may

bp = Blueprint("onboarding", __name__, template_folder="templates")


@bp.get("/onboarding/recruits")
@may()
def recruits() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")
