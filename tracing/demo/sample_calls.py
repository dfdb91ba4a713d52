"""Sample calls of the demo, made through the same services as the pages: calls, contacts, a question to the adviser."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.contacts import services as contacts
from tracing.contacts.rules import ContactDetails, Described
from tracing.demo.staff import NANTES, SCHOOL, agent_of
from tracing.desk import services as desk
from tracing.desk.conversation.conversation import ScriptedConversation
from tracing.desk.ending import call_outcomes
from tracing.desk.services import StepInput
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Reason
from tracing.kernel.db import session, transaction
from tracing.programmes.rules import is_open
from tracing.programmes.rules.risk import Circumstances
from tracing.programmes.vocabulary import Distance, Protection
from tracing.queue.ordering.hours import calling_of_person
from tracing.scripts.definitions import Question
from tracing.scripts.wording import confirmation_value
from tracing.sickleave import services as sickleave
from tracing.staff import presence
from tracing.staff.agent import Agent

TURN = timedelta(minutes=7)
SAID: dict[str, tuple[str, ...]] = {
    "person_on_line": ("person",),
    "representative_confirmed": ("yes",),
    "identity_confirmed": ("yes",),
    "has_time": ("yes",),
    "knows_result": ("yes",),
    "red_flags": ("no",),
    "hospitalised": ("no",),
    "lives_in": ("home",),
    "test_result": ("none",),
    "has_symptoms": ("yes",),
    "sampling_confirmed": ("yes",),
    "vaccination": ("complete",),
    "infected_recently": ("no",),
    "immunodepressed": ("no",),
    "recall_places": ("work", "meals"),
    "lives_alone": ("no",),
    "works": ("yes",),
    "is_caregiver": ("no",),
    "collectivities": ("none",),
    "contacts_listed": ("complete",),
    "end_date_repeated": ("yes",),
    "needs": ("none",),
    "can_telework": ("no",),
    "stopped_by_doctor": ("no",),
    "insurance_scheme": ("RG",),
    "wants_note": ("yes",),
}
"""The answers of the invented people; questions that are not listed need no answer."""


@dataclass(frozen=True)
class Friend:
    """A contact named during a call."""

    name: str
    serial: int
    lives_with: bool = False
    masked: bool = False
    may_disclose: bool = False
    place: str = ""


# three of them met at one place, as each case spells it: the list of clusters has a row
FRIENDS = (
    Friend("Maxence Doré", 8001, lives_with=True, may_disclose=True),
    Friend("Églantine Roux", 8002, place="Salle Paul-Fort, Nantes"),
    Friend("Baptiste Colin", 8003, masked=True, place="salle paul fort (44000 Nantes)"),
    Friend("Ludivine Pasquet", 8004, place="La salle Paul Fort"),
    Friend("Ousmane Barry", 8005, may_disclose=True),
)


def make_sample_calls(*, began_at: datetime, at: datetime) -> None:
    """Make the calls of a morning at Nantes, and two practice calls of the recruit; skip those already made."""
    with transaction():
        lucie, anouk = agent_of("lucie", NANTES), agent_of("anouk", NANTES)
        theo = agent_of("theo", SCHOOL)
    friends = iter(FRIENDS)
    first, second = [next(friends), next(friends)], [next(friends)]
    third = [next(friends), next(friends)]
    question = "La personne prend un traitement et demande si elle doit l’interrompre pendant l’isolement."
    turns: tuple[Callable[[datetime], None], ...] = (
        lambda then: complete_call(lucie, first, with_note=True, at=then),
        lambda then: unanswered_call(anouk, CallOutcome.NO_ANSWER, at=then),
        lambda then: complete_call(anouk, second, at=then),
        lambda then: unanswered_call(lucie, CallOutcome.VOICEMAIL, at=then),
        lambda then: promised_call(lucie, at=then, now=at),
        lambda then: asked_call(anouk, question, at=then),
        lambda then: complete_call(lucie, third, at=then),
        lambda then: complete_call(theo, [replace(FRIENDS[1], serial=8101)], at=then),
        lambda then: unanswered_call(theo, CallOutcome.NO_ANSWER, at=then),
    )
    with transaction():
        made = session.scalar(select(func.count()).select_from(Call)) or 0
    for turn, make in list(enumerate(turns))[made:]:
        make(began_at + timedelta(minutes=4) + TURN * turn)


def take(by: Agent, *, at: datetime) -> Iterator[tuple[Call, ScriptedConversation]]:
    """Take the next call and yield the conversation with each of its people."""
    call = calls.take_next(by, at=at)
    if call is None:
        return
    for task, _conversation in desk.open_conversations(call, by=by, at=at):
        yield call, desk.talk_in(call, task.id, by=by, at=at)


def unanswered_call(by: Agent, outcome: CallOutcome, *, at: datetime) -> None:
    """Make a call that is not answered."""
    with transaction():
        for _call, talk in list(take(by, at=at))[:1]:
            call_outcomes.finish(talk, outcome, by=by, at=at + timedelta(minutes=1))


def promised_call(by: Agent, *, at: datetime, now: datetime) -> None:
    """Promise a callback in calling hours, within the hour if they last that long."""
    with transaction():
        talks = list(take(by, at=at))
        for _call, talk in talks[:1]:
            when = next(moment for moment in quarters_from(now) if may_call_back(talk, moment, by=by))
            call_outcomes.finish(
                talk, CallOutcome.CALLBACK, callback_at=when, by=by, at=at + timedelta(minutes=3)
            )
        leave_the_others(talks, by=by, at=at + timedelta(minutes=3))


def quarters_from(now: datetime) -> Iterator[datetime]:
    """Yield every quarter of an hour of the next days, beginning in three quarters of an hour."""
    first = now + timedelta(minutes=45)
    for quarter in range(6 * 24 * 4):
        yield first + timedelta(minutes=15 * quarter)


def may_call_back(talk: ScriptedConversation, moment: datetime, *, by: Agent) -> bool:
    """Say whether the tracer who promises may call back themselves at that moment."""
    calling = calling_of_person(talk.task.person_id, talk.task.site_id)
    at_work = presence.tracers_at_work(by.site.id, moment, zone=by.site.time_zone)
    return is_open(calling, moment) and any(one.id == by.member_id for one in at_work)


def asked_call(by: Agent, question: str, *, at: datetime) -> None:
    """Hold a conversation and ask the medical adviser; the call waits for the answer."""
    with transaction():
        talks = list(take(by, at=at))
        for call, talk in talks[:1]:
            spoken = speak(call, talk, by=by, at=at, until="vaccination")
            escalations.raise_question(
                call,
                spoken.task,
                audience=Audience.ADVISER,
                reason=Reason.MEDICAL_QUESTION,
                question=question,
                by=by,
                at=at + timedelta(minutes=6),
            )
            call_outcomes.finish(spoken, CallOutcome.NEEDS_DOCTOR, by=by, at=at + timedelta(minutes=6))
        leave_the_others(talks, by=by, at=at + timedelta(minutes=6))


def complete_call(by: Agent, friends: list[Friend], *, with_note: bool = False, at: datetime) -> None:
    """Complete the conversation with the first person of the next call; leave the others for later."""
    with transaction():
        talks = list(take(by, at=at))
        for call, talk in talks[:1]:
            identified = speak(call, talk, by=by, at=at, until="hospitalised")
            for friend in friends:
                contacts.add(
                    call,
                    identified.task,
                    details_of(friend, identified, at.date()),
                    by=by,
                    at=at + timedelta(minutes=4),
                )
            spoken = speak(call, identified, by=by, at=at)
            if with_note and spoken.facts.get("notes_issued"):
                sickleave.issue(
                    call,
                    spoken.task,
                    first_day=None,
                    sworn=True,
                    address_confirmed=True,
                    by=by,
                    at=at + timedelta(minutes=5),
                )
            call_outcomes.finish(spoken, CallOutcome.COMPLETED, by=by, at=at + timedelta(minutes=6))
        leave_the_others(talks, by=by, at=at + timedelta(minutes=6))


def leave_the_others(talks: Sequence[tuple[Call, ScriptedConversation]], *, by: Agent, at: datetime) -> None:
    """End the call without speaking to the others of the household, because a tracer has one call at a time."""
    if len(talks) > 1:
        call_outcomes.hang_up(talks[0][0], by=by, at=at)


def speak(
    call: Call, talk: ScriptedConversation, *, by: Agent, at: datetime, until: str | None = None
) -> ScriptedConversation:
    """Follow the script up to the step that asks `until`, saving the answers."""
    calls.lock_for_write(call.id, by, at=at)
    last: str | None = None
    for rank in range(len(talk.script.steps) * 2):
        moment = at + timedelta(seconds=5 * rank)
        following = talk.after(last) if last else (talk.path.steps[0].step if talk.path.steps else None)
        if following is None:
            break
        opened = talk.path.find(following.id)
        if opened is None or (until and any(question.id == until for question in opened.questions)):
            break
        words = confirmation_value(following, talk.facts) if following.mandatory else None
        typed = StepInput(
            step_id=following.id,
            asked=frozenset(question.id for question in following.questions),
            values={question.id: answer_to(question, talk, at) for question in following.questions},
            statement=words,
            confirmed=words or "",
        )
        desk.save(call, talk, typed, by=by, at=moment)
        talk = desk.talk_in(call, talk.task.id, by=by, at=moment)
        last = following.id
    return talk


def answer_to(question: Question, talk: ScriptedConversation, at: datetime) -> tuple[str, ...]:
    """Return an invented person's answer to a question; empty if it needs no answer."""
    if question.id == "onset_on":
        onset = talk.about.case.onset_on or at.date() - timedelta(days=2)
        return (onset.isoformat(),)
    if question.id == "last_work_on":
        return ((at.date() - timedelta(days=1)).isoformat(),)
    return SAID.get(question.id, ())


def details_of(friend: Friend, talk: ScriptedConversation, day: date) -> ContactDetails:
    """Return the contact-list line of a friend who was met the day before."""
    return ContactDetails(
        described=Described(
            first_names=friend.name.split()[0],
            birth_name=friend.name.split()[1],
            phones=(f"+3363998{friend.serial:04d}",),
            place=friend.place,
        ),
        last_contact_on=day - timedelta(days=1),
        circumstances=Circumstances(
            lives_with_case=friend.lives_with,
            face_to_face=Distance.UNDER_1_M,
            care=False,
            confined_minutes=30,
            cough=False,
            same_class=False,
            protection=Protection.BOTH_MASKS if friend.masked else Protection.NONE,
            infected_recently=False,
        ),
        may_disclose=friend.may_disclose,
    )
