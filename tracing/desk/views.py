"""Views of the tracer's home and the call screen: show, save answers, keep the claim alive; routes of the desk."""

from functools import partial
from typing import Any

from babel.dates import format_date
from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from tracing.calls import phone_numbers
from tracing.calls import services as calls
from tracing.calls.words import OUTCOME_TONES, OUTCOME_WORDS, REASONS_ON_THE_TIMELINE
from tracing.desk import queries, services
from tracing.desk.conversation import parent_on_line
from tracing.desk.conversation.questions import words_of_answers
from tracing.desk.emergency import alert
from tracing.desk.emergency import views as emergency_views
from tracing.desk.ending import hand_back_views
from tracing.desk.ending import views as ending_views
from tracing.desk.home import dashboard, own_views
from tracing.desk.home.notices import must_read_first
from tracing.desk.inbound import views as incoming_views
from tracing.desk.rules import DATING_QUESTIONS, RED_FLAGS
from tracing.desk.screen import handover_views, identity_views
from tracing.desk.screen.page_views import (
    call_url,
    show_answered,
    show_call,
    show_elsewhere,
    show_ended,
    show_lost,
    show_step,
    show_turned,
    step_url,
)
from tracing.desk.screen.practice_part import part_here
from tracing.desk.screen.screen import Screen, load_screen
from tracing.desk.services import StepInput
from tracing.desk.words import KIND_WORDS, OUTCOME_ICONS
from tracing.escalations.words import DECISION_WORDS, REASON_WORDS, ruling_sentence
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.messages.words import CHANNEL_WORDS, STATE_WORDS
from tracing.people.words import hour_there
from tracing.programmes.words import TEST_WORDS
from tracing.queue import languages
from tracing.queue.claims import services as claims
from tracing.queue.errors import ClaimLost
from tracing.scripts.vocabulary import YES
from tracing.scripts.wording import ENGLISH, day_in_words
from tracing.staff import presence
from tracing.staff.access import agent, asked_at, is_fragment, may
from tracing.staff.models import Role

bp = Blueprint("desk", __name__, template_folder="templates")
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/end", view_func=ending_views.end, methods=["GET", "POST"]
)
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/end/hour",
    "promised_hour",
    view_func=ending_views.hour,
    methods=["POST"],
)

bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/become-case",
    "become_case",
    ending_views.become_case,
    methods=["POST"],
)
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/no-case",
    "no_case",
    ending_views.no_case,
    methods=["POST"],
)
bp.add_url_rule(
    "/outcomes/<int:undo_id>/take-back",
    "take_back_outcome",
    ending_views.take_back,
    methods=["POST"],
)

for path, view, methods in (
    ("leave", hand_back_views.leave, ["GET"]),
    ("give-back", hand_back_views.give_back, ["POST"]),
    ("hand-over", hand_back_views.hand_over, ["POST"]),
    ("take-over", hand_back_views.take_over, ["POST"]),
):
    bp.add_url_rule(f"/calls/<int:call_id>/{path}", view_func=view, methods=methods)

bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/handover",
    "keep_handover",
    handover_views.keep_handover,
    methods=["POST"],
)
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/identity",
    view_func=identity_views.identity,
    methods=["GET", "POST"],
)
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/identity/take-back",
    view_func=identity_views.take_back_identity,
    methods=["POST"],
)
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/alert",
    "alert",
    emergency_views.alert,
    methods=["POST"],
)
bp.add_url_rule(
    "/calls/<int:call_id>/tasks/<int:task_id>/alert/take-back",
    "take_back_alert",
    emergency_views.take_back,
    methods=["POST"],
)

bp.add_url_rule("/desk/own-work", "own_work", own_views.own_work, methods=["GET"])

bp.add_url_rule("/incoming", "incoming", incoming_views.ask, methods=["GET", "POST"])
bp.add_url_rule("/incoming/request", "keep_request", incoming_views.keep, methods=["POST"])

ANSWER = "answer-"
"""Prefix of the names of a step's controls, so that a question can have any id."""


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """Return the words for the codes that the desk's templates use."""
    return {
        "outcome_words": OUTCOME_WORDS,
        "outcome_tones": OUTCOME_TONES,
        "outcome_icons": OUTCOME_ICONS,
        "timeline_reasons": REASONS_ON_THE_TIMELINE,
        "channel_words": CHANNEL_WORDS,
        "message_states": STATE_WORDS,
        "kind_words": KIND_WORDS,
        "lasted": dashboard.lasted,
        "hour_there": hour_there,
        "english_day": partial(day_in_words, language=ENGLISH),
        "part_here": part_here,
        "short_day": lambda day: format_date(day, "EEE d MMM", get_locale()),
        "reason_words": REASON_WORDS,
        "decision_words": DECISION_WORDS,
        "ruling_sentence": ruling_sentence,
        "test_words": TEST_WORDS,
    }


# ---------- Home ----------


