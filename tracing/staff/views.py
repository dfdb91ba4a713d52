"""Log-in, lock, and the account pages."""

from datetime import time

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.staff import queries, services, sessions
from tracing.staff.access import COOKIE, agent, is_fragment, may, public, safe_next
from tracing.staff.errors import NoSuchMember, WeakPassword
from tracing.staff.forms import LoginForm, MemberForm, NewPasswordForm, UnlockForm
from tracing.staff.models import Member, MemberKind, Role, SessionEnd
from tracing.staff.words import KIND_WORDS, ROLE_WORDS, WEEKDAYS

bp = Blueprint("staff", __name__, template_folder="templates")


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> ResponseReturnValue:
    """Ask for a name and a password."""
    if g.get("agent"):
        return redirect("/", 303)
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("staff/login.html", form=form), 422 if form.errors else 200
    with transaction():
        answer = sessions.sign_in(
            form.login.data,
            form.password.data,
            address=request.remote_addr or "",
            device=device_in_words(request.user_agent.string),
            at=clock.now(),
        )
    if isinstance(answer, Refused):
        form.form_errors.append(answer.message)
        return render_template("staff/login.html", form=form), answer.status
    if isinstance(answer, Exception):
        raise answer
    return with_cookie(redirect(safe_next(), 303), answer.token)


def with_cookie(response: Response | object, token: str) -> Response:
    """Give the browser its session token, for as long as the browser is open."""
    answer = make_response(response)
    answer.set_cookie(
        COOKIE, token, httponly=True, samesite="Lax", secure=g.settings.secure_cookies, path="/"
    )
    return answer


def device_in_words(agent_string: str) -> str:
    """Return the browser and the system, so that their owner recognises a session."""
    browsers = ("Firefox", "Edg", "Chrome", "Safari")
    systems = ("Windows", "Android", "iPhone", "Mac OS", "Linux")
    browser = next((name for name in browsers if name in agent_string), "?")
    system = next((name for name in systems if name in agent_string), "?")
    return f"{'Edge' if browser == 'Edg' else browser}, {system}"


@bp.post("/logout")
@may(while_locked=True)
def logout() -> ResponseReturnValue:
    """End this session."""
    with transaction():
        sessions.end(g.session_row, SessionEnd.SIGNED_OUT, by=agent().member_id, at=clock.now())
    answer = make_response(redirect(url_for("staff.login"), 303))
    answer.delete_cookie(COOKIE)
    return answer


@bp.post("/lock")
@may(while_locked=True)
def lock() -> ResponseReturnValue:
    """Cover the page now."""
    with transaction():
        sessions.lock(g.session_row, at=clock.now())
    return Response(status=204) if is_fragment() else redirect("/", 303)


@bp.post("/unlock")
@may(while_locked=True, passive=True)
def unlock() -> ResponseReturnValue:
    """Uncover the page when the password is right."""
    form = UnlockForm()
    if not form.validate_on_submit():
        if is_fragment():
            return Response(_("Tapez votre mot de passe."), 422, mimetype="text/plain")
        return render_template("staff/locked.html", form=form, name=agent().name), 422
    with transaction():
        refusal = sessions.unlock(
            g.session_row, form.password.data, address=request.remote_addr or "", at=clock.now()
        )
    if isinstance(refusal, Refused):
        if is_fragment():
            return Response(refusal.message, refusal.status, mimetype="text/plain")
        form.form_errors.append(refusal.message)
        return render_template("staff/locked.html", form=form, name=agent().name), refusal.status
    return Response(status=204) if is_fragment() else redirect(safe_next(), 303)


@bp.post("/activity")
@may()
def activity() -> ResponseReturnValue:
    """Note that somebody typed or pointed; the permission check does the noting."""
    return Response(status=204)


@bp.post("/work-at/<int:site_id>")
@may()
def work_at(site_id: int) -> ResponseReturnValue:
    """Go on working at another of one's sites."""
    with transaction():
        sessions.work_at(g.session_row, site_id)
    return redirect("/", 303)


@bp.route("/account")
@may()
def account() -> ResponseReturnValue:
    """Show one's roles, hours and open sessions."""
    me = agent()
    return render_template(
        "staff/account.html",
        sessions=queries.open_sessions(me.member_id),
        sites={site.id: site for site in queries.sites({site_id for site_id, _role in me.roles})},
        me=me,
        roles=sorted(me.roles),
        role_words=ROLE_WORDS,
        shifts=queries.shifts_of([me.member_id]),
        weekdays=WEEKDAYS,
        form=NewPasswordForm(),
    )


@bp.post("/account/password")
@may()
def change_password() -> ResponseReturnValue:
    """Change one's own password and end the other sessions."""
    form = NewPasswordForm()
    me = agent()
    if form.validate_on_submit():
        try:
            with transaction():
                services.set_password(
                    queries.get_member(me.member_id), form.password.data, by=me.member_id, at=clock.now()
                )
                for other in queries.open_sessions(me.member_id):
                    if other.id != me.session_id:
                        sessions.end(other, SessionEnd.ENDED_ELSEWHERE, by=me.member_id, at=clock.now())
        except WeakPassword as refusal:
            form.password.errors = [refusal.message]
        else:
            flash(_("Mot de passe changé. Vos autres sessions sont fermées."))
            return redirect(url_for("staff.account"), 303)
    page = render_template(
        "staff/password.html",
        form=form,
    )
    return page, 422


