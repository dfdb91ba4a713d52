"""Rules of the desk: which answers outlast a call, when a callback may be promised, when to try again. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from tracing.calls.rules import StoredAnswer
from tracing.contacts.rules import TEST_ANSWERS
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.programmes.rules import Calling, is_open, next_attempt_at, next_open
from tracing.programmes.schema import Pack
from tracing.queue.rules import Factor
from tracing.scripts.definitions import Script
from tracing.scripts.rules import answered_day
from tracing.scripts.vocabulary import ANSWER_FOR_SOMEBODY, IDENTITY_QUESTION, NO, UNKNOWN, WHO_ANSWERS, YES
from tracing.scripts.wording import confirmation_key

LONGEST_PROMISE = timedelta(days=7)
"""The latest a callback may be: after a week, the days it is about are over."""

KEPT_EARLY_BY = timedelta(minutes=15)
"""A promised callback may come this much early: whoever expects a call then is not surprised."""

OF_THE_MOMENT = frozenset({"has_time", "red_flags"})
"""Asked again in every call: whether there is time and whether there is danger were true on that day only."""

FACT_OF_ANSWER: dict[SubjectType, dict[str, FactKind]] = {
    SubjectType.CASE: {
        "has_symptoms": FactKind.SYMPTOMS,
        "onset_on": FactKind.ONSET,
        "sampling_corrected_on": FactKind.SAMPLED,
        "vaccination": FactKind.VACCINATION,
        "infected_recently": FactKind.INFECTED_RECENTLY,
        "immunodepressed": FactKind.IMMUNODEPRESSED,
        "hospitalised": FactKind.HOSPITAL,
    },
    SubjectType.CONTACT: {
        "has_symptoms": FactKind.SYMPTOMS,
        "onset_on": FactKind.ONSET,
        "last_contact_on": FactKind.LAST_CONTACT,
        "lives_with_case": FactKind.LIVES_WITH_CASE,
        "vaccination": FactKind.VACCINATION,
        "infected_recently": FactKind.INFECTED_RECENTLY,
        "immunodepressed": FactKind.IMMUNODEPRESSED,
    },
}
"""The answers that are facts: the dates, the measures and whatever depends on them follow from these."""

NEW_SYMPTOMS, NEW_SYMPTOMS_ON = "new_symptoms", "new_symptoms_on"
"""Asked in a follow-up call: whether symptoms began since we last spoke, and on which day."""
OF_SYMPTOMS = frozenset({FactKind.SYMPTOMS, FactKind.ONSET})

DATING_QUESTIONS = frozenset(
    {"sampling_confirmed", "last_contact_confirmed", NEW_SYMPTOMS, NEW_SYMPTOMS_ON, *TEST_ANSWERS}
).union(*FACT_OF_ANSWER.values())
"""Their answers change the contact window, the isolation or the quarantine."""

OWN_WORDS = frozenset({FactSource.PERSON, FactSource.REPRESENTATIVE})
"""Whose word the answers of a conversation are."""

HELP_QUESTIONS = frozenset({"needs", "needs_consent"})
"""Help to stay at home, and whether it may be passed on."""

RECALL_QUESTIONS = ("recall_places", "contacts_listed")
"""Whom the person met: asked again for days that the contagious window has gained."""

LIST_QUESTION, TO_BE_COMPLETED = "contacts_listed", "to_be_completed"
"""The answer of somebody who will ring to complete the list of whom they met."""
RING_UNLESS_THEY_DO_AFTER, RING_UNLESS_THEY_DO_WITHIN = timedelta(hours=24), timedelta(hours=48)
"""Whoever was to ring to complete their list has a day for it; then we ring, within two days of the call."""

MOST_DAYS_BEFORE_SAMPLING = MOST_DAYS_AFTER_SAMPLING = 14
"""Further from the sampling, a first day of symptoms is a slip of the tongue or of the keyboard, or a doctor's matter."""


HOUSEHOLD_QUESTIONS = frozenset({"lives_in", "lives_alone"})
"""Their answers are mostly the same for all who live together: what one of them said in this call is offered to the next,
who confirms it. Nothing of health, and nothing personal."""

URGENT_QUESTIONS = frozenset({"fragile", "has_symptoms", "lives_in"})
"""Their answers make later calls more or less urgent."""

RED_FLAGS = "red_flags"
"""The question whose « yes » is an emergency."""

DECIDING_QUESTIONS = (
    DATING_QUESTIONS
    | HELP_QUESTIONS
    | URGENT_QUESTIONS
    | {IDENTITY_QUESTION, WHO_ANSWERS, RED_FLAGS, LIST_QUESTION}
)
"""From their answers something else follows: the others are only kept."""