@bp.get("/desk")
@may(Role.TRACER)
def home() -> ResponseReturnValue:
    """Show what to do next, the promised callbacks, and the calls of today."""
    with transaction():
        shown = dashboard.home_of(agent(), at=asked_at())
        return render_template("desk/home.html", home=shown, waiting=shown.waiting)


@bp.get("/desk/waiting")
@may(Role.TRACER, passive=True)
def waiting() -> ResponseReturnValue:
    """Say again whether a call is waiting, for a page left open on an empty queue."""
    with transaction():
        found = dashboard.waiting_for(agent(), at=asked_at())
        return render_template("desk/waiting.html", waiting=found)


@bp.post("/calls/next")
@may(Role.TRACER)
def next_call() -> ResponseReturnValue:
    """Take the next call; if there is none, the home page says when there will be one."""
    with transaction():
        at = asked_at()
        presence.resume(agent(), at=at)
        if must_read_first(agent()):
            return redirect(url_for("notices.unread", call=1), 303)
        # the next page opens the conversations, so that this lock on the queue is as short as possible
        call = calls.take_next(agent(), at=at)
        target = call_url(call) if call else url_for("desk.home")
    return redirect(target, 303)


@bp.post("/drafts/<int:draft_id>/dismiss")
@may(Role.TRACER)
def dismiss_draft(draft_id: int) -> ResponseReturnValue:
    """Dismiss a draft that was typed too late."""
    with transaction():
        calls.dismiss_draft(draft_id, by=agent(), at=clock.now())
    return redirect(url_for("desk.home"), 303)


# ---------- The call ----------


@bp.get("/calls/<int:call_id>")
@may(Role.TRACER)
def call(call_id: int) -> ResponseReturnValue:
    """Show the call screen or, for htmx, the requested step."""
    with transaction():
        held = queries.own_call(call_id, agent())
        if held.ended_at is not None:
            return show_ended(held)
        if calls.is_elsewhere(held, agent()):
            return show_elsewhere(held)
        screen = load_screen(
            held,
            request.args.get("task", type=int),
            step_id=request.args.get("step"),
            panel=request.args.get("panel"),
            by=agent(),
            at=asked_at(),
        )
        return show_step(screen) if is_fragment() else show_call(screen)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/answers")
@may(Role.TRACER, last_words=True)
def save_answer(call_id: int, task_id: int) -> ResponseReturnValue:
    """Save an answer as it is given; return what it opens and closes on the page."""
    typed = typed_in(request.form.get("step", ""))
    try:
        screen = write(call_id, task_id, typed)
    except ClaimLost as lost:
        return too_late(call_id, task_id, typed, lost)
    return show_answered(screen, typed)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/steps/<step>")
@may(Role.TRACER, last_words=True)
def save_step(call_id: int, task_id: int, step: str) -> ResponseReturnValue:
    """Save the answers of a step and go to the next one; works without JavaScript."""
    typed = typed_in(step)
    try:
        screen = write(call_id, task_id, typed, goes_on=True)
    except ClaimLost as lost:
        return too_late(call_id, task_id, typed, lost)
    if screen.saved.refused:
        return show_step(screen, status=422) if is_fragment() else show_call(screen, status=422)
    if request.form.get("then") == "end":
        return redirect(url_for("desk.end", call_id=call_id, task_id=task_id), 303)
    if is_fragment():
        return show_step(screen)
    return redirect(step_url(screen, screen.one.step.id if screen.one else step), 303)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/look-again")
