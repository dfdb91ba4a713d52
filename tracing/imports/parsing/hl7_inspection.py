"""Look at the codes in HL7 messages, so that a person can say once for their sender what they mean. Pure."""

from collections import Counter, defaultdict

from tracing.imports.format.codes import TEST
from tracing.imports.format.inspection import LONGEST_SHOWN, MOST_DISTINCT, TableInspection
from tracing.imports.format.laboratory import NO_LABORATORY, Laboratory
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing.delimited import Text
from tracing.imports.parsing.hl7 import messages
from tracing.imports.parsing.hl7_observations import FOUND, Known, patients_in, results_of

TESTS, ANSWERS = "OBX-3", "OBX-5"
"""Where the code of a test stands in a message, and the answer."""


def look(
    text: Text, mapping: Mapping | None = None, laboratory: Laboratory = NO_LABORATORY
) -> TableInspection:
    """Return the codes of the tests and of the answers in a file, the most frequent first, with the text beside each.

    Answers whose code a standard explains are left out.
    """
    known = Known.of(mapping, laboratory)
    seen: dict[str, Counter[str]] = {TESTS: Counter(), ANSWERS: Counter()}
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    lines = 0
    for message in messages(text):
        for patient in patients_in(message):
            for order in patient.orders:
                for each in results_of(order, known):
                    lines += 1
                    pairs = ((TESTS, each.code, each.test_text), (ANSWERS, each.answer, each.answer_text))
                    for place, code, beside in pairs:
                        if code and not (place == ANSWERS and code in FOUND):
                            seen[place][code] += 1
                            texts[place].setdefault(code, beside)
    distinct = {
        place: [code for code, _ in codes.most_common(MOST_DISTINCT) if len(code) <= LONGEST_SHOWN]
        for place, codes in seen.items()
    }
    return TableInspection(
        headings=(TESTS, ANSWERS),
        heading_row=0,
        lines=lines,
        samples={place: codes[:5] for place, codes in distinct.items()},
        distinct=distinct,
        proposal={TEST: TESTS, "RESULTAT": ANSWERS},
        recognised=(TEST, "RESULTAT"),
        is_messages=True,
        texts={
            place: {code: beside for code, beside in found.items() if beside}
            for place, found in texts.items()
        },
    )
