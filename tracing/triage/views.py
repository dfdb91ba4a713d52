"""The page of what an adviser looks at first."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from tracing.kernel.db import transaction
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.triage import queries, words

bp = Blueprint("triage", __name__, template_folder="templates")


@bp.get("/first")
@may(Role.ADVISER)
def listing() -> ResponseReturnValue:
    """Show everything that waits for an adviser of the site, the most harmful first."""
    with transaction():
        rows = queries.to_look_at(agent(), at=asked_at())
    return render_template(
        "triage/listing.html",
        rows=rows,
        most=queries.MOST_OF_A_SOURCE,
        harm_words=words.HARM_WORDS,
        harm_tones=words.HARM_TONES,
    )
