"""The presence and the day of a site's tracers: those present first, then those who should be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from tracing.calls import queries
from tracing.calls.models import Call
from tracing.calls.rules import BY_TRACER, CallOutcome
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.queue.availability import Colleague, availability_of
from tracing.staff.agent import Workplace
from tracing.staff.rules import Presence

LISTED = 30
"""The most tracers that the board lists; the page of the team lists all."""


@dataclass(frozen=True, repr=False)
class AtWork:
    """A tracer of the site, with presence and day."""

    name: str
    presence: Presence
    is_expected: bool
    last_input_at: datetime | None
    paused_at: datetime | None
    ended: int = 0
    given_back: int = 0
    skipped: int = 0
    """Given back without a reason."""


@dataclass(frozen=True, repr=False)
class Team:
    """How many tracers are in each presence, and some of them in detail."""

    present: dict[str, int]
    """How many are in each presence, keyed by its code."""
    rows: Sequence[AtWork]

    @property
    def size(self) -> int:
        """How many tracers call for the site."""
        return sum(self.present.values())

    @property
    def at_work(self) -> int:
        """How many of them are present."""
        return self.size - self.present.get(Presence.AWAY.value, 0)

    def as_json(self) -> dict[str, Any]:
        """Return the team as JSON, to be stored between two counts."""
        rows = [
            vars(one) | {name: moment and moment.isoformat() for name, moment in _moments(one).items()}
            for one in self.rows
        ]
        return {"present": self.present, "rows": rows}


def read(kept: dict[str, Any]) -> Team:
    """Return a team from its stored JSON."""
    rows = []
    for one in kept["rows"]:
        moments = {
            name: one[name] and datetime.fromisoformat(one[name]) for name in ("last_input_at", "paused_at")
        }
        rows.append(AtWork(**one | moments | {"presence": Presence(one["presence"])}))
    return Team(kept["present"], rows)


def _moments(one: AtWork) -> dict[str, datetime | None]:
    return {"last_input_at": one.last_input_at, "paused_at": one.paused_at}


def team(site: Workplace, *, at: datetime) -> list[AtWork]:
    """Return the tracers of a site with their day."""
    day = _days(site.id, since=clock.midnight(at, site.time_zone))
    found = [
        _at_work(one, *day.get(one.member.id, (0, 0, 0)))
        for one in availability_of(site.id, at=at, zone=site.time_zone)
    ]
    order = list(Presence)
    return sorted(found, key=lambda one: (order.index(one.presence), not one.is_expected, one.name))


def summed_up(found: Sequence[AtWork], *, listed: int = LISTED) -> Team:
    """Return how many of a team are in each presence and, from a large team, those a supervisor looks at first.

    Those on a call come late because the list of calls shows them; those who are away and not expected come last.
    """

    def place(one: AtWork) -> int:
        if one.presence is Presence.AWAY:
            return 1 if one.is_expected else 4
        return 3 if one.presence is Presence.ON_CALL else 2 if one.presence is Presence.HERE else 0

    rows = found if len(found) <= listed else sorted(found, key=place)[:listed]
    return Team(dict(Counter(one.presence.value for one in found)), rows)


def _at_work(one: Colleague, ended: int, given_back: int, skipped: int) -> AtWork:
    return AtWork(
        name=one.member.display_name,
        presence=one.presence,
        is_expected=one.is_expected,
        last_input_at=one.last_input_at,
        paused_at=one.member.paused_at,
        ended=ended,
        given_back=given_back,
        skipped=skipped,
    )


def _days(site_id: int, *, since: datetime) -> dict[int, tuple[int, int, int]]:
    """Return per tracer the calls ended, given back, and given back without a reason, at a site."""
    rows = session.execute(
        select(
            Call.tracer_id,
            func.count().filter(Call.outcome.in_(BY_TRACER)).label("ended"),
            func.count().filter(Call.outcome == CallOutcome.GIVEN_BACK).label("given_back"),
            func.count()
            .filter(Call.outcome == CallOutcome.GIVEN_BACK, Call.give_back_reason.is_(None))
            .label("skipped"),
        )
        .where(queries.ended_at_site(site_id, since=since), Call.escalation_id.is_(None))
        .group_by(Call.tracer_id)
    )
    return {row.tracer_id: (row.ended, row.given_back, row.skipped) for row in rows}
