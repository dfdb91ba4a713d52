"""Turn the results in HL7 messages into lines of the layout: who was tested for what, and the finding. Pure.

A result is one observation that names a test. Questions that a sender adds (symptoms, work, housing) describe the
result and are no result. From a test for another disease no personal data is taken over.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracing.imports.format.columns import FIELDS, RawLine, clean
from tracing.imports.format.loinc import ANTIGEN, OTHER_PATHOGENS, PCR
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing.delimited import Text
from tracing.imports.parsing.hl7 import NO_SEGMENT, NOTHING, Message, Segment, messages
from tracing.imports.parsing.hl7_people import moment_in, person_in
from tracing.imports.refusal_codes import CannotRead, Refusal

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

NO_OBSERVATION = "no_observation"
"""Why a message is left out: it is a result by its type, and holds none (no OBX)."""
_TAKEN_BACK = frozenset("DWXNOIS")
"""States of an observation in which it holds no result: deleted, wrong, not obtained, not yet done."""
_QUESTIONS = {
    "95419-8": "SYMPTOMES",
    "11368-8": "DATE_DEBUT_SYMPTOMES",
    "65222-2": "DATE_DEBUT_SYMPTOMES",
    "95418-0": "PROF_SANTE",
    "95421-4": "HEBERGEMENT",
}
_OTHER_QUESTIONS = frozenset({"30525-0", "82810-3", "77974-4", "95420-6", "95417-2", "75617-1", "35659-2"})
_RESULT_TYPES = frozenset({"", "CE", "CWE", "CNE", "ST", "IS", "ID"})
_OUR_DISEASE = re.compile(r"SARS.?COV.?2|COVID", re.IGNORECASE)
_NO_DISEASE = re.compile(
    r"CONTR[OÔ]LE|CONTROL\b|T[EÉ]MOIN|RNASE|PR[EÉ]L[EÈ]VEMENT|SPECIMEN|SAMPLE|GENDER|GENRE|SEXE?\b|COMMENT",
    re.IGNORECASE,
)
_OTHER_PATHOGEN = re.compile(
    r"INFLUENZA|GRIPPE|\bRSV\b|\bVRS\b|SYNCYTIAL|RHINOVIRUS|ADENOVIRUS|METAPNEUMO|BORDETELLA|LEGIONELLA|MYCOPLASMA",
    re.IGNORECASE,
)
"""What the name of an observation may say: it is no test for a disease, or one for another disease."""
_LOINC = re.compile(r"\d{1,5}-\d")
_FINESS = re.compile(r"(?:\d{2}|2[AB])\d{7}")
_FUND = re.compile(r"\w{3}")


@dataclass(repr=False)
class _Order:
    """One order: the test requested, its observations, and the specimen."""

    request: Segment | None = None
    common: Segment | None = None
    observations: list[Segment] = field(default_factory=list)
    specimen: Segment | None = None


@dataclass
class _Patient:
    """One person in a message, and the orders about them."""

    identity: Segment | None = None
    fund: str = ""
    orders: list[_Order] = field(default_factory=list)


def lines(
    text: Text, mapping: Mapping | None = None, left_out: Counter[str] | None = None
) -> Iterator[RawLine]:
    """Yield the results of a file in their order, numbered as a person would count them.

    Messages that bring none are counted in `left_out`, by their reason; a file in which no message has an observation is
    refused.
    """
    codes = {} if mapping is None else mapping.codes.get("RESULTAT", {})
    meanings = FOUND | {value.upper(): code for value, code in codes.items()}
    left_out = Counter() if left_out is None else left_out
    number = 0
    for message in messages(text, left_out):
        patients = list(_patients(message))
        if not any(order.observations for patient in patients for order in patient.orders):
            left_out[NO_OBSERVATION] += 1
            continue
        for patient in patients:
            for sent in _results(message, patient, meanings):
                number += 1
                yield RawLine(number, tuple(clean(sent.get(name, "")) for name in FIELDS))
    if not number and left_out[NO_OBSERVATION]:
        raise CannotRead(Refusal.NO_OBSERVATION)


def _patients(message: Message) -> Iterator[_Patient]:
    """Yield the people of a message with their orders; orders before the first PID get a patient without identity."""
    patient = _Patient()
    for segment in message.segments:
        match segment.name:
            case "PID":
                if patient.orders:
                    yield patient
                patient = _Patient(segment)
            case "IN1":
                fund = segment.text(3)
                patient.fund = patient.fund or (fund if _FUND.fullmatch(fund) else "")
            case "ORC":
                patient.orders.append(_Order(common=segment))
            case "OBR":
                if not patient.orders or patient.orders[-1].request:
                    patient.orders.append(_Order())
                patient.orders[-1].request = segment
            case "OBX" if patient.orders:
                patient.orders[-1].observations.append(segment)
            case "OBX":
                patient.orders.append(_Order(observations=[segment]))
            case "SPM" if patient.orders:
                patient.orders[-1].specimen = patient.orders[-1].specimen or segment
    yield patient


def _results(message: Message, patient: _Patient, meanings: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the fields of each result about one person."""
    person = person_in(patient.identity) if patient.identity else {}
    fund = {"CODE_CAISSE": patient.fund}
    answers = _answers(patient)
    times: Counter[str] = Counter()
    for order in patient.orders:
        for observation in order.observations:
            test = _loinc(observation, order.request)
            if not _is_result(observation, test):
                continue
            result_id = _result_id(message, order, observation)
            times[result_id] += 1
            if times[result_id] > 1:
                result_id += f".{times[result_id]}"
            found = _found(observation, test, meanings)
            about = {
                "NUM_LOT": message.batch,
                "ID_RESULTAT": result_id,
                "CODE_LOINC": test,
                "RESULTAT": found,
            }
            if found == "X" and observation.text(11) not in _TAKEN_BACK:
                yield about
            elif found in ("N", "I", "X"):
                # whom it names is compared where its id was taken in before, and kept nowhere
                named = {name: person[name] for name in _NAMING if name in person}
                yield about | named | {"DATE_EXTRACTION": moment_in(message.header.text(7))}
            else:
                yield about | person | fund | answers | _circumstances(message, order, observation, test)
    if not times:
        # There is no result, but a person who counts the messages must find this one.
        order = patient.orders[-1] if patient.orders else _Order()
        yield {
            "NUM_LOT": message.batch,
            "ID_RESULTAT": _result_id(message, order, NO_SEGMENT),
            "RESULTAT": "X",
        }


