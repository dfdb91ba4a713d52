"""Responses of the call screen: whole pages for a browser, fragments for htmx."""

from collections.abc import Collection, Sequence
from datetime import datetime

from flask import Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from tracing.calls.models import Call, Conversation
from tracing.calls.rules import CallOutcome
from tracing.calls.spoken_proof import shown
from tracing.desk import queries
from tracing.desk.rules import DATING_QUESTIONS
from tracing.desk.screen.screen import Screen
from tracing.desk.services import StepInput
from tracing.kernel.errors import Refused
from tracing.queue.errors import ClaimLost
from tracing.scripts.vocabulary import IDENTITY_QUESTION
from tracing.staff.access import is_fragment

NOTE_QUESTIONS = frozenset(
    {
        "has_symptoms",
        "onset_on",
        "vaccination",
        "works",
        "is_caregiver",
        "can_telework",
        "stopped_by_doctor",
        "hospitalised",
        "insurance_scheme",
        "wants_note",
        "apart_since",
        "last_work_on",
        "lives_with_case",
        "infected_recently",
        "sick_note.confirmed",
    }
)
"""The questions that decide about a sick note: its panel reloads when one of them changes."""


def show_call(screen: Screen, *, status: int = 200) -> ResponseReturnValue:
    """Render the whole screen."""
    proof = shown(screen.call.proof) if screen.call.proof else None
    noted = None
    if screen.is_finished:
        noted = queries.outcome_to_take_back(screen.call, screen.task.id, at=screen.at)
    return render_template("desk/call.html", screen=screen, proof=proof, noted=noted), status


def show_step(screen: Screen, *, status: int = 200) -> ResponseReturnValue:
    """Render a step, with the parts around it that depend on the answers."""
    changed = screen.saved.changed
    answer = make_response(
        render_template("desk/moved.html", screen=screen, identity_changed=IDENTITY_QUESTION in changed),
        status,
    )
    if screen.one is not None:
        answer.headers["HX-Push-Url"] = step_url(screen, screen.one.step.id)
    _announce(answer, changed)
    return answer


def show_turned(screen: Screen) -> ResponseReturnValue:
    """Render the step in the other language; what is open or half typed beside it stays as it is."""
    answer = make_response(render_template("desk/moved.html", screen=screen, language_changed=True))
    answer.headers["HX-Trigger-After-Settle"] = "language-changed"
    return answer


def _announce(answer: Response, changed: Collection[str]) -> None:
    """Tell the panels beside the script which of them an answer changed."""
    told = []
    if (NOTE_QUESTIONS | DATING_QUESTIONS).intersection(changed):
        told.append("note-answered")
    if DATING_QUESTIONS.intersection(changed):
        told.append("dates-changed")
    if told:
        answer.headers["HX-Trigger-After-Settle"] = ", ".join(told)


def show_answered(screen: Screen, typed: StepInput) -> ResponseReturnValue:
    """Render only what an answer changes: the words, the questions it opens or closes, the rail, the dates."""
    saved = screen.saved
    answer = make_response(
        render_template(
            "desk/answered.html",
            screen=screen,
            typed=typed,
            identity_changed=IDENTITY_QUESTION in saved.changed,
            only_kept=bool(saved.changed) and not saved.decides,
        ),
        422 if saved.refused else 200,
    )
    _announce(answer, saved.changed)
    return answer


def step_url(screen: Screen, step_id: str) -> str:
    """Return the URL of a step."""
    return url_for("desk.call", call_id=screen.call.id, task=screen.task.id, step=step_id)


def call_url(held: Call, *, task_id: int | None = None) -> str:
    """Return the URL where a call is led: the call screen, of one person, or the question for which an adviser rings."""
    if held.escalation_id is not None:
        return url_for("escalations.show", escalation_id=held.escalation_id)
    return url_for("desk.call", call_id=held.id, task=task_id)


def show_ended(ended: Call) -> ResponseReturnValue:
    """Render the page of a call that is over: reference and times, no identity."""
    made = queries.calls_made([ended])
    return render_template("desk/ended.html", call=ended, made=made[0] if made else None)


def show_already_ended(
    held: Call,
    stored: Conversation | None,
    *,
    sent: CallOutcome | None = None,
    lines: Sequence[tuple[str, str]] = (),
    at: datetime,
) -> ResponseReturnValue:
    """Render what is stored of a call, or of one conversation in it, to whoever ends it again: no identity.

    `sent` is the outcome that was not noted, `lines` what was typed with it and is kept.
    """
    made = queries.calls_made([held])
    if stored is not None:
        noted = queries.outcome_to_take_back(held, stored.task_id, at=at)
    else:
        noted = next(reversed(queries.outcomes_to_take_back(held.tracer_id, at=at).get(held.id, [])), None)
    outcome = stored.outcome if stored is not None else held.outcome
    page = render_template(
        "desk/already_ended.html",
        call=held,
        made=made[0] if made else None,
        outcome=outcome,
        ended_at=stored.finished_at if stored is not None else held.ended_at,
        sent=sent,
        lines=lines,
        noted=noted if noted is not None and noted.outcome is outcome else None,
    )
    return page, Refused.status


def show_elsewhere(held: Call) -> ResponseReturnValue:
    """Render the page of a call led in another browser of the tracer, with the offer to continue here: no identity."""
    made = queries.calls_made([held])
    return render_template("desk/elsewhere.html", call=held, made=made[0] if made else None)


def show_lost(lost: ClaimLost, lines: Sequence[tuple[str, str]]) -> ResponseReturnValue:
    """Render the page of a call that returned to the queue, with what was typed and kept."""
    if not is_fragment():
        return render_template("desk/lost.html", lost=lost, lines=lines), lost.status
    answer = make_response(render_template("desk/lost_words.html", lost=lost, lines=lines), lost.status)
    answer.headers["HX-Retarget"] = "#call-lost-words"
    answer.headers["HX-Reswap"] = "innerHTML"
    answer.headers["HX-Trigger-After-Swap"] = "call-lost"
    return answer
