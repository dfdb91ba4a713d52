"""Decide a contact from the facts about them and the rules in force."""

from collections.abc import Sequence
from datetime import date, datetime

from tracing.cases.models import Case
from tracing.consequences import queries
from tracing.consequences import stated_rules as stated
from tracing.contacts import services as contacts
from tracing.contacts.models import Contact
from tracing.facts import queries as fact_queries
from tracing.facts.rules import FactKind, FactSource, Said, SubjectType, day_of, in_force, value_of
from tracing.facts.ruling_rules import measure_ruled, note_days_ruled, risk_ruled
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.programmes.rules import age_on

NO_OWN_ANSWERS = frozenset(
    {FactKind.LAST_CONTACT, FactKind.KEPT_IN_LIST, FactKind.REFUSAL, FactKind.HOSPITAL}
)
"""Facts about a contact that are no answers to the questions of their own call."""


def decide_contact(
    contact: Contact,
    case: Case,
    *,
    born: date | None,
    is_first: bool = False,
    by: int | None,
    at: datetime,
) -> Sequence[Said]:
    """Store the day, the risk and the measure of a contact as the facts about them say; returns these facts.

    Before they have answered anything only their day is stored, unless it `is_first` of their call.
    """
    zone = queries.zone_of(case)
    today = clock.local_day(at, zone)
    said = fact_queries.facts_of(SubjectType.CONTACT, contact.id)
    known = in_force(said)
    met_on = day_of(known, FactKind.LAST_CONTACT)
    if met_on is not None:
        by_case = day_of(
            in_force(one for one in said if one.source is FactSource.CASE), FactKind.LAST_CONTACT
        )
        contact.last_contact_on, contact.is_day_unknown = met_on, False
        contact.said_last_contact_on = by_case if by_case != met_on else None
    contact.keep_ruling(measure_ruled(known), note_days_ruled(known))
    contact.doctor_risk = risk_ruled(known)
    if is_first or any(one.kind not in NO_OWN_ANSWERS for one in said):
        contacts.decide(
            contact,
            vaccination=stated.answer(said, known, FactKind.VACCINATION, contact.vaccination),
            lives_with_case=value_of(known, FactKind.LIVES_WITH_CASE),
            age=None if born is None else age_on(born, today),
            infected_recently=value_of(known, FactKind.INFECTED_RECENTLY),
            immunodepressed=value_of(known, FactKind.IMMUNODEPRESSED),
            symptoms_on=stated.symptoms_on(known, zone),
            tests=stated.tests(said, zone),
            zone=zone,
            by=by,
            at=at,
        )
    else:
        contacts.decide_again(contact, case, born=born, on=today)
    session.flush()
    return said
