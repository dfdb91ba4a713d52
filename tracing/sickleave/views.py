"""Pages of sickleave."""

from flask import Blueprint, render_template_string
from flask.typing import ResponseReturnValue

from tracing.staff.access import may

bp = Blueprint("sickleave", __name__, template_folder="templates")
