"""Load the demo into an empty database."""

from datetime import datetime, timedelta
from random import Random

from flask_babel import gettext as _
from sqlalchemy import select

from tracing.demo import encryption, invented_people, sample_calls
from tracing.demo.models import THE_RUN, DemoRun
from tracing.demo.staff import COLLEAGUES, hire, open_sites
from tracing.imports.decryption.secrets import secrets_from
from tracing.imports.jobs import Arrival
from tracing.imports.jobs import load as load_lot
from tracing.imports.models import ImportLot, LotState, SourceKind
from tracing.imports.sources import key_services
from tracing.imports.sources import services as source_services
from tracing.imports.sources.key_files import read_private_key
from tracing.imports.sources.queries import find_source
from tracing.kernel import clock, events
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction
from tracing.kernel.secrets import load_or_create
from tracing.people.countries import Country
from tracing.staff import queries as staff
from tracing.staff.models import Member

SEED = 1902
"""The same people at every first run, so that a bug report can be reproduced."""
SENDER, PRACTICE, OFFICERS = "PDL", "ECOLE", ("irene", "basile")
"""The portal (outside the demo its people are real), the sender for the training site, and the two import officers."""
BEGUN, LOADED = "demo.begun", "demo.loaded"
AT_NANTES, AT_AJACCIO, AT_SCHOOL = 216, 60, 24
ARRIVED_AGO = timedelta(hours=2, minutes=40)
"""The demo begins in the middle of a morning: some calls are made, and the four-hour deadline has not passed."""


def is_wanted() -> bool:
    """Return whether there are no members and no lots yet, or a first start was killed half-way."""
    with transaction():
        if not any(session.scalar(select(table.id).limit(1)) for table in (Member, ImportLot)):
            return True
        run = session.get(DemoRun, THE_RUN)
        return run is not None and run.loaded_at is None


def password_of(settings: Settings) -> str:
    """Return the password of every demo account, made at the first run."""
    token = load_or_create(settings.data_dir / "secrets" / "demo_password", 9).hex()
    return "-".join(token[n : n + 6] for n in range(0, len(token), 6))


def accounts(settings: Settings) -> list[str]:
    """Return the demo accounts, one per line; an empty list when this database contains no demo."""
    with transaction():
        is_there = staff.find_member_by_login(COLLEAGUES[0].login) is not None
    if not is_there or not (settings.data_dir / "secrets" / "demo_password").exists():
        return []
    lines = [f"  {one.login:<9}{one.in_words}" for one in COLLEAGUES]
    return ["Demo accounts (one password for all):", *lines, f"  password  {password_of(settings)}"]


def load(settings: Settings) -> None:
    """Load the demo: sites and staff, a lot through the real import, then a morning's work.

    Each step is done completely or not at all, so that the next start can continue one that was killed.
    """
    at = clock.now()
    with transaction():
        if session.get(DemoRun, THE_RUN) is None:
            session.add(DemoRun(id=THE_RUN, begun_at=at))
            events.record(BEGUN, by=None, at=at)
            hire(
                open_sites(settings.programme, at=at - timedelta(days=30)),
                password_of(settings),
                at=at - timedelta(days=20),
            )
    know_senders(settings, at=at - timedelta(days=10))
    send_and_load(settings, at=at - ARRIVED_AGO)
    sample_calls.make_sample_calls(began_at=at - ARRIVED_AGO, at=at)
    with transaction():
        session.get_one(DemoRun, THE_RUN).loaded_at = at = clock.now()
        events.record(LOADED, by=None, at=at)


def know_senders(settings: Settings, *, at: datetime) -> None:
    """Register the portal and its key by one import officer, confirmed by the other, and the training site's sender.

    The lots of a training site have a sender of their own, so that no person from another sender gets there.
    """
    key, certificate = encryption.make_key_pair(settings.data_dir / "demo", at=at)
    with transaction():
        if find_source(SENDER) is not None:
            return
        proposes, confirms = (
            member.id for login in OFFICERS if (member := staff.find_member_by_login(login)) is not None
        )
        source_services.add_source(
            SENDER,
            source_services.Terms(
                label=_("Portail des laboratoires"),
                kind=SourceKind.PORTAL,
                is_trusted=True,
                needs_signature=False,
                ids_are_unique=True,
                site_id=None,
                contact=_("Assistance du portail, du lundi au samedi de 8 h à 19 h"),
                country=Country.FRANCE,
            ),
            by=proposes,
            at=at,
        )
        read = read_private_key(key, certificate=certificate)
        made = key_services.propose(SENDER, read, label=_("Clé de la plateforme"), by=proposes, at=at)
        ending = key_services.shown_fingerprints(made)[0][-key_services.LAST :]
        key_services.confirm(SENDER, made.id, ending, by=confirms, at=at)
        school = staff.find_training_site()
        source_services.add_source(
            PRACTICE,
            source_services.Terms(
                label=_("Personnes inventées pour l’entraînement"),
                kind=SourceKind.PLATFORM,
                is_trusted=True,
                needs_signature=False,
                ids_are_unique=True,
                site_id=school.id if school else None,
                contact="",
                country=Country.FRANCE,
            ),
            by=proposes,
            at=at,
        )


def send_and_load(settings: Settings, *, at: datetime) -> None:
    """Write the extracts, encrypt them as their senders would, and load them like any other file."""
    random = Random(SEED)  # noqa: S311 - invented people, no secret
    people = [
        *invented_people.invent(invented_people.NANTES, AT_NANTES, random, first_serial=0),
        *invented_people.invent(invented_people.AJACCIO, AT_AJACCIO, random, first_serial=3000),
    ]
    pupils = invented_people.invent(invented_people.SCHOOL, AT_SCHOOL, random, first_serial=6000)
    for code, theirs, has_trouble in ((SENDER, people, True), (PRACTICE, pupils, False)):
        lot = f"{code}{at:%Y%m%d}01"
        rows = list(invented_people.lines(theirs, lot=lot, at=at, zone=settings.zone, random=random))
        _load(code, lot, invented_people.with_typical_errors(rows) if has_trouble else rows, settings, at=at)


def _load(code: str, lot: str, rows: list[dict[str, str]], settings: Settings, *, at: datetime) -> None:
    """Encrypt an extract for the platform and load it, unless an earlier start has done so already."""
    with transaction():
        arrived = select(ImportLot.id).where(
            ImportLot.source_code == code, ImportLot.state == LotState.LOADED
        )
        if session.scalar(arrived.limit(1)) is not None:
            return
    folder = settings.data_dir / "demo"
    key, certificate = encryption.make_key_pair(folder, at=at)
    file = next(iter(sorted(folder.glob(f"{code}*.p7m"))), folder / f"{lot}.csv.p7m")
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.write_bytes(encryption.encrypt(invented_people.as_csv(rows), certificate))
        draft.rename(file)
    load_lot(
        Arrival(
            content=file.read_bytes(),
            file_name=file.name,
            source_code=code,
            secrets=secrets_from(private_key=key, certificate=certificate),
            zone=settings.zone,
            allow_fiction=True,
            programme=settings.programme,
            received_at=at,
        )
    )
