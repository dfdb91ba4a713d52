"""The pages of notices: what changes, to be read before the next call; who has read it; its words corrected."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel.db import transaction
from tracing.programmes.notices import queries, services
from tracing.programmes.notices.errors import NoticeChanged, NoticeWithdrawn
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role, SiteKind
from tracing.studio import notice_pages as pages
from tracing.studio import version_words as words
from tracing.studio.errors import NotAtATrainingSite
from tracing.studio.notice_forms import NoticeForm

bp = Blueprint("notices", __name__, template_folder="templates", url_prefix="/notices")

WATCHERS = (Role.REFERENT, Role.SUPERVISOR)
"""Those who see who has read a notice."""
KEEPERS = (Role.ADVISER, Role.REFERENT)
"""Those who correct one."""


@bp.context_processor
def vocabulary() -> dict[str, object]:
    """Return the words for the codes that the templates of notices use."""
    return {"change_words": words.CHANGE_WORDS, "title_of": pages.title_of}


@bp.get("")
@may()
def listing() -> ResponseReturnValue:
    """Show what changed and what will, the latest first."""
    with transaction():
        return render_template(
            "studio/notices.html",
            found=queries.notices_of(agent().site.programme),
            unread=queries.count_unread(agent().member_id, agent().site.programme),
            now=asked_at(),
        )


@bp.get("/unread")
@may()
def unread() -> ResponseReturnValue:
    """Show on one page what the agent must still read; `call`: before a call that they asked for."""
    with transaction():
        return render_template(
            "studio/notices_unread.html",
            found=pages.unread(agent(), at=asked_at()),
            before_call="call" in request.args and agent().holds(Role.TRACER),
        )


@bp.post("/read")
@may()
def read() -> ResponseReturnValue:
    """Note that the agent has read what the page showed; with `call`, go on to the call that they asked for."""
    seen = [one.partition(":") for one in request.form.getlist("seen")]
    with transaction():
        services.acknowledge(
            {
                int(number): int(revision)
                for number, _colon, revision in seen
                if _is_number(number) and _is_number(revision)
            },
            by=agent().member_id,
            at=asked_at(),
        )
    if "call" in request.form:
        # the same form is sent on: the button says that it asks for the next call
        return redirect(url_for("desk.next_call"), 307)
    flash(_("C’est noté : vous avez lu ce qui change."))
    return redirect(url_for("notices.listing"), 303)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


@bp.get("/<int:notice_id>")
@may()
def show(notice_id: int) -> ResponseReturnValue:
    """Show one notice."""
    with transaction():
        notice = queries.get_notice(notice_id)
        return render_template(
            "studio/notice.html",
            one=pages.shown(notice, by=agent(), at=asked_at()),
            now=asked_at(),
            watches=agent().holds(*WATCHERS),
            keeps=_may_write() and notice.withdrawn_at is None,
        )


@bp.get("/<int:notice_id>/readers")
@may(*WATCHERS)
def readers(notice_id: int) -> ResponseReturnValue:
    """Show which of those who call here have read a notice."""
    with transaction():
        notice = queries.get_notice(notice_id)
        return render_template(
            "studio/notice_readers.html", notice=notice, readers=pages.readers_of(notice, agent().site.id)
        )


def _may_write() -> bool:
    return agent().site.kind is not SiteKind.TRAINING and agent().holds(*KEEPERS)


@bp.route("/<int:notice_id>/edit", methods=["GET", "POST"])
@may(*KEEPERS)
def edit(notice_id: int) -> ResponseReturnValue:
    """Correct the words of a notice."""
    if not _may_write():
        raise NotAtATrainingSite
    with transaction():
        notice = queries.get_notice(notice_id)
        if notice.withdrawn_at is not None:
            raise NoticeWithdrawn
        form = NoticeForm(data={"revision": str(notice.revision), "body": notice.body})
        if not form.validate_on_submit():
            page = render_template("studio/notice_edit.html", notice=notice, form=form)
            return page, 422 if form.errors else 200
        revision = int(form.revision.data or 0) if _is_number(form.revision.data or "") else 0
    try:
        with transaction():
            body = words.as_printed(form.body.data)
            services.change(notice_id, revision=revision, body=body, by=agent().member_id, at=asked_at())
    except NoticeChanged as changed:
        with transaction():
            notice = queries.get_notice(notice_id)
            form.revision.data = str(notice.revision)
            form.form_errors.append(changed.message)
            return render_template("studio/notice_edit.html", notice=notice, form=form), changed.status
    flash(_("La fiche est corrigée : qui l’avait lue la relira avant son prochain appel."))
    return redirect(url_for("notices.show", notice_id=notice_id), 303)
