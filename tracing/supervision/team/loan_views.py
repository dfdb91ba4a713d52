"""Views of loans: lend tracers to another site for some hours, and call them back."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.queue.availability import free_here
from tracing.staff import loans as staff_loans
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision.forms import LendForm
from tracing.supervision.team import loans as team_loans
from tracing.ui.idempotent_forms import sent_once


@may(Role.SUPERVISOR)
def loans() -> ResponseReturnValue:
    """Show current loans, and the form to lend tracers."""
    return _page(LendForm(formdata=None))


def _page(form: LendForm, *, status: int = 200) -> ResponseReturnValue:
    site, at = agent().site, clock.database_now()
    form.offer(staff_loans.sites_to_lend_to(site.id))
    current = staff_loans.open_loans(site.id)
    page = render_template(
        "supervision/loans.html",
        form=form,
        loans=current,
        names=staff.member_names(one.member_id for one in current),
        sites={one.id: one.name for one in staff.sites()},
        free=len(free_here(site.id, but=agent().member_id, at=at, zone=site.time_zone)),
    )
    return page, status


@may(Role.SUPERVISOR)
@sent_once
def lend() -> ResponseReturnValue:
    """Lend tracers who are present and free, up to the requested number."""
    form = LendForm()
    form.offer(staff_loans.sites_to_lend_to(agent().site.id))
    if not form.validate() or form.until.data is None:
        return _page(form, status=422)
    try:
        with transaction():
            lent = team_loans.lend(
                form.number.data or 0,
                form.site.data,
                until=form.until.data,
                by=agent(),
                at=clock.database_now(),
            )
    except Invalid as refusal:
        form.form_errors.append(refusal.message)
        return _page(form, status=refusal.status)
    flash(ngettext("%(num)d enquêteur est prêté.", "%(num)d enquêteurs sont prêtés.", len(lent)))
    return redirect(url_for("supervision.loans"), 303)


@may(Role.SUPERVISOR)
def take_loan_back(loan_id: int) -> ResponseReturnValue:
    """End a loan before its time."""
    with transaction():
        is_back = team_loans.call_back(loan_id, by=agent(), at=clock.database_now())
    flash(_("Le prêt est fini.") if is_back else _("Le prêt finit avec l’appel en cours."))
    return redirect(url_for("supervision.loans"), 303)


ROUTES = (
    ("/team/loans", loans, ("GET",)),
    ("/team/loans", lend, ("POST",)),
    ("/team/loans/<int:loan_id>/take-back", take_loan_back, ("POST",)),
)
