"""An application host for the tests of several machines: tracers, each in a thread, who claim, save and end calls.

Run with `python -m tests.support.host`; the first line of JSON on standard input says which database to use. Each line
after it lets all tracers call until no household waits. The process prints each committed step as a line of JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

import time_machine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from tests.support.source import ROOT
from tests.support.story import agent
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock, db, logs
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.errors import ClaimLost
from tracing.queue.models import TaskState
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault

Result = TypeVar("Result")
Said = dict[str, Any]

ANSWERS = 3
"""Answers saved in each call."""

_one_at_a_time = Lock()


class Host:
    """A host from the test's side: a process, and what it has printed so far."""

    def __init__(self, told: Said, *, inside: Sequence[str] = ()) -> None:
        self.said: list[Said] = []
        self._heard: SimpleQueue[Said | None] = SimpleQueue()
        self.process = subprocess.Popen(
            [*inside, sys.executable, "-m", "tests.support.host"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.tell(told)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # an incomplete line is left by a kill
                self._heard.put(json.loads(line))
        self._heard.put(None)

    def tell(self, words: Said) -> None:
        """Send one line to the host."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def call(self) -> None:
        """Let all tracers of the host call until no household waits."""
        self.tell({})

    def wait_for(self, word: str, times: int = 1) -> None:
        """Wait until the host has printed a word this many more times."""
        while times:
            heard = self._heard.get()
            assert heard is not None, "the host has ended"
            self.said.append(heard)
            times -= word in heard

    def hear_the_rest(self) -> None:
        """Read the rest of the output until the host has ended."""
        while heard := self._heard.get():
            self.said.append(heard)

    def all_said(self, word: str) -> list[Any]:
        """Return everything that the host printed under a word."""
        return [one[word] for one in self.said if word in one]

    def end(self) -> None:
        """Kill the host, whatever it is doing."""
        self.process.kill()
        self._listener.join()
        self.process.communicate()


def main() -> None:
    """Run as a host until the test ends the process."""
    logs.configure("warning", "text")  # to standard error, because the test reads standard output
    told = json.loads(sys.stdin.readline())
    wrong = timedelta(hours=told.get("hours_ahead", 0))
    with time_machine.travel(datetime.now(UTC) + wrong):
        serve(told)


def serve(told: Said) -> None:
    """Let all tracers call, once for each line of input."""
    db.connect(told["url"])
    open_vault(KeyRing(db.make_engine(told["keys_url"]), bytes.fromhex(told["master"])))
    with db.transaction():
        tracers = [agent(staff.get_member(member)) for member in told["members"]]
    say(ready=len(tracers))
    with ThreadPoolExecutor(len(tracers)) as threads:
        for _line in sys.stdin:
            for working in [threads.submit(call_until_nobody_waits, one) for one in tracers]:
                working.result()
            say(idle=True)


def call_until_nobody_waits(tracer: Agent) -> None:
    """Take calls and complete them; print a call that was lost."""
    while (call := surely(partial(take, tracer))) is not None:
        call_id, task_id = call
        try:
            lead(call_id, task_id, tracer)
        except ClaimLost:
            say(refused=call_id)
        else:
            say(ended=call_id)


def lead(call_id: int, task_id: int, tracer: Agent) -> None:
    """Save the answers of a call, and end it."""
    for number in range(ANSWERS):
        question = f"said_in_{call_id}_{number}"
        surely(partial(save, call_id, task_id, question, tracer))
        say(saved=[task_id, question])
    surely(partial(finish, call_id, task_id, tracer))


def take(tracer: Agent, *, at: datetime) -> tuple[int, int] | None:
    """Take the next call, as the page does."""
    call: Call | None = calls.take_next(tracer, at=at)
    if call is None:
        return None
    [task] = queue.open_tasks(call.household_id)
    calls.start_conversation(call, task, script_version="2026.1", at=at)
    return call.id, task.id


def save(call_id: int, task_id: int, question: str, tracer: Agent, *, at: datetime) -> None:
    """Save one answer under the call's claim."""
    held = calls.lock_for_write(call_id, tracer, at=at)
    calls.save_answer(held, queue.get_task(task_id), question, question, by=tracer, at=at)


def finish(call_id: int, task_id: int, tracer: Agent, *, at: datetime) -> None:
    """End the call as completed."""
    held = calls.lock_for_write(call_id, tracer, at=at)
    queue_services.close_task(queue.get_task(task_id), TaskState.DONE, by=tracer.member_id, at=at)
    calls.end(held, CallOutcome.COMPLETED, by=tracer, at=at)


def surely(do: Callable[..., Result]) -> Result:
    """Do one thing in its own transaction; if the database did not answer, retry, as a person would."""
    while True:
        try:
            with db.transaction():
                return do(at=clock.database_now())
        except (OperationalError, NoConnectionFree):
            continue
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        finally:
            db.session.remove()


def say(**words: Any) -> None:
    """Print one line, which tells the test that this much is committed."""
    with _one_at_a_time:
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
