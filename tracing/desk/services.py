"""Commands of the call screen: open the conversations, save a step's answers, decide the dates, keep drafts."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.errors import IdentityFirst, NoSuchCall
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import SAID_BIRTH_DATE, SCRIPT_OF
from tracing.cases import queries as case_queries
from tracing.consequences import services as consequences
from tracing.consequences import stated_rules
from tracing.contacts.identities import keep_birth_date
from tracing.desk import queries, rules
from tracing.desk.conversation.conversation import ScriptedConversation, talk_of
from tracing.desk.conversation.said_days import require_possible
from tracing.desk.errors import WordsChanged, WouldDrop
from tracing.desk.queries import CalledPerson
from tracing.facts import queries as fact_queries
from tracing.facts import rules as fact_rules
from tracing.facts.rules import FactKind, NewFact, Subject, SubjectType
from tracing.help_requests import services as help_requests
from tracing.kernel import clock, events
from tracing.kernel.errors import Refused
from tracing.people import queries as people
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.queue.rules import Factor
from tracing.scripts import rules as scripts
from tracing.scripts.definitions import Step
from tracing.scripts.errors import AnswerRefused
from tracing.scripts.services import version_in_force
from tracing.scripts.vocabulary import IDENTITY_QUESTION, YES
from tracing.scripts.wording import confirmation_key, confirmation_value
from tracing.sickleave import queries as notes
from tracing.sickleave.answers import DECIDE_A_NOTE, SWORN, SWORN_SINCE
from tracing.staff.agent import Agent

STATEMENT = "confirm"
"""The form name of a mandatory statement's checkbox, also used as the key of its refusal."""


@dataclass(frozen=True, repr=False)
class StepInput:
    """The input of one step of the page."""

    step_id: str
    asked: frozenset[str]
    """The questions that were on the page: an empty one is cleared, one that was not there is left alone."""
    values: Mapping[str, Sequence[str]]
    statement: str | None = None
    """The fingerprint of the statement on the page, if there was one."""
    confirmed: str = ""
    """The same fingerprint if the checkbox was ticked."""
    drops: frozenset[str] | None = None
    """The changes that the page has said to make other answers void; without it (None) nothing is asked first."""
    anyway: bool = False
    """Continue although something is missing: the page has warned once."""


@dataclass(repr=False)
class Saved:
    """The result of saving a step."""

    changed: set[str] = field(default_factory=set)
    refused: dict[str, Refused] = field(default_factory=dict)
    typed: dict[str, list[str]] = field(default_factory=dict)
    """The refused input as typed, to be shown again."""
    opened: set[str] = field(default_factory=set)
    """The questions of the step that its answers opened: they are shown before the next step is."""
    decides: bool = False
    """Whether more was written than answers: what was read about the person before no longer holds."""


Spoken = Sequence[tuple[CallTask, Conversation]]
"""Every person to speak to in a call."""


def open_conversations(call: Call, *, by: Agent, at: datetime) -> Spoken:
    """Return every person to speak to in a call, including those named during it."""
    known = {one.task_id: one for one in call_queries.conversations(call.id)}
    found = []
    for task in queries.tasks_of_call(call):
        spoken = known.get(task.id)
        if spoken is None:
            spoken = calls.start_conversation(
                call,
                task,
                script_version=version_in_force(
                    SCRIPT_OF[task.kind], programme=case_queries.get_case(task.case_id).programme, at=at
                ),
                at=at,
            )
            decide_first_dates(queries.about(task), by=by, at=at)
        found.append((task, spoken))
    return found


def by_person(spoken: Spoken) -> list[Spoken]:
    """Return the people to speak to in a call, one list each, the conversation to lead first.

    Whoever is named by several cases is spoken to once, in the conversation about the case that named them first. A
    contact who is a case by now is spoken to as the case, unless they have begun to answer as a contact.
    """
    if len(spoken) < 2:
        return [spoken] if spoken else []
    leads = people.leading_records(task.person_id for task, _conversation in spoken)
    found: dict[int, list[tuple[CallTask, Conversation]]] = {}
    for pair in spoken:
        found.setdefault(leads[pair[0].person_id], []).append(pair)
    return [sorted(theirs, key=_place) for theirs in found.values()]


def _place(pair: tuple[CallTask, Conversation]) -> tuple[bool, bool, bool, int]:
    task, conversation = pair
    has_begun = conversation.identity_confirmed_at is not None
    return not is_to_lead(pair), not has_begun, task.kind is not TaskKind.CASE_FIRST, task.id


