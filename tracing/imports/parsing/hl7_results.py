"""Turn the results in HL7 messages into lines of the layout: who was tested for what, and the finding. Pure.

A result is one observation that names a test. Questions that a sender adds (symptoms, work, housing) describe the
result and are no result. From a test for another disease no personal data is taken over.
"""

import re
from collections import Counter
from collections.abc import Iterator

from tracing.imports.format.columns import EXTRAS, FIELDS, RawLine, clean
from tracing.imports.format.laboratory import ANTIGEN_TEST, NO_LABORATORY, PCR_TEST, Laboratory
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing.delimited import Text
from tracing.imports.parsing.hl7 import NO_SEGMENT, NOTHING, Message, Segment, messages
from tracing.imports.parsing.hl7_observations import (
    QUESTIONS,
    TAKEN_BACK,
    Known,
    Observation,
    Order,
    Patient,
    found_in,
    patients_in,
    results_of,
)
from tracing.imports.parsing.hl7_people import moment_in, person_in
from tracing.imports.refusal_codes import CannotRead, Refusal

NO_OBSERVATION = "no_observation"
"""Why a message is left out: it is a result by its type, and holds none (no OBX)."""
_FINESS = re.compile(r"(?:\d{2}|2[AB])\d{7}")


def lines(
    text: Text,
    mapping: Mapping | None = None,
    left_out: Counter[str] | None = None,
    laboratory: Laboratory = NO_LABORATORY,
) -> Iterator[RawLine]:
    """Yield the results of a file in their order, numbered as a person would count them.

    Messages that bring none are counted in `left_out`, by their reason; a file in which no message has an observation is
    refused.
    """
    known = Known.of(mapping, laboratory)
    left_out = Counter() if left_out is None else left_out
    number = 0
    for message in messages(text, left_out):
        patients = list(patients_in(message))
        if not any(order.observations for patient in patients for order in patient.orders):
            left_out[NO_OBSERVATION] += 1
            continue
        for patient in patients:
            for sent in _results(message, patient, known):
                number += 1
                extras = tuple(clean(sent.get(name, "")) for name in EXTRAS)
                values = tuple(clean(sent.get(name, "")) for name in FIELDS)
                yield RawLine(number, values, extras=extras if any(extras) else ())
    if not number and left_out[NO_OBSERVATION]:
        raise CannotRead(Refusal.NO_OBSERVATION)


def _results(message: Message, patient: Patient, known: Known) -> Iterator[dict[str, str]]:
    """Yield the fields of each result about one person."""
    person = person_in(patient.identity) if patient.identity else {}
    fund = {"CODE_CAISSE": patient.fund}
    answers = _answers(patient)
    times: Counter[str] = Counter()
    for order in patient.orders:
        for observation in results_of(order, known):
            result_id = _result_id(message, order, observation.segment)
            times[result_id] += 1
            if times[result_id] > 1:
                result_id += f".{times[result_id]}"
            found = found_in(observation, known)
            about = {
                "NUM_LOT": message.batch,
                "ID_RESULTAT": result_id,
                "CODE_LOINC": observation.code,
                "RESULTAT": found,
            }
            if found == "N" and observation.test == PCR_TEST:
                # to be compared with the people known as positive by antigen; nothing of the person is kept
                yield about | person | fund | _circumstances(message, order, observation)
            elif found == "X" and observation.segment.text(11) not in TAKEN_BACK:
                yield about
            elif found in ("N", "I", "X"):
                # whom it names is compared where its id was taken in before, and kept nowhere
                named = {name: person[name] for name in _NAMING if name in person}
                yield about | named | {"DATE_EXTRACTION": moment_in(message.header.text(7))}
            else:
                beside = {"TEXTE_ANALYSE": observation.test_text, "TEXTE_RESULTAT": observation.answer_text}
                about |= beside | _circumstances(message, order, observation)
                yield about | person | fund | answers
    if not times:
        # There is no result, but a person who counts the messages must find this one.
        order = patient.orders[-1] if patient.orders else Order()
        yield {
            "NUM_LOT": message.batch,
            "ID_RESULTAT": _result_id(message, order, NO_SEGMENT),
            "RESULTAT": "X",
        }


_NAMING = ("NOM_NAISSANCE", "PRENOMS", "DATE_NAISSANCE", "SEXE", "NIR")


def _result_id(message: Message, order: Order, observation: Segment) -> str:
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


def _answers(patient: Patient) -> dict[str, str]:
    """Return the answers to the questions asked with the test."""
    answers: dict[str, str] = {}
    for order in patient.orders:
        for observation in order.observations:
            name = QUESTIONS.get(observation.text(3))
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


def _circumstances(message: Message, order: Order, result: Observation) -> dict[str, str]:
    """Return when and where the test was done, and who ordered it."""
    request, specimen, observation = order.request, order.specimen, result.segment
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
        "TYPE_ANALYSE": result.test if result.test in (PCR_TEST, ANTIGEN_TEST) else "",
    }
