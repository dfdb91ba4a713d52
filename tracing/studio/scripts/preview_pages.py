"""A script as the tracer will see it, with invented people: their facts, the step on the screen, what is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from tracing.programmes import Pack
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import (
    Measure,
    Situation,
    explain,
    kept_for,
    notice_address,
    origin_since,
    tests_households,
)
from tracing.programmes.vocabulary import Subject, Vaccination
from tracing.scripts import rules as scripts
from tracing.scripts.answers import AnswerValue, bound, parse_answer
from tracing.scripts.definitions import End, Question, Script, Step
from tracing.scripts.errors import AnswerRefused
from tracing.scripts.publishing.paths import WORDS_A_MINUTE
from tracing.scripts.rules import StepView
from tracing.scripts.transcript import in_words
from tracing.scripts.vocabulary import FACTS, NO, YES, FactValue, Phrase, ScriptKind
from tracing.scripts.wording import (
    MAY_WORK_FROM,
    SPOKEN_TO_AS_CHILD_UNDER,
    Facts,
    SaidAloud,
    confirmation_key,
    confirmation_value,
    in_both,
    said_aloud,
    tests_in_words,
    with_who_answers,
    within_a_sentence,
    without_article,
)
from tracing.sickleave.rules import gives_parent_note
from tracing.staff.agent import Agent
from tracing.ui.filters import recent_days

VACCINATIONS = {
    "complete": Vaccination.COMPLETE,
    "partial": Vaccination.INCOMPLETE,
    "none": Vaccination.NONE,
}
"""By the answer of a script."""
CALLBACK_NUMBER = "01 99 00 12 34"
"""Reserved for fiction."""


@dataclass(frozen=True, repr=False)
class Invented:
    """An invented person for whom a script is tried."""

    key: str
    name: str
    label: LazyString
    days_since: int
    """How many days ago the test, or the meeting, was."""
    age: int = 34
    vaccination: Vaccination = Vaccination.NONE
    onset_ago: int | None = None
    household: bool = False
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    """What is said of them besides what the rules say."""


PEOPLE: dict[ScriptKind, Sequence[Invented]] = {
    ScriptKind.P0: (
        Invented("marie", "Marie Durand", _l("Marie, 34 ans, malade depuis deux jours"), 1, onset_ago=2),
        Invented(
            "paul",
            "Paul Durand",
            _l("Paul, 12 ans : un parent répond"),
            1,
            age=12,
            facts={"is_minor": True},
        ),
        Invented("jeanne", "Jeanne Petit", _l("Jeanne, 81 ans, isolement déjà terminé"), 30, age=81),
        Invented(
            "yves",
            "Yves Martin",
            _l("Yves nous rappelle"),
            1,
            vaccination=Vaccination.COMPLETE,
            facts={"rang_us": True},
        ),
        Invented("inconnu", "Alix Bernard", _l("Alix : aucune règle à sa date"), 1, facts={"unruled": True}),
    ),
    ScriptKind.CONTACT: (
        Invented("luc", "Luc Petit", _l("Luc, 34 ans, rencontré hier"), 1),
        Invented(
            "zoe",
            "Zoé Martin",
            _l("Zoé, 9 ans, sous le même toit"),
            1,
            age=9,
            household=True,
            facts={"is_minor": True, "case_name": "Anne Martin"},
        ),
        Invented("noe", "Noé Petit", _l("Noé, rencontre sans risque"), 2, facts={"negligible_risk": True}),
        Invented("lea", "Léa Bernard", _l("Léa a des symptômes"), 2, facts={"result_awaited": True}),
        Invented("inconnu", "Alix Bernard", _l("Alix : aucune règle à sa date"), 1, facts={"unruled": True}),
    ),
    ScriptKind.CASE_FOLLOW_UP: (
        Invented("marie", "Marie Durand", _l("Marie, 34 ans, malade depuis quatre jours"), 3, onset_ago=4),
        Invented("omar", "Omar Petit", _l("Omar, sans symptômes jusqu’ici"), 4),
        Invented("jeanne", "Jeanne Petit", _l("Jeanne, 81 ans, isolement déjà terminé"), 30, age=81),
    ),
    ScriptKind.CONTACT_FOLLOW_UP: (
        Invented("luc", "Luc Petit", _l("Luc, 34 ans, rencontré il y a quatre jours"), 4),
        Invented("lea", "Léa Bernard", _l("Léa a des symptômes"), 4, facts={"result_awaited": True}),
    ),
}


@dataclass(frozen=True, repr=False)
class SeenQuestion:
    """A question as the call screen asks it."""

    question: Question
    value: AnswerValue | None
    options: Sequence[tuple[str, str]]
    days: Sequence[tuple[str, str]]
    error: AnswerRefused | None = None

    @property
    def chosen(self) -> Sequence[object]:
        """The answers that are given."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def is_long(self) -> bool:
        """Whether the options are shown in columns."""
        return len(self.options) > 4 or any(len(word) > 24 for _value, word in self.options)


