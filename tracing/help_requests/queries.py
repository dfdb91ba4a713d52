"""Read requests for help: the list of a site, and those of one call."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from tracing.cases.models import Case, CaseOutcome
from tracing.facts.rules import FactKind
from tracing.help_requests.errors import NoSuchRequest
from tracing.help_requests.models import HelpRequest
from tracing.kernel.db import fresh, session
from tracing.kernel.paging import PAGE_SIZE, Page, page_of
from tracing.people import queries as people
from tracing.people.rules import Identity
from tracing.queue.models import CallTask


@dataclass(frozen=True, repr=False)
class Asked:
    """A request with whom it is for."""

    request: HelpRequest
    identity: Identity | None
    """None once destroyed."""
    reference: str
    is_no_case: bool
    """The case turned out to be none since: whether the help is still needed is for the person to say."""
    is_dead: bool
    """The person was reported dead since: nobody brings them anything."""


def waiting_at(site_id: int, *, after_id: int | None = None) -> Page[Asked]:
    """Return the requests of a site for which something is left to do, the oldest first."""
    chosen = (
        select(HelpRequest, Case.reference, Case.outcome)
        .join(CallTask, CallTask.id == HelpRequest.task_id)
        .join(Case, Case.id == CallTask.case_id)
        .where(HelpRequest.site_id == site_id, HelpRequest.is_waiting)
        .order_by(HelpRequest.id)
        .limit(PAGE_SIZE + 1)
    )
    if after_id is not None:
        chosen = chosen.where(HelpRequest.id > after_id)
    rows = session.execute(chosen).all()
    named = people.joint_identities([row[0].person_id for row in rows])
    barred = people.barred_by([row[0].person_id for row in rows])
    found = [
        Asked(
            row[0],
            named.get(row[0].person_id),
            row[1],
            row[2] is CaseOutcome.NOT_A_CASE,
            barred.get(row[0].person_id) is FactKind.DEATH,
        )
        for row in rows
    ]
    return page_of(found, [row[0].id for row in rows])


def count_waiting(site_id: int) -> int:
    """Return how many requests of a site something is left to do for."""
    return (
        session.scalar(select(func.count()).where(HelpRequest.site_id == site_id, HelpRequest.is_waiting))
        or 0
    )


def get_request(help_id: int, *, site_id: int) -> HelpRequest:
    """Return a request of a site, locked."""
    found = session.scalar(
        fresh(
            select(HelpRequest)
            .where(HelpRequest.id == help_id, HelpRequest.site_id == site_id)
            .with_for_update()
        )
    )
    if found is None:
        raise NoSuchRequest
    return found


def requests_of(task_id: int, *, lock: bool = False) -> Sequence[HelpRequest]:
    """Return every request of a call, in the order in which they were made."""
    chosen = select(HelpRequest).where(HelpRequest.task_id == task_id).order_by(HelpRequest.id)
    return session.scalars(fresh(chosen.with_for_update()) if lock else chosen).all()
