"""An outcome sent for a conversation that has ended: the same again is harmless, another one is answered in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import queries as call_queries
from tracing.calls.models import Call, Conversation
from tracing.calls.rules import BY_TRACER, OUTCOMES, SAID_IDENTITY, Asks, CallOutcome
from tracing.calls.words import OUTCOME_WORDS
from tracing.desk import queries, rules, services
from tracing.desk.errors import NoSuchHour
from tracing.desk.forms import THERE, EndForm
from tracing.desk.screen.page_views import show_already_ended
from tracing.escalations import queries as escalations
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.people.words import other_zone, place_of
from tracing.queue.models import CallTask
from tracing.staff.access import agent
from tracing.ui import formats
from tracing.ui.languages import name_of


def gone_on(call_id: int) -> ResponseReturnValue:
    """Answer a second click: redirect to the next person of the call, or home."""
    held = queries.own_call(call_id, agent())
    target = url_for("desk.home") if held.ended_at else url_for("desk.call", call_id=call_id)
    return redirect(target, 303)


def answer_second(call_id: int, task_id: int, form: EndForm) -> ResponseReturnValue:
    """Answer an outcome of a conversation that has one: say what is stored, and keep what was typed.

    The same outcome with the same words leads on, as after the first click.
    """
    with transaction():
        by, at = agent(), clock.database_now()
        held = queries.own_call(call_id, by)
        task = queries.task_in(held, task_id)
        stored = call_queries.find_conversation(call_id, task_id)
        sent = _outcome_of(form)
        if stored is None or stored.outcome not in BY_TRACER or sent is None:
            return gone_on(call_id)
        if sent is stored.outcome and _says_the_same(form, task, sent, at=at):
            return gone_on(call_id)
        return _refuse(held, task, stored, sent, form, at=at)


def _refuse(
    held: Call, task: CallTask, stored: Conversation, sent: CallOutcome, form: EndForm, *, at: datetime
) -> ResponseReturnValue:
    said = words_of_outcome(task, sent, form, at=at)
    lines = []
    if len(said) > 1:
        services.keep_newest(held.id, "outcome", " : ".join(said), by=agent(), at=at)
        lines = [(str(_("Fin de l’appel")), " : ".join(said))]
    return show_already_ended(held, stored, sent=sent, lines=lines, at=at)


def words_of_outcome(task: CallTask, outcome: CallOutcome, form: EndForm, *, at: datetime) -> list[str]:
    """Return an outcome in words, then each thing that was typed with it."""
    said = [str(OUTCOME_WORDS[outcome])]
    asks = OUTCOMES[outcome].asks
    if asks is Asks.CALLBACK and form.callback_on.data and form.callback_time.data:
        said.append(f"{form.callback_on.data:%d/%m/%Y} {formats.clock(form.callback_time.data)}")
        zone = zone_of(task, at)
        if zone is not None:
            said.append(place_of(zone.key) if form.callback_clock.data == THERE else _("heure d’ici"))
    if asks is Asks.QUESTION:
        said.append(form.question.data or "")
    if asks is Asks.IDENTITY:
        said.append(form.identity.data or "")
    if form.spoken:
        said.append(name_of(form.spoken))
    return [part for part in said if part]


def _outcome_of(form: EndForm) -> CallOutcome | None:
    typed = form.outcome.data
    return CallOutcome(typed) if typed in set(BY_TRACER) else None


def _says_the_same(form: EndForm, task: CallTask, outcome: CallOutcome, *, at: datetime) -> bool:
    """Return whether what was typed with an outcome is what is stored with it."""
    asks = OUTCOMES[outcome].asks
    if asks is Asks.CALLBACK:
        try:
            return promised(form, task, at=at) == task.promised_at
        except NoSuchHour:
            return False
    if asks is Asks.QUESTION:
        typed = " ".join((form.question.data or "").split())
        asked = {
            " ".join((escalations.words_of(one).question or "").split())
            for one in escalations.of_task(task.id)
        }
        return not typed or typed in asked
    answers = call_queries.answers(task.id) if asks is Asks.IDENTITY or form.spoken else {}
    if asks is Asks.IDENTITY:
        return bool(answers.get(SAID_IDENTITY) == form.identity.data)
    return bool(answers.get("language") == name_of(form.spoken)) if form.spoken else True


def promised(form: EndForm, task: CallTask, *, at: datetime) -> datetime | None:
    """Return the typed callback time: on the person's clock if the form says so, else on the site's.

    Raises:
        NoSuchHour: the clocks skip it.
    """
    if form.callback_on.data is None or form.callback_time.data is None:
        return None
    zone = zone_of(task, at) if form.callback_clock.data == THERE else None
    when = rules.local_to_utc(
        form.callback_on.data, form.callback_time.data, zone or agent().site.time_zone, at=at
    )
    if when is None:
        raise NoSuchHour
    return when


def zone_of(task: CallTask, at: datetime) -> ZoneInfo | None:
    """Return the time zone of a task's person where its clocks differ from the site's."""
    return other_zone(people.get_person(task.person_id).time_zone, at)
