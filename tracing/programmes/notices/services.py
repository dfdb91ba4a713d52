"""Announce a change, correct its words, withdraw it with its version, and note who has read it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import fresh, session
from tracing.programmes.notices import queries
from tracing.programmes.notices.errors import NoticeChanged, NoticeWithdrawn
from tracing.programmes.notices.models import Notice, NoticeKind, NoticeReading


def announce_rules(
    version_id: int,
    *,
    programme: str,
    table: str,
    body: str,
    reaches_ongoing: bool,
    effective_at: datetime,
    at: datetime,
) -> None:
    """Announce an approved version of a rule table."""
    session.add(
        Notice(
            kind=NoticeKind.RULES,
            programme=programme,
            subject=table,
            rule_version_id=version_id,
            body=body,
            reaches_ongoing=reaches_ongoing,
            effective_at=effective_at,
            made_at=at,
        )
    )
    session.flush()


def announce_script(
    kind: str,
    version: str,
    *,
    programmes: Sequence[str] = (),
    body: str,
    effective_at: datetime,
    at: datetime,
) -> None:
    """Announce an approved version of a script to the sites of its programmes; none: to all."""
    session.add_all(
        Notice(
            kind=NoticeKind.SCRIPT,
            programme=programme,
            subject=kind,
            script_version=version,
            body=body,
            reaches_ongoing=False,
            effective_at=effective_at,
            made_at=at,
        )
        for programme in programmes or (None,)
    )
    session.flush()


def withdraw_with(version_id: int, *, at: datetime) -> None:
    """Withdraw the notice of a version that will not take effect: whoever has read it is told so."""
    _withdraw(select(Notice).where(Notice.rule_version_id == version_id), at=at)


def withdraw_script(kind: str, version: str, *, at: datetime) -> None:
    """Do the same for a version of a script."""
    _withdraw(select(Notice).where(Notice.subject == kind, Notice.script_version == version), at=at)


def _withdraw(chosen: Select[Notice], *, at: datetime) -> None:
    for notice in session.scalars(fresh(chosen.order_by(Notice.id).with_for_update())):
        notice.withdrawn_at = at
        notice.revision += 1
    session.flush()


def change(notice_id: int, *, revision: int, body: str, by: int, at: datetime) -> Notice:
    """Correct the words of a notice: whoever has read it reads it again.

    Raises:
        NoticeWithdrawn: its version was withdrawn.
        NoticeChanged: somebody else changed it since `revision`.
    """
    notice = queries.get_notice(notice_id, lock=True)
    if notice.withdrawn_at is not None:
        raise NoticeWithdrawn
    if notice.body == body:
        return notice
    if notice.revision != revision:
        raise NoticeChanged
    notice.body = body
    notice.revision += 1
    notice.changed_by, notice.changed_at = by, at
    session.flush()
    events.record("notice.changed", by=by, at=at, subject=("notice", notice.id), revision=notice.revision)
    return notice


def acknowledge(read: Mapping[int, int], *, by: int, at: datetime) -> None:
    """Note that a member has read notices, each in the revision that they saw; twice changes nothing."""
    present = session.execute(
        select(Notice.id, Notice.revision).where(Notice.id.in_(read)).order_by(Notice.id)
    )
    for notice_id, revision in present.all():
        seen = min(read[notice_id], revision)
        added = insert(NoticeReading).values(notice_id=notice_id, member_id=by, revision=seen, read_at=at)
        session.execute(
            added.on_conflict_do_update(
                index_elements=[NoticeReading.notice_id, NoticeReading.member_id],
                set_={"revision": func.greatest(NoticeReading.revision, seen), "read_at": at},
                where=NoticeReading.revision < seen,
            )
        )
