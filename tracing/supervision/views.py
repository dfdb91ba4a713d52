"""Pages of supervision: the board of a site, the lists that need a decision, the journal."""

from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.queue import queries as queue
from tracing.queue.errors import NotWaiting
from tracing.queue.models import TaskState
from tracing.staff import queries as staff
from tracing.staff import words as staff_words
from tracing.staff.access import agent, may
from tracing.staff.models import Role, SiteKind
from tracing.supervision import rules, services, words
from tracing.supervision.board import counting, live, queries
from tracing.supervision.forms import JournalForm, NumberForm, TakeBackForm
from tracing.supervision.journal import queries as journals
from tracing.supervision.journal.queries import Journal, Wanted
from tracing.supervision.ordering import views as order_views
from tracing.supervision.rules import WorkList
from tracing.supervision.team import loan_views
from tracing.supervision.team import views as team_views
from tracing.supervision.worklists import give_views, message_views
from tracing.supervision.worklists import queries as worklists
from tracing.ui.filters import moment
from tracing.ui.once import sent_once
from tracing.supervision.board import services as board

Code = TypeVar("Code", bound=StrEnum)

bp = Blueprint("supervision", __name__, template_folder="templates")
for path, view, method in (
    ("/messages", message_views.outbox, "GET"),
    ("/lists/tasks/<int:task_id>/letter", message_views.letter, "GET"),
    ("/lists/tasks/<int:task_id>/letter-written", message_views.letter_written, "POST"),
):
    bp.add_url_rule(path, view_func=view, methods=[method])
for path, shown, method in order_views.ROUTES:
    bp.add_url_rule(path, view_func=shown, methods=[method])
bp.add_url_rule("/team/loans", "loans", loan_views.show_loans, methods=["GET"])
bp.add_url_rule("/team/loans", view_func=loan_views.lend, methods=["POST"])
bp.add_url_rule(
    "/team/loans/<int:loan_id>/take-back", "take_loan_back", loan_views.take_back, methods=["POST"]
)
for path, led, method in team_views.ROUTES:
    bp.add_url_rule(path, view_func=led, methods=[method])
for path, given, methods in give_views.ROUTES:
    bp.add_url_rule(path, view_func=given, methods=methods)


# -- the board -----------------------------------------------------------------------------------


def _board_context() -> dict[str, object]:
    site, at = agent().site, clock.database_now()
    counts = counting.of_site(site, at=at)
    under_way = queries.under_way(site.id)
    after = request.args.get("after")
    return {
        "counts": counts,
        "are_old": rules.are_old(counts.counted_at, at=at),
        "late_ahead": rules.late_ahead(counts.overdue, counts.due_next, counts.pace),
        "figures": queries.figures(site.id, counts, under_way=under_way),
        "under_way": under_way,
        "on_calls": queries.on_calls(site.id, limit=queries.ON_CALLS_LISTED, at=at),
        "page": queries.waiting(counts, after=after),
        "after": after,
        "at": at,
        "task_words": words.TASK_WORDS,
        "live": live.live(site, counts, at=at),
        "team": counts.team,
        "presence_words": staff_words.PRESENCE_WORDS,
        "presence_tones": staff_words.PRESENCE_TONES,
        "presence_icons": staff_words.PRESENCE_ICONS,
    }


@bp.get("/board")
@may(Role.SUPERVISOR)
def board() -> ResponseReturnValue:
    """Show the site now."""
    return render_template("supervision/board.html", **_board_context())


@bp.get("/board/now")
@may(Role.SUPERVISOR, passive=True)
def board_now() -> ResponseReturnValue:
    """Return the part of the board that refreshes itself; looking at it is no sign of life."""
    return render_template("supervision/_board.html", **_board_context())