@dataclass(frozen=True, repr=False)
class SeenStep:
    """A step as the call screen shows it."""

    step: Step
    say: Sequence[SaidAloud]
    questions: Sequence[SeenQuestion]
    days: Sequence[date] = ()

    @property
    def words(self) -> int:
        """How many words are read."""
        return sum(len(one.words.split()) for one in self.say)


@dataclass(frozen=True, repr=False)
class Walk:
    """A conversation that is tried: where it is, what was answered, where it goes."""

    person: Invented
    rail: Sequence[StepView]
    seen: SeenStep | None
    answers: Mapping[str, AnswerValue]
    end: End | None
    next_id: str | None
    previous_id: str | None
    minutes: float
    """Of reading aloud, on the path as it is."""


def person_of(kind: ScriptKind, key: str | None) -> Invented:
    """Return an invented person, the first if there is none of this name."""
    return next((one for one in PEOPLE[kind] if one.key == key), PEOPLE[kind][0])


def as_said(person: Invented, typed: Mapping[str, Sequence[str]], *, today: date) -> Invented:
    """Return an invented person as they are after their answers: no answer and no fact contradict one another."""

    def said(question: str) -> str | None:
        return next((one for one in typed.get(question, ()) if one), None)

    has_symptoms = said("has_symptoms") or said("new_symptoms")
    onset_ago = person.onset_ago
    if has_symptoms == NO:
        onset_ago = None
    if has_symptoms == YES:
        day = _day_of(said("onset_on") or said("new_symptoms_on"))
        onset_ago = (onset_ago or 1) if day is None else max((today - day).days, 0)
    facts = dict(person.facts)
    if has_symptoms is not None and "unruled" not in facts:
        facts["result_awaited"] = has_symptoms == YES
    given = said("vaccination")
    lives_with_case = said("lives_with_case")
    return replace(
        person,
        onset_ago=onset_ago,
        vaccination=VACCINATIONS.get(given, person.vaccination) if given else person.vaccination,
        household=lives_with_case == YES if lives_with_case else person.household,
        facts=facts,
    )


def _day_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def programme_of(script: Script, *, by: Agent) -> str:
    """Return the programme for which a script is tried: that of the reader's site if the script leads its calls."""
    theirs = by.site.programme
    return theirs if not script.programmes or theirs in script.programmes else script.programmes[0]


def facts_of(person: Invented, script: Script, *, by: Agent, today: date) -> dict[str, FactValue]:
    """Return what the call screen would know of an invented person, by the rules in force."""
    kind, programme = script.kind, programme_of(script, by=by)
    pack = get_pack(programme)
    disease = in_both(pack.disease, pack.english) if pack.disease else None
    known: dict[str, FactValue] = {
        "tracer": by.name,
        "site": by.site.name,
        "person": person.name,
        "callback_number": CALLBACK_NUMBER,
        "retention": Phrase(*kept_for(pack.retention.person_days)),
        "notice_address": notice_address(pack),
        "tracer_is_adviser": False,
        "is_minor": False,
        "notes_issued": True,
        "programme": programme,
        "masks_help": pack.masks_help,
        "has_boosters": pack.has_boosters,
        "household_tests": tests_households(pack, today),
        "disease": disease,
        "disease_alone": without_article(disease) if disease else None,
        "recent_infection_since": today - timedelta(days=60),
        "next_follow_up": today + timedelta(days=3),
        "had_symptoms": person.onset_ago is not None,
    }
    is_case = kind in {ScriptKind.P0, ScriptKind.CASE_FOLLOW_UP}
    if person.facts.get("is_minor"):
        known["is_young_child"] = person.age < SPOKEN_TO_AS_CHILD_UNDER
        known["too_young_to_work"] = person.age < MAY_WORK_FROM
        subject = Subject.CASE if is_case else Subject.CONTACT
        known["parent_note"] = gives_parent_note(pack, subject, person.age, today)
    if "unruled" not in person.facts:
        known |= _of_a_case(person, pack, today) if is_case else _of_a_contact(person, pack, today)
    known |= person.facts
    if known.get("result_awaited"):
        # with symptoms the meeting does not matter: they isolate until the result
        known |= {"negligible_risk": False, "quarantine_over": None}
    elif known.get("negligible_risk"):
        nothing = dict.fromkeys(
            ("quarantine_end", "quarantine_over", "free_on", "first_test_on", "last_test_on")
        )
        known |= {**nothing, "quarantine_required": False, "tests": None, "test_lifts": None}
    return {
        name: value
        for name, value in known.items()
        if name in FACTS and kind in FACTS[name].scripts and value is not None
    }


