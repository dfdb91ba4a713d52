"""What of the questions an adviser looks at first: those that nobody has taken, and results that contradict."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, ScalarSelect, func, select

from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.escalations.listing import contradicted_cases
from tracing.escalations.models import Audience, Escalation, EscalationState, Reason
from tracing.escalations.words import REASON_WORDS
from tracing.kernel.db import session
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent
from tracing.triage import queries as triage
from tracing.triage.rules import Harm, Row


def _questions(by: Agent, _at: datetime) -> Sequence[Row]:
    rows = session.execute(
        select(Escalation.id, Escalation.reason, Escalation.raised_at, Case.reference)
        .join(CallTask, CallTask.id == Escalation.task_id)
        .join(Case, Case.id == CallTask.case_id)
        .where(_waiting(by.site.id))
        .order_by(Escalation.urgency, Escalation.id)
        .limit(triage.MOST_OF_A_SOURCE)
    )
    return [
        Row(
            harm=Harm.DANGER if row.reason is Reason.RED_FLAGS else Harm.UNDECIDED,
            since=row.raised_at,
            what=str(REASON_WORDS[row.reason]),
            reference=row.reference,
            to_do=_("Prendre tout de suite") if row.reason is Reason.RED_FLAGS else _("Prendre et répondre"),
            endpoint="escalations.show",
            values={"escalation_id": row.id},
        )
        for row in rows
    ]


def _waiting(site_id: int) -> ColumnElement[bool]:
    return (
        (Escalation.site_id == site_id)
        & (Escalation.audience == Audience.ADVISER)
        & (Escalation.state == EscalationState.WAITING)
    )


def _count_questions(site_id: int) -> ScalarSelect[int]:
    return select(func.count()).where(_waiting(site_id)).scalar_subquery()


def _contradicted(by: Agent, _at: datetime) -> Sequence[Row]:
    return [
        Row(
            harm=Harm.MISINFORMED if one.is_called else Harm.TO_CONFIRM,
            since=one.received_at,
            what=_("PCR négative après un test antigénique positif"),
            reference=one.case.reference,
            to_do=_("Décider, puis noter la prise en compte"),
            endpoint="escalations.waiting",
        )
        for one in contradicted_cases(by.site.id)
    ]


def register() -> None:
    """Register the rows of this feature; a second time changes nothing."""
    triage.register(triage.Source("questions", _questions, _count_questions))
    triage.register(triage.Source("contradicted", _contradicted, cases.count_contradicted))
