"""The page on which a referent or an adviser asks what the rules would say of a situation."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from tracing.kernel import clock
from tracing.programmes.in_force import get_pack
from tracing.programmes.loader import load_packs
from tracing.programmes.rules import explain
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.studio import words
from tracing.studio.forms import form_for
from tracing.studio.mistake_words import source_word

bp = Blueprint("studio", __name__, template_folder="templates")


@bp.get("/rules")
@may(Role.REFERENT, Role.ADVISER)
def ask() -> ResponseReturnValue:
    """Show the form, and what the rules say of what it holds."""
    site = agent().site
    code = request.args.get("programme", site.programme)
    pack = get_pack(code if code in load_packs() else site.programme)
    form = form_for(pack)(
        request.args, data={"programme": pack.code, "on": clock.local_day(asked_at(), site.time_zone)}
    )
    form.fill()
    is_asked = "subject" in request.args
    is_right = not is_asked or form.validate()
    found = explain(pack, form.situation(pack)) if is_asked and is_right else None
    page = render_template(
        "studio/rules.html", form=form, pack=pack, found=found, words=words, source_word=source_word
    )
    return page, 200 if is_right else 422
