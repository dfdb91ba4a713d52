"""Pages of lots: the list, uploading a file, and one lot with its lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.cases import queries as cases
from tracing.imports.corrections import queries as correction_queries
from tracing.imports.decryption.secrets import Secrets, secrets_from
from tracing.imports.format.faults import Problem
from tracing.imports.format.line import Doubt
from tracing.imports.loading.dry_run import rows_of_plan
from tracing.imports.lots import inbox, originals, queries, uploads
from tracing.imports.lots import services as lots
from tracing.imports.lots.progress import Pace, pace_of
from tracing.imports.lots.uploads import Upload
from tracing.imports.models import CameBy, ImportLot, ImportSource, LotState
from tracing.imports.pages.lot_forms import OpenForm, UploadForm
from tracing.imports.pages.lot_words import (
    CAME_BY_WORDS,
    CONTAINER_WORDS,
    DOUBT_WORDS,
    OUTCOME_TONES,
    OUTCOME_WORDS,
    OUTCOMES_WORDS,
    PROBLEM_WORDS,
    STATE_TONES,
    STATE_WORDS,
    STAYS_WORDS,
    inbox_sentence,
    left_out_of,
)
from tracing.imports.refusal_codes import Refusal
from tracing.imports.rules import Outcome
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources.errors import NoSuchSource
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.paging import PAGE_SIZE, page_of
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import Scope, scope_of
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("imports", __name__, template_folder="templates")

SHOWS_LINES = (LotState.LOADING, LotState.STOPPED, LotState.LOADED, LotState.UNDONE)


@bp.get("/lots", endpoint="lots")
@may(Role.IMPORTER)
def listing() -> ResponseReturnValue:
    """List the lots, newest first, preceded by those that wait for a person and by problems of the watched folder."""
    scope = scope_of(agent())
    rows = queries.lots(scope, before_id=request.args.get("before", type=int), limit=PAGE_SIZE + 1)
    page = page_of(rows, [lot.id for lot in rows])
    return render_template(
        "imports/lots.html",
        page=page,
        waiting=[] if request.args.get("before") else queries.lots_to_decide(scope),
        troubles=[inbox_sentence(trouble) for trouble in _troubles(scope)],
        labels=source_labels(scope),
        words=words(),
    )


def _troubles(scope: Scope) -> list[str]:
    """Return the problems of the watched folder; for a site only those of its own senders."""
    found = inbox.last_troubles()
    if scope.is_national:
        return found
    theirs = source_labels(scope)
    return [trouble for trouble in found if trouble.partition(":")[2] in theirs]


@bp.route("/lots/new", methods=["GET", "POST"])
@may(Role.IMPORTER)
@sent_once
def upload() -> ResponseReturnValue:
    """Receive a file uploaded from a browser; the scheduler reads it, and its lot's page shows the progress."""
    form, scope, me, at = UploadForm(), scope_of(agent()), agent().member_id, clock.now()
    sent = _sent_upload(form, at=at)
    form.is_kept(sent)
    if not form.validate_on_submit():
        return _upload_page(form, scope, sent), 422 if form.errors else 200
    try:
        with transaction():
            lot = lots.receive(
                sent.content,
                file_name=sent.file_name or _("sans nom"),
                source_code=form.source.data or "",
                one_off_secret=secret_of(sent, form.password.data),
                site_id=agent().site.id,
                scope=scope,
                keep_days=g.settings.keep_originals_days,
                by=me,
                at=at,
            )
            uploads.forget(by=me)
    except NoSuchSource as refusal:
        form.source.errors = [
            _("Ce code n’est pas celui d’un expéditeur de votre site. Choisissez-en un autre.")
        ]
        return _upload_page(form, scope, sent), refusal.status
    flash(_("Fichier reçu : il va être lu."))
    return redirect(url_for("imports.lot", lot_id=lot.id), 303)


def _sent_upload(form: UploadForm, *, at: datetime) -> Upload:
    """Return what was chosen in the form, and of what was kept after an error the rest."""
    file = form.file.data
    chosen = Upload(
        file_name=(file.filename or _("sans nom")) if file else "",
        content=sent_bytes(file),
        key=sent_bytes(form.key.data),
        certificate=sent_bytes(form.certificate.data),
    )
    token = form.kept.data or ""
    return chosen.over(uploads.find(token, by=agent().member_id, at=at) if token else None)


def _upload_page(form: UploadForm, scope: Scope, sent: Upload) -> str:
    """Return the page with the form; what was chosen in a form with an error is kept for its next copy."""
    sources = source_queries.sources(scope)
    if form.is_submitted() and sent:
        with transaction():
            form.kept.data = uploads.keep(sent, by=agent().member_id, at=clock.now())
    elif not form.is_submitted():
        form.source.data = _likely_source(sources, agent().site.id)
    labels = {source.code: source.label for source in sources}
    return render_template("imports/upload.html", form=form, sources=labels, sent=sent)


