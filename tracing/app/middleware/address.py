"""Client address, scheme and host of a request: taken from the settings and the trusted proxies only."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_babel import gettext as _

from tracing.kernel.addresses import client_of, host_name, is_loopback, normalized_peer
from tracing.kernel.config import Settings
from tracing.kernel.errors import Refused
from tracing.staff.access import ASSETS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

A_YEAR = 365 * 24 * 3600
ANY_HOST = frozenset({"/healthz", "/readyz"})
"""Balancers and monitors request these by the host's own address."""
FORWARDED = tuple(
    f"HTTP_{name}"
    for name in (
        "X_FORWARDED_FOR",
        "X_FORWARDED_PROTO",
        "X_FORWARDED_HOST",
        "X_FORWARDED_PORT",
        "X_FORWARDED_PREFIX",
        "X_REAL_IP",
        "FORWARDED",
    )
)
"""These headers are removed from every request: what was believed is in its address, scheme and host."""


class WrongAddress(Refused):
    """The page was requested under a host name that is not the platform's."""

    status = 400

    def __init__(self) -> None:
        super().__init__(_("Ceci n’est pas l’adresse de la plateforme. Ouvrez-la à son adresse habituelle."))


class BehindProxies:
    """Sets the client, the scheme and the host of each request before the application sees it.

    waitress and gunicorn are configured to leave forwarded headers to this class (`serving`): they support one proxy
    only, or decide by the scheme alone.
    """

    def __init__(self, app: "WSGIApplication", settings: Settings) -> None:
        self._app = app
        self._proxies = settings.trusted_proxies
        self._public = urlsplit(settings.public_url or "")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Pass on a request with trusted values only."""
        said = {name: environ.pop(name, "") for name in FORWARDED}
        # it belongs to the connection, which may be the proxy's, not the client's
        environ.pop("REMOTE_HOST", None)
        environ.pop("REMOTE_PORT", None)
        peer = normalized_peer(environ.get("REMOTE_ADDR", ""))
        hosts = [environ.get("HTTP_HOST", "")]
        if self._proxies.trust(peer):
            environ["REMOTE_ADDR"] = client_of(peer, said["HTTP_X_FORWARDED_FOR"], self._proxies)
            if (scheme := _last(said["HTTP_X_FORWARDED_PROTO"])) in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
            if host := _last(said["HTTP_X_FORWARDED_HOST"]):
                environ["HTTP_HOST"] = host
                hosts.append(host)
        else:
            environ["REMOTE_ADDR"] = peer
        if self._public.hostname is not None and self._public.hostname in map(host_name, hosts):
            # one spelling of the host, and https even if the proxy that terminates TLS is not listed
            environ["HTTP_HOST"], environ["wsgi.url_scheme"] = self._public.netloc, self._public.scheme
        return self._app(environ, start_response)


def _last(values: str) -> str:
    """Return the value that the nearest proxy gave."""
    return values.rpartition(",")[2].strip()


def init_address(app: Flask, settings: Settings) -> None:
    """Take address, scheme and host from settings and trusted proxies, and answer under the platform's name only."""
    app.wsgi_app = BehindProxies(app.wsgi_app, settings)  # type: ignore[method-assign]
    ours = host_name(urlsplit(settings.public_url or "").netloc)
    if settings.public_url is not None:

        @app.before_request
        def refuse_other_names() -> None:
            name = host_name(request.environ.get("HTTP_HOST", ""))
            if name == ours or is_loopback(name) or request.path in ANY_HOST or request.blueprint in ASSETS:
                return
            raise WrongAddress

    # for a loopback address this header would force HTTPS on every other service developed on this machine
    if settings.is_https and not is_loopback(ours):

        @app.after_request
        def only_over_tls(response: Response) -> Response:
            response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
            return response
