"""The page on which a tracer chooses the outcome of the conversation with one person."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import form_drafts
from tracing.calls import services as calls
from tracing.calls.errors import CallbackOutsideHours, StillMissing
from tracing.calls.rules import OUTCOMES, SAID_IDENTITY, Asks, CallOutcome
from tracing.calls.words import OUTCOME_WORDS
from tracing.contacts.panel_views import DIALOG as CONTACT_DIALOG
from tracing.contacts.panel_views import GRID as CONTACT_GRID
from tracing.desk import queries, rules, services
from tracing.desk.ending import becoming_a_case, call_outcomes, taking_back
from tracing.desk.ending.second_outcome_views import (
    answer_second,
    gone_on,
    promised,
    words_of_outcome,
    zone_of,
)
from tracing.desk.ending.words import CONTRADICTION_WORDS
from tracing.desk.errors import AlreadyFinished, NoSuchHour
from tracing.desk.forms import EndForm
from tracing.desk.screen.page_views import call_url, show_ended, show_lost
from tracing.desk.screen.screen import Screen, load_screen
from tracing.desk.words import said_of_callback
from tracing.escalations import queries as escalations
from tracing.escalations import services as escalation_services
from tracing.escalations.errors import QuestionNeeded, TooLong
from tracing.escalations.models import Audience, Reason
from tracing.escalations.rules import reason_of
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.people.words import place_of
from tracing.queue.errors import ClaimLost, ClosedThatDay
from tracing.queue.models import CallTask
from tracing.scripts.vocabulary import Outcome
from tracing.sickleave.delivery import queries as delivery
from tracing.sickleave.delivery.queries import Given
from tracing.sickleave.models import SickNote
from tracing.sickleave.queries import find_valid_note
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.ui.languages import name_of


@dataclass(frozen=True)
class ToCheck:
    """Something that does not go together, and where it can be mended."""

    sentence: str
    step_id: str
    label: str


@dataclass(frozen=True, repr=False)
class Ending:
    """What the page shows before the end: what is missing, and what each outcome leads to."""

    screen: Screen
    suggested: CallOutcome | None
    contacts_to_call: int
    next_try: datetime | None
    has_next_number: bool
    """Whether the person has another number, should this one be wrong."""
    others: int
    """How many people in this call must still be spoken to."""
    is_asked: bool
    """Whether a question to the adviser is already open."""
    has_begun_contact: bool
    """Whether a contact was typed but not saved: they would not be called."""
    note: SickNote | None
    """The valid sick note of the person, whose papers can be printed; None before they have said who they are."""
    given: Given | None
    """How the papers of the note reach the person; None: nobody has chosen."""
    to_check: Sequence[ToCheck]
    """What does not go together."""
    is_list_to_complete: bool
    """The person will ring to complete the list of their contacts: the case stays open."""
    is_answered: bool
    """Whether the person rang after their call was over, and may only have asked something."""
    callback: datetime
    """The proposed callback, on the person's clock where it differs from the site's."""
    zone: ZoneInfo | None
    """The person's time zone, where its clocks differ."""


@may(Role.TRACER, last_words=True)
def end(call_id: int, task_id: int) -> ResponseReturnValue:
    """Ask how the conversation ended, and end it."""
    form = EndForm(formdata=request.form if request.method == "POST" else None)
    if request.method == "GET":
        return show_ending(call_id, task_id, form)
    with transaction():
        if is_done(call_id, task_id):
            return answer_second(call_id, task_id, form)
        form.needs_words = not escalations.open_for_task(task_id, Audience.ADVISER)
    if not form.validate():
        return show_ending(call_id, task_id, form, status=422)
    outcome = CallOutcome(form.outcome.data or "")
    try:
        with transaction():
            following = finish(call_id, task_id, outcome, form)
    except AlreadyFinished:
        return answer_second(call_id, task_id, form)
    except ClaimLost as lost:
        return too_late(call_id, task_id, outcome, form, lost)
    except StillMissing:
        return show_ending(call_id, task_id, form, status=422)
    except (CallbackOutsideHours, ClosedThatDay, NoSuchHour) as refusal:
        form.callback_time.errors = [refusal.message]
        return show_ending(call_id, task_id, form, status=refusal.status)
    except (QuestionNeeded, TooLong) as refusal:
        form.question.errors = [refusal.message]
        return show_ending(call_id, task_id, form, status=refusal.status)
    if following is not None:
        flash(
            _(
                "C’est noté. Vous pouvez parler à la personne suivante. L’issue s’annule pendant deux minutes, par l’onglet de la personne."
            )
        )
        return redirect(url_for("desk.call", call_id=call_id, task=following.id), 303)
    flash(_("Appel terminé : %(outcome)s.", outcome=str(OUTCOME_WORDS[outcome]).lower()))
    return redirect(url_for("desk.home"), 303)


