"""Views of the days that are recalled: a dialog over the call screen, or a part of the list's page without script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracing.calls import services as calls
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.contacts import queries
from tracing.contacts.errors import OutsideWindow
from tracing.contacts.models import ContactStatus
from tracing.contacts.panel_views import Opened, late, panel_of
from tracing.contacts.queries import Line
from tracing.contacts.recall import services
from tracing.contacts.recall.errors import NoWords, TooManyPlaces
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.places import queries as places
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.staff.access import agent, asked_at, is_fragment, may
from tracing.staff.models import Role

MOST_DAYS = 31


@dataclass(frozen=True, repr=False)
class Day:
    """A day with whom the case met on it for the last time, and where they were."""

    on: date
    met: Sequence[Line]
    places: Sequence[tuple[int, str]]
    """Those of the day itself, by row."""


@dataclass(repr=False)
class Recall:
    """The calendar on the page."""

    days: Sequence[Day] = ()
    outside: Sequence[Day] = ()
    """Days that are not asked about any more, since others are contagious: what was said of them can be taken off."""
    unknown: Sequence[Line] = ()
    """Whom they met on a day that nobody knows."""
    focus: date | None = None
    typed: str = ""
    error: str = ""
    """What is wrong in the place that was typed for the day with the focus."""
    is_day_gone: bool = False
    """It was typed for a day that is not asked about any more; the latest day has the focus."""
    is_window: bool = field(default=True)
    """The days are those of the rule in force; else the last fourteen before the sampling."""


@may(Role.TRACER, Role.ADVISER)
def show(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show the list with the days open."""
    return _page(call_id, task_id, Recall())


@may(Role.TRACER, Role.ADVISER, last_words=True)
def add(call_id: int, task_id: int) -> ResponseReturnValue:
    """Add a place to a day, and go on with that day."""
    typed, day = request.form.get("place", ""), _day(request.form.get("day", ""))
    try:
        _write(
            call_id,
            task_id,
            lambda call, task, at: services.add_place(call, task, day, typed, by=agent(), at=at),
        )
    except ClaimLost as lost:
        with transaction():
            if typed.strip():
                calls.keep_draft(call_id, "contact", typed, by=agent(), at=clock.database_now())
        return late(call_id, task_id, lost, typed)
    except (NoWords, OutsideWindow, TooManyPlaces) as refusal:
        shown = Recall(focus=day, typed=typed, error=refusal.message)
        return _page(call_id, task_id, shown, status=refusal.status)
    return _done(call_id, task_id, day)


@may(Role.TRACER, Role.ADVISER)
def remove(call_id: int, task_id: int, place_id: int) -> ResponseReturnValue:
    """Take a place off its day."""
    try:
        _write(call_id, task_id, lambda call, task, _at: services.remove_place(call, task, place_id))
    except ClaimLost as lost:
        return late(call_id, task_id, lost, "")
    return _done(call_id, task_id, _day(request.form.get("day", "")))


def _write(call_id: int, task_id: int, change: Callable[[Call, CallTask, datetime], None]) -> None:
    with transaction():
        at = clock.database_now()
        call = calls.lock_for_write(call_id, agent(), reaching=task_id, at=at)
        if call.site_id != agent().site.id:
            raise NoSuchCall
        change(call, calls.task_of_call(call, task_id), at)


def _done(call_id: int, task_id: int, day: date) -> ResponseReturnValue:
    if is_fragment():
        return make_response(_page(call_id, task_id, Recall(focus=day)))
    return redirect(url_for("contacts.days", call_id=call_id, task_id=task_id, day=day.isoformat()), 303)


def _page(call_id: int, task_id: int, shown: Recall, *, status: int = 200) -> ResponseReturnValue:
    at = asked_at()
    with transaction():
        case = services.case_on_line(*queries.open_call(call_id, task_id, agent()))
        today = clock.local_day(at, agent().site.time_zone)
        days = queries.search_days(case, on=today, zone=agent().site.time_zone)
        listed = [
            one
            for one in queries.lines(queries.contacts_of_case(case.id))
            if one.contact.status is not ContactStatus.REMOVED
        ]
        named = [(one, places.words_of(one)) for one in places.of_case(case.id) if one.day is not None]
    last = min(days.last, today)
    shown.is_window = days.window is not None
    shown.unknown = [one for one in listed if one.contact.is_day_unknown]

    def of(day: date) -> Day:
        met = [one for one in listed if not one.contact.is_day_unknown and one.contact.last_contact_on == day]
        return Day(day, met, [(place.id, words) for place, words in named if place.day == day and words])

    asked_about = [
        last - timedelta(days=back) for back in range(min((last - days.first).days + 1, MOST_DAYS))
    ]
    shown.days = [of(day) for day in asked_about]
    said_of = {place.day for place, words in named if words and place.day is not None}
    shown.outside = [of(day) for day in sorted(said_of - set(asked_about), reverse=True)]
    asked = request.args.get("day")
    wanted = shown.focus or (_day(asked) if asked else last)
    shown.is_day_gone = wanted not in asked_about
    shown.focus = last if shown.is_day_gone else wanted
    return panel_of(call_id, task_id, Opened(recall=shown), status=status)


def _day(typed: str) -> date:
    """Return a day that a form sent; one that cannot be is none of the window."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return date.min
