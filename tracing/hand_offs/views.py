"""What is handed off to the agency or a clinician: the list, by hand, and what was sent."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.hand_offs import queries, services, words
from tracing.hand_offs.errors import NoSuchReason, NoSuchRecord
from tracing.hand_offs.forms import GiveForm
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.programmes.in_force import get_pack
from tracing.staff.access import agent, may
from tracing.staff.agent import Agent
from tracing.staff.models import Role

bp = Blueprint("hand_offs", __name__, template_folder="templates")
READERS = (Role.SUPERVISOR, Role.ADVISER)


@bp.route("/hand-offs", methods=["GET", "POST"])
@may(*READERS)
def listing() -> ResponseReturnValue:
    """Show what is to be sent and what was; hand a record off by hand."""
    by, at = agent(), clock.database_now()
    on = clock.local_day(at, by.site.time_zone)
    form = GiveForm()
    form.offer([(one.id, one.text) for one in get_pack(by.site.programme).hand_offs if one.in_force(on)])
    if form.validate_on_submit():
        try:
            with transaction():
                services.give(form.reference.data or "", form.reason.data, on=on, by=by, at=at)
        except NoSuchRecord as refusal:
            form.reference.errors = [refusal.message]
        except NoSuchReason as refusal:
            form.reason.errors = [refusal.message]
        else:
            flash(_("Le dossier est sur la liste des signalements à transmettre."))
            return redirect(url_for("hand_offs.listing"), 303)
    return _page(form, by=by), 422 if form.errors else 200


@bp.post("/hand-offs/<int:hand_off_id>/send")
@may(*READERS)
def send(hand_off_id: int) -> ResponseReturnValue:
    """Note that it was sent."""
    by, at = agent(), clock.database_now()
    on = clock.local_day(at, by.site.time_zone)
    with transaction():
        services.send(hand_off_id, anyway="anyway" in request.form, on=on, by=by, at=at)
    flash(_("C’est noté : le signalement est transmis."))
    return redirect(url_for("hand_offs.listing"), 303)


@bp.post("/hand-offs/<int:hand_off_id>/acknowledge")
@may(*READERS)
def acknowledge(hand_off_id: int) -> ResponseReturnValue:
    """Note that it was taken over."""
    with transaction():
        services.acknowledge(hand_off_id, by=agent(), at=clock.database_now())
    flash(_("C’est noté : le signalement est pris en charge."))
    return redirect(url_for("hand_offs.listing", done=1), 303)


@bp.post("/hand-offs/<int:hand_off_id>/take-back")
@may(*READERS)
def take_back(hand_off_id: int) -> ResponseReturnValue:
    """Note that whoever was told knows that it no longer holds; or take back one that was given by mistake."""
    with transaction():
        is_done = services.say_taken_back(
            hand_off_id,
            was_taken_back=request.form.get("was") == "taken_back",
            by=agent(),
            at=clock.database_now(),
        )
    flash(
        _("C’est noté : plus rien n’est à faire pour ce signalement.")
        if is_done
        else _("Il était déjà transmis : prévenez l’agence, puis notez-le ici.")
    )
    return redirect(url_for("hand_offs.listing"), 303)


def _page(form: GiveForm, *, by: Agent) -> str:
    is_done = bool(request.args.get("done"))
    key = request.args.get("key", type=int)
    with transaction():
        page = queries.listed(by.site.id, waiting=not is_done, key=key)
        waiting = queries.count_waiting(by.site.id)
        on = clock.local_day(clock.now(), by.site.time_zone)
        fallen = queries.no_longer_met([(row.hand_off, row.programme) for row in page.rows], on=on)
    return render_template(
        "hand_offs/listing.html",
        form=form,
        page=page,
        fallen=fallen,
        is_done=is_done,
        key=key,
        waiting=waiting,
        reasons={
            programme: {one.id: one for one in get_pack(programme).hand_offs}
            for programme in {row.programme for row in page.rows}
        },
        words=words,
    )
