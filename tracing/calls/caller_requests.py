"""Requests of people who rang us while no one could take the call: stored, listed, closed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from tracing.calls.errors import NoSuchRequest
from tracing.calls.models import CallerRequest
from tracing.kernel import clock, events
from tracing.kernel.db import fresh, session, take_id
from tracing.kernel.paging import PAGE_SIZE, Page, page_of
from tracing.staff.agent import Agent
from tracing.vault import services as vault


@dataclass(frozen=True, repr=False)
class UnsealedRequest:
    """A request and what was said; the three texts are empty once destroyed."""

    request: CallerRequest
    name: str
    number: str
    words: str


def keep(
    *, name: str, number: str, words: str, case_id: int | None = None, site_id: int, by: Agent, at: datetime
) -> CallerRequest:
    """Store what a caller wanted."""
    request_id, cohort = take_id("caller_requests"), clock.local_day(at, by.site.time_zone)
    told = {"name": name.strip(), "number": number.strip(), "words": words.strip()}
    request = CallerRequest(
        id=request_id,
        site_id=site_id,
        case_id=case_id,
        taken_by=by.member_id,
        taken_at=at,
        cohort=cohort,
        sealed=vault.seal("caller_requests", request_id, cohort, told),
    )
    session.add(request)
    session.flush()
    events.record("request.kept", by=by.member_id, at=at, subject=("request", request.id), site_id=site_id)
    return request


def close(request_id: int, *, by: Agent, at: datetime) -> None:
    """Close a request that was dealt with; closing it again does nothing.

    Raises:
        NoSuchRequest: there is none, or it is of another site.
    """
    chosen = select(CallerRequest).where(CallerRequest.id == request_id, CallerRequest.site_id == by.site.id)
    request = session.scalar(fresh(chosen.with_for_update()))
    if request is None:
        raise NoSuchRequest
    if request.closed_at is None:
        request.closed_at, request.closed_by = at, by.member_id
        session.flush()
        events.record(
            "request.closed", by=by.member_id, at=at, subject=("request", request.id), site_id=request.site_id
        )


def open_requests(site_id: int, *, before_id: int | None) -> Page[UnsealedRequest]:
    """Return a page of a site's open requests, newest first."""
    chosen = select(CallerRequest).where(CallerRequest.site_id == site_id, CallerRequest.closed_at.is_(None))
    if before_id is not None:
        chosen = chosen.where(CallerRequest.id < before_id)
    found = session.scalars(chosen.order_by(CallerRequest.id.desc()).limit(PAGE_SIZE + 1)).all()
    return page_of([_told(one) for one in found], [one.id for one in found])


def open_count(site_id: int) -> int:
    """Count a site's open requests."""
    chosen = select(func.count()).where(CallerRequest.site_id == site_id, CallerRequest.closed_at.is_(None))
    return session.scalar(chosen) or 0


def _told(request: CallerRequest) -> UnsealedRequest:
    said = vault.find_unsealed("caller_requests", request.id, request.cohort, request.sealed) or {}
    return UnsealedRequest(request, said.get("name", ""), said.get("number", ""), said.get("words", ""))
