"""Page access: every view is declared with `@may(...)` or `@public`; a view without either is closed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
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
from flask_login import LoginManager, UserMixin, current_user

from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.staff import queries, rules
from tracing.staff.agent import Agent
from tracing.staff.errors import NotAllowed
from tracing.staff.forms import UnlockForm
from tracing.staff.login import sessions
from tracing.staff.models import Role, SessionEnd, SiteKind
from tracing.staff.queries import CurrentUser

COOKIE = "tracing_session"
LOCKED = 423
IDLE_MINUTES = rules.IDLE_LOCK // timedelta(minutes=1)
ASSETS = frozenset({"ui", "bootstrap"})
"""Blueprints that serve style, script and icons, and no personal data."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Permission:
    """What a view requires of the member who opens it."""

    roles: frozenset[Role] = frozenset()
    """The member must hold one of these at the present site; empty: any member."""
    public: bool = False
    machine: bool = False
    """Another system opens it, with a token of its own that the view checks: no session is read, no form is sent."""
    passive: bool = False
    """A heartbeat or a refresh, which does not count as input."""
    while_locked: bool = False
    last_words: bool = False
    """Input typed when the session timed out is still saved; the answer is the log-in page."""


class SignedInUser(UserMixin):  # type: ignore[misc]
    """The Flask-Login user of a request: the member, where they work, and the time of the request."""

    def __init__(self, who: CurrentUser) -> None:
        self.who = who

    def get_id(self) -> str:
        """Return the member's id as Flask-Login wants it."""
        return str(self.who.member.id)


def may(
    *roles: Role, passive: bool = False, while_locked: bool = False, last_words: bool = False
) -> Callable[[View], View]:
    """Open a view to members who hold one of `roles` at the site where they work now; without roles, to any member."""
    asked = Permission(frozenset(roles), passive=passive, while_locked=while_locked, last_words=last_words)
    return _declare(asked)


def public(view: View) -> View:
    """Open a view to everyone, logged in or not."""
    return _declare(Permission(public=True))(view)


def for_machines(view: View) -> View:
    """Open a view to other systems; the view checks their token itself, and answers errors as JSON."""
    return _declare(Permission(machine=True))(view)


def _declare(permission: Permission) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.__permission__ = permission  # type: ignore[attr-defined]
        return view

    return declare


def init_access(
    app: Flask,
    *,
    call_site: Callable[[int], int | None],
    follow_rules: Callable[[int, datetime], None],
) -> None:
    """Check every request. `call_site` returns the site at which a member holds a call now, or None without a call.

    During a call the page locks later, and the member's sessions move to the site of the call. `follow_rules` is told
    the stamp of the rules at the time of the request, before any page decides by them.
    """
    manager = LoginManager()
    manager.session_protection = None
    # no template looks up the user by itself: the page for a lost database must not query it again
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(_load_user)
    app.extensions["tracing.call_site"] = call_site
    app.extensions["tracing.follow_rules"] = follow_rules
    app.before_request(check)
    app.after_request(_log_in_after_last_words)


def session_cookie() -> str:
    """Return the name of the cookie that holds the session's token."""
    settings: Settings = g.settings
    return settings.cookie_name(COOKIE)


def session_token() -> str | None:
    """Return the session token that the browser sent; the session may have ended."""
    return request.cookies.get(session_cookie()) or None


def is_public() -> bool:
    """Return whether the requested view is open to everyone."""
    permission: Permission | None = getattr(
        current_app.view_functions.get(request.endpoint or ""), "__permission__", None
    )
    return permission is not None and permission.public


def is_for_machines() -> bool:
    """Return whether the requested view is for other systems, which have no session."""
    permission: Permission | None = getattr(
        current_app.view_functions.get(request.endpoint or ""), "__permission__", None
    )
    return permission is not None and permission.machine


def _load_user(_request: object) -> SignedInUser | None:
    token = session_token()
    who = queries.find_signed_in(sessions.hash_token(token)) if token else None
    return SignedInUser(who) if who else None


