"""Flask's signed session cookie: the page wanted before log-in, flash messages, the CSRF token before log-in."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class BrowserCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, without its age.

    Flask refuses a cookie that is too old or from the future, by the clock of the host that reads it, so two hosts with
    clocks an hour apart refused each other's forms. How long a member stays logged in is decided in the database.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return the contents of the cookie if its signature is ours."""
        serializer = self.get_signing_serializer(app)
        signed = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not signed:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(signed))
        except BadSignature:
            return self.session_class()
