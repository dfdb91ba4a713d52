"""Pages of the lines to correct: one by one or in a workbook, and the list over all lots."""

import io
from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from tracing.cases import queries as cases
from tracing.imports.corrections import jobs as correction_jobs
from tracing.imports.corrections import queries as waiting_lines
from tracing.imports.corrections import services as corrections
from tracing.imports.corrections import taken_ids
from tracing.imports.corrections.services import CORRECTABLE, Corrected, SetAside
from tracing.imports.corrections.taken_ids import WhatItIs
from tracing.imports.corrections.words import (
    FAULT_WORDS,
    LIKENESS_WORDS,
    PART_WORDS,
    SET_ASIDE_WORDS,
    TAKEN_WORDS,
    said_of_file,
)
from tracing.imports.errors import (
    AnotherLotIsLoading,
    FileRefused,
    NoFileYet,
    NoLongerToCorrect,
    NotEncrypted,
)
from tracing.imports.format.faults import Fault, Why
from tracing.imports.format.own_fields import person_in
from tracing.imports.lots import queries
from tracing.imports.models import ImportLine, ImportLot
from tracing.imports.pages.correction_forms import CorrectedFileForm, CorrectionForm, SetAsideForm
from tracing.imports.pages.lot_words import PROBLEM_WORDS
from tracing.imports.pages.lots import words
from tracing.imports.pages.source_words import EXTRA_WORDS, FIELD_GROUPS
from tracing.imports.rules import Outcome
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.kernel.paging import PAGE_SIZE, page_of
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import read_log_reason, scope_of

bp = Blueprint("corrections", __name__, template_folder="templates")

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LATE, VERY_LATE = timedelta(hours=4), timedelta(hours=24)
"""Age since arrival: a first call is promised within hours, and after a day every call is late."""


@bp.get("/corrections")
@may(Role.IMPORTER)
def waiting() -> ResponseReturnValue:
    """List the lines to correct of all lots, oldest first."""
    after, scope = request.args.get("after", 0, type=int), scope_of(agent())
    rows = waiting_lines.waiting(scope, after_id=after, limit=PAGE_SIZE + 1)
    now = clock.now()
    return render_template(
        "imports/corrections.html",
        page=page_of(rows, [one.line.id for one in rows]),
        total=waiting_lines.count_waiting(scope),
        late=now - LATE,
        very_late=now - VERY_LATE,
        problem_words=PROBLEM_WORDS,
    )


@bp.route("/lots/<int:lot_id>/lines/<int:row_number>", methods=["GET", "POST"])
@may(Role.IMPORTER)
def line(lot_id: int, row_number: int) -> ResponseReturnValue:
    """Show a line with each fault beside its field, and correct it; records that the line was seen."""
    found = queries.get_lot(lot_id, scope_of(agent()))
    one = waiting_lines.get_line(lot_id, row_number)
    fields = queries.fields_of(one)
    is_open = waiting_lines.is_to_correct(one) and found.state in CORRECTABLE
    if not is_open or fields is None:
        if request.method == "POST":
            raise NoLongerToCorrect
        return _line_page(found, one, fields)
    form = CorrectionForm(data=fields)
    if not form.validate_on_submit():
        is_sent = request.method == "POST"
        faults = () if is_sent else correction_jobs.faults_now(one, found, g.settings)
        return _line_page(found, one, fields, form, faults), 422 if is_sent else 200
    raw = corrections.typed(row_number, lambda name: form[name].data or "")
    try:
        corrected = correction_jobs.correct_line(
            lot_id,
            raw,
            allow_old="despite_age" in request.form,
            settings=g.settings,
            by=agent().member_id,
        )
    except AnotherLotIsLoading as busy:
        return _line_page(found, one, fields, form, said=busy.message), busy.status
    if row_number in corrected.wrong:
        one = waiting_lines.get_line(lot_id, row_number)
        still = corrected.wrong[row_number]
        said = "" if still else _("L’identifiant de cette ligne est encore celui d’une autre personne.")
        return _line_page(found, one, fields, form, still, said=said), 422
    return _after(found, row_number, corrected)


def _after(
    lot: ImportLot, row_number: int, corrected: Corrected, became: str | LazyString = ""
) -> ResponseReturnValue:
    """Say what a line has become and go on to the next one to correct."""
    if row_number not in corrected.taken:
        raise NoLongerToCorrect
    became = became or TAKEN_WORDS[corrected.taken[row_number]]
    following = waiting_lines.next_row(lot.id, row_number)
    if following is None:
        flash(
            _(
                "Ligne %(row)s corrigée : %(became)s. C’était la dernière de ce lot.",
                row=row_number,
                became=became,
            )
        )
        return redirect(url_for("imports.lot", lot_id=lot.id), 303)
    flash(_("Ligne %(row)s corrigée : %(became)s. Voici la suivante.", row=row_number, became=became))
    return redirect(url_for("corrections.line", lot_id=lot.id, row_number=following), 303)


