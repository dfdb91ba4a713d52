"""What the values of a column say about the field it may be: a column of dates is a date, “positiv” is a result. Pure."""

import re
from collections.abc import Callable, Sequence

from tracing.imports.format.columns import heading_key
from tracing.imports.format.dates import read_moment

_DATES = frozenset(
    {"DATE_NAISSANCE", "DATE_PRELEVEMENT", "DATE_EXTRACTION", "DATE_VALIDATION", "DATE_DEBUT_SYMPTOMES"}
)
_CODED = frozenset({"RESULTAT", "TYPE_ANALYSE", "SYMPTOMES", "PROF_SANTE", "HEBERGEMENT", "SEXE"})
_ANYTHING = frozenset({"NUM_LOT", "ID_RESULTAT"})
"""Fields whose values may look like anything, a date included."""
_MONTH_FIRST = re.compile(r"(?:0?[1-9]|1[0-2])[/.\-](?:0?[1-9]|[12]\d|3[01])[/.\-](?:\d{4}|\d{2})(?:[ T].*)?")
_DIGITS = re.compile(r"\d", re.ASCII)
_ONLY_FIVE = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
"""A date that lost its format in a spreadsheet, or a postcode."""
_RESULT_WORDS = (
    "(?:FAIBLE|WEAKLY|SCHWACH|PRESUMPTIVE)?(?:POS(?:ITI[VF]E?)?|NEG(?:ATI[VF]E?)?)",
    "(?:NOT|NON|NICHT|IN|UN)?(?:DETECT|NACHGEWIESEN|NACHWEISBAR|REACTI|REAKTIV).*",
    "(?:IN|UN)(?:DETERMIN|CONCLUSI|VALID|BESTIMM|KLAR|INTERPRET|GULTIG).*",
    "FRAGLICH|GRENZWERTIG|DOUTEUX|ABSENCE|PRESENCE",
    # SNOMED CT: detected, not detected, positive, negative, inconclusive, indeterminate, not done
    "260373001|260415000|10828004|260385009|419984006|82334004|373121007",
)
_RESULT = re.compile("|".join(_RESULT_WORDS))
_EMAIL = re.compile(r"\S+@\S+")
_POSTCODE = re.compile(
    r"(?:[A-Z]{1,3}[- ]?)?\d{3,5}(?:[- ]\d{2,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE
)
_PHONE = re.compile(r"[\d\s+()./\-]{6,}(?:(?:/|;|,|ou|oder|or).*)?", re.IGNORECASE)
_LOINC = re.compile(r"\d{1,5}-\d")
_NATIONAL_NUMBER = re.compile(r"[\d\s./\-AB]{9,}|\d(?:[.,]\d+)?E\+?\d+")
_SHAPES: dict[str, Callable[[str], object]] = {
    "COURRIEL": _EMAIL.fullmatch,
    "CODE_POSTAL": _POSTCODE.fullmatch,
    "CODE_INSEE": re.compile(r"(?:\d|2[AB])[\dAB]?\d{3}").fullmatch,
    "TEL_MOBILE": _PHONE.fullmatch,
    "TEL_FIXE": _PHONE.fullmatch,
    "CODE_LOINC": _LOINC.fullmatch,
    "NIR": _NATIONAL_NUMBER.fullmatch,
    "FINESS_LABO": re.compile(r"(?:\d{2}|2[AB])\d{6,7}").fullmatch,
    "RPPS_PRESCRIPTEUR": re.compile(r"\d{11}").fullmatch,
    "RESULTAT": lambda value: _RESULT.fullmatch(heading_key(value)),
}
"""What a value of a field looks like, for fields of which that can be said."""
_TELLING = frozenset({"RESULTAT", "COURRIEL", "CODE_LOINC"})
"""Fields that are known by their values alone, whatever the heading."""
_NAMES = frozenset(
    {"NOM_NAISSANCE", "NOM_USAGE", "PRENOMS", "NOM_PRESCRIPTEUR", "LIB_LABO", "COMMUNE", "ADRESSE"}
)


def contradict(name: str, samples: Sequence[str], *, is_few: bool) -> bool:
    """Return whether the values of a column say that it is not this field. An empty column says nothing.

    `is_few` says whether its different values are few enough to be codes.
    """
    if not samples:
        return False
    if name in _DATES:
        return not any(_may_be_date(value) for value in samples)
    if name in _ANYTHING:
        return False
    if all(map(_is_date, samples)):
        return True
    if name in _NAMES:
        return not any(any(map(str.isalpha, value)) for value in samples) or all(
            map(_EMAIL.fullmatch, samples)
        )
    if name in _CODED and not is_few:
        return True
    if name == "RESULTAT" or name not in _SHAPES:
        return False
    return not any(map(_SHAPES[name], samples))


def support(name: str, samples: Sequence[str]) -> bool:
    """Return whether the values of a column look like this field's, as far as values can tell."""
    if not samples:
        return False
    if name in _DATES:
        return all(map(_is_date, samples))
    shape = _SHAPES.get(name)
    return shape is not None and all(map(shape, samples))


def tell(name: str, samples: Sequence[str]) -> bool:
    """Return whether the values alone say that a column is this field."""
    return name in _TELLING and support(name, samples)


def _is_date(value: str) -> bool:
    """Return whether a value can only be a date, in whichever order its day and month stand."""
    return not _ONLY_FIVE.fullmatch(value) and _may_be_date(value)


def _may_be_date(value: str) -> bool:
    return bool(_DIGITS.search(value)) and (
        read_moment(value) is not None or _MONTH_FIRST.fullmatch(value) is not None
    )
