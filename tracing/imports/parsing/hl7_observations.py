"""Read the orders and observations of HL7 messages: which are results of tests, for what, and what they found. Pure.

Questions that a sender adds (symptoms, work, housing), controls, remarks and numbers are no results.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracing.imports.format.codes import names_no_disease, reads_positive
from tracing.imports.format.columns import clean
from tracing.imports.format.laboratory import NO_LABORATORY, NOT_OURS, Laboratory
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing.hl7 import Message, Segment, Value

FOUND = {
    "10828004": "P",
    "260373001": "P",
    "260385009": "N",
    "260415000": "N",
    "373068000": "I",
    "82334004": "I",
    "419984006": "I",
    "125154007": "X",
    "373121007": "X",
    "POS": "P",
    "NEG": "N",
    "IND": "I",
    **{code: code for code in "PNIX"},
}
"""The finding by code: SNOMED CT, HL7 table 0078 and the layout's own letters."""

TAKEN_BACK = frozenset("DWXNOIS")
"""States of an observation in which it holds no result: deleted, wrong, not obtained, not yet done."""
QUESTIONS = {
    "95419-8": "SYMPTOMES",
    "11368-8": "DATE_DEBUT_SYMPTOMES",
    "65222-2": "DATE_DEBUT_SYMPTOMES",
    "95418-0": "PROF_SANTE",
    "95421-4": "HEBERGEMENT",
}
_OTHER_QUESTIONS = frozenset({"30525-0", "82810-3", "77974-4", "95420-6", "95417-2", "75617-1", "35659-2"})
_QUESTION_KINDS = frozenset({"QST", "SCI"})
"""OBX-29: a question asked with the order, or supporting information."""
_RESULT_TYPES = frozenset({"", "CE", "CWE", "CNE", "CF", "ST", "IS", "ID"})
_TEXT_TYPES = frozenset({"TX", "FT"})
_DOCUMENT_TYPES = frozenset({"ED", "RP"})
"""A document beside the answer, or instead of it."""
_LONGEST_ANSWER = 200
"""Characters of a text that nobody understands; the rest says no more about what was found."""
_LOINC = re.compile(r"\d{1,5}-\d")
_FUND = re.compile(r"\w{3}")


@dataclass(repr=False)
class Order:
    """One order: the test requested, its observations, and the specimen."""

    request: Segment | None = None
    common: Segment | None = None
    observations: list[Segment] = field(default_factory=list)
    specimen: Segment | None = None


@dataclass
class Patient:
    """One person in a message, and the orders about them."""

    identity: Segment | None = None
    fund: str = ""
    orders: list[Order] = field(default_factory=list)


def patients_in(message: Message) -> Iterator[Patient]:
    """Yield the people of a message with their orders; orders before the first PID get a patient without identity."""
    patient = Patient()
    for segment in message.segments:
        match segment.name:
            case "PID":
                if patient.orders:
                    yield patient
                patient = Patient(segment)
            case "IN1":
                fund = segment.text(3)
                patient.fund = patient.fund or (fund if _FUND.fullmatch(fund) else "")
            case "ORC":
                patient.orders.append(Order(common=segment))
            case "OBR":
                if not patient.orders or patient.orders[-1].request:
                    patient.orders.append(Order())
                patient.orders[-1].request = segment
            case "OBX" if patient.orders:
                patient.orders[-1].observations.append(segment)
            case "OBX":
                patient.orders.append(Order(observations=[segment]))
            case "SPM" if patient.orders:
                patient.orders[-1].specimen = patient.orders[-1].specimen or segment
    yield patient


@dataclass(frozen=True, repr=False)
class Known:
    """What codes mean: by the standards, and as a person said once for the source."""

    meanings: dict[str, str]
    """Of answers, by the answer in small letters."""
    tests: dict[str, str]
    """Of tests, by code in small letters (`Mapping.tests`)."""
    laboratory: Laboratory = NO_LABORATORY
    """The tests of the programme."""

    @classmethod
    def of(cls, mapping: Mapping | None, laboratory: Laboratory) -> "Known":
        """Return what is known of the codes of a source."""
        said = {} if mapping is None else mapping.codes.get("RESULTAT", {})
        meanings = {value.casefold(): code for value, code in (FOUND | said).items()}
        return cls(meanings, {} if mapping is None else mapping.tests, laboratory)


@dataclass(frozen=True, repr=False)
class Observation:
    """One observation that may be the result of a test, with what its codes say."""

    segment: Segment
    code: str
    """The code of the test: of LOINC, else the sender's, else its name."""
    test: str | None
    """What the test is (`codes.TESTS`); None: nobody has said."""
    answers: tuple[str, ...]
    """Each answer: its code, else its text. Several where the field repeats."""
    texts: tuple[str, ...]
    """The text beside each answer's code."""
    laboratory: Laboratory

    @property
    def names(self) -> str:
        """Return all that is written about the test."""
        return " ".join(self.segment.text(3, component) for component in (1, 2, 4, 5))

    @property
    def test_text(self) -> str:
        """Return the name of the test."""
        return _other_than(self.code, self.segment.text(3, 2), self.segment.text(3, 5))

    @property
    def answer(self) -> str:
        """Return the answers as one text."""
        return " ~ ".join(self.answers)[:_LONGEST_ANSWER]

    @property
    def answer_text(self) -> str:
        """Return the texts beside the codes of the answers."""
        beside = (
            text for answer, text in zip(self.answers, self.texts, strict=True) if text and text != answer
        )
        return " ~ ".join(beside)[:_LONGEST_ANSWER]

    @property
    def is_anothers(self) -> bool:
        """Return whether it is no result of the programme's disease: by its code, else by its name."""
        if self.test is not None:
            return self.test in NOT_OURS
        return self.laboratory.names_other(self.names) or names_no_disease(self.names)

    @property
    def may_be_ours(self) -> bool:
        """Return whether nobody knows the test, and it is named after our disease, or reads positive."""
        if self.test is not None:
            return False
        if self.laboratory.is_named(self.names):
            return True
        return not self.is_anothers and reads_positive(*self.answers, *self.texts, laboratory=self.laboratory)


