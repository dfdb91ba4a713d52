"""Benchmark of a whole call over HTTP: the page, answers, a contact, the end; with few past calls and with a million.

One tracer after the other makes a call as the page does, against one worker of `tracing serve`. The benchmark compares
CPU time, of the pages and the database together, because other load on the machine does not lengthen it. `--quick` uses
a tenth of the past calls and makes a third of the calls.
"""

import argparse
import http.client
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import psycopg
from sqlalchemy import text

from benchmarks.figures import Figure, at_least, at_most, say, show, told
from benchmarks.ground import Ground
from benchmarks.history import add_history
from benchmarks.serving import add_people, free_port, log_in, served
from tracing.app.runtime import running
from tracing.kernel import clock, db
from tracing.kernel.config import Settings

FEW, MANY = 10_000, 1_000_000
"""Numbers of past tasks."""
CALLS = 30
WARMING = 5
"""Warm-up calls, not measured: connections are opened and statements prepared."""
FLAT = 1.2
"""How many times as expensive a request may be with many past tasks."""
OF_RAW = 0.02
"""Target share of the bare statements' rate: saving an answer also checks the claim, follows the script and renders."""

SAYS = {
    "person_on_line": "person",
    "identity_confirmed": "yes",
    "representative_confirmed": "yes",
    "has_time": "yes",
    "knows_result": "yes",
    "red_flags": "no",
    "hospitalised": "no",
    "lives_in": "home",
    "has_symptoms": "no",
    "vaccination": "complete",
    "infected_recently": "no",
    "immunodepressed": "no",
}
STEPS = 8
"""Steps of the script that each call goes through."""

CONTACT = {
    "lives_with_case": "no",
    "face_to_face": "under_1_m",
    "protection": "none",
    "confined": "no",
    "care": "no",
    "cough": "no",
    "same_class": "no",
    "may_disclose": "no",
}

BARE = (
    "SELECT id FROM queue_entries WHERE id = %(entry)s AND claim_number = %(claim)s FOR UPDATE",
    "SELECT * FROM call_tasks WHERE id = %(task)s",
    "SELECT * FROM answers WHERE task_id = %(task)s",
    """INSERT INTO answers (task_id, question, person_id, call_id, claim_number, script_version, cohort, sealed,
                            saved_at, saved_by)
       VALUES (%(task)s, %(question)s, %(person)s, %(call)s, %(claim)s, '2026.1', %(day)s, %(sealed)s, now(),
               %(member)s)
       ON CONFLICT (task_id, question) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at""",
    "UPDATE queue_entries SET last_input_at = now() WHERE id = %(entry)s",
)
"""The bare minimum of saving an answer: check the claim, write the answer, record the input."""


@dataclass
class Measured:
    """The cost of the calls made with one number of past tasks."""

    times: dict[str, list[float]] = field(default_factory=dict)
    """Milliseconds of each request, by kind."""
    pages_cpu: float = 0.0
    database_cpu: float = 0.0
    """CPU seconds of the database."""
    in_database: float = 0.0
    """Seconds in which the database worked or waited for its disk."""
    raw: float = 0.0
    """Milliseconds of the bare statements of a saved answer."""

    @property
    def requests(self) -> int:
        """The number of requests answered."""
        return sum(map(len, self.times.values()))

    @property
    def cost(self) -> float:
        """CPU milliseconds per request."""
        return (self.pages_cpu + self.database_cpu) * 1000 / self.requests

    def percentile(self, kind: str, share: float) -> float:
        """Return the milliseconds within which this share of the requests of a kind was answered."""
        times = sorted(self.times[kind])
        return times[min(int(share * len(times)), len(times) - 1)]