def check() -> ResponseReturnValue | None:
    """Identify the member and check their permission; return a page only when they may not go on."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.blueprint in ASSETS:
        return None
    permission: Permission | None = getattr(view, "__permission__", None)
    if permission is None:
        raise NotAllowed
    if permission.machine:
        g.answers_in_json = True
        return None
    with transaction():
        # kept for the whole request: SQLAlchemy's identity map holds these rows weakly, and they are read three times
        g.who = who = current_user.who if current_user.is_authenticated else None
        if who is None or not _still_valid(who):
            if permission.public:
                return None
            who = _last_words(permission)
            if who is None:
                return to_login()
            g.who = who
        current, at = who.session, who.asked_at
        current_app.extensions["tracing.follow_rules"](who.rules_stamp, at)
        _follow_call(who)
        g.session_row, g.agent = current, sessions.agent_of(current)
        g.time_zone, g.is_practice = g.agent.site.time_zone, g.agent.site.kind is SiteKind.TRAINING
        if permission.public:
            return None
        # look for a call only when it matters
        if rules.must_lock(current.last_input_at, on_call=False, at=at) and rules.must_lock(
            current.last_input_at, on_call=is_on_call(), at=at
        ):
            sessions.lock(current, at=at)
        if current.locked_at and not permission.while_locked:
            return locked_response()
        if permission.roles and not g.agent.holds(*permission.roles):
            raise NotAllowed
        if not permission.passive and not current.locked_at and current.ended_at is None:
            sessions.record_input(current, at=at)
    return None


def _still_valid(who: CurrentUser) -> bool:
    current, at = who.session, who.asked_at
    if rules.is_too_old(current.started_at, at=at) and rules.is_too_old(
        current.started_at, on_call=_holds_a_call(current.member_id), at=at
    ):
        sessions.end(current, SessionEnd.TOO_OLD, by=None, at=at)
        return False
    if not sessions.may_log_in(who.member, at):
        sessions.end(current, SessionEnd.ACCOUNT_CLOSED, by=None, at=at)
        return False
    return True


def _last_words(permission: Permission) -> CurrentUser | None:
    """Return the member whose session timed out while they wrote an answer, so that the answer is not lost."""
    token = session_token()
    if not permission.last_words or request.method != "POST" or not token:
        return None
    who = queries.find_timed_out(sessions.hash_token(token), within=rules.LAST_WORDS)
    if who is None or not sessions.may_log_in(who.member, who.asked_at):
        return None
    if rules.must_lock(who.session.last_input_at, on_call=True, at=who.asked_at):
        return None
    g.last_words = True
    return who


def _log_in_after_last_words(response: Response) -> Response:
    """Replace the answer by the log-in page when the session has ended; after logging in they return to their page."""
    if not g.get("last_words") or response.status_code >= 500:
        return response
    browser.pop("_flashes", None)
    flash(
        _(
            "Votre session était arrivée à son terme. Ce que vous veniez de taper est gardé : reconnectez-vous."
        )
    )
    goes_on_at = response.location
    answer = make_response(to_login())
    if goes_on_at is not None:
        browser["next"] = safe_path(goes_on_at)
    return answer


def agent() -> Agent:
    """Return the agent of the request; only in views that `may` guards."""
    found: Agent = g.agent
    return found


def asked_at() -> datetime:
    """Return the time of the request by the database's clock, in UTC; only in views that `may` guards."""
    who: CurrentUser = g.who
    return who.asked_at


def is_on_call() -> bool:
    """Return whether the member of the request holds a call now."""
    return _holds_a_call(agent().member_id)


def _holds_a_call(member_id: int) -> bool:
    return _call_site(member_id) is not None


def _call_site(member_id: int) -> int | None:
    found: int | None = current_app.extensions["tracing.call_site"](member_id)
    return found


def _follow_call(who: CurrentUser) -> None:
    """Move a session to the site of the member's call: a new log-in, or another browser, may begin elsewhere.

    Only members of several sites are checked.
    """
    held = {site_id for site_id, _role in sessions.roles_of(who.member)}
    if len(held) > 1 and (site_id := _call_site(who.member.id)) in held and site_id is not None:
        who.session.site_id = site_id


def idle_minutes() -> int:
    """Return after how many minutes without input the session of the request locks."""
    return rules.IDLE_LOCK_ON_CALL // timedelta(minutes=1) if is_on_call() else IDLE_MINUTES


def to_login() -> ResponseReturnValue:
    """Redirect to the log-in page, and remember which page was wanted."""
    if is_fragment():
        # after logging in, return to the page that contains the fragment
        if shown := request.headers.get("HX-Current-URL"):
            browser["next"] = path_of(shown)
        return Response(status=401)
    if request.method == "GET":
        browser["next"] = request.full_path.rstrip("?")
    return redirect(url_for("staff.login"), 303)


def locked_response() -> ResponseReturnValue:
    """Answer that the session is locked: with the lock page, or with a status that makes the open page lock itself."""
    if is_fragment():
        return Response(status=LOCKED, headers={"X-Locked": "1"})
    if request.method == "GET":
        browser["next"] = request.full_path.rstrip("?")
    was_sent = request.method != "GET"
    page = render_template("staff/locked.html", form=UnlockForm(), name=g.agent.name, was_sent=was_sent)
    return page, LOCKED


def is_fragment() -> bool:
    """Return whether a script requests a part of a page, rather than the browser a whole one."""
    return "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"


def safe_next() -> str:
    """Return where to go after logging in or unlocking: a path of this platform, never another site."""
    return safe_path(str(browser.pop("next", "")))


def path_of(address: str) -> str:
    """Return the path of a full address sent by a browser, or the first page when the address is malformed."""
    try:
        return safe_path(urlsplit(address)._replace(scheme="", netloc="").geturl())
    except ValueError:
        return "/"


def safe_path(wanted: str) -> str:
    """Return `wanted` if it is a path of this platform, otherwise the first page.

    A browser reads a backslash as a slash and drops control characters: either could lead to another site.
    """
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if is_path and "\\" not in wanted and wanted.isprintable() else "/"
