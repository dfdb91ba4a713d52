"""Time to load, arrange and draw a chain of 500 people, and to build its page, beside the drawing alone."""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

from sqlalchemy import insert, text

from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import PROGRAMME, Ground, ground, server
from tracing.casefiles.chain_drawing import draw, ticks_of
from tracing.casefiles.chain_queries import chain_of
from tracing.casefiles.chain_rules import MOST_PEOPLE, arrange
from tracing.cases.models import Case
from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel.db import session, transaction
from tracing.people.models import Person
from tracing.programmes.vocabulary import RiskLevel
from tracing.staff import services as staff
from tracing.staff.models import Member, MemberKind, Site

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
ROUNDS = 20
LONGEST = 1000.0
"""Milliseconds of server time: issue 17, §4."""


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its figures; 1 if the target does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chain", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    asked = parser.parse_args(arguments)
    with server() as running, ground(running, "chain") as here:
        figures = measure(here, ROUNDS // 10 if asked.quick else ROUNDS)
    show(figures, as_json=asked.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def measure(here: Ground, rounds: int) -> list[Figure]:
    """Return the figures of one chain, loaded and drawn again in each round."""
    say(f"a chain of {MOST_PEOPLE} people")
    with transaction():
        start = _chain(MOST_PEOPLE)
    with here.owner.begin() as owner:
        owner.execute(text("ANALYZE"))
    times: dict[str, list[float]] = {"load": [], "arrange": [], "draw": [], "all": []}
    for _round in range(rounds + 1):
        marks = [time.perf_counter()]
        with transaction():
            found = chain_of(session.get_one(Case, start))
        marks.append(time.perf_counter())
        lines = arrange(found.members, found.meetings)
        marks.append(time.perf_counter())
        said = {one.member.case_id: one.member.reference for one in lines}
        drawn = draw(lines, said=said, days={one: one.isoformat() for one in ticks_of(lines)})
        marks.append(time.perf_counter())
        session.remove()
        if drawn.count("#case-") != MOST_PEOPLE:
            raise SystemExit("somebody is missing from the drawing")
        for name, begun, ended in zip(times, marks, marks[1:], strict=False):
            times[name].append((ended - begun) * 1000)
        times["all"].append((marks[-1] - marks[0]) * 1000)
    first = times["all"][0]
    kept = {name: median(taken[1:]) for name, taken in times.items()}
    return [
        told("load, p50", kept["load"], "ms"),
        told("arrange, p50", kept["arrange"], "ms"),
        told("draw, p50", kept["draw"], "ms"),
        at_most(f"{MOST_PEOPLE} people, all together, p50", kept["all"], "ms", target=LONGEST),
        at_most("the first one of a process", first, "ms", target=2 * LONGEST),
    ]


def _chain(people: int) -> int:
    """Make a chain in which everybody was named by one of the sixty before them; return its first case."""
    random = Random(7)  # noqa: S311 - the same chain in every run
    site = session.query(Site).one()
    by = session.query(Member.id).limit(1).scalar() or _somebody()
    session.execute(
        insert(Person),
        [{"cohort": BEGAN.date(), "created_at": BEGAN, "is_invented": False} for _one in range(people)],
    )
    persons = [one for (one,) in session.query(Person.id).order_by(Person.id)]
    began = [BEGAN]
    parents: list[int] = []
    for number in range(1, people):
        parent = random.randrange(max(0, number - 60), number)
        parents.append(parent)
        began.append(began[parent] + timedelta(days=random.randint(2, 7)))
    session.execute(
        insert(Case),
        [
            {
                "person_id": person,
                "site_id": site.id,
                "programme": PROGRAMME,
                "reference": f"P0-26-{number:06}-0",
                "episode": 1,
                "cohort": BEGAN.date(),
                "first_sampled_at": began[number],
                "onset_on": began[number].date(),
                "status": "open",
                "created_at": began[number],
                "warnings": [],
            }
            for number, person in enumerate(persons)
        ],
    )
    cases = [one for (one,) in session.query(Case.id).order_by(Case.id)]
    session.execute(
        insert(Contact),
        [
            {
                "case_id": cases[parent],
                "person_id": persons[number],
                "cohort": BEGAN.date(),
                "last_contact_on": (began[number] - timedelta(days=2)).date(),
                "circumstances": {},
                "risk": RiskLevel.UNDETERMINED,
                "status": ContactStatus.BECAME_CASE,
                "became_case_id": cases[number],
                "named_at": began[number],
                "named_by": by,
            }
            for number, parent in enumerate(parents, start=1)
        ],
    )
    return int(cases[0])


def _somebody() -> int:
    return staff.add_member(login="bench", name="Bench", kind=MemberKind.STAFF, by=None, at=BEGAN).id


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
