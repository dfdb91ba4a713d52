"""The signed cookie of a known browser: a log-in from there is not delayed by others' failures.

The cookie gives no access: a thief can use it to guess passwords only as slowly as anyone else.
"""

import secrets
from datetime import datetime

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from tracing.staff.rules import Browser

MOST_MEMBERS = 20
"""A platform's machines are shared: the cookie remembers the members who logged in last."""


def read(cookie: str) -> Browser | None:
    """Return the browser that the request comes from, or None if nobody has logged in there yet."""
    try:
        identifier, members = _serializer().loads(request.cookies.get(cookie, ""))
    except BadSignature:
        return None
    return Browser(
        identifier, {int(member): datetime.fromisoformat(known_at) for member, known_at in members.items()}
    )


def write(browser: Browser | None, member_id: int, *, at: datetime) -> str:
    """Return the cookie of a browser in which a member has just logged in."""
    others = [] if browser is None else [one for one in browser.members.items() if one[0] != member_id]
    latest = sorted([*others, (member_id, at)], key=lambda one: one[1])[-MOST_MEMBERS:]
    identifier = browser.id if browser else secrets.token_urlsafe(12)
    written = _serializer().dumps([identifier, {str(who): known_at.isoformat() for who, known_at in latest}])
    return written.decode() if isinstance(written, bytes) else written


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="known browser")
