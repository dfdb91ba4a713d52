"""Pages of imports."""

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from tracing.staff.access import may

bp = Blueprint("imports", __name__, template_folder="templates")


@bp.get("/imports/lots")
@may()
def lots() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")
