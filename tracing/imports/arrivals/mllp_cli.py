"""Command that receives HL7 messages by MLLP: framed on a connection, each acknowledged once it is stored."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from socket import SHUT_RD, SO_KEEPALIVE, SOL_SOCKET, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import ClassVar

import psycopg
import structlog
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from tracing.imports.arrivals import hl7_rules, messages
from tracing.imports.arrivals.errors import BrokenFrame, MessageRefused, MessageTooLong, NotResults, NotStored
from tracing.imports.arrivals.hl7_rules import Sent
from tracing.imports.limits import MOST_MESSAGE_BYTES
from tracing.imports.sources import queries as sources
from tracing.kernel import clock
from tracing.kernel.addresses import is_loopback
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction

log = structlog.get_logger()

START, END = b"\x0b", b"\x1c"
BETWEEN = b"\r\n"
"""Bytes between two frames: the standard ends each with one, some systems with none or with both."""
MOST_CONNECTIONS = 32
SILENT_FOR = 30
"""Seconds after which a message that stopped in its middle is given up; between two messages nobody is hurried."""
FINISH_SECONDS = 10
"""Seconds that the messages under way have when the command is stopped."""
PIECE = 65_536


def listen(source_code: str, *, host: str, port: int, settings: Settings, say: Callable[[str], None]) -> None:
    """Receive the messages of a source until Ctrl-C or SIGTERM.

    Raises:
        NoSuchSource: nobody made this source yet.
    """
    with transaction():
        sources.get_source(source_code)
    session.remove()
    if not is_loopback(host):
        log.warning("MLLP is not encrypted: only a TLS tunnel may reach this address", host=host)
    with Listener((host, port), source_code, settings.keep_originals_days) as listener:
        say(f"Listening for {source_code} on {host}:{listener.server_address[1]}. Ctrl-C stops it.")
        try:
            listener.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            listener.end()
    say("Stopped.")


class Listener(ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], source_code: str, keep_days: int) -> None:
        self.source_code, self.keep_days = source_code, keep_days
        self._open: dict[socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self.is_ending = False
        super().__init__(address, Conversation)

    def joins(self, connection: socket) -> bool:
        """Count a connection in; return whether there is room for it."""
        with self._lock:
            if self.is_ending or len(self._open) >= MOST_CONNECTIONS:
                return False
            self._open[connection] = threading.current_thread()
            return True

    def leaves(self, connection: socket) -> None:
        """Count a connection out."""
        with self._lock:
            self._open.pop(connection, None)

    def end(self) -> None:
        """Read nothing more, and let each connection answer the message that it has read."""
        with self._lock:
            self.is_ending = True
            threads = list(self._open.values())
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(SHUT_RD)
        for thread in threads:
            thread.join(FINISH_SECONDS)


class Conversation(BaseRequestHandler):
    """One connection: message after message, each answered before the next is read."""

    server: Listener
    request: socket
    silent_for: ClassVar[float] = SILENT_FOR

    def handle(self) -> None:
        """Answer every message; after a broken frame nobody knows where the next one begins, so the line is closed."""
        # a sender that vanished must not hold one of the connections for ever
        self.request.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        if not self.server.joins(self.request):
            return
        try:
            for content in self._messages():
                self._send(self._answer_to(content))
        except MessageRefused as refusal:
            if not self.server.is_ending:
                self._send(_refused(Sent(()), refusal))
        except OSError:
            pass  # the sender is gone: what was not acknowledged it sends again
        finally:
            self.server.leaves(self.request)

    def _messages(self) -> Iterator[bytes]:
        """Yield the content of each frame.

        Raises:
            MessageRefused: the bytes are no frame, or one that is too long.
        """
        received = b""
        while True:
            received = received.lstrip(BETWEEN)
            if received and not received.startswith(START):
                raise BrokenFrame
            end = received.find(END)
            if START in received[1 : end if end >= 0 else None]:
                raise BrokenFrame  # a second message begins where the first one did not end
            if end >= 0:
                yield received[1:end]
                received = received[end + 1 :]
                continue
            if len(received) > MOST_MESSAGE_BYTES + 2:
                raise MessageTooLong
            more = self._read(is_inside=bool(received))
            if not more:
                if received:
                    raise BrokenFrame
                return
            received += more

    def _read(self, *, is_inside: bool) -> bytes:
        self.request.settimeout(self.silent_for if is_inside else None)
        try:
            return self.request.recv(PIECE)
        except TimeoutError as cause:
            raise BrokenFrame from cause
        finally:
            self.request.settimeout(self.silent_for)

    def _answer_to(self, content: bytes) -> bytes:
        """Store a message, and return its acknowledgement once that is committed."""
        sent = Sent.of(content)
        try:
            if sent.is_batch:
                raise NotResults
            with transaction():
                source = sources.get_source(self.server.source_code)
                messages.accept(source, sent, keep_days=self.server.keep_days, at=clock.database_now())
        except MessageRefused as refusal:
            return _refused(sent, refusal)
        except (SQLAlchemyError, psycopg.Error) as error:
            log.warning("message not stored", error=type(error).__name__)
            return _refused(sent, NotStored())
        finally:
            session.remove()
        return hl7_rules.acknowledgement(
            hl7_rules.header_of(sent), text=_("Reçu."), own_id=secrets.token_hex(10), at=clock.now()
        )

    def _send(self, answer: bytes) -> None:
        self.request.sendall(START + answer + END + b"\r")


def _refused(sent: Sent, refusal: MessageRefused) -> bytes:
    return hl7_rules.acknowledgement(
        hl7_rules.find_header(sent),
        text=refusal.message,
        refusal=refusal,
        own_id=secrets.token_hex(10),
        at=clock.now(),
    )
