"""HL7 messages by MLLP, through real sockets: acknowledged once they are stored, and none of those is ever lost."""

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.imports.arrivals.conftest import oru
from tests.support.live import Live
from tests.support.lots import SETTINGS
from tracing.imports.arrivals import mllp_cli
from tracing.imports.arrivals.messages import GATHERED_FOR
from tracing.imports.arrivals.mllp_cli import Conversation, Listener
from tracing.imports.jobs import gather_messages, process_next_lot
from tracing.imports.models import ImportLot, ImportMessage, ImportSource
from tracing.kernel import db

FRAME = re.compile(rb"\x0b(.*?)\x1c\r", re.DOTALL)


@pytest.fixture
def source(live_database: Live) -> Live:
    with db.transaction() as session:
        session.add(
            ImportSource(code="PDL", label="PDL", layout="lab-positive-v1", created_at=NOW, is_trusted=True)
        )
    return live_database


@pytest.fixture
def listener(source):
    with Listener(("127.0.0.1", 0), "PDL", 7) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        listening.shutdown()
        listening.end()
        thread.join()


@contextmanager
def line_to(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        yield line


def framed(content):
    return b"\x0b" + content + b"\x1c\r"


def answers(line, number):
    """Read acknowledgements until there are so many, or the line is closed; return their codes and control ids."""
    read = b""
    while len(FRAME.findall(read)) < number and (more := line.recv(65536)):
        read += more
    return [tuple(frame.split(b"\r")[1].decode().split("|")[1:3]) for frame in FRAME.findall(read)]


def stored():
    with db.transaction() as session:
        return session.scalar(select(func.count()).select_from(ImportMessage))


def test_messages_are_acknowledged_in_order_on_several_lines_and_are_one_lot(listener, source):
    port = listener.server_address[1]
    with line_to(port) as one, line_to(port) as other:
        one.sendall(framed(oru("M1")) + framed(oru("M2", name="MOREL")) + framed(oru("M1")))
        whole = framed(oru("M3", name="MARTIN"))
        other.sendall(whole[:50])
        assert answers(one, 3) == [("AA", "M1"), ("AA", "M2"), ("AA", "M1")]
        other.sendall(whole[50:])
        assert answers(other, 1) == [("AA", "M3")]
        one.sendall(framed(oru("M4", without="OBX")) + framed(oru("M5").replace(b"ORU^R01", b"ADT^A08")))
        assert answers(one, 2) == [("AE", "M4"), ("AR", "M5")]
    assert stored() == 3

    with db.transaction() as session:
        session.query(ImportMessage).update({"received_at": ImportMessage.received_at - GATHERED_FOR})
    (made,) = gather_messages(SETTINGS)
    process_next_lot(SETTINGS)
    with db.transaction() as session:
        assert session.get_one(ImportLot, made).counts["created"] == 3


@pytest.mark.parametrize(
    "broken",
    [
        oru("M1") + b"\x1c\r",
        b"\x0b" + oru("M1") + framed(oru("M2")),
        b"\x0b" + b"x" * (mllp_cli.MOST_MESSAGE_BYTES + 10),
    ],
    ids=["no beginning", "two beginnings", "too long"],
)
def test_a_broken_frame_is_answered_and_the_line_closed(listener, broken):
    with line_to(listener.server_address[1]) as line:
        line.sendall(broken)
        assert answers(line, 2) == [("AR", "")]
    assert stored() == 0


def test_a_message_that_stops_in_its_middle_is_given_up(listener, monkeypatch):
    monkeypatch.setattr(Conversation, "silent_for", 0.05)
    with line_to(listener.server_address[1]) as line:
        line.sendall(b"\x0b" + oru("M1"))
        assert answers(line, 2) == [("AR", "")]
    assert stored() == 0


def test_a_message_that_cannot_be_stored_is_not_acknowledged(listener, monkeypatch):
    def full(*_args, **_kwargs):
        raise mllp_cli.SQLAlchemyError

    monkeypatch.setattr(mllp_cli.messages, "accept", full)
    with line_to(listener.server_address[1]) as line:
        line.sendall(framed(oru("M1")))
        assert answers(line, 1) == [("AR", "M1")]


@contextmanager
def command(live, folder):
    """Run the command on a free port."""
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    key = folder / "keys" / "master.key"
    key.write_bytes(live.master)
    key.chmod(0o600)
    env = os.environ | {
        "TRACING_DATA_DIR": str(folder),
        "TRACING_DATABASE_URL": live.url,
        "TRACING_KEYS_URL": live.keys_url,
    }
    words = [sys.executable, "-m", "tracing.cli", "imports", "listen-mllp", "--source", "PDL", "--port", "0"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            yield process, int(re.search(r":(\d+)\. Ctrl-C", said)[1])
        finally:
            process.kill()


@pytest.mark.timeout(120)
def test_what_was_acknowledged_survives_a_kill_and_is_not_doubled_when_it_is_sent_again(
    source, listener, tmp_path
):
    sent = b"".join(framed(oru(f"M{number}")) for number in range(200))
    with command(source, tmp_path) as (process, port), line_to(port) as line:
        line.sendall(sent)
        acknowledged = answers(line, 20)
        process.kill()
        with suppress(OSError):
            acknowledged += answers(line, 200)
    assert 20 <= len(acknowledged) <= stored()

    with line_to(listener.server_address[1]) as line:
        line.sendall(sent)
        assert answers(line, 200) == [("AA", f"M{number}") for number in range(200)]
        assert stored() == 200
        line.sendall(b"\x0b" + oru("M999"))
        listener.end()
        assert line.recv(10) == b"", "a message that was not read to its end is not acknowledged"


@pytest.mark.usefixtures("source")
def test_the_hosts_that_gather_at_once_make_one_lot_and_a_message_sent_to_both_is_one(source):
    from tests.support.live import at_once
    from tracing.imports.arrivals import messages
    from tracing.imports.arrivals.hl7_rules import Sent
    from tracing.kernel import clock

    def accept():
        with db.transaction() as session:
            known = session.get_one(ImportSource, "PDL")
            at = clock.database_now() - GATHERED_FOR
            return messages.accept(known, Sent.of(oru("M1")), keep_days=7, at=at).id

    assert len(set(at_once([accept] * 4))) == 1
    made = [lot for lots in at_once([lambda: gather_messages(SETTINGS)] * 4) for lot in lots]
    assert len(made) == 1
