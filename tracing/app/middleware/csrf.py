"""No other site can post in somebody's name: a token bound to the log-in, and a look at where the form came from."""

import hmac
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_wtf import CSRFProtect

from tracing.staff.access import is_public, session_token

OURS = frozenset({"same-origin", "none"})
"""What browsers say of a form of the same site, and of one that a person sent without any site (by reloading)."""


class Csrf(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's protection, with two differences.

    The token of somebody who is logged in is derived from their session's cookie: it ends with the session, at every
    host at the same moment, and no clock is asked. Before the log-in it is Flask-WTF's own, in the browser's cookie.

    Where a form comes from is asked of `Sec-Fetch-Site` and `Origin`, over http as well. Flask-WTF asks the referrer
    alone, which depends on the scheme that a proxy told.
    """

    def init_app(self, app: Flask) -> None:
        """Check every request of an application; register it before what decides who may open a page."""
        app.config["WTF_CSRF_SSL_STRICT"] = False
        app.before_request(bind_token)
        super().init_app(app)

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002 - Flask-WTF's own
        """Refuse what another site sent, and what carries no token or somebody else's."""
        if request.method not in current_app.config["WTF_CSRF_METHODS"] or request.endpoint is None:
            return
        token = session_token()
        if token is None and not is_public():
            return  # nobody's name to post in: the answer is the log-in page
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
    """Let forms carry the token of the session, where there is one: Flask-WTF writes what it finds here."""
    if (token := session_token()) is not None:
        g.csrf_token = token_of(token)


def token_of(session_token: str) -> str:
    """Return the token that forms of a session carry."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"csrf {session_token}".encode(), "sha256").hexdigest()


def comes_from_elsewhere() -> bool:
    """Return whether the browser says that another site sent the form.

    `Sec-Fetch-Site` is the browser's own word, right behind every proxy. Older browsers say `Origin`, or a referrer;
    one that says nothing at all has only its token, and over TLS that is refused.
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