def _line_page(
    lot: ImportLot,
    one: ImportLine,
    fields: dict[str, str] | None,
    form: CorrectionForm | None = None,
    faults: tuple[Fault, ...] = (),
    *,
    aside: SetAsideForm | None = None,
    said: str = "",
) -> str:
    """Show a line, with the form if it is to be corrected."""
    at_fault = dict.fromkeys(fault.field for fault in faults)
    if form is not None:
        for fault in faults:
            form[fault.field].errors = [*form[fault.field].errors, FAULT_WORDS[fault.why]]
        at_fault = dict.fromkeys(name for group in FIELD_GROUPS for name in group[1] if form[name].errors)
    beside = taken_ids.taken_in(one, scope_of(agent())) if form is not None else []
    with transaction():
        if fields is not None:
            events.record_access(
                [f"line:{one.id}", *taken_ids.shown(beside)],
                by=agent().member_id,
                at=clock.now(),
                why=read_log_reason(lot.owner_site_id),
            )
        changes = waiting_lines.changes_of(one)
    return render_template(
        "imports/line.html",
        lot=lot,
        line=one,
        fields=fields,
        form=form,
        at_fault=list(at_fault),
        beside=beside,
        offers=[what.value for what in taken_ids.offers(one)] if form is not None else [],
        named=person_in(fields) if fields is not None else None,
        part_words=PART_WORDS,
        likeness_words=LIKENESS_WORDS,
        waiting_for_ids=taken_ids.count_waiting_for_ids(lot.source_code) if beside else 0,
        groups=FIELD_GROUPS,
        teaches=any(fault.why in (Why.UNKNOWN_CODE, Why.UNKNOWN_TEST) for fault in faults),
        extra_words=EXTRA_WORDS,
        aside=aside or (SetAsideForm(formdata=None) if form is not None else None),
        said=said,
        is_old="despite_age" in request.form or any(fault.why is Why.TOO_OLD for fault in faults),
        is_sent=request.method == "POST" and aside is None,
        contact=source_queries.get_source(lot.source_code).contact,
        changes=changes,
        names=staff.member_names(change.by for change in changes if change.by is not None),
        why_words=SET_ASIDE_WORDS,
        why=SetAside(one.set_aside_why) if one.set_aside_why else None,
        settled_by=waiting_lines.find_settling(one),
        references=cases.references([one.case_id] if one.case_id else []),
        following=waiting_lines.next_row(lot.id, one.row_number) if lot.state in CORRECTABLE else None,
        left=waiting_lines.count_of(lot.id) if form is not None else 0,
        words=words(),
    )


@bp.post("/lots/<int:lot_id>/lines/<int:row_number>/set-aside")
@may(Role.IMPORTER)
def set_aside(lot_id: int, row_number: int) -> ResponseReturnValue:
    """Set a line aside as not to be corrected, with the reason."""
    found = queries.get_lot(lot_id, scope_of(agent()))
    form = SetAsideForm()
    if not form.validate_on_submit():
        one = waiting_lines.get_line(lot_id, row_number)
        fields = queries.fields_of(one)
        if fields is None or not waiting_lines.is_to_correct(one):
            raise NoLongerToCorrect
        faults = correction_jobs.faults_now(one, found, g.settings)
        kept = CorrectionForm(formdata=None, data=fields)
        return _line_page(found, one, fields, kept, faults, aside=form), 422
    with transaction():
        one = waiting_lines.get_line(lot_id, row_number, lock=True)
        corrections.set_aside(one, SetAside(form.why.data), by=agent().member_id, at=clock.now())
        following = waiting_lines.next_row(lot_id, row_number)
    flash(_("Ligne %(row)s classée sans suite.", row=row_number))
    return redirect(
        url_for("corrections.line", lot_id=lot_id, row_number=row_number if following is None else following),
        303,
    )


@bp.post("/lots/<int:lot_id>/lines/<int:row_number>/person")
@may(Role.IMPORTER)
def say(lot_id: int, row_number: int) -> ResponseReturnValue:
    """Say once what a line is whose result id was taken in before: a correction, another patient, an id used again."""
    found = queries.get_lot(lot_id, scope_of(agent()))
    chosen = request.form.get("said", "")
    if chosen not in {what.value for what in WhatItIs}:
        raise NoLongerToCorrect
    what, by = WhatItIs(chosen), agent().member_id
    if what is WhatItIs.REUSED:
        one = waiting_lines.get_line(lot_id, row_number)
        if what not in taken_ids.offers(one):
            raise NoLongerToCorrect
        with transaction():
            source_queries.get_source(found.source_code, scope_of(agent()))
            source_services.distrust_ids(found.source_code, by=by, at=clock.now())
        decided = correction_jobs.decide_without_ids(found.source_code, settings=g.settings, by=by)
        flash(
            ngettext(
                "%(num)d ligne de cet expéditeur a été reprise sans son identifiant.",
                "%(num)d lignes de cet expéditeur ont été reprises sans leur identifiant.",
                decided,
            )
        )
        return redirect(url_for("imports.lot", lot_id=lot_id), 303)
    case_id = request.form.get("case", type=int)
    outcome = correction_jobs.say(lot_id, row_number, what, case_id, settings=g.settings, by=by)
    if outcome is Outcome.QUARANTINED:
        flash(_("Ligne %(row)s : elle contredit le même lot. Dites ce qui compte.", row=row_number))
        return redirect(url_for("corrections.line", lot_id=lot_id, row_number=row_number), 303)
    became = (
        _("la personne connue, dont le nom et la date sont corrigés s’il le fallait")
        if outcome is Outcome.DUPLICATE
        else ""
    )
    return _after(found, row_number, Corrected(taken={row_number: outcome}), became)


