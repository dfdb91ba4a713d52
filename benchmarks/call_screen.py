"""Processor time of the call screen: saving an answer, and the whole page with 20 contacts, beside a floor of the same run.

Both are requested in this process through the WSGI application, with their session check and read record, one round
after the other; the floor does by hand what a request cannot do without: bare prepared queries, unsealing the same
rows, filling in a cached template of the same length. Measured again with many past tasks in the database.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import jinja2
import psycopg
from flask import Flask
from markupsafe import Markup
from sqlalchemy import Engine, event
from werkzeug.test import EnvironBuilder

from benchmarks.call_page import CONTACT, filled, found, put_name_first
from benchmarks.call_page import SAYS as CALL_SAYS
from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import Ground
from benchmarks.history import add_history
from benchmarks.serving import add_people, free_port, log_in
from tracing.app.runtime import running
from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.staff.login.sessions import hash_token
from tracing.vault import services as vault

FEW, MANY = 10_000, 1_000_000
"""Numbers of past tasks."""
CONTACTS = 20
ROUNDS = 60
WARMING = 10
SAVE, SCREEN = 5.0, 8.0
"""Targets in milliseconds of this process's processor time: issue 17, §5."""
FLAT = 1.2
"""How many times as expensive a request may be with many past tasks."""
FLOOR = 2.0
"""How many times the floor a page should cost in the end."""

BARE = (
    "SELECT * FROM staff_sessions JOIN members ON members.id = member_id WHERE token_hash = %(token)s",
    """SELECT * FROM calls JOIN conversations ON conversations.call_id = calls.id
       JOIN call_tasks ON call_tasks.id = task_id JOIN cases ON cases.id = call_tasks.case_id
       WHERE calls.id = %(call)s""",
    """SELECT contacts.*, people.sealed, people.cohort AS day, people.id AS whom FROM contacts
       JOIN people ON people.id = contacts.person_id
       WHERE contacts.case_id = (SELECT case_id FROM call_tasks WHERE id = %(task)s)""",
    "SELECT id, cohort, sealed, question FROM answers WHERE task_id = %(task)s",
)
"""The four queries that the page cannot do without."""

PLAIN, DECIDING = "lives_alone", "infected_recently"
"""The questions whose answers are saved again and again: one is only kept, by the other the programme decides."""
SAYS = CALL_SAYS | {
    "fragile": "no",
    "sampling_confirmed": "yes",
    "recall_places": "stayed_home",
    "lives_alone": "no",
    "works": "no",
    "collectivities": "none",
    "contacts_listed": "none",
    "end_date_repeated": "yes",
    "needs": "none",
    "has_masks": "yes",
    "vulnerable_relatives": "no",
}
MOST_STEPS = 60
ALONE, SAVING, DECIDED, WHOLE, LIST = (
    "no contact",
    "saving an answer",
    "saving one that decides",
    "the whole screen",
    "its list of contacts",
)
"""The page asks for the list of contacts as it opens."""

ROW = (
    "<tr><td>{{ one.last_name }}</td><td>{{ one.first_names }}</td><td>{{ day }}</td><td>{{ risk }}</td></tr>"
)


@dataclass
class Taken:
    """What requests of one kind took."""

    cpu: list[float] = field(default_factory=list)
    """Milliseconds of this process, in each round."""
    wall: list[float] = field(default_factory=list)
    queries: int = 0
    """Statements of the last one."""
    size: int = 0
    """Characters of its answer."""


class Tracer:
    """One tracer's browser, inside this process."""

    def __init__(self, app: Flask, engine: Engine, cookie: str, tokens: tuple[str, str]) -> None:
        self._app, self._engine, self._cookie = app, engine, cookie
        self.token, self.form_token = tokens
        self.taken: dict[str, Taken] = {}

    def ask(
        self, kind: str, path: str, form: dict[str, Any] | None = None, *, part: bool = False
    ) -> tuple[str, str]:
        """Send a request, note what it took; return the page and where it leads.

        Raises:
            RuntimeError: the request was refused.
        """
        headers = {"Cookie": f"{self._cookie}={self.token}", "Sec-Fetch-Site": "same-origin"}
        if part:
            headers["HX-Request"] = "true"
        body = None if form is None else urlencode({"csrf_token": self.form_token, **form}, doseq=True)
        environ = EnvironBuilder(
            path=path.split("?", maxsplit=1)[0],
            query_string=path.partition("?")[2],
            method="GET" if form is None else "POST",
            headers=headers.items(),
            input_stream=None if body is None else BytesIO(body.encode()),
            content_length=None if body is None else len(body),
            content_type=None if body is None else "application/x-www-form-urlencoded",
        ).get_environ()
        said: dict[str, Any] = {}

        def start_response(
            status: str, names: list[tuple[str, str]], _error: object = None
        ) -> Callable[..., Any]:
            said.update(status=int(status[:3]), headers=dict(names))
            return lambda _data: None

        taken = self.taken.setdefault(kind, Taken())
        with counted(self._engine) as count:
            wall, cpu = time.perf_counter(), time.thread_time()
            answer = self._app.wsgi_app(environ, start_response)
            page = b"".join(answer).decode()
            if hasattr(answer, "close"):
                answer.close()
            taken.cpu.append((time.thread_time() - cpu) * 1000)
            taken.wall.append((time.perf_counter() - wall) * 1000)
        taken.queries, taken.size = len(count), len(page)
        if said["status"] >= 400:
            raise RuntimeError(f"{kind}: {said['status']} at {path}: {page[:2000]}")
        return page, str(said["headers"].get("Location", "")).split("?")[0]


