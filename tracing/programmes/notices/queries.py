"""Read notices: those of a programme, those that somebody must still read, who has read one."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, column, func, or_, select, table

from tracing.kernel.db import fresh, session
from tracing.programmes.notices.errors import NoSuchNotice
from tracing.programmes.notices.models import Notice, NoticeReading

LONGEST_LIST = 100
_members = table("members", column("id"), column("created_at"))


def get_notice(notice_id: int, *, lock: bool = False) -> Notice:
    """Return a notice.

    Raises:
        NoSuchNotice: there is none.
    """
    chosen = select(Notice).where(Notice.id == notice_id)
    found = session.scalar(fresh(chosen.with_for_update()) if lock else chosen)
    if found is None:
        raise NoSuchNotice
    return found


def notices_of(programme: str) -> Sequence[Notice]:
    """Return the notices of a programme, withdrawn ones included, the latest to take effect first."""
    return session.scalars(
        _of(select(Notice), programme)
        .order_by(Notice.effective_at.desc(), Notice.id.desc())
        .limit(LONGEST_LIST)
    ).all()


def unread(member_id: int, programme: str) -> Sequence[Notice]:
    """Return what a member must still read, in the order in which it takes effect.

    What took effect before they came was taught to them. What was withdrawn is told only to those who had read it.
    """
    chosen = _unread(select(Notice), member_id, programme)
    return session.scalars(chosen.order_by(Notice.effective_at, Notice.id)).all()


def count_unread(member_id: int, programme: str) -> int:
    """Return how many notices a member must still read."""
    return session.scalar(_unread(select(func.count()).select_from(Notice), member_id, programme)) or 0


def readings_of(notice: Notice) -> Mapping[int, NoticeReading]:
    """Return who has read a notice, by member; of its present revision or an earlier one."""
    rows = session.scalars(select(NoticeReading).where(NoticeReading.notice_id == notice.id))
    return {one.member_id: one for one in rows}


def _of(chosen: Select[Any], programme: str) -> Select[Any]:
    return chosen.where(or_(Notice.programme.is_(None), Notice.programme == programme))


def _unread(chosen: Select[Any], member_id: int, programme: str) -> Select[Any]:
    is_theirs = (NoticeReading.notice_id == Notice.id) & (NoticeReading.member_id == member_id)
    came_at = select(_members.c.created_at).where(_members.c.id == member_id).scalar_subquery()
    return (
        _of(chosen, programme)
        .outerjoin(NoticeReading, is_theirs)
        .where(
            func.coalesce(NoticeReading.revision, 0) < Notice.revision,
            or_(Notice.withdrawn_at.is_(None), NoticeReading.revision.is_not(None)),
            Notice.effective_at > came_at,
        )
    )
