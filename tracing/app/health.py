"""Health checks for balancers and monitors: `/healthz` (the process is alive) and `/readyz` (it can serve pages).

They are answered before the application: no session, no identity, no log entry, and under any host name.
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tracing.app.scheduler import EVERY
from tracing.kernel.outages import outage, probe
from tracing.kernel.postgres import migrate

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALIVE, READY = "/healthz", "/readyz"
ANSWERS_WITHIN, BOTH_WITHIN = 1.8, 2.5
"""Seconds for one database, and for both, so that a probe is answered within three."""
OK, NOT_ASKED = "ok", "not asked"

REVISION_ROW = "revision"
REVISION = f"SELECT '{REVISION_ROW}', version_num FROM alembic_version"  # noqa: S608 - our own words
JOBS = f"""
    SELECT asked.job, CAST(round(extract(epoch FROM statement_timestamp() - (
        SELECT max(slot) FROM run_slots WHERE run_slots.job = asked.job
    ))) AS text)
    FROM unnest(CAST('{{{",".join(EVERY)}}}' AS text[])) AS asked (job)
"""  # noqa: S608 - our own words

Report = dict[str, Any]


@dataclass
class Readiness:
    """Whether this process can serve pages: both databases, their migrations, and the master key."""

    engine: Engine
    keys_engine: Engine
    opens_keys: Callable[[], bool]
    """Whether this host's master key opens the key store; an error of the store is raised."""
    keeps: float = 1.0
    """Seconds for which an answer is reused, so that many probes cost the databases no more than one."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _kept: tuple[float, Report] | None = field(default=None, repr=False)

    def report(self) -> Report:
        """Return a line for each check, and the age of each job's last run, which makes no host unready."""
        with self._lock:
            if self._kept is None or monotonic() - self._kept[0] > self.keeps:
                report = self._ask()
                self._kept = (monotonic(), report)
            return self._kept[1]

    def _ask(self) -> Report:
        deadline = monotonic() + BOTH_WITHIN
        jobs: dict[str, int | None] = {}
        checks = {"database": NOT_ASKED, "key_store": NOT_ASKED, "master_key": NOT_ASKED}
        checks["database"] = self._database(self.engine, f"{REVISION} UNION ALL {JOBS}", migrate.MAIN, jobs)
        if checks["database"] == OK:  # else not ready anyway; a page may need this thread
            left = deadline - monotonic()
            checks["key_store"] = self._database(self.keys_engine, REVISION, migrate.KEYS, {}, within=left)
        if checks["key_store"] == OK:
            checks["master_key"] = self._master_key()
        ready = all(said == OK for said in checks.values())
        return {"ready": ready, "checks": checks, "seconds_since_job": jobs}

    def _database(
        self,
        engine: Engine,
        question: str,
        store: migrate.Store,
        jobs: dict[str, int | None],
        *,
        within: float = ANSWERS_WITHIN,
    ) -> str:
        if outage.is_lost(engine):
            return "does not answer"
        address = probe.conninfo(engine.url.render_as_string(hide_password=False))
        try:
            rows = probe.ask(address, question, within=min(within, ANSWERS_WITHIN))
        except probe.Unreachable:
            return "does not answer"
        except probe.Refused:
            return "refuses connections"
        except psycopg.errors.UndefinedTable:
            return "not migrated"
        except psycopg.Error as error:
            return f"failed ({error.sqlstate})"
        jobs |= {str(job): None if age is None else int(age) for job, age in rows if job != REVISION_ROW}
        revision = next((value for name, value in rows if name == REVISION_ROW), None)
        return _structure(revision, migrate.revisions(store))

    def _master_key(self) -> str:
        try:
            with outage.for_a_page():
                return OK if self.opens_keys() else "not the key store's"
        except (SQLAlchemyError, psycopg.Error):
            return "the key store failed"


def _structure(revision: str | None, known: Sequence[str]) -> str:
    """Return whether this release runs on tables at a revision.

    An unknown revision comes from a later release, applied while this host ran: its migrations are safe for this one.
    """
    return "not migrated" if revision is None or revision in known[1:] else OK


def answer_probes(application: "WSGIApplication", readiness: Callable[[], Report]) -> "WSGIApplication":
    """Return an application that answers the two addresses itself and passes everything else on."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path not in {ALIVE, READY}:
            return application(environ, start_response)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD"), ("Content-Length", "0")])
            return [b""]
        report = {"alive": True} if path == ALIVE else readiness()
        body = f"{json.dumps(report, indent=1)}\n".encode()
        status = "200 OK" if report.get("ready", True) else "503 Service Unavailable"
        start_response(
            status,
            [
                ("Content-Type", "application/json"),
                ("Cache-Control", "no-store"),
                ("Content-Length", str(len(body))),
            ],
        )
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    return answer