def is_to_lead(pair: tuple[CallTask, Conversation]) -> bool:
    """Return whether a conversation is still to be led: not ended, and not one that a call as a case has replaced."""
    task, conversation = pair
    is_replaced = task.gives_way and conversation.identity_confirmed_at is None
    return conversation.outcome is None and task.state is TaskState.OPEN and not is_replaced


def told_along(task: CallTask, spoken: Spoken, persons: Sequence[Spoken] | None = None) -> Spoken:
    """Return the other conversations of a call that one with a contact stands for: the same person, named again."""
    if task.contact_id is None or len(spoken) < 2:
        return []
    programme = case_queries.get_case(task.case_id).programme
    persons = by_person(spoken) if persons is None else persons
    theirs = next(one for one in persons if any(other.id == task.id for other, _spoken in one))
    return [
        pair
        for pair in theirs
        if pair[0].id != task.id
        and pair[0].contact_id is not None
        and pair[0].kind is task.kind
        and is_to_lead(pair)
        and case_queries.get_case(pair[0].case_id).programme == programme
    ]


def chosen(persons: Sequence[Spoken], task_id: int | None) -> tuple[CallTask, Conversation]:
    """Return the requested person of a call (`by_person`), else the first one whose conversation has not ended.

    Of several conversations that are led as one, it is that one.
    """
    spoken = [pair for theirs in persons for pair in theirs]
    if not spoken:
        raise NoSuchCall
    if task_id is None:
        leading = (theirs[0] for theirs in persons)
        return next((one for one in leading if is_to_lead(one)), spoken[0])
    asked = next((pair for pair in spoken if pair[0].id == task_id), None)
    if asked is None:
        raise NoSuchCall
    along = told_along(asked[0], spoken, persons) if is_to_lead(asked) else []
    return min([asked, *along], key=_place)


def talk_in(
    call: Call, task_id: int, *, spoken: Spoken | None = None, by: Agent, at: datetime
) -> ScriptedConversation:
    """Return the conversation with one person of a call; `spoken` is every person in it, if already loaded.

    Raises:
        NoSuchCall: the task belongs to another household.
    """
    for task, conversation in spoken or open_conversations(call, by=by, at=at):
        if task.id == task_id:
            return talk_of(call, task, conversation, by=by, at=at)
    raise NoSuchCall


def decide_first_dates(about: CalledPerson, *, by: Agent, at: datetime) -> None:
    """Decide a person's first dates, from what is known before any question is asked."""
    undecided = (
        about.case.isolation_measure is None
        if about.contact is None
        else about.contact.quarantine_measure is None
    )
    if undecided:
        consequences.decide_first(*_subject(about), by=by.member_id, at=at)


def _subject(about: CalledPerson) -> Subject:
    if about.contact is None:
        return SubjectType.CASE, about.case.id
    return SubjectType.CONTACT, about.contact.id


def state_facts(
    call: Call,
    talk: ScriptedConversation,
    counted: Mapping[str, Any],
    *,
    along: Spoken = (),
    by: Agent,
    at: datetime,
) -> None:
    """Record as facts what the answers that count say, and take back what they no longer say.

    What somebody who was named by several cases says of themselves is said for all of those meetings (`along`).
    """
    own = _subject(talk.about)
    subjects = {own: counted}
    for task, _conversation in along:
        if task.contact_id is not None:
            subjects[SubjectType.CONTACT, task.contact_id] = stated_rules.said_for_other_meetings(counted)
    source, cohort = rules.source_of(talk.answers), clock.local_day(at, by.site.time_zone)
    new: list[NewFact] = []
    for subject, theirs in subjects.items():
        asked = set(talk.script.questions)
        if subject != own:
            asked -= stated_rules.OF_ONE_MEETING
        new += _facts_of(call, subject, asked, theirs, source=source, cohort=cohort)
    consequences.keep(new, by=by.member_id, at=at)
    consequences.follow(set(subjects), by=by.member_id, at=at)


def _facts_of(
    call: Call,
    subject: Subject,
    asked: AbstractSet[str],
    counted: Mapping[str, Any],
    *,
    source: fact_rules.FactSource,
    cohort: date,
) -> list[NewFact]:
    """Return what answers say of one subject, and what they no longer say of it."""
    standing = fact_rules.standing(fact_queries.facts_of(*subject))
    new: list[NewFact] = []
    for question, kind in rules.FACT_OF_ANSWER[subject[0]].items():
        if question not in asked:
            continue
        if question in counted:
            value = rules.value_of_answer(counted[question])
            new.append(
                NewFact(
                    subject=subject, kind=kind, value=value, source=source, cohort=cohort, call_id=call.id
                )
            )
        else:
            new += [
                fact_rules.retraction(one, subject, source=source, cohort=cohort)
                for one in standing
                if one.kind is kind and one.source in rules.OWN_WORDS
            ]
    if rules.NEW_SYMPTOMS in asked:
        new += _new_symptoms(call, subject, counted, standing, source=source, cohort=cohort)
    return new + _told_test(call, subject, counted, standing, source=source, cohort=cohort)


