"""Views of the list of those who answer: look, be called, take now or after one's call, choose what one knows best."""

from collections.abc import Callable

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.cases import queries as cases
from tracing.cases import services as case_services
from tracing.escalations import queries, rules, services
from tracing.escalations.errors import AlreadySettled, AlreadyTaken, NoSuchEscalation, WantedByAnother
from tracing.escalations.forms import SpecialtiesForm
from tracing.escalations.models import Reason
from tracing.escalations.question_views import ASKED, show_question
from tracing.escalations.waiting import first_pages
from tracing.escalations.waiting.pages import lists
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import agent, asked_at, is_fragment, may
from tracing.staff.models import Role


@may(*ASKED)
def waiting() -> ResponseReturnValue:
    """Show what waits for an answer here, and what was answered today."""
    return render_template("escalations/waiting.html", **lists())


@may(*ASKED, passive=True)
def waiting_list() -> ResponseReturnValue:
    """Return both lists again, for a page that stays open."""
    template = "escalations/lists.html" if is_fragment() else "escalations/waiting.html"
    return render_template(template, **lists())


@may(*ASKED, passive=True, while_locked=True)
def ring_out() -> ResponseReturnValue:
    """Return the numbers of the questions nobody has taken: the page rings for a new one, locked or not."""
    found = queries.ids_waiting(agent().site.id, queries.audiences_of(agent()))
    return jsonify(
        waiting=[number for number, _urgency in found],
        at_once=sum(urgency == rules.AT_ONCE for _number, urgency in found),
    )


@may(Role.ADVISER)
def note_contradiction(case_id: int) -> ResponseReturnValue:
    """Take note of the negative PCR of a case known by an antigen test."""
    with transaction():
        case = cases.get_case(case_id, site_id=agent().site.id)
        case_services.note_contrary_results(
            case,
            up_to=request.form.get("up_to", 0, type=int),
            by=agent().member_id,
            at=clock.database_now(),
        )
    flash(_("%(reference)s : pris en compte.", reference=case.reference))
    return redirect(url_for("escalations.waiting"), 303)


@may(*ASKED)
def take(escalation_id: int) -> ResponseReturnValue:
    """Take a question; only the first member succeeds, the second is shown who has it."""
    try:
        with transaction():
            services.take(escalation_id, by=agent(), at=clock.database_now())
    except NoSuchEscalation as gone:
        return render_template("escalations/waiting.html", gone=True, **lists()), gone.status
    except (AlreadyTaken, AlreadySettled) as refusal:
        found = queries.get_escalation(escalation_id, by=agent())
        return show_question(found, came_late=refusal.message), refusal.status
    return redirect(url_for("escalations.show", escalation_id=escalation_id), 303)


@may(*ASKED)
def take_next(escalation_id: int) -> ResponseReturnValue:
    """Take a question after the call that one is on."""
    try:
        with transaction():
            services.take_next(escalation_id, by=agent(), at=asked_at())
    except NoSuchEscalation as gone:
        return render_template("escalations/waiting.html", gone=True, **lists()), gone.status
    except (AlreadyTaken, AlreadySettled, WantedByAnother) as refusal:
        found = queries.get_escalation(escalation_id, by=agent())
        return show_question(found, came_late=refusal.message), refusal.status
    flash(_("C’est noté : elle vous attend en tête de liste. Un collègue peut encore la prendre avant vous."))
    return redirect(url_for("escalations.waiting"), 303)


@may(*ASKED)
def specialties() -> ResponseReturnValue:
    """Keep what one likes to be asked about first."""
    known = queries.specialties_of([agent().member_id]).get(agent().member_id, frozenset())
    form = SpecialtiesForm(audiences=queries.audiences_of(agent()), chosen=known)
    if not form.is_submitted():
        return render_template("escalations/specialties.html", form=form)
    if not form.validate():
        return render_template("escalations/specialties.html", form=form), 422
    with transaction():
        services.choose_specialties(
            [Reason(code) for code in form.reasons.data or ()], by=agent(), at=asked_at()
        )
    flash(_("C’est noté : ces demandes vous sont montrées d’abord, à urgence égale."))
    return redirect(url_for("escalations.waiting"), 303)


ROUTES: tuple[tuple[str, str, Callable[..., ResponseReturnValue]], ...] = (
    ("GET", "/escalations", waiting),
    ("GET", "/escalations/list", waiting_list),
    ("GET", "/escalations/ring", ring_out),
    ("GET", "/escalations/specialties", specialties),
    ("POST", "/escalations/specialties", specialties),
    ("POST", "/escalations/contradicted/<int:case_id>/noted", note_contradiction),
    ("POST", "/escalations/<int:escalation_id>/take", take),
    ("POST", "/escalations/<int:escalation_id>/next", take_next),
)

first_pages.register()
