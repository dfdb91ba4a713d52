"""One load in a process of its own, like a command of the product, so that its memory can be measured."""

import pickle
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import memory
from benchmarks.ground import PROGRAMME
from tracing.imports import jobs
from tracing.imports.decryption.secrets import Secrets
from tracing.imports.jobs import Arrival, load
from tracing.imports.loading import lookups as known
from tracing.imports.loading import services, updates, writer
from tracing.kernel import db
from tracing.programmes.loader import load_packs
from tracing.queue.households import bulk_enqueue
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault

PARIS = ZoneInfo("Europe/Paris")

STAGES: tuple[tuple[Any, str, str], ...] = (
    (jobs, "_next_of", "hand over"),
    (known, "look_up", "look up"),
    (services, "prepare", "decide and hash"),
    (bulk_enqueue, "assign_households", "households"),
    (writer, "copy_rows", "seal and COPY"),
    (bulk_enqueue, "copy_rows", "seal and COPY"),
    (bulk_enqueue, "enqueue_all", "queue"),
    (updates, "complete", "complete the known"),
    (updates, "move_to_households_of_numbers", "complete the known"),
    (db.session, "commit", "commit"),
)
"""The functions whose time is measured, with the name of their stage."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """A lot as it is sent, the secrets that open it, and the databases that it is loaded into."""

    url: str
    keys_url: str
    master: bytes
    name: str
    content: bytes
    secrets: Secrets


@dataclass(frozen=True)
class Done:
    """The duration of a load, the seconds of each stage, and its report."""

    seconds: float
    stages: dict[str, float]
    report: dict[str, Any]


def in_its_own_process(work: Load) -> tuple[Done, float]:
    """Do one load in a new process; return its result, and the peak MB of the process and its children."""
    command = [sys.executable, "-c", "from benchmarks.loading import main; main()"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        memory.watched(process.pid) as peak,
    ):
        told, _nothing = process.communicate(pickle.dumps(work))
    done: Done = pickle.loads(told)  # noqa: S301 - from our own process
    return done, peak.megabytes


def main() -> None:
    """Do the load that the parent process asks for."""
    work: Load = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    load_packs()
    db.connect(work.url)
    open_vault(KeyRing(db.make_engine(work.keys_url), work.master))
    arrival = Arrival(
        content=work.content,
        file_name=work.name,
        source_code="BENCH",
        secrets=work.secrets,
        zone=PARIS,
        allow_fiction=True,
        programme=PROGRAMME,
    )
    with timed() as stages:
        started = time.perf_counter()
        report = load(arrival)
        seconds = time.perf_counter() - started
    sys.stdout.buffer.write(pickle.dumps(Done(seconds, dict(stages), report)))


class timed:  # noqa: N801 - reads as what it does
    """Count the seconds spent in each stage while the context lasts; a stage inside another is counted separately.

    A stage is entered once per batch, never once per line, so that the measurement itself costs little.

    Two threads work at once, so the stages together take longer than the load.
    """

    def __enter__(self) -> dict[str, float]:
        """Wrap the functions of every stage with a timer."""
        self.seconds: dict[str, float] = defaultdict(float)
        self.open = threading.local()
        self.kept = [(owner, name, getattr(owner, name)) for owner, name, _stage in STAGES]
        for owner, name, stage in STAGES:
            setattr(owner, name, self._watching(getattr(owner, name), stage))
        return self.seconds

    def __exit__(self, *_error: object) -> None:
        """Remove the timers."""
        for owner, name, original in self.kept:
            setattr(owner, name, original)

    def _watching(self, work: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            stack = self.open.__dict__.setdefault("stack", [])
            stack.append(0.0)
            started = time.perf_counter()
            try:
                return work(*given, **named)
            finally:
                taken = time.perf_counter() - started
                self.seconds[stage] += taken - stack.pop()
                if stack:
                    stack[-1] += taken

        return watched
