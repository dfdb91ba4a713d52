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
from tracing.staff.access import agent, may
from tracing.toolbox import queries as entries
from tracing.toolbox import services as toolbox
from tracing.toolbox.errors import AlreadyAnEntry
from tracing.toolbox.forms import EntryForm
from tracing.toolbox.rules import LONGEST_TITLE
from tracing.ui.idempotent_forms import sent_once


@may(*ASKED)
@sent_once
def make_entry(escalation_id: int) -> ResponseReturnValue:
    """Make an entry of the toolbox from one's own answer."""
    found, form = _own(escalation_id), EntryForm()
    if not form.is_submitted():
        known = entries.find_made_from(found.id)
        if known is not None:
            return _to_known(AlreadyAnEntry(known.id))
        words = queries.words_of(found)
        form.title.data = (words.question or "")[:LONGEST_TITLE]
        form.body.data, form.topic.data = words.answer or "", rules.TOPIC[found.reason].value
        form.from_day.data = clock.local_day(clock.now(), agent().site.time_zone)
        return _form(form, escalation_id), 200
    if not form.validate():
        return _form(form, escalation_id), 422
    try:
        with transaction():
            queries.get_escalation(found.id, by=agent(), lock=True)
            entry = toolbox.add(form.text, escalation_id=found.id, by=agent(), at=clock.now())
    except AlreadyAnEntry as refusal:
        return _to_known(refusal)
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


def _to_known(refusal: AlreadyAnEntry) -> ResponseReturnValue:
    flash(refusal.message)
    return redirect(url_for("toolbox.show", tool_id=refusal.entry_id), 303)


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
