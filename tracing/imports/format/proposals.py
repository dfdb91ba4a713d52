"""Propose which column of a file may be which field: by headings in several languages and by the values under them. Pure.

Only the mapping page needs this, and a person accepts every proposal: the meaning of a heading is never taken for granted.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from rapidfuzz import fuzz

from tracing.imports.format import evidence
from tracing.imports.format.columns import FIELDS, REQUIRED, SYNONYMS, heading_key
from tracing.imports.format.synonyms import LANGUAGES
from tracing.imports.format.synonyms.german import GERMAN
from tracing.kernel.redaction import redacted
from tracing.people.countries import Country, read_national_number, read_postcode
from tracing.people.phones import read_phones

LEAST_LIKENESS = 74.0
"""Of 100; below it nothing is proposed. This value rejects "Nom du fichier" and accepts "Date prelev."."""
MOST_LIKELY = 10
"""Columns that a person chooses among for one field; the others are found by their heading."""
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{0,2}[2-9]\d{2}[ .-]?\d{4}", re.ASCII)
_MOST_COMPARED = 300
"""Columns that are compared with each field: a file may have thousands, and a person waits for the page."""
_LEAST_SCORE = 60
"""Of 250; below it a column is not shown among the likely ones."""
_LEAST_FILLED = 0.9
"""Part of the lines in which the column of a required field holds something, where there is another column."""
_BEFORE = ("PATIENTEN", "PATIENTIN", "PATIENTS", "PATIENT", "PAT", "SUBJECT", "PERSON", "CLIENT")
_AFTER = ("OFPATIENT", "DUPATIENT", "DESPATIENTEN", "DERPATIENTIN", "PATIENTIN", "PATIENT")
"""Words for the patient around what a column holds of them."""
_OTHERS = re.compile(
    "|".join(
        (
            *("PROVIDER", "PHYSICIAN", "DOCTOR", "CLINICIAN", "FACILITY", "ORDERING", "TESTINGLAB"),
            *(
                "PERFORMINGLAB",
                "^LAB",
                "HOSPITAL",
                "EMPLOYER",
                "GUARDIAN",
                "PARENT",
                "EMERGENCY",
                "NEXTOFKIN",
            ),
            *("CONTACT", "DEVICE", "EQUIPMENT", "MANUFACTURER", "AUFTRAGGEBER", "MELDEEINHEIT", "MELDER"),
            *("ARZT", "EINSENDER", "PRAXIS", "SPITAL", "KLINIK", "ARBEITGEBER", "HERSTELLER", "KONTAKT"),
            *("AUSLAND", "PRESCRI", "MEDECIN", "ETABLISSEMENT"),
        )
    )
)
"""Words in headings about somebody or something else than the person who was tested."""
_OF_THE_PERSON = frozenset(
    {
        *("NIR", "NOM_NAISSANCE", "NOM_USAGE", "PRENOMS", "SEXE", "DATE_NAISSANCE", "ADRESSE", "CODE_POSTAL"),
        *("COMMUNE", "CODE_INSEE", "TEL_MOBILE", "TEL_FIXE", "COURRIEL"),
    }
)


@redacted
class Seen(NamedTuple):
    """One column of a file: what is known of its values."""

    heading: str
    samples: Sequence[str]
    is_few: bool
    """Its different values are few enough to be codes."""
    filled: float
    """Part of the lines in which it holds something."""

    def contradicts(self, name: str) -> bool:
        """Return whether its values say that it is not this field."""
        return evidence.contradict(name, self.samples, is_few=self.is_few) or (
            name in REQUIRED and not self.samples
        )

    def rank(self, name: str) -> int | None:
        """Return the place of its heading among the known words for a field, or None if it is none of them."""
        words = _words(name)
        return min((words[one] for one in _keys(self.heading) if one in words), default=None)

    def is_about_another(self, name: str) -> bool:
        """Return whether the field is the patient's and the heading names a laboratory, a doctor, an employer."""
        return name in _OF_THE_PERSON and _OTHERS.search(heading_key(self.heading)) is not None


def propose(columns: Sequence[Seen], taken: Mapping[str, str]) -> dict[str, str]:
    """Propose a heading for each field that has none yet, no heading twice: known words first, then values, then likeness.

    `taken` are the headings of fields that are known already.
    """
    used = {heading_key(heading) for heading in taken.values()}
    free = [column for column in columns if heading_key(column.heading) not in used]
    proposed: dict[str, str] = {}
    for name in _BY_NEED:
        if name not in taken:
            ranked = [(rank, column) for column in free if (rank := _rank(name, column)) is not None]
            if ranked:
                _give(name, min(ranked, key=lambda one: one[0])[1], proposed, free)
    for name in _BY_NEED:
        if name not in taken and name not in proposed:
            column = next((each for each in free if evidence.tell(name, each.samples)), None)
            if column is not None:
                _give(name, column, proposed, free)
    alike = [
        (-likeness, name, column.heading, column)
        for name in FIELDS
        if name not in taken and name not in proposed
        for column in free
        if (likeness := _likeness(name, column)) >= LEAST_LIKENESS and not column.contradicts(name)
    ]
    for _, name, _, column in sorted(alike, key=lambda one: one[:3]):
        if name not in proposed and column in free:
            _give(name, column, proposed, free)
    return proposed


