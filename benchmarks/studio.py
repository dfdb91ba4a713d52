"""Benchmark of the studio of scripts: a step saved, the draft shown after it, a step seen while it is typed.

With 20 and with 200 steps, as a referent's browser asks for them. Compared is the server's CPU time, because other load
on the machine does not lengthen it; how long each took, database included, is told beside it. `--quick` asks a fifth as
often.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import Ground, ground, server
from benchmarks.queue_ground import now
from tracing.app.factory import create_app
from tracing.kernel import clock, db
from tracing.kernel.config import Settings
from tracing.scripts.publishing import queries as versions
from tracing.scripts.publishing import services as publishing
from tracing.scripts.publishing.rules import StepContent
from tracing.scripts.vocabulary import ScriptKind
from tracing.staff import queries, services
from tracing.staff.access import COOKIE
from tracing.staff.login import sessions
from tracing.staff.models import Role

FEW, MANY = 20, 200
"""Steps of a script."""
TIMES = 30
WARMING = 3
CHANGED = "step_3"
"""The step that is written again and again: near the middle of a long script, and with a question and a branch."""
TARGETS = {"a step's save": (100, 4), "the draft after it": (600, 11), "the preview": (250, 6)}
"""Milliseconds with MANY steps, and how many times as long as with FEW."""


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a fifth as often")
    chosen = options.parse_args(arguments)
    figures = _figures(TIMES // 5 if chosen.quick else TIMES)
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(times: int) -> list[Figure]:
    found = {}
    with server() as running:
        for steps in (FEW, MANY):
            with ground(running, f"steps_{steps}") as here:
                found[steps] = _measure(here, steps, times)
    figures = []
    for name, (target, growth) in TARGETS.items():
        few, many = found[FEW][name], found[MANY][name]
        figures.append(at_most(f"{name}, {FEW} steps", few, "ms", target=target))
        figures.append(at_most(f"{name}, {MANY} steps", many, "ms", target=target))
        figures.append(at_most(f"{name}, from {FEW} to {MANY}", many, "ms", raw=few, target=growth))
        figures.append(told(f"{name}, {MANY} steps, as it took", found[MANY][f"{name}, took"], "ms"))
    return figures


def _measure(_here: Ground, steps: int, times: int) -> dict[str, float]:
    """Return the median times of the server with a script of so many steps, in milliseconds."""
    say(f"  {steps} steps …")
    draft, token = _begin(steps)
    with TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)), secret_key="of a benchmark")  # noqa: S106
        client = app.test_client()
        client.set_cookie(COOKIE, token)
        return _ask(client, f"/scripts/drafts/{draft}", times)


def _ask(client: FlaskClient, draft: str, times: int) -> dict[str, float]:
    address = f"{draft}/step?step={CHANGED}"
    took: dict[str, list[float]] = {name: [] for one in TARGETS for name in (one, f"{one}, took")}
    for turn in range(times + WARMING):
        form = _filled(client.get(address).text, address)
        form |= {"say_0": f"Bonjour, essai numéro {turn}.", "who": "marie"}
        works: dict[str, tuple[Callable[[], Any], int]] = {
            "the preview": (partial(client.post, f"{draft}/step/preview?step={CHANGED}", data=form), 200),
            "a step's save": (partial(client.post, address, data=form), 303),
            "the draft after it": (partial(client.get, draft), 200),
        }
        for name, (work, status) in works.items():
            since, used = time.perf_counter(), time.process_time()
            answer = work()
            if turn >= WARMING:
                took[name].append((time.process_time() - used) * 1000)
                took[f"{name}, took"].append((time.perf_counter() - since) * 1000)
            if answer.status_code != status:
                raise RuntimeError(f"{name}: {answer.status}")
    return {name: median(found) for name, found in took.items()}


def _filled(page: str, action: str) -> dict[str, str]:
    """Return what the browser would send of a form as it is shown."""
    found = BeautifulSoup(page, "html.parser").select_one(f"form[action='{action}']")
    if found is None:
        raise RuntimeError("the page has no such form")
    sent: dict[str, str] = {}
    for field in found.select("input[name]"):
        if field.get("type") != "checkbox" or field.has_attr("checked"):
            sent[str(field["name"])] = str(field.get("value", ""))
    for area in found.select("textarea[name]"):
        sent[str(area["name"])] = area.get_text().strip()
    for choice in found.select("select[name]"):
        option = choice.select_one("option[selected]") or choice.select_one("option")
        sent[str(choice["name"])] = str(option["value"]) if option else ""
    return sent


def _begin(steps: int) -> tuple[int, str]:
    """Begin a draft of so many steps; return its number, and a session of a referent."""
    with db.transaction():
        publishing.seed(at=now())
        versions.follow_now()
        member = services.add_member(login="referent", name="Banc", by=None, at=now())
        services.grant(member, Role.REFERENT, queries.sites()[0].id, by=None, at=now())
        draft = publishing.begin(ScriptKind.P0, by=member.id, at=now())
        *kept, last = draft.content["steps"]
        kept = kept[: min(len(kept), steps - 10)]
        added = [_step(number) for number in range(steps - len(kept) - 1)]
        draft.content = {**draft.content, "steps": [*kept, *added, last]}
        return draft.id, sessions.begin(member, device="bench", at=clock.database_now()).token


def _step(number: int) -> StepContent:
    """Return a step that says something, and asks a question that the step after the next one reads."""
    step: StepContent = {
        "id": f"step_{number}",
        "section": f"Partie {number // 8}",
        "title": f"Étape {number}",
        "say": [["Bonjour, voici une phrase à lire, ni longue ni courte.", "Bonjour."]],
        "questions": [
            {"id": f"question_{number}", "type": "yes_no", "label": f"Question {number}", "required": True}
        ],
    }
    if number >= 2:
        step["when"] = {"answer": f"question_{number - 2}", "is": "yes"}
    return step


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
