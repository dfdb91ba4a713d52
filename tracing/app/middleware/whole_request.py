"""Reads what a page left unread of a request, before its answer is sent.

A server that answers and closes a connection while the client still sends makes the client's system drop the answer:
nginx then reports 502 instead of passing on the page that says what is wrong (the file is too large, the session is
over). waitress reads a request whole before the application sees it; gunicorn does not.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AT_MOST = 80 * 1024 * 1024
"""Bytes that are read and thrown away: as many as deploy/nginx.conf lets through. Whoever sends more loses the answer."""
PIECE = 64 * 1024


def reading_whole_requests(app: "WSGIApplication") -> "WSGIApplication":
    """Return the application, which leaves nothing of a request unread up to `AT_MOST` bytes."""

    def read_whole(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        # the application may replace the stream with one that stops at its own limit
        stream = environ["wsgi.input"]
        answer = app(environ, start_response)
        left = AT_MOST
        while left > 0 and (piece := stream.read(min(PIECE, left))):
            left -= len(piece)
        return answer

    return read_whole
