"""A platform that fails in every way: a page, a load whose database is killed, each job, and pages without a database.

Run as a program (`python -m tests.support.failing [without-rich]`): its output is what a platform would log. The
secrets that must not be in it are written to `told.json` in the data folder.
"""

import json
import logging
import os
import signal
import sys
from functools import wraps
from typing import Any

if "without-rich" in sys.argv:
    sys.modules["rich"] = None  # type: ignore[assignment]

from flask import Flask
from flask.testing import FlaskClient

from tests.support.importer import at_statement
from tests.support.lots import lot_of, secrets
from tests.support.own_server import postmaster
from tests.support.platform import PASSWORD, prepare
from tracing.app.runtime import Runtime, running
from tracing.app.scheduler import make_scheduler
from tracing.imports.lots import services as lots
from tracing.imports.models import CameBy, ImportSource
from tracing.kernel import clock
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction

PEOPLE = tuple(
    {
        "ID_RESULTAT": f"PDL-SECRET-{number}",
        "NOM_NAISSANCE": f"KERVADEC {letter * 3}",
        "PRENOMS": f"Gwendoline {letter * 3}",
        "TEL_MOBILE": f"06399801{number:02}",
        "ADRESSE": f"{number} venelle des Korrigans",
        "MAIL": f"gwendoline{number}@exemple.test",
    }
    for number, letter in enumerate("ABCDEFGH", start=10)
)
KILLED_AT = 25
"""The number of the load's statement before which the database is killed: in the middle of writing its tables."""


def receive() -> None:
    """Receive a lot of a trusted source, which then waits for the scheduler."""
    with transaction():
        at = clock.now()
        lots.receive(
            lot_of(PEOPLE),
            file_name="lot.csv.p7m",
            source_code="PDL",
            came_by=CameBy.FOLDER,
            keep_days=7,
            one_off_secret=secrets(),
            by=None,
            at=at,
        )
        session.get_one(ImportSource, "PDL").is_trusted = True


def break_page(app: Flask, endpoint: str) -> None:
    """Make a page fail with an error message that contains a person's identity."""
    view = app.view_functions[endpoint]

    @wraps(view)
    def broken(**_given: Any) -> Any:
        patient = PEOPLE[0]
        raise ValueError(f"cannot show {patient}")

    app.view_functions[endpoint] = broken


def main() -> None:
    """Fail in every way."""
    settings = Settings.from_env()
    with running(settings) as runtime:
        prepare(settings)
        receive()
        app = runtime.make_app()
        app.config["WTF_CSRF_ENABLED"] = False
        client = app.test_client()
        told = fail_page(app, client)
        fail_load(runtime)
        for job in make_scheduler(settings).get_jobs():
            job.func()
        name = PEOPLE[0]["NOM_NAISSANCE"]
        for address in ("/", f"/lots?name={name}", "/login", "/static/none.css"):
            serve(client, address)
        told["jobs"] = [job.id for job in make_scheduler(settings).get_jobs()]
        (settings.data_dir / "told.json").write_text(json.dumps(told))


def fail_page(app: Flask, client: FlaskClient) -> dict[str, Any]:
    """Log in, open the page that fails, and return what was shown and the secrets that must not appear."""
    break_page(app, "imports.lots")
    client.post("/login", data={"login": "irene", "password": PASSWORD})
    answer = client.get(f"/lots?name={PEOPLE[0]['NOM_NAISSANCE']}")
    cookies = [cookie.value for cookie in (client._cookies or {}).values()]
    return {"status": answer.status_code, "shown": answer.text, "cookies": cookies}


def serve(client: FlaskClient, address: str) -> None:
    """Open a page as waitress does, so that an error of the error page itself is logged as waitress logs it."""
    try:
        client.get(address)
    except Exception:
        path = address.split("?", maxsplit=1)[0]
        logging.getLogger("waitress").exception("Exception while serving %s", path)


def fail_load(runtime: Runtime) -> None:
    """Kill the database while the scheduler loads the lot."""
    first = postmaster(runtime.settings.data_dir)
    forget = at_statement(runtime.engine, KILLED_AT, lambda: os.kill(first, signal.SIGQUIT))
    [work] = [job for job in make_scheduler(runtime.settings).get_jobs() if job.id == "work"]
    work.func()
    assert forget() >= KILLED_AT


if __name__ == "__main__":
    main()
