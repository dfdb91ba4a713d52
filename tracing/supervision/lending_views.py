"""Lending tracers to another site for some hours, and calling them back."""

from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.queue.colleagues import free_here
from tracing.staff import lending
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.errors import NobodyToLend
from tracing.staff.models import Loan, Role
from tracing.supervision.forms import LendForm


@may(Role.SUPERVISOR)
def loans() -> ResponseReturnValue:
    """Show who is lent, and ask how many go where."""
    return _page(LendForm(formdata=None))


def _page(form: LendForm, *, status: int = 200) -> ResponseReturnValue:
    site, at = agent().site, clock.database_now()
    form.offer(lending.sites_to_lend_to(site.id))
    current = lending.open_loans(site.id)
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
def lend() -> ResponseReturnValue:
    """Lend those who are there and free, as many as are asked for or there are."""
    form = LendForm()
    form.offer(lending.sites_to_lend_to(agent().site.id))
    if not form.validate():
        return _page(form, status=422)
    try:
        with transaction():
            lent = _lend(form)
    except Invalid as refusal:
        form.form_errors.append(refusal.message)
        return _page(form, status=refusal.status)
    flash(ngettext("%(num)d enquêteur est prêté.", "%(num)d enquêteurs sont prêtés.", len(lent)))
    return redirect(url_for("supervision.loans"), 303)


def _lend(form: LendForm) -> list[Loan]:
    by, at = agent(), clock.database_now()
    there = free_here(by.site.id, but=by.member_id, at=at, zone=by.site.time_zone)
    chosen = [one.member for one in there if one.member.lent_to is None][: form.number.data or 0]
    if not chosen:
        raise NobodyToLend
    today = clock.local_day(at, by.site.time_zone)
    until = datetime.combine(today, form.until.data or at.time(), by.site.time_zone)
    return lending.lend(chosen, form.site.data, until=until, by=by, at=at)


@may(Role.SUPERVISOR)
def take_back(loan_id: int) -> ResponseReturnValue:
    """Call somebody back before the time."""
    with transaction():
        lending.take_back(loan_id, site_id=agent().site.id, by=agent().member_id, at=clock.database_now())
    flash(_("Le prêt est fini."))
    return redirect(url_for("supervision.loans"), 303)
