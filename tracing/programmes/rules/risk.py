"""Whether a contact's circumstances put them at risk."""

from dataclasses import dataclass
from datetime import date

from tracing.programmes.rules.measures import NO_RULE, _
from tracing.programmes.rules.reference import AppliedRule, applied, first_in_force
from tracing.programmes.schema import Pack, RiskRow, Row
from tracing.programmes.vocabulary import Criterion, Distance, Protection, RiskLevel

MISSING_ANSWERS = _("Les circonstances ne sont pas encore toutes connues.")


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """How a case and a contact met; None for a question that was not asked or not answered."""

    lives_with_case: bool | None = None
    face_to_face: Distance | None = None
    care: bool | None = None
    """One of them gave the other hygiene care or treatment."""
    confined_minutes: int | None = None
    """Minutes together in a closed space; 0 if there were none."""
    cough: bool | None = None
    """Face to face while one of them coughed or sneezed."""
    same_class: bool | None = None
    protection: Protection | None = None
    """During the whole time they were together."""
    infected_recently: bool | None = None


@dataclass(frozen=True)
class Risk:
    """The level of risk, and the circumstance that decided it."""

    level: RiskLevel
    why: str
    rule: AppliedRule | None = None
    criterion: Criterion | None = None


def infected_recently(pack: Pack, infected_on: date | None, *, on: date) -> bool | None:
    """Return whether an earlier infection still protects; None if its date is not known."""
    if infected_on is None:
        return None
    return 0 <= (on - infected_on).days < pack.recent_infection_days


def contact_risk(pack: Pack, circumstances: Circumstances, *, on: date) -> Risk:
    """Return the level of risk by the rule in force on the day of the question.

    One circumstance that counts is enough for `at_risk`; `negligible` needs an answer to every question.
    """
    row = first_in_force(pack.risks, on)
    if row is None:
        return Risk(RiskLevel.UNDETERMINED, NO_RULE)
    immune = _immunity_rule(pack, row, on)
    if circumstances.infected_recently and immune:
        return _decided(pack, row, RiskLevel.NEGLIGIBLE, Criterion.INFECTED_RECENTLY, shown=immune)
    # People wear no masks at home day and night, so protection does not count in a shared home.
    if circumstances.lives_with_case:
        return _decided(pack, row, RiskLevel.AT_RISK, Criterion.LIVES_WITH)
    if circumstances.protection in row.protects and circumstances.lives_with_case is False:
        return _decided(pack, row, RiskLevel.NEGLIGIBLE, Criterion.PROTECTED)
    return _unprotected(pack, row, circumstances)


def _unprotected(pack: Pack, row: RiskRow, met: Circumstances) -> Risk:
    if met.protection in row.protects:
        return Risk(RiskLevel.UNDETERMINED, MISSING_ANSWERS)
    counts = {
        Criterion.CARE: met.care,
        Criterion.FACE_TO_FACE: None
        if met.face_to_face is None
        else met.face_to_face in row.counts_face_to_face,
        Criterion.COUGH: met.cough,
        Criterion.CONFINED: None
        if met.confined_minutes is None
        else met.confined_minutes >= row.confined_minutes,
        Criterion.SAME_CLASS: met.same_class,
    }
    for criterion, counted in counts.items():
        if counted:
            return _decided(pack, row, RiskLevel.AT_RISK, criterion)
    if met.lives_with_case is None or None in counts.values():
        return Risk(RiskLevel.UNDETERMINED, MISSING_ANSWERS)
    return _decided(pack, row, RiskLevel.NEGLIGIBLE, Criterion.NOTHING_COUNTS)


def _immunity_rule(pack: Pack, row: RiskRow, on: date) -> Row | None:
    rule = pack.find_rule(row.recent_infection_rule) if row.recent_infection_rule else None
    return rule if rule is not None and rule.in_force(on) else None


def _decided(
    pack: Pack, row: RiskRow, level: RiskLevel, criterion: Criterion, *, shown: Row | None = None
) -> Risk:
    return Risk(level, row.why[criterion], applied(pack, shown or row), criterion)
