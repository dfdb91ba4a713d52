"""Simulated tracers for the load generator (locust): each takes the next call when done with the last one.

Their requests are independent, like those of people. When they asked in step, forty at once twice a second, the
benchmark measured how long forty requests wait for one another.

Run by `benchmarks.next_call`, in a process of its own. Environment variables give the number of calls a second, and the
file of session cookies, each of which is used once, in turn.
"""

import json
import os
import random
import time
from itertools import cycle
from pathlib import Path
from threading import Thread
from typing import Any

from locust import FastHttpUser, events, task

SESSIONS = json.loads(Path(os.environ["BENCH_SESSIONS"]).read_text(encoding="utf-8"))
EACH = float(os.environ["BENCH_A_SECOND"]) / float(os.environ["BENCH_USERS"])

AFTER = int(os.environ["BENCH_AFTER"])

LOOKS_EVERY = 0.05
"""Seconds between two measurements of the generator's own delay."""

sessions = cycle(SESSIONS["sessions"][AFTER:] + SESSIONS["sessions"][:AFTER])


def measure_own_delay(**_given: object) -> None:
    """Measure the generator's own delay, which is part of every time that it measures."""

    def look() -> None:
        while True:
            due = time.monotonic() + LOOKS_EVERY
            time.sleep(LOOKS_EVERY)  # patched by the generator, like threads
            late = max(0.0, time.monotonic() - due) * 1000
            told: dict[str, Any] = {
                "response_time": late,
                "response_length": 0,
                "exception": None,
                "context": {},
            }
            events.request.fire(request_type="", name="own delay", **told)  # type: ignore[no-untyped-call]

    Thread(target=look, daemon=True).start()


events.test_start.add_listener(measure_own_delay)  # type: ignore[no-untyped-call]


class Tracer(FastHttpUser):
    """A tracer who asks for the next call at independent moments, and catches up after a long wait."""

    network_timeout = connection_timeout = 10.0

    def on_start(self) -> None:
        """Begin at a random moment."""
        self.asks_at = time.monotonic()
        time.sleep(self.wait_time())  # patched by the generator: the others go on

    def wait_time(self) -> float:
        """Return the seconds until the next request."""
        self.asks_at += random.expovariate(EACH)
        return max(0.0, self.asks_at - time.monotonic())

    @task
    def next_call(self) -> None:
        """Take the next call; only a redirect to a call is a success."""
        cookie, form_token = next(sessions)
        with self.client.post(
            "/calls/next",
            data={"csrf_token": form_token},
            headers={"Cookie": f"{SESSIONS['name']}={cookie}"},
            allow_redirects=False,
            catch_response=True,
            name="next call",
        ) as answer:
            where = (answer.headers or {}).get("Location", "")
            if answer.status_code != 303 or "/calls/" not in where:
                answer.failure(f"{answer.status_code} {where} {answer.error or ''}")
            else:
                answer.success()