@bp.post("/account/sessions/<int:session_id>/end")
@may()
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions."""
    with transaction():
        for one in queries.open_sessions(agent().member_id):
            if one.id == session_id:
                sessions.end(one, SessionEnd.ENDED_ELSEWHERE, by=agent().member_id, at=clock.now())
    flash(_("Session fermée."))
    return redirect(url_for("staff.account"), 303)


@bp.route("/members")
@may(Role.ADMINISTRATOR)
def members() -> ResponseReturnValue:
    """List the accounts of the sites one administers."""
    found = queries.members_of_sites(agent().sites_as(Role.ADMINISTRATOR))
    return render_template(
        "staff/members.html",
        members=found,
        role_words=ROLE_WORDS,
        kind_words=KIND_WORDS,
        site_id=agent().site.id,
    )


def member_form() -> MemberForm:
    """Return the form of a new account with its choices."""
    form = MemberForm()
    form.kind.choices = [(kind.value, KIND_WORDS[kind]) for kind in MemberKind]
    form.roles.choices = [(role.value, ROLE_WORDS[role]) for role in Role]
    return form


@bp.route("/members/new", methods=["GET", "POST"])
@may(Role.ADMINISTRATOR)
def new_member() -> ResponseReturnValue:
    """Open an account; its first password is shown once."""
    form = member_form()
    if not form.validate_on_submit():
        return render_template("staff/new_member.html", form=form), 422 if form.errors else 200
    first_password = sessions.first_password()
    try:
        with transaction():
            member = services.add_member(
                login=form.login.data,
                name=form.name.data,
                kind=MemberKind(form.kind.data),
                contract_ends_on=form.contract_ends_on.data,
                by=agent().member_id,
                at=clock.now(),
            )
            services.set_password(member, first_password, by=agent().member_id, at=clock.now())
            for role in form.roles.data:
                services.grant(member, Role(role), agent().site.id, by=agent().member_id, at=clock.now())
    except Refused as refusal:
        form.login.errors = [refusal.message]
        return render_template("staff/new_member.html", form=form), refusal.status
    return render_template("staff/first_password.html", member=member, first_password=first_password)


def administered(member_id: int) -> Member:
    """Return a member of a site that the agent administers."""
    for member in queries.members_of_sites(agent().sites_as(Role.ADMINISTRATOR)):
        if member.id == member_id:
            return member
    raise NoSuchMember


@bp.route("/members/<int:member_id>")
@may(Role.ADMINISTRATOR)
def member(member_id: int) -> ResponseReturnValue:
    """Show an account: roles here, hours, open sessions."""
    found = administered(member_id)
    return render_template(
        "staff/member.html",
        member=found,
        role_words=ROLE_WORDS,
        kind_words=KIND_WORDS,
        weekdays=WEEKDAYS,
        all_roles=list(Role),
        site_id=agent().site.id,
        held={held.role for held in found.roles if held.site_id == agent().site.id},
        hours={shift.weekday: shift for shift in queries.shifts_of([found.id])},
        sessions=queries.open_sessions(found.id),
    )


@bp.post("/members/<int:member_id>/roles")
@may(Role.ADMINISTRATOR)
def set_roles(member_id: int) -> ResponseReturnValue:
    """Set the roles of a member at this site."""
    found = administered(member_id)
    wanted = {
        Role(value) for value in request.form.getlist("roles") if value in {role.value for role in Role}
    }
    with transaction():
        for role in Role:
            change = services.grant if role in wanted else services.withdraw
            change(found, role, agent().site.id, by=agent().member_id, at=clock.now())
    flash(_("Rôles enregistrés."))
    return redirect(url_for("staff.member", member_id=member_id), 303)


@bp.post("/members/<int:member_id>/hours")
@may(Role.ADMINISTRATOR)
def set_hours(member_id: int) -> ResponseReturnValue:
    """Set the weekly hours of a member."""
    found = administered(member_id)
    hours = {}
    for weekday in range(7):
        starts, ends = request.form.get(f"starts-{weekday}", ""), request.form.get(f"ends-{weekday}", "")
        if not starts and not ends:
            continue
        try:
            pair = (time.fromisoformat(starts), time.fromisoformat(ends))
        except ValueError:
            flash(
                _(
                    "%(day)s : tapez les deux heures, comme 09:00 et 17:00. Rien n’a été changé.",
                    day=WEEKDAYS[weekday],
                ),
                "error",
            )
            return redirect(url_for("staff.member", member_id=member_id), 303)
        if pair[0] >= pair[1]:
            flash(
                _("%(day)s : la fin vient après le début. Rien n’a été changé.", day=WEEKDAYS[weekday]),
                "error",
            )
            return redirect(url_for("staff.member", member_id=member_id), 303)
        hours[weekday] = pair
    with transaction():
        services.set_hours(found, hours, by=agent().member_id, at=clock.now())
    flash(_("Horaires enregistrés."))
    return redirect(url_for("staff.member", member_id=member_id), 303)


@bp.post("/members/<int:member_id>/sessions/<int:session_id>/end")
@may(Role.ADMINISTRATOR)
def end_session_of(member_id: int, session_id: int) -> ResponseReturnValue:
    """End a session of a member."""
    administered(member_id)
    with transaction():
        for one in queries.open_sessions(member_id):
            if one.id == session_id:
                sessions.end(one, SessionEnd.ENDED_ELSEWHERE, by=agent().member_id, at=clock.now())
    flash(_("Session fermée."))
    return redirect(url_for("staff.member", member_id=member_id), 303)


@bp.post("/members/<int:member_id>/close")
@may(Role.ADMINISTRATOR)
def close_member(member_id: int) -> ResponseReturnValue:
    """Close an account at once."""
    found = administered(member_id)
    with transaction():
        services.close_account(found, by=agent().member_id, at=clock.now())
    flash(_("Compte fermé. Ses sessions sont terminées."))
    return redirect(url_for("staff.member", member_id=member_id), 303)
