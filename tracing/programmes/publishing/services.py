"""Draft, propose, approve and withdraw versions of rule tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from pydantic import ValidationError
from sqlalchemy import text

from tracing.kernel import clock, events, memory_stamps
from tracing.kernel.db import session
from tracing.programmes import loader
from tracing.programmes.checks import Problem, problems
from tracing.programmes.in_force import Version
from tracing.programmes.notices import services as notices
from tracing.programmes.publishing import queries, rules, run_services
from tracing.programmes.publishing.errors import (
    CannotBeginFrom,
    HasProblems,
    NoMoment,
    NoSuchTable,
    NothingChanges,
    NotOpen,
    OthersApproved,
    OthersFollow,
)
from tracing.programmes.publishing.models import RuleVersion, VersionOrigin, VersionState
from tracing.programmes.publishing.review_services import (
    Approver,
    give_up,
    has_approved,
    moment_of,
    refuse_changed,
    refuse_withdrawal,
    reopen,
    require_to_come,
    sign,
)
from tracing.programmes.publishing.rules import RowContent
from tracing.programmes.schema import Pack


def seed(*, at: datetime) -> None:
    """Take the rules of the release's files into the database, which rules from then on.

    What a later release says otherwise waits as a draft. Hosts of two releases may start in turns, as often as they
    like: the older one brings nothing.
    """
    # two hosts that start first at the same moment: the second waits, and finds what the first has written
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('rule_versions'))"))
    for pack in loader.load_packs().values():
        known = queries.brought_by_releases(pack.code)
        for name, table in pack.tables():
            mark, brought = rules.fingerprint(table), known.get(name, [])
            if not brought:
                _add_seed(pack, name, mark, at=at)
            elif is_news(pack.version, mark, brought):
                _add_release(pack, name, mark, at=at)


def is_news(version: str, mark: str, brought: Sequence[tuple[str, str]]) -> bool:
    """Return whether a release says what none before it has said last."""
    newest, last_mark = max(brought, key=lambda one: rules.version_key(one[0]))
    if rules.version_key(version) != rules.version_key(newest):
        return rules.version_key(version) > rules.version_key(newest) and mark != last_mark
    return mark not in {one for _version, one in brought}


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
    day = at.date()
    rows = rules.rows_on(rules.table_of(pack, name), day)
    if not rows or not rules.is_change(queries.last_pack(pack.code), name, rows, day):
        return  # it says nothing else of today: there is nothing to approve
    brought = RuleVersion(
        programme=pack.code,
        table_name=name,
        state=VersionState.DRAFT,
        origin=VersionOrigin.RELEASE,
        pack_version=pack.version,
        fingerprint=mark,
        base_id=queries.last_of_table(pack.code, name),
        rows=rows,
        created_at=at,
        changed_at=at,
    )
    session.add(brought)
    session.flush()
    events.record("rules.brought", by=None, at=at, subject=("rule_version", brought.id), version=pack.version)


def begin(
    programme: str, table: str, *, like: int | None = None, zone: ZoneInfo, by: int, at: datetime
) -> RuleVersion:
    """Begin a draft of a table, or return the one that somebody has begun.

    It begins from the rules that will hold when it can take effect at the earliest, so that it undoes no approved
    version that waits; or from those of an earlier version, `like`.

    Raises:
        NoSuchTable: there is no such table, or nothing of it is in force.
        CannotBeginFrom: `like` was not approved, or is of another table.
    """
    # two who press at once: the second waits, and gets the draft of the first
    lock = text("SELECT pg_advisory_xact_lock(hashtext('rule_versions'), hashtext(:of))")
    session.execute(lock, {"of": f"{programme}/{table}"})
    begun = queries.open_draft(programme, table)
    if begun is not None:
        return begun
    day, known = first_day(programme, zone=zone, at=at), queries.versions(loader.get_pack(programme))
    pack = known[-1].pack if like is None else _taken_up(like, programme, table, known)
    try:
        rows = rules.rows_on(rules.table_of(pack, table), day)
    except LookupError:
        raise NoSuchTable from None
    if not rows:
        raise NoSuchTable
    draft = RuleVersion(
        programme=programme,
        table_name=table,
        state=VersionState.DRAFT,
        origin=VersionOrigin.PAGE,
        pack_version=pack.version,
        base_id=queries.last_of_table(programme, table),
        rows=rows,
        created_by=by,
        created_at=at,
        changed_by=by,
        changed_at=at,
    )
    session.add(draft)
    session.flush()
    _note("rules.drafted", draft, by=by, at=at)
    return draft


def _taken_up(like: int, programme: str, table: str, known: Sequence[Version]) -> Pack:
    """Return the programme as an earlier version of a table left it."""
    version = queries.get_version(like)
    if (version.programme, version.table_name) != (programme, table):
        raise CannotBeginFrom
    if version.state is not VersionState.APPROVED:
        raise CannotBeginFrom
    return next(one.pack for one in reversed(known) if one.number <= (version.number or 0))


def first_day(programme: str, *, zone: ZoneInfo, at: datetime) -> date:
    """Return the first day on which a draft can take effect: none does before a version that was approved."""
    last = queries.last_approved(programme)
    waiting = last.effective_at if last is not None and last.effective_at is not None else at
    return clock.local_day(max(waiting, at), zone)


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
        NoMoment: the moment is past, or more than a year ahead.
    """
    draft = _open(version_id)
    refuse_changed(draft, revision)
    require_to_come(effective_at, at=at)
    if rows is not None:
        draft.rows = list(rows)
    if why is not None:
        draft.why = why
    if effective_at is not None:
        draft.effective_at = effective_at
    reopen(draft, by=by, at=at)
    return draft