def finish(call_id: int, task_id: int, outcome: CallOutcome, form: EndForm) -> CallTask | None:
    """End the conversation under the call's claim; for the outcome `needs_doctor`, first raise the question."""
    by, at = agent(), clock.database_now()
    held = queries.own_call(call_id, by)
    calls.lock_for_write(call_id, by, reaching=task_id, at=at)
    talk = services.talk_in(held, task_id, by=by, at=at)
    before = taking_back.look(held)
    asks = OUTCOMES[outcome].asks
    question = None
    if asks is Asks.QUESTION and not escalations.open_for_task(task_id, Audience.ADVISER):
        question = escalation_services.raise_question(
            held,
            talk.task,
            audience=Audience.ADVISER,
            reason=Reason(form.reason.data),
            question=form.question.data or "",
            by=by,
            at=at,
        )
    if form.spoken:
        calls.save_answer(held, talk.task, "language", name_of(form.spoken), by=by, at=at)
    if asks is Asks.IDENTITY:
        calls.save_answer(held, talk.task, SAID_IDENTITY, form.identity.data, by=by, at=at)
    when = promised(form, talk.task, at=at) if asks is Asks.CALLBACK else None
    following = call_outcomes.finish(talk, outcome, callback_at=when, language=form.spoken, by=by, at=at)
    taking_back.keep(
        before,
        held,
        talk.task,
        outcome,
        question=question.id if question else None,
        by=by,
        at=at,
    )
    return following


@may(Role.TRACER)
def become_case(call_id: int, task_id: int) -> ResponseReturnValue:
    """Open the case of a contact whose test is positive, and go on with its script in the same call."""
    try:
        with transaction():
            by, at = agent(), clock.database_now()
            held = queries.own_call(call_id, by)
            calls.lock_for_write(call_id, by, at=at)
            talk = services.talk_in(held, task_id, by=by, at=at)
            task = becoming_a_case.become_case(held, talk, by=by, at=at)
            is_here = task is not None and any(
                one.id == task.id for one, _spoken in services.open_conversations(held, by=by, at=at)
            )
    except ClaimLost as lost:
        return show_lost(lost, [])
    if task is None or not is_here:
        return gone_on(call_id)
    flash(_("Son dossier est ouvert : l’appel continue comme pour une personne positive."))
    return redirect(url_for("desk.call", call_id=call_id, task=task.id), 303)


@may(Role.TRACER)
def no_case(call_id: int, task_id: int) -> ResponseReturnValue:
    """Take back a case that was opened a moment ago by mistake: the call goes on with the contact."""
    try:
        with transaction():
            by, at = agent(), clock.database_now()
            held = queries.own_call(call_id, by)
            calls.lock_for_write(call_id, by, at=at)
            task = becoming_a_case.take_back(held, queries.task_in(held, task_id), by=by, at=at)
    except ClaimLost as lost:
        return show_lost(lost, [])
    if task is None:
        return gone_on(call_id)
    flash(_("Son dossier est annulé : l’appel continue comme pour une personne contact."))
    return redirect(url_for("desk.call", call_id=call_id, task=task.id, step="tested"), 303)


@may(Role.TRACER)
def take_back(undo_id: int) -> ResponseReturnValue:
    """Take back an outcome that was noted a moment ago: the call goes on, if the tracer can take it."""
    with transaction():
        held, task_id = taking_back.take_back(undo_id, by=agent(), at=clock.database_now())
        target = call_url(held, task_id=task_id) if held.ended_at is None else None
    if target is None:
        flash(_("Annulé : tout est revenu comme avant, et l’appel est dans la file."))
        return redirect(url_for("desk.home"), 303)
    flash(_("Annulé : tout est revenu comme avant, et l’appel continue."))
    return redirect(target, 303)


@may(Role.TRACER)
def hour(call_id: int, task_id: int) -> ResponseReturnValue:
    """Say what the typed callback means: its hour on both clocks, and who will keep it; nothing is written."""
    form = EndForm(formdata=request.form)
    with transaction():
        by, at = agent(), clock.database_now()
        task = queries.task_in(queries.own_call(call_id, by), task_id)
        try:
            when = promised(form, task, at=at)
        except NoSuchHour as refusal:
            return render_template("desk/hour.html", said=[refusal.message])
        return render_template("desk/hour.html", said=_said_of(task, when, at) if when else [])


def _said_of(task: CallTask, when: datetime, at: datetime) -> list[str]:
    is_owners = call_outcomes.is_kept_by(task, when, by=agent(), at=at)
    return said_of_callback(when, people.get_person(task.person_id).time_zone, is_owners=is_owners)