def _other_than(code: str, *names: str) -> str:
    return next((name for name in names if name and name != code), "")


def results_of(order: Order, known: Known) -> Iterator[Observation]:
    """Yield the observations of an order that are results of tests, and not questions, numbers or remarks.

    Of a test that we know every answer counts, of whatever type: what nobody understands is for a person. So does a text
    that may be a positive answer. A document counts only where nothing else answers.
    """
    found = [read for each in order.observations if (read := _observation(each, order.request, known))]
    answered = {each.code for each in found if each.segment.text(2) not in _DOCUMENT_TYPES}
    for each in found:
        kind = each.segment.text(2)
        is_ours = each.test is not None and each.test not in NOT_OURS
        if kind in _DOCUMENT_TYPES:
            counts = is_ours and each.code not in answered
        elif kind in _TEXT_TYPES:
            counts = is_ours or each.may_be_ours
        else:
            counts = is_ours or kind in _RESULT_TYPES
        if counts:
            yield each


def _observation(segment: Segment, request: Segment | None, known: Known) -> Observation | None:
    """Read one observation; None for a question, and for one that does not say what it is about."""
    if segment.text(3) in QUESTIONS or segment.text(3) in _OTHER_QUESTIONS:
        return None
    if segment.text(29) in _QUESTION_KINDS:
        return None
    code = _code_of(segment, request, known)
    answers, texts = _answers_of(segment)
    test = known.laboratory.test_of(code, known.tests) if code else None
    return Observation(segment, code, test, answers, texts, known.laboratory) if code else None


def _code_of(segment: Segment, request: Segment | None, known: Known) -> str:
    """Return the code of the test: the sender's own and that of LOINC may stand side by side.

    What was ordered says it only of an observation without any code: a panel holds controls and other diseases.
    """
    own = _codes_in(segment.value(3), known)
    name = segment.text(3, 2) or segment.text(3, 5)
    if own or (name and not known.laboratory.is_named(name)) or names_no_disease(name):
        return own or name
    return (_codes_in(request.value(4), known) if request else "") or name


def _codes_in(named: Value, known: Known) -> str:
    """Return the code of a test that says most: one we know, else one of LOINC, else the first."""
    codes = [code for code in (named.text(1), named.text(4)) if code]
    ours = (code for code in codes if known.laboratory.test_of(code, known.tests))
    return next(ours, next((code for code in codes if _LOINC.fullmatch(code)), codes[0] if codes else ""))


def _answers_of(segment: Segment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the answers of an observation, and the text beside each."""
    kind, values = segment.text(2), segment.repeated(5)
    if kind in _DOCUMENT_TYPES or not values:
        return ("",), ("",)
    if kind in _TEXT_TYPES:  # a repetition begins a new line of one text
        return (clean(" ".join(value.text() for value in values))[:_LONGEST_ANSWER],), ("",)
    if kind == "SN":
        return ("".join(values[0].text(part) for part in (1, 2, 3, 4)),), ("",)
    answers, texts = [], []
    for value in values:
        codes = [clean(value.text(component)) for component in (1, 4)]
        texts.append(clean(value.text(2) or value.text(5))[:_LONGEST_ANSWER])
        answers.append((codes[0] or codes[1] or texts[-1])[:_LONGEST_ANSWER])
    return tuple(answers), tuple(texts)


def found_in(observation: Observation, known: Known) -> str:
    """Return the finding as a letter of the layout; an unknown answer is kept, and quarantines only this result.

    A test that we do not know is for a person to judge where it is called after our disease, or reads positive and is
    called after no other one.
    """
    if observation.segment.text(11) in TAKEN_BACK:
        return "X"
    found = _meaning(observation, known)
    if found in ("N", "I", "X"):
        return found
    if observation.test is not None:
        return "X" if observation.test in NOT_OURS else found
    if not observation.may_be_ours and (found != "P" or observation.is_anothers):
        return "X"
    return found


def _meaning(observation: Observation, known: Known) -> str:
    """Return what the answers mean together: where they contradict each other, or one is unknown, they stay as sent.

    A positive answer stands whatever else is said beside it, such as the name of the virus.
    """
    values = (
        observation.segment.repeated(5) if len(observation.answers) > 1 else [observation.segment.value(5)]
    )
    meant = []
    for answer, value in zip(observation.answers, values, strict=True):
        codes = (answer, clean(value.text(1)), clean(value.text(4)))
        meant.append(
            next((known.meanings[code.casefold()] for code in codes if code.casefold() in known.meanings), "")
        )
    certain = {meaning for meaning in meant if meaning}
    if len(certain) == 1 and ("P" in certain or all(meant)):
        return certain.pop()
    return known.meanings.get(observation.answer.casefold(), observation.answer)
