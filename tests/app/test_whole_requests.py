"""What a page leaves unread of a request is read all the same, so that its answer reaches whoever still sends."""

import io

from flask import Flask, request

from tracing.app.middleware import whole_request
from tracing.app.middleware.whole_request import AT_MOST, reading_whole_requests


class Sent(io.RawIOBase):
    """A request of so many bytes, which are made while they are read."""

    def __init__(self, length: int) -> None:
        self.left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        size = min(len(buffer), self.left)
        buffer[:size] = bytes(size)
        self.left -= size
        return size


def post(sent: Sent, length: int) -> str:
    """Post to a page that reads its form, and takes a thousand bytes; return the status of its answer."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1_000
    app.add_url_rule("/", view_func=lambda: str(len(request.form)), methods=["POST"])
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": sent,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(length),
    }
    status = []
    answer = reading_whole_requests(app)(environ, lambda line, _headers, *_more: status.append(line))
    assert b"".join(answer)
    return status[0]


def test_a_request_that_is_too_large_is_read_to_its_end():
    sent = Sent(3 * whole_request.PIECE + 7)

    assert post(sent, sent.left) == "413 REQUEST ENTITY TOO LARGE"
    assert sent.left == 0


def test_nobody_makes_the_server_read_for_ever():
    sent = Sent(AT_MOST + 5)

    assert post(sent, sent.left).startswith("413")
    assert sent.left == 5


def test_a_page_that_reads_its_request_answers_as_before():
    sent = Sent(900)

    assert post(sent, sent.left) == "200 OK"
    assert sent.left == 0
