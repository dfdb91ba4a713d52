"""The coded fields, their codes, and what the answers of laboratories usually mean, by language. Pure.

The words are proposals for a person who says once for a source what its codes mean; nothing is translated by them.
"""

import re
from functools import lru_cache

from tracing.imports.format.columns import heading_key
from tracing.imports.format.laboratory import (
    ANTIGEN_TEST,
    NO_DISEASE,
    OTHER_DISEASE,
    OTHER_METHOD,
    PCR_TEST,
    TESTS,
    Laboratory,
)
from tracing.people.names import normal_form

TEST = "CODE_LOINC"
"""The field that names the test. Its codes say whether a test is for the programme's disease."""

ANSWERS: dict[str, dict[str, str]] = {
    "fr": {
        "P": "POSITIF POSITIVE POS DETECTE DETECTEE PRESENCE PRESENT PRESENTE PRESENCEDETECTEE",
        "N": "NEGATIF NEGATIVE NEG ABSENCE ABSENT ABSENTE NONDETECTE NONDETECTEE INDETECTE INDETECTABLE",
        "I": "ININTERPRETABLE INDETERMINE INDETERMINEE DOUTEUX ININT INVALIDE NONCONCLUANT EQUIVOQUE LIMITE",
        "X": "NONFAIT NONREALISE NONREALISEE ANNULE ANNULEE NONCONFORME NONRENDU INEXPLOITABLE",
    },
    "en": {
        "P": "POSITIVE POS DETECTED PRESENT REACTIVE ABNORMAL PRESUMPTIVEPOSITIVE",
        "N": "NEGATIVE NEG NOTDETECTED NONDETECTED UNDETECTED NOTPRESENT NONREACTIVE ABSENT",
        "I": "INCONCLUSIVE INDETERMINATE EQUIVOCAL INVALID BORDERLINE UNDETERMINED IND",
        "X": "NOTDONE NOTTESTED CANCELLED CANCELED NOTPERFORMED SPECIMENUNSATISFACTORY REJECTED",
    },
    "de": {
        "P": "POSITIV NACHGEWIESEN REAKTIV",
        "N": "NEGATIV NICHTNACHGEWIESEN NICHTREAKTIV",
        "I": "UNBESTIMMT NICHTBESTIMMBAR GRENZWERTIG UNGULTIG UNGUELTIG FRAGLICH NICHTAUSWERTBAR",
        "X": "NICHTDURCHGEFUHRT NICHTDURCHGEFUEHRT STORNIERT",
    },
    "nl": {
        "P": "POSITIEF AANGETOOND GEDETECTEERD",
        "N": "NEGATIEF NIETAANGETOOND NIETGEDETECTEERD",
        "I": "ONBEPAALD ONBESLIST ONGELDIG DUBIEUS",
        "X": "NIETUITGEVOERD GEANNULEERD",
    },
    "it": {
        "P": "POSITIVO RILEVATO",
        "N": "NEGATIVO NONRILEVATO",
        "I": "INDETERMINATO DUBBIO NONVALIDO",
        "X": "NONESEGUITO ANNULLATO",
    },
    "SNOMED CT": {
        # those that name a disease, its pathogen or its antigen are in the programme's files (`Laboratory.answers`)
        "P": "260373001 10828004 52101004 11214006 720735008 462371000124108",
        "N": "260415000 260385009 2667000 131194007 895231008",
        "I": "419984006 82334004 373068000 42425007 280416009 455371000124106",
        "X": "125154007 373121007 385660001 123840003",
    },
    "HL7": {"P": "POS DET + ++ +++", "N": "NEG ND", "I": "IND INV"},
}
"""By language or code system: the answers that likely mean each code of `RESULTAT`, as `heading_key` writes them."""

_NO_DISEASE_NAMES = re.compile(
    r"CONTR[OÔ]LE|CONTROL\b|T[EÉ]MOIN|RNASE|GENDER|GENRE|SEXE?\b|COMMENT", re.IGNORECASE
)
_SAMPLES = re.compile(r"PR[EÉ]L[EÈ]VEMENT|SPECIMEN|SAMPLE", re.IGNORECASE)
"""What the name of an observation may say: it is no test for a disease."""
_GENOME = re.compile(
    r"PCR|\bRNA\b|\bARN\b|\bNAA|TAAN|LAMP\b|\bG[EÈ]NE?\b|AMPLIFI|NUKLEINS|NUCL[EÉ][IÍ]", re.IGNORECASE
)
_ANTIGEN = re.compile(r"\bAG\b|ANTIG|\bTAG\b|\bTROD\b", re.IGNORECASE)
_SEARCH = re.compile(r"D[EÉ]TECT|RECHERCHE|R[EÉ]SULTA?T|VIR(?:US|AL)", re.IGNORECASE)