@may(Role.TRACER)
def look_again(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show the effects of a correction made beside the step; if the step is gone, show the one that replaced it.

    Writes nothing.
    """
    typed = typed_in(request.form.get("step", ""))
    with transaction():
        held = queries.own_call(call_id, agent())
        if held.ended_at is not None:
            return "", 204
        screen = load_screen(held, task_id, step_id=typed.step_id, by=agent(), at=asked_at())
        if screen.one is not None and screen.one.step.id == typed.step_id:
            return show_answered(screen, typed)
        answer = make_response(show_step(screen))
    answer.headers["HX-Retarget"] = "#step"
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def typed_in(step: str) -> StepInput:
    """Return the input of a step."""
    form = request.form
    return StepInput(
        step_id=step,
        asked=frozenset(form.getlist("asked")),
        values={name.removeprefix(ANSWER): form.getlist(name) for name in form if name.startswith(ANSWER)},
        statement=form.get("statement"),
        confirmed=form.get("confirm", ""),
        drops=frozenset(form.getlist("drop")),
        anyway="anyway" in form,
    )


def write(call_id: int, task_id: int, typed: StepInput, *, goes_on: bool = False) -> Screen:
    """Save under the call's claim; return the updated screen."""
    with transaction():
        at, by = asked_at(), agent()
        held = queries.own_call(call_id, by)
        reaching = task_id if typed.asked & DATING_QUESTIONS else None
        calls.lock_for_write(call_id, by, reaching=reaching, at=at)
        spoken = services.open_conversations(held, by=by, at=at)
        talk = services.talk_in(held, task_id, spoken=spoken, by=by, at=at)
        was_danger = talk.answers.get(RED_FLAGS) == YES
        along = services.told_along(talk.task, spoken)
        saved = services.save(held, talk, typed, along=along, by=by, at=at)
        if RED_FLAGS in saved.changed:
            is_danger = talk.answers.get(RED_FLAGS) == YES
            alert.follow(held, talk.task, is_danger=is_danger, was_danger=was_danger, by=by, at=at)
        screen = load_screen(
            held,
            task_id,
            step_id=typed.step_id,
            saved=saved,
            spoken=spoken,
            talk=None if saved.decides else talk,
            by=by,
            at=at,
        )
        if goes_on and not saved.refused:
            screen.go_on(typed)
        return screen


def too_late(call_id: int, task_id: int, typed: StepInput, lost: ClaimLost) -> ResponseReturnValue:
    """Refuse input that came after the claim had ended, keep it as drafts, and show it."""
    with transaction():
        at, by = asked_at(), agent()
        held = queries.own_call(call_id, by)
        talk = services.talk_in(held, task_id, by=by, at=at)
        words = words_of_answers(talk.script.questions, typed.values)
        kept = services.keep_drafts(held, talk, typed, words, by=by, at=at)
        lines = [(talk.script.questions[key].label, text) for key, text in kept.items()]
    return show_lost(lost, lines)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/ring")
@may(Role.TRACER)
def ring(call_id: int, task_id: int) -> ResponseReturnValue:
    """Switch to another of the person's numbers."""
    place = request.form.get("place", default=0, type=int)
    try:
        with transaction():
            held, at = queries.own_call(call_id, agent()), asked_at()
            calls.lock_for_write(held.id, agent(), at=at)
            phone_numbers.ring(held, queries.task_in(held, task_id), place, by=agent(), at=at)
    except ClaimLost as lost:
        return show_lost(lost, [])
    return redirect(url_for("desk.call", call_id=call_id, task=task_id), 303)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/parent")
@may(Role.TRACER)
def parent(call_id: int, task_id: int) -> ResponseReturnValue:
    """Let a parent who is on the telephone already answer for their child."""
    try:
        with transaction():
            by, at = agent(), asked_at()
            held = queries.own_call(call_id, by)
            calls.lock_for_write(held.id, by, at=at)
            spoken = services.open_conversations(held, by=by, at=at)
            talk = services.talk_in(held, task_id, spoken=spoken, by=by, at=at)
            parent_on_line.answer_for(held, talk, spoken, by=by, at=at)
    except ClaimLost as lost:
        return show_lost(lost, [])
    return redirect(url_for("desk.call", call_id=call_id, task=task_id), 303)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/language")
@may(Role.TRACER)
def language(call_id: int, task_id: int) -> ResponseReturnValue:
    """Go on in English with a person, or in French again. What was answered stays."""
    in_english = request.form.get("language") == ENGLISH
    try:
        with transaction():
            held, at = queries.own_call(call_id, agent()), asked_at()
            calls.lock_for_write(held.id, agent(), at=at)
            task = queries.task_in(held, task_id)
            languages.switch_language(task, in_english=in_english, by=agent().member_id, at=at)
            step = request.form.get("step") or None
            if is_fragment():
                return show_turned(load_screen(held, task_id, step_id=step, by=agent(), at=at))
    except ClaimLost as lost:
        return show_lost(lost, [])
    return redirect(url_for("desk.call", call_id=call_id, task=task_id, step=step), 303)


# ---------- Keeping the call ----------


@bp.post("/calls/<int:call_id>/heartbeat")
@may(Role.TRACER, passive=True, while_locked=True)
def heartbeat(call_id: int) -> ResponseReturnValue:
    """Renew the claim while the page is open. A heartbeat is no input, so it cannot renew it for ever."""
    try:
        with transaction():
            held = queries.own_call(call_id, agent())
            calls.require_not_ended(held)
            calls.require_this_browser(held, agent())
            renewed = claims.renew(held.entry_id, held.claim_number, agent(), at=asked_at())
    except ClaimLost as lost:
        return jsonify(message=lost.message), lost.status
    return jsonify(ends_at=renewed.ends_at.isoformat(), must_ask=renewed.must_ask)


@bp.post("/calls/<int:call_id>/still-here")
@may(Role.TRACER)
def still_here(call_id: int) -> ResponseReturnValue:
    """Count the answer to « Êtes-vous toujours en ligne ? » as input."""
    try:
        with transaction():
            held = queries.own_call(call_id, agent())
            calls.lock_for_write(held.id, agent(), at=asked_at())
    except ClaimLost as lost:
        if is_fragment():
            return jsonify(message=lost.message), lost.status
        return show_lost(lost, [])
    return ("", 204) if is_fragment() else redirect(url_for("desk.call", call_id=call_id), 303)
