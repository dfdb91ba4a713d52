"""Views of escalations: asking from the call screen; and, for those who answer, the list, the question, the answer."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import Field

from tracing.calls import form_drafts
from tracing.calls import queries as calls
from tracing.calls import services as call_services
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.calls.words import OUTCOME_WORDS
from tracing.cases import queries as cases
from tracing.escalations import calling, calling_views, listing, queries, rules, services, words
from tracing.escalations.errors import (
    EndsAsByRule,
    EndsTooEarly,
    NoOneToCall,
    NoSuchEscalation,
    NotADayToCome,
    RulingDoesNotFit,
)
from tracing.escalations.forms import AnswerForm, AskForm
from tracing.escalations.models import Decision, EscalationState, Reason
from tracing.escalations.question_views import ASKED, answer_form, live_part, show_question, too_late
from tracing.escalations.ruling import services as rulings
from tracing.escalations.waiting.entry_views import ROUTES as ENTRY_ROUTES
from tracing.escalations.waiting.given_views import ROUTES as GIVEN_ROUTES
from tracing.escalations.waiting.pages import lists
from tracing.escalations.waiting.views import ROUTES as LIST_ROUTES
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid, Refused
from tracing.queue import queries as queue
from tracing.queue.errors import ClaimLost, ClosedThatDay
from tracing.queue.models import CallTask
from tracing.staff import queries as staff
from tracing.staff import words as staff_words
from tracing.staff.access import agent, is_fragment, may
from tracing.staff.models import Role
from tracing.staff.rules import Presence
from tracing.ui.idempotent_forms import sent_once
from tracing.ui.languages import name_of

bp = Blueprint("escalations", __name__, template_folder="templates")

DIALOG = "escalation"
"""The name under which drafts of a question are kept."""

for path, view in (
    ("call", calling_views.ring),
    ("calls/<int:call_id>/heartbeat", calling_views.heartbeat),
    ("calls/<int:call_id>/still-here", calling_views.still_here),
    ("calls/<int:call_id>/words", calling_views.keep_words),
    ("calls/<int:call_id>/end", calling_views.hang_up),
):
    bp.add_url_rule(f"/escalations/<int:escalation_id>/{path}", view_func=view, methods=["POST"])

for method, address, shown in (*LIST_ROUTES, *ENTRY_ROUTES, *GIVEN_ROUTES):
    bp.add_url_rule(address, view_func=shown, methods=[method])


@bp.context_processor
def vocabulary() -> dict[str, object]:
    """Return the words for the codes that the templates of escalations use."""
    return {
        "audience_words": words.AUDIENCE_WORDS,
        "reason_words": words.REASON_WORDS,
        "urgency_words": words.URGENCY_WORDS,
        "urgency_tones": words.URGENCY_TONES,
        "decision_words": words.DECISION_WORDS,
        "kind_words": words.KIND_WORDS,
        "outcome_words": OUTCOME_WORDS,
        "ruling_sentence": words.ruling_sentence,
        "presence_words": staff_words.PRESENCE_WORDS,
        "presence_tones": staff_words.PRESENCE_TONES | {Presence.AWAY: "neutral"},
        "presence_icons": staff_words.PRESENCE_ICONS,
        "language_name": name_of,
    }


# ---------- In the call ----------


@bp.get("/calls/<int:call_id>/tasks/<int:task_id>/escalations")
@may(Role.TRACER, passive=True)
def panel(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show the questions about one person, refreshed, and the form to ask one."""
    begun = form_drafts.find(call_id, task_id, DIALOG, by=agent())
    form = AskForm(formdata=MultiDict(begun.fields) if begun else None, prefix="escalation")
    wanted = request.args.get("reason", "")
    if rules.is_reason(wanted):
        form.reason.data = rules.reason_of(wanted).value
    elif wanted == rules.NO_RULE and begun is None:
        form.reason.data = Reason.MEDICAL_QUESTION.value
        form.question.data = _(
            "Aucune règle n’est enregistrée à cette date\u202f: la personne doit-elle s’isoler\u202f?"
        )
    elif begun is None:
        form.reason.data = ""
    return _panel(call_id, task_id, form, begun=begun)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/escalations/draft")
@may(Role.TRACER, last_words=True)
def keep_draft(call_id: int, task_id: int) -> ResponseReturnValue:
    """Keep a draft of a question, so that it survives the end of the session; the answer is empty."""
    with transaction():
        is_theirs = _keep(call_id, task_id, AskForm(prefix="escalation"))
    return "", 204 if is_theirs else 409


