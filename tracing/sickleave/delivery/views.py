"""Print the papers, and give them after the call: again by letter, by another link, or by reading the link aloud."""

from io import BytesIO

from flask import abort, flash, g, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Missing, Refused
from tracing.sickleave import queries as notes
from tracing.sickleave import services as issuing
from tracing.sickleave.delivery import queries, services, words
from tracing.sickleave.delivery.forms import GiveForm
from tracing.sickleave.documents import Copy, file_name, render
from tracing.sickleave.documents.signature import sign
from tracing.sickleave.errors import NoLink, PapersNotGiven
from tracing.sickleave.rules import DeliveryWay
from tracing.sickleave.signing import services as signing
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.ui.idempotent_forms import sent_once


@may(Role.TRACER, Role.ADVISER, Role.SUPERVISOR)
def document(note_id: int, copy: str) -> ResponseReturnValue:
    """Return one copy as a PDF; its file name reveals nothing but the number."""
    with transaction():
        content, site_id = issuing.note_to_read(note_id, agent(), at=clock.now(), copy=copy)
        key = signing.key_of(site_id, at=clock.now())
    printed = render(content, Copy(copy), check_at=g.settings.public_pages)
    return send_file(
        BytesIO(sign(printed, key)),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=file_name(content.number, Copy(copy)),
    )


@may(Role.ADVISER, Role.SUPERVISOR)
@sent_once
def give(note_id: int) -> ResponseReturnValue:
    """Give the papers once more, in the chosen way."""
    form = GiveForm()
    if not form.validate():
        with transaction():
            services.readable(note_id, None, agent())
        abort(422)
    try:
        with transaction():
            services.give(
                note_id, form.chosen, address=g.settings.public_pages, by=agent(), at=clock.database_now()
            )
    except PapersNotGiven as refusal:
        return _refused(note_id, refusal)
    if form.chosen is DeliveryWay.LETTER:
        flash(_("La lettre attend dans les messages."))
    else:
        flash(_("Un lien est fait : lisez-le à la personne quand elle est au téléphone."))
    return redirect(url_for("sickleave.note", note_id=note_id), 303)


@may(Role.ADVISER, Role.SUPERVISOR)
def show_link(note_id: int) -> ResponseReturnValue:
    """Show link and code, to be read to the person; the log retains who has seen them."""
    try:
        with transaction():
            link = services.read_link(note_id, by=agent(), at=clock.database_now())
            note = notes.get_readable_note(note_id, agent())
            given = queries.given(note_id, at=clock.database_now())
            in_english = words.aloud(in_english=queries.is_read_in_english(note.person_id))
    except (PapersNotGiven, NoLink) as refusal:
        return _refused(note_id, refusal)
    return render_template(
        "sickleave/link.html",
        note=note,
        link=link,
        given=given,
        in_english=in_english,
        address=g.settings.public_pages,
    )


@may(Role.ADVISER, Role.SUPERVISOR)
def link_said(note_id: int) -> ResponseReturnValue:
    """Record that link and code were read to the person."""
    try:
        with transaction():
            services.note_said(note_id, by=agent(), at=clock.database_now())
    except (PapersNotGiven, NoLink) as refusal:
        return _refused(note_id, refusal)
    flash(_("Noté : le lien et le code sont dits."))
    return redirect(url_for("sickleave.note", note_id=note_id), 303)


def _refused(note_id: int, refusal: Refused | Missing) -> ResponseReturnValue:
    """Say on the page of the note why nothing was given: it shows what can be done instead."""
    flash(refusal.message, "error")
    return redirect(url_for("sickleave.note", note_id=note_id), 303)


ROUTES = (
    ("/sick-notes/<int:note_id>/<any(insured, employer):copy>", document, ("GET",)),
    ("/sick-notes/<int:note_id>/give", give, ("POST",)),
    ("/sick-notes/<int:note_id>/link", show_link, ("POST",)),
    ("/sick-notes/<int:note_id>/link-said", link_said, ("POST",)),
)