COLLECTIVE = frozenset({"care_home", "shelter", "prison", "other"})
"""Answers to `lives_in` that mean collective housing."""


def of_one_call(script: Script) -> frozenset[str]:
    """Return the answers and confirmations that hold only for the call in which they were given.

    These are: who is on the line, who they say they are, what ended a call, and what is true only at the moment.
    """
    keys: set[str] = set()
    for step in script.steps:
        asked = {question.id for question in step.questions}
        if not step.sensitive or step.end or asked & OF_THE_MOMENT:
            keys |= asked | {confirmation_key(step)}
    return frozenset(keys)


def answers_in_force(script: Script, given: Mapping[str, StoredAnswer], *, call_id: int) -> dict[str, Any]:
    """Return the answers that hold in a call: all of the task, without those bound to an earlier call."""
    momentary = of_one_call(script)
    return {
        key: one.value
        for key, one in given.items()
        if one.value is not None and (key not in momentary or one.call_id == call_id)
    }


def factors_after(known: Factor, answers: Mapping[str, Any]) -> Factor:
    """Return the factors after a person's answers; a factor that was not asked about stays as it was known."""
    said = {
        Factor.FRAGILE: as_flag(answers.get("fragile")),
        Factor.SYMPTOMS: as_flag(answers.get("has_symptoms")),
        Factor.PLACE: answers["lives_in"] in COLLECTIVE if answers.get("lives_in") else None,
    }
    for factor, holds in said.items():
        if holds is not None:
            known = known | factor if holds else known & ~factor
    return known


def value_of_answer(answer: object) -> object:
    """Return an answer as the value of a fact: a flag for yes and no, else the answer itself."""
    flag = as_flag(answer)
    return answer if flag is None else flag


def told_test(answers: Mapping[str, Any]) -> tuple[str, date | None] | None:
    """Return a test that was told, as the code of its fact and its day (None: not known); None if none was, or not yet."""
    result, kind, day = (answers.get(question) for question in TEST_ANSWERS)
    if result not in {"positive", "negative"} or kind is None or not isinstance(day, str):
        return None
    return f"{kind}_{result}", None if day == UNKNOWN else date.fromisoformat(day)


def new_symptoms(answers: Mapping[str, Any]) -> dict[FactKind, Any]:
    """Return what a follow-up call says of new symptoms, by kind of fact; nothing without any."""
    if answers.get(NEW_SYMPTOMS) != YES:
        return {}
    day = answers.get(NEW_SYMPTOMS_ON)
    return {FactKind.SYMPTOMS: True} | ({FactKind.ONSET: day} if isinstance(day, str) else {})


def is_plausible_onset(onset: date, sampled: date) -> bool:
    """Return whether symptoms may have begun on a day, given that of the sampling."""
    return -MOST_DAYS_BEFORE_SAMPLING <= (onset - sampled).days <= MOST_DAYS_AFTER_SAMPLING


IDENTIFYING = frozenset({FactKind.BIRTH_NAME, FactKind.FIRST_NAMES, FactKind.BIRTH_DATE})
"""By which somebody is known to be the person of the file: two of them must agree before the third is corrected."""


def source_of(answers: Mapping[str, Any]) -> FactSource:
    """Return whose word the answers of a conversation are."""
    is_by_another = answers.get(WHO_ANSWERS) in ANSWER_FOR_SOMEBODY
    return FactSource.REPRESENTATIVE if is_by_another else FactSource.PERSON


def as_flag(answer: object) -> bool | None:
    """Return True or False for yes or no, None for anything else."""
    return {YES: True, NO: False}.get(answer) if isinstance(answer, str) else None


def newly_typed(typed: Sequence[str], stored: object) -> list[str]:
    """Return what was typed, each value once; if two days, or a day and « ne sait pas », came together, only the new one."""
    given = list(dict.fromkeys(one for one in typed if one))
    fresh = [one for one in given if one != stored]
    return fresh if len(given) == 2 and len(fresh) == 1 else given


def local_to_utc(day: date, hour: time, zone: ZoneInfo, *, at: datetime) -> datetime | None:
    """Return the UTC time at which the clocks of a zone show `hour`; None if the clocks skip it.

    If an hour occurs twice in a night, the first occurrence that is still in the future counts.
    """
    typed = datetime.combine(day, hour, zone)
    first, again = (typed.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).time() != hour:
        return None
    return first if first > at else again


