"""Security headers of every response: nothing from other sites runs, and no page is cached on a private computer."""

from flask import Flask, Response, request

SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
POLICY = "; ".join(f"{what} {where}" for what, where in SOURCES.items())
FEATURES = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
A_YEAR = 365 * 24 * 3600

HEADERS = {
    "Content-Security-Policy": POLICY,
    # addresses contain references and invitation tokens, which no other site may see. With no-referrer, browsers would
    # send our own forms with the origin "null", which looks like another site
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": FEATURES,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

ASSETS = frozenset({"ui.static", "ui.htmx", "ui.icons", "bootstrap.static"})


def secure(response: Response) -> Response:
    """Add the headers; a page is never stored, an asset with a fingerprint in its address is cached for a year."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in ASSETS:
        response.headers["Cache-Control"] = "no-store"
    elif response.status_code in {200, 304} and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def register(app: Flask) -> None:
    """Set the headers on every answer of the application, errors included."""
    app.after_request(secure)
