"""The referent's pages for recruits, and the welcome page where a recruit opens their account."""

from datetime import date
from typing import cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask import (
    session as browser,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls.errors import NoSuchCall
from tracing.calls.words import OUTCOME_TONES, OUTCOME_WORDS
from tracing.escalations.words import KIND_WORDS, REASON_WORDS
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.onboarding import practice, queries, services, words
from tracing.onboarding.errors import ContractOver, LinkClosed, NoSuchLink
from tracing.onboarding.forms import InviteForm, WelcomeForm
from tracing.onboarding.services import Issued
from tracing.people import queries as people
from tracing.staff import queries as staff
from tracing.staff.access import agent, may, public
from tracing.staff.errors import WeakPassword
from tracing.staff.login import sessions
from tracing.staff.models import Role
from tracing.staff.views import device_in_words, with_cookie, with_known_browser
from tracing.ui.idempotent_forms import leads_to, sent_once

bp = Blueprint("onboarding", __name__, template_folder="templates")


@bp.context_processor
def vocabulary() -> dict[str, object]:
    """Give this feature's templates the words for its codes."""
    return {
        "stage_words": words.STAGE_WORDS,
        "stage_tones": words.STAGE_TONES,
        "kind_words": KIND_WORDS,
        "reason_words": REASON_WORDS,
        "outcome_words": OUTCOME_WORDS,
        "outcome_tones": OUTCOME_TONES,
    }


# ---------- The referent ----------


@bp.get("/recruits")
@may(Role.REFERENT)
def recruits() -> ResponseReturnValue:
    """List the recruits of the referent's sites."""
    found = queries.list_recruits(agent(), at=clock.now())
    return render_template("onboarding/recruits.html", recruits=found)


@bp.route("/recruits/new", methods=["GET", "POST"])
@may(Role.REFERENT)
@sent_once
def invite() -> ResponseReturnValue:
    """Invite a recruit; their link is shown once."""
    form, site = InviteForm(), services.live_site_of(agent())
    if not form.validate_on_submit():
        return render_template("onboarding/invite.html", form=form, site=site), 422 if form.errors else 200
    try:
        with transaction():
            issued = services.invite(
                name=form.name.data or "",
                login=form.login.data or "",
                contract_ends_on=cast("date", form.contract_ends_on.data),  # InputRequired holds
                by=agent(),
                at=clock.now(),
            )
    except Invalid as refusal:
        field = form.contract_ends_on if isinstance(refusal, ContractOver) else form.login
        field.errors = [refusal.message]
        return render_template("onboarding/invite.html", form=form, site=site), refusal.status
    return _show_link(issued)


@bp.post("/recruits/invitations/<int:invitation_id>/link")
@may(Role.REFERENT)
@sent_once
def reissue(invitation_id: int) -> ResponseReturnValue:
    """Issue a new link; the former one is no longer valid."""
    with transaction():
        issued = services.reissue(invitation_id, by=agent(), at=clock.now())
    return _show_link(issued)


def _show_link(issued: Issued) -> str:
    leads_to(url_for("onboarding.recruits"))
    return render_template(
        "onboarding/link.html",
        invitation=issued.invitation,
        # from the settings, because a client can send any Host header
        link=f"{g.settings.address or ''}{url_for('onboarding.accept', token=issued.token)}",
        is_whole=g.settings.address is not None,
    )


@bp.post("/recruits/invitations/<int:invitation_id>/withdraw")
@may(Role.REFERENT)
def withdraw(invitation_id: int) -> ResponseReturnValue:
    """Withdraw an invitation."""
    with transaction():
        services.withdraw(invitation_id, by=agent(), at=clock.now())
    flash(_("Invitation retirée : son lien ne mène plus nulle part."))
    return redirect(url_for("onboarding.recruits"), 303)


@bp.get("/recruits/<int:member_id>")
@may(Role.REFERENT)
def recruit(member_id: int) -> ResponseReturnValue:
    """Show the stage of a recruit, and their practice calls."""
    found = queries.get_recruit(member_id, by=agent(), at=clock.now())
    reviews = services.may_review(found.invitation, agent())
    site_id = found.invitation.training_site_id
    before = request.args.get("before", type=int)
    certifier = found.certification and staff.get_member(found.certification.certified_by).display_name
    return render_template(
        "onboarding/recruit.html",
        recruit=found,
        live_site=staff.get_site(found.invitation.live_site_id),
        training_site=staff.get_site(site_id),
        certifier=certifier,
        may_review=reviews,
        page=practice.practice_calls(member_id, site_id, before_id=before) if reviews else None,
        before=before,
    )


@bp.post("/recruits/<int:member_id>/certify")
@may(Role.REFERENT)
def certify(member_id: int) -> ResponseReturnValue:
    """Certify a recruit for real calls."""
    with transaction():
        services.certify(member_id, by=agent(), at=clock.now())
    flash(_("Habilitation enregistrée : cette personne peut prendre de vrais appels."))
    return redirect(url_for("onboarding.recruit", member_id=member_id), 303)


@bp.get("/recruits/<int:member_id>/calls/<int:call_id>")
@may(Role.REFERENT)
def practice_call(member_id: int, call_id: int) -> ResponseReturnValue:
    """Show one practice call in full; never a real one."""
    at = clock.now()
    found = queries.get_recruit(member_id, by=agent(), at=at)
    if not services.may_review(found.invitation, agent()):
        raise NoSuchCall
    with transaction():
        call = practice.get_practice_call(
            call_id, member_id=member_id, site_id=found.invitation.training_site_id
        )
        reviews = practice.review(call)
        shown = [one.task.person_id for one in reviews]
        shown += [named.contact.person_id for one in reviews for named in one.named]
        events.record_access(people.records_shown(shown), by=agent().member_id, at=at, why="practice")
    return render_template("onboarding/practice_call.html", recruit=found, call=call, reviews=reviews)


# ---------- The recruit ----------


@bp.route("/welcome/<token>", methods=["GET", "POST"])
@public
def accept(token: str) -> ResponseReturnValue:
    """Open a recruit's account by their one-time link."""
    form, at = WelcomeForm(), clock.database_now()
    try:
        invitation = services.open_link(token, at=at)
        if not form.validate_on_submit():
            page = render_template("onboarding/welcome.html", form=form, invitation=invitation, token=token)
            return page, 422 if form.errors else 200
        with transaction():
            member = services.accept(token, password=form.password.data or "", at=at)
            begun = sessions.begin(
                member, device=device_in_words(request.user_agent.string), at=clock.database_now()
            )
    except (LinkClosed, NoSuchLink) as refusal:
        page = render_template("onboarding/link_closed.html", message=refusal.message)
        return page, refusal.status
    except Invalid as refusal:
        if isinstance(refusal, WeakPassword):
            form.password.errors = [refusal.message]
        else:
            form.form_errors.append(_("Cet identifiant a été pris entre-temps. Demandez un autre lien."))
        invitation = services.open_link(token, at=at)
        page = render_template("onboarding/welcome.html", form=form, invitation=invitation, token=token)
        return page, refusal.status
    # discard what a previous user left in this browser
    browser.clear()
    answer = with_cookie(redirect("/", 303), begun.token)
    return with_known_browser(answer, member.id, at=begun.session.started_at)
