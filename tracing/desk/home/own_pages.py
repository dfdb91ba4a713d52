"""What a tracer did today and the day before: each call with where it stands now, and what became of their questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracing.cases import queries as cases
from tracing.desk import queries
from tracing.desk.queries import OwnCall
from tracing.escalations import queries as escalations
from tracing.escalations.models import Escalation
from tracing.escalations.queries import Words
from tracing.kernel import clock
from tracing.staff.agent import Agent


@dataclass(frozen=True, repr=False)
class Day:
    """The calls of one day, the last first."""

    on: date
    calls: Sequence[OwnCall]


@dataclass(frozen=True, repr=False)
class AskedQuestion:
    """A question that the tracer asked, and what became of it."""

    escalation: Escalation
    reference: str
    words: Words
    taken_by: str
    names: Mapping[int, str]
    """Of the members who asked, took or will call."""


@dataclass(frozen=True, repr=False)
class OwnWork:
    """A tracer's own calls and questions of two days."""

    days: Sequence[Day]
    questions: Sequence[AskedQuestion]


def work_of(by: Agent, *, at: datetime) -> OwnWork:
    """Return what a tracer did here today and the day before; references only, never a name."""
    zone = by.site.time_zone
    today = clock.midnight(at, zone)
    # noon of the day before: two days a year have 23 or 25 hours
    since = clock.midnight(today - timedelta(hours=12), zone)
    made = queries.own_calls(by, since=since)
    days = [clock.local_day(today, zone), clock.local_day(since, zone)]
    by_day = {on: [one for one in made if clock.local_day(one.call.started_at, zone) == on] for on in days}
    return OwnWork([Day(on, calls) for on, calls in by_day.items()], _questions(by, since=since))


def _questions(by: Agent, *, since: datetime) -> list[AskedQuestion]:
    asked = escalations.raised_by(by.member_id, by.site.id, since=since)
    tasks, names = escalations.tasks_of(asked), escalations.names_of(asked)
    references = cases.references(task.case_id for task in tasks.values())
    return [
        AskedQuestion(
            one,
            references[tasks[one.task_id].case_id],
            escalations.words_of(one),
            names.get(one.taken_by or 0, ""),
            names,
        )
        for one in asked
    ]
