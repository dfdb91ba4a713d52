"""A small platform for browser tests: accounts with a known password, and a lot loaded by the import.

Run as a program (`python -m tests.support.platform`), so that it is a process of its own, as the product is.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import update

from tests.support.lots import enveloped, secrets
from tests.support.source import ROOT
from tracing.app.runtime import running
from tracing.demo.invented_people import as_csv
from tracing.imports.format.columns import FIELDS
from tracing.imports.jobs import Arrival, load
from tracing.kernel import clock, memory_stamps
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction
from tracing.programmes.notices.models import Notice
from tracing.programmes.publishing import queries as rule_versions
from tracing.programmes.publishing.models import RuleRun, RuleVersion, VersionState
from tracing.programmes.rules import MIDNIGHT
from tracing.scripts.models import ScriptVersion
from tracing.scripts.publishing.models import ScriptDraft
from tracing.staff import national, services
from tracing.staff.models import Role, SiteKind

PASSWORD = "les mouettes rient fort"

PEOPLE = (
    {
        "NOM_NAISSANCE": "MOREL",
        "PRENOMS": "Camille",
        "SEXE": "F",
        "TEL_MOBILE": "06 39 98 00 01",
        "CODE_CAISSE": "441",
    },
)

ACCOUNTS = (
    ("lucie", "Lucie Hamelin", "440", Role.TRACER),
    ("anouk", "Anouk Leroux", "440", Role.TRACER),
    ("nolwenn", "Nolwenn Cariou", "440", Role.TRACER),
    ("omar", "Dr Omar Ziani", "440", Role.ADVISER),
    ("didier", "Didier Marsac", "440", Role.SUPERVISOR),
    ("rozenn", "Rozenn Kerbrat", "440", Role.REFERENT),
    ("irene", "Irène Fabre", "440", Role.IMPORTER),
    ("gaspard", "Gaspard Noël", "440", Role.ADMINISTRATOR),
    ("olivia", "Olivia Perrin", "440", Role.AUDITOR),
)


def prepare(settings: Settings) -> None:
    """Open the sites and accounts, and load the lot."""
    at = clock.now()
    with transaction():
        sites = {
            site.code: site
            for site in (
                services.add_site(
                    code="440",
                    name="Caisse de Nantes",
                    programme=settings.programme,
                    is_default=True,
                    funds=("441",),
                    # the browser uses the machine's clock, so the site calls at any hour
                    hours=(MIDNIGHT, MIDNIGHT),
                    at=at,
                ),
                services.add_site(
                    code="900",
                    name="Site d’entraînement",
                    programme=settings.programme,
                    kind=SiteKind.TRAINING,
                    at=at,
                ),
            )
        }
        for login, name, code, role in ACCOUNTS:
            member = services.add_member(login=login, name=name, by=None, at=at)
            services.set_password(member, PASSWORD, by=None, at=at)
            services.grant(member, role, sites[code].id, by=None, at=at)
            if role is Role.IMPORTER:
                national.grant(member, sites[code].id, at=at)
            if role is Role.REFERENT:
                services.grant(member, role, sites["900"].id, by=None, at=at)
    load_people(settings)


def load_people(settings: Settings, people: Iterable[Mapping[str, str]] = PEOPLE, number: str = "T1") -> None:
    """Load a lot about people."""
    load(
        Arrival(
            content=lot_about(people, number=number, zone=settings.zone),
            file_name=f"{number}.csv.p7m",
            source_code="PDL",
            secrets=secrets(),
            zone=settings.zone,
            allow_fiction=True,
            programme=settings.programme,
        )
    )


def load_more(data_dir: Path, people: Iterable[Mapping[str, str]], *, number: str) -> None:
    """Load another lot into a platform that runs, from a process of its own, as the command does."""
    _run_beside(data_dir, {"number": number, "people": [dict(one) for one in people]})


def let_versions_take_effect(data_dir: Path) -> None:
    """Let the approved versions of a platform that runs take effect now, as if their moment had come."""
    _run_beside(data_dir, "now")


def _run_beside(data_dir: Path, wanted: object) -> None:
    """Run this program on the data of a platform that runs."""
    environment = os.environ | {
        "TRACING_DATA_DIR": str(data_dir),
        "TRACING_DEMO": "off",
        "TRACING_FICTION_NUMBERS": "on",
    }
    subprocess.run(
        [sys.executable, "-m", "tests.support.platform", json.dumps(wanted)],
        cwd=ROOT,
        env=environment,
        check=True,
    )


def take_effect() -> None:
    """Move the moment of each approved version of a rule or a script, and of what follows from it, to now."""
    with transaction():
        at = clock.database_now()
        waiting = RuleVersion.state == VersionState.APPROVED
        session.execute(
            update(RuleVersion).where(waiting, RuleVersion.effective_at > at).values(effective_at=at)
        )
        session.execute(update(RuleRun).where(RuleRun.due_at > at).values(due_at=at))
        written = ScriptDraft.state == VersionState.APPROVED
        session.execute(
            update(ScriptDraft).where(written, ScriptDraft.effective_at > at).values(effective_at=at)
        )
        session.execute(
            update(ScriptVersion)
            .where(ScriptVersion.withdrawn_at.is_(None), ScriptVersion.effective_at > at)
            .values(effective_at=at)
        )
        session.execute(
            update(Notice)
            .where(Notice.withdrawn_at.is_(None), Notice.effective_at > at)
            .values(effective_at=at)
        )
        memory_stamps.renew(rule_versions.STAMP)


def lot_about(people: Iterable[Mapping[str, str]], *, number: str, zone: ZoneInfo) -> bytes:
    """Return an encrypted extract about people, sampled yesterday with symptoms since the day before."""
    now = clock.now().astimezone(zone)
    rows = [
        dict.fromkeys(FIELDS, "")
        | {
            "NUM_LOT": number,
            "ID_RESULTAT": f"{number}-{rank:06d}",
            "DATE_EXTRACTION": now.strftime("%d/%m/%Y %H:%M"),
            "DATE_NAISSANCE": "17/05/1980",
            "DATE_PRELEVEMENT": (now - timedelta(days=1)).strftime("%d/%m/%Y %H:%M"),
            "TYPE_ANALYSE": "PCR",
            "RESULTAT": "P",
            "SYMPTOMES": "S24",
        }
        | dict(person)
        for rank, person in enumerate(people, start=1)
    ]
    return enveloped(as_csv(rows))


if __name__ == "__main__":
    chosen = Settings.from_env()
    with running(chosen):
        if len(sys.argv) > 1:
            more = json.loads(sys.argv[1])
            if more == "now":
                take_effect()
            else:
                load_people(chosen, more["people"], more["number"])
        else:
            prepare(chosen)
