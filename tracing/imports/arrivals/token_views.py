"""Pages of a source's tokens: made, shown once, revoked."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.imports.arrivals import tokens
from tracing.imports.arrivals.errors import TooManyTokens
from tracing.imports.arrivals.forms import TokenForm
from tracing.imports.arrivals.views import address_of
from tracing.imports.sources import queries
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import scope_of
from tracing.ui.idempotent_forms import leads_to, sent_once

bp = Blueprint("source_tokens", __name__, url_prefix="/sources/<code>/tokens")


@bp.route("/new", methods=["GET", "POST"])
@may(Role.IMPORTER)
@sent_once
def new(code: str) -> ResponseReturnValue:
    """Make a token; it is shown once."""
    source = queries.get_source(code, scope_of(agent()))
    form = TokenForm()
    if not form.validate_on_submit():
        page = render_template("imports/token_new.html", source=source, form=form)
        return page, 422 if form.errors else 200
    label = (form.label.data or "").strip()
    try:
        with transaction():
            made = tokens.make(code, label=label, by=agent().member_id, at=clock.now())
    except TooManyTokens as refusal:
        form.label.errors = [refusal.message]
        return render_template("imports/token_new.html", source=source, form=form), refusal.status
    leads_to(url_for("sources.show", code=code))
    return render_template(
        "imports/token_made.html",
        source=source,
        label=label,
        token=made.text,
        address=address_of("post", code=code),
    )


@bp.post("/<int:token_id>/revoke")
@may(Role.IMPORTER)
def revoke(code: str, token_id: int) -> ResponseReturnValue:
    """Revoke a token: nothing is received with it any more."""
    queries.get_source(code, scope_of(agent()))
    with transaction():
        tokens.revoke(code, token_id, by=agent().member_id, at=clock.now())
    flash(_("Jeton révoqué : rien n’est plus reçu avec lui."))
    return redirect(url_for("sources.show", code=code), 303)