def _likely_source(sources: Sequence[ImportSource], site_id: int) -> str | None:
    """Return the only source there is, or else the only one of the member's site."""
    theirs = [source.code for source in sources if source.site_id == site_id]
    codes = [source.code for source in sources] if len(sources) == 1 else theirs
    return codes[0] if len(codes) == 1 else None


def secret_of(upload: Upload, password: str | None) -> Secrets:
    """Return the key or password that was given with a file."""
    return secrets_from(
        private_key=upload.key,
        certificate=upload.certificate,
        passwords=(password,) if password else (),
    )


def secret_in(form: OpenForm) -> Secrets:
    """Return the key or password that was given for one file only."""
    return secrets_from(
        private_key=sent_bytes(form.key.data),
        certificate=sent_bytes(form.certificate.data),
        passwords=(form.password.data,) if form.password.data else (),
    )


def sent_bytes(upload_field: Any) -> bytes:
    """Return the content of an optional file field."""
    content: bytes = upload_field.read() if upload_field else b""
    return content


def source_labels(scope: Scope) -> dict[str, str]:
    """Return the name of each source inside a scope by its code."""
    return {source.code: source.label for source in source_queries.sources(scope)}


@bp.get("/lots/<int:lot_id>")
@may(Role.IMPORTER)
def lot(lot_id: int) -> ResponseReturnValue:
    """Show a lot: its state and next step, the outcome of each line, and the lines to correct."""
    return lot_page(lot_id)


def lot_page(lot_id: int, *, form: OpenForm | None = None) -> str:
    """Return the page of a lot; `form` is a rejected form with a key or password to open it."""
    scope = scope_of(agent())
    found = queries.get_lot(lot_id, scope)
    kept_until = originals.kept_until(lot_id)
    may_open = found.refusal_code in {one.value for one in originals.OF_USE} and kept_until is not None
    people = [one for one in (found.committed_by, found.undone_by) if one is not None]
    return render_template(
        "imports/lot.html",
        lot=found,
        label=source_labels(scope).get(found.source_code, found.source_code),
        received_by=_received_by(found),
        names=staff.member_names(people),
        mapping=source_queries.mapping_version(found.mapping_id) if found.mapping_id else None,
        kept_until=kept_until,
        form=(form or OpenForm()) if may_open else None,
        progress=progress_of(found) if found.state in lots.WAITING else None,
        created=queries.created_so_far(lot_id) if found.state is LotState.LOADING else 0,
        plan=rows_of_plan(found.plan) if found.state is LotState.PLANNED else [],
        is_stale=found.state is LotState.PLANNED and queries.changed_since_planned(found),
        to_correct=correction_queries.count_of(found.id) if found.state is LotState.LOADED else 0,
        words=words(),
        **(_lines_of(found) if found.state in SHOWS_LINES else {"counts": {}, "page": None}),
    )


def _received_by(found: ImportLot) -> str:
    """Return who sent a lot, or the way it arrived."""
    if found.received_by is not None:
        return staff.member_names([found.received_by]).get(found.received_by, "?")
    return str(CAME_BY_WORDS[CameBy(found.came_by)])


def _lines_of(found: ImportLot) -> dict[str, Any]:
    wanted = request.args.get("outcome", "")
    outcome = Outcome(wanted) if wanted in {one.value for one in Outcome} else None
    rows = queries.lines_of(
        found.id, outcome=outcome, after_row=request.args.get("after", 0, type=int), limit=PAGE_SIZE + 1
    )
    page = page_of(rows, [line.row_number for line in rows])
    return {
        "page": page,
        "outcome": outcome,
        "references": cases.references(line.case_id for line in page.rows if line.case_id),
        # counts are stored when loading ends and after each correction; before that they are computed from the lines
        "counts": found.counts if found.state is LotState.LOADED else queries.report(found.id),
    }


def progress_of(found: ImportLot) -> Pace:
    """Return how far a lot has been read."""
    return pace_of(
        read=found.lines_read,
        total=found.lines_total or 0,
        started_at=found.started_at,
        at=found.progress_at,
    )


def words() -> dict[str, Any]:
    """Provide the labels of outcomes and codes to the templates."""
    return {
        "outcome": OUTCOME_WORDS,
        "outcomes": OUTCOMES_WORDS,
        "tones": OUTCOME_TONES,
        "left_out_of": left_out_of,
        "problems": {problem.value: PROBLEM_WORDS[problem] for problem in Problem},
        "doubts": {doubt.value: DOUBT_WORDS[doubt] for doubt in Doubt},
        "states": STATE_WORDS,
        "state_tones": STATE_TONES,
        "containers": CONTAINER_WORDS,
        "stays": {why.value: sentence for why, sentence in STAYS_WORDS.items()},
        "unknown_layout": Refusal.UNKNOWN_LAYOUT.value,
    }