def _new_symptoms(
    call: Call,
    subject: Subject,
    counted: Mapping[str, Any],
    standing: Sequence[fact_rules.Said],
    *,
    source: fact_rules.FactSource,
    cohort: date,
) -> list[NewFact]:
    """Return the facts of symptoms that began since we last spoke. That there are none takes back this call's word only."""
    told = rules.new_symptoms(counted)
    new = [
        fact_rules.retraction(one, subject, source=source, cohort=cohort)
        for one in standing
        if one.kind in rules.OF_SYMPTOMS
        and (one.call_id, one.source) == (call.id, source)
        and told.get(one.kind) != one.value
    ]
    return new + [
        NewFact(subject=subject, kind=kind, value=value, source=source, cohort=cohort, call_id=call.id)
        for kind, value in told.items()
    ]


def _told_test(
    call: Call,
    subject: Subject,
    counted: Mapping[str, Any],
    standing: Sequence[fact_rules.Said],
    *,
    source: fact_rules.FactSource,
    cohort: date,
) -> list[NewFact]:
    """Return the fact of a test that was told; what this call said of it before is taken back."""
    told = rules.told_test(counted)
    earlier = [
        one
        for one in standing
        if one.kind is FactKind.TEST and one.call_id == call.id and one.source is source
    ]
    new = [
        fact_rules.retraction(one, subject, source=source, cohort=cohort)
        for one in earlier
        if (one.value, one.speaks_of) != told
    ]
    if told is not None and all((one.value, one.speaks_of) != told for one in earlier):
        code, on = told
        new.append(
            NewFact(
                subject=subject,
                kind=FactKind.TEST,
                value=code,
                speaks_of=on,
                source=source,
                cohort=cohort,
                call_id=call.id,
            )
        )
    return new


def save(
    call: Call,
    talk: ScriptedConversation,
    typed: StepInput,
    *,
    along: Spoken = (),
    by: Agent,
    at: datetime,
) -> Saved:
    """Save the answers of a step one by one: a refused one does not prevent the others.

    `along` are the conversations that this one stands for (`told_along`).

    Call `calls.services.lock_for_write` first.

    Raises:
        IdentityFirst: the step is locked until the person has confirmed their identity.
    """
    here = talk.path.find(typed.step_id)
    if here is None:
        return Saved()
    if here.locked:
        raise IdentityFirst
    saved = compare(talk, here.step, typed, at=at, by=by)
    for key in sorted(saved.changed):
        calls.save_answer(call, talk.task, key, talk.answers.get(key), by=by, at=at)
    saved.decides = not saved.changed.isdisjoint(rules.DECIDING_QUESTIONS | DECIDE_A_NOTE)
    if saved.decides:
        _carry_out(call, talk, saved, along=along, by=by, at=at)
    return saved


def _carry_out(
    call: Call, talk: ScriptedConversation, saved: Saved, *, along: Spoken, by: Agent, at: datetime
) -> None:
    """Carry out what follows from changed answers."""
    if IDENTITY_QUESTION in saved.changed:
        confirmed = talk.answers.get(IDENTITY_QUESTION) == YES
        calls.confirm_identity(talk.conversation, confirmed=confirmed, by=by, at=at)
        born = talk.answers.get(SAID_BIRTH_DATE) if confirmed else None
        if born and keep_birth_date(talk.task.person_id, talk.about.contact, date.fromisoformat(born)):
            consequences.follow({_subject(talk.about)}, by=by.member_id, at=at)
    if saved.changed & rules.DATING_QUESTIONS:
        counted = scripts.follow(talk.script, talk.answers, talk.facts).counted
        state_facts(call, talk, counted, along=along, by=by, at=at)
    elif saved.changed & DECIDE_A_NOTE and notes.find_valid_note(talk.task.id) is not None:
        consequences.follow({_subject(talk.about)}, by=by.member_id, at=at)
    if saved.changed & rules.HELP_QUESTIONS:
        counted = scripts.follow(talk.script, talk.answers, talk.facts).counted
        needs, consents = counted.get("needs"), counted.get("needs_consent") == YES
        help_requests.ask(
            talk.task, needs if isinstance(needs, list) else (), consents=consents, by=by, at=at
        )
    if rules.LIST_QUESTION in saved.changed and talk.answers.get(rules.LIST_QUESTION):
        consequences.remember_recalled(case_queries.get_case(talk.about.case.id, lock=True))
    if saved.changed & rules.URGENT_QUESTIONS:
        queue.set_factors(talk.task, rules.factors_after(Factor(talk.task.factors), talk.answers), at=at)


