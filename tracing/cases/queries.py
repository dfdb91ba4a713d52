"""Read cases: by id or by reference."""

from collections.abc import Iterable

from sqlalchemy import select

from tracing.cases.errors import NoSuchCase
from tracing.cases.models import Case
from tracing.kernel.db import fresh, session


def get_case(case_id: int, *, site_id: int | None = None, lock: bool = False) -> Case:
    """Return a case; if `site_id` is given, only one of that site."""
    chosen = select(Case).where(Case.id == case_id)
    if site_id is not None:
        chosen = chosen.where(Case.site_id == site_id)
    if lock:
        chosen = fresh(chosen.with_for_update())
    case = session.scalar(chosen)
    if case is None:
        raise NoSuchCase
    return case


def references(case_ids: Iterable[int]) -> dict[int, str]:
    """Return the reference of each case."""
    return {
        row.id: row.reference
        for row in session.execute(select(Case.id, Case.reference).where(Case.id.in_(set(case_ids))))
    }


def find_by_reference(reference: str) -> Case | None:
    """Return the case with a reference, ignoring spaces and case, as it may be dictated by telephone."""
    wanted = "".join(reference.split()).upper()
    return session.scalar(select(Case).where(Case.reference == wanted))
