"""Pages of desk."""

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from tracing.staff.access import may

bp = Blueprint("desk", __name__, template_folder="templates")


@bp.get("/desk/home")
@may()
def home() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")
