"""Views of the files: search one by an exact key, read it, go on to another of its chain."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import handover_notes
from tracing.calls.errors import NoteChanged
from tracing.calls.words import OUTCOME_TONES
from tracing.calls.words import OUTCOME_WORDS as CALL_WORDS
from tracing.casefiles import chain_views, file_pages, queries, rules, services, words
from tracing.casefiles.errors import TooManySearches, UnreadableKey
from tracing.casefiles.forms import FindForm, NoteForm
from tracing.casefiles.models import FileOpening
from tracing.casefiles.queries import Key
from tracing.casefiles.rules import FoundBy
from tracing.contacts.forms import IdentityForm
from tracing.contacts.words import RISK_WORDS
from tracing.facts.rules import FactSource
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.people.errors import AsItWas, MayBeBarred
from tracing.programmes.in_force import get_pack
from tracing.sickleave.delivery import queries as delivery
from tracing.sickleave.delivery import words as delivery_words
from tracing.sickleave.words import STATE_TONES, STATE_WORDS
from tracing.staff import queries as staff
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.staff.words import WHY_WORDS
from tracing.vault.errors import IdentityDestroyed

bp = Blueprint("casefiles", __name__, template_folder="templates")


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """Return the words for the codes that the templates use."""
    return {
        "words": words,
        "call_words": CALL_WORDS,
        "call_tones": OUTCOME_TONES,
        "risk_words": RISK_WORDS,
        "why_words": WHY_WORDS,
        "state_of_call": file_pages.state_of_call,
    }


def _roles() -> frozenset[Role]:
    by = agent()
    return frozenset(role for site_id, role in by.roles if site_id == by.site.id)


@bp.route("/files", methods=["GET", "POST"])
@may(*rules.READERS)
def find() -> ResponseReturnValue:
    """Ask for one exact key and a reason, and lead to what was found."""
    form = FindForm()
    form.offer(rules.reasons_of(_roles()))
    if not form.is_submitted():
        # a page that shows a reference leads here with it; nothing else may stand in an address
        typed = queries.read_key(request.args.get("reference", ""), allow_fiction=False)
        if typed is not None and typed.kind is FoundBy.REFERENCE:
            form.key.data = typed.values[0]
        return render_template("casefiles/find.html", form=form)
    if not form.is_complete():
        return render_template("casefiles/find.html", form=form), 422
    key = _key(form)
    if key is None:
        form.key.errors = [UnreadableKey().message]
        return render_template("casefiles/find.html", form=form), 422
    with transaction():
        found = services.search(key, form.chosen, form.words.data or "", by=agent(), at=asked_at())
        if isinstance(found, TooManySearches):
            refused = found
        else:
            refused = None
            openings = queries.found_in(found.id)
            target = (
                url_for("casefiles.show", opening_id=openings[0].id)
                if len(openings) == 1
                else url_for("casefiles.found", search_id=found.id)
            )
    if refused is not None:
        form.form_errors.append(refused.message)
        return render_template("casefiles/find.html", form=form), refused.status
    return redirect(target, 303)


def _key(form: FindForm) -> Key | None:
    if form.key.data:
        return queries.read_key(form.key.data, allow_fiction=g.settings.fiction_numbers)
    if form.born.data is None:
        return None
    return queries.name_key(form.name.data or "", form.given.data or "", form.born.data)


@bp.get("/files/found/<int:search_id>")
@may(*rules.READERS)
def found(search_id: int) -> ResponseReturnValue:
    """Show what a search found: nothing, several files, or the site that follows the person."""
    by = agent()
    with transaction():
        search = queries.get_search(search_id, by=by)
        openings = [one for one in queries.found_in(search.id) if rules.is_open(one.opened_at, at=asked_at())]
        subjects = queries.subjects_opened(openings)
        person_ids = {one.person_id for one in subjects.values()}
        names = people.joint_identities(person_ids)
        if names:
            shown = people.records_shown(person_ids)
            events.record_access(shown, by=by.member_id, at=asked_at(), why="search")
        return render_template(
            "casefiles/found.html",
            search=search,
            most_found=queries.MOST_FOUND,
            rows=[(one, subjects[one.id], names.get(subjects[one.id].person_id)) for one in openings],
            other_site=staff.get_site(search.other_site_id).name if search.other_site_id else None,
        )


@bp.get("/files/<int:opening_id>")
@may(*rules.READERS)
def show(opening_id: int) -> ResponseReturnValue:
    """Show a file."""
    return _file(opening_id)


@bp.post("/files/<int:opening_id>/note")
@may(Role.SUPERVISOR, Role.ADVISER)
def keep_note(opening_id: int) -> ResponseReturnValue:
    """Leave a note for whoever calls the person next."""
    form = NoteForm()
    if not form.validate():
        return _file(opening_id, form, status=422)
    try:
        with transaction():
            opening = queries.get_opening(opening_id, by=agent(), at=asked_at())
            services.leave_note(opening, form.note.data or "", seen=form.seen.data, by=agent(), at=asked_at())
    except NoteChanged as refusal:
        form.note.errors = [refusal.message]
        return _file(opening_id, form, status=refusal.status)
    flash(_("Note gardée : qui appellera la lira.") if form.note.data else _("Note retirée."))
    return redirect(url_for("casefiles.show", opening_id=opening_id), 303)


@bp.route("/files/<int:opening_id>/identity", methods=["GET", "POST"])
@may(Role.SUPERVISOR, Role.ADVISER)
def identity(opening_id: int) -> ResponseReturnValue:
    """Show who the file says the person is; post: correct it, as they or somebody for them said."""
    form, by, at = IdentityForm(), agent(), asked_at()
    try:
        with transaction():
            subject = queries.subject_of(queries.get_opening(opening_id, by=by, at=at))
            known = people.find_joint_identity(subject.person_id)
            if known is None:
                raise IdentityDestroyed
            form.withhold(get_pack(subject.case.programme).data_fields.withheld)
            form.begin(known, FactSource.PERSON, today=clock.local_day(at, by.site.time_zone))
            if not form.validate_on_submit():
                return _identity(opening_id, form, status=422 if form.errors else 200)
            services.correct_identity(
                subject,
                form.correction,
                source=form.said_by,
                is_other=form.is_other.data,
                by=by,
                at=at,
            )
    except (AsItWas, MayBeBarred) as refusal:
        form.form_errors.append(refusal.message)
        with transaction():
            asks = isinstance(refusal, MayBeBarred)
            return _identity(opening_id, form, asks_other=asks, status=refusal.status)
    flash(_("Correction gardée au dossier, avec la parole qui compte."))
    return redirect(url_for("casefiles.show", opening_id=opening_id), 303)


@bp.post("/files/<int:opening_id>/identity/take-back")
@may(Role.SUPERVISOR, Role.ADVISER)
def take_back_identity(opening_id: int) -> ResponseReturnValue:
    """Take back everything that was corrected of who the person is."""
    by, at = agent(), asked_at()
    with transaction():
        subject = queries.subject_of(queries.get_opening(opening_id, by=by, at=at))
        services.take_back_corrections(subject, by=by, at=at)
    flash(_("Corrections reprises : l’identité est comme elle a été envoyée."))
    return redirect(url_for("casefiles.show", opening_id=opening_id), 303)


def _identity(
    opening_id: int, form: IdentityForm, *, asks_other: bool = False, status: int
) -> ResponseReturnValue:
    by, at = agent(), asked_at()
    subject = queries.subject_of(queries.get_opening(opening_id, by=by, at=at))
    known = people.find_joint_identity(subject.person_id)
    if known is None:
        raise IdentityDestroyed
    events.record_access(people.records_shown([subject.person_id]), by=by.member_id, at=at, why="file")
    if not asks_other:
        del form.is_other
    page = render_template(
        "casefiles/identity.html", form=form, opening_id=opening_id, is_corrected=bool(known.sent)
    )
    return page, status


def _file(opening_id: int, form: NoteForm | None = None, *, status: int = 200) -> ResponseReturnValue:
    by, at = agent(), asked_at()
    with transaction():
        opening = queries.get_opening(opening_id, by=by, at=at)
        subject = queries.subject_of(opening)
        services.note_reading(opening, by=by, at=at)
        page = file_pages.show(
            subject, sees=rules.seen_by(_roles()), may_see_case=services.may_see_case(subject, by=by)
        )
        shown = people.records_shown(file_pages.people_shown(page))
        events.record_access(shown, by=by.member_id, at=at, why="file")
        left = page.data.handover
        form = form or NoteForm(formdata=None, note=left.words if left is not None else "")
        form.seen.data = handover_notes.stamp(left)
        shown_page = render_template(
            "casefiles/file.html",
            page=page,
            opening=opening,
            data=page.data,
            form=form,
            note_words=STATE_WORDS,
            note_tones=STATE_TONES,
            given=delivery.given_of([one.id for one in page.data.notes], at=at),
            given_words=delivery_words.STATE_WORDS,
            given_tones=delivery_words.STATE_TONES,
        )
        return shown_page, status


@bp.post("/files/<int:opening_id>/follow")
@may(*rules.READERS)
def follow(opening_id: int) -> ResponseReturnValue:
    """Go on to another file of the chain, or of the same person."""
    by, at = agent(), asked_at()
    with transaction():
        opening = queries.get_opening(opening_id, by=by, at=at)
        target = services.follow(
            opening,
            case_id=request.form.get("case", type=int),
            contact_id=request.form.get("contact", type=int),
            by=by,
            at=at,
        )
        address = _address(target)
    return redirect(address, 303)


@bp.post("/files/of-call/<int:task_id>")
@may(Role.SUPERVISOR)
def of_call(task_id: int) -> ResponseReturnValue:
    """Open the file of a call on one of the supervisor's lists."""
    with transaction():
        address = _address(services.open_listed(task_id, by=agent(), at=asked_at()))
    return redirect(address, 303)


@bp.post("/files/of-case/<int:case_id>")
@may(Role.SUPERVISOR, Role.ADVISER)
def of_case(case_id: int) -> ResponseReturnValue:
    """Open the file of a case whose result was withdrawn."""
    with transaction():
        address = _address(services.open_withdrawn(case_id, by=agent(), at=asked_at()))
    return redirect(address, 303)


@bp.post("/files/of-question/<int:escalation_id>")
@may(Role.ADVISER)
def of_question(escalation_id: int) -> ResponseReturnValue:
    """Open the file of a question that the adviser has taken."""
    with transaction():
        address = _address(services.open_asked(escalation_id, by=agent(), at=asked_at()))
    return redirect(address, 303)


def _address(opening: FileOpening) -> str:
    return url_for("casefiles.show", opening_id=opening.id)


for path, view, methods in chain_views.ROUTES:
    bp.add_url_rule(path, view_func=view, methods=methods)
