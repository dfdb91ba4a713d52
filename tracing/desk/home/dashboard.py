"""The content of a tracer's home: their call, promises, answers to read, drafts, and calls of today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracing.calls import form_drafts
from tracing.calls import queries as calls
from tracing.calls.models import Call, Draft, OutcomeUndo
from tracing.calls.rules import BY_TRACER, CallOutcome
from tracing.cases import queries as cases
from tracing.desk import queries
from tracing.desk.queries import CallMade
from tracing.desk.words import DRAFT_WORDS, broken_promise_words, keeper_words
from tracing.escalations import queries as escalations
from tracing.escalations.calling import ADVICE
from tracing.escalations.models import Escalation
from tracing.escalations.queries import Words
from tracing.kernel import clock
from tracing.people import queries as people
from tracing.programmes.notices import queries as notices
from tracing.queue import availability, languages
from tracing.queue import queries as queue
from tracing.queue.models import CallTask, EntryState
from tracing.queue.rules import is_promise_over
from tracing.scripts.services import get_script, newest_version
from tracing.scripts.vocabulary import ScriptKind
from tracing.staff import queries as staff
from tracing.staff.agent import Agent


@dataclass(frozen=True)
class Waiting:
    """Whether there is a call to take, and when the next one will be ready."""

    held: CallMade | None
    is_ready: bool
    next_at: datetime | None
    paused_at: datetime | None = None
    """When the tracer's pause began; None: no pause."""


@dataclass(frozen=True)
class Promise:
    """A callback that the tracer promised; the person's name stays sealed until the call."""

    task: CallTask
    reference: str
    time_zone: str | None = None
    """The person's."""
    keeper: str = ""
    """Who keeps it, if not the tracer, in words."""
    becomes: str = ""
    """Once the hour has passed without a call: what becomes of it, in words. Empty: it can still be kept."""


@dataclass(frozen=True, repr=False)
class Kept:
    """A draft: something typed after a claim was lost."""

    draft: Draft
    label: str
    reference: str | None
    lines: Sequence[str]


@dataclass(frozen=True, repr=False)
class Answered:
    """An answer of an adviser or a referent that the tracer has not read."""

    escalation: Escalation
    reference: str | None
    words: Words


@dataclass(frozen=True, repr=False)
class Home:
    """A tracer's home."""

    waiting: Waiting
    promises: Sequence[Promise]
    """Those that can still be kept."""
    over: Sequence[Promise]
    """Those whose hour has passed without a call."""
    answers: Sequence[Answered]
    kept: Sequence[Kept]
    made: Sequence[CallMade]
    to_take_back: Mapping[int, Sequence[OutcomeUndo]]
    """The outcomes that can still be taken back, by call."""
    is_given_one: bool
    """Whether a call is reserved for the tracer by hand: a pause would open it to everyone."""
    unread: int = 0
    """How many changes of the rules or of a script the tracer has not read."""

    @property
    def ended(self) -> int:
        """How many calls the tracer ended today."""
        return sum(one.call.outcome in BY_TRACER for one in self.made)

    @property
    def completed(self) -> int:
        """How many people were told everything in them."""
        return sum(one.outcomes.count(CallOutcome.COMPLETED) for one in self.made)

    @property
    def on_the_phone(self) -> timedelta:
        """Their total duration."""
        return sum((lasted(one.call) for one in self.made), timedelta(0))


def lasted(call: Call) -> timedelta:
    """Return the duration of a call."""
    return (call.ended_at - call.started_at) if call.ended_at else timedelta(0)


def waiting_for(by: Agent, *, at: datetime) -> Waiting:
    """Return what the large button offers."""
    entry = queue.find_claim(by.member_id)
    call = calls.find_call_of_claim(entry.id, entry.claim_number) if entry else None
    held = queries.calls_made([call]) if call and call.site_id == by.site.id else []
    is_ready = bool(held) or queue.has_waiting(by.site.id, by.member_id, at)
    return Waiting(
        held=held[0] if held else None,
        is_ready=is_ready,
        next_at=None if is_ready else queue.next_ready_at(by.site.id),
        paused_at=staff.get_member(by.member_id).paused_at,
    )


