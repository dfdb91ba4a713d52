"""Which members are at work: pauses, absences, weekly hours and their last input."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, or_, select

from tracing.kernel import events
from tracing.kernel.db import equals_any, session
from tracing.staff import queries, rules
from tracing.staff.agent import Agent
from tracing.staff.errors import AccountWorksElsewhere, NoSuchAbsence, NotOfThisSite, WrongDays
from tracing.staff.login import sessions
from tracing.staff.models import Absence, Member, MemberRole, Role, SessionEnd, SiteKind, StaffSession
from tracing.staff.rules import UnavailableReason, Week
from tracing.ui.languages import FRENCH


@dataclass(frozen=True)
class Attendance:
    """The facts that tell whether a member is at work."""

    member: Member
    week: Week
    last_input_at: datetime | None
    """None if they are not logged in at this site."""


@dataclass(frozen=True)
class Roster:
    """When tracers work: queried once, evaluated for many moments."""

    members: Sequence[Member]
    weeks: Mapping[int, Week]
    zones: Mapping[int, ZoneInfo]
    """The time zone of each member, by id."""
    zone: ZoneInfo
    """The site's time zone, in which weekly hours are given."""

    def at_work(self, when: datetime) -> list[Member]:
        """Return the members who should be at work at a moment."""
        local = when.astimezone(self.zone)
        return [
            one
            for one in self.members
            if sessions.may_log_in(one, when, zone=self.zones.get(one.id))
            and rules.works_at(self.weeks[one.id], local)
        ]


# ---------- Reading ----------


def attendance(members: Collection[Member], *, site_id: int, on: date) -> list[Attendance]:
    """Return the attendance of members at a site, in the given order; absences that end before `on` are left out."""
    ids = [member.id for member in members]
    weeks, seen = weeks_of(ids, on=on), last_inputs(site_id, ids)
    return [Attendance(member, weeks[member.id], seen.get(member.id)) for member in members]


def weeks_of(member_ids: Iterable[int], *, on: date) -> dict[int, Week]:
    """Return when members work, without absences that end before `on`."""
    wanted = set(member_ids)
    hours: dict[int, dict[int, tuple[time, time]]] = {one: {} for one in wanted}
    for member_id, weekday, starts_at, ends_at in queries.hours_of(wanted):
        hours[member_id][weekday] = (starts_at, ends_at)
    away: dict[int, list[tuple[date, date]]] = {one: [] for one in wanted}
    for absence in _absences(equals_any(Absence.member_id, wanted), on=on):
        away[absence.member_id].append((absence.starts_on, absence.ends_on))
    return {one: Week(hours[one], away[one]) for one in wanted}


def last_inputs(site_id: int, member_ids: Iterable[int]) -> dict[int, datetime]:
    """Return the time of the last input of members who are logged in at a site."""
    rows = session.execute(
        select(StaffSession.member_id, func.max(StaffSession.last_input_at))
        .where(
            equals_any(StaffSession.member_id, member_ids),
            StaffSession.site_id == site_id,
            StaffSession.ended_at.is_(None),
        )
        .group_by(StaffSession.member_id)
    )
    return {row[0]: row[1] for row in rows}


def absences_at(site_id: int, *, on: date) -> list[Absence]:
    """Return the absences of a site's members that have not ended on a day, earliest first."""
    members = select(MemberRole.member_id).where(MemberRole.site_id == site_id)
    return _absences(Absence.member_id.in_(members), on=on)


def _absences(theirs: ColumnElement[bool], *, on: date) -> list[Absence]:
    chosen = select(Absence).where(theirs, Absence.removed_at.is_(None), Absence.ends_on >= on)
    return list(session.scalars(chosen.order_by(Absence.starts_on, Absence.id)))


def tracers_at_work(
    site_id: int, when: datetime, *, zone: ZoneInfo, language: str | None = None
) -> list[Member]:
    """Return the tracers of a site who should be at work at a moment; see `roster`."""
    return roster(site_id, since=when, zone=zone, language=language).at_work(when)


def roster(
    site_id: int, *, since: datetime, zone: ZoneInfo, language: str | None = None, only: int | None = None
) -> Roster:
    """Return when the tracers of a site work, by their weekly hours and absences, from a moment on.

    With `language`, only those who speak it; every tracer speaks French. With a member, only that member: the whole
    roster of a large site takes tens of milliseconds.
    """
    members = [
        one
        for one in queries.tracers_of(site_id, only=only)
        if language in {None, FRENCH} or language in one.languages
    ]
    weeks = weeks_of((one.id for one in members), on=since.astimezone(zone).date())
    return Roster(members, weeks, sessions.zones_of(members), zone)