def _keep(call_id: int, task_id: int, form: AskForm) -> bool:
    return form_drafts.keep(
        call_id,
        task_id,
        DIALOG,
        form_drafts.typed_in(request.form, "escalation-"),
        form.question.data or "",
        key=form_drafts.key_in(request.form),
        by=agent(),
        at=clock.database_now(),
    )


def _forget(call_id: int, task_id: int) -> None:
    """Discard the draft of a question that was sent, and any draft of it that arrives later."""
    key = form_drafts.key_in(request.form)
    form_drafts.forget(call_id, task_id, DIALOG, key=key, by=agent(), at=clock.database_now())


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/escalations")
@may(Role.TRACER, last_words=True)
@sent_once
def ask(call_id: int, task_id: int) -> ResponseReturnValue:
    """Ask an adviser or a referent; the reason decides which."""
    form, by = AskForm(prefix="escalation"), agent()
    if not form.validate():
        with transaction():
            _keep(call_id, task_id, form)
        return _panel(call_id, task_id, form), 422
    reason = Reason(form.reason.data)
    try:
        with transaction():
            at = clock.database_now()
            call = call_services.lock_for_write(call_id, by, at=at)
            services.raise_question(
                call,
                call_services.task_of_call(call, task_id),
                audience=rules.AUDIENCE[reason],
                reason=reason,
                question=form.question.data or "",
                by=by,
                at=at,
            )
            _forget(call_id, task_id)
    except ClaimLost as refusal:
        with transaction():
            _forget(call_id, task_id)
            # a reason may be clear without text: then the draft is its name
            asked = form.question.data or str(words.REASON_WORDS[reason])
            call_services.keep_draft(call_id, "escalation", asked, by=by, at=clock.now())
        return _panel(call_id, task_id, form, late=refusal.message), refusal.status
    except Invalid as refusal:
        form.question.errors = [refusal.message]
        return _panel(call_id, task_id, form), refusal.status
    if is_fragment():
        return _panel(call_id, task_id, AskForm(formdata=None, prefix="escalation"))
    return redirect(url_for("escalations.panel", call_id=call_id, task_id=task_id), 303)


@bp.post("/calls/<int:call_id>/tasks/<int:task_id>/escalations/<int:escalation_id>/seen")
@may(Role.TRACER)
def seen_in_call(call_id: int, task_id: int, escalation_id: int) -> ResponseReturnValue:
    """Record during the call that the answer was read."""
    with transaction():
        services.mark_seen(escalation_id, by=agent(), at=clock.now())
    if is_fragment():
        begun = form_drafts.find(call_id, task_id, DIALOG, by=agent())
        form = AskForm(formdata=MultiDict(begun.fields) if begun else None, prefix="escalation")
        answer = make_response(_panel(call_id, task_id, form, just_read=True, begun=begun))
        # an adviser may have decided about the note
        answer.headers["HX-Trigger-After-Settle"] = "note-answered"
        return answer
    return redirect(url_for("escalations.panel", call_id=call_id, task_id=task_id), 303)


def _panel(
    call_id: int,
    task_id: int,
    form: AskForm,
    *,
    late: str | None = None,
    just_read: bool = False,
    begun: form_drafts.FormDraft | None = None,
) -> str:
    call, task = _call_and_task(call_id, task_id)
    asked = listing.asked_in_call(call, task, by=agent())
    return render_template(
        "escalations/panel.html" if is_fragment() else "escalations/panel_page.html",
        is_part=is_fragment(),
        call=call,
        task=task,
        reference=cases.references([task.case_id])[task.case_id],
        asked=asked,
        is_open=any(one.escalation.state is not EscalationState.SETTLED for one in asked),
        form=form,
        late=late,
        is_restored=begun is not None,
        unsent_key=(begun.key if begun else form_drafts.key_in(request.form) if form.errors else "")
        or form_drafts.new_key(),
        unread=[
            one for one in asked if one.mine and one.escalation.settled_at and not one.escalation.seen_at
        ],
        just_read=just_read,
    )


def _call_and_task(call_id: int, task_id: int) -> tuple[Call, CallTask]:
    call = calls.get_call(call_id, tracer_id=agent().member_id)
    if call.site_id != agent().site.id or call.escalation_id is not None:
        raise NoSuchCall
    return call, call_services.task_of_call(call, task_id)


