"""Whether the time of a public check tells more than its answer: pairs of a known and an unknown question, in turn.

Each pair is asked one right after the other, in changing order, so that whatever else the machine does falls on both. The
figure is the share of pairs in which the known one took longer: one half tells nothing.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median

from sqlalchemy import Connection, text

from benchmarks.figures import Figure, at_most, say, show, told
from benchmarks.ground import Ground, ground, server, without_foreign_keys
from tracing.public.services import Checks
from tracing.sickleave.delivery.rules import LETTERS, link_text
from tracing.vault import sealing

PAIRS = 2_000
OTHERS = 20_000
"""Notes and links that nobody asks about."""
AWAY = 10.0
"""How many of 100 pairs the share may be away from one half. Five tries close a link, and twenty in ten minutes an address:
a majority of five is right in 68 of 100 cases even at the limit. What a note is worth, and whether a call is ours, the
answer says anyway."""
BORN, NOW = date(1980, 5, 17), datetime.now(UTC)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its figures; 1 if a target does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public_checks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    asked = parser.parse_args(arguments)
    pairs = PAIRS // 10 if asked.quick else PAIRS
    with server() as running, ground(running, "checks") as place:
        figures = measure(place, pairs)
    show(figures, as_json=asked.json)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def measure(place: Ground, pairs: int) -> list[Figure]:
    """Return for each check the share of pairs in which the known question took longer, and by how much at the median."""
    checks = Checks(place.owner, os.urandom(32))
    say(f"{OTHERS} notes and links, and {pairs} of each that are asked about")
    with place.owner.begin() as connection, without_foreign_keys(connection):
        _fill(connection, checks, pairs)
    with place.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))

    def note(number: int, *, is_known: bool) -> None:
        checks.worth_of_note(_printed(number if is_known else -1 - number), address=_address(number))

    def link(number: int, *, is_known: bool) -> None:
        # the link is right and the code wrong, or the link is nobody's
        ticket = checks.ticket(_link(number if is_known else pairs + number), BORN, "000000")
        checks.open_papers(ticket, address=_address(number))

    def call(number: int, *, is_known: bool) -> None:
        checks.is_our_call(_proof(number if is_known else -1 - number), address=_address(number))

    found: list[Figure] = []
    for name, ask in (
        ("note, known or not", note),
        ("link, wrong code or unknown", link),
        ("call, ours or not", call),
    ):
        say(name)
        taken = _pairs(place, ask, pairs)
        share = sum(known > unknown for known, unknown in taken) / len(taken)
        found += [
            told(f"{name}: p50", median(one for pair in taken for one in pair), "us"),
            told(f"{name}: known later by, p50", median(known - unknown for known, unknown in taken), "us"),
            told(f"{name}: known slower, of 100 pairs", share * 100, ""),
            at_most(f"{name}: away from one half", abs(share - 0.5) * 100, "", target=AWAY),
        ]
    return found


def _pairs(place: Ground, ask: Callable[..., None], pairs: int) -> list[tuple[float, float]]:
    """Return the microseconds of both questions of each pair, without the first ones, which fill the caches."""
    taken = []
    for number in range(pairs):
        if number % 100 == 0:
            with place.owner.begin() as connection:
                connection.execute(text("DELETE FROM public_tries"))
        times: dict[bool, float] = {}
        for is_known in (True, False) if number % 2 else (False, True):
            started = time.perf_counter()
            ask(number, is_known=is_known)
            times[is_known] = (time.perf_counter() - started) * 1_000_000
        taken.append((times[True], times[False]))
    return taken[pairs // 20 :]


def _printed(number: int) -> str:
    return f"note {number}"


def _address(number: int) -> str:
    return f"192.0.{number // 200 % 200}.{number % 200}"


def _proof(number: int) -> str:
    return f"word {number}"


def _link(number: int) -> str:
    letters = ""
    for _place in range(12):
        number, rest = divmod(number, len(LETTERS))
        letters += LETTERS[rest]
    return letters


def _fill(connection: Connection, checks: Checks, pairs: int) -> None:
    """Write notes, links and calls; of the first `pairs`, hashes are those of what is asked."""
    site = connection.scalar(text("SELECT id FROM sites"))
    notes = [
        {
            "number": f"N-{number}",
            "serial": number + 1,
            "hash": sealing.blind(checks.key, _printed(number)) if number < pairs else os.urandom(16),
            "link": sealing.blind(checks.key, link_text(_link(number))) if number < pairs else os.urandom(16),
            "proof": os.urandom(32),
            "said": _proof(number) if number < pairs else f"other {number}",
            "site": site,
            "at": NOW,
            "until": NOW + timedelta(days=7),
            "day": NOW.date(),
        }
        for number in range(pairs + OTHERS)
    ]
    connection.execute(
        text("""
            INSERT INTO sick_notes (number, site_id, person_id, task_id, call_id, kind, first_day, last_day,
                                    rule, state, issued_at, issued_by, cohort, check_hash)
            VALUES (:number, :site, 1, :serial, 1, 'case', :day, :day, 'r', 'issued', :at, 1,
                    :day, :hash)
        """),
        notes,
    )
    connection.execute(
        text("""
            INSERT INTO note_deliveries (note_id, way, made_at, made_by, expires_at, link_hash, proof, cohort)
            SELECT id, 'link', :at, 1, :until, :link, :proof, :day FROM sick_notes WHERE number = :number
        """),
        notes,
    )
    connection.execute(
        text("""
            INSERT INTO calls (entry_id, household_id, claim_number, tracer_id, site_id, started_at, proof)
            VALUES (1, 1, :serial, 1, :site, :at, :said)
        """),
        notes,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