def unavailable_members(
    asked: Collection[tuple[int, datetime]],
    *,
    site_id: int,
    role: Role = Role.TRACER,
    at: datetime,
    zone: ZoneInfo,
    ahead: timedelta = timedelta(0),
) -> dict[tuple[int, datetime], UnavailableReason]:
    """Return which members will not be at work in a role at their moment, and why; those active here now are there now.

    They are there at a moment up to `ahead` from now, too. A pause concerns the present only: it says nothing about a
    later hour.
    """
    if not asked:
        return {}
    ids = {member_id for member_id, _when in asked}
    first = min(when for _member_id, when in asked).astimezone(zone).date()
    members = {one.id: one for one in queries.members(ids)}
    zones = sessions.zones_of(members.values())
    weeks, seen = weeks_of(ids, on=first), last_inputs(site_id, ids)
    found: dict[tuple[int, datetime], UnavailableReason] = {}
    for member_id, when in asked:
        last = seen.get(member_id)
        is_working = when - ahead <= at and last is not None and at - last < rules.AWAY_AFTER
        why = _why_left(members[member_id], site_id, role, when, zones.get(member_id))
        if why is None and when <= at and members[member_id].paused_at is not None:
            why = UnavailableReason.PAUSED
        if why is None and not is_working:
            why = rules.unavailable_reason(weeks[member_id], when.astimezone(zone))
        if why is not None:
            found[member_id, when] = why
    return found


def logged_out_since(member_ids: Collection[int], *, since: datetime, at: datetime) -> dict[int, datetime]:
    """Return which of these members have been logged out everywhere since `since`, with the time.

    A session without an explicit end is over after a whole shift. A timed-out session may still save its last input.
    """
    ends = case(
        (StaffSession.ended_at.is_(None), StaffSession.started_at + rules.ABSOLUTE_END_ON_CALL),
        (StaffSession.end_reason == SessionEnd.TOO_OLD, StaffSession.ended_at + rules.LAST_WORDS),
        else_=StaffSession.ended_at,
    )
    rows = session.execute(
        select(StaffSession.member_id, func.max(ends))
        .where(
            StaffSession.member_id.in_(set(member_ids)),
            or_(StaffSession.ended_at.is_(None), StaffSession.ended_at >= since),
        )
        .group_by(StaffSession.member_id)
    )
    return {row[0]: row[1] for row in rows if since <= row[1] <= at}


def _why_left(
    member: Member, site_id: int, role: Role, when: datetime, zone: ZoneInfo | None
) -> UnavailableReason | None:
    if member.closed_at is not None:
        return UnavailableReason.ACCOUNT_CLOSED
    if not sessions.may_log_in(member, when, zone=zone):
        return UnavailableReason.CONTRACT_ENDED
    if (site_id, role) not in sessions.roles_of(member):
        return UnavailableReason.ROLE_WITHDRAWN
    return None


# ---------- Pauses ----------


def pause(by: Agent, *, at: datetime) -> None:
    """Begin a pause: the member is given no calls during it."""
    member = queries.get_member(by.member_id)
    if member.paused_at is None:
        member.paused_at = at
        session.flush()
        events.record(
            "member.paused", by=by.member_id, at=at, subject=("member", member.id), site_id=by.site.id
        )


def resume(by: Agent, *, at: datetime) -> None:
    """End a pause; does nothing without one."""
    member = queries.get_member(by.member_id)
    if member.paused_at is not None:
        member.paused_at = None
        session.flush()
        events.record(
            "member.resumed", by=by.member_id, at=at, subject=("member", member.id), site_id=by.site.id
        )


# ---------- Absences ----------


def note_absence(member_id: int, *, first: date, last: date, by: Agent, at: datetime) -> Absence:
    """Record that a member of the site does not work from one day to another, both included.

    Raises:
        NotOfThisSite: they hold no role here.
        WrongDays: the last day comes before the first.
        AccountWorksElsewhere: the agent is at a training site, and the member works at a live site too.
    """
    member = queries.get_member(member_id)
    if all(role.site_id != by.site.id for role in member.roles):
        raise NotOfThisSite
    _must_reach(member, by)
    if last < first:
        raise WrongDays
    noted = Absence(member_id=member_id, starts_on=first, ends_on=last, noted_by=by.member_id, noted_at=at)
    session.add(noted)
    session.flush()
    events.record(
        "member.absence_noted",
        by=by.member_id,
        at=at,
        subject=("member", member_id),
        site_id=by.site.id,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return noted


def _must_reach(member: Member, by: Agent) -> None:
    """Keep a training site from releasing what a live site reserves for its tracer: an absence counts at every site."""
    live, practice = queries.work_sites_of(member)
    held = by.sites_as(Role.SUPERVISOR, Role.REFERENT)
    if by.site.kind is SiteKind.TRAINING and not rules.may_act_on_account(live, practice, held=held):
        raise AccountWorksElsewhere


def remove_absence(absence_id: int, *, by: Agent, at: datetime) -> None:
    """Remove an absence: the weekly hours apply again; repeating it does nothing.

    Raises:
        NoSuchAbsence: there is none, or it belongs to another site.
        AccountWorksElsewhere: the agent is at a training site, and the member works at a live site too.
    """
    noted = session.get(Absence, absence_id)
    if noted is None or all(role.site_id != by.site.id for role in queries.get_member(noted.member_id).roles):
        raise NoSuchAbsence
    _must_reach(queries.get_member(noted.member_id), by)
    if noted.removed_at is not None:
        return
    noted.removed_at, noted.removed_by = at, by.member_id
    session.flush()
    events.record(
        "member.absence_removed",
        by=by.member_id,
        at=at,
        subject=("member", noted.member_id),
        site_id=by.site.id,
    )
