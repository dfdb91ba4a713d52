"""Decide the outcome of a line: exactly one, tested in the order that the format defines. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.imports.format.line import ParsedLine
from tracing.imports.format.reading import OTHER_PATHOGEN
from tracing.kernel.redaction import redacted
from tracing.people.rules import Identity, possible_duplicate, same_person


class Outcome(StrEnum):
    """What became of a line."""

    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    NOT_POSITIVE = "not_positive"
    QUARANTINED = "quarantined"
    REPEAT = "repeat"
    CREATED = "created"


@redacted
class EarlierLine(NamedTuple):
    """A line loaded before under the same result id (or the same fingerprint, without an id)."""

    fingerprint: bytes
    outcome: Outcome
    result: str


@dataclass(slots=True)
class KnownCase:
    """A case of a known person."""

    case_id: int
    first_sampled_at: datetime


@dataclass(slots=True, repr=False)
class KnownPerson:
    """A known person with the first given name and the birth date of the line, and their cases.

    Merged records come as several of these with the same person_id.
    """

    person_id: int
    identity: Identity
    cases: list[KnownCase] = field(default_factory=list)
    is_leading: bool = True
    """Of several merged records, the one that new data completes."""


class Decision(NamedTuple):
    """The outcome of a line and its consequences."""

    outcome: Outcome
    person_id: int | None = None
    """The known person of a repeat or of a created case; None with a created case: a new person."""
    case_id: int | None = None
    """The case that a repeat joins."""
    moves_first_sampling: bool = False
    """A repeat was sampled earlier than its case knew: the case's first sampling moves back."""
    new_episode: bool = False
    possible_with: tuple[int, ...] = ()
    """Known persons with whom a person should compare the new one."""
    settles: bool = False
    """An earlier line of the same result id is in quarantine; this line settles it."""


def decide(
    line: ParsedLine,
    *,
    fingerprint: bytes,
    earlier: Sequence[EarlierLine],
    candidates: Sequence[KnownPerson],
    zone: ZoneInfo,
) -> Decision:
    """Decide one line.

    `earlier` are the lines of the same result id in the order they came. `candidates` are all known persons who share
    its `given_birth_key`, including people and cases of earlier lines of the same lot.
    """
    current = _current(earlier)
    if _is_duplicate(line, fingerprint, earlier, current):
        return Decision(Outcome.DUPLICATE)
    settles = current is not None and current.outcome is Outcome.QUARANTINED
    if line.is_not_positive:
        taken_in = any(one.outcome in (Outcome.CREATED, Outcome.REPEAT) for one in earlier)
        # some laboratories give all tests of one sample the same id: what another pathogen's found withdraws nothing
        is_withdrawn = taken_in and line.result != OTHER_PATHOGEN
        return Decision(Outcome.WITHDRAWN if is_withdrawn else Outcome.NOT_POSITIVE, settles=settles)
    if line.identity is None or line.facts is None:
        return Decision(Outcome.QUARANTINED, settles=settles)
    if not candidates:  # most lines: no known person to compare with
        return Decision(Outcome.CREATED, settles=settles)
    matches = [known for known in candidates if same_person(line.identity, known.identity)]
    if len({known.person_id for known in matches}) == 1:
        return _for_known_person(matches, line.facts.sampled_at, zone)._replace(settles=settles)
    return _for_new_person(line.identity, matches, candidates)._replace(settles=settles)


def _current(earlier: Sequence[EarlierLine]) -> EarlierLine | None:
    """Return the last line that was not a mere repetition: its outcome is the current one."""
    return next((one for one in reversed(earlier) if one.outcome is not Outcome.DUPLICATE), None)


def _is_duplicate(
    line: ParsedLine, fingerprint: bytes, earlier: Sequence[EarlierLine], current: EarlierLine | None
) -> bool:
    """Return whether the line was seen before, or differs in nothing that matters."""
    if any(one.fingerprint == fingerprint for one in earlier):
        return True
    return (
        current is not None and current.outcome is not Outcome.QUARANTINED and current.result == line.result
    )


def _for_known_person(matches: Sequence[KnownPerson], sampled_at: datetime, zone: ZoneInfo) -> Decision:
    """Join the nearest case of the one matching person, or open a new episode."""
    person_id = matches[0].person_id
    cases = [case for known in matches for case in known.cases]
    nearest = min(cases, key=lambda case: _days_apart(case.first_sampled_at, sampled_at, zone), default=None)
    if nearest is None or _days_apart(nearest.first_sampled_at, sampled_at, zone) > SAME_EPISODE_DAYS:
        return Decision(Outcome.CREATED, person_id=person_id, new_episode=nearest is not None)
    return Decision(
        Outcome.REPEAT,
        person_id=person_id,
        case_id=nearest.case_id,
        moves_first_sampling=sampled_at < nearest.first_sampled_at,
    )


def _for_new_person(
    identity: Identity, matches: Iterable[KnownPerson], candidates: Iterable[KnownPerson]
) -> Decision:
    """Create a case for a new person, naming every known person they might turn out to be."""
    resembling = (known for known in candidates if possible_duplicate(identity, known.identity))
    possible = dict.fromkeys(known.person_id for known in (*matches, *resembling))
    return Decision(Outcome.CREATED, possible_with=tuple(possible))


def case_of_negative(
    who: Identity, sampled_on: date, candidates: Iterable[KnownPerson], zone: ZoneInfo
) -> int | None:
    """Return the case of whose episode a negative test is: the nearest of the one known person it can be."""
    matches = [known for known in candidates if same_person(who, known.identity)]
    if len({known.person_id for known in matches}) != 1:
        return None
    apart = {
        case.case_id: abs((case.first_sampled_at.astimezone(zone).date() - sampled_on).days)
        for known in matches
        for case in known.cases
    }
    nearest = min(apart, key=apart.__getitem__, default=None)
    return nearest if nearest is not None and apart[nearest] <= SAME_EPISODE_DAYS else None


def _days_apart(one: datetime, other: datetime, zone: ZoneInfo) -> int:
    """Return the number of calendar days between two moments in the site's time zone."""
    return abs((one.astimezone(zone).date() - other.astimezone(zone).date()).days)
