"""What an earlier call leaves standing, when somebody may be called back, when they are tried again. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracing.programmes.rules import Calling, is_open, next_attempt_at, next_open
from tracing.programmes.schema import Pack
from tracing.queue.rules import Factor
from tracing.scripts.definitions import Script
from tracing.scripts.vocabulary import NO, YES
from tracing.scripts.wording import confirmation_key

REPRESENTATIVE_UNDER = 16
"""Younger than this, a parent or legal representative answers."""

LONGEST_PROMISE = timedelta(days=7)
"""A callback is promised within a week: later, the days it is about are over."""

OF_THE_MOMENT = frozenset({"has_time", "red_flags"})
"""Asked anew in every call: whether there is time, and whether there is danger, was true of that day only."""

DATING_QUESTIONS = frozenset(
    {"has_symptoms", "onset_on", "vaccination", "lives_with_case", "infected_recently"}
)
"""Their answers change a window, an isolation or a quarantine."""


URGENT_QUESTIONS = frozenset({"fragile", "has_symptoms", "lives_in"})
"""Their answers make a later call more urgent, or less."""

COLLECTIVE = frozenset({"care_home", "shelter", "prison", "other"})
"""Answers to where somebody lives that are a collective housing."""


@dataclass(frozen=True, repr=False)
class Given:
    """An answer as it is stored."""

    value: Any
    call_id: int
    saved_at: datetime


def of_one_call(script: Script) -> frozenset[str]:
    """Return the answers and confirmations that hold only for the call in which they were given.

    Who is on the line, who they say they are, whatever ended a call before, and what is true of a moment.
    """
    keys: set[str] = set()
    for step in script.steps:
        asked = {question.id for question in step.questions}
        if not step.sensitive or step.end or asked & OF_THE_MOMENT:
            keys |= asked | {confirmation_key(step)}
    return frozenset(keys)


def standing(script: Script, given: Mapping[str, Given], *, call_id: int) -> dict[str, Any]:
    """Return the answers that hold in a call: those of the task, less what belonged to an earlier call."""
    momentary = of_one_call(script)
    return {
        key: one.value
        for key, one in given.items()
        if one.value is not None and (key not in momentary or one.call_id == call_id)
    }


def factors_after(known: Factor, answers: Mapping[str, Any]) -> Factor:
    """Return what makes somebody's calls more urgent, once they have answered; what was not asked stays as known."""
    said = {
        Factor.FRAGILE: as_flag(answers.get("fragile")),
        Factor.SYMPTOMS: as_flag(answers.get("has_symptoms")),
        Factor.PLACE: answers["lives_in"] in COLLECTIVE if answers.get("lives_in") else None,
    }
    for factor, holds in said.items():
        if holds is not None:
            known = known | factor if holds else known & ~factor
    return known


def onset_of(answers: Mapping[str, Any], known: date | None) -> date | None:
    """Return the first day of symptoms: as answered, else as the laboratory knew it."""
    if answers.get("has_symptoms") == NO:
        return None
    if answers.get("has_symptoms") != YES:
        return known
    said = answers.get("onset_on")
    try:
        return date.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None


def as_flag(answer: object) -> bool | None:
    """Return a yes or no as a truth, anything else as not known."""
    return {YES: True, NO: False}.get(answer) if isinstance(answer, str) else None


def newly_typed(typed: Sequence[str], stored: object) -> list[str]:
    """Return what was typed; of a day and « ne sait pas » together, the one that is new."""
    given = [one for one in typed if one]
    fresh = [one for one in given if one != stored]
    return fresh if len(given) == 2 and len(fresh) == 1 else given


def on_the_clock(day: date, hour: time, zone: ZoneInfo, *, at: datetime) -> datetime | None:
    """Return the moment (UTC) at which the clocks of a zone show an hour; None where they leap over it.

    Of an hour that comes twice in a night, the first one that is still to come.
    """
    typed = datetime.combine(day, hour, zone)
    first, again = (typed.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).time() != hour:
        return None
    return first if first > at else again


def may_be_promised(calling: Calling, when: datetime, *, at: datetime) -> bool:
    """Say whether somebody may be called back at `when`: to come, within a week by the clock, in calling hours."""
    latest = (at.astimezone(calling.zone) + LONGEST_PROMISE).astimezone(UTC)
    return at < when <= latest and is_open(calling, when)


def proposed_callback(
    calling: Calling, *, at: datetime, zone: ZoneInfo, can_be_kept: Callable[[datetime], bool]
) -> datetime:
    """Return the callback that the closing proposes: a full quarter, an hour from now or later, in calling hours.

    The first one that can be kept, looked for by the hour; without any, the first one at all. On the clock of the site
    (`zone`), like every time that its tracers type.
    """
    # in UTC: by the clock an hour may come twice, or not at all
    later = at.astimezone(UTC) + timedelta(hours=1)
    quarter = later + timedelta(minutes=-later.minute % 15)
    first = when = next_open(calling, quarter.replace(second=0, microsecond=0))
    while may_be_promised(calling, when, at=at):
        if can_be_kept(when):
            return when.astimezone(zone)
        when = next_open(calling, when + timedelta(hours=1))
    return first.astimezone(zone)


def next_try_at(
    pack: Pack, earlier: Sequence[datetime], *, attempts: int, at: datetime, calling: Calling
) -> datetime | None:
    """Return when to try again after an attempt in vain at `at`; None once every attempt is used up.

    `attempts` of the `earlier` ones count: a task that was opened again began anew.
    """
    counted = list(earlier)[-attempts:] if attempts else []
    return next_attempt_at(pack, [*counted, at], calling=calling)
