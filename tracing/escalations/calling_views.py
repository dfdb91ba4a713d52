"""Views of the call about a question: claim the household, keep the claim, keep drafts, end the call."""

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.escalations import calling, queries
from tracing.escalations.question_views import ASKED, show_question
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.queue.claims import services as claims
from tracing.queue.errors import ClaimLost
from tracing.staff.access import agent, asked_at, is_fragment, may


@may(*ASKED)
def ring(escalation_id: int) -> ResponseReturnValue:
    """Claim the household of a question: its numbers are shown only to the member who holds it."""
    try:
        with transaction():
            calling.ring(escalation_id, by=agent(), at=asked_at())
    except Refused as refusal:
        found = queries.get_escalation(escalation_id, by=agent())
        return show_question(found, refusal=refusal.message), refusal.status
    return _to_question(escalation_id)


@may(*ASKED, passive=True, while_locked=True)
def heartbeat(escalation_id: int, call_id: int) -> ResponseReturnValue:
    """Renew the claim while the page is open. A heartbeat is no input, so it cannot renew it for ever."""
    try:
        with transaction():
            held = calling.get_call(call_id, escalation_id, agent())
            calls.require_this_browser(held, agent())
            renewed = claims.renew(held.entry_id, held.claim_number, agent(), at=asked_at())
    except ClaimLost as lost:
        return jsonify(message=calling.lost_call_message(lost)), lost.status
    return jsonify(ends_at=renewed.ends_at.isoformat(), must_ask=renewed.must_ask)


@may(*ASKED)
def still_here(escalation_id: int, call_id: int) -> ResponseReturnValue:
    """Count the answer to « Êtes-vous toujours en ligne ? » as input."""
    try:
        with transaction():
            calls.lock_for_write(call_id, agent(), escalation_id=escalation_id, at=asked_at())
    except ClaimLost as lost:
        if is_fragment():
            return jsonify(message=calling.lost_call_message(lost)), lost.status
        return _lost(escalation_id, lost)
    return Response(status=204) if is_fragment() else _to_question(escalation_id)


@may(*ASKED, last_words=True)
def keep_words(escalation_id: int, call_id: int) -> ResponseReturnValue:
    """Keep the draft of an answer, and renew the claim; if that is too late, the draft is kept all the same."""
    by, at, text = agent(), asked_at(), request.form.get("answer", "")
    try:
        with transaction():
            calls.lock_for_write(call_id, by, escalation_id=escalation_id, at=at)
            calling.keep(call_id, escalation_id, text, by=by, at=at)
    except ClaimLost as lost:
        with transaction():
            calling.keep(call_id, escalation_id, text, by=by, at=at)
        if not is_fragment():
            return _lost(escalation_id, lost)
        return render_template("escalations/lost.html", message=calling.lost_call_message(lost)), lost.status
    return Response(status=204) if is_fragment() else _to_question(escalation_id)


@may(*ASKED)
def hang_up(escalation_id: int, call_id: int) -> ResponseReturnValue:
    """End the call without an answer, rung or not; the question stays with the member who took it."""
    outcome = CallOutcome.NO_ANSWER if request.form.get("rung") == "yes" else CallOutcome.GIVEN_BACK
    try:
        with transaction():
            calling.end(call_id, escalation_id, outcome, by=agent(), at=asked_at())
    except ClaimLost as lost:
        return _lost(escalation_id, lost)
    flash(
        _("C’est noté : appel sans réponse. La demande reste entre vos mains.")
        if outcome is CallOutcome.NO_ANSWER
        else _("Le foyer est rendu. La demande reste entre vos mains.")
    )
    return _to_question(escalation_id)


def _lost(escalation_id: int, lost: ClaimLost) -> ResponseReturnValue:
    found = queries.get_escalation(escalation_id, by=agent())
    return show_question(found, refusal=calling.lost_call_message(lost)), lost.status


def _to_question(escalation_id: int) -> ResponseReturnValue:
    return redirect(url_for("escalations.show", escalation_id=escalation_id), 303)
