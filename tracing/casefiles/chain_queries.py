"""The chain of a case at its site, by references alone: who named whom among those who are cases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from tracing.casefiles.chain_rules import MOST_PEOPLE, Meeting, Member
from tracing.cases.models import Case
from tracing.cases.rules import sampling_day
from tracing.contacts.models import Contact, ContactStatus
from tracing.kernel.db import equals_any, session
from tracing.staff import queries as staff

_LINKED = text("""
    WITH RECURSIVE chain (id) AS (
        SELECT CAST(:start AS bigint)
        UNION
        SELECT CAST(cases.id AS bigint) FROM chain
        CROSS JOIN LATERAL (
            SELECT became_case_id AS id FROM contacts WHERE case_id = chain.id AND status = 'became_case'
            UNION ALL
            SELECT case_id FROM contacts WHERE became_case_id = chain.id AND status = 'became_case'
        ) AS met
        JOIN cases ON cases.id = met.id
        WHERE cases.site_id = :site AND cases.outcome IS DISTINCT FROM 'not_a_case'
    )
    SELECT id FROM chain LIMIT :most
""")
"""From person to person, in both directions; the nearest are found first, and it stops once there are enough."""


@dataclass(frozen=True)
class Chain:
    """A chain as far as it is shown."""

    members: Sequence[Member]
    meetings: Sequence[Meeting]
    elsewhere: int
    """How many people of other sites are linked with those who are shown."""
    is_cut: bool
    """Whether it goes on."""


def chain_of(start: Case) -> Chain:
    """Return everybody at the site of a case who is linked with it by somebody having named somebody."""
    found = session.scalars(
        _LINKED, {"start": start.id, "site": start.site_id, "most": MOST_PEOPLE + 1}
    ).all()
    shown = set(found[:MOST_PEOPLE])
    meetings = _meetings(shown)
    linked = {one for met in meetings for one in (met.of, met.with_)} - shown
    return Chain(
        members=_members(shown, site_id=start.site_id),
        meetings=[one for one in meetings if {one.of, one.with_} <= shown],
        elsewhere=_elsewhere(linked, site_id=start.site_id),
        is_cut=len(found) > MOST_PEOPLE,
    )


def _meetings(case_ids: Collection[int]) -> list[Meeting]:
    """Return who of these cases' contacts became a case, and as whose contacts these cases were named."""
    columns = (Contact.id, Contact.case_id, Contact.became_case_id, Contact.last_contact_on)
    chosen = select(*columns, Contact.is_day_unknown).where(Contact.status == ContactStatus.BECAME_CASE)
    # two look-ups, each with its index
    named = session.execute(chosen.where(equals_any(Contact.case_id, case_ids)))
    became = session.execute(chosen.where(equals_any(Contact.became_case_id, case_ids)))
    return [
        Meeting(row.case_id, row.became_case_id, None if row.is_day_unknown else row.last_contact_on)
        for row in {row.id: row for row in (*named, *became)}.values()
        if row.became_case_id is not None
    ]


def _elsewhere(case_ids: Collection[int], *, site_id: int) -> int:
    if not case_ids:
        return 0
    other = select(func.count()).where(equals_any(Case.id, case_ids), Case.site_id != site_id)
    return session.scalar(other) or 0


def _members(case_ids: Collection[int], *, site_id: int) -> list[Member]:
    named = dict(
        session.execute(
            select(Contact.case_id, func.count())
            .where(equals_any(Contact.case_id, case_ids), Contact.status != ContactStatus.REMOVED)
            .group_by(Contact.case_id)
        ).all()
    )
    rows = session.execute(
        select(Case.id, Case.reference, Case.onset_on, Case.first_sampled_at, Case.sampled_on)
        .where(equals_any(Case.id, case_ids))
        .order_by(Case.id)
    )
    zone = ZoneInfo(staff.get_site(site_id).time_zone)
    return [
        Member(
            case_id=row.id,
            reference=row.reference,
            began_on=row.onset_on or sampling_day(row.first_sampled_at, row.sampled_on, zone),
            has_symptoms=row.onset_on is not None,
            contacts=named.get(row.id, 0),
        )
        for row in rows
    ]
