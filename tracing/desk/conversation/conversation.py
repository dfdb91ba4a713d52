"""The script in one call for one person: its answers, its facts, its path, what is still missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from tracing.calls.models import Call, Conversation
from tracing.calls.rules import SCRIPT_OF, StoredAnswer
from tracing.consequences.queries import was_recalled
from tracing.contacts.models import ContactStatus
from tracing.desk import rules
from tracing.desk.conversation.facts import facts_of
from tracing.desk.queries import CalledPerson, about
from tracing.queue.models import CallTask
from tracing.scripts import rules as scripts
from tracing.scripts.definitions import Script, Step
from tracing.scripts.services import get_script
from tracing.scripts.vocabulary import IDENTITY_QUESTION, Outcome, unasked
from tracing.scripts.wording import Facts, with_who_answers
from tracing.sickleave.answers import SWORN, oath_of
from tracing.sickleave.queries import find_valid_note
from tracing.staff.agent import Agent

NO_LONGER_CONTACT = "no_longer_contact"
"""The step that tells a contact that nothing is asked of them any more."""


@dataclass(frozen=True, repr=False)
class ScriptedConversation:
    """The conversation with one person: its script, answers and facts."""

    call: Call
    conversation: Conversation
    about: CalledPerson
    script: Script
    answers: dict[str, Any]
    """The answers that hold in this call; health content stays locked until identity is confirmed in it."""
    facts: Facts

    @property
    def task(self) -> CallTask:
        """The task to call this person."""
        return self.about.task

    @property
    def is_identified(self) -> bool:
        """Whether the person has confirmed their identity in this call."""
        return self.conversation.identity_confirmed_at is not None

    @property
    def is_removed(self) -> bool:
        """Whether the case has taken the person off the list of whom they met, perhaps during this call."""
        return self.about.contact is not None and self.about.contact.status is ContactStatus.REMOVED

    @cached_property
    def path(self) -> scripts.Path:
        """The steps that belong to this conversation."""
        return scripts.follow(self.script, self.answers, self.facts)

    @property
    def missing(self) -> Sequence[scripts.MissingItem]:
        """The questions and statements that are still open."""
        return self.path.missing

    @property
    def can_complete(self) -> bool:
        """Whether the call may be closed as complete: nothing more is asked of whoever is no contact after all."""
        if self.is_removed and self.is_identified and self.script.step(NO_LONGER_CONTACT) is None:
            # scripts until 2026.5 have no words for that
            return True
        return self.path.can_complete

    @cached_property
    def lacks_note(self) -> bool:
        """Whether the person asked for a sick note and declared what it needs, and none is issued."""
        is_sworn = self.path.counted.get("wants_note") == "yes" and self.answers.get(SWORN) is not None
        return is_sworn and find_valid_note(self.task.id) is None

    @property
    def suggested(self) -> Outcome | None:
        """The outcome that the answers so far lead to."""
        return self.path.end.outcome if self.path.end else None

    def step(self, step_id: str | None) -> scripts.OpenStep | None:
        """Return the requested step, or the one at which to continue."""
        wanted = self.path.find(step_id) if step_id else None
        if wanted is not None and not wanted.locked:
            return wanted
        here = self.path.current
        return self.path.find(here.id) if here else None

    def after(self, step_id: str) -> Step | None:
        """Return the next step."""
        return self.path.after(step_id)

    def before(self, step_id: str) -> Step | None:
        """Return the previous step."""
        return self.path.before(step_id)


def talk_of(
    call: Call, task: CallTask, conversation: Conversation, *, by: Agent, at: datetime
) -> ScriptedConversation:
    """Load the conversation with one person from the database."""
    read = about(task)
    script = get_script(SCRIPT_OF[task.kind], conversation.script_version)
    script = script.without(unasked(read.pack.data_fields.withheld))
    answers = _answers_in_force(script, read, conversation)
    return ScriptedConversation(
        call=call,
        conversation=conversation,
        about=read,
        script=script,
        answers=answers,
        facts=with_who_answers(facts_of(read, call, conversation, by, at), answers),
    )


def with_kept_answers(
    talk: ScriptedConversation, kept: Collection[str], *, at: datetime
) -> ScriptedConversation:
    """Return a conversation after some of its answers were kept at a moment that change nothing else."""
    given = {key: one for key, one in talk.about.given.items() if key not in kept}
    given |= {key: StoredAnswer(talk.answers[key], talk.call.id, at) for key in kept if key in talk.answers}
    read = replace(talk.about, given=given)
    return replace(talk, about=read, answers=_answers_in_force(talk.script, read, talk.conversation))


def _answers_in_force(script: Script, read: CalledPerson, conversation: Conversation) -> dict[str, Any]:
    answers = rules.answers_in_force(script, read.given, call_id=conversation.call_id)
    if conversation.identity_confirmed_at is None and answers.get(IDENTITY_QUESTION) == "yes":
        # a stored answer alone opens nothing: identity must be confirmed in this call
        del answers[IDENTITY_QUESTION]
    oath = oath_of(read.given)
    if oath is not None and oath.is_outdated:
        # something else was said since of what was declared: it is read and confirmed again, in whichever words
        answers.pop(SWORN, None)
    if read.contact is None and not was_recalled(read.case):
        # whom they met on the days that the period has gained was not asked
        for question in rules.RECALL_QUESTIONS:
            answers.pop(question, None)
    return answers
