"""Going through today's cases under a version: asked for, taken up by a job, left and found again."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select

from tracing.kernel import events
from tracing.kernel.db import fresh, session
from tracing.programmes.publishing import queries
from tracing.programmes.publishing.errors import NotOpen
from tracing.programmes.publishing.models import RuleRun, RuleVersion, RunKind, VersionState


def ask_preview(version_id: int, *, by: int, at: datetime) -> RuleRun:
    """Ask what a draft would do; the preview that is under way is enough.

    Raises:
        NotOpen: it is approved or withdrawn.
    """
    version = queries.get_version(version_id, lock=True)
    if not version.is_open:
        raise NotOpen
    last = last_run(version_id, RunKind.PREVIEW)
    if last is not None and last.finished_at is None and last.revision == version.revision:
        return last
    session.execute(delete(RuleRun).where(RuleRun.version_id == version_id, RuleRun.kind == RunKind.PREVIEW))
    run = RuleRun(
        version_id=version_id,
        kind=RunKind.PREVIEW,
        revision=version.revision,
        due_at=at,
        asked_by=by,
        asked_at=at,
    )
    session.add(run)
    session.flush()
    return run


def plan_effect(version: RuleVersion, *, at: datetime) -> None:
    """Plan to go through the cases when a version takes effect."""
    session.add(
        RuleRun(
            version_id=version.id,
            kind=RunKind.EFFECT,
            revision=version.revision,
            due_at=version.effective_at or at,
            asked_at=at,
        )
    )
    session.flush()


def drop_runs(version: RuleVersion) -> None:
    """Plan nothing more for a version that is withdrawn."""
    session.execute(delete(RuleRun).where(RuleRun.version_id == version.id, RuleRun.finished_at.is_(None)))


def take(*, besides: Collection[int] = (), at: datetime) -> tuple[RuleRun, RuleVersion] | None:
    """Lock the next run that is due and that no other process works on, `besides` some; None if there is none.

    A preview of what was changed since is dropped: nobody waits for it.
    """
    while True:
        run = _next_due(besides, at=at)
        if run is None:
            return None
        version = queries.get_version(run.version_id)
        if run.kind is RunKind.EFFECT or (version.revision == run.revision and version.is_open):
            return run, version
        session.delete(run)
        session.flush()


def _next_due(besides: Collection[int], *, at: datetime) -> RuleRun | None:
    return session.scalar(
        fresh(
            select(RuleRun)
            .where(RuleRun.finished_at.is_(None), RuleRun.due_at <= at, RuleRun.id.not_in(besides))
            .order_by(RuleRun.due_at, RuleRun.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    )


def finish(run: RuleRun, version: RuleVersion, *, at: datetime) -> None:
    """Note that every case was gone through."""
    run.finished_at = at
    session.flush()
    if run.kind is RunKind.EFFECT and version.state is VersionState.APPROVED:
        events.record(
            "rules.applied",
            by=None,
            at=at,
            subject=("rule_version", version.id),
            number=version.number,
            ends_moved=run.ends_moved,
        )


def last_run(version_id: int, kind: RunKind) -> RuleRun | None:
    """Return the latest run of a kind for a version."""
    return session.scalar(
        select(RuleRun)
        .where(RuleRun.version_id == version_id, RuleRun.kind == kind)
        .order_by(RuleRun.id.desc())
        .limit(1)
    )
