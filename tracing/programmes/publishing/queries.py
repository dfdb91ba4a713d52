"""Read versions, and keep in memory those that are approved."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from tracing.kernel import memory_stamps
from tracing.kernel.db import fresh, session
from tracing.programmes import in_force, loader
from tracing.programmes.in_force import Version
from tracing.programmes.publishing import rules
from tracing.programmes.publishing.errors import NoSuchVersion
from tracing.programmes.publishing.models import OPEN, RuleVersion, VersionOrigin, VersionState
from tracing.programmes.schema import Pack
from tracing.programmes.tables import Rule, Table

STAMP = "rules"
"""The name under which the rules that are kept in memory are stamped."""


def follow(stamp: int, at: datetime) -> None:
    """Let this process know the rules as they are in the database now; reads them only if they have changed."""
    if not in_force.is_current(stamp, at=at):
        in_force.hold({code: versions(pack) for code, pack in loader.load_packs().items()}, stamp, at=at)


def follow_now(at: datetime) -> None:
    """Do the same where nobody has read the stamp yet: at the start of a process, of a job, of a batch."""
    stamp = session.scalar(select(memory_stamps.stamp_of(STAMP)))
    follow(stamp or 0, at)


def versions(pack: Pack) -> Sequence[Version]:
    """Return a programme as each of its publications left it, from the files with which the database began."""
    rows = session.scalars(
        select(RuleVersion)
        .where(RuleVersion.programme == pack.code, RuleVersion.state == VersionState.APPROVED)
        .order_by(func.coalesce(RuleVersion.number, 0), RuleVersion.id)
    ).all()
    seeds = [row for row in rows if row.origin is VersionOrigin.SEED]
    first = rules.with_tables(pack, {row.table_name: _table(pack, row) for row in seeds})
    if seeds:
        oldest = min((row.pack_version for row in seeds), key=rules.version_key)
        first = first.model_copy(update={"version": oldest})
    found = [Version(0, None, first)]
    for row in rows:
        if row.number is not None:
            pack_then = rules.with_tables(
                found[-1].pack, {row.table_name: _table(pack, row)}, number=row.number
            )
            found.append(Version(row.number, row.effective_at, pack_then))
    return found


def _table(pack: Pack, row: RuleVersion) -> Table[Rule]:
    table = rules.table_of(pack, row.table_name)
    # as in most cases nothing has changed: the same object, and nothing to read
    return (
        table
        if row.fingerprint == rules.fingerprint(table)
        else rules.read_table(pack, row.table_name, row.content or {})
    )


def last_pack(code: str) -> Pack:
    """Return a programme as its last approved version leaves it, whether that is in force yet or not."""
    return versions(loader.get_pack(code))[-1].pack


def get_version(version_id: int, *, lock: bool = False) -> RuleVersion:
    """Return a version.

    Raises:
        NoSuchVersion: there is none.
    """
    statement = select(RuleVersion).where(RuleVersion.id == version_id)
    found = session.scalar(fresh(statement.with_for_update()) if lock else statement)
    if found is None:
        raise NoSuchVersion
    return found


def versions_of(programme: str) -> dict[str, list[RuleVersion]]:
    """Return the versions of a programme by table, the newest first."""
    found: dict[str, list[RuleVersion]] = defaultdict(list)
    rows = session.scalars(
        select(RuleVersion).where(RuleVersion.programme == programme).order_by(RuleVersion.id.desc())
    )
    for row in rows:
        found[row.table_name].append(row)
    return found


def open_draft(programme: str, table: str) -> RuleVersion | None:
    """Return the version of a table that somebody writes now."""
    return session.scalar(
        select(RuleVersion).where(
            RuleVersion.programme == programme,
            RuleVersion.table_name == table,
            RuleVersion.origin == VersionOrigin.PAGE,
            RuleVersion.state.in_(OPEN),
        )
    )


def last_approved(programme: str) -> RuleVersion | None:
    """Return the version of a programme that was approved last."""
    return session.scalar(
        select(RuleVersion)
        .where(
            RuleVersion.programme == programme,
            RuleVersion.state == VersionState.APPROVED,
            RuleVersion.number.is_not(None),
        )
        .order_by(RuleVersion.number.desc())
        .limit(1)
    )


def last_of_table(programme: str, table: str) -> int | None:
    """Return the id of the version of a table that was approved last, whether it is in force yet or not."""
    return session.scalar(
        select(RuleVersion.id)
        .where(
            RuleVersion.programme == programme,
            RuleVersion.table_name == table,
            RuleVersion.state == VersionState.APPROVED,
        )
        .order_by(func.coalesce(RuleVersion.number, 0).desc())
        .limit(1)
    )


def brought_by_releases(programme: str) -> dict[str, list[tuple[str, str]]]:
    """Return what releases brought, by table, the newest first: the version of the files, and the fingerprint."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = session.execute(
        select(RuleVersion.table_name, RuleVersion.pack_version, RuleVersion.fingerprint)
        .where(RuleVersion.programme == programme, RuleVersion.fingerprint.is_not(None))
        .order_by(RuleVersion.id.desc())
    )
    for table, version, mark in rows:
        found[table].append((version, mark or ""))
    return found


def last_number(programme: str) -> int:
    """Return the highest number that a version of a programme ever had; 0: none had one."""
    return session.scalar(select(func.max(RuleVersion.number)).where(RuleVersion.programme == programme)) or 0
