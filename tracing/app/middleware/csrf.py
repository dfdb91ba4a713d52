"""CSRF protection: a token bound to the staff session, and a check of the site that the form came from."""

import hmac
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_wtf import CSRFProtect

from tracing.staff.access import is_for_machines, is_public, session_token

OURS = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` for a form of the same site, and for one sent without a site (by reloading)."""


class Csrf(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's protection, with two differences.

    After log-in, the token is derived from the session's cookie: it ends with the session, on every host at the same
    moment, and depends on no clock. Before log-in it is Flask-WTF's own, in the browser's cookie.

    The origin of a form is read from `Sec-Fetch-Site` and `Origin`, over http as well. Flask-WTF checks only the
    referrer, and depends on the scheme that a proxy reports.
    """

    def init_app(self, app: Flask) -> None:
        """Check every request of an application; register this before the access check."""
        app.config["WTF_CSRF_SSL_STRICT"] = False
        app.before_request(bind_token)
        super().init_app(app)

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002 - Flask-WTF's own
        """Refuse a form sent by another site, without a token, or with another session's token."""
        if request.method not in current_app.config["WTF_CSRF_METHODS"] or request.endpoint is None:
            return
        if is_for_machines():
            return  # no session is read there, so a form of another site could use none
        token = session_token()
        if token is None and not is_public():
            return  # not logged in, so there is no name to post in: the answer is the log-in page
        if comes_from_elsewhere():
            self._error_response("The form comes from another site.")
        if token is None:
            super().protect(apply_exemptions)
            return
        given = self._get_csrf_token() or ""
        if not hmac.compare_digest(given.encode(), token_of(token).encode()):
            self._error_response("The CSRF token is not that of the session.")
        g.csrf_valid = True


def bind_token() -> None:
    """Put the session's token, if there is a session, where Flask-WTF reads it when it writes a form."""
    if (token := session_token()) is not None:
        g.csrf_token = token_of(token)


def token_of(session_token: str) -> str:
    """Return the token of a session's forms."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"csrf {session_token}".encode(), "sha256").hexdigest()


def comes_from_elsewhere() -> bool:
    """Return whether the browser says that another site sent the form.

    `Sec-Fetch-Site` is set by the browser and correct behind any proxy. Older browsers send `Origin` or a referrer. A
    browser that sends none of them has only its token; over TLS that is refused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in OURS
    said = request.headers.get("Origin") or request.referrer
    if said is None:
        return bool(g.settings.is_https)
    try:
        came_from = urlsplit(said)
    except ValueError:
        return True
    here = urlsplit(f"{request.scheme}://{request.host}")
    if g.settings.public_url is None:
        # a proxy in front may have changed the scheme
        return came_from.netloc != here.netloc
    return (came_from.scheme, came_from.netloc) != (here.scheme, here.netloc)