@contextmanager
def counted(engine: Engine) -> Any:
    """Yield a list that holds every statement sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass(frozen=True)
class OpenCall:
    """A call under way, its script answered to the end."""

    call: str
    task: str
    answers: dict[str, dict[str, Any]]
    """The forms of the steps whose answers are saved again and again, by question."""
    steps: int


@dataclass(frozen=True)
class Measured:
    """What the requests of one call took, with one number of past tasks."""

    taken: dict[str, Taken]
    floor: float
    """Milliseconds of the floor."""
    queries_alone: int
    """Statements of the page before a contact was named."""
    steps: int


def open_call(tracer: Tracer) -> OpenCall:
    """Take a call and answer its script to the end, naming nobody."""
    _page, call = tracer.ask("setting up", "/calls/next", {})
    page, _ = tracer.ask("setting up", call)
    task = found(r"/tasks/(\d+)/", page)
    saved: dict[str, dict[str, Any]] = {}
    form, walked = filled(page, SAYS), 0
    while walked < MOST_STEPS:
        walked += 1
        saved |= {question: dict(form) for question in (PLAIN, DECIDING) if question in form["asked"]}
        at = f"{call}/tasks/{task}/steps/{form['step']}"
        page, _ = tracer.ask("setting up", at, form | {"anyway": "1"}, part=True)
        if 'name="step"' not in page or filled(page, SAYS) == form:
            break
        form = filled(page, SAYS)
    if len(saved) < 2:
        raise RuntimeError(f"the script asks only {sorted(saved)} within {walked} steps")
    return OpenCall(call, task, saved, walked)


def name_contacts(tracer: Tracer, held: OpenCall) -> None:
    """Add the contacts to the list of the call's case."""
    at = f"{held.call}/tasks/{held.task}"
    dialog, _ = tracer.ask("setting up", f"{at}/contacts?add=1", part=True)
    last = found(r'name="contact-last_contact_on"[^>]*max="([\d-]+)"', put_name_first(dialog))
    for number in range(CONTACTS):
        line = CONTACT | {
            "first_names": f"Luc{chr(97 + number)}",
            "last_name": "Exemple",
            "phones": f"06{(int(held.task) * 100 + number) % 100_000_000:08d}",
            "last_contact_on": last,
        }
        sent = {f"contact-{name}": one for name, one in line.items()}
        tracer.ask("setting up", f"{at}/contacts", sent, part=True)


class Floor:
    """What a request cannot do without, done by hand."""

    def __init__(self, here: Ground, tracer: Tracer, held: OpenCall, length: int) -> None:
        url = here.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._bare = psycopg.connect(url, prepare_threshold=1, row_factory=psycopg.rows.dict_row)
        self._with = {
            "token": hash_token(tracer.token),
            "call": int(held.call.rsplit("/", 1)[1]),
            "task": int(held.task),
        }
        self._template = jinja2.Environment(autoescape=True).from_string(
            "{{ cached }}{% for one in people %}" + ROW + "{% endfor %}{{ answers|length }}"
        )
        self._cached = Markup("x" * length)  # noqa: S704 - a text of the page's length
        self.cpu: list[float] = []

    def once(self) -> None:
        """Query, unseal and render once."""
        began = time.thread_time()
        found_rows = [self._bare.execute(one, self._with).fetchall() for one in BARE]
        self._bare.commit()
        people = [vault.unseal("people", one["whom"], one["day"], one["sealed"]) for one in found_rows[2]]
        answers = {
            one["question"]: vault.unseal("answers", one["id"], one["cohort"], one["sealed"])
            for one in found_rows[3]
        }
        self._template.render(
            cached=self._cached, people=people, answers=answers, day="8 janvier", risk="à risque"
        )
        self.cpu.append((time.thread_time() - began) * 1000)

    def close(self) -> None:
        """Close its connection."""
        self._bare.close()


