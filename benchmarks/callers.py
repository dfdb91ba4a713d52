"""What tracers do all day, for the load generator: each takes their next call, when they are done with the last one.

They do not know of each other: the moments at which they ask are independent, as those of people are. Asking in step,
forty at once twice a second, measured how long forty wait for one another.

Run by `benchmarks.next_call`, in a process of its own. The environment says how many calls a second, and where
the cookies of the sessions are: each is used once, in turn.
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
"""Seconds between two looks at how late the generator is itself."""

sessions = cycle(SESSIONS["sessions"][AFTER:] + SESSIONS["sessions"][:AFTER])


def watch_oneself(**_given: object) -> None:
    """Measure by how much the generator itself is late: every time that it measures holds as much of its own."""

    def look() -> None:
        while True:
            due = time.monotonic() + LOOKS_EVERY
            time.sleep(LOOKS_EVERY)  # patched by the generator, as threads are
            late = max(0.0, time.monotonic() - due) * 1000
            told: dict[str, Any] = {
                "response_time": late,
                "response_length": 0,
                "exception": None,
                "context": {},
            }
            events.request.fire(request_type="", name="own delay", **told)  # type: ignore[no-untyped-call]

    Thread(target=look, daemon=True).start()


events.test_start.add_listener(watch_oneself)  # type: ignore[no-untyped-call]


class Tracer(FastHttpUser):
    """Somebody who asks for the next call at moments of their own; who was kept waiting makes up for it."""

    network_timeout = connection_timeout = 10.0

    def on_start(self) -> None:
        """Begin at a moment of one's own."""
        self.asks_at = time.monotonic()
        time.sleep(self.wait_time())  # patched by the generator: the others go on

    def wait_time(self) -> float:
        """Return the seconds until the next asking."""
        self.asks_at += random.expovariate(EACH)
        return max(0.0, self.asks_at - time.monotonic())

    @task
    def next_call(self) -> None:
        """Take the next call; only being sent to a call is a success."""
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
