"""View that keeps what whoever calls a person next should know, under the call's claim."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import handover_notes
from tracing.calls import services as calls
from tracing.calls.errors import NoteChanged, NoteTooLong
from tracing.desk import queries
from tracing.desk.screen.page_views import show_lost
from tracing.desk.screen.screen import Screen, load_screen
from tracing.desk.words import DRAFT_WORDS
from tracing.kernel.db import transaction
from tracing.queue.errors import ClaimLost
from tracing.staff.access import agent, asked_at, is_fragment, may
from tracing.staff.models import Role

FIELD = "handover"


def _refused(refusal: NoteChanged | NoteTooLong, screen: Screen) -> str:
    """Return why a note was not kept, with the one that was left meanwhile."""
    if isinstance(refusal, NoteChanged) and screen.handover is not None:
        return f"{refusal.message} « {screen.handover.words} », {screen.handover_by}"
    return refusal.message


@may(Role.TRACER, last_words=True)
def keep_handover(call_id: int, task_id: int) -> ResponseReturnValue:
    """Keep the note, in place of the one before; without words, remove it."""
    typed, by, at = request.form.get("words", ""), agent(), asked_at()
    try:
        with transaction():
            held = queries.own_call(call_id, by)
            calls.lock_for_write(call_id, by, at=at)
            task = queries.task_in(held, task_id)
            handover_notes.keep(
                task, typed, seen=request.form.get("seen"), cohort=queries.collected_on(task), by=by, at=at
            )
            if is_fragment():
                screen = load_screen(held, task_id, by=by, at=at)
                said = _("C’est gardé.") if typed.strip() else _("Note retirée.")
                return render_template("desk/handover.html", screen=screen, handover_said=said)
    except (NoteChanged, NoteTooLong) as refusal:
        with transaction():
            screen = load_screen(queries.own_call(call_id, by), task_id, by=by, at=at)
            answer = render_template(
                "desk/handover.html",
                screen=screen,
                handover_error=_refused(refusal, screen),
                handover_typed=typed,
            )
        return answer if is_fragment() else refusal.message, refusal.status
    except ClaimLost as lost:
        with transaction():
            calls.keep_draft(call_id, FIELD, typed, by=by, at=at)
        return show_lost(lost, [(str(DRAFT_WORDS[FIELD]), typed)])
    return redirect(url_for("desk.call", call_id=call_id, task=task_id, panel=FIELD), 303)
