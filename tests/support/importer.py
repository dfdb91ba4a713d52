"""Imports in processes of their own, for the tests that kill them at a chosen statement.

Run as `python -m tests.support.importer`: each line of JSON on standard input asks for work in a fork of this
process, which has everything loaded already, and is answered by the fork's end. Fifty of them cost seconds.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tests.support.live import Live
from tests.support.lots import SETTINGS, arrival
from tracing.imports.jobs import Arrival, load, process_next_lot
from tracing.kernel import bulk_copy, db
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault

KILLED = -signal.SIGKILL


class Importer:
    """A process that loads each lot in a fork of itself."""

    def __init__(self, live: Live, process: "subprocess.Popen[str]") -> None:
        self.live = live
        self.process = process

    def ask(self, file: Path, *, batch_size: int, killed_at: int | None = None) -> None:
        """Request a load; it is killed by SIGKILL before its statement `killed_at`."""
        self._send({"file": str(file), "batch_size": batch_size, "killed_at": killed_at})

    def ask_scheduler(self, *, killed_at: int | None = None) -> None:
        """Request one run of the scheduler's lot job; it is killed before its statement `killed_at`."""
        self._send({"file": None, "killed_at": killed_at})

    def _send(self, what: dict[str, Any]) -> None:
        request = what | {
            "url": self.live.url,
            "keys_url": self.live.keys_url,
            "master": self.live.master.hex(),
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def ended(self) -> int:
        """Wait for the requested work to end; return 0, or KILLED."""
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def importer(live: Live) -> Iterator[Importer]:
    """Start a process that loads lots, and end it."""
    command = [sys.executable, "-m", "tests.support.importer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Importer(live, process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(json.loads(line))
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _work(request: dict[str, Any]) -> None:
    engine = db.connect(request["url"])
    open_vault(KeyRing(db.make_engine(request["keys_url"]), bytes.fromhex(request["master"])))
    if request["killed_at"] is not None:
        at_statement(engine, request["killed_at"], lambda: os.kill(os.getpid(), signal.SIGKILL))
    if request["file"] is None:
        process_next_lot(SETTINGS)
    else:
        load(received(Path(request["file"])), batch_size=request["batch_size"])


def received(file: Path) -> Arrival:
    """Return a lot with a fixed time of arrival, because deadlines depend on it."""
    return replace(arrival("killed", file.read_bytes()), received_at=datetime(2026, 3, 10, 9, tzinfo=UTC))


def at_statement(engine: Engine, number: int, do: Callable[[], None]) -> Callable[[], int]:
    """Call `do` once, before the statement of that number (COPY and COMMIT count too).

    Returns a function that ends the counting and returns the number of statements.
    """
    seen = [0]

    def count(*_given: Any, **_named: Any) -> None:
        seen[0] += 1
        if seen[0] == number:
            do()

    original = bulk_copy.send

    def counted(*given: Any, **named: Any) -> None:
        count()
        original(*given, **named)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    bulk_copy.send = counted

    def forget() -> int:
        event.remove(engine, "before_cursor_execute", count)
        event.remove(engine, "commit", count)
        bulk_copy.send = original
        return seen[0]

    return forget


if __name__ == "__main__":
    main()
