"""The tracers of a site and their presence: on a call, there, on a pause, away; and who can take another call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tracing.kernel.db import equals_any, session
from tracing.queue.models import EntryState, QueueEntry
from tracing.queue.queries import on_calls
from tracing.staff import presence, queries, rules
from tracing.staff.models import Member
from tracing.staff.rules import Presence


@dataclass(frozen=True)
class Colleague:
    """A tracer of a site and their presence."""

    member: Member
    presence: Presence
    last_input_at: datetime | None
    """None: not logged in at this site."""
    is_expected: bool
    """Whether their weekly hours and absences put them at work now; False for those without weekly hours."""
    has_one_kept: bool
    """Whether a call is already reserved for them."""

    @property
    def is_free(self) -> bool:
        """Whether another call can be reserved for them."""
        takes_calls = self.presence is not Presence.ON_CALL and self.member.paused_at is None
        return takes_calls and not self.has_one_kept


def availability_of(site_id: int, *, at: datetime, zone: ZoneInfo) -> list[Colleague]:
    """Return the tracers of a site, by name, without closed accounts."""
    members = queries.tracers_of(site_id)
    ids = [member.id for member in members]
    on_call = on_calls(ids)
    kept = _kept_for(ids, at=at)
    local = at.astimezone(zone)
    return [
        Colleague(
            member=one.member,
            presence=rules.presence_of(
                one.last_input_at,
                on_call=one.member.id in on_call,
                paused=one.member.paused_at is not None,
                at=at,
            ),
            last_input_at=one.last_input_at,
            is_expected=bool(one.week.hours) and rules.works_at(one.week, local),
            has_one_kept=one.member.id in kept,
        )
        for one in presence.attendance(members, site_id=site_id, on=local.date())
    ]


def _kept_for(member_ids: Sequence[int], *, at: datetime) -> set[int | None]:
    return set(
        session.scalars(
            select(QueueEntry.reserved_for).where(
                equals_any(QueueEntry.reserved_for, member_ids),
                QueueEntry.state == EntryState.READY,
                QueueEntry.reserved_until > at,
            )
        )
    )


def has_reserved_call(member_id: int, *, at: datetime) -> bool:
    """Return whether a colleague or a supervisor reserved a call for this member by hand."""
    chosen = select(QueueEntry.id).where(
        QueueEntry.reserved_for == member_id,
        QueueEntry.state == EntryState.READY,
        QueueEntry.given_at.is_not(None),
        QueueEntry.reserved_until > at,
    )
    return session.scalar(chosen.limit(1)) is not None


def has_promise_due(member_id: int) -> bool:
    """Return whether a callback that this member promised is ready to be rung."""
    chosen = select(QueueEntry.id).where(
        QueueEntry.reserved_for == member_id,
        QueueEntry.state == EntryState.READY,
        QueueEntry.promised_at.is_not(None),
    )
    return session.scalar(chosen.limit(1)) is not None


def free_here(site_id: int, *, but: int, at: datetime, zone: ZoneInfo) -> list[Colleague]:
    """Return the tracers to whom a colleague can hand over a call: present and free."""
    return [
        one
        for one in availability_of(site_id, at=at, zone=zone)
        if one.is_free and one.presence is Presence.HERE and one.member.id != but
    ]
