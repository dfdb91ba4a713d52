"""Read drafts and published versions of scripts, and let this process know those that take effect."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from tracing.kernel import memory_stamps
from tracing.kernel.db import fresh, session
from tracing.programmes.publishing.models import OPEN, RuleVersion, VersionOrigin, VersionState
from tracing.programmes.publishing.queries import STAMP
from tracing.scripts import in_force
from tracing.scripts.in_force import Version
from tracing.scripts.library import version_key
from tracing.scripts.models import ScriptVersion
from tracing.scripts.publishing.errors import NoSuchScript
from tracing.scripts.publishing.models import ScriptComment, ScriptDraft
from tracing.scripts.vocabulary import ScriptKind


def follow(stamp: int) -> None:
    """Let this process know the versions as they are in the database now; reads them only if they have changed."""
    if not in_force.is_current(stamp):
        found: dict[ScriptKind, list[Version]] = defaultdict(list)
        named = programmes_named()
        for row in in_order():
            kind = ScriptKind(row.kind)
            whose = named.get((kind, row.version), ())
            found[kind].append(Version(row.version, row.effective_at, whose))
        in_force.hold(found, stamp)


def follow_now() -> None:
    """Do the same where nobody has read the stamp yet: at the start of a process."""
    follow(session.scalar(select(memory_stamps.stamp_of(STAMP))) or 0)


def in_order() -> list[ScriptVersion]:
    """Return the versions that are not withdrawn, in the order in which they take effect."""
    chosen = select(ScriptVersion).where(ScriptVersion.withdrawn_at.is_(None))
    rows = session.scalars(chosen.options(defer(ScriptVersion.content)))
    return sorted(rows, key=lambda one: (one.number or 0, version_key(one.version)))


def versions_of(kind: ScriptKind) -> list[ScriptVersion]:
    """Return every version of a kind, withdrawn ones included, the newest first."""
    chosen = select(ScriptVersion).where(ScriptVersion.kind == kind.value)
    rows = session.scalars(chosen.options(defer(ScriptVersion.content)))
    return sorted(rows, key=lambda one: (one.number or 0, version_key(one.version)), reverse=True)


def programmes_named() -> dict[tuple[ScriptKind, str], tuple[str, ...]]:
    """Return the programmes of each version that leads the calls of some programmes only."""
    named = ScriptVersion.content["programmes"]
    chosen = select(ScriptVersion.kind, ScriptVersion.version, named).where(
        ScriptVersion.content.has_key("programmes")
    )
    return {(ScriptKind(kind), version): tuple(codes) for kind, version, codes in session.execute(chosen)}


def last_of(kind: ScriptKind, programmes: Sequence[str]) -> ScriptVersion:
    """Return what a version of these programmes follows: the last one of the same programmes, else the last of all.

    Raises:
        NoSuchScript: none was published.
    """
    named = programmes_named()
    published = [one for one in in_order() if one.kind == kind.value]
    for wanted in (frozenset(programmes), frozenset[str]()):
        found = [one for one in published if frozenset(named.get((kind, one.version), ())) == wanted]
        if found:
            return found[-1]
    raise NoSuchScript


def last_published(kind: ScriptKind) -> ScriptVersion:
    """Return the version of a kind that was published last, whether it is in force yet or not.

    Raises:
        NoSuchScript: none was.
    """
    found = [one for one in in_order() if one.kind == kind.value]
    if not found:
        raise NoSuchScript
    return found[-1]


def last_number(kind: ScriptKind) -> int:
    """Return the highest number that a version of a kind ever had; 0: none had one."""
    chosen = select(func.max(ScriptVersion.number)).where(ScriptVersion.kind == kind.value)
    return session.scalar(chosen) or 0


def get_version(kind: ScriptKind, version: str) -> ScriptVersion:
    """Return a published version.

    Raises:
        NoSuchScript: there is none.
    """
    found = session.get(ScriptVersion, (kind.value, version))
    if found is None:
        raise NoSuchScript
    return found


def get_draft(draft_id: int, *, lock: bool = False) -> ScriptDraft:
    """Return a draft.

    Raises:
        NoSuchScript: there is none.
    """
    statement = select(ScriptDraft).where(ScriptDraft.id == draft_id)
    found = session.scalar(fresh(statement.with_for_update()) if lock else statement)
    if found is None:
        raise NoSuchScript
    return found


def drafts_of(kind: ScriptKind) -> Sequence[ScriptDraft]:
    """Return the drafts of a kind, approved and withdrawn ones included, the newest first; their content is not read."""
    chosen = select(ScriptDraft).where(ScriptDraft.kind == kind.value).order_by(ScriptDraft.id.desc())
    return session.scalars(chosen.options(defer(ScriptDraft.content))).all()


def draft_of_version(kind: ScriptKind, version: str) -> ScriptDraft | None:
    """Return the draft that was published under a version; None for a file of a release."""
    chosen = select(ScriptDraft).where(ScriptDraft.kind == kind.value, ScriptDraft.version == version)
    return session.scalar(chosen)


def open_draft(kind: ScriptKind) -> ScriptDraft | None:
    """Return the draft of a kind that somebody writes now."""
    return session.scalar(
        select(ScriptDraft).where(
            ScriptDraft.kind == kind.value,
            ScriptDraft.origin == VersionOrigin.PAGE,
            ScriptDraft.state.in_(OPEN),
        )
    )


def brought_by_releases(kind: ScriptKind) -> list[tuple[str, str]]:
    """Return what releases brought: the version of the file, and its fingerprint."""
    published = select(ScriptVersion.version, ScriptVersion.content_hash).where(
        ScriptVersion.kind == kind.value, ScriptVersion.number.is_(None)
    )
    drafted = select(ScriptDraft.release, ScriptDraft.fingerprint).where(
        ScriptDraft.kind == kind.value, ScriptDraft.fingerprint.is_not(None)
    )
    return [
        (version, mark or "") for version, mark in (*session.execute(published), *session.execute(drafted))
    ]


def waiting_rules(at: datetime) -> Sequence[RuleVersion]:
    """Return the approved versions of rule tables that have not taken effect yet, the next one first."""
    return session.scalars(
        select(RuleVersion)
        .where(RuleVersion.state == VersionState.APPROVED, RuleVersion.effective_at > at)
        .order_by(RuleVersion.effective_at, RuleVersion.id)
    ).all()


def find_rule(version_id: int | None) -> RuleVersion | None:
    """Return a version of a rule table."""
    return None if version_id is None else session.get(RuleVersion, version_id)


def scripts_with_rule(version_id: int) -> Sequence[ScriptDraft]:
    """Return the approved versions of scripts that were to take effect with a version of a rule table."""
    chosen = select(ScriptDraft).where(
        ScriptDraft.with_rule_id == version_id, ScriptDraft.state == VersionState.APPROVED
    )
    return session.scalars(chosen).all()


def comments_of(draft_id: int) -> Sequence[ScriptComment]:
    """Return what was said of a draft, in the order in which it was said."""
    chosen = select(ScriptComment).where(ScriptComment.draft_id == draft_id).order_by(ScriptComment.id)
    return session.scalars(chosen).all()
