"""A dump of all that an import writes, without ids, nonces and times of day, so that two states can be compared."""

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import text

from tracing.kernel.db import session
from tracing.people import queries as people


def everything() -> dict[str, Any]:
    """Return lots, lines, people, cases, results, calls to make and the queue, each keyed by the person it is about."""
    who = _people()
    return {
        "lots": _rows("SELECT source_code, file_sha256, state, counts - 'lot', lines_read FROM import_lots"),
        "lines": _rows(
            """SELECT row_number, source_result_id, encode(fingerprint, 'hex'), result, outcome, new_episode,
                      possible_duplicate, reasons, warnings, case_id IS NOT NULL, sealed IS NOT NULL,
                      (SELECT row_number FROM import_lines AS later WHERE later.id = import_lines.settled_by_id)
               FROM import_lines"""
        ),
        "people": sorted(f"{name} {cohort}" for name, cohort in who.values()),
        "keys": Counter(
            (who[person][0], kind, digest)
            for person, kind, digest in _rows("SELECT person_id, kind, encode(hash, 'hex') FROM person_keys")
        ),
        "cases": sorted(
            (who[person][0], *map(str, rest))
            for person, *rest in _rows(
                """SELECT person_id, programme, episode, first_sampled_at, onset_on, status, warnings,
                          (SELECT jsonb_agg(jsonb_build_array(source_result_id, sampled_at, analysis, withdrawn_at IS NULL)
                                            ORDER BY source_result_id)
                           FROM lab_results WHERE case_id = cases.id)
                   FROM cases"""
            )
        ),
        "references": len(_rows("SELECT DISTINCT reference FROM cases")),
        "tasks": sorted(
            (who[person][0], *map(str, rest))
            for person, *rest in _rows(
                "SELECT person_id, kind, state, due_at, household_id IS NULL FROM call_tasks"
            )
        ),
        "households": _households(who),
        "numbers": _rows("SELECT encode(number_hash, 'hex'), is_institution, cohort FROM household_numbers"),
        "pairs": sorted(
            tuple(sorted((who[one][0], who[other][0])))
            for one, other in _rows("SELECT person_id, other_id FROM possible_duplicates")
        ),
        "events": Counter(
            kind
            for (kind,) in _rows(
                "SELECT kind FROM events WHERE kind IN ('case.opened', 'task.opened', 'lot.loaded')"
            )
        ),
    }


def _rows(statement: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in session.execute(text(statement))), key=repr)


def _people() -> dict[int, tuple[str, str]]:
    found = {}
    for person_id, cohort in _rows("SELECT id, cohort FROM people"):
        identity = people.find_identity(person_id)
        assert identity is not None
        found[person_id] = (f"{identity.birth_name} {identity.first_names} {identity.phones}", str(cohort))
    return found


def _households(who: dict[int, tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Return the people of each household and its place in the queue, without empty households."""
    members: dict[int, list[str]] = defaultdict(list)
    for person, household in _rows("SELECT id, household_id FROM people WHERE household_id IS NOT NULL"):
        members[household].append(who[person][0])
    place = {
        household: tuple(map(str, rest))
        for household, *rest in _rows(
            "SELECT household_id, state, due_at, rank_at, site_id, regroup FROM queue_entries"
        )
    }
    return sorted((sorted(theirs), place.get(home, ())) for home, theirs in members.items())
