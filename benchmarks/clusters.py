"""Time of the cluster hint and of an adviser's list of clusters with N and 10 N named places, beside the raw SQL of the run.

The places are those of the last week: what counts is looked up by index, and older rows are never read.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import select, text

from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import PROGRAMME, Ground, fill, ground, server
from benchmarks.queue_ground import add_members, settle
from tracing.cases.models import Case
from tracing.clusters import queries as clusters
from tracing.kernel.db import session, transaction
from tracing.places import queries as places
from tracing.places.models import NamedPlace
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import clusters as clusters_in
from tracing.vault import services as vault

FEW, MANY = 100_000, 1_000_000
COMMON = 200
"""Places of the week that several cases named."""
ROUNDS = 30
LISTED_EVERY = 5
"""The list is read less often than the hint: it takes longer."""
FLAT = 1.3
"""How many times as long it may take with ten times the places."""
HINT = 25.0
"""Milliseconds of the hint: it is asked for as a place is typed."""
LIST = 1000.0
"""Milliseconds of the list: issue 17 names no target; its page must not need a progress bar."""

RAW_HINT = """
    SELECT count(DISTINCT case_id) FROM named_places
    WHERE name_hash = %(name)s AND named_at >= %(since)s AND case_id <> %(case)s
"""
RAW_LIST = """
    SELECT name_hash, count(DISTINCT case_id) FROM named_places
    WHERE name_hash IN (SELECT name_hash FROM named_places
                        WHERE site_id = %(site)s AND named_at >= %(since)s AND name_hash IS NOT NULL)
          AND named_at >= %(since)s
    GROUP BY name_hash HAVING count(DISTINCT case_id) >= 3
"""

PLACES = """
    INSERT INTO named_places (case_id, day, site_id, programme, name_hash, town_hash, index_key_id, cohort, named_at,
                              named_by)
    SELECT :first + number % :cases, CAST(now() AS date), (SELECT min(id) FROM sites), :programme,
           decode(md5(CASE WHEN number <= :common * 4 THEN 'common' || number % :common
                           ELSE :series || number END), 'hex'),
           decode(md5('town'), 'hex'), 1, CAST(now() AS date),
           now() - CAST(:ago AS interval) - interval '5 days' * number / :count, :member
    FROM generate_series(1, :count) AS number
"""


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its figures; 1 if a target does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clusters", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of the places")
    asked = parser.parse_args(arguments)
    few, many = (FEW // 10, MANY // 10) if asked.quick else (FEW, MANY)
    with server() as running, ground(running, "clusters") as here:
        figures = _figures(here, few, many)
    show(figures, as_json=asked.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def _figures(here: Ground, few: int, many: int) -> list[Figure]:
    week = few // 5
    fill(here, week)
    [member] = add_members(here, 1)
    with here.owner.begin() as owner:
        first = int(owner.scalar(text("SELECT min(id) FROM cases")) or 0)
    known = {"first": first, "cases": week, "member": member, "programme": PROGRAMME}
    say(f"  {few:,} places …")
    _add(here, known | {"common": COMMON, "series": "week", "ago": "0 days", "count": week})
    _add(here, known | {"common": 1, "series": "few", "ago": "10 days", "count": few - week})
    _seal_common(here)
    small = _measure(here, first + 1)
    say(f"  {many:,} places …")
    _add(here, known | {"common": 1, "series": "many", "ago": "10 days", "count": many - few})
    large = _measure(here, first + 1)
    return [
        at_most("the hint, p50", large["hint"], "ms", target=HINT),
        told("the hint beside its statement alone", large["hint"] / large["raw hint"], ""),
        at_most("the hint with ten times the places", large["hint"], "ms", raw=small["hint"], target=FLAT),
        at_most("the list, p50", large["list"], "ms", target=LIST),
        told("the list beside its statement alone", large["list"] / large["raw list"], ""),
        at_most("the list with ten times the places", large["list"], "ms", raw=small["list"], target=FLAT),
        told("places of the week", week, ""),
        told("places in all", many, ""),
        told("clusters in the list", large["clusters"], ""),
    ]


def _add(here: Ground, values: dict[str, Any]) -> None:
    with here.owner.begin() as owner:
        owner.execute(text(PLACES), values)
    settle(here)


def _seal_common(here: Ground) -> None:
    """Give their words to the places that the list shows: it opens them."""
    chosen = "SELECT id, cohort FROM named_places WHERE named_at > now() - interval '7 days' ORDER BY id LIMIT :most"
    with here.owner.begin() as owner, transaction():
        rows = owner.execute(text(chosen), {"most": COMMON * 4}).all()
        for row in rows:
            sealed = vault.seal("named_places", row.id, row.cohort, {"words": "Salle Exemple, Nantes"})
            change = text("UPDATE named_places SET sealed = :sealed WHERE id = :id")
            owner.execute(change, {"sealed": sealed, "id": row.id})


def _measure(here: Ground, case_id: int) -> dict[str, float]:
    at = datetime.now(UTC)
    rule = clusters_in(get_pack(PROGRAMME), on=at.date())
    times: dict[str, list[float]] = {"hint": [], "list": [], "raw hint": [], "raw list": []}
    url = here.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    found = 0
    with psycopg.connect(url, autocommit=True) as bare, transaction():
        case = session.get_one(Case, case_id)
        [place] = session.scalars(select(NamedPlace).where(NamedPlace.case_id == case_id).limit(1)).all()
        hashes = places.Hashes(place.name_hash or b"", place.town_hash, None)
        values = {"name": hashes.name, "since": rule.since(at), "case": case_id, "site": case.site_id}
        for number in range(ROUNDS + 1):
            begun = time.perf_counter()
            places.others_naming(hashes, case, since=rule.since(at))
            times["hint"].append(_since(begun))
            begun = time.perf_counter()
            bare.execute(RAW_HINT, values).fetchall()
            times["raw hint"].append(_since(begun))
            if number % LISTED_EVERY == 0:
                session.expunge_all()
                case = session.get_one(Case, case_id)
                begun = time.perf_counter()
                found = len(clusters.of_site(case.site_id, PROGRAMME, rule, at=at))
                times["list"].append(_since(begun))
                begun = time.perf_counter()
                bare.execute(RAW_LIST, values).fetchall()
                times["raw list"].append(_since(begun))
    session.remove()
    return {name: median(taken[1:]) for name, taken in times.items()} | {"clusters": found}


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