def likely(name: str, columns: Sequence[Seen], chosen: str | None) -> list[str]:
    """Return the headings to choose among for a field, in the order of the file: the likeliest, and the chosen one."""
    if len(columns) <= MOST_LIKELY:
        return [column.heading for column in columns]
    compared = [
        column for place, column in enumerate(columns) if place < _MOST_COMPARED or column.heading == chosen
    ]
    scores = {column.heading: _score(name, column) for column in compared}
    best = sorted(scores, key=lambda heading: (heading != chosen, -scores[heading]))[:MOST_LIKELY]
    kept = {heading for heading in best if scores[heading] >= _LEAST_SCORE or heading == chosen}
    return [column.heading for column in compared if column.heading in kept]


def likely_country(chosen: Mapping[str, str], columns: Sequence[Seen]) -> Country | None:
    """Return the country from which a file seems to come, or None for France or nobody knows.

    A Swiss number may be a valid French one: whoever maps a file must be told before somebody else is rung.
    """
    samples = {column.heading: column.samples for column in columns}
    of = {name: samples.get(heading, ()) for name, heading in chosen.items()}
    for country in (Country.SWITZERLAND, Country.BELGIUM, Country.LUXEMBOURG, Country.AUSTRIA):
        if of.get("NIR") and all(read_national_number(number, country) for number in of["NIR"]):
            return country
    postcodes = of.get("CODE_POSTAL", ())
    written = {read_postcode(postcode, Country.FRANCE)[1] for postcode in postcodes}
    if len(written) == 1 and written != {Country.FRANCE.value}:
        return Country(written.pop()) if written <= set(Country) else Country.OTHER
    phones = (*of.get("TEL_MOBILE", ()), *of.get("TEL_FIXE", ()))
    if phones and all(map(_AMERICAN.fullmatch, phones)):
        return Country.OTHER  # its postcodes have five digits as well, and would be read as places in France
    if sum(_is_german(name, heading) for name, heading in chosen.items()) < _GERMAN_ENOUGH:
        return None
    if not postcodes or not all(len(postcode) == _SHORT_POSTCODE for postcode in postcodes):
        return Country.GERMANY
    is_austrian = all(read_phones(number, country=Country.AUSTRIA).numbers for number in phones) and not all(
        read_phones(number, country=Country.SWITZERLAND).numbers for number in phones
    )
    return Country.AUSTRIA if is_austrian else Country.SWITZERLAND


def _is_german(name: str, heading: str) -> bool:
    """Return whether a heading is a German word for a field and none of ours."""
    keys = _keys(heading)
    return not keys.isdisjoint(GERMAN.get(name, "").split()) and keys.isdisjoint(_french(name))


def _give(name: str, column: Seen, proposed: dict[str, str], free: list[Seen]) -> None:
    proposed[name] = column.heading
    free.remove(column)


def _rank(name: str, column: Seen) -> tuple[bool, int] | None:
    """Return how good a known word for a field a heading is, the smallest best; None if it is none or cannot be."""
    rank = column.rank(name)
    if rank is None or column.contradicts(name) or column.is_about_another(name):
        return None
    return name in REQUIRED and column.filled < _LEAST_FILLED, rank


def _score(name: str, column: Seen) -> float:
    """Return how likely a column is a field's; 0 for one that cannot be."""
    if column.contradicts(name):
        return 0
    rank = column.rank(name)
    score = max(fuzz.ratio(key, word) for key in _keys(column.heading) for word in _words(name))
    score += (0 if rank is None else 100 - rank) + (50 if evidence.support(name, column.samples) else 0)
    return float(score / 4 if column.is_about_another(name) else score)


def _likeness(name: str, column: Seen) -> float:
    """Return how much a heading is like a known one of a field, of 100."""
    if column.is_about_another(name):
        return 0
    return float(max(fuzz.ratio(heading_key(column.heading), each) for each in _french(name)))


def _keys(heading: str) -> frozenset[str]:
    """Return a heading in the form used to compare, with and without words for the patient."""
    key = heading_key(heading)
    without = (*(key.removeprefix(word) for word in _BEFORE), *(key.removesuffix(word) for word in _AFTER))
    return frozenset({key, *filter(None, without)})


@cache
def _french(name: str) -> tuple[str, ...]:
    return heading_key(name), *SYNONYMS[name].split()


@cache
def _words(name: str) -> dict[str, int]:
    """Return the known words for a field in every language, with their rank in its own."""
    words: dict[str, int] = {}
    for one in (*(language.get(name, "").split() for language in LANGUAGES), _french(name)):
        for rank, word in enumerate(one):
            words.setdefault(word, rank)
    return words


_GERMAN_ENOUGH, _SHORT_POSTCODE = 3, 4
_BY_NEED = (*REQUIRED, *(name for name in FIELDS if name not in REQUIRED))
