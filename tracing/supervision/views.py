"""Pages of supervision."""

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from tracing.staff.access import may

bp = Blueprint("supervision", __name__, template_folder="templates")


@bp.get("/supervision/board")
@may()
def board() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")


@bp.get("/supervision/lists")
@may()
def lists() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")


@bp.get("/supervision/journal")
@may()
def journal() -> ResponseReturnValue:
    """Show nothing yet."""
    return render_template_string("{% extends 'base.html' %}")
