"""Whether a contact's circumstances put them at risk."""

from dataclasses import dataclass, fields
from datetime import date

from tracing.programmes.facts import Facts
from tracing.programmes.rules.measures import NO_RULE, _
from tracing.programmes.rules.reference import AppliedRule, applied
from tracing.programmes.schema import Pack
from tracing.programmes.tables import holds
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


def contact_risk(pack: Pack, circumstances: Circumstances, *, on: date, facts: Facts | None = None) -> Risk:
    """Return the level of risk by the rule in force on the day of the question.

    The questions of the rule are gone through in their order. One that is not answered leaves the risk undetermined,
    unless every answer to it would lead to the same level.
    """
    row = pack.risks.choose({}, on)
    if row is None:
        return Risk(RiskLevel.UNDETERMINED, NO_RULE)
    known: Facts = {
        **(facts or {}),
        **{one.name: getattr(circumstances, one.name) for one in fields(circumstances)},
    }
    possible: set[RiskLevel] = set()
    for question in row.questions:
        named = pack.find_rule(question.named_by) if question.named_by else None
        if question.named_by and not (named and named.in_force(on)):
            continue
        answer = holds(question.when, known)
        if answer is False or (answer is None and question.unknown_is_no):
            continue
        possible.add(question.level)
        if answer and len(possible) == 1:
            return Risk(question.level, question.why, applied(pack, named or row), question.criterion)
        if answer:
            break
    return Risk(RiskLevel.UNDETERMINED, MISSING_ANSWERS)
