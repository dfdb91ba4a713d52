"""The browser's small cookie: where it wanted to go, what it is told next, its token before the log-in."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class BrowserCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, without its age.

    Flask refuses one that is older than a time or from the future, by the clock of the host that reads it: two hosts
    with clocks an hour apart refused each other's forms. How long somebody stays logged in is the database's business.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return what the cookie says if we signed it."""
        serializer = self.get_signing_serializer(app)
        signed = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not signed:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(signed))
        except BadSignature:
            return self.session_class()
