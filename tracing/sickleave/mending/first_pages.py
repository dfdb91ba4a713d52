"""What of the notes an adviser looks at first: those that no longer fit, and those to countersign."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, ScalarSelect, func, select

from tracing.cases.models import Case
from tracing.kernel import clock
from tracing.kernel.db import session
from tracing.queue.models import CallTask
from tracing.sickleave.mending.queries import only_uncovered, today_at
from tracing.sickleave.models import SickNote
from tracing.sickleave.queries import TO_COUNTERSIGN, TO_MEND
from tracing.sickleave.rules import NoteMend
from tracing.staff.agent import Agent
from tracing.triage import queries as triage
from tracing.triage.rules import Harm, Row

MEND_WORDS = {
    NoteMend.LONGER: _l("Arrêt trop court\u202f: des jours ne sont pas couverts"),
    NoteMend.SHORTER: _l("Arrêt trop long"),
    NoteMend.NOT_DUE: _l("Arrêt qui n’est plus dû"),
    NoteMend.CAN_WORK: _l("Arrêt alors que la personne peut travailler"),
    NoteMend.WORKED: _l("Arrêt qui couvre un jour travaillé"),
    NoteMend.EARLIER: _l("Arrêt qui commence trop tard\u202f: des jours ne sont pas couverts"),
    NoteMend.OVERLAPS: _l("Deux arrêts pour les mêmes jours"),
    NoteMend.NO_CHILD: _l("Arrêt d’un parent dont l’enfant est décédé, ou n’est plus un enfant"),
    NoteMend.BEARER: _l("Arrêt au nom, à la naissance ou à l’adresse d’avant une correction"),
}


def _notes(condition: ColumnElement[bool], site_id: int) -> Sequence[tuple[SickNote, str]]:
    rows = session.execute(
        select(SickNote, Case.reference)
        .join(CallTask, CallTask.id == SickNote.task_id)
        .join(Case, Case.id == CallTask.case_id)
        .where(condition, SickNote.site_id == site_id)
        .order_by(SickNote.id)
        .limit(triage.MOST_OF_A_SOURCE)
    )
    return [(row[0], row[1]) for row in rows]


def _to_mend(by: Agent, _at: datetime) -> Sequence[Row]:
    return [
        Row(
            harm=Harm.WRONGLY_PAID,
            since=note.issued_at,
            what=str(MEND_WORDS[note.mend]) if note.mend else "",
            reference=reference,
            to_do=_("Reprendre l’arrêt %(number)s", number=note.number),
            endpoint="sickleave.note",
            values={"note_id": note.id},
        )
        for note, reference in _notes(TO_MEND, by.site.id)
    ]


def _uncovered(by: Agent, at: datetime) -> Sequence[Row]:
    condition = only_uncovered(clock.local_day(at, by.site.time_zone))
    return [
        Row(
            harm=Harm.WRONGLY_PAID,
            since=note.issued_at,
            what=_("Arrêt d’un parent\u202f: ses propres jours ne sont pas couverts"),
            reference=reference,
            to_do=_("Rappeler le parent de %(number)s", number=note.number),
            endpoint="sickleave.note",
            values={"note_id": note.id},
        )
        for note, reference in _notes(condition, by.site.id)
    ]


def _to_countersign(by: Agent, _at: datetime) -> Sequence[Row]:
    return [
        Row(
            harm=Harm.TO_CONFIRM,
            since=note.cancelled_at or note.issued_at,
            what=_("Arrêt annulé ou remplacé après plus d’un jour"),
            reference=reference,
            to_do=_("Contresigner %(number)s", number=note.number),
            endpoint="sickleave.note",
            values={"note_id": note.id},
        )
        for note, reference in _notes(TO_COUNTERSIGN, by.site.id)
    ]


def _count(condition: ColumnElement[bool], site_id: int) -> ScalarSelect[int]:
    chosen = select(func.count()).select_from(SickNote).where(condition, SickNote.site_id == site_id)
    return chosen.scalar_subquery()


def register() -> None:
    """Register the rows of this feature; a second time changes nothing."""
    triage.register(triage.Source("notes_to_mend", _to_mend, lambda site_id: _count(TO_MEND, site_id)))
    triage.register(
        triage.Source(
            "own_days", _uncovered, lambda site_id: _count(only_uncovered(today_at(site_id)), site_id)
        )
    )
    triage.register(
        triage.Source(
            "notes_to_countersign", _to_countersign, lambda site_id: _count(TO_COUNTERSIGN, site_id)
        )
    )
