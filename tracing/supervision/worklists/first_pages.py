"""What of the lists an adviser looks at first: the cases whose result was withdrawn, and the clusters."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ScalarSelect, func, select

from tracing.cases import result_queries
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.clusters.first_pages import clusters_to_report
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.staff.agent import Agent
from tracing.supervision.models import SiteCount
from tracing.supervision.rules import WorkList
from tracing.triage import queries as triage
from tracing.triage.rules import Harm, Row


def _withdrawn(by: Agent, at: datetime) -> Sequence[Row]:
    today = clock.local_day(at, by.site.time_zone)
    since = (
        select(func.max(LabResult.withdrawn_at)).where(LabResult.case_id == Case.id).scalar_subquery()
    ).label("since")
    rows = session.execute(
        select(Case, since)
        .where(Case.site_id == by.site.id, Case.status == CaseStatus.WITHDRAWN)
        # whoever was told isolates for nothing
        .order_by(Case.told_at.is_(None), Case.id)
        .limit(triage.MOST_OF_A_SOURCE)
    ).all()
    beside = result_queries.results_beside([row.Case for row in rows])
    return [
        _row(
            row.Case,
            row.since,
            is_beside=any(result_queries.stands(one, on=today) for one in beside[row.Case.id]),
        )
        for row in rows
    ]


def _row(case: Case, since: datetime | None, *, is_beside: bool) -> Row:
    """Return a withdrawn result; `is_beside`: another result of the person stands, so what they were told holds."""
    if case.told_at is None:
        harm, what = Harm.TO_CONFIRM, _("Résultat retiré")
    elif is_beside:
        harm, what = Harm.TO_CONFIRM, _("Résultat retiré, une autre analyse positive de la personne reste")
    else:
        harm, what = Harm.MISINFORMED, _("Résultat retiré, et la personne est avertie")
    return Row(
        harm=harm,
        since=since or case.created_at,
        what=what,
        reference=case.reference,
        to_do=_("Garder ou clore"),
        endpoint="supervision.lists",
        values={"list": WorkList.WITHDRAWN.value},
    )


def _count_withdrawn(site_id: int) -> ScalarSelect[int]:
    chosen = select(func.count()).select_from(Case)
    return chosen.where(Case.site_id == site_id, Case.status == CaseStatus.WITHDRAWN).scalar_subquery()


def _count_clusters(site_id: int) -> ScalarSelect[int]:
    """Return how many the scheduler has counted: to gather places costs more than every page may."""
    chosen = select(func.coalesce(func.sum(SiteCount.clusters), 0)).where(SiteCount.site_id == site_id)
    return chosen.scalar_subquery()


def register() -> None:
    """Register the rows of this feature; a second time changes nothing."""
    triage.register(triage.Source("withdrawn", _withdrawn, _count_withdrawn))
    triage.register(triage.Source("clusters", clusters_to_report, _count_clusters))