def compared(version_id: int, *, revision: int, by: int, at: datetime) -> RuleVersion:
    """Keep a draft as it is although other rules were approved or withdrawn since it was begun: somebody compared them.

    Raises:
        ChangedMeanwhile: somebody else changed it since `revision`.
        NotOpen: it is approved or withdrawn.
    """
    draft = _open(version_id)
    refuse_changed(draft, revision)
    draft.base_id = queries.last_of_table(draft.programme, draft.table_name)
    reopen(draft, by=by, at=at)
    _note("rules.compared", draft, by=by, at=at)
    return draft


@dataclass(frozen=True)
class Foreseen:
    """A draft as it will hold."""

    before: Pack
    """The programme as the last approved version leaves it."""
    day: date
    """The day from which the draft's rows hold."""
    after: Pack | None
    """None: the table does not hold together."""
    problems: tuple[Problem, ...]
    """What the checks find in its table."""
    others_approved: bool
    """Whether other rules were approved or withdrawn since it was begun."""


def foresee(draft: RuleVersion, *, zone: ZoneInfo, at: datetime) -> Foreseen:
    """Compose and check the programme as it will be when a draft takes effect."""
    before = queries.last_pack(draft.programme)
    day = first_day(draft.programme, zone=zone, at=at)
    if draft.effective_at is not None:
        day = max(day, clock.local_day(draft.effective_at, zone))
    is_other = draft.base_id != queries.last_of_table(draft.programme, draft.table_name)
    number = queries.last_number(draft.programme) + 1
    try:
        after = rules.compose(before, draft.table_name, draft.rows, day, number=number)
    except ValidationError as error:
        found = [
            Problem(
                (draft.table_name, *one["loc"]),
                one["msg"].removeprefix("Value error, "),
                row=_row_at(draft, one["loc"]),
                schema_type=one["type"],
                limits=one.get("ctx", {}),
            )
            for one in error.errors()
        ]
        return Foreseen(before, day, None, tuple(found), is_other)
    found = [one for one in problems(after) if one.at and one.at[0] == draft.table_name]
    return Foreseen(before, day, after, tuple(found), is_other)


def _row_at(draft: RuleVersion, place: tuple[int | str, ...]) -> str | None:
    """Return the row of a draft at a place of a composed table; None if it is no place in a row of the draft."""
    ids = [part for part in place if isinstance(part, str) and any(row["id"] == part for row in draft.rows)]
    return ids[0] if ids else None