def may_be_promised(calling: Calling, when: datetime, *, at: datetime) -> bool:
    """Return whether a callback may be at `when`: in the future, within a week by the clock, in calling hours."""
    latest = (at.astimezone(calling.zone) + LONGEST_PROMISE).astimezone(UTC)
    return at < when <= latest and is_open(calling, when)


def proposed_callback(
    calling: Calling, *, at: datetime, zone: ZoneInfo, can_be_kept: Callable[[datetime], bool]
) -> datetime:
    """Return the callback proposed at the end of a call: on a quarter hour, an hour or more from now, in calling hours.

    It is the first that can be kept, searched in steps of an hour; if none can, the first one. It is in the site's time
    zone (`zone`), like every time that its tracers type.
    """
    # in UTC: in local time an hour may occur twice, or not at all
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
    """Return when to try again after a failed attempt at `at`; None once all attempts are used up.

    Only the last `attempts` of the `earlier` ones count: a task that was opened again starts from zero.
    """
    counted = list(earlier)[-attempts:] if attempts else []
    return next_attempt_at(pack, [*counted, at], calling=calling)


class Contradiction(StrEnum):
    """Two things that were said, or done, and do not go together. Each is checked before a call is closed."""

    NOBODY_OF_HOUSEHOLD = "nobody_of_household"
    """Lives with others, and nobody of the household is in the list."""
    HOUSEHOLD_OF_ONE = "household_of_one"
    """Lives alone, and somebody of the list lives with them."""
    NOBODY_LISTED = "nobody_listed"
    """The list is said to be complete, and is empty."""
    SOMEBODY_LISTED = "somebody_listed"
    """Nobody was met, or no name is given, and somebody is in the list."""
    NOTE_NOT_ISSUED = "note_not_issued"
    NOTE_NOT_WANTED = "note_not_wanted"
    APART_BUT_WORKED = "apart_but_worked"
    """Worked on site after the day from which they say they stay at home."""
    TEST_BEFORE_MEETING = "test_before_meeting"
    """A test of before the meeting says nothing about it."""
    DAY_TO_COME = "day_to_come"
    """Something that is told of as past has a day that is still to come."""


@dataclass(frozen=True, kw_only=True, repr=False)
class BeforeClosing:
    """What a conversation has established, as far as it can contradict itself."""

    answers: Mapping[str, Any]
    """Those that count."""
    today: date
    listed: int = 0
    """How many contacts are in the list of the case."""
    of_household: int = 0
    """How many of them live with the case."""
    has_note: bool = False
    """Whether a valid note was issued."""
    last_contact: date | None = None
    """The day that counts, for a contact."""


def contradictions(known: BeforeClosing) -> list[tuple[Contradiction, str]]:
    """Return what does not go together, each with the question where it can be mended, in the order of the script."""
    said = known.answers.get
    asked_for_list = said("contacts_listed")
    found: list[tuple[Contradiction, str, bool]] = [
        (
            Contradiction.NOBODY_OF_HOUSEHOLD,
            "lives_alone",
            said("lives_alone") == NO and not known.of_household,
        ),
        (
            Contradiction.HOUSEHOLD_OF_ONE,
            "lives_alone",
            said("lives_alone") == YES and known.of_household > 0,
        ),
        (Contradiction.NOBODY_LISTED, "contacts_listed", asked_for_list == "complete" and not known.listed),
        (
            Contradiction.SOMEBODY_LISTED,
            "contacts_listed",
            asked_for_list in {"none", "refused"} and known.listed > 0,
        ),
        (Contradiction.TEST_BEFORE_MEETING, "test_on", _is_test_too_early(known)),
        (Contradiction.NOTE_NOT_ISSUED, "wants_note", said("wants_note") == YES and not known.has_note),
        (Contradiction.NOTE_NOT_WANTED, "wants_note", known.has_note and said("wants_note") != YES),
        (Contradiction.APART_BUT_WORKED, "apart_since", _worked_since_apart(known)),
    ]
    days = [
        (Contradiction.DAY_TO_COME, question, True)
        for question in known.answers
        if (day := answered_day(known.answers, question)) is not None and day > known.today
    ]
    return [(what, question) for what, question, holds in [*found, *days] if holds]


def _is_test_too_early(known: BeforeClosing) -> bool:
    """Return whether the test was before the last meeting; whoever lives with the case meets them every day."""
    done = answered_day(known.answers, "test_on")
    if done is None or known.last_contact is None or known.answers.get("lives_with_case") == YES:
        return False
    return done < known.last_contact


def _worked_since_apart(known: BeforeClosing) -> bool:
    worked, apart = (answered_day(known.answers, name) for name in ("last_work_on", "apart_since"))
    return worked is not None and apart is not None and worked > apart
