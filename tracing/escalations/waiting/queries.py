"""Those who answer at a site: who is there, who is free, and what each knows best."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracing.escalations import queries
from tracing.escalations.models import Audience, Escalation, Reason
from tracing.kernel import clock
from tracing.queue import queries as queue
from tracing.staff import presence, rules
from tracing.staff import queries as staff
from tracing.staff.agent import Workplace
from tracing.staff.models import Member, Role
from tracing.staff.rules import Presence


@dataclass(frozen=True)
class Adviser:
    """Somebody who answers questions, and whether they can answer one now."""

    member: Member
    presence: Presence
    answering: int
    """How many questions they have taken and not answered."""
    specialties: frozenset[Reason]

    @property
    def is_free(self) -> bool:
        """Whether they are at work and hold nothing."""
        return self.presence is Presence.HERE and not self.answering


def advisers_at(
    site: Workplace, audience: Audience, taken: Sequence[Escalation], *, at: datetime
) -> list[Adviser]:
    """Return those of an audience who are at work at a site, the free ones first; `taken` are the open questions."""
    members = staff.members_with_role(site.id, Role(audience.value))
    ids = [one.id for one in members]
    on_call, specialties = queue.on_calls(ids), queries.specialties_of(ids)
    found = [
        Adviser(
            member=one.member,
            presence=rules.presence_of(
                one.last_input_at,
                on_call=one.member.id in on_call,
                paused=one.member.paused_at is not None,
                at=at,
            ),
            answering=sum(question.taken_by == one.member.id for question in taken),
            specialties=specialties.get(one.member.id, frozenset()),
        )
        for one in presence.attendance(members, site_id=site.id, on=clock.local_day(at, site.time_zone))
    ]
    there = [one for one in found if one.presence is not Presence.AWAY or one.answering]
    return sorted(there, key=lambda one: (not one.is_free, one.member.display_name))