@bp.route("/board/<int:entry_id>/take-back", methods=["GET", "POST"])
@may(Role.SUPERVISOR)
def take_back(entry_id: int) -> ResponseReturnValue:
    """Take a call from a tracer who is not there."""
    at = clock.database_now()
    queue.get_entry(entry_id, site_id=agent().site.id)
    row = next((one for one in queries.on_calls(agent().site.id, at=at) if one.entry_id == entry_id), None)
    if row is None:
        raise NotWaiting
    form = TakeBackForm(claim=row.claim_number)
    form.offer(queries.free_tracers(agent().site, at=at))
    if not form.validate_on_submit():
        page = render_template("supervision/take_back.html", form=form, row=row, task_words=words.TASK_WORDS)
        return page, 422 if form.errors else 200
    with transaction():
        waits = board.take_back(
            entry_id, int(form.claim.data or 0), to=form.tracer.data, by=agent(), at=clock.database_now()
        )
    if not waits:
        flash(_("Appel repris à %(tracer)s. Personne de ce foyer n’attend d’appel.", tracer=row.tracer))
    elif form.tracer.data:
        name = staff.get_member(form.tracer.data).display_name
        flash(_("Appel repris à %(tracer)s et confié à %(name)s.", tracer=row.tracer, name=name))
    else:
        flash(_("Appel repris à %(tracer)s. Il est revenu dans la file.", tracer=row.tracer))
    return redirect(url_for("supervision.board"), 303)


# -- the lists -----------------------------------------------------------------------------------


@bp.get("/lists")
@may(Role.SUPERVISOR)
def lists() -> ResponseReturnValue:
    """Show one of the lists that need a decision."""
    site = agent().site.id
    which = _chosen(WorkList, request.args.get("list"), WorkList.UNREACHABLE)
    before = request.args.get("before", type=int)
    context = {
        "which": which,
        "sizes": worklists.sizes(site),
        "list_words": words.LIST_WORDS,
        "lead": words.LIST_LEADS[which],
        "empty": words.LIST_EMPTY[which],
        "task_words": words.TASK_WORDS,
        "before": before,
        "undo": _undo(),
        "give_up_words": words.GIVE_UP_WORDS,
        "spoken_lists": worklists.SPOKEN_LISTS,
    }
    if which is WorkList.WITHDRAWN:
        page = worklists.withdrawn(site, before_id=before)
        return render_template("supervision/withdrawn.html", page=page, **context)
    if which is WorkList.CALLERS:
        return team_views.show_callers(before, context)
    tasks = worklists.listed_tasks(site, which, before_id=before)
    return render_template("supervision/list.html", page=tasks, **context)


def _undo() -> dict[str, str] | None:
    """Return what the notice about the last decision says, and where its button goes."""
    site, at = agent().site.id, clock.now()
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


@bp.post("/lists/tasks/<int:task_id>/put-back")
@may(Role.SUPERVISOR)
def put_back(task_id: int) -> ResponseReturnValue:
    """Put a call back into the queue; from a language list in French, for everybody."""
    which = worklists.list_of(worklists.get_listed(task_id, site_id=agent().site.id).task)
    with transaction():
        in_french = which in worklists.SPOKEN_LISTS
        task = services.put_back(task_id, in_french=in_french, by=agent(), at=clock.database_now())
    if task.state is TaskState.NO_NUMBER:
        flash(_("Remis dans la liste des personnes sans numéro."))
    else:
        flash(_("Remis dans la file. Échéance : %(when)s.", when=moment(task.due_at)))
    return _to_list(which)


@bp.post("/lists/tasks/<int:task_id>/give-up")
@may(Role.SUPERVISOR)
def give_up(task_id: int) -> ResponseReturnValue:
    """Close somebody as unreachable."""
    which = worklists.list_of(worklists.get_listed(task_id, site_id=agent().site.id).task)
    with transaction():
        services.give_up(task_id, by=agent(), at=clock.database_now())
    return _to_list(which, ended=task_id)


@bp.post("/lists/tasks/<int:task_id>/undo")
@may(Role.SUPERVISOR)
def undo_give_up(task_id: int) -> ResponseReturnValue:
    """Put somebody back on the list."""
    with transaction():
        task = services.undo_give_up(task_id, by=agent(), at=clock.database_now())
    flash(_("Annulé : la ligne est revenue sur la liste."))
    return _to_list(worklists.list_of(task))


