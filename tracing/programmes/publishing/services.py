"""Draft, propose, approve and withdraw versions of rule tables."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from pydantic import ValidationError
from sqlalchemy import text

from tracing.kernel import clock, events, memory_stamps
from tracing.kernel.db import session
from tracing.programmes import loader
from tracing.programmes.checks import Problem, problems
from tracing.programmes.publishing import queries, rules, run_services
from tracing.programmes.publishing.errors import (
    ChangedMeanwhile,
    HasProblems,
    InForce,
    NeedsAnother,
    NeedsReason,
    NoMoment,
    NoSuchTable,
    NothingChanges,
    NotOpen,
    NotProposed,
    OthersFollow,
)
from tracing.programmes.publishing.models import RuleVersion, VersionOrigin, VersionState
from tracing.programmes.publishing.rules import RowContent
from tracing.programmes.schema import Pack

LONGEST_AHEAD = timedelta(days=366)


class Approver(StrEnum):
    """In which of the two roles somebody approves."""

    ADVISER = "adviser"
    REFERENT = "referent"


def seed(*, at: datetime) -> None:
    """Take the rules of the release's files into the database, which rules from then on.

    What a later release says otherwise waits as a draft.
    """
    # two hosts that start first at the same moment: the second waits, and finds what the first has written
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('rule_versions'))"))
    for pack in loader.load_packs().values():
        known = queries.versions_of(pack.code)
        for name, table in pack.tables():
            mark = rules.fingerprint(table)
            brought = [row for row in known.get(name, []) if row.fingerprint is not None]
            if not brought:
                _add_seed(pack, name, mark, at=at)
            elif mark != brought[0].fingerprint:
                _add_release(pack, name, mark, at=at)


def _add_seed(pack: Pack, name: str, mark: str, *, at: datetime) -> None:
    session.add(
        RuleVersion(
            programme=pack.code,
            table_name=name,
            state=VersionState.APPROVED,
            origin=VersionOrigin.SEED,
            pack_version=pack.version,
            fingerprint=mark,
            rows=[],
            content=rules.table_content(rules.table_of(pack, name)),
            created_at=at,
            changed_at=at,
        )
    )
    session.flush()
    memory_stamps.renew(queries.STAMP)


def _add_release(pack: Pack, name: str, mark: str, *, at: datetime) -> None:
    brought = RuleVersion(
        programme=pack.code,
        table_name=name,
        state=VersionState.DRAFT,
        origin=VersionOrigin.RELEASE,
        pack_version=pack.version,
        fingerprint=mark,
        rows=rules.rows_on(rules.table_of(pack, name), at.date()),
        created_at=at,
        changed_at=at,
    )
    session.add(brought)
    session.flush()
    events.record("rules.brought", by=None, at=at, subject=("rule_version", brought.id), version=pack.version)


def begin(
    programme: str,
    table: str,
    *,
    rows: Sequence[RowContent] | None = None,
    zone: ZoneInfo,
    by: int,
    at: datetime,
) -> RuleVersion:
    """Begin a draft of a table from the rows in force, or return the one that somebody has begun.

    Raises:
        NoSuchTable: there is no such table, or nothing of it is in force.
    """
    begun = queries.open_draft(programme, table)
    if begun is not None:
        return begun
    pack = queries.last_pack(programme)
    try:
        found = rules.rows_on(rules.table_of(pack, table), clock.local_day(at, zone))
    except LookupError:
        raise NoSuchTable from None
    if not found:
        raise NoSuchTable
    draft = RuleVersion(
        programme=programme,
        table_name=table,
        state=VersionState.DRAFT,
        origin=VersionOrigin.PAGE,
        pack_version=pack.version,
        rows=list(rows or found),
        created_by=by,
        created_at=at,
        changed_by=by,
        changed_at=at,
    )
    session.add(draft)
    session.flush()
    _note("rules.drafted", draft, by=by, at=at)
    return draft


def change(
    version_id: int,
    *,
    revision: int,
    rows: Sequence[RowContent] | None = None,
    why: str | None = None,
    effective_at: datetime | None = None,
    by: int,
    at: datetime,
) -> RuleVersion:
    """Change a draft; what was approved of it is approved no more.

    Raises:
        ChangedMeanwhile: somebody else changed it since `revision`.
        NotOpen: it is approved or withdrawn.
    """
    draft = _open(version_id)
    if draft.revision != revision:
        raise ChangedMeanwhile
    if rows is not None:
        draft.rows = list(rows)
    if why is not None:
        draft.why = why
    if effective_at is not None:
        draft.effective_at = effective_at
    draft.state = VersionState.DRAFT
    draft.adviser_id = draft.adviser_at = draft.referent_id = draft.referent_at = None
    draft.revision += 1
    draft.changed_by, draft.changed_at = by, at
    session.flush()
    return draft


def composed(draft: RuleVersion, *, zone: ZoneInfo, at: datetime) -> Pack:
    """Return the programme as it will be when this draft takes effect.

    Raises:
        ValidationError: the table does not hold together.
    """
    pack = queries.last_pack(draft.programme)
    day = clock.local_day(draft.effective_at or at, zone)
    return rules.compose(
        pack, draft.table_name, draft.rows, day, number=queries.last_number(draft.programme) + 1
    )


def problems_of(draft: RuleVersion, *, zone: ZoneInfo, at: datetime) -> list[Problem]:
    """Return what the checks find in the table as it will be."""
    try:
        pack = composed(draft, zone=zone, at=at)
    except ValidationError as error:
        return [
            Problem((draft.table_name, *one["loc"]), one["msg"].removeprefix("Value error, "))
            for one in error.errors()
        ]
    return [one for one in problems(pack) if one.at and one.at[0] == draft.table_name]


def propose(version_id: int, *, revision: int, zone: ZoneInfo, by: int, at: datetime) -> RuleVersion:
    """Propose a draft to those who approve it.

    Raises:
        ChangedMeanwhile: somebody else changed it since `revision`.
        NothingChanges: it says what is in force already.
        NeedsReason: it does not say what changes.
        NoMoment: its moment is missing, has passed, or comes too early.
        HasProblems: the checks found mistakes.
    """
    draft = _open(version_id)
    if draft.revision != revision:
        raise ChangedMeanwhile
    _refuse_unready(draft, zone=zone, at=at)
    draft.state = VersionState.PROPOSED
    session.flush()
    _note("rules.proposed", draft, by=by, at=at)
    return draft


def approve(
    version_id: int, role: Approver, *, revision: int, zone: ZoneInfo, by: int, at: datetime
) -> RuleVersion:
    """Approve a proposed version in one of the two roles; with the second approval it will take effect at its moment.

    Raises:
        NotProposed: it is not proposed, or was changed since it was read.
        NeedsAnother: the same person approved it in the other role.
        NoMoment: its moment has passed, or another version was approved meanwhile that takes effect later.
    """
    version = queries.get_version(version_id, lock=True)
    if version.state is not VersionState.PROPOSED or version.revision != revision:
        raise NotProposed
    other = version.referent_id if role is Approver.ADVISER else version.adviser_id
    if other == by:
        raise NeedsAnother
    # one at a time in a programme: their numbers follow the order in which they take effect
    memory_stamps.renew(queries.STAMP)
    _refuse_unready(version, zone=zone, at=at)
    if role is Approver.ADVISER:
        version.adviser_id, version.adviser_at = by, at
    else:
        version.referent_id, version.referent_at = by, at
    _note("rules.approved", version, by=by, at=at, role=role.value)
    if version.adviser_id is not None and version.referent_id is not None:
        _put_into_force(version, zone=zone, at=at)
    session.flush()
    return version


def _put_into_force(version: RuleVersion, *, zone: ZoneInfo, at: datetime) -> None:
    pack = queries.last_pack(version.programme)
    day = clock.local_day(version.effective_at or at, zone)
    version.content = rules.merge(pack, version.table_name, version.rows, day)
    version.number = queries.last_number(version.programme) + 1
    version.state = VersionState.APPROVED
    session.flush()
    run_services.plan_effect(version, at=at)


def withdraw(version_id: int, *, by: int, at: datetime) -> RuleVersion:
    """Give up a draft, or withdraw an approved version before it takes effect.

    Raises:
        InForce: it has taken effect.
        OthersFollow: a version approved after it was built on it.
    """
    version = queries.get_version(version_id, lock=True)
    if version.state is VersionState.WITHDRAWN:
        return version
    if version.state is VersionState.APPROVED:
        if version.effective_at is None or version.effective_at <= at:
            raise InForce
        # as when one is approved: one at a time
        memory_stamps.renew(queries.STAMP)
        last = queries.last_approved(version.programme)
        if last is not None and last.id != version.id:
            raise OthersFollow(last.number or 0)
    version.state = VersionState.WITHDRAWN
    version.withdrawn_by, version.withdrawn_at = by, at
    run_services.drop_runs(version)
    session.flush()
    _note("rules.withdrawn", version, by=by, at=at)
    return version


def _open(version_id: int) -> RuleVersion:
    version = queries.get_version(version_id, lock=True)
    if not version.is_open:
        raise NotOpen
    return version


def _refuse_unready(draft: RuleVersion, *, zone: ZoneInfo, at: datetime) -> None:
    if not (draft.why or "").strip():
        raise NeedsReason
    moment = draft.effective_at
    if moment is None:
        raise NoMoment(_("Dites d’abord quand cette version prend effet."))
    if moment <= at:
        raise NoMoment(_("Le moment prévu est passé : choisissez-en un autre, puis proposez de nouveau."))
    if moment > at + LONGEST_AHEAD:
        raise NoMoment(_("Le moment prévu est dans plus d’un an : choisissez-en un plus proche."))
    last = queries.last_approved(draft.programme)
    if last is not None and last.effective_at is not None and moment <= last.effective_at:
        raise NoMoment(
            _(
                "La version n° %(number)s, déjà approuvée, prend effet à ce moment ou plus tard : choisissez un moment qui vient après elle, ou retirez-la.",
                number=last.number,
            )
        )
    day = clock.local_day(moment, zone)
    if not rules.is_change(queries.last_pack(draft.programme), draft.table_name, draft.rows, day):
        raise NothingChanges
    found = problems_of(draft, zone=zone, at=at)
    if found:
        raise HasProblems(len(found))


def _note(kind: str, version: RuleVersion, *, by: int | None, at: datetime, **detail: Any) -> None:
    events.record(
        kind,
        by=by,
        at=at,
        subject=("rule_version", version.id),
        programme=version.programme,
        table=version.table_name,
        **detail,
    )