@bp.get("/escalations/<int:escalation_id>/answer")
@may(Role.TRACER)
def answer(escalation_id: int) -> ResponseReturnValue:
    """Show an answer to the tracer who asked, after the call."""
    found = queries.get_asked(escalation_id, by=agent())
    task = queue.get_task(found.task_id)
    return render_template(
        "escalations/answer.html",
        escalation=found,
        words=queries.words_of(found),
        task=task,
        reference=cases.references([task.case_id])[task.case_id],
        names=queries.names_of([found]),
    )


@bp.post("/escalations/<int:escalation_id>/seen")
@may(Role.TRACER)
def seen(escalation_id: int) -> ResponseReturnValue:
    """Record that the answer was read, and redirect home."""
    with transaction():
        services.mark_seen(escalation_id, by=agent(), at=clock.now())
    return redirect("/", 303)


# ---------- For those who are asked ----------


@bp.post("/escalations/<int:escalation_id>/put-back")
@may(*ASKED)
def put_back(escalation_id: int) -> ResponseReturnValue:
    """Return a question to the list."""
    try:
        with transaction():
            services.put_back(escalation_id, by=agent(), at=clock.database_now())
    except Refused as refusal:
        found = queries.get_escalation(escalation_id, by=agent())
        return show_question(found, came_late=refusal.message), refusal.status
    flash(_("La demande est revenue dans la liste."))
    return redirect(url_for("escalations.waiting"), 303)


@bp.get("/escalations/<int:escalation_id>")
@may(*ASKED)
def show(escalation_id: int) -> ResponseReturnValue:
    """Show a question: the case file to the member who took it, the state to other members of the audience."""
    return show_question(queries.get_escalation(escalation_id, by=agent()))


@bp.get("/escalations/<int:escalation_id>/live")
@may(*ASKED, passive=True)
def live(escalation_id: int) -> ResponseReturnValue:
    """Return the part of the page that refreshes itself: whether the call continues, and the current question."""
    found = queries.get_escalation(escalation_id, by=agent())
    return render_template("escalations/live.html", **live_part(found))


def _field_of(refusal: Invalid, form: AnswerForm) -> Field:
    """Return the field beside which a refusal is shown."""
    if isinstance(refusal, RulingDoesNotFit):
        return form.ruling
    if isinstance(refusal, EndsTooEarly | EndsAsByRule):
        return form.ruling_last
    if isinstance(refusal, NotADayToCome | ClosedThatDay):
        return form.call_on
    return form.call_by if isinstance(refusal, NoOneToCall) else form.answer


@bp.post("/escalations/<int:escalation_id>")
@may(*ASKED, last_words=True)
@sent_once
def settle(escalation_id: int) -> ResponseReturnValue:
    """Answer a question that the agent has taken; the agent's call for it ends too."""
    try:
        found = queries.get_escalation(escalation_id, by=agent())
    except NoSuchEscalation as gone:
        typed = request.form.get("answer", "")
        return render_template("escalations/waiting.html", gone=True, typed=typed, **lists()), gone.status
    form = answer_form(found)
    if not form.validate():
        return show_question(found, form), 422
    today = clock.local_day(clock.now(), agent().site.time_zone)
    try:
        with transaction():
            calling.settle(
                escalation_id,
                call_id=form.call_id,
                answer=form.text,
                decision=Decision(form.decision.data),
                result_announced=form.is_announced,
                note_agreed=form.note_agreed,
                ruling=form.ruling_of(
                    lambda kind: rulings.rule_in_force(found, kind, form.about_contact, on=today),
                    on=today,
                ),
                about=form.about_contact,
                later=form.later,
                by=agent(),
                at=clock.database_now(),
            )
    except Invalid as refusal:
        _field_of(refusal, form).errors = [refusal.message]
        return show_question(queries.get_escalation(escalation_id, by=agent()), form), refusal.status
    except ClaimLost as lost:
        return too_late(escalation_id, form, lost)
    except Refused as refusal:
        again = queries.get_escalation(escalation_id, by=agent())
        return show_question(again, form, refusal=refusal.message), refusal.status
    asker = staff.member_names([found.raised_by])[found.raised_by]
    flash(_("Réponse envoyée à %(name)s.", name=asker))
    return redirect(url_for("escalations.waiting"), 303)
