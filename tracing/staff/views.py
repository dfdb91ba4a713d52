"""Pages for log-in, lock screen, pause, change of site, and one's own account."""

from datetime import datetime, timedelta

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import (
    session as browser,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.staff import presence, queries, services
from tracing.staff.access import (
    agent,
    asked_at,
    is_fragment,
    is_on_call,
    may,
    public,
    safe_next,
    session_cookie,
    to_login,
)
from tracing.staff.errors import (
    CannotMoveDuringCall,
    CannotPauseDuringCall,
    TooManyUnlockAttempts,
    WeakPassword,
)
from tracing.staff.forms import LoginForm, NewPasswordForm, UnlockForm
from tracing.staff.login import known_browsers, sessions
from tracing.staff.models import SessionEnd
from tracing.staff.words import ROLE_WORDS, weekdays

KNOWN_FOR = timedelta(days=400)
"""The longest time for which browsers keep a cookie."""

bp = Blueprint("staff", __name__, template_folder="templates")


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> ResponseReturnValue:
    """Ask for login and password."""
    if g.get("agent"):
        return redirect("/", 303)
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("staff/login.html", form=form), 422 if form.errors else 200
    # counted and committed before the password is compared, which is slow, so guesses sent at the same time all count
    with transaction():
        attempt = sessions.begin_attempt(
            form.login.data or "",
            address=request.remote_addr or "",
            browser=known_browsers.read(known_cookie()),
            at=clock.database_now(),
        )
    answer: sessions.SignedIn | Exception
    if isinstance(attempt, Refused):
        answer = attempt
    else:
        with transaction():
            at = clock.database_now()
            answer = sessions.sign_in(
                attempt,
                form.login.data or "",
                form.password.data or "",
                device=device_in_words(request.user_agent.string),
                at=at,
            )
    if isinstance(answer, Refused):
        form.form_errors.append(answer.message)
        return render_template("staff/login.html", form=form), answer.status
    if isinstance(answer, Exception):
        raise answer
    wanted = safe_next()
    # discard what a previous user left in this browser
    browser.clear()
    return with_known_browser(
        with_cookie(redirect(wanted, 303), answer.token),
        answer.session.member_id,
        at=answer.session.started_at,
    )


def with_cookie(response: Response | object, token: str) -> Response:
    """Set the session cookie, which lasts until the browser is closed."""
    answer = make_response(response)
    answer.set_cookie(
        session_cookie(), token, httponly=True, samesite="Lax", secure=g.settings.secure_cookies, path="/"
    )
    return answer


def known_cookie() -> str:
    """Return the name of the known-browser cookie."""
    name: str = g.settings.cookie_name("tracing_known")
    return name


def with_known_browser(answer: Response, member_id: int, *, at: datetime) -> Response:
    """Set the cookie that marks the browser as one in which this member has logged in."""
    name = known_cookie()
    answer.set_cookie(
        name,
        known_browsers.write(known_browsers.read(name), member_id, at=at),
        max_age=KNOWN_FOR,
        httponly=True,
        samesite="Lax",
        secure=g.settings.secure_cookies,
        path="/",
    )
    return answer


def device_in_words(agent_string: str) -> str:
    """Return browser and operating system in words, so that the member recognises a session."""
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
        sessions.end(g.session_row, SessionEnd.SIGNED_OUT, by=agent().member_id, at=asked_at())
    browser.clear()
    answer = make_response(redirect(url_for("staff.login"), 303))
    # a browser deletes a cookie with a prefix only if the attributes are those with which it was set
    answer.delete_cookie(
        session_cookie(), httponly=True, samesite="Lax", secure=g.settings.secure_cookies, path="/"
    )
    return answer


@bp.post("/lock")
@may(while_locked=True)
def lock() -> ResponseReturnValue:
    """Lock the session now."""
    with transaction():
        sessions.lock(g.session_row, at=asked_at())
    return Response(status=204) if is_fragment() else redirect("/", 303)


@bp.post("/unlock")
@may(while_locked=True, passive=True)
def unlock() -> ResponseReturnValue:
    """Unlock the session when the password is right."""
    form = UnlockForm()
    if not form.validate_on_submit():
        if is_fragment():
            return Response(_("Tapez votre mot de passe."), 422, mimetype="text/plain")
        return locked_page(form), 422
    refusal: Exception | None
    with transaction():
        refusal = sessions.begin_unlock(g.session_row, at=asked_at())
    if refusal is None:
        with transaction():
            refusal = sessions.unlock(g.session_row, form.password.data or "", at=asked_at())
    if isinstance(refusal, TooManyUnlockAttempts):
        flash(refusal.message, "error")
        return to_login()
    if isinstance(refusal, Refused):
        if is_fragment():
            return Response(refusal.message, refusal.status, mimetype="text/plain")
        form.form_errors.append(refusal.message)
        return locked_page(form), refusal.status
    return Response(status=204) if is_fragment() else redirect(safe_next(), 303)


def locked_page(form: UnlockForm) -> str:
    """Return the page that asks for the password again."""
    return render_template("staff/locked.html", form=form, name=agent().name, was_sent=False)


@bp.post("/activity")
@may()
def activity() -> ResponseReturnValue:
    """Record keyboard or pointer input; the permission check does the recording."""
    return Response(status=204)


@bp.post("/pause")
@may()
def pause() -> ResponseReturnValue:
    """Begin a pause: the member is given no calls during it."""
    if is_on_call():
        raise CannotPauseDuringCall
    with transaction():
        presence.pause(agent(), at=asked_at())
    return redirect("/", 303)


@bp.post("/resume")
@may()
def resume() -> ResponseReturnValue:
    """End the pause."""
    with transaction():
        presence.resume(agent(), at=asked_at())
    return redirect("/", 303)


@bp.post("/work-at/<int:site_id>")
@may()
def work_at(site_id: int) -> ResponseReturnValue:
    """Continue at another of one's sites."""
    if is_on_call():
        raise CannotMoveDuringCall
    with transaction():
        sessions.work_at(g.session_row, site_id)
    return redirect("/", 303)


@bp.route("/account")
@may()
def account() -> ResponseReturnValue:
    """Show one's sites and roles, hours and open sessions."""
    me = agent()
    return render_template(
        "staff/account.html",
        me=me,
        sites=queries.sites({site_id for site_id, _role in me.roles}),
        roles=sorted(me.roles),
        role_words=ROLE_WORDS,
        weekdays=weekdays(),
        hours={shift.weekday: shift for shift in queries.shifts_of(me.member_id)},
        sessions=queries.open_sessions(me.member_id),
        on_call=is_on_call(),
    )


@bp.route("/account/password", methods=["GET", "POST"])
@may()
def change_password() -> ResponseReturnValue:
    """Change one's own password and end the other sessions."""
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return render_template("staff/password.html", form=form), 422 if form.errors else 200
    me = agent()
    try:
        with transaction():
            services.set_password(
                queries.get_member(me.member_id), form.password.data or "", by=me.member_id, at=asked_at()
            )
            for other in queries.open_sessions(me.member_id):
                if other.id != me.session_id:
                    sessions.end(other, SessionEnd.ENDED_ELSEWHERE, by=me.member_id, at=asked_at())
    except WeakPassword as refusal:
        form.password.errors = [refusal.message]
        return render_template("staff/password.html", form=form), refusal.status
    flash(_("Mot de passe changé. Vos autres sessions sont fermées."))
    return with_known_browser(
        make_response(redirect(url_for("staff.account"), 303)), me.member_id, at=asked_at()
    )


@bp.post("/account/sessions/<int:session_id>/end")
@may()
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions."""
    me = agent().member_id
    with transaction():
        sessions.end_one_of(me, session_id, by=me, at=asked_at())
    flash(_("Session fermée."))
    return redirect(url_for("staff.account"), 303)