def _of_a_case(person: Invented, pack: Pack, today: date) -> dict[str, FactValue]:
    sampled = today - timedelta(days=person.days_since)
    onset = None if person.onset_ago is None else today - timedelta(days=person.onset_ago)
    found = explain(
        pack,
        Situation(
            subject=Subject.CASE,
            on=today,
            onset=onset,
            sampled=sampled,
            age=person.age,
            vaccination=person.vaccination,
        ),
    )
    last = found.measure.last_day_in
    leave = found.isolation.early_exit if found.isolation else None
    return {
        "sampling_on": sampled,
        "origin_since": origin_since(pack, sampled=sampled, on=today),
        "onset": onset,
        "window_start": found.window.start if found.window else None,
        "window_end": found.window.end if found.window else None,
        "isolation_required": _is_required(found.measure.measure),
        "isolation_end": last,
        "isolation_over": None if last is None else last < today,
        "free_on": None if last is None else last + timedelta(days=1),
        "early_exit_on": leave.on if leave else None,
        "early_exit_needs": within_a_sentence(in_both(leave.needs, pack.english)) if leave else None,
        "rule": found.measure.rule.rule_id if found.measure.rule else None,
        "result_announced": False,
    }


def _of_a_contact(person: Invented, pack: Pack, today: date) -> dict[str, FactValue]:
    met = today - timedelta(days=person.days_since)
    found = explain(
        pack,
        Situation(
            subject=Subject.CONTACT,
            on=today,
            last_contact=met,
            notified=today,
            age=person.age,
            vaccination=person.vaccination,
            household=person.household,
            case_isolation_end=today + timedelta(days=7) if person.household else None,
        ),
    )
    last, end = found.measure.last_day_in, found.measure.end
    tests = [one for one in found.tests if one.on >= today]
    return {
        "last_contact": met,
        "quarantine_required": _is_required(found.measure.measure),
        "quarantine_end": last,
        "quarantine_over": None if last is None else last < today,
        "free_on": None if last is None else last + timedelta(days=1),
        "negligible_risk": False,
        "result_awaited": False,
        "tests": tests_in_words([(one.on, one.kind) for one in tests], today=today),
        "test_lifts": any(end is not None and one.on >= end for one in tests) or None,
        "first_test_on": tests[0].on if tests else None,
        "last_test_on": tests[-1].on if len(tests) > 1 else None,
        "rule": found.measure.rule.rule_id if found.measure.rule else None,
    }


def _is_required(measure: Measure) -> bool | None:
    return {Measure.REQUIRED: True, Measure.NOT_REQUIRED: False}.get(measure)


def seen_step(step: Step, facts: Facts, *, today: date) -> SeenStep:
    """Return a step by itself, with all its questions."""
    asked = [_seen(question, None, facts, today=today) for question in step.questions]
    return SeenStep(step, said_aloud(step, facts), asked, scripts.days_to_recall(step, facts))


def walk(
    script: Script,
    person: Invented,
    typed: Mapping[str, Sequence[str]],
    facts: Facts,
    *,
    at_step: str | None,
    goes_on: bool = False,
    in_english: bool = False,
    today: date,
) -> Walk:
    """Return a conversation after what was typed; every statement is taken as said."""
    english = script.english if in_english else None
    answers: dict[str, Any] = {}
    refused: dict[str, AnswerRefused] = {}
    for name, question in script.questions.items():
        try:
            given = parse_answer(question, list(typed.get(name, ())), today=today, facts=facts)
        except AnswerRefused as refusal:
            if any(typed.get(name, ())):
                refused[name] = refusal
        else:
            if given is not None:
                answers[name] = given
    facts = with_who_answers(facts, answers)
    answers |= {
        confirmation_key(step): confirmation_value(step, facts) for step in script.steps if step.mandatory
    }
    here = at_step or script.steps[0].id
    path = scripts.follow(script, answers, facts)
    if goes_on and (following := path.after(here)):
        here = following.id
    one = path.find(here)
    if one is None or one.locked:
        current = path.current or script.steps[0]
        one = path.find(current.id)
    seen = None
    if one is not None:
        step = one.step
        asked = [
            _seen(question, answers.get(question.id), facts, today=today, error=refused.get(question.id))
            for question in one.questions
        ]
        days = scripts.days_to_recall(step, facts)
        seen = SeenStep(step, said_aloud(step, facts, english), asked, days)
    place = seen.step.id if seen else None
    after = path.after(place) if place else None
    before = path.before(place) if place else None
    aloud = (said for one in path.steps for said in said_aloud(one.step, facts, english))
    said = sum(len(one.words.split()) for one in aloud)
    return Walk(
        person=person,
        rail=path.views(place),
        seen=seen,
        answers={name: answers[name] for name in script.questions if name in answers},
        end=path.end,
        next_id=after.id if after else None,
        previous_id=before.id if before else None,
        minutes=said / WORDS_A_MINUTE,
    )


def _seen(
    question: Question,
    value: AnswerValue | None,
    facts: Facts,
    *,
    today: date,
    error: AnswerRefused | None = None,
) -> SeenQuestion:
    given = [option.value for option in question.options]
    values = given or [one for one in ("yes", "no", "unknown") if one in (question.values or ())]
    first, last = bound(question.earliest, today, facts), bound(question.latest, today, facts)
    days = recent_days(today, first=first, last=last) if question.type.value == "date" else ()
    return SeenQuestion(question, value, [(one, in_words(question, one)) for one in values], days, error)