def home_of(by: Agent, *, at: datetime) -> Home:
    """Load a tracer's home."""
    made = [
        one
        for one in calls.calls_of_tracer(by.member_id, since=clock.midnight(at, by.site.time_zone))
        if one.site_id == by.site.id
    ]
    promised = promises_of(by, at=at)
    return Home(
        waiting=waiting_for(by, at=at),
        promises=[one for one in promised if not one.becomes],
        over=[one for one in promised if one.becomes],
        answers=answers_for(by),
        kept=kept_for(by),
        made=queries.calls_made(made),
        to_take_back=queries.outcomes_to_take_back(by.member_id, at=at),
        is_given_one=availability.has_reserved_call(by.member_id, at=at),
        unread=notices.count_unread(by.member_id, by.site.programme),
    )


def promises_of(by: Agent, *, at: datetime) -> list[Promise]:
    """Return the callbacks that the tracer promised and that were not made, the earliest first."""
    own = queue.promises_of(by.member_id, by.site.id)
    promised = sorted(
        [*own, *queue.promises_handed_on(by.member_id, by.site.id)], key=lambda one: one.promised_at or at
    )
    language_of = languages.languages_of(one.person_id for one in promised)
    own_languages = staff.get_member(by.member_id).languages
    leads = people.leading_records(task.person_id for task in promised)
    # promised once, whoever named the person
    tasks = list({(leads[one.person_id], one.promised_at): one for one in reversed(promised)}.values())[::-1]
    references = cases.references(task.case_id for task in tasks)
    zones = people.time_zones_of(task.person_id for task in tasks)
    late = [one for one in tasks if is_promise_over(one.promised_at, at=at)]
    entries = queue.entries_of(sorted({one.household_id for one in late if one.household_id is not None}))
    state_of: dict[int | None, EntryState] = {entry.household_id: entry.state for entry in entries}
    becomes = {one.id: broken_promise_words(state_of.get(one.household_id)) for one in late}
    return [
        Promise(
            task,
            references[task.case_id],
            zones.get(task.person_id),
            keeper=keeper_words(
                language_of.get(task.person_id),
                is_own=task.promised_by == by.member_id,
                speaks=language_of.get(task.person_id) in own_languages,
            ),
            becomes=becomes.get(task.id, ""),
        )
        for task in tasks
    ]


def answers_for(by: Agent) -> list[Answered]:
    """Return the answers that the tracer has not read."""
    unread = [one for one in escalations.unread_answers(by.member_id) if one.site_id == by.site.id]
    references = _references(one.call_id for one in unread)
    return [Answered(one, references.get(one.call_id), escalations.words_of(one)) for one in unread]


def kept_for(by: Agent) -> list[Kept]:
    """Return what the tracer typed too late and has not dismissed."""
    drafts = calls.drafts(by.member_id)
    going_on = _going_on(draft for draft, _text in drafts)
    drafts = [
        (draft, text)
        for draft, text in drafts
        # drafts of an adviser are shown next to their question
        if draft.field != ADVICE and not (_is_unsent(draft) and draft.call_id in going_on)
    ]
    references = _references(draft.call_id for draft, _text in drafts)
    return [
        Kept(draft, label_of(draft.field), references.get(draft.call_id), lines_of(text))
        for draft, text in drafts
    ]


def _references(call_ids: Any) -> dict[int, str]:
    wanted = list(call_ids)
    if not wanted:
        return {}
    return {one.call.id: one.reference for one in queries.calls_made(queries.find_calls(wanted))}


def _going_on(drafts: Iterable[Draft]) -> set[int]:
    """Return the calls in progress that have an unsent dialog: the dialog itself offers the draft."""
    begun = {draft.call_id for draft in drafts if _is_unsent(draft)}
    return {call.id for call in queries.find_calls(begun) if call.ended_at is None} if begun else set()


def _is_unsent(draft: Draft) -> bool:
    return form_drafts.dialog_of(draft.field) is not None


def label_of(field: str) -> str:
    """Return what a draft was for: the label of a question in today's scripts, or the name of a panel."""
    field = form_drafts.dialog_of(field) or field
    if field in DRAFT_WORDS:
        return str(DRAFT_WORDS[field])
    for kind in ScriptKind:
        question = get_script(kind, newest_version(kind)).questions.get(field)
        if question is not None:
            return question.label
    return field


def lines_of(text: Any) -> list[str]:
    """Return the lines of a draft; empty once its day's key is destroyed."""
    if isinstance(text, dict) and "fields" in text:
        return str(text["text"]).splitlines()
    if isinstance(text, dict):
        return [f"{name} : {value}" for name, value in text.items() if value]
    if isinstance(text, list):
        return [str(one) for one in text]
    return str(text).splitlines() if text else []