class Browser:
    """One connection to the pages, with the session of one tracer at a time."""

    def __init__(self, settings: Settings, known: Mapping[str, Any], measured: Measured) -> None:
        self._connection = http.client.HTTPConnection(settings.host, settings.port, timeout=60)
        self._known = known
        self.measured = measured
        self.token = self.form_token = ""

    def ask(
        self, kind: str, path: str, form: Mapping[str, Any] | None = None, *, part: bool = False
    ) -> tuple[str, str]:
        """Send a request; return the page and its redirect.

        Raises:
            RuntimeError: the request was refused.
        """
        headers = {"Cookie": f"{self._known['name']}={self.token}"}
        if part:
            headers["HX-Request"] = "true"
        body = None
        if form is not None:
            body = urlencode({"csrf_token": self.form_token, **form}, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        self.measured.times.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
        if answer.status >= 400:
            raise RuntimeError(f"{kind}: {answer.status} at {path}: {page[:2000]}")
        return page, (answer.getheader("Location") or "").split("?")[0]

    def call(self) -> None:
        """Make one call, from the button to its end."""
        _page, call = self.ask("next call", "/calls/next", {})
        if not re.fullmatch(r"/calls/\d+", call):
            raise RuntimeError(f"no call was there to take: {call}")
        page, _ = self.ask("call page", call)
        task = found(r"/tasks/(\d+)/", page)
        at = f"{call}/tasks/{task}"
        for _step in range(STEPS):
            form = filled(page)
            self.ask("save answer", f"{at}/answers", form, part=True)
            page, _ = self.ask("next step", f"{at}/steps/{form['step']}", form | {"anyway": "1"}, part=True)
        dialog, _ = self.ask("contact form", f"{at}/contacts?add=1", part=True)
        line = CONTACT | {
            "first_names": "Luc",
            "phones": f"06{int(task) % 100_000_000:08d}",
            "last_contact_on": found(
                r'name="contact-last_contact_on"[^>]*max="([\d-]+)"', put_name_first(dialog)
            ),
        }
        self.ask(
            "add contact", f"{at}/contacts", {f"contact-{name}": one for name, one in line.items()}, part=True
        )
        while call in at:
            self.ask("ending page", f"{at}/end")
            _page, at = self.ask("end call", f"{at}/end", {"outcome": "refused"})
            if at == call:  # another person of the household has not been spoken to yet
                page, _ = self.ask("call page", call)
                at = f"{call}/tasks/{found(r'/tasks/([0-9]+)/', page)}"


def found(pattern: str, page: str) -> str:
    """Return what a pattern finds on a page.

    Raises:
        RuntimeError: it is not there.
    """
    match = re.search(pattern, page)
    if match is None:
        raise RuntimeError(f"{pattern} is not on the page: {page[:3000]}")
    return match[1]


def put_name_first(page: str) -> str:
    """Put the name of each control before its limits."""
    return re.sub(r'<input([^>]*?)\s(max="[^"]*")([^>]*?)>', r"<input\1\3 \2>", page)


def filled(page: str, says: Mapping[str, str] = SAYS) -> dict[str, Any]:
    """Fill in the step on the page: answer its questions, tick its statements."""
    controls = {
        (_attribute(one, "name"), _attribute(one, "value")) for one in re.findall(r"<input[^>]*>", page)
    }
    asked = [value for name, value in controls if name == "asked"]
    form: dict[str, Any] = {"step": next(value for name, value in controls if name == "step"), "asked": asked}
    form |= {f"answer-{question}": says[question] for question in asked if question in says}
    for value in (value for name, value in controls if name == "statement"):
        form |= {"statement": value, "confirm": value}
    return form


def _attribute(control: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', control)
    return match[1] if match else ""


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a tenth of the past, a third of the calls")
    chosen = options.parse_args(arguments)
    many, calls = (MANY // 10, CALLS // 3) if chosen.quick else (MANY, CALLS)
    with TemporaryDirectory(prefix="bench-", dir=os.environ.get("TRACING_BENCH_DIR")) as folder:
        figures = _figures(Path(folder), many=many, calls=calls)
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(folder: Path, *, many: int, calls: int) -> list[Figure]:
    settings = Settings(data_dir=folder / "data", port=free_port(), log_level="error")
    with running(settings) as runtime:
        here = Ground(runtime.server, runtime.engine, db.make_engine(runtime.server.owner_url))
        add_people(here, people=(calls + WARMING) * 3)
        known = log_in(runtime, here, calls + WARMING)
        postmaster = _postmaster(settings)
        both = []
        for past, before in ((FEW, 0), (many, FEW)):
            say(f"  {past:,} past tasks …")
            add_history(here, past - before)
            both.append(_measure(settings, here, known, postmaster, calls=calls))
        here.owner.dispose()
    few, lots = both
    core = 1000 / lots.cost
    return [
        at_most("a request with many past tasks", lots.cost, "ms cpu", raw=few.cost, target=FLAT),
        at_most(
            "its database part with many past tasks",
            lots.database_cpu * 1000 / lots.requests,
            "ms cpu",
            raw=few.database_cpu * 1000 / few.requests,
            target=FLAT,
        ),
        told("requests of one core", core, "/s"),
        told(
            "share of the database in the processor",
            lots.database_cpu / (lots.database_cpu + lots.pages_cpu),
            "",
        ),
        told(
            "share of the database in the time",
            lots.in_database * 1000 / sum(map(sum, lots.times.values())),
            "",
        ),
        at_least(
            "saved answers",
            1000 / lots.percentile("save answer", 0.5),
            "/s",
            raw=1000 / lots.raw,
            target=OF_RAW,
        ),
        *(
            told(f"{kind} p{share * 100:.0f}, {name} past tasks", one.percentile(kind, share), "ms")
            for kind in lots.times
            for share in (0.5, 0.99)
            for name, one in (("few", few), ("many", lots))
        ),
    ]


def _measure(
    settings: Settings, here: Ground, known: Mapping[str, Any], postmaster: int, *, calls: int
) -> Measured:
    measured = Measured()
    with here.owner.begin() as connection:
        # writing a million tasks takes longer than a session may be idle before it locks
        connection.execute(text("UPDATE staff_sessions SET started_at = now(), last_input_at = now()"))
    with served(settings, workers=1) as serving:
        browser = Browser(settings, known, Measured())
        for number in range(WARMING + calls):
            if number == WARMING:
                browser.measured = measured
                pages, database, worked = _cpu(serving), _cpu(postmaster), _worked(here)
            browser.token, browser.form_token = known["sessions"][number]
            browser.call()
        measured.pages_cpu = _cpu(serving) - pages
        measured.database_cpu = _cpu(postmaster) - database
        # a connection reports its statistics when it is idle for a second, or ends
        time.sleep(2)
        measured.in_database = _worked(here) - worked
    measured.raw = _raw(here)
    return measured


def _raw(here: Ground) -> float:
    """Return the milliseconds that the bare statements of a saved answer take, on the calls just made."""
    with here.owner.connect() as connection:
        rows = connection.execute(
            text("""
                SELECT calls.id AS call, calls.entry_id AS entry, calls.claim_number AS claim,
                       calls.tracer_id AS member, task_id AS task, person_id AS person
                FROM calls JOIN conversations ON conversations.call_id = calls.id
                ORDER BY calls.started_at DESC, calls.id DESC LIMIT 200
            """)
        ).mappings()
        values = [
            dict(row) | {"question": "measured", "day": clock.now().date(), "sealed": os.urandom(60)}
            for row in rows
        ]
    times = []
    url = here.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as bare:
        for one in values:
            began = time.perf_counter()
            for statement in BARE:
                bare.execute(statement, one)
            bare.commit()
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]


def _worked(here: Ground) -> float:
    with here.owner.connect() as connection:
        asked = text("SELECT active_time FROM pg_stat_database WHERE datname = current_database()")
        return float(connection.execute(asked).scalar() or 0) / 1000


def _postmaster(settings: Settings) -> int:
    return int((settings.data_dir / "postgres/data/postmaster.pid").read_text().split()[0])


def _cpu(first: int) -> float:
    """Return the CPU seconds used by a process and its descendants, including those that have ended."""
    ticks, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:  # the process has ended meanwhile
                continue
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    return sum(ticks[one] for one in ticks if _is_below(one, first, parents)) / os.sysconf("SC_CLK_TCK")


def _is_below(process: int, first: int, parents: Mapping[int, int]) -> bool:
    while process in parents:
        if process == first:
            return True
        process = parents[process]
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
