"""Read cases: by id or by reference."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select

from tracing.cases.errors import NoSuchCase
from tracing.cases.models import Case, ContraryResult, LabResult
from tracing.kernel.db import equals_any, find_row, session
from tracing.programmes.in_force import get_pack


def get_case(case_id: int, *, site_id: int | None = None, lock: bool = False) -> Case:
    """Return a case; if `site_id` is given, only one of that site."""
    case = find_row(Case, case_id, lock=lock)
    if case is None or site_id not in {None, case.site_id}:
        raise NoSuchCase
    return case


def rested_on_word(case: Case) -> bool:
    """Return whether a case was opened by what a contact told of a test, and no laboratory ever sent a result of it."""
    if case.from_contact_id is None:
        return False
    return not session.scalar(select(exists().where(LabResult.case_id == case.id)))


def variant_of(case: Case) -> str | None:
    """Return the variant that the results of a case speak for: the latest sampling that was screened counts."""
    laboratory = get_pack(case.programme).laboratory
    codes = session.scalars(
        select(LabResult.variant_screen)
        .where(
            LabResult.case_id == case.id,
            LabResult.withdrawn_at.is_(None),
            LabResult.variant_screen.is_not(None),
        )
        .order_by(LabResult.sampled_at.desc(), LabResult.id.desc())
    )
    return next((found for code in codes if code and (found := laboratory.variant_of(code))), None)


def next_episode(person_id: int, programme: str) -> int:
    """Return the number of a person's next episode in a programme."""
    found = select(func.max(Case.episode)).where(Case.person_id == person_id, Case.programme == programme)
    return (session.scalar(found) or 0) + 1


def references(case_ids: Iterable[int]) -> dict[int, str]:
    """Return the reference of each case."""
    return {
        row.id: row.reference
        for row in session.execute(select(Case.id, Case.reference).where(Case.id.in_(set(case_ids))))
    }


def find_by_reference(reference: str) -> Case | None:
    """Return the case with a reference, as it may be dictated by telephone: without hyphens, with spaces, in small letters."""
    said = "".join(one for one in reference.upper() if one.isalnum())
    wanted = f"{said[:2]}-{said[2:4]}-{said[4:-1]}-{said[-1:]}"
    return session.scalar(select(Case).where(Case.reference == wanted))


LONGEST_LIST = 200


def contrary_results(case_id: int) -> Sequence[ContraryResult]:
    """Return the negative results that contradict a case, in the order they came."""
    return session.scalars(
        select(ContraryResult)
        .where(ContraryResult.case_id == case_id, _still_contradicts())
        .order_by(ContraryResult.id)
    ).all()


def contrary_results_to_note(site_id: int) -> Sequence[tuple[ContraryResult, Case]]:
    """Return the results at a site of which no medical adviser has taken note, each with its case, oldest first."""
    rows = session.execute(
        select(ContraryResult, Case)
        .join(Case, Case.id == ContraryResult.case_id)
        .where(ContraryResult.noted_at.is_(None), Case.site_id == site_id, _still_contradicts())
        .order_by(ContraryResult.id)
        .limit(LONGEST_LIST)
    )
    return [(row[0], row[1]) for row in rows]


def count_contradicted(site_id: int) -> ScalarSelect[int]:
    """Count, as a part of a statement, the cases at a site of whose contrary results no medical adviser has taken note."""
    return (
        select(func.count(ContraryResult.case_id.distinct()))
        .join(Case, Case.id == ContraryResult.case_id)
        .where(ContraryResult.noted_at.is_(None), Case.site_id == site_id, _still_contradicts())
        .scalar_subquery()
    )


def _still_contradicts() -> ColumnElement[bool]:
    """Return the condition that no result of the same kind of test found the disease."""
    found = select(LabResult.id).where(
        LabResult.case_id == ContraryResult.case_id,
        LabResult.analysis == ContraryResult.analysis,
        LabResult.result == "P",
        LabResult.withdrawn_at.is_(None),
    )
    return ~found.correlate(ContraryResult).exists()


def decided_among(case_ids: Iterable[int]) -> Sequence[int]:
    """Return which of these cases have been decided: their days were computed for somebody."""
    chosen = select(Case.id).where(equals_any(Case.id, case_ids), Case.isolation_measure.is_not(None))
    return session.scalars(chosen.order_by(Case.id)).all()
