"""Views of the toolbox: everybody reads and searches; advisers and referents write."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid
from tracing.programmes.words import TABLE_WORDS
from tracing.staff import queries as staff
from tracing.staff.access import agent, is_fragment, may
from tracing.staff.models import Role
from tracing.toolbox import queries, rules, services, words
from tracing.toolbox.errors import EndsBeforeItStarts, EntryChanged
from tracing.toolbox.forms import EntryForm
from tracing.toolbox.models import ToolboxEntry
from tracing.toolbox.rules import Topic
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("toolbox", __name__, template_folder="templates")

KEEPERS = (Role.ADVISER, Role.REFERENT)
"""Those who write entries."""


@bp.context_processor
def vocabulary() -> dict[str, object]:
    """Return the words for the codes that the templates of the toolbox use."""
    reader = g.get("agent")
    return {
        "topic_words": words.TOPIC_WORDS,
        "table_words": TABLE_WORDS,
        "keeps": reader is not None and reader.holds(*KEEPERS),
    }


@bp.get("/toolbox")
@may()
def listing() -> ResponseReturnValue:
    """Show the entries of the site, or those of a topic."""
    return _list("")


@bp.post("/toolbox")
@may(passive=True)
def search() -> ResponseReturnValue:
    """Show the entries that have the words; sent as a form, because what is typed may be somebody's and an address is logged."""
    return _list(request.form.get("words", ""))


def _list(typed: str) -> ResponseReturnValue:
    here, code = agent().site, request.values.get("topic", "")
    topic = Topic(code) if code in {one.value for one in Topic} else None
    today = clock.local_day(clock.now(), here.time_zone)
    found = queries.search(here.id, typed, topic=topic, on=today, with_others=agent().holds(*KEEPERS))
    return render_template(
        "toolbox/found.html" if is_fragment() else "toolbox/listing.html",
        found=found,
        notices=[] if topic else queries.notices_with(agent().site.programme, typed),
        words=typed,
        topic=topic,
        topics=Topic,
        names=staff.member_names(one.written_by for one in found),
        waits={one.id for one in found if not rules.is_in_force(one.from_day, one.until, on=today)},
    )


@bp.post("/toolbox/suggested")
@may(passive=True)
def suggested() -> ResponseReturnValue:
    """Return the few entries that fit the question being typed; nothing of it is kept."""
    typed = next((text for name, text in request.form.items() if name.endswith("question")), "")
    here = agent().site
    today = clock.local_day(clock.now(), here.time_zone)
    return render_template("toolbox/suggested.html", found=queries.suggested(here.id, typed, on=today))


@bp.get("/toolbox/<int:tool_id>")
@may()
def show(tool_id: int) -> ResponseReturnValue:
    """Show one entry."""
    gone = queries.find_withdrawn(tool_id, site_id=agent().site.id)
    if gone is not None:
        return _gone(gone)
    entry = queries.get_entry(tool_id, site_id=agent().site.id)
    return render_template("toolbox/show.html", entry=entry, names=staff.member_names([entry.written_by]))


@bp.route("/toolbox/new", methods=["GET", "POST"])
@may(*KEEPERS)
@sent_once
def write() -> ResponseReturnValue:
    """Write an entry."""
    form = EntryForm()
    if not form.is_submitted():
        form.from_day.data = clock.local_day(clock.now(), agent().site.time_zone)
    if not form.validate_on_submit():
        return _form(form, url_for("toolbox.write"))
    try:
        with transaction():
            entry = services.add(form.text, by=agent(), at=clock.now())
    except Invalid as refusal:
        return refused(form, url_for("toolbox.write"), refusal)
    flash(_("La fiche est dans la boîte à outils."))
    return redirect(url_for("toolbox.show", tool_id=entry.id), 303)


@bp.route("/toolbox/<int:tool_id>/edit", methods=["GET", "POST"])
@may(*KEEPERS)
def edit(tool_id: int) -> ResponseReturnValue:
    """Change an entry. Of two who change it, the second sees what the first wrote, beside their own text."""
    gone = queries.find_withdrawn(tool_id, site_id=agent().site.id)
    if gone is not None:
        return _gone(gone, EntryForm())
    entry = queries.get_entry(tool_id, site_id=agent().site.id)
    form, here = EntryForm(entry=entry), url_for("toolbox.edit", tool_id=tool_id)
    if not form.validate_on_submit():
        return _form(form, here)
    try:
        with transaction():
            services.change(tool_id, form.text, seen=form.seen_at, by=agent(), at=clock.now())
    except Invalid as refusal:
        return refused(form, here, refusal)
    except EntryChanged as refusal:
        now = queries.get_entry(tool_id, site_id=agent().site.id)
        form.opens(now)
        page = render_template(
            "toolbox/edit.html", form=form, action=here, theirs=now, refusal=refusal.message
        )
        return page, refusal.status
    flash(_("La fiche est changée : tout le site lit la nouvelle."))
    return redirect(url_for("toolbox.show", tool_id=tool_id), 303)


@bp.post("/toolbox/<int:tool_id>/withdraw")
@may(*KEEPERS)
def withdraw(tool_id: int) -> ResponseReturnValue:
    """Withdraw an entry; that a colleague was faster changes nothing."""
    if queries.find_withdrawn(tool_id, site_id=agent().site.id) is None:
        with transaction():
            services.withdraw(tool_id, by=agent(), at=clock.now())
    flash(_("La fiche est retirée."))
    return redirect(url_for("toolbox.listing"), 303)


def refused(form: EntryForm, action: str, refusal: Invalid) -> ResponseReturnValue:
    """Show the form again, with a refusal beside its field."""
    field = form.until if isinstance(refusal, EndsBeforeItStarts) else form.body
    field.errors = [refusal.message]
    return _form(form, action)


def _gone(entry: ToolboxEntry, form: EntryForm | None = None) -> ResponseReturnValue:
    """Say that an entry was withdrawn, by whom and when, and show what was typed meanwhile."""
    names = staff.member_names([entry.withdrawn_by] if entry.withdrawn_by else [])
    typed = form.body.data if form is not None and form.is_submitted() else None
    return render_template("toolbox/gone.html", entry=entry, names=names, typed=typed), 410


def _form(form: EntryForm, action: str) -> ResponseReturnValue:
    return render_template("toolbox/edit.html", form=form, action=action), 422 if form.errors else 200
