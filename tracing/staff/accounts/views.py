"""The administrator's account pages: open, close and reopen an account, set roles and hours, end sessions."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff import national, queries, rules, services
from tracing.staff.access import agent, asked_at, may
from tracing.staff.errors import (
    AccountWorksElsewhere,
    LoginTaken,
    NoRoleLeft,
    NoSuchMember,
    NotCertified,
    OwnAccount,
)
from tracing.staff.forms import MemberForm, WorkForm
from tracing.staff.login import sessions
from tracing.staff.models import Member, MemberKind, MemberRole, Role, SessionEnd, SiteKind
from tracing.staff.words import KIND_WORDS, ROLE_WORDS, weekdays
from tracing.ui.idempotent_forms import leads_to, sent_once

bp = Blueprint("accounts", __name__, url_prefix="/members")


@bp.route("")
@may(Role.ADMINISTRATOR)
def members() -> ResponseReturnValue:
    """List the accounts of the sites that the agent administers."""
    return render_template(
        "staff/members.html",
        members=queries.members_of_sites(agent().sites_as(Role.ADMINISTRATOR)),
        role_words=ROLE_WORDS,
        kind_words=KIND_WORDS,
        site=agent().site,
    )


@bp.route("/new", methods=["GET", "POST"])
@may(Role.ADMINISTRATOR)
@sent_once
def new_member() -> ResponseReturnValue:
    """Open an account; its first password is shown once."""
    form = MemberForm()
    if not form.validate_on_submit():
        return render_template("staff/new_member.html", form=form), 422 if form.errors else 200
    me, at = agent(), asked_at()
    last_day = form.contract_ends_on.data
    if last_day is not None and last_day < clock.local_day(at, me.site.time_zone):
        form.contract_ends_on.errors = [_("Ce jour est passé\u202f: personne ne pourrait ouvrir ce compte.")]
        return render_template("staff/new_member.html", form=form), 422
    login, roles = form.login.data or "", [Role(value) for value in form.roles.data or ()]
    first_password = sessions.first_password(login)
    try:
        with transaction():
            member = services.add_member(
                login=login,
                name=form.name.data or "",
                kind=MemberKind(form.kind.data),
                contract_ends_on=last_day,
                by=me.member_id,
                at=at,
            )
            services.set_password(member, first_password, by=me.member_id, at=at)
            services.set_roles(member, roles, me.site.id, by=me.member_id, at=at)
    except (LoginTaken, NotCertified) as refusal:
        field = form.kind if isinstance(refusal, NotCertified) else form.login
        field.errors = [refusal.message]
        return render_template("staff/new_member.html", form=form), refusal.status
    leads_to(url_for("accounts.member", member_id=member.id))
    return render_template(
        "staff/first_password.html", member=member, first_password=first_password, is_new=True, suspended=[]
    )


def administered(member_id: int) -> Member:
    """Return a member of a site that the agent administers."""
    for member in queries.members_of_sites(agent().sites_as(Role.ADMINISTRATOR)):
        if member.id == member_id:
            return member
    raise NoSuchMember


def administered_everywhere(member_id: int) -> Member:
    """Return a member if the agent administers all their live sites: what follows affects every one of them.

    Raises:
        AccountWorksElsewhere: the account works at another live site too.
    """
    found = administered(member_id)
    if not _reaches(found):
        raise AccountWorksElsewhere
    return found


def _reaches(found: Member) -> bool:
    live, practice = queries.work_sites_of(found)
    return rules.may_act_on_account(live, practice, held=agent().sites_as(Role.ADMINISTRATOR))


@bp.route("/<int:member_id>")
@may(Role.ADMINISTRATOR)
def member(member_id: int) -> ResponseReturnValue:
    """Show an account: roles here, hours, open sessions."""
    return member_page(administered(member_id))


def member_page(found: Member, *, work: WorkForm | None = None) -> str:
    """Return the page of an account; `work` is the form as it was typed, when something in it is invalid."""
    site = agent().site
    held = [role.role.value for role in found.roles if role.site_id == site.id]
    proposal = national.find_proposal(found.id, site.id, at=asked_at())
    return render_template(
        "staff/member.html",
        member=found,
        site=site,
        is_me=found.id == agent().member_id,
        kind_words=KIND_WORDS,
        weekdays=weekdays(),
        work=work or WorkForm.of(held, found.languages, queries.shifts_of(found.id)),
        sessions=queries.open_sessions(found.id),
        reaches=_reaches(found),
        works_elsewhere=any(role.site_id != site.id for role in found.roles),
        officer=_officer_of(found),
        proposal=proposal,
        names=queries.member_names([proposal.proposed_by] if proposal else []),
        me=agent().member_id,
    )


def _officer_of(found: Member) -> MemberRole | None:
    """Return the member's role of import officer at this site, if it may be national."""
    is_live = agent().site.kind is SiteKind.LIVE
    return national.find_role(found.id, agent().site.id) if is_live else None


