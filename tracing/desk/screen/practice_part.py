"""The part of an invented person at the step on the screen: in practice calls only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tracing.desk.conversation.facts import age_of
from tracing.desk.conversation.questions import Asked
from tracing.desk.screen.screen import Screen
from tracing.kernel.clock import local_day
from tracing.onboarding.part_words import Answer, part_of
from tracing.staff.models import SiteKind
from tracing.ui.filters import day


@dataclass(frozen=True, repr=False)
class PartHere:
    """What whoever plays the person says and answers now."""

    who: str
    says: str
    """Empty: whatever comes to mind."""
    answers: Sequence[tuple[str, str]]
    """Questions of the step and what they answer; those without an answer are left out."""


def part_here(screen: Screen) -> PartHere | None:
    """Return the part at the step on the screen; None in a real call, or once the conversation is over."""
    if screen.by.site.kind is not SiteKind.TRAINING or screen.one is None or screen.is_finished:
        return None
    contact = screen.about.contact
    age = age_of(screen.about, local_day(screen.at, screen.by.site.time_zone))
    subject_id = contact.id if contact else screen.about.case.id
    part = part_of(subject_id, is_contact=contact is not None, age=age)
    said = part.says.get(screen.one.step.id)
    answers = [
        (asked.question.label, words)
        for asked in screen.questions
        if asked.is_open and (words := _in_words(asked, part.answers.get(asked.question.id)))
    ]
    return PartHere(str(part.who), str(said) if said else "", answers)


def _in_words(asked: Asked, answer: Answer | None) -> str:
    if isinstance(answer, int):
        return "" if asked.today is None else day(asked.today - timedelta(days=answer))
    words = dict(asked.options)
    chosen = (answer,) if isinstance(answer, str) else answer or ()
    return ", ".join(words[code] for code in chosen if code in words)