def show_ending(call_id: int, task_id: int, form: EndForm, *, status: int = 200) -> ResponseReturnValue:
    """Render the page with the current consequences."""
    with transaction():
        by, at = agent(), clock.database_now()
        held = queries.own_call(call_id, by)
        if held.ended_at is not None:
            return show_ended(held)
        if calls.is_elsewhere(held, by):
            return gone_on(call_id)
        screen = load_screen(held, task_id, by=by, at=at)
        if screen.is_finished:
            return gone_on(call_id)
        ending = ending_of(screen)
        propose(form, ending)
        said = []
        with suppress(NoSuchHour):
            when = promised(form, ending.screen.task, at=at)
            said = _said_of(ending.screen.task, when, at) if when else []
        page = render_template("desk/end.html", ending=ending, screen=ending.screen, form=form, said=said)
        return page, status


def ending_of(screen: Screen) -> Ending:
    """Return what each outcome leads to."""
    by, at, task = screen.by, screen.at, screen.task
    asked = escalations.open_for_task(task.id, Audience.ADVISER)
    suggested = screen.talk.suggested
    if suggested is Outcome.COMPLETED and not screen.talk.can_complete:
        suggested = None
    if suggested is None and any(one.reason is Reason.RED_FLAGS for one in asked):
        suggested = Outcome.NEEDS_DOCTOR
    zone = zone_of(task, at)
    callback = call_outcomes.proposed_callback(task, by=by, at=at)
    note = find_valid_note(task.id) if screen.talk.is_identified else None
    return Ending(
        screen=screen,
        suggested=CallOutcome(suggested.value) if suggested else None,
        contacts_to_call=queries.contacts_to_call(task.case_id) if screen.about.contact is None else 0,
        next_try=call_outcomes.next_try(task, by=by, at=at),
        has_next_number=sum(not one.is_wrong for one in screen.numbers) > 1,
        others=sum(not tab.is_finished and not tab.is_here for tab in screen.tabs),
        is_asked=bool(asked),
        has_begun_contact=any(
            form_drafts.find(screen.call.id, task.id, dialog, by=by) is not None
            for dialog in (CONTACT_DIALOG, CONTACT_GRID)
        ),
        note=note,
        given=delivery.given(note.id, at=at) if note is not None else None,
        to_check=_to_check(screen),
        is_answered=call_outcomes.is_answered(task, screen.talk.conversation),
        is_list_to_complete=call_outcomes.is_list_to_complete(screen.talk),
        callback=callback.astimezone(zone) if zone else callback,
        zone=zone,
    )


def _to_check(screen: Screen) -> list[ToCheck]:
    """Return what does not go together, each with the step where it can be mended; nothing before identity is confirmed."""
    if not screen.talk.is_identified:
        return []
    known = queries.before_closing(
        screen.about, screen.talk.path.counted, today=clock.local_day(screen.at, screen.by.site.time_zone)
    )
    steps = {asked.id: one.step for one in screen.talk.path.steps for asked in one.questions}
    return [
        ToCheck(
            str(CONTRADICTION_WORDS[what]), steps[question].id, screen.talk.script.questions[question].label
        )
        for what, question in rules.contradictions(known)
        if question in steps
    ]


def propose(form: EndForm, ending: Ending) -> None:
    """Fill in the proposed callback, the reason that the script names, and the known language."""
    if ending.zone is not None:
        form.offer_clocks(place_of(ending.zone.key))
    if form.callback_on.data is None and not form.callback_on.errors:
        form.callback_on.data = ending.callback.date()
    if form.callback_time.data is None and not form.callback_time.errors:
        form.callback_time.data = ending.callback.time()
    if not form.interpreter.data and not form.interpreter.errors:
        form.interpreter.data = ending.screen.language or ""
    one = ending.screen.one
    if not form.reason.data and one is not None and one.step.escalation is not None:
        form.reason.data = reason_of(one.step.escalation).value


def is_done(call_id: int, task_id: int) -> bool:
    """Return whether the same tracer already ended this conversation: a second click."""
    held = queries.own_call(call_id, agent())
    return call_outcomes.was_finished_here(held, queries.task_in(held, task_id))


def too_late(
    call_id: int, task_id: int, outcome: CallOutcome, form: EndForm, lost: ClaimLost
) -> ResponseReturnValue:
    """Keep the chosen outcome of a call that the tracer no longer holds, as a draft."""
    with transaction():
        if is_done(call_id, task_id):
            return answer_second(call_id, task_id, form)
        task = queries.task_in(queries.own_call(call_id, agent()), task_id)
        words = " : ".join(words_of_outcome(task, outcome, form, at=clock.now()))
        services.keep_newest(call_id, "outcome", words, by=agent(), at=clock.now())
    return show_lost(lost, [(_("Fin de l’appel"), words)])