@bp.route("/lists/tasks/<int:task_id>/number", methods=["GET", "POST"])
@may(Role.SUPERVISOR)
@sent_once
def add_number(task_id: int) -> ResponseReturnValue:
    """Show who somebody without a number is, and take the number that was found."""
    form = NumberForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.add_number(
                    task_id,
                    form.number.data or "",
                    allow_fiction=g.settings.fiction_numbers,
                    by=agent(),
                    at=clock.database_now(),
                )
        except Invalid as refusal:
            form.number.errors = [refusal.message]
        else:
            flash(_("Numéro ajouté. L’appel est dans la file, à passer dans les quatre heures."))
            return _to_list(WorkList.NO_NUMBER)
    with transaction():
        task, identity = services.show_identity(task_id, by=agent(), at=clock.now())
        listed = worklists.get_listed(task.id, site_id=agent().site.id)
    page = render_template(
        "supervision/number.html",
        form=form,
        listed=listed,
        identity=identity,
        task_words=words.TASK_WORDS,
    )
    return page, 422 if form.errors else 200


@bp.post("/lists/cases/<int:case_id>/close")
@may(Role.SUPERVISOR)
def close_case(case_id: int) -> ResponseReturnValue:
    """Close a case that was none."""
    with transaction():
        services.close_as_no_case(case_id, by=agent(), at=clock.database_now())
    return _to_list(WorkList.WITHDRAWN, closed=case_id)


@bp.post("/lists/cases/<int:case_id>/undo")
@may(Role.SUPERVISOR)
def undo_close(case_id: int) -> ResponseReturnValue:
    """Put a case that was closed as none back on the list."""
    with transaction():
        services.undo_close_as_no_case(case_id, by=agent(), at=clock.database_now())
    flash(_("Annulé : le dossier est revenu sur la liste, ses appels dans la file."))
    return _to_list(WorkList.WITHDRAWN)


@bp.post("/lists/cases/<int:case_id>/keep")
@may(Role.SUPERVISOR)
def keep_case(case_id: int) -> ResponseReturnValue:
    """Keep a case although a result was withdrawn."""
    with transaction():
        case = services.keep(case_id, by=agent(), at=clock.database_now())
    flash(_("%(reference)s est gardé : le suivi continue.", reference=case.reference))
    return _to_list(WorkList.WITHDRAWN)


# -- the journal ---------------------------------------------------------------------------------


@bp.get("/journal")
@may(Role.AUDITOR)
def journal() -> ResponseReturnValue:
    """Show who saw whom, or who did what, at this site."""
    shown = _chosen(Journal, request.args.get("show"), Journal.SIGHTINGS)
    site = agent().site
    members = staff.members_of_sites([site.id])
    form = JournalForm(request.args)
    form.offer(shown, members)
    is_right = form.validate()
    wanted = Wanted(
        site_id=site.id,
        members={member.id for member in members},
        member_id=form.member.data if is_right else None,
        kind=form.kind.data if is_right else None,
        day=form.day.data if is_right else None,
        zone=site.time_zone,
        is_live=site.kind is SiteKind.LIVE,
    )
    page = render_template(
        f"supervision/{shown.value}.html",
        shown=shown,
        form=form,
        kept={name: request.args.get(name) or None for name in ("member", "kind", "day")},
        words=words,
        **_rows_of(shown, wanted),
    )
    return page, 200 if is_right else 422


def _rows_of(shown: Journal, wanted: Wanted) -> dict[str, Any]:
    """Return a page of one of the journals, and the names of the members in it."""
    if shown is Journal.SIGHTINGS:
        seen = journals.sightings_of(wanted, before=request.args.get("before"))
        names = staff.member_names(row.viewer_id for row in seen.rows)
        return {"rows": seen.rows, "next_key": seen.next_key, "names": names}
    done = journals.events_of(wanted, before_id=request.args.get("before", type=int))
    names = staff.member_names(row.by_id for row in done.rows if row.by_id is not None)
    return {"rows": done.rows, "next_key": done.next_key, "names": names}


def _chosen(codes: type[Code], value: str | None, default: Code) -> Code:
    """Return the code in the address, or the default when there is none or a wrong one."""
    return next((code for code in codes if code.value == value), default)