def main(arguments: Sequence[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.call_screen", description=__doc__)
    options.add_argument("--json", action="store_true", help="print one line of JSON")
    options.add_argument("--quick", action="store_true", help="a tenth of the past, a third of the rounds")
    asked = options.parse_args(arguments)
    many, rounds = (MANY // 10, ROUNDS // 3) if asked.quick else (MANY, ROUNDS)
    with TemporaryDirectory(prefix="bench-", dir=os.environ.get("TRACING_BENCH_DIR")) as folder:
        figures = _figures(Path(folder), many=many, rounds=rounds)
    show(figures, as_json=asked.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(folder: Path, *, many: int, rounds: int) -> list[Figure]:
    settings = Settings(data_dir=folder / "data", port=free_port(), log_level="error")
    with running(settings) as runtime:
        here = Ground(runtime.server, runtime.engine, db.make_engine(runtime.server.owner_url))
        add_people(here, people=10)
        known = log_in(runtime, here, 2)
        app = runtime.make_app()
        measured = []
        for past, before, session in ((FEW, 0, 0), (many, FEW, 1)):
            say(f"  {past:,} past tasks …")
            add_history(here, past - before)
            _refresh_sessions(here)
            tracer = Tracer(app, here.engine, known["name"], known["sessions"][session])
            measured.append(measure(here, tracer, rounds=rounds))
        here.owner.dispose()
    few, lots = measured
    return [*_told_of(few), *_growth(few, lots)]


def _refresh_sessions(here: Ground) -> None:
    with here.owner.begin() as connection:
        # writing a million tasks takes longer than a session may be idle before it locks
        connection.exec_driver_sql("UPDATE staff_sessions SET started_at = now(), last_input_at = now()")


def measure(here: Ground, tracer: Tracer, *, rounds: int) -> Measured:
    """Measure saving, the next step, the page and the floor in turn, on one call."""
    held = open_call(tracer)
    at = f"{held.call}/tasks/{held.task}"
    page = f"{held.call}?task={held.task}"
    tracer.ask(ALONE, page)
    name_contacts(tracer, held)
    whole, _ = tracer.ask("setting up", page)
    floor = Floor(here, tracer, held, len(whole))
    alone = tracer.taken[ALONE].queries
    for number in range(WARMING + rounds):
        if number == WARMING:
            tracer.taken.clear()
            floor.cpu.clear()
        floor.once()
        for kind, question in ((SAVING, PLAIN), (DECIDED, DECIDING)):
            form = held.answers[question] | {f"answer-{question}": ("yes", "no")[number % 2]}
            tracer.ask(kind, f"{at}/answers", form, part=True)
        tracer.ask("next step", f"{at}/steps/{form['step']}", form | {"anyway": "1"}, part=True)
        tracer.ask(WHOLE, page)
        tracer.ask(LIST, f"{at}/contacts", part=True)
    floor.close()
    return Measured(tracer.taken, median(floor.cpu), alone, held.steps)


def _told_of(one: Measured) -> list[Figure]:
    screen = one.taken[WHOLE]
    figures = [
        *(
            at_most(f"{kind}, p50", median(one.taken[kind].cpu), "ms cpu", target=SAVE)
            for kind in (SAVING, DECIDED)
        ),
        at_most(f"the whole screen, {CONTACTS} contacts, p50", median(screen.cpu), "ms cpu", target=SCREEN),
        at_most("the whole screen by the floor", median(screen.cpu), "ms cpu", raw=one.floor, target=FLOOR),
        at_most("statements more with the contacts", screen.queries - one.queries_alone, "", target=0),
        told("steps of the script gone through", one.steps, ""),
    ]
    for kind, taken in one.taken.items():
        figures += [
            told(f"{kind}, of one core", 1000 / median(taken.cpu), "/s"),
            told(f"{kind}, elapsed p50", median(taken.wall), "ms"),
            told(f"{kind}, statements", taken.queries, ""),
            told(f"{kind}, answer", taken.size / 1000, "kB"),
        ]
    return figures


def _growth(few: Measured, lots: Measured) -> list[Figure]:
    return [
        at_most(
            f"{kind} with many past tasks, elapsed",
            median(lots.taken[kind].wall),
            "ms",
            raw=median(few.taken[kind].wall),
            target=FLAT,
        )
        for kind in few.taken
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
