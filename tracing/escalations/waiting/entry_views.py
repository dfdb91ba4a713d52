"""View that makes an entry of the toolbox from an answer: edited for everybody, and free of whom it was about."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.escalations import queries, rules
from tracing.escalations.errors import NoSuchEscalation
from tracing.escalations.models import Escalation, EscalationState
from tracing.escalations.question_views import ASKED
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.staff.access import agent, may
from tracing.toolbox import services as toolbox
from tracing.toolbox.forms import EntryForm
from tracing.toolbox.rules import LONGEST_TITLE
from tracing.ui.idempotent_forms import sent_once


@may(*ASKED)
@sent_once
def make_entry(escalation_id: int) -> ResponseReturnValue:
    """Make an entry of the toolbox from one's own answer."""
    found, form = _own(escalation_id), EntryForm()
    if not form.is_submitted():
        words = queries.words_of(found)
        form.title.data = (words.question or "")[:LONGEST_TITLE]
        form.body.data, form.topic.data = words.answer or "", rules.TOPIC[found.reason].value
        form.from_day.data = clock.local_day(clock.now(), agent().site.time_zone)
        return _form(form, escalation_id), 200
    if not form.validate():
        return _form(form, escalation_id), 422
    try:
        with transaction():
            entry = toolbox.add(
                form.text, names=_names(found), escalation_id=found.id, by=agent(), at=clock.now()
            )
    except Invalid as refusal:
        form.body.errors = [refusal.message]
        return _form(form, escalation_id), refusal.status
    flash(_("La fiche est dans la boîte à outils."))
    return redirect(url_for("toolbox.show", tool_id=entry.id), 303)


def _own(escalation_id: int) -> Escalation:
    """Return a question that the reader has answered: its words are theirs to read."""
    found = queries.get_escalation(escalation_id, by=agent())
    if found.state is not EscalationState.SETTLED or found.taken_by != agent().member_id:
        raise NoSuchEscalation
    return found


def _names(found: Escalation) -> list[str]:
    """Return the names of the person of a question: none of them may stand in an entry."""
    identity = people.find_joint_identity(queue.get_task(found.task_id).person_id)
    if identity is None:
        return []
    return [name for name in (identity.birth_name, identity.usual_name, identity.first_names) if name]


def _form(form: EntryForm, escalation_id: int) -> str:
    return render_template(
        "toolbox/edit.html",
        form=form,
        action=url_for("escalations.make_entry", escalation_id=escalation_id),
        from_answer=True,
    )


ROUTES: tuple[tuple[str, str, Callable[..., ResponseReturnValue]], ...] = (
    ("GET", "/escalations/<int:escalation_id>/entry", make_entry),
    ("POST", "/escalations/<int:escalation_id>/entry", make_entry),
)
