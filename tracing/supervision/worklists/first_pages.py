"""What of the lists an adviser looks at first: the cases whose result was withdrawn."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ScalarSelect, func, select

from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.kernel.db import session
from tracing.staff.agent import Agent
from tracing.supervision.rules import WorkList
from tracing.triage import queries as triage
from tracing.triage.rules import Harm, Row


def _withdrawn(by: Agent, _at: datetime) -> Sequence[Row]:
    since = (
        select(func.max(LabResult.withdrawn_at)).where(LabResult.case_id == Case.id).scalar_subquery()
    ).label("since")
    rows = session.execute(
        select(Case.id, Case.reference, Case.told_at, Case.created_at, since)
        .where(Case.site_id == by.site.id, Case.status == CaseStatus.WITHDRAWN)
        # whoever was told isolates for nothing
        .order_by(Case.told_at.is_(None), Case.id)
        .limit(triage.MOST_OF_A_SOURCE)
    )
    return [
        Row(
            harm=Harm.TO_CONFIRM if row.told_at is None else Harm.MISINFORMED,
            since=row.since or row.created_at,
            what=_("Résultat retiré")
            if row.told_at is None
            else _("Résultat retiré, et la personne est prévenue"),
            reference=row.reference,
            to_do=_("Garder ou clore"),
            endpoint="supervision.lists",
            values={"list": WorkList.WITHDRAWN.value},
        )
        for row in rows
    ]


def _count_withdrawn(site_id: int) -> ScalarSelect[int]:
    chosen = select(func.count()).select_from(Case)
    return chosen.where(Case.site_id == site_id, Case.status == CaseStatus.WITHDRAWN).scalar_subquery()


def register() -> None:
    """Register the rows of this feature; a second time changes nothing."""
    triage.register(triage.Source("withdrawn", _withdrawn, _count_withdrawn))
