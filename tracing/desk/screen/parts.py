"""Parts of the call screen: a tab per person, the sections of the rail, the dates of the measure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from tracing.calls import queries as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.cases import words as case_words
from tracing.cases.models import CaseOutcome, ContraryResult
from tracing.consequences.person_queries import told_as_contact, told_since
from tracing.consequences.words import (
    again_words,
    other_meeting_words,
    other_result_words,
    told_as_contact_words,
)
from tracing.contacts import queries as contacts
from tracing.contacts.rules import ContactStatus, Described, described_circumstances
from tracing.desk.conversation.conversation import ScriptedConversation
from tracing.desk.conversation.facts import early_exit_on, given_name, measure_of_contact, short_rule
from tracing.desk.queries import Attempt, CalledPerson
from tracing.desk.rules import HOUSEHOLD_QUESTIONS
from tracing.desk.services import Spoken, is_to_lead
from tracing.kernel import clock
from tracing.messages.queries import Written, messages_to
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.programmes.rules import Measure, PlannedTest
from tracing.programmes.schema import Row
from tracing.queue.models import CallTask
from tracing.queue.timeline import TimelineEntry, timeline_of
from tracing.scripts.definitions import Step
from tracing.scripts.errors import N_
from tracing.scripts.rules import StepState, StepView


@dataclass(frozen=True)
class Tab:
    """A person to speak to in this call. Without an identity they are shown as another person of the household."""

    task_id: int
    person_id: int
    identity: Identity | None
    is_neutral: bool
    is_here: bool
    is_finished: bool
    is_contact: bool
    is_identified: bool = False
    """They have said who they are in this call."""
    promised_at: datetime | None = None
    """When they were promised a callback."""
    time_zone: str | None = None


@dataclass(frozen=True, repr=False)
class Section:
    """Consecutive steps with one section name: a line of the rail."""

    name: str
    views: tuple[StepView, ...]
    reached: int
    """The number of the step on the screen."""

    @property
    def is_here(self) -> bool:
        """Whether the step on the screen is one of them."""
        return any(view.state is StepState.CURRENT for view in self.views)

    @property
    def is_locked(self) -> bool:
        """Whether all of them are locked."""
        return all(view.state is StepState.LOCKED for view in self.views)

    @property
    def is_done(self) -> bool:
        """Whether all of them are done."""
        return all(view.state is StepState.DONE for view in self.views)

    @property
    def was_passed_over(self) -> bool:
        """Whether one of them was skipped while something in it is missing."""
        return any(
            view.state is StepState.TODO and view.missing and view.number < self.reached
            for view in self.views
        )

    @property
    def goes_to(self) -> str:
        """The step that the line links to: the first that is not done."""
        first = next((view for view in self.views if view.state is not StepState.DONE), self.views[0])
        return first.step.id


@dataclass(frozen=True)
class Dates:
    """The dates of one person's measure, and the rule that decided them."""

    measure: str | None
    last_day: date | None
    rule: str | None
    sentence: str | None
    early_exit: date | None = None
    tests: Sequence[PlannedTest] = ()
    awaits_result: bool = False
    """They isolate for their symptoms until the result of a test."""
    is_ruled: bool = False
    """A doctor decided apart from the rule."""

    @property
    def is_decided(self) -> bool:
        """Whether a rule says what the person must do."""
        return self.measure in {Measure.REQUIRED, Measure.NOT_REQUIRED}


def dates_of(about: CalledPerson, today: date, zone: ZoneInfo) -> Dates:
    """Return the isolation of a case or the quarantine of a contact, with the rule's text."""
    if about.case.outcome is CaseOutcome.NOT_A_CASE and not any(one.counts for one in about.others):
        return Dates(Measure.NOT_REQUIRED, None, None, None)
    if about.contact is not None:
        return _dates_of_contact(about, today)
    case = about.result
    rule = short_rule(case.isolation_rule)
    return Dates(
        case.isolation_measure,
        case.isolation_last_day,
        rule,
        _doctor_decided() if case.measure_ruling else _sentence(about, rule),
        early_exit_on(about, today, zone),
        is_ruled=case.measure_ruling is not None,
    )


def _dates_of_contact(about: CalledPerson, today: date) -> Dates:
    decided = measure_of_contact(about, today)
    rule, contact = decided.rule, about.contact
    is_ruled = contact is not None and bool(contact.measure_ruling or contact.doctor_risk)
    by_rule = rule.sentence if rule else None
    return Dates(
        decided.measure,
        decided.last_day_in,
        rule.rule_id if rule else None,
        _doctor_decided() if is_ruled else by_rule,
        tests=decided.tests,
        awaits_result=decided.symptom_rule is not None,
        is_ruled=is_ruled,
    )


def _doctor_decided() -> str:
    return str(_("Le médecin-conseil en a décidé ainsi, à la place de la règle."))


def _sentence(about: CalledPerson, rule: str | None) -> str | None:
    row: Row | None = about.pack.find_rule(rule) if rule else None
    return row.text if row else None


TAKEN_OFF = N_(
    "Retirée de la liste par la personne positive : plus rien n’est demandé pour cette rencontre. Dites-le-lui, puis terminez l’appel."
)