def propose(version_id: int, *, revision: int, zone: ZoneInfo, by: int, at: datetime) -> RuleVersion:
    """Propose a draft to those who approve it.

    Raises:
        ChangedMeanwhile: somebody else changed it since `revision`.
        NothingChanges: it says what is in force already.
        NeedsReason: it does not say what changes.
        NoMoment: its moment is missing, has passed, or comes too early.
        OthersApproved: other rules were approved or withdrawn since it was begun.
        HasProblems: the checks found mistakes.
    """
    draft = _open(version_id)
    refuse_changed(draft, revision)
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
        AlreadyApproved: somebody else approved it in this role.
        NoMoment: its moment has passed, or another version was approved meanwhile that takes effect later.
        OthersApproved: other rules of the table were approved or withdrawn meanwhile.
    """
    version = queries.get_version(version_id, lock=True)
    if has_approved(version, role, revision=revision, by=by):
        return version
    # one at a time in a programme: their numbers follow the order in which they take effect
    memory_stamps.renew(queries.STAMP)
    foreseen = _refuse_unready(version, zone=zone, at=at)
    is_approved = sign(version, role, by=by, at=at)
    _note("rules.approved", version, by=by, at=at, role=role.value)
    if is_approved:
        _put_into_force(version, foreseen, at=at)
    session.flush()
    return version


def _put_into_force(version: RuleVersion, foreseen: Foreseen, *, at: datetime) -> None:
    version.content = rules.merge(foreseen.before, version.table_name, version.rows, foreseen.day)
    version.number = queries.last_number(version.programme) + 1
    version.state = VersionState.APPROVED
    session.flush()
    run_services.plan_effect(version, at=at)
    reaches = foreseen.after and rules.reaching(foreseen.before, foreseen.after, version.table_name)
    notices.announce_rules(
        version.id,
        programme=version.programme,
        table=version.table_name,
        body=version.why or "",
        reaches_ongoing=bool(reaches),
        effective_at=version.effective_at or at,
        at=at,
    )


def withdraw(version_id: int, *, as_draft: bool = False, by: int, at: datetime) -> RuleVersion:
    """Give up a draft, or withdraw an approved version before it takes effect.

    Raises:
        InForce: it has taken effect.
        ApprovedMeanwhile: it was a draft when it was read (`as_draft`), and is none any more.
        OthersFollow: a version approved after it was built on it.
    """
    version = queries.get_version(version_id, lock=True)
    if version.state is VersionState.WITHDRAWN:
        return version
    refuse_withdrawal(version, as_draft=as_draft, at=at)
    if version.state is VersionState.APPROVED:
        # as when one is approved: one at a time
        memory_stamps.renew(queries.STAMP)
        last = queries.last_approved(version.programme)
        if last is not None and last.id != version.id:
            raise OthersFollow(last.number or 0)
        notices.withdraw_with(version.id, at=at)
    give_up(version, by=by, at=at)
    run_services.drop_runs(version)
    _note("rules.withdrawn", version, by=by, at=at)
    return version


def _open(version_id: int) -> RuleVersion:
    version = queries.get_version(version_id, lock=True)
    if not version.is_open:
        raise NotOpen
    return version


def _refuse_unready(draft: RuleVersion, *, zone: ZoneInfo, at: datetime) -> Foreseen:
    moment = moment_of(draft, at=at)
    last = queries.last_approved(draft.programme)
    if last is not None and last.effective_at is not None and moment <= last.effective_at:
        raise NoMoment(
            _(
                "La version n° %(number)s, déjà approuvée, prend effet à ce moment ou plus tard : choisissez un moment qui vient après elle, ou retirez-la.",
                number=last.number,
            )
        )
    foreseen = foresee(draft, zone=zone, at=at)
    if not rules.is_change(foreseen.before, draft.table_name, draft.rows, foreseen.day):
        raise NothingChanges
    if foreseen.others_approved:
        raise OthersApproved
    if foreseen.problems:
        raise HasProblems(len(foreseen.problems))
    return foreseen


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
