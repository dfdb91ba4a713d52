"""What tracers do all day, for the load generator: each takes their next call.

Run by `benchmarks.next_call`, in a process of its own. The environment says how many calls a second, and where
the cookies of the sessions are: each is used once, in turn.
"""

import json
import os
from itertools import cycle
from pathlib import Path

from locust import FastHttpUser, constant_throughput, task

SESSIONS = json.loads(Path(os.environ["BENCH_SESSIONS"]).read_text(encoding="utf-8"))
EACH = float(os.environ["BENCH_A_SECOND"]) / float(os.environ["BENCH_USERS"])

tokens = cycle(SESSIONS["tokens"])


class Tracer(FastHttpUser):
    """Somebody who asks for the next call, at a steady pace."""

    wait_time = constant_throughput(EACH)
    network_timeout = connection_timeout = 10.0

    @task
    def next_call(self) -> None:
        """Take the next call; only being sent to a call is a success."""
        cookies = f"{SESSIONS['browser']}; {SESSIONS['name']}={next(tokens)}"
        with self.client.post(
            "/calls/next",
            data={"csrf_token": SESSIONS["csrf"]},
            headers={"Cookie": cookies},
            allow_redirects=False,
            catch_response=True,
            name="next call",
        ) as answer:
            where = (answer.headers or {}).get("Location", "")
            if answer.status_code != 303 or "/calls/" not in where:
                answer.failure(f"{answer.status_code} {where}")
            else:
                answer.success()