def compare(talk: ScriptedConversation, step: Step, typed: StepInput, *, by: Agent, at: datetime) -> Saved:
    """Put the input into the talk's answers; return what changed and what was refused."""
    saved, today = Saved(), clock.local_day(at, by.site.time_zone)
    for question in step.questions:
        if question.id not in typed.asked:
            continue
        stored = talk.answers.get(question.id)
        given = rules.newly_typed(typed.values.get(question.id, ()), stored)
        if not given and stored is None:
            continue
        try:
            value = scripts.parse_answer(question, given, today=today, facts=talk.facts)
            require_possible(talk, question.id, value, zone=by.site.time_zone)
        except AnswerRefused as refusal:
            saved.refused[question.id], saved.typed[question.id] = refusal, given
        else:
            change = f"{question.id}={','.join(given)}"
            is_asked_first = typed.drops is not None and change not in typed.drops and not step.gate
            if is_asked_first and (void := _made_void(talk, question.id, value)):
                saved.refused[question.id], saved.typed[question.id] = WouldDrop(void, change), given
            else:
                _put(talk, saved, question.id, value)
    if typed.statement is not None:
        _compare_statement(talk, step, typed, saved, today=today)
    return saved


def _made_void(talk: ScriptedConversation, question: str, value: object) -> Sequence[str]:
    """Return the labels of the answers that count now and would not if a question were answered so."""
    if talk.answers.get(question) is None or question not in talk.script.branching:
        return ()
    other = {key: answer for key, answer in talk.answers.items() if key != question}
    if value is not None:
        other[question] = value
    now = scripts.follow(talk.script, talk.answers, talk.facts).counted
    then = scripts.follow(talk.script, other, talk.facts).counted
    return [talk.script.questions[key].label for key in now if key not in then and key != question]


def _compare_statement(
    talk: ScriptedConversation, step: Step, typed: StepInput, saved: Saved, *, today: date
) -> None:
    if typed.confirmed and typed.confirmed != confirmation_value(step, talk.facts):
        saved.refused[STATEMENT] = WordsChanged()
    else:
        key = confirmation_key(step)
        _put(talk, saved, key, typed.confirmed or None)
        if key == SWORN:
            since = talk.facts.get("note_from")
            day = since if isinstance(since, date) else today
            _put(talk, saved, SWORN_SINCE, day.isoformat() if typed.confirmed else None)


def _put(talk: ScriptedConversation, saved: Saved, key: str, value: object) -> None:
    if talk.answers.get(key) == value:
        return
    saved.changed.add(key)
    if value is None:
        del talk.answers[key]
    else:
        talk.answers[key] = value


def keep_drafts(
    call: Call,
    talk: ScriptedConversation,
    typed: StepInput,
    words: Mapping[str, str],
    *,
    by: Agent,
    at: datetime,
) -> dict[str, str]:
    """Keep what was typed too late, in `words` for the reader; return what was kept, keyed by question."""
    here = talk.script.step(typed.step_id)
    if here is None:
        return {}
    saved = compare(talk, here, typed, by=by, at=at)
    asked = {question.id for question in here.questions}
    new = [key for key in (saved.changed | set(saved.refused)) if key in asked and words.get(key)]
    for key in sorted(new):
        keep_newest(call.id, key, words[key], by=by, at=at)
    return {key: words[key] for key in new}


def keep_newest(call_id: int, field: str, text: str, *, by: Agent, at: datetime) -> None:
    """Keep one draft per field of a call: the latest text, once."""
    for draft, known in call_queries.drafts(by.member_id):
        if (draft.call_id, draft.field) == (call_id, field):
            if known == text:
                return
            calls.dismiss_draft(draft.id, by=by, at=at)
    calls.keep_draft(call_id, field, text, by=by, at=at)


def record_sight(call: Call, shown: Sequence[str], *, by: Agent, at: datetime) -> None:
    """Record in the read log the records whose identity this page shows, once per viewer and claim."""
    claim = events.claim_scope(call.entry_id, call.claim_number)
    events.record_access(shown, by=by.member_id, at=at, why="call", claim=claim)
