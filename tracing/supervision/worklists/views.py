"""Views of the lists that wait for a supervisor's decision."""

from datetime import timedelta
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.queue.models import TaskState
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.supervision import words
from tracing.supervision.forms import NumberForm, chosen
from tracing.supervision.rules import WorkList
from tracing.supervision.team import views as team_views
from tracing.supervision.worklists import fact_services, first_pages, services
from tracing.supervision.worklists import queries as worklists
from tracing.ui.filters import moment
from tracing.ui.idempotent_forms import sent_once

REINSTATED_SHOWN = timedelta(days=7)
"""How long the list of withdrawn results says which ones came again: nothing is to be decided about them."""


@may(Role.SUPERVISOR, Role.ADVISER)
def lists() -> ResponseReturnValue:
    """Show one of the lists; an adviser decides about withdrawn results, and sees that list only."""
    site = agent().site.id
    which = chosen(WorkList, request.args.get("list"), WorkList.UNREACHABLE)
    sees_all = agent().holds(Role.SUPERVISOR)
    which = which if sees_all else WorkList.WITHDRAWN
    before = request.args.get("before", type=int)
    context = {
        "which": which,
        "sizes": worklists.sizes(site) if sees_all else {},
        "sees_all": sees_all,
        "list_words": words.LIST_WORDS,
        "lead": words.LIST_LEADS[which],
        "empty": words.LIST_EMPTY[which],
        "task_words": words.TASK_WORDS,
        "before": before,
        "undo": _undo(),
        "give_up_words": words.GIVE_UP_WORDS,
        "spoken_lists": worklists.SPOKEN_LISTS,
        "now": asked_at(),
    }
    if which is WorkList.WITHDRAWN:
        page = worklists.withdrawn(site, before_id=before)
        came_back = [] if before else worklists.reinstated(site, since=asked_at() - REINSTATED_SHOWN)
        return render_template("supervision/withdrawn.html", page=page, came_back=came_back, **context)
    if which is WorkList.CALLERS:
        return team_views.show_callers(before, context)
    tasks = worklists.listed_tasks(site, which, before_id=before)
    return render_template("supervision/list.html", page=tasks, **context)


def _undo() -> dict[str, str] | None:
    """Return the notice about the last decision, and the URL of its undo button; None if it cannot be undone."""
    site, at = agent().site.id, asked_at()
    if task_id := request.args.get("ended", type=int):
        listed = worklists.get_listed(task_id, site_id=site)
        if services.can_undo_give_up(listed.task, at=at):
            said = _("%(reference)s : clos. Plus personne n’appellera.", reference=listed.reference)
            return {"said": said, "url": url_for("supervision.undo_give_up", task_id=task_id)}
    if case_id := request.args.get("closed", type=int):
        case = worklists.get_withdrawn(case_id, site_id=site).case
        if services.can_undo_close(case, at=at):
            said = _("%(reference)s : clos, ce n’était pas un cas.", reference=case.reference)
            return {"said": said, "url": url_for("supervision.undo_close", case_id=case_id)}
    return None


def _to_list(which: WorkList, **values: Any) -> ResponseReturnValue:
    return redirect(url_for("supervision.lists", list=which.value, **values), 303)


@may(Role.SUPERVISOR)
def put_back(task_id: int) -> ResponseReturnValue:
    """Return a call to the queue; from a language list in French, for every tracer."""
    which = worklists.list_of(worklists.get_listed(task_id, site_id=agent().site.id).task)
    with transaction():
        in_french = which in worklists.SPOKEN_LISTS
        task = services.put_back(task_id, in_french=in_french, by=agent(), at=clock.database_now())
    if task.state is TaskState.NO_NUMBER:
        flash(_("Remis dans la liste des personnes sans numéro."))
    else:
        flash(_("Remis dans la file. Échéance : %(when)s.", when=moment(task.due_at)))
    return _to_list(which)


@may(Role.SUPERVISOR)
def give_up(task_id: int) -> ResponseReturnValue:
    """End a call on a list."""
    which = worklists.list_of(worklists.get_listed(task_id, site_id=agent().site.id).task)
    with transaction():
        services.give_up(task_id, by=agent(), at=clock.database_now())
    return _to_list(which, ended=task_id)


@may(Role.SUPERVISOR)
def undo_give_up(task_id: int) -> ResponseReturnValue:
    """Undo the end of a call: return it to its list."""
    with transaction():
        task = services.undo_give_up(task_id, by=agent(), at=clock.database_now())
    flash(_("Annulé : la ligne est revenue sur la liste."))
    return _to_list(worklists.list_of(task))


@may(Role.SUPERVISOR)
@sent_once
def add_number(task_id: int) -> ResponseReturnValue:
    """Show the identity of a person without a number, and accept the number that was found."""
    form = NumberForm()
    if form.validate_on_submit():
        try:
            with transaction():
                which = worklists.list_of(worklists.get_listed(task_id, site_id=agent().site.id).task)
                services.add_number(
                    task_id,
                    form.number.data or "",
                    is_other=form.is_other.data,
                    allow_fiction=g.settings.fiction_numbers,
                    by=agent(),
                    at=clock.database_now(),
                )
        except Invalid as refusal:
            form.number.errors = [refusal.message]
        else:
            flash(_("Numéro ajouté. L’appel est dans la file, à passer dans les quatre heures."))
            return _to_list(which)
    with transaction():
        task, identity = services.show_identity(task_id, by=agent(), at=clock.now())
        listed = worklists.get_listed(task.id, site_id=agent().site.id)
    page = render_template(
        "supervision/number.html",
        form=form,
        listed=listed,
        identity=identity,
        wrong=fact_services.wrong_numbers(task),
        which=worklists.list_of(task),
        task_words=words.TASK_WORDS,
    )
    return page, 422 if form.errors else 200


@may(Role.SUPERVISOR, Role.ADVISER)
def close_case(case_id: int) -> ResponseReturnValue:
    """Close a case as no case."""
    with transaction():
        services.close_as_no_case(case_id, by=agent(), at=clock.database_now())
    return _to_list(WorkList.WITHDRAWN, closed=case_id)


@may(Role.SUPERVISOR, Role.ADVISER)
def undo_close(case_id: int) -> ResponseReturnValue:
    """Undo the closing of a case as no case."""
    with transaction():
        services.undo_close_as_no_case(case_id, by=agent(), at=clock.database_now())
    flash(_("Annulé : le dossier est revenu sur la liste, ses appels dans la file."))
    return _to_list(WorkList.WITHDRAWN)


@may(Role.SUPERVISOR, Role.ADVISER)
def keep_case(case_id: int) -> ResponseReturnValue:
    """Keep a case although a result was withdrawn."""
    with transaction():
        case = services.keep(case_id, by=agent(), at=clock.database_now())
    flash(_("%(reference)s est gardé : le suivi continue.", reference=case.reference))
    return _to_list(WorkList.WITHDRAWN)


ROUTES = (
    ("/lists", lists, ("GET",)),
    ("/lists/tasks/<int:task_id>/put-back", put_back, ("POST",)),
    ("/lists/tasks/<int:task_id>/give-up", give_up, ("POST",)),
    ("/lists/tasks/<int:task_id>/undo", undo_give_up, ("POST",)),
    ("/lists/tasks/<int:task_id>/number", add_number, ("GET", "POST")),
    ("/lists/cases/<int:case_id>/close", close_case, ("POST",)),
    ("/lists/cases/<int:case_id>/undo", undo_close, ("POST",)),
    ("/lists/cases/<int:case_id>/keep", keep_case, ("POST",)),
)

first_pages.register()