@bp.post("/lots/<int:lot_id>/lines/<int:row_number>/take-up")
@may(Role.IMPORTER)
def take_up(lot_id: int, row_number: int) -> ResponseReturnValue:
    """Put a line that was set aside back on the list to correct."""
    with transaction():
        queries.get_lot(lot_id, scope_of(agent()))
        one = waiting_lines.get_line(lot_id, row_number, lock=True)
        corrections.take_up(one, by=agent().member_id, at=clock.now())
    flash(_("Ligne %(row)s remise à corriger.", row=row_number))
    return redirect(url_for("corrections.line", lot_id=lot_id, row_number=row_number), 303)


@bp.route("/lots/<int:lot_id>/corrections", methods=["GET", "POST"])
@may(Role.IMPORTER)
def of_lot(lot_id: int) -> ResponseReturnValue:
    """List the lines to correct of a lot, and load a workbook of corrected ones."""
    found = queries.get_lot(lot_id, scope_of(agent()))
    form = CorrectedFileForm()
    if not form.validate_on_submit():
        return _lot_page(found, form), 422 if form.errors else 200
    try:
        corrected, unreadable = correction_jobs.correct_file(
            lot_id, form.file.data.read(), settings=g.settings, by=agent().member_id
        )
    except NotEncrypted as refusal:
        form.file.errors = [
            _("Ce fichier n’est plus protégé. Enregistrez-le avec le mot de passe ci-dessus.")
        ]
        return _lot_page(found, form), refusal.status
    except (FileRefused, AnotherLotIsLoading, NoFileYet) as refusal:
        form.file.errors = [refusal.message]
        return _lot_page(found, form), refusal.status
    flash(" ".join(said_of_file(corrected, unreadable=unreadable)))
    return redirect(url_for("corrections.of_lot", lot_id=lot_id), 303)


def _lot_page(lot: ImportLot, form: CorrectedFileForm) -> str:
    after = request.args.get("after", 0, type=int)
    rows = waiting_lines.waiting_of(lot.id, after_row=after, limit=PAGE_SIZE + 1)
    password = correction_jobs.password_of(lot)
    if password is None and rows:
        # shown before the download: the page cannot notice that the browser saved a file
        password = correction_jobs.password_for(lot.id)
    return render_template(
        "imports/lot_corrections.html",
        lot=lot,
        form=form,
        page=page_of(rows, [one.row_number for one in rows]),
        total=waiting_lines.count_of(lot.id),
        old=waiting_lines.count_old_of(lot.id),
        most=correction_jobs.MOST_LINES,
        password=password,
        can_correct=lot.state in CORRECTABLE,
        problem_words=PROBLEM_WORDS,
    )


@bp.post("/lots/<int:lot_id>/corrections/old")
@may(Role.IMPORTER)
def load_old(lot_id: int) -> ResponseReturnValue:
    """Load the lines of a lot that wait only because their sampling is old."""
    found = queries.get_lot(lot_id, scope_of(agent()))
    try:
        corrected = correction_jobs.load_old_lines(found.id, settings=g.settings, by=agent().member_id)
    except AnotherLotIsLoading as busy:
        form = CorrectedFileForm(formdata=None)
        form.file.errors = [busy.message]
        return _lot_page(found, form), busy.status
    flash(" ".join(said_of_file(corrected, unreadable=0)))
    return redirect(url_for("corrections.of_lot", lot_id=lot_id), 303)


@bp.post("/lots/<int:lot_id>/corrections/file")
@may(Role.IMPORTER)
def download(lot_id: int) -> ResponseReturnValue:
    """Send the lines to correct as a protected workbook, with a column that says what is wrong."""
    queries.get_lot(lot_id, scope_of(agent()))
    content = correction_jobs.file_of(lot_id, settings=g.settings, by=agent().member_id)
    name = _("lot-%(number)s-a-corriger.xlsx", number=lot_id)
    answer = send_file(io.BytesIO(content), mimetype=WORKBOOK, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
