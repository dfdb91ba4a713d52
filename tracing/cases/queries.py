"""Reading cases."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from tracing.cases.errors import NoSuchCase
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.kernel.db import session


def get_case(case_id: int, *, site_id: int | None = None, lock: bool = False) -> Case:
    """Return a case, of a site when one is given."""
    chosen = select(Case).where(Case.id == case_id)
    if site_id is not None:
        chosen = chosen.where(Case.site_id == site_id)
    if lock:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    case = session.scalar(chosen)
    if case is None:
        raise NoSuchCase
    return case


def find_by_reference(reference: str, *, site_id: int) -> Case | None:
    """Return the case of a site with this reference."""
    return session.scalar(select(Case).where(Case.reference == reference, Case.site_id == site_id))


def references(case_ids: Iterable[int]) -> dict[int, str]:
    """Return the references of cases."""
    return {
        row.id: row.reference
        for row in session.execute(select(Case.id, Case.reference).where(Case.id.in_(set(case_ids))))
    }


def results_of(case_id: int) -> Sequence[LabResult]:
    """Return the results of a case, the first sampling first."""
    return session.scalars(
        select(LabResult).where(LabResult.case_id == case_id).order_by(LabResult.sampled_at)
    ).all()


def withdrawn_cases(site_id: int) -> Sequence[Case]:
    """Return the cases whose result the laboratory withdrew, newest first."""
    return session.scalars(
        select(Case)
        .where(Case.site_id == site_id, Case.status == CaseStatus.WITHDRAWN)
        .order_by(Case.id.desc())
    ).all()
