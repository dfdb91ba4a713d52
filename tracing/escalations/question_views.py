"""The page of one question, shared by several views: its case file for whoever took it, its state for the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.phone_numbers import numbers_of
from tracing.calls.spoken_proof import shown
from tracing.contacts.models import Contact
from tracing.escalations import calling, casefile, listing, queries
from tracing.escalations.forms import AnswerForm
from tracing.escalations.models import Audience, Decision, Escalation, EscalationState
from tracing.escalations.ruling import services as rulings
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.programmes.rules import is_open
from tracing.queue import queries as queue
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.queue.ordering.hours import calling_of_person
from tracing.scripts.wording import day_in_words
from tracing.sickleave import insurance_number as note_numbers
from tracing.staff import queries as staff
from tracing.staff.access import agent
from tracing.staff.models import Role
from tracing.toolbox import queries as toolbox

ASKED = (Role.ADVISER, Role.REFERENT)


@dataclass(frozen=True, repr=False)
class LiveCall:
    """The call in progress with the household of a question, and whether it is the reader's."""

    call: Call | None
    is_own: bool
    """Whether it is the reader's call, made for this question."""
    is_elsewhere: bool
    """Whether the reader leads it in another browser."""
    caller: str | None

    @property
    def is_open(self) -> bool:
        """Whether the reader may ring: they hold the call in this browser."""
        return self.is_own and not self.is_elsewhere


def line_of(found: Escalation) -> LiveCall:
    """Return the call in progress with the household of a question."""
    call = casefile.find_live_call(found)
    if call is None:
        return LiveCall(None, is_own=False, is_elsewhere=False, caller=None)
    is_own = call.tracer_id == agent().member_id and call.escalation_id == found.id
    caller = staff.member_names([call.tracer_id])[call.tracer_id]
    return LiveCall(call, is_own, is_own and calls.is_elsewhere(call, agent()), caller)


def live_part(found: Escalation) -> dict[str, object]:
    """Return the data of the part that refreshes itself: the current call and question, for the member who took it."""
    if not is_takers(found):
        return {"escalation": found, "is_mine": False}
    task, line = queue.get_task(found.task_id), line_of(found)
    identity = people.find_joint_identity(task.person_id)
    held = line.call if line.is_open else None
    return {
        "escalation": found,
        "is_mine": True,
        "words": queries.words_of(found),
        "line": line,
        "identity": identity,
        "proof": shown(held.proof) if held and held.proof else None,
        "numbers": numbers_of(held, task, identity.phones) if held and identity else (),
        "is_called": not calling.is_called_no_more(task),
        "in_hours": is_open(calling_of_person(task.person_id, task.site_id), clock.database_now()),
        "names": queries.names_of([found]),
    }


def show_question(
    found: Escalation,
    form: AnswerForm | None = None,
    *,
    refusal: str | None = None,
    came_late: str | None = None,
) -> str:
    """Render a question: the case file for the member who took it, only the state for everyone else.

    `refusal` is why an answer was not sent, `came_late` why the question could not be taken.
    """
    typed = "\n".join(form.as_lines()) if form is not None else calling.kept(found.id, agent())
    if not is_takers(found):
        task = queue.get_task(found.task_id)
        read_by_taker = found.state is EscalationState.SETTLED and found.taken_by == agent().member_id
        return render_template(
            "escalations/state.html",
            row=listing.rows([found], by=agent(), at=clock.now())[0],
            task=task,
            words=queries.words_of(found) if read_by_taker else None,
            typed=typed,
            refusal=refusal,
            came_late=came_late,
            next_row=_next_row() if came_late else None,
        )
    live = live_part(found)
    with transaction():
        file = casefile.open_case_file(found)
        events.record_access(
            people.records_shown(
                [file.person_id, *(one.person_id for one in _contacts_to_decide_about(found, file.task))]
            ),
            by=agent().member_id,
            at=clock.now(),
            why="escalation",
            claim=_claim_of(live["line"]),
        )
    if form is None:
        form = answer_form(found)
        form.answer.data = calling.kept(found.id, agent())
    return render_template(
        "escalations/show.html",
        file=file,
        form=form,
        refusal=refusal,
        words_of=queries.words_of,
        Decision=Decision,
        Audience=Audience,
        fitting=toolbox.suggested(
            found.site_id,
            queries.words_of(found).question or "",
            on=clock.local_day(clock.now(), agent().site.time_zone),
        ),
        **live,
    )


def _next_row() -> listing.Row | None:
    """Return the question that the reader should take now."""
    here, at = agent().site, clock.now()
    audiences = queries.audiences_of(agent())
    found = queries.waiting_for(here.id, *audiences)
    rows = listing.in_order(listing.rows(found, by=agent(), at=at))
    return next((row for row in rows if row.is_waiting), None)


def _claim_of(line: object) -> str | None:
    """Return the claim under which the reader sees the person they ring, for the read log."""
    if isinstance(line, LiveCall) and line.call is not None and line.is_own:
        return events.claim_scope(line.call.entry_id, line.call.claim_number)
    return None


def is_takers(found: Escalation) -> bool:
    """Return whether the reader has taken the question."""
    return found.state is EscalationState.TAKEN and found.taken_by == agent().member_id


def answer_form(found: Escalation) -> AnswerForm:
    """Return the form for an answer; inside the reader's own call, it carries the id of that call."""
    line, task, here = line_of(found), queue.get_task(found.task_id), agent().site
    form = AnswerForm(
        about=found,
        on_call=line.call is not None and not line.is_own,
        asks_note=found.audience is Audience.ADVISER and note_numbers.awaits_decision(found.task_id),
        is_contact=task.contact_id is not None,
        contacts={
            one.id: _(
                "Son contact %(name)s, vu le %(day)s",
                name=rulings.name_of(one),
                day=day_in_words(one.last_contact_on),
            )
            for one in _contacts_to_decide_about(found, task)
        },
        callers=_callers(found),
        today=clock.local_day(clock.now(), here.time_zone),
    )
    if not form.is_submitted():
        form.call.data = str(line.call.id) if line.call is not None and line.is_open else ""
    return form


def _contacts_to_decide_about(found: Escalation, task: CallTask) -> Sequence[Contact]:
    """Return the contacts whom the page names: to an adviser those of the case, to a referent none."""
    return rulings.listed_contacts(task) if found.audience is Audience.ADVISER else []


def _callers(found: Escalation) -> dict[int, str]:
    """Return who may be asked to call on a later day: the tracer who asked, and the reader if they trace as well."""
    tracers = {one.id: one.display_name for one in staff.tracers_of(found.site_id)}
    return {one: tracers[one] for one in (found.raised_by, agent().member_id) if one in tracers}


def too_late(escalation_id: int, form: AnswerForm, lost: ClaimLost) -> ResponseReturnValue:
    """Refuse an answer written in a call that the reader no longer holds: keep it as a draft and show it again."""
    held = queries.find_call(escalation_id, agent().member_id)
    call_id = form.call_id or (held.id if held else None)
    if call_id is not None:
        with transaction():
            calling.keep(call_id, escalation_id, form.answer.data or "", by=agent(), at=clock.database_now())
    # if it is sent again, it is an answer outside a call
    form.call.data = ""
    again = queries.get_escalation(escalation_id, by=agent())
    return make_response(show_question(again, form, refusal=calling.lost_call_message(lost)), lost.status)
