"""Codes shared by rule packs and the answers of a call: vaccination, distance, protection, risk, insurance scheme."""

from enum import StrEnum


class Subject(StrEnum):
    """The person a measure is for."""

    CASE = "case"
    CONTACT = "contact"


class TestKind(StrEnum):
    """The kind of a test that a person is asked to do."""

    __test__ = False  # pytest: not a class of tests

    PCR = "pcr"
    ANTIGEN = "antigen"
    PCR_OR_ANTIGEN = "pcr_or_antigen"
    SELF_TEST = "self_test"
    ANY = "any"
    """A self-test is enough."""
    SEROLOGY = "serology"


class Mark(StrEnum):
    """How well a rule is known: read in a source, general knowledge, remembered, or our own proposal."""

    FOUND = "found"
    KNOWN = "known"
    UNSURE = "unsure"
    PROPOSED = "proposed"


class Vaccination(StrEnum):
    """The vaccination status the person gives; only `complete` ever shortens a measure."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    NONE = "none"
    UNKNOWN = "unknown"

    @classmethod
    def answered(cls, answer: str | None) -> "Vaccination":
        """Return the status for an answer of a script; `partial` is an unfinished schedule."""
        return cls.INCOMPLETE if answer == "partial" else cls(answer or cls.UNKNOWN)


class Distance(StrEnum):
    """How near two people came while facing each other."""

    NO_FACE_TO_FACE = "no_face_to_face"
    UNDER_1_M = "under_1_m"
    FROM_1_TO_2_M = "from_1_to_2_m"
    BEYOND_2_M = "beyond_2_m"


class Protection(StrEnum):
    """Protection between two people during the whole time they were together."""

    NONE = "none"
    SEPARATION = "separation"
    """A pane or a wall that separates two spaces; a plexiglass screen on a counter is none."""
    ONE_MASK = "one_mask"
    """A surgical or FFP2 mask on one of the two."""
    BOTH_MASKS = "both_masks"
    """A surgical or FFP2 mask on both."""
    BOTH_FABRIC_1 = "both_fabric_1"
    """A category 1 fabric mask on both."""
    INEFFECTIVE = "ineffective"
    """Home-made masks, visors, curtains, a screen on a counter."""


class RiskLevel(StrEnum):
    """The level of a contact's risk. Undetermined: an answer is missing, or no rule is in force."""

    AT_RISK = "at_risk"
    NEGLIGIBLE = "negligible"
    UNDETERMINED = "undetermined"


class Criterion(StrEnum):
    """The circumstance that decided a contact's risk."""

    INFECTED_RECENTLY = "infected_recently"
    LIVES_WITH = "lives_with"
    PROTECTED = "protected"
    CARE = "care"
    FACE_TO_FACE = "face_to_face"
    COUGH = "cough"
    CONFINED = "confined"
    SAME_CLASS = "same_class"
    NOTHING_COUNTS = "nothing_counts"


class Scheme(StrEnum):
    """The insurance scheme that pays a person's daily benefits."""

    RG = "RG"
    MSA = "MSA"
    SSI = "SSI"
    FP_ETAT = "FP_ETAT"
    FP_TERR = "FP_TERR"
    FP_HOSP = "FP_HOSP"
    SPECIAL = "SPECIAL"
    AME = "AME"
    NONE = "NONE"


CIVIL_SERVICE = frozenset({Scheme.FP_ETAT, Scheme.FP_TERR, Scheme.FP_HOSP})
