"""What the checks of a script find, as values: the files say it in English, the pages in their reader's language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tracing.scripts.definitions import Step


class Fault(StrEnum):
    """What is wrong, in English, with a place for each value."""

    STEP_TWICE = "another step has this id"
    QUESTION_TWICE = "another question has this id"
    NOT_ASKED = "{name!r} is not a question asked before this point"
    FREE_ANSWER = "the answer to {name!r} is free and can only be tested with answered"
    NO_ANSWER = "{value!r} is not an answer to {name!r}"
    NO_FACT = "{name!r} is not a fact of a {kind} script"
    NOT_COMPARED = "the fact {name!r} is a {form} and cannot be compared with {value!r}"
    NO_DAY = "{name!r} is neither today nor a day among the facts of a {kind} script"
    NOT_SAID = "{{{name}}} is not something a {kind} script can say"
    SENSITIVE = "{{{name}}} is sensitive and this step is not"
    BRACE = "a brace stands alone"
    FACT_NOT_ALOUD = "only the words to read aloud may hold a {{fact}}"
    OTHER_FACTS = "the English of {words!r} does not hold the same facts, or begins with another"
    ONE_IDENTITY = "one step must ask the identity, {number} do"
    IDENTITY_QUESTION = "the identity question is {name!r}, required, without when"
    IDENTITY_STEP = "the identity step is a gate, always open, and holds nothing sensitive"
    IDENTITY_ENDS = "no step ends the call when the identity is not confirmed"
    BEFORE_IDENTITY = "health content cannot stand before the identity step"
    STATEMENT_MISSING = "the mandatory statement {name!r} is missing"
    MANDATORY = "this statement must be mandatory"
    MANDATORY_WORDS = (
        "a mandatory statement begins with words that need no {{fact}}, at least as a last wording"
    )
    RULE_QUESTION_MISSING = "the question {name!r} is missing, and the rules need it"
    RULE_TYPE = "question {name!r}, type: must be {type}, not {found}"
    RULE_OPTIONS = "question {name!r}, options: must be exactly {options}"
    LAST_STEP = "the last step ends a completed call, always, and holds nothing sensitive"
    CLOSING = "the last step opens the closing"
    CUTS_OFF = "without when this end would cut off every step after it"
    MUST_BE_REQUIRED = "the question {name!r} must be required"
    EMERGENCY_ASKED = "the question {name!r} is asked in every call, in a step that is a gate"
    EMERGENCY_PLACE = "the emergency step comes right after the question {name!r}"
    EMERGENCY_WHEN = "the emergency step is said when {name!r} is {value!r}, and only on that condition"
    EMERGENCY_END = "the emergency step ends the call with needs_doctor"
    EMERGENCY_ADVICE = "the emergency step opens escalate, for RED_FLAGS"
    EMERGENCY_WORDS = "the emergency step says 15 or 112, in each of the wordings of a paragraph"
    HEALTH_WORDS = "{word!r} tells anybody what the call is about: the step must be sensitive, or not say it"
    RESULT_BY_ADVISER = "the result is told by an adviser: this step does not say it"
    NOTICE_FACT = "the data notice says {{{name}}}"
    NOTICE_SHORT = "the data notice has fewer than {least} words"
    NO_PROGRAMME = "no programme is called {name!r}"
    OTHER_PROGRAMME = "this script leads no call of {name!r}"
    NOT_OF_PROGRAMME = "the programme {programme!r} has no {name!r}"
    NOT_HELD = "the programme {programme!r} does not hold what {name!r} asks"
    PANEL = "this step must open {widget}"
    PANEL_STEP = "the step {name!r}, which opens {widget}, is missing"
    COMPLETES = "only the last step ends a completed call, or a statement that is not for everybody"


@dataclass(frozen=True)
class Problem:
    """Something that prevents a script from being published."""

    fault: Fault
    values: Mapping[str, object] = field(default_factory=dict)
    """What stands in the places of its sentence: names as the file writes them."""
    step: str | None = None
    """The step in which it is; None: in the script as a whole."""
    part: str | None = None
    """Which part of the step, as the file names it."""

    def at(self, step: str, part: str) -> "Problem":
        """Return the same problem with its place."""
        return replace(self, step=step, part=part)

    def __str__(self) -> str:
        """Return it in English, as who writes a file reads it."""
        said = self.fault.value.format(**self.values)
        return said if self.step is None else f"step {self.step!r}, {self.part}: {said}"


def at(step: Step, part: str, fault: Fault, **values: object) -> Problem:
    """Return a problem with its place."""
    return Problem(fault, values, step.id, part)