def called_again(talk: ScriptedConversation) -> str | None:
    """Return why somebody who was told already is called again, as a sentence; without the reason until they say who they are.

    The reason tells of a result, an isolation or contacts: somebody else may be on the line, or beside the tracer.
    """
    why, about = talk.about.task.again, talk.about
    if why is None:
        return None
    since = told_since(about.case, about.results) if about.contact is None else None
    told = since.last_day if since is not None else (about.contact or about.case).told_last_day
    if not talk.is_identified:
        return str(_("Cette personne est rappelée. Le motif s’affiche dès qu’elle a dit qui elle est."))
    is_mistake = bool(talk.facts.get("opened_by_mistake"))
    return again_words(why, told=told, is_contact=talk.about.contact is not None, is_mistake=is_mistake)


def told_before(talk: ScriptedConversation, zone: ZoneInfo) -> list[str]:
    """Return what the person was told under another record, or is to be told, once they have said who they are."""
    if not talk.is_identified:
        return []
    if talk.is_removed and talk.about.task.again is None:
        return [str(_(TAKEN_OFF))]
    if talk.about.contact is not None:
        return [other_meeting_words(one, on=_day(one.contact.told_at, zone)) for one in talk.about.others]
    told = ((one, _day(one.told_at, zone)) for one in told_as_contact(talk.about.case))
    as_contact = [told_as_contact_words(one, on=on) for one, on in told if on is not None]
    results = ((one, _day(one.told_at, zone)) for one in talk.about.results)
    return [*as_contact, *(other_result_words(one, on=on) for one, on in results if on is not None)]


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return None if at is None else clock.local_day(at, zone)


def tabs_of(persons: Sequence[Spoken], talk: ScriptedConversation) -> list[Tab]:
    """Return a tab for each person, whatever they are called for.

    A case that named this contact, here or elsewhere, has no name unless they agreed.
    """
    contact = talk.about.contact
    met = [] if contact is None else [contact, *(one.contact for one in talk.about.others)]
    hidden = {one.case_id for one in met if not one.may_disclose}
    spoken = [pair for theirs in persons for pair in theirs]
    neutral = {
        task.person_id
        for task, _conversation in spoken
        if task.contact_id is None and task.case_id in hidden and task.id != talk.task.id
    }
    named = people.joint_identities(
        theirs[0][0].person_id
        for theirs in persons
        if neutral.isdisjoint(task.person_id for task, _conversation in theirs)
        and all(task.id != talk.task.id for task, _conversation in theirs)
    )
    if talk.about.identity is not None:
        named[talk.task.person_id] = talk.about.identity
    zones = people.time_zones_of(task.person_id for task, _conversation in spoken if task.promised_at)
    return [_tab(theirs, talk, named, neutral, zones) for theirs in persons]


def _tab(
    theirs: Spoken,
    talk: ScriptedConversation,
    named: Mapping[int, Identity],
    neutral: AbstractSet[int],
    zones: Mapping[int, str],
) -> Tab:
    here = next((task for task, _conversation in theirs if task.id == talk.task.id), None)
    task = here or theirs[0][0]
    is_neutral = here is None and not neutral.isdisjoint(one.person_id for one, _spoken in theirs)
    return Tab(
        task_id=task.id,
        person_id=task.person_id,
        identity=None if is_neutral else named.get(task.person_id),
        is_neutral=is_neutral,
        is_here=here is not None,
        is_finished=not any(is_to_lead(pair) for pair in theirs),
        is_contact=task.contact_id is not None,
        is_identified=any(one.identity_confirmed_at is not None for _task, one in theirs),
        promised_at=task.promised_at,
        time_zone=zones.get(task.person_id),
    )


def of_same_roof(case_id: int) -> list[Described]:
    """Return the contacts in the list of a case who live with them."""
    return [
        one.described
        for one in contacts.lines(contacts.contacts_of_case(case_id))
        if one.described is not None
        and one.contact.status is not ContactStatus.REMOVED
        and described_circumstances(one.contact.circumstances).lives_with_case
    ]


def said_by_others(tabs: Sequence[Tab], call_id: int, step: Step) -> dict[str, tuple[str, str]]:
    """Return what others of the household answered in this call to the common questions of a step: who, and what.

    Somebody who has no name here (`Tab.is_neutral`) is not quoted, either.
    """
    found: dict[str, tuple[str, str]] = {}
    common = HOUSEHOLD_QUESTIONS.intersection(question.id for question in step.questions)
    for tab in tabs if common else ():
        if tab.is_here or tab.is_neutral or tab.identity is None:
            continue
        given = calls.stored_answers(tab.task_id)
        for question in common & given.keys():
            one = given[question]
            if one.call_id == call_id and isinstance(one.value, str):
                found.setdefault(question, (given_name(tab.identity), one.value))
    return found


def timeline(
    call: Call, task: CallTask, attempts: Sequence[Attempt], contrary: Sequence[ContraryResult]
) -> list[Attempt | TimelineEntry | Written]:
    """Return calls to a person, moves of the household in the queue, messages and late results, newest first."""
    moves = timeline_of(call.entry_id)
    told = {one.at for one in moves}
    found: list[tuple[datetime, Attempt | TimelineEntry | Written]] = [
        *((one.message.queued_at, one) for one in messages_to(task.person_id)),
        *((one.at, one) for one in moves),
        *((one.received_at, _received(one)) for one in contrary),
        *(
            (one.started_at, one)
            for one in attempts
            # the move already says that the call ended by itself, and who led it
            if one.outcome is not CallOutcome.CLAIM_ENDED or one.ended_at not in told
        ),
    ]
    return [one for _at, one in sorted(found, key=itemgetter(0), reverse=True)]


def _received(one: ContraryResult) -> TimelineEntry:
    return TimelineEntry(one.received_at, case_words.received(one.sampled_on))