CODES: dict[str, dict[str, str]] = {
    "RESULTAT": {code: " ".join(words.get(code, "") for words in ANSWERS.values()) for code in "PNIX"},
    "TYPE_ANALYSE": {
        "PCR": "RTPCR TAAN TESTPCR RTLAMP PCRSALIVAIRE",
        "AG": "ANTIGENIQUE ANTIGENE TAG TROD TDR TESTANTIGENIQUE TESTAG",
    },
    TEST: dict.fromkeys(TESTS, ""),
    "SYMPTOMES": {
        "ASY": "ASYMPTOMATIQUE AUCUN SANS NON N NO NEIN",
        "S01": "01J 01",
        "S24": "24J 24",
        "S57": "57J 57",
        "SP7": "PLUSDE7J 8JETPLUS PLUS",
        "U": "INCONNU NSP NC UNK UNKNOWN UNBEKANNT",
    },
    "PROF_SANTE": {
        "O": "OUI VRAI 1 Y YES JA",
        "N": "NON FAUX 0 NO NEIN",
        "U": "INCONNU NSP NC UNK UNKNOWN UNBEKANNT",
    },
    "HEBERGEMENT": {
        "I": "INDIVIDUEL DOMICILE LOGEMENT D DOM",
        "E": "EHPAD",
        "H": "HOPITAL HOSPITALISE HOSPITALISATION",
        "P": "PRISON DETENTION",
        "C": "COLLECTIF FOYER AUTRECOLLECTIF",
        "U": "INCONNU NSP NC UNK UNKNOWN UNBEKANNT",
    },
    "SEXE": {
        "M": "MASCULIN HOMME H 1 MR MONSIEUR MALE MAN MANNLICH MAENNLICH MANN MASCHIO",
        "F": "FEMININ FEMME 2 MME MADAME FEMALE WOMAN WEIBLICH FRAU W VROUW FEMMINA",
        "I": "INDETERMINE DIVERS U UNK UNKNOWN UNBEKANNT OTHER",
    },
}
"""The coded fields, their codes, and values that likely mean each code: for proposals only."""

_ABOUT = frozenset(
    [
        "VIRAL",
        "VIRALE",
        "FAIBLE",
        "FAIBLEMENT",
        "WEAK",
        "WEAKLY",
        "SCHWACH",
        "VIRUS",
        "PCR",
        "RT",
        "RTPCR",
        "ARN",
        "RNA",
        "AG",
        "ANTIGENE",
        "ANTIGEN",
        "TEST",
        "RECHERCHE",
        "RESULTAT",
        "RESULT",
        "ERGEBNIS",
        "DU",
        "DE",
        "DES",
        "LE",
        "LA",
        "L",
        "D",
        "EST",
        "IST",
        "IS",
        "THE",
        "OF",
    ]
)
"""Words around what was found, besides those that name the disease (`Laboratory.around`)."""
_WORD = re.compile(r"[A-Z0-9]+")


@lru_cache(maxsize=2048)
def propose_code(name: str, value: str, around: frozenset[str] = frozenset()) -> str | None:
    """Return the code of a field that a sender's value likely means, or None; `around` are words that name the disease."""
    key = heading_key(value)
    keys = [key]
    if name == "RESULTAT":
        words_of_it = _WORD.findall(normal_form(value))
        keys.append("".join(word for word in words_of_it if word not in _ABOUT and word not in around))
    for each in keys:
        for code, words in CODES[name].items():
            if each == code or each in words.split():
                return code
    if name == "TYPE_ANALYSE" and bool(_GENOME.search(value)) is not bool(_ANTIGEN.search(value)):
        return PCR_TEST if _GENOME.search(value) else ANTIGEN_TEST
    return None


def propose_answer(value: str, laboratory: Laboratory) -> str | None:
    """Return the code of `RESULTAT` that an answer likely means for the programme's disease, or None."""
    return laboratory.answers.get(heading_key(value)) or propose_code("RESULTAT", value, laboratory.around)


def names_no_disease(name: str) -> bool:
    """Return whether an observation's name says that it is no test for a disease: a control, a sample, a question.

    A test may be named with its sample: “PCR sur prélèvement nasal”.
    """
    if _NO_DISEASE_NAMES.search(name):
        return True
    return bool(_SAMPLES.search(name)) and not any(one.search(name) for one in (_GENOME, _ANTIGEN, _SEARCH))


def propose_test(name: str, laboratory: Laboratory) -> str | None:
    """Return what a test with this name likely is, or None."""
    if laboratory.is_named(name):
        if laboratory.names_other(name) or names_no_disease(name):
            return None
        return ANTIGEN_TEST if _ANTIGEN.search(name) else PCR_TEST if _GENOME.search(name) else OTHER_METHOD
    if names_no_disease(name):
        return NO_DISEASE
    return OTHER_DISEASE if laboratory.names_other(name) else None


def reads_positive(*answers: str, laboratory: Laboratory) -> bool:
    """Return whether an answer says in some language, or by some code, that something was found."""
    return any(propose_answer(answer, laboratory) == "P" for answer in answers if answer)
