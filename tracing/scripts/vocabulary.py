"""The names a script may use: kinds, outcomes, widgets, facts, and the questions whose answers the rules read.

Scripts are files written by people. Every name is listed here, so that a misspelt fact or outcome is found when the
file is loaded, not during a call.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracing.programmes.data_fields import DataField

YES = "yes"
NO = "no"
UNKNOWN = "unknown"

IDENTITY_QUESTION = "identity_confirmed"
WHO_ANSWERS = "person_on_line"
PERSON = "person"
REPRESENTATIVE = "representative"
STAFF = "staff"
IN_HOSPITAL = "hospitalised"
ANSWER_FOR_SOMEBODY = frozenset({REPRESENTATIVE, "helper", STAFF})
"""Who answers for the person they speak of: a legal representative, a relative with the person's consent, or whoever
looks after their health in the establishment where they live."""


class ScriptKind(StrEnum):
    """The kind of person a script is written for."""

    P0 = "p0"
    CONTACT = "contact"
    CASE_FOLLOW_UP = "case_follow_up"
    """A person who was told of their isolation, on a later day."""
    CONTACT_FOLLOW_UP = "contact_follow_up"


class QuestionType(StrEnum):
    """The form of an answer."""

    YES_NO = "yes_no"
    YES_NO_UNKNOWN = "yes_no_unknown"
    IDENTITY = "identity"
    CHOICE = "choice"
    MULTI = "multi"
    DATE = "date"
    DATETIME = "datetime"
    NUMBER = "number"
    TEXT = "text"


class Widget(StrEnum):
    """A tool of the call screen that a step opens."""

    CONTACTS = "contacts"
    ISOLATION = "isolation"
    SICK_NOTE = "sick_note"
    ESCALATE = "escalate"
    CLOSING = "closing"
    BECOME_CASE = "become_case"


class Outcome(StrEnum):
    """How a call can end; a script only ever suggests one. Each is one that a tracer can choose (calls.rules.OUTCOMES)."""

    COMPLETED = "completed"
    CALLBACK = "callback"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    IDENTITY_FAILED = "identity_failed"
    REFUSED = "refused"
    LANGUAGE = "language"
    NEEDS_DOCTOR = "needs_doctor"


class EscalationReason(StrEnum):
    """Why a step passes a question on to an adviser or a referent."""

    RESULT_NOT_ANNOUNCED = "RESULT_NOT_ANNOUNCED"
    RED_FLAGS = "RED_FLAGS"
    COLLECTIVITY = "COLLECTIVITY"
    DISPUTED_CONTACT = "DISPUTED_CONTACT"


class FactKind(StrEnum):
    """The form of a fact; a flag is never read aloud: it is for conditions, and for wordings that hold only with it."""

    TEXT = "text"
    DAY = "day"
    FLAG = "flag"


@dataclass(frozen=True)
class Phrase:
    """The words of a fact in both languages."""

    french: str
    english: str | None = None
    """None: it can be said in French only."""


FactValue = str | int | bool | date | Phrase | None

BOTH = frozenset(ScriptKind)
P0_ONLY = frozenset({ScriptKind.P0, ScriptKind.CASE_FOLLOW_UP})
CONTACT_ONLY = frozenset({ScriptKind.CONTACT, ScriptKind.CONTACT_FOLLOW_UP})
FIRST_CALLS = frozenset({ScriptKind.P0, ScriptKind.CONTACT})
FOLLOW_UP_CALLS = frozenset({ScriptKind.CASE_FOLLOW_UP, ScriptKind.CONTACT_FOLLOW_UP})
FIRST_CALL_OF_A_CASE = frozenset({ScriptKind.P0})
FIRST_CALL_OF_A_CONTACT = frozenset({ScriptKind.CONTACT})


@dataclass(frozen=True)
class Fact:
    """Something known before any question is asked; a sensitive fact is said only once identity is confirmed."""

    kind: FactKind
    meaning: str
    scripts: frozenset[ScriptKind] = BOTH
    sensitive: bool = False


FACTS: dict[str, Fact] = {
    "tracer": Fact(FactKind.TEXT, "the caller's name as it is said"),
    "site": Fact(FactKind.TEXT, "the platform's name as it is said"),
    "person": Fact(FactKind.TEXT, "who is being asked for"),
    "callback_number": Fact(FactKind.TEXT, "the site's own telephone number"),
    "retention": Fact(FactKind.TEXT, "how long answers are kept, in words"),
    "rang_us": Fact(FactKind.FLAG, "the person rang us; absent when we ring"),
    "parent_on_line": Fact(FactKind.FLAG, "a parent answers who has just heard all this for themselves"),
    "no_case": Fact(FactKind.FLAG, "the result counts no more, and nothing is asked because of it"),
    "no_longer_contact": Fact(
        FactKind.FLAG,
        "the meeting counts no more: the person was told otherwise, or taken off the list",
        CONTACT_ONLY,
    ),
    "opened_by_mistake": Fact(FactKind.FLAG, "no laboratory ever sent a result of this case", P0_ONLY),
    "notice_address": Fact(FactKind.TEXT, "where the data notice can be read"),
    "tracer_is_adviser": Fact(FactKind.FLAG, "the caller is a medical adviser"),
    "is_minor": Fact(FactKind.FLAG, "a legal representative must answer"),
    "is_young_child": Fact(FactKind.FLAG, "the person is under twelve, and is spoken to as a child"),
    "too_young_to_work": Fact(
        FactKind.FLAG, "the person is below the age at which one can work", FIRST_CALLS
    ),
    "minor_on_line": Fact(FactKind.FLAG, "a child has answered for whom a representative must"),
    "parent_note": Fact(
        FactKind.FLAG, "the rule gives a note to the parent who stays with this child", FIRST_CALLS
    ),
    "spoken_for": Fact(FactKind.FLAG, "somebody answers for the person: of a child, or of an adult"),
    "staff_on_line": Fact(
        FactKind.FLAG, "the staff of the establishment where the person lives answer", FIRST_CALLS
    ),
    "in_hospital": Fact(FactKind.FLAG, "the person was said to be in hospital", FIRST_CALL_OF_A_CASE),
    "notes_issued": Fact(FactKind.FLAG, "false when the programme issues no sick notes"),
    "note_possible": Fact(
        FactKind.FLAG,
        "the rules allow a sick note by what was answered; absent while an answer or a name is missing",
        FIRST_CALLS,
    ),
    "note_from": Fact(FactKind.DAY, "the first day of that note, if it is past", FIRST_CALLS, sensitive=True),
    "programme": Fact(
        FactKind.TEXT, "the code of the programme: a step can be one programme's", sensitive=True
    ),
    "masks_help": Fact(FactKind.FLAG, "a mask protects others from this disease"),
    "has_boosters": Fact(FactKind.FLAG, "a complete vaccination has a booster"),
    "household_tests": Fact(
        FactKind.FLAG, "whoever lives with a positive person is asked to be tested", P0_ONLY
    ),
    "prophylaxis": Fact(
        FactKind.TEXT,
        "what may still prevent the disease, until which day and where",
        CONTACT_ONLY,
        sensitive=True,
    ),
    "disease": Fact(FactKind.TEXT, "the disease as it is said, with its article", sensitive=True),
    "disease_alone": Fact(FactKind.TEXT, "the disease without its article", sensitive=True),
    "doctor": Fact(FactKind.TEXT, "the doctor known to the person", sensitive=True),
    "rule": Fact(FactKind.TEXT, "the name of the rule that gave the dates", sensitive=True),
    "recent_infection_since": Fact(FactKind.DAY, "an infection after this day is recent", sensitive=True),
    "free_on": Fact(FactKind.DAY, "the first day out of the measure", sensitive=True),
    "next_follow_up": Fact(FactKind.DAY, "the day of the follow-up call after this one", sensitive=True),
    "result_announced": Fact(FactKind.FLAG, "an adviser has told the result since", P0_ONLY),
    "had_symptoms": Fact(
        FactKind.FLAG,
        "whether symptoms were known before this call",
        frozenset({ScriptKind.CASE_FOLLOW_UP}),
    ),
    "isolation_required": Fact(
        FactKind.FLAG, "whether an isolation is asked; absent without a rule in force", P0_ONLY
    ),
    "isolation_over": Fact(FactKind.FLAG, "whether the last day of isolation is past", P0_ONLY),
    "sampling_said": Fact(
        FactKind.FLAG, "the person gave another day of sampling than the laboratory", P0_ONLY
    ),
    "sampling_on": Fact(FactKind.DAY, "the day of sampling", P0_ONLY, sensitive=True),
    "onset": Fact(FactKind.DAY, "the day of the first symptoms", P0_ONLY, sensitive=True),
    "window_start": Fact(FactKind.DAY, "first day of the contagious window", P0_ONLY, sensitive=True),
    "window_end": Fact(FactKind.DAY, "last day of the contagious window", P0_ONLY, sensitive=True),
    "origin_since": Fact(
        FactKind.DAY,
        "how far back the programme looks for where the infection comes from; absent where it does not",
        FIRST_CALL_OF_A_CASE,
        sensitive=True,
    ),
    "isolation_end": Fact(FactKind.DAY, "the last day of isolation, included", P0_ONLY, sensitive=True),
    "early_exit_needs": Fact(
        FactKind.TEXT, "the conditions of leaving isolation early", P0_ONLY, sensitive=True
    ),
    "fever_hours": Fact(
        FactKind.TEXT, "isolation lasts until so many hours without fever", P0_ONLY, sensitive=True
    ),
    "exit_tests": Fact(FactKind.TEXT, "the tests at the end of isolation", P0_ONLY, sensitive=True),
    "early_exit_on": Fact(FactKind.DAY, "first day a negative test may end it", P0_ONLY, sensitive=True),
    "mask_until": Fact(FactKind.DAY, "the mask is worn until this day", sensitive=True),
    # present only if the case agreed, for this contact: its absence keeps the name from being said
    "case_name": Fact(FactKind.TEXT, "the case's name, if it may be told", CONTACT_ONLY, sensitive=True),
    "last_contact": Fact(FactKind.DAY, "the day of the last contact", CONTACT_ONLY, sensitive=True),
    # present only if several cases named the contact about the same time
    "meetings": Fact(FactKind.TEXT, "the days of those meetings", CONTACT_ONLY, sensitive=True),
    "quarantine_required": Fact(
        FactKind.FLAG, "whether a quarantine is asked; absent without a rule in force", CONTACT_ONLY
    ),
    "quarantine_over": Fact(FactKind.FLAG, "whether the last day of quarantine is past", CONTACT_ONLY),
    "negligible_risk": Fact(FactKind.FLAG, "true when the meeting puts nobody at risk", CONTACT_ONLY),
    "quarantine_end": Fact(
        FactKind.DAY, "the last day of quarantine, included", CONTACT_ONLY, sensitive=True
    ),
    "result_awaited": Fact(
        FactKind.FLAG, "whether they isolate for symptoms or a self-test, until a result", CONTACT_ONLY
    ),
    "test_lifts": Fact(
        FactKind.FLAG, "the quarantine ends with a negative test that is still to be done", CONTACT_ONLY
    ),
    "tests": Fact(
        FactKind.TEXT, "every test to come, with its day and its kind", CONTACT_ONLY, sensitive=True
    ),
    "first_test_on": Fact(FactKind.DAY, "the day of the first test", CONTACT_ONLY, sensitive=True),
    "last_test_on": Fact(FactKind.DAY, "the day of the last test", CONTACT_ONLY, sensitive=True),
}


@dataclass(frozen=True)
class RuleQuestion:
    """A question whose answer a rule reads: its id, type and options are the same in every script version."""

    type: QuestionType
    options: frozenset[str] = frozenset()
    scripts: frozenset[ScriptKind] = FIRST_CALLS


RULE_QUESTIONS: dict[str, RuleQuestion] = {
    IDENTITY_QUESTION: RuleQuestion(QuestionType.IDENTITY, scripts=BOTH),
    "knows_result": RuleQuestion(QuestionType.YES_NO, scripts=FIRST_CALL_OF_A_CASE),
    "red_flags": RuleQuestion(QuestionType.YES_NO, scripts=BOTH),
    IN_HOSPITAL: RuleQuestion(QuestionType.YES_NO, scripts=FIRST_CALL_OF_A_CASE),
    "has_symptoms": RuleQuestion(QuestionType.YES_NO),
    "onset_on": RuleQuestion(QuestionType.DATE),
    "vaccination": RuleQuestion(QuestionType.CHOICE, frozenset({"complete", "partial", "none", UNKNOWN})),
    "infected_recently": RuleQuestion(QuestionType.YES_NO_UNKNOWN),
    "lives_with_case": RuleQuestion(QuestionType.YES_NO, scripts=FIRST_CALL_OF_A_CONTACT),
    "last_contact_confirmed": RuleQuestion(QuestionType.YES_NO_UNKNOWN, scripts=FIRST_CALL_OF_A_CONTACT),
    "works": RuleQuestion(QuestionType.YES_NO),
    "can_telework": RuleQuestion(QuestionType.YES_NO),
    "insurance_scheme": RuleQuestion(
        QuestionType.CHOICE,
        frozenset({"RG", "MSA", "SSI", "CIVIL_SERVANT", "SPECIAL", "NONE", "UNKNOWN"}),
    ),
    "is_caregiver": RuleQuestion(QuestionType.YES_NO),
    "stopped_by_doctor": RuleQuestion(QuestionType.YES_NO),
    "wants_note": RuleQuestion(QuestionType.YES_NO),
    "new_symptoms": RuleQuestion(QuestionType.YES_NO, scripts=FOLLOW_UP_CALLS),
    "new_symptoms_on": RuleQuestion(QuestionType.DATE, scripts=FOLLOW_UP_CALLS),
}

# what the law or our doctors require to be said and confirmed in every call of a kind; ids of steps
MANDATORY_STATEMENTS: dict[ScriptKind, frozenset[str]] = {
    ScriptKind.P0: frozenset(
        {"opening", "identity", "data_notice", "name_consent", "isolation", "next_steps"}
    ),
    ScriptKind.CONTACT: frozenset(
        {"opening", "identity", "data_notice", "announcement", "quarantine", "next_steps"}
    ),
    ScriptKind.CASE_FOLLOW_UP: frozenset({"opening", "identity", "isolation", "next_steps"}),
    ScriptKind.CONTACT_FOLLOW_UP: frozenset({"opening", "identity", "quarantine", "next_steps"}),
}

# what an answer is data of: a programme that does not hold it does not ask; an id of no field is always asked
FIELD_OF_QUESTION: dict[str, DataField] = {
    **dict.fromkeys(("has_symptoms", "new_symptoms"), DataField.SYMPTOMS),
    **dict.fromkeys(("onset_on", "new_symptoms_on"), DataField.ONSET),
    "vaccination": DataField.VACCINATION,
    "infected_recently": DataField.PREVIOUS_INFECTION,
    "immunodepressed": DataField.IMMUNODEPRESSED,
    "pregnant": DataField.PREGNANCY,
    **dict.fromkeys(("lives_in", "collectivities", "recall_places"), DataField.PLACES),
    **dict.fromkeys(("works", "profession", "is_caregiver", "last_work_on"), DataField.WORK),
    **dict.fromkeys(("needs", "needs_consent"), DataField.SUPPORT_NEEDS),
    **dict.fromkeys(
        ("can_telework", "stopped_by_doctor", "insurance_scheme", "wants_note", "apart_since"),
        DataField.SICK_NOTE,
    ),
}


def unasked(withheld: Collection[DataField]) -> frozenset[str]:
    """Return the questions that are not asked where these fields are not held."""
    return frozenset(question for question, field in FIELD_OF_QUESTION.items() if field in withheld)


EMERGENCY_QUESTION = "red_flags"
EMERGENCY = "emergency"
DATA_NOTICE = "data_notice"
DATA_NOTICE_FACTS = ("retention", "notice_address")
ALWAYS_ASKED = frozenset({EMERGENCY_QUESTION, "knows_result"})

# steps that are nothing without the tool of the call screen which they open; by id of the step and kinds of script
PANELS: dict[tuple[str, frozenset[ScriptKind]], Widget] = {
    ("sick_note", FIRST_CALLS): Widget.SICK_NOTE,
    ("isolation", P0_ONLY): Widget.ISOLATION,
    ("quarantine", CONTACT_ONLY): Widget.ISOLATION,
    ("name_consent", FIRST_CALL_OF_A_CASE): Widget.CONTACTS,
    ("contacts", FIRST_CALL_OF_A_CASE): Widget.CONTACTS,
}
