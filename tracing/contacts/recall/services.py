"""Write where the case was on a day, under the call's claim."""

from datetime import date, datetime

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.contacts import queries
from tracing.contacts.errors import NotTheirList, OutsideWindow
from tracing.contacts.recall.errors import NoWords, TooManyPlaces
from tracing.kernel import clock
from tracing.places import queries as place_queries
from tracing.places import services as places
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent

LONGEST = 80
MOST_PLACES = 12
"""Places of one day."""


def case_on_line(call: Call, task: CallTask) -> Case:
    """Return the case whose days are recalled.

    Raises:
        IdentityFirst, NotTheirList
    """
    calls.require_identity(call, task)
    if task.contact_id is not None:
        raise NotTheirList
    return cases.get_case(task.case_id)


def add_place(call: Call, task: CallTask, day: date, typed: str, *, by: Agent, at: datetime) -> None:
    """Add a place to a day; the same words a second time change nothing.

    Raises:
        NoWords, OutsideWindow, TooManyPlaces, IdentityFirst, NotTheirList
    """
    case = case_on_line(call, task)
    words = " ".join(typed.split())
    if not words or len(words) > LONGEST:
        raise NoWords
    today = clock.local_day(at, by.site.time_zone)
    days = queries.search_days(case, on=today, zone=by.site.time_zone)
    if not days.first <= day <= days.last:
        raise OutsideWindow(days.first, days.last)
    known = [one for one in place_queries.of_case(case.id) if one.day == day]
    if words.casefold() in {(place_queries.words_of(one) or "").casefold() for one in known}:
        return
    if len(known) >= MOST_PLACES:
        raise TooManyPlaces(MOST_PLACES)
    places.add_of_day(case, day, words, cohort=today, by=by.member_id, at=at)


def remove_place(call: Call, task: CallTask, place_id: int) -> None:
    """Take a place off its day; twice changes nothing. That of a meeting leaves with the contact's line only."""
    places.remove_of_day(case_on_line(call, task), place_id)