_NAMING = ("NOM_NAISSANCE", "PRENOMS", "DATE_NAISSANCE", "SEXE", "NIR")


def _is_result(observation: Segment, test: str) -> bool:
    """Say whether an observation is the result of a test, and not a question, a number or a remark.

    Of a test that we know every answer counts, of whatever type: what nobody understands is for a person.
    """
    code = observation.text(3)
    if code in _QUESTIONS or code in _OTHER_QUESTIONS:
        return False
    return (
        test in PCR or test in ANTIGEN or (observation.text(2) in _RESULT_TYPES and observation.raw(3) != "")
    )


def _loinc(observation: Segment, request: Segment | None) -> str:
    """Return the code of the test: the sender's own and that of LOINC may stand side by side.

    What was ordered says it only of an observation without any code: a panel holds controls and other diseases.
    """
    named = observation.value(3) if observation.raw(3) or request is None else request.value(4)
    codes = [named.text(component) for component in (1, 4)]
    ours = (code for code in codes if code in PCR or code in ANTIGEN)
    return next(ours, next((code for code in codes if _LOINC.fullmatch(code)), ""))


def _found(observation: Segment, test: str, meanings: dict[str, str]) -> str:
    """Return the finding as a letter of the layout; an unknown code is kept, and quarantines only this result.

    A test that we do not know is for a person to judge where it is called after our disease, or reads positive and is
    called after no other one.
    """
    if observation.text(11) in _TAKEN_BACK:
        return "X"
    value = observation.value(5)
    codes = [value.text(component) for component in (1, 4)]
    found = next((meanings[code.upper()] for code in codes if code.upper() in meanings), codes[0] or codes[1])
    if test in PCR or test in ANTIGEN or found in ("N", "I", "X"):
        return found
    named = " ".join(observation.text(3, component) for component in (1, 2, 4, 5))
    is_anothers = test in OTHER_PATHOGENS or _OTHER_PATHOGEN.search(named) or _NO_DISEASE.search(named)
    if _OUR_DISEASE.search(named) or (found == "P" and not is_anothers):
        return f"{observation.text(3)}={found}"
    return "X"


def _result_id(message: Message, order: _Order, observation: Segment) -> str:
    """Return the sender's permanent identifier of a result: the laboratory's number and the test."""
    request, common, specimen = order.request, order.common, order.specimen
    numbers = (
        request.text(3) if request else "",
        common.text(3) if common else "",
        request.text(2) if request else "",
        specimen.value(2).text(2) or specimen.value(2).text(1) if specimen else "",
        message.header.text(10),
    )
    number = next(filter(None, numbers), "")
    parts = (number, observation.text(3), observation.text(4))
    return "-".join(filter(None, parts)) if number else ""


def _answers(patient: _Patient) -> dict[str, str]:
    """Return the answers to the questions asked with the test."""
    answers: dict[str, str] = {}
    for order in patient.orders:
        for observation in order.observations:
            name = _QUESTIONS.get(observation.text(3))
            if name == "DATE_DEBUT_SYMPTOMES":
                answers[name] = moment_in(observation.text(5)[:8])
            elif name:
                answers[name] = _ANSWERS[name].get(observation.text(5).upper(), "U")
    return answers


_ANSWERS = {
    "SYMPTOMES": {"N": "ASY"},
    "PROF_SANTE": {"Y": "O", "N": "N"},
    "HEBERGEMENT": {"Y": "C"},
}
"""Yes and no, as in HL7 table 0136; a no to one institution does not exclude another one."""


def _circumstances(message: Message, order: _Order, observation: Segment, test: str) -> dict[str, str]:
    """Return when and where the test was done, and who ordered it."""
    request, specimen = order.request, order.specimen
    sampled = (
        request.text(7) if request else "",
        specimen.text(17) if specimen else "",
        observation.text(14),
    )
    validated = (observation.text(19), request.text(22) if request else "")
    doctor = request.value(16) if request and request.raw(16) else NOTHING
    if not doctor.text(1) and order.common:
        doctor = order.common.value(12)
    laboratory = observation.value(23)
    places = (laboratory.text(10), laboratory.text(3), message.header.text(4, 2))
    return {
        "DATE_EXTRACTION": moment_in(message.header.text(7)),
        "FINESS_LABO": next((place for place in places if _FINESS.fullmatch(place)), ""),
        "LIB_LABO": laboratory.text(1) or message.header.text(4),
        "RPPS_PRESCRIPTEUR": doctor.text(1),
        "NOM_PRESCRIPTEUR": " ".join(filter(None, (doctor.text(2), doctor.text(3)))),
        "DATE_PRELEVEMENT": moment_in(next(filter(None, sampled), "")),
        "DATE_VALIDATION": moment_in(next(filter(None, validated), "")),
        "TYPE_ANALYSE": "PCR" if test in PCR else "AG" if test in ANTIGEN else "",
    }
