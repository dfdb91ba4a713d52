"""Everything the call screen shows, loaded once, under the names its templates use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from tracing.calls import handover_notes
from tracing.calls.handover_notes import Handover
from tracing.calls.models import Call
from tracing.calls.phone_numbers import Number, numbers_of
from tracing.calls.rules import CallOutcome, can_take_back
from tracing.cases import queries as cases
from tracing.cases import words as case_words
from tracing.cases.models import ContraryResult
from tracing.cases.rules import sampling_day
from tracing.consequences.mistaken_cases import rests_on_word
from tracing.consequences.queries import what_follows
from tracing.consequences.words import sentences_of
from tracing.desk import queries, rules, services
from tracing.desk.conversation.conversation import ScriptedConversation, talk_of, with_kept_answers
from tracing.desk.conversation.facts import age_of
from tracing.desk.conversation.questions import Asked, options_of
from tracing.desk.errors import WordsChanged
from tracing.desk.queries import CalledPerson
from tracing.desk.screen.household import Household
from tracing.desk.screen.parts import (
    Dates,
    Section,
    Tab,
    called_again,
    dates_of,
    said_by_others,
    tabs_of,
    timeline,
    told_before,
)
from tracing.desk.screen.why_next import why_next
from tracing.desk.services import STATEMENT, Saved, StepInput
from tracing.desk.words import promised_to, voicemail_words
from tracing.escalations import queries as escalations
from tracing.escalations.models import Audience, Escalation, Reason
from tracing.escalations.rules import NO_RULE
from tracing.kernel import clock
from tracing.messages.queries import Written
from tracing.people import queries as people
from tracing.people.queries import said_dead_in
from tracing.people.words import hour_there
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.queue.ordering.reasons import WaitingReason, reasons_of
from tracing.queue.timeline import TimelineEntry
from tracing.scripts import rules as scripts
from tracing.scripts.answers import bound
from tracing.scripts.definitions import Question
from tracing.scripts.errors import N_, AnswerRefused
from tracing.scripts.rules import StepView
from tracing.scripts.vocabulary import EscalationReason, QuestionType, Widget
from tracing.scripts.wording import ENGLISH, SaidAloud, confirmation_key, confirmation_value, said_aloud
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.ui import formats

WAITED_FOR = N_("Il faut une réponse ici avant d’aller plus loin.")
LEFT_FOR_LATER = N_("Il manque une réponse ici : « Suivant » une seconde fois la laisse pour plus tard.")
SERVICE = {TaskKind.CASE_FIRST: "case_hours", TaskKind.CONTACT_FIRST: "contact_hours"}
SPOKEN = frozenset({CallOutcome.COMPLETED, CallOutcome.REFUSED})


@dataclass
class Screen:
    """Everything on the call screen for one person at one step."""

    talk: ScriptedConversation
    tabs: Sequence[Tab]
    at: datetime
    by: Agent
    wanted_step: str | None = None
    wanted_panel: str | None = None
    saved: Saved = field(default_factory=Saved)

    @property
    def call(self) -> Call:
        """The call."""
        return self.talk.call

    @property
    def task(self) -> CallTask:
        """The task to call this person."""
        return self.talk.task

    @property
    def about(self) -> CalledPerson:
        """The person."""
        return self.talk.about

    @property
    def is_finished(self) -> bool:
        """Whether the conversation with this person has ended, in this call or by an adviser's decision."""
        return self.talk.conversation.outcome is not None or self.task.state is not TaskState.OPEN

    def go_on(self, typed: StepInput) -> None:
        """Go to the next step; stay once while something is missing here, and always while it locks the rest."""
        following = self.talk.after(typed.step_id)
        if following is None:
            return
        open_here = [item for item in self.talk.missing if item.step.id == typed.step_id]
        # a question that this very answer opened was not skipped: it is only shown
        seen = [item for item in open_here if item.question is None or item.question.id in typed.asked]
        here = self.talk.path.find(typed.step_id)
        if here is not None and not typed.anyway and not typed.asked.issuperset(q.id for q in here.questions):
            self.saved.opened.update(q.id for q in here.questions if q.id not in typed.asked)
            self._refuse(seen, LEFT_FOR_LATER)
        elif following.id == typed.step_id:
            self._refuse(seen, WAITED_FOR)
        elif open_here and not (typed.anyway and seen):
            self._refuse(seen, LEFT_FOR_LATER)
        else:
            self.wanted_step = following.id

    def _refuse(self, items: Sequence[scripts.MissingItem], sentence: str) -> None:
        for item in items:
            key = item.question.id if item.question else STATEMENT
            self.saved.refused[key] = AnswerRefused(sentence)

    @property
    def next_tab(self) -> Tab | None:
        """The next person to speak to."""
        return next((tab for tab in self.tabs if not tab.is_finished and not tab.is_here), None)

    @cached_property
    def one(self) -> scripts.OpenStep | None:
        """The step on the screen."""
        return self.talk.step(self.wanted_step)

    @cached_property
    def rail(self) -> Sequence[StepView]:
        """The steps that are shown in the rail."""
        here = self.one.step.id if self.one else None
        return self.talk.path.views(here)

    @cached_property
    def sections(self) -> Sequence[Section]:
        """The rail, grouped by section."""
        grouped = groupby(self.rail, key=lambda view: view.step.section)
        return [Section(name, tuple(views), self.number) for name, views in grouped]

    @property
    def number(self) -> int:
        """The number of the step in the conversation."""
        return next((view.number for view in self.rail if self.one and view.step is self.one.step), 0)

    @property
    def sections_left(self) -> int:
        """How many sections follow that on the screen and are not done."""
        here = next((place for place, one in enumerate(self.sections) if one.is_here), 0)
        return sum(not one.is_done for one in self.sections[here + 1 :])

    @cached_property
    def say(self) -> Sequence[SaidAloud]:
        """The words to read aloud, in English to whoever is called in English."""
        return said_aloud(self.one.step, self.talk.facts, self.english) if self.one else ()

    @property
    def days(self) -> Sequence[date]:
        """The days to recall together, the latest first."""
        return scripts.days_to_recall(self.one.step, self.talk.facts) if self.one else ()

    @cached_property
    def questions(self) -> Sequence[Asked]:
        """The questions of the step; a question that only another answer opens keeps its place."""
        if self.one is None:
            return ()
        asked = {question.id for question in self.one.questions}
        return [
            self._asked(question, is_open=question.id in asked)
            for question in self.one.step.questions
            if question.id in asked or question.when is not None
        ]

    def _asked(self, question: Question, *, is_open: bool) -> Asked:
        today = clock.local_day(self.at, self.by.site.time_zone)
        value = self.talk.answers.get(question.id)
        if question.id in self.saved.refused:
            typed = self.saved.typed.get(question.id, [])
            value = typed if question.type is QuestionType.MULTI else "".join(typed[:1])
        return Asked(
            question=question,
            value=value,
            options=options_of(question),
            is_open=is_open,
            error=self.saved.refused.get(question.id),
            first=bound(question.earliest, today, self.talk.facts),
            last=bound(question.latest, today, self.talk.facts),
            today=today,
            said_by=self.said_by_others.get(question.id) if value is None else None,
            english=self.english,
        )

    @cached_property
    def said_by_others(self) -> Mapping[str, tuple[str, str]]:
        """What others of the household answered to a common question of this step."""
        return said_by_others(self.tabs, self.call.id, self.one.step) if self.one else {}

    @property
    def statement(self) -> str:
        """The fingerprint of the words that the checkbox confirms."""
        return confirmation_value(self.one.step, self.talk.facts) if self.one else ""

    @property
    def is_confirmed(self) -> bool:
        """Whether exactly the words on the screen were confirmed."""
        if self.one is None:
            return False
        return self.talk.answers.get(confirmation_key(self.one.step)) == self.statement

    @property
    def was_reworded(self) -> bool:
        """Whether the statement was confirmed in other words than those on the screen."""
        if self.one is None or self.is_confirmed:
            return False
        was_ticked = confirmation_key(self.one.step) in self.talk.answers
        return was_ticked or isinstance(self.saved.refused.get(STATEMENT), WordsChanged)

    @property
    def may_go_on(self) -> bool:
        """Whether the page has just said what is missing, so that « Suivant » would skip it."""
        return any(
            isinstance(one, AnswerRefused) and one.sentence == LEFT_FOR_LATER
            for one in self.saved.refused.values()
        )

    @property
    def focus(self) -> str | None:
        """What must be corrected first, else what an answer has opened: a question's id, or the statement."""
        order = [asked.question.id for asked in self.questions if asked.is_open] + [STATEMENT]
        refused = next((key for key in order if key in self.saved.refused), None)
        return refused or next((key for key in order if key in self.saved.opened), None)

    @property
    def previous_id(self) -> str | None:
        """The id of the previous step."""
        earlier = self.talk.before(self.one.step.id) if self.one else None
        return earlier.id if earlier else None

    @property
    def saved_at(self) -> datetime | None:
        """When an answer of this call was last saved."""
        kept = [one.saved_at for one in self.about.given.values() if one.call_id == self.call.id]
        return max(kept, default=None)

    @property
    def saved_time(self) -> str:
        """The same time, to the second, on the site's clock."""
        at = self.saved_at
        return formats.clock(at, zone=self.by.site.time_zone, seconds=True) if at else ""

    @property
    def reason(self) -> str | None:
        """Why this step asks for advice."""
        if self.lacks_rule:
            return NO_RULE
        return self.one.step.escalation.value if self.one and self.one.step.escalation else None

    @property
    def lacks_rule(self) -> bool:
        """Whether this step speaks of a measure that no rule decided: a doctor must be asked."""
        speaks = self.one is not None and self.one.step.widget is Widget.ISOLATION
        return speaks and not self.dates.is_decided

    @property
    def born(self) -> str:
        """The birth date in figures, to compare with what the person says."""
        identity = self.about.identity
        return f"{identity.birth_date:%d/%m/%Y}" if identity and identity.birth_date else ""

    @cached_property
    def numbers(self) -> Sequence[Number]:
        """The person's numbers, the one to ring now first."""
        identity = self.about.identity
        return numbers_of(self.call, self.task, identity.phones) if identity else ()

    def rung(self, attempt: queries.Attempt) -> str | None:
        """Return the number of an earlier attempt if it is still one of the person's."""
        return next((one.e164 for one in self.numbers if one.hash == attempt.number_hash), None)

    @cached_property
    def contrary_results(self) -> Sequence[ContraryResult]:
        """Negative PCRs after the antigen test that made the case: health content, once the person said who they are."""
        if self.task.contact_id is not None or not self.talk.is_identified:
            return ()
        return cases.contrary_results(self.about.case.id)

    @property
    def contradiction(self) -> str:
        """The sentence about them, and which test decides; empty if there are none."""
        found = self.contrary_results
        if not found:
            return ""
        said = case_words.contradiction(one.sampled_on for one in found)
        return f"{said} {case_words.which_decides(self.about.case.programme)}"

    @property
    def timeline(self) -> Sequence[queries.Attempt | TimelineEntry | Written]:
        """Calls to this person, moves of the household in the queue, messages and late results, newest first."""
        return timeline(self.call, self.task, self.attempts, self.contrary_results)

    @cached_property
    def attempts(self) -> Sequence[queries.Attempt]:
        """The calls to this person, newest first."""
        return queries.attempts_of(self.task.id)

    @property
    def spoken_before(self) -> queries.Attempt | None:
        """The last call that was completed, or in which they refused: they may be ringing back."""
        return next((one for one in self.attempts if one.ended_at and one.outcome in SPOKEN), None)

    @cached_property
    def handover(self) -> Handover | None:
        """What somebody left for whoever calls this person next."""
        return handover_notes.find(self.task.id)

    @cached_property
    def handover_by(self) -> str:
        """Who left it."""
        if self.handover is None:
            return ""
        return staff.member_names([self.handover.note.written_by]).get(self.handover.note.written_by, "?")

    @property
    def attempt(self) -> int:
        """The number of this attempt."""
        return min(self.task.attempts + 1, self.most_attempts)

    @property
    def most_attempts(self) -> int:
        """The maximum number of attempts."""
        return self.about.pack.attempts.max

    @property
    def due_at(self) -> datetime:
        """By when the person is to be called."""
        return self.task.promised_at or self.task.due_at

    @cached_property
    def reasons(self) -> Sequence[WaitingReason]:
        """The reasons why people of the household must still be called."""
        return reasons_of([self.call.household_id])

    @cached_property
    def why(self) -> str | None:
        """The sentence that says why this call is next."""
        return why_next(self.task, self.reasons, opens_at=self.call.started_at, at=self.at)

    @property
    def time_zone(self) -> str | None:
        """The person's time zone, if it is known."""
        return self.about.person.time_zone

    @property
    def clock_there(self) -> str:
        """What the person's clock shows now; empty if the site's shows the same."""
        return hour_there(self.at, self.time_zone)

    @property
    def promised_to_others(self) -> Sequence[str]:
        """Callbacks promised to others in this call, as sentences: this call does not stand for them."""
        return [
            promised_to(one.promised_at, None if one.is_neutral else one.identity, one.time_zone)
            for one in self.tabs
            if not one.is_here and not one.is_finished and one.promised_at and one.promised_at > self.at
        ]

    @property
    def promised_later(self) -> datetime | None:
        """When the person on the screen was promised a callback, if they do not expect a call before."""
        promised_at = self.task.promised_at
        if promised_at is None or self.is_finished or promised_at - self.at <= rules.KEPT_EARLY_BY:
            return None
        return promised_at

    @property
    def voicemail_words(self) -> str:
        """What may be left on a voicemail: who calls and the number to ring, nothing else."""
        return voicemail_words(self.talk.facts, in_english=self.language == ENGLISH)

    @cached_property
    def is_emergency(self) -> bool:
        """Whether the step tells the person to call for help at once."""
        return self.one is not None and self.one.step.escalation is EscalationReason.RED_FLAGS

    @cached_property
    def alert(self) -> Escalation | None:
        """The alert about this person that stands: raised in this call or before, and not answered."""
        asked = escalations.open_for_task(self.task.id, Audience.ADVISER)
        return next((one for one in asked if one.reason is Reason.RED_FLAGS), None)

    @cached_property
    def household(self) -> Household:
        """What the people of this call have to do with each other."""
        return Household(self.talk, self.tabs, on=clock.local_day(self.at, self.by.site.time_zone))

    @property
    def english(self) -> Mapping[str, str] | None:
        """The English of the script, if the call is in English."""
        return self.talk.script.english if self.language == ENGLISH else None

    @property
    def language(self) -> str | None:
        """The language of the call, if other than French."""
        return self.about.person.language

    @property
    def service_hours(self) -> int:
        """Within how many hours a first call is promised."""
        return int(getattr(self.about.pack.service, SERVICE.get(self.task.kind, "case_hours")))

    @cached_property
    def dates(self) -> Dates:
        """The measure in force for this person."""
        zone = self.by.site.time_zone
        return dates_of(self.about, clock.local_day(self.at, zone), zone)

    @cached_property
    def follows(self) -> Sequence[str]:
        """What follows from what was said, beside the dates, as sentences."""
        found = what_follows(self.about.case, self.task, is_contact=self.about.contact is not None)
        return sentences_of(found)

    @cached_property
    def can_take_case_back(self) -> bool:
        """Whether the case was opened a moment ago by what its person told of a test, and can be taken back."""
        case = self.about.case
        is_new = self.task.kind is TaskKind.CASE_FIRST and can_take_back(case.created_at, at=self.at)
        return is_new and rests_on_word(case)

    @cached_property
    def in_mourning(self) -> bool:
        """Whether somebody of the household was said dead; whom, the page does not say."""
        return said_dead_in(self.call.household_id)

    @property
    def again(self) -> str | None:
        """Why somebody who was told already is called again, as a sentence."""
        return called_again(self.talk)

    @property
    def told_before(self) -> Sequence[str]:
        """What the person was told under another record, or is to be told: health content, once they said who they are."""
        return told_before(self.talk, self.by.site.time_zone)

    @property
    def sampled_on(self) -> date:
        """The day of sampling that counts, in the site's time zone."""
        case = self.about.case
        return sampling_day(case.first_sampled_at, case.sampled_on, self.by.site.time_zone)

    @property
    def age(self) -> int | None:
        """The person's age today."""
        return age_of(self.about, clock.local_day(self.at, self.by.site.time_zone))

    @property
    def panel(self) -> str | None:
        """The panel next to the script: the requested one, else the one that this step needs."""
        if self.lacks_rule:
            return self.wanted_panel or "escalation"
        widget = self.one.step.widget if self.one else None
        by_step = {Widget.SICK_NOTE: "note", Widget.ESCALATE: "escalation"}
        return self.wanted_panel or (by_step.get(widget) if widget else None)


def load_screen(
    call: Call,
    task_id: int | None,
    *,
    step_id: str | None = None,
    panel: str | None = None,
    saved: Saved | None = None,
    spoken: services.Spoken | None = None,
    talk: ScriptedConversation | None = None,
    by: Agent,
    at: datetime,
) -> Screen:
    """Load the call screen for one person of a call, and record whose identity it shows.

    `spoken` is every person in the call, if already loaded, and `talk` a conversation of which only answers have
    changed since it was.
    """
    spoken = spoken or services.open_conversations(call, by=by, at=at)
    persons = services.by_person(spoken)
    task, conversation = services.chosen(persons, task_id)
    if talk is not None and talk.task.id == task.id:
        talk = with_kept_answers(talk, saved.changed if saved else (), at=at)
    else:
        talk = talk_of(call, task, conversation, by=by, at=at)
    tabs = tabs_of(persons, talk)
    others = [tab.person_id for tab in tabs if tab.identity and not tab.is_here]
    services.record_sight(call, [*talk.about.records, *people.records_shown(others)], by=by, at=at)
    return Screen(talk, tabs, at, by, step_id, panel, saved or Saved())