@bp.post("/<int:member_id>")
@may(Role.ADMINISTRATOR)
def save(member_id: int) -> ResponseReturnValue:
    """Set a member's roles at this site and, for an administrator of all their live sites, languages and hours."""
    found, me = administered(member_id), agent()
    form, reaches = WorkForm(), _reaches(found)
    leaves = "leave" in request.form
    if not form.validate():
        return member_page(found, work=form), 422
    if not form.roles.data and not leaves:
        form.roles.errors = [_("Cochez au moins un rôle. Pour les retirer tous : « Retirer de ce site ».")]
        return member_page(found, work=form), 422
    try:
        with transaction():
            at = asked_at()
            roles = [] if leaves else [Role(value) for value in form.roles.data or ()]
            services.set_roles(found, roles, me.site.id, by=me.member_id, at=at)
            if reaches and not leaves:
                services.set_languages(found, form.languages.data or (), by=me.member_id, at=at)
                services.set_hours(found, form.hours(), by=me.member_id, at=at)
    except (NotCertified, OwnAccount, NoRoleLeft) as refusal:
        form.roles.errors = [refusal.message]
        return member_page(administered(member_id), work=form), refusal.status
    flash(_("Cette personne n’a plus de rôle sur ce site.") if leaves else _("Enregistré."))
    if found.id not in {one.id for one in queries.members_of_sites(me.sites_as(Role.ADMINISTRATOR))}:
        return redirect(url_for("accounts.members"), 303)
    return redirect(url_for("accounts.member", member_id=member_id), 303)


@bp.post("/<int:member_id>/sessions/<int:session_id>/end")
@may(Role.ADMINISTRATOR)
def end_session_of(member_id: int, session_id: int) -> ResponseReturnValue:
    """End a session of a member."""
    administered_everywhere(member_id)
    with transaction():
        sessions.end_one_of(member_id, session_id, by=agent().member_id, at=asked_at())
    flash(_("Session fermée."))
    return redirect(url_for("accounts.member", member_id=member_id), 303)


@bp.post("/<int:member_id>/password")
@may(Role.ADMINISTRATOR)
@sent_once
def new_password(member_id: int) -> ResponseReturnValue:
    """Give a member who forgot their password a new first one, shown once; their sessions end."""
    found = administered_everywhere(member_id)
    first_password, me, at = sessions.first_password(found.login), agent().member_id, asked_at()
    with transaction():
        services.set_password(found, first_password, by=me, at=at)
        for one in queries.open_sessions(found.id):
            if one.id != agent().session_id:
                sessions.end(one, SessionEnd.ENDED_ELSEWHERE, by=me, at=at)
        suspended = national.suspend(found, by=me, at=at)
    leads_to(url_for("accounts.member", member_id=member_id))
    return render_template(
        "staff/first_password.html",
        member=found,
        first_password=first_password,
        is_new=False,
        suspended=suspended,
    )


@bp.post("/<int:member_id>/close")
@may(Role.ADMINISTRATOR)
def close_member(member_id: int) -> ResponseReturnValue:
    """Close an account at once."""
    found = administered_everywhere(member_id)
    with transaction():
        services.close_account(found, by=agent().member_id, at=asked_at())
    flash(_("Compte fermé. Ses sessions sont terminées."))
    return redirect(url_for("accounts.member", member_id=member_id), 303)


@bp.post("/<int:member_id>/reopen")
@may(Role.ADMINISTRATOR)
def reopen_member(member_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    found = administered_everywhere(member_id)
    with transaction():
        services.reopen_account(found, by=agent().member_id, at=asked_at())
    flash(_("Compte rouvert, avec les rôles et le mot de passe qu’il avait."))
    return redirect(url_for("accounts.member", member_id=member_id), 303)
