"""Views of the team and its absences, and of the requests of callers."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import caller_requests
from tracing.cases import queries as cases
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.staff import presence, words
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision.forms import AbsenceForm
from tracing.supervision.rules import WorkList
from tracing.supervision.team import status as at_work
from tracing.ui.idempotent_forms import sent_once

LEADS = (Role.SUPERVISOR, Role.REFERENT)


@may(*LEADS)
def team() -> ResponseReturnValue:
    """Show the tracers with presence and day, and the coming absences."""
    return _page(AbsenceForm(formdata=None))


def _page(form: AbsenceForm, *, status: int = 200) -> ResponseReturnValue:
    site, at = agent().site, clock.database_now()
    here = staff.members_of_sites([site.id])
    form.offer([one for one in here if one.closed_at is None])
    absences = presence.absences_at(site.id, on=clock.local_day(at, site.time_zone))
    tracers = at_work.team(site, at=at)
    page = render_template(
        "supervision/team.html",
        team=at_work.summed_up(tracers, listed=len(tracers)),
        form=form,
        may_lend=agent().holds(Role.SUPERVISOR),
        absences=absences,
        names=staff.member_names(one.member_id for one in absences),
        presence_words=words.PRESENCE_WORDS,
        presence_tones=words.PRESENCE_TONES,
        presence_icons=words.PRESENCE_ICONS,
    )
    return page, status


@may(*LEADS)
@sent_once
def note_absence() -> ResponseReturnValue:
    """Record days on which a member does not work."""
    form = AbsenceForm()
    form.offer([one for one in staff.members_of_sites([agent().site.id]) if one.closed_at is None])
    if not form.validate() or form.first.data is None:
        return _page(form, status=422)
    try:
        with transaction():
            presence.note_absence(
                form.member.data,
                first=form.first.data,
                last=form.last.data or form.first.data,
                by=agent(),
                at=clock.now(),
            )
    except Invalid as refusal:
        form.last.errors = [refusal.message]
        return _page(form, status=refusal.status)
    flash(
        _(
            "Absence notée. Ce qui était gardé pour cette personne ces jours-là est de nouveau pour tout le monde."
        )
    )
    return redirect(url_for("supervision.team"), 303)


@may(*LEADS)
def remove_absence(absence_id: int) -> ResponseReturnValue:
    """Remove an absence."""
    with transaction():
        presence.remove_absence(absence_id, by=agent(), at=clock.now())
    flash(_("Absence retirée."))
    return redirect(url_for("supervision.team"), 303)


def show_callers(before: int | None, context: dict[str, Any]) -> ResponseReturnValue:
    """Show the requests of callers whom no one could help at once: names and numbers as they gave them."""
    with transaction():
        page = caller_requests.open_requests(agent().site.id, before_id=before)
        shown = [f"request:{row.request.id}" for row in page.rows]
        events.record_access(shown, by=agent().member_id, at=clock.now(), why="supervision")
        references = cases.references(row.request.case_id for row in page.rows if row.request.case_id)
        names = staff.member_names(row.request.taken_by for row in page.rows)
    return render_template(
        "supervision/callers.html", page=page, references=references, names=names, **context
    )


@may(Role.SUPERVISOR)
def close_request(request_id: int) -> ResponseReturnValue:
    """Close a request."""
    with transaction():
        caller_requests.close(request_id, by=agent(), at=clock.now())
    flash(_("Demande classée."))
    return redirect(url_for("supervision.lists", list=WorkList.CALLERS.value), 303)


ROUTES = (
    ("/team", team, ("GET",)),
    ("/team/absences", note_absence, ("POST",)),
    ("/team/absences/<int:absence_id>/remove", remove_absence, ("POST",)),
    ("/lists/callers/<int:request_id>/close", close_request, ("POST",)),
)
