"""Views in which a supervisor gives a call to a tracer by name: from the board, or from the lists of languages."""

from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.queue import queries as queue
from tracing.queue.errors import NotWaiting
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision import words
from tracing.supervision.board import counting, queries
from tracing.supervision.board import services as board
from tracing.supervision.errors import AlreadyDealtWith
from tracing.supervision.forms import GiveForm
from tracing.supervision.worklists import queries as lists
from tracing.supervision.worklists import services


@may(Role.SUPERVISOR)
def give(entry_id: int) -> ResponseReturnValue:
    """Give a waiting call to a tracer."""
    entry = queue.get_entry(entry_id, site_id=agent().site.id)
    if entry.state not in counting.WAITING:
        raise NotWaiting
    at = clock.database_now()
    row, form = queries.waiting_rows([entry])[0], _form(at)
    if not form.validate_on_submit():
        page = render_template("supervision/give.html", form=form, row=row, task_words=words.TASK_WORDS)
        return page, 422 if form.errors else 200
    with transaction():
        board.give(entry_id, form.tracer.data, by=agent(), at=clock.database_now())
    return _given(form, url_for("supervision.board"))


@may(Role.SUPERVISOR)
def give_listed(task_id: int) -> ResponseReturnValue:
    """Give a call of a language list to a tracer; it leaves the list only when a tracer is chosen."""
    listed = lists.get_listed(task_id, site_id=agent().site.id)
    which = lists.list_of(listed.task)
    if which not in lists.SPOKEN_LISTS:
        raise AlreadyDealtWith
    language = lists.language_of(listed.task)
    form, back = _form(clock.database_now(), language), url_for("supervision.lists", list=which.value)
    if not form.validate_on_submit():
        page = render_template(
            "supervision/give_listed.html",
            form=form,
            listed=listed,
            language=language,
            now=clock.database_now(),
            task_words=words.TASK_WORDS,
            back=back,
        )
        return page, 422 if form.errors else 200
    with transaction():
        services.give_listed(task_id, form.tracer.data, by=agent(), at=clock.database_now())
    return _given(form, back)


def _form(at: datetime, language: str | None = None) -> GiveForm:
    form = GiveForm()
    form.offer(queries.free_tracers(agent().site, at=at), language=language)
    return form


def _given(form: GiveForm, back: str) -> ResponseReturnValue:
    name = staff.get_member(form.tracer.data).display_name
    flash(_("Confié à %(name)s : ce sera son prochain appel, pendant une demi-heure.", name=name))
    return redirect(back, 303)


ROUTES = (
    ("/board/<int:entry_id>/give", give, ("GET", "POST")),
    ("/lists/tasks/<int:task_id>/give", give_listed, ("GET", "POST")),
)
