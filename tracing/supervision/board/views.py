"""Views of the board, and of taking a call back from an absent tracer."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.queue import queries as queue
from tracing.queue.errors import NotWaiting
from tracing.staff import queries as staff
from tracing.staff import words as staff_words
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision import rules, words
from tracing.supervision.board import counting, live, queries
from tracing.supervision.board import services as board_services
from tracing.supervision.forms import TakeBackForm


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


@may(Role.SUPERVISOR)
def board() -> ResponseReturnValue:
    """Show the current state of the site."""
    return render_template("supervision/board.html", **_board_context())


@may(Role.SUPERVISOR, passive=True)
def board_now() -> ResponseReturnValue:
    """Return the part of the board that refreshes itself; it does not count as input."""
    return render_template("supervision/_board.html", **_board_context())


@may(Role.SUPERVISOR)
def take_back(entry_id: int) -> ResponseReturnValue:
    """Take a call from an absent tracer."""
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
        waits = board_services.take_back(
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


ROUTES = (
    ("/board", board, ("GET",)),
    ("/board/now", board_now, ("GET",)),
    ("/board/<int:entry_id>/take-back", take_back, ("GET", "POST")),
)
