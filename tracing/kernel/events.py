"""The audit log: who did what, and who saw whom. Append-only: the application's role cannot change or delete rows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, session


class Event(Base):
    """Something that happened, written in the transaction that did it. It never contains an identity."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "subject_type", "subject_id", "id"),
        # the supervision board counts them by day
        Index("ix_events_owner_gone", "site_id", "at", postgresql_where=text("kind = 'owner.gone'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    """Subject and verb of the domain: `call.claimed`, `lot.loaded`."""
    by_id: Mapped[int | None]
    """The member, or none when the scheduler did it."""
    site_id: Mapped[int | None]
    subject_type: Mapped[str | None]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class IdentityAccess(Base):
    """One viewer saw the identities of some people, under one claim or, outside a claim, within one hour.

    Partitioned by the month of `first_at`, so that old months are dropped as a whole.
    """

    __tablename__ = "sightings"
    __table_args__ = (
        # who saw one person: the question of whoever exercises their rights
        Index(
            "ix_sightings_people",
            "people",
            postgresql_using="gin",
            postgresql_ops={"people": "jsonb_path_ops"},
        ),
        {"postgresql_partition_by": "RANGE (first_month)"},
    )

    first_month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Month of the first view, as yyyymm."""
    viewer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    why: Mapped[str] = mapped_column(primary_key=True)
    """`call`, `escalation`, `lot`, `practice`, `search`, `supervision`…"""
    scope: Mapped[str] = mapped_column(primary_key=True)
    """The claim (`claim_scope`: `claim:7:2`) or the hour (`hour:2026-11-21T14`)."""
    people: Mapped[list[str]]
    """`person:12`, `line:7`: the records that were shown."""
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


def record(
    kind: str,
    /,
    *,
    by: int | None,
    at: datetime,
    subject: tuple[str, int] | None = None,
    site_id: int | None = None,
    **detail: Any,
) -> None:
    """Record that `kind` happened. `detail` holds numbers, codes and times; never an identity."""
    subject_type, subject_id = subject or (None, None)
    session.add(
        Event(
            kind=kind,
            by_id=by,
            at=at,
            site_id=site_id,
            subject_type=subject_type,
            subject_id=subject_id,
            detail=detail,
        )
    )


def claim_scope(entry_id: int, claim_number: int) -> str:
    """Return the scope of what is seen under a claim."""
    return f"claim:{entry_id}:{claim_number}"


def record_access(
    people: Iterable[str], *, by: int, at: datetime, why: str, claim: str | None = None
) -> None:
    """Record that member `by` was shown the identities of `people` (`person:12`).

    One row per viewer and claim (`claim_scope`); outside a claim, per hour and reason. Later looks add their people
    to it.
    """
    shown = sorted(set(people))
    if not shown:
        return
    scope = claim or f"hour:{at:%Y-%m-%dT%H}"
    session.execute(
        text("""
            INSERT INTO sightings AS seen (first_month, viewer_id, why, scope, people, first_at, last_at)
            VALUES (:month, :by, :why, :scope, to_jsonb(CAST(:people AS text[])), :at, :at)
            ON CONFLICT (first_month, viewer_id, why, scope) DO UPDATE
            SET last_at = greatest(seen.last_at, excluded.last_at),
                people = (SELECT jsonb_agg(DISTINCT one ORDER BY one)
                          FROM jsonb_array_elements_text(seen.people || excluded.people) AS one)
        """),
        {"month": at.year * 100 + at.month, "by": by, "why": why, "scope": scope, "people": shown, "at": at},
    )
