"""Benchmark of deciding a case with 20 contacts again after a corrected day, with few cases in the database and with many.

One fact is recorded and everything that follows is carried out and committed. The raw limit of the same run is the pure
computation of the same decisions, plus the same statements sent bare over one connection and committed. `--quick` uses a
tenth of the cases and makes fewer corrections.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import cycle
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import event

from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import PROGRAMME, Ground, fill, ground, server
from benchmarks.queue_ground import add_members, settle
from tracing.cases import services as cases
from tracing.cases.queries import get_case
from tracing.consequences import queries as pictures
from tracing.consequences import rules
from tracing.consequences import services as consequences
from tracing.consequences.picture_rules import CaseNow
from tracing.contacts.models import Contact
from tracing.contacts.queries import contacts_of_case
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel import clock, db
from tracing.kernel.db import session, take_id
from tracing.people import services as people
from tracing.people.rules import Identity
from tracing.programmes.loader import get_pack
from tracing.programmes.rules import contagious_window, isolation, quarantine
from tracing.programmes.vocabulary import RiskLevel, Vaccination
from tracing.queue import services as queue
from tracing.queue.models import TaskKind
from tracing.staff import queries as staff

FEW, MANY = 10_000, 1_000_000
CONTACTS = 20
CORRECTIONS = 60
WARMING = 5
OF_RAW = 2.0
FLAT = 1.2

Sent = list[tuple[str, Any]]


@dataclass
class Measured:
    """Milliseconds of every correction, and of its raw limit."""

    whole: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    statements: int = 0


def add_case(now: datetime, member_id: int) -> int:
    """Open a case with its call and 20 contacts, met on the last days, who wait for theirs; return its id."""
    site = staff.sites()[0]
    today = now.date()

    def someone(number: int) -> Identity:
        return Identity(
            birth_name=f"Banc{number}",
            first_names="Zoé",
            birth_date=date(1980, 1, 1) + timedelta(days=number),
            sex="F",
            nir=None,
            phones=(f"+3363998{number:04d}",),
        )

    def waits(kind: TaskKind, person: int, case_id: int, number: int, contact_id: int | None = None) -> None:
        queue.enqueue(
            kind=kind,
            person_id=person,
            phones=someone(number).phones,
            site_id=site.id,
            case_id=case_id,
            contact_id=contact_id,
            due_at=now + timedelta(hours=4),
            at=now,
        )

    ill = people.register(someone(0), cohort=today, at=now)
    of = cases.open_case(
        ill.id,
        site_id=site.id,
        programme=PROGRAMME,
        cohort=today,
        first_sampled_at=now - timedelta(days=1),
        by=None,
        at=now,
    )
    waits(TaskKind.CASE_FIRST, ill.id, of.id, 0)
    for number in range(1, CONTACTS + 1):
        met = people.register(someone(number), cohort=today, at=now)
        contact = Contact(
            id=take_id("contacts"),
            case_id=of.id,
            person_id=met.id,
            cohort=today,
            last_contact_on=today - timedelta(days=number % 5),
            circumstances={"lives_with_case": True},
            risk=RiskLevel.AT_RISK,
            risk_rule=f"{PROGRAMME}@banc/R-1",
            named_at=now,
            named_by=member_id,
        )
        session.add(contact)
        session.flush()
        waits(TaskKind.CONTACT_FIRST, met.id, of.id, number, contact.id)
        consequences.decide_first(SubjectType.CONTACT, contact.id, by=None, at=now)
    consequences.follow_case(of.id, by=None, at=now)
    return of.id


@contextmanager
def _statements(here: Ground) -> Iterator[Sent]:
    """Collect what is sent to the database."""
    sent: Sent = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    event.listen(here.engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(here.engine, "before_cursor_execute", keep)


def correct(case_id: int, onset: date, *, at: datetime) -> None:
    """Record another first day of symptoms, with everything that follows."""
    with db.transaction():
        new = NewFact(
            subject=(SubjectType.CASE, case_id),
            kind=FactKind.ONSET,
            value=onset.isoformat(),
            source=FactSource.DOCTOR,
            cohort=at.date(),
        )
        consequences.record([new], by=None, at=at)


def _compute(now: CaseNow, onset: date, today: date) -> None:
    """Compute the decisions of a case and of each contact, and the difference, without a database."""
    pack = get_pack(PROGRAMME)
    contagious_window(pack, onset=onset, sampled=today, on=today)
    isolation(pack, onset=onset, sampled=today, vaccination=Vaccination.UNKNOWN, age=40, on=today)
    for contact in now.contacts:
        quarantine(
            pack,
            last_contact=contact.met_on,
            lives_with_case=True,
            vaccination=Vaccination.UNKNOWN,
            age=40,
            case_isolation_end=None,
            on=today,
        )
    rules.of_case(now)


def _raw(here: Ground, sent: Sent) -> float:
    """Return the milliseconds that the same statements take, sent bare and committed.

    The fact is in its table already: a look-up of its key is sent in its place. Events are simply written once more.
    """
    url = here.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as bare:
        began = time.perf_counter()
        for statement, parameters in sent:
            if statement.lstrip().startswith("INSERT INTO facts"):
                bare.execute("SELECT 1 FROM facts WHERE id = %(id)s", {"id": parameters["id"]})
            else:
                bare.execute(statement, parameters)
        bare.commit()
        return (time.perf_counter() - began) * 1000


def _measure(here: Ground, case_id: int, *, corrections: int) -> Measured:
    measured = Measured()
    now = clock.now()
    today = now.date()
    onsets = cycle(today - timedelta(days=back) for back in (1, 3, 2, 4))
    with db.transaction():
        of = get_case(case_id)
        picture = pictures.case_now(of, contacts_of_case(case_id), on=today)
    for number in range(WARMING + corrections):
        onset = next(onsets)
        with _statements(here) as sent:
            began = time.perf_counter()
            correct(case_id, onset, at=now + timedelta(seconds=number))
            whole = (time.perf_counter() - began) * 1000
        raw = _raw(here, sent)
        began = time.perf_counter()
        _compute(picture, onset, today)
        raw += (time.perf_counter() - began) * 1000
        if number >= WARMING:
            measured.whole.append(whole)
            measured.raw.append(raw)
            measured.statements = max(measured.statements, len(sent))
    return measured


def main(arguments: list[str]) -> int:
    """Run everything and print the figures; return 1 when one of them misses its target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument(
        "--quick", action="store_true", help="a tenth of the cases, a third of the corrections"
    )
    chosen = options.parse_args(arguments)
    many, corrections = (MANY // 10, CORRECTIONS // 3) if chosen.quick else (MANY, CORRECTIONS)
    found = {}
    with server() as running:
        for base in (FEW, many):
            say(f"  {base:,} cases …")
            with ground(running, f"consequences_{base}") as here:
                fill(here, base)
                (member_id,) = add_members(here, 1)
                with db.transaction():
                    case_id = add_case(clock.now(), member_id)
                settle(here)
                found[base] = _measure(here, case_id, corrections=corrections)
    figures = _figures(found[FEW], found[many])
    show(figures, as_json=chosen.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(few: Measured, many: Measured) -> list[Figure]:
    return [
        at_most(
            "deciding a case with 20 contacts again",
            median(few.whole),
            "ms",
            raw=median(few.raw),
            target=OF_RAW,
        ),
        at_most("the same with many cases", median(many.whole), "ms", raw=median(few.whole), target=FLAT),
        told("most statements of one correction", many.statements, ""),
        told("the same statements sent bare, and pure, many cases", median(many.raw), "ms"),
        told("slowest with many cases", max(many.whole), "ms"),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
