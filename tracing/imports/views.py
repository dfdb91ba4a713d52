"""The lots that came, what became of their lines, and sending a file."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.cases import queries as cases
from tracing.imports import queries
from tracing.imports.containers import secrets_from
from tracing.imports.errors import AnotherLotIsLoading, FileRefused
from tracing.imports.forms import UploadForm
from tracing.imports.jobs import Arrival, load
from tracing.imports.lines import Doubt, Problem
from tracing.imports.models import LotState
from tracing.imports.refusals import Refusal
from tracing.imports.rules import Outcome
from tracing.imports.words import (
    DOUBT_WORDS,
    OUTCOME_TONES,
    OUTCOME_WORDS,
    OUTCOMES_WORDS,
    PROBLEM_WORDS,
    STATE_TONES,
    STATE_WORDS,
)
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.kernel.paging import PAGE_SIZE, page_of
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role, SiteKind

bp = Blueprint("imports", __name__, template_folder="templates")

FIELD_AT_FAULT = {
    Refusal.KEY_MISSING: "key",
    Refusal.KEY_UNUSABLE: "key",
    Refusal.WRONG_KEY: "key",
    Refusal.PASSWORD_MISSING: "password",
    Refusal.WRONG_PASSWORD: "password",
}
"""The field beside which a refusal is said; of the others the file itself is the reason."""


@bp.get("/lots")
@may(Role.IMPORTER)
def lots() -> ResponseReturnValue:
    """List the lots, newest first."""
    rows = queries.lots(before_id=request.args.get("before", type=int), limit=PAGE_SIZE + 1)
    page = page_of(rows, [lot.id for lot in rows])
    return render_template(
        "imports/lots.html",
        page=page,
        names=staff.member_names(lot.received_by for lot in page.rows if lot.received_by),
        state_words=STATE_WORDS,
        state_tones=STATE_TONES,
    )


@bp.route("/lots/new", methods=["GET", "POST"])
@may(Role.IMPORTER)
def upload() -> ResponseReturnValue:
    """Take in a file sent from a browser."""
    form = UploadForm()
    if not form.validate_on_submit():
        return render_template("imports/upload.html", form=form), 422 if form.errors else 200
    site = agent().site
    arrival = Arrival(
        content=form.file.data.read(),
        file_name=form.file.data.filename or _("sans nom"),
        source_code=form.source.data or "",
        secrets=secrets_from(
            private_key=sent_bytes(form.key.data),
            certificate=sent_bytes(form.certificate.data),
            passwords=(form.password.data,) if form.password.data else (),
        ),
        zone=site.time_zone,
        allow_fiction=g.settings.fiction_numbers or site.kind is SiteKind.TRAINING,
        programme=site.programme,
        by=agent().member_id,
    )
    try:
        report = load(arrival)
    except (FileRefused, AnotherLotIsLoading) as refusal:
        at_fault = FIELD_AT_FAULT.get(refusal.refusal, "file") if isinstance(refusal, FileRefused) else "file"
        form[at_fault].errors = [refusal.message]
        return render_template("imports/upload.html", form=form), refusal.status
    flash(said_of(report["created"]))
    return redirect(url_for("imports.lot", lot_id=report["lot"]), 303)


def said_of(created: int) -> str:
    """Say what loading a lot brought."""
    words: str = (
        ngettext(
            "Lot chargé : %(num)d dossier créé, à appeler dès maintenant.",
            "Lot chargé : %(num)d dossiers créés, à appeler dès maintenant.",
            created,
        )
        if created
        else _("Lot chargé : aucun dossier nouveau.")
    )
    return words


def sent_bytes(upload_field: Any) -> bytes:
    """Return the content of an optional file field."""
    content: bytes = upload_field.read() if upload_field else b""
    return content


@bp.get("/lots/<int:lot_id>")
@may(Role.IMPORTER)
def lot(lot_id: int) -> ResponseReturnValue:
    """Show what came, what became of each line, and what is to be corrected."""
    found = queries.get_lot(lot_id)
    wanted = request.args.get("outcome", "")
    outcome = Outcome(wanted) if wanted in {one.value for one in Outcome} else None
    rows = queries.lines_of(
        lot_id, outcome=outcome, after_row=request.args.get("after", 0, type=int), limit=PAGE_SIZE + 1
    )
    page = page_of(rows, [line.row_number for line in rows])
    return render_template(
        "imports/lot.html",
        lot=found,
        is_unfinished=found.state is LotState.LOADING,
        page=page,
        outcome=outcome,
        received_by=staff.member_names([found.received_by] if found.received_by else []),
        references=cases.references(line.case_id for line in page.rows if line.case_id),
        words=words(),
        counts=found.counts or queries.report(lot_id),
    )


@bp.get("/lots/<int:lot_id>/lines/<int:row_number>")
@may(Role.IMPORTER)
def line(lot_id: int, row_number: int) -> ResponseReturnValue:
    """Show a quarantined line with its fields as they came; that it was seen is recorded."""
    found = queries.get_lot(lot_id)
    with transaction():
        one = queries.get_line(lot_id, row_number)
        fields = queries.fields_of(one)
        if fields is not None:
            events.saw([f"line:{one.id}"], by=agent().member_id, at=clock.now(), why="lot")
    return render_template("imports/line.html", lot=found, line=one, fields=fields, words=words())


def words() -> dict[str, Any]:
    """Return the words of outcomes and codes for the templates."""
    return {
        "outcome": OUTCOME_WORDS,
        "outcomes": OUTCOMES_WORDS,
        "tones": OUTCOME_TONES,
        "problems": {problem.value: PROBLEM_WORDS[problem] for problem in Problem},
        "doubts": {doubt.value: DOUBT_WORDS[doubt] for doubt in Doubt},
        "states": STATE_WORDS,
        "state_tones": STATE_TONES,
    }
