"""Pages for the notes of a site after the call: lists by state and day, and one note with what can be done to it."""

from datetime import date

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.messages import queries as messages
from tracing.sickleave import queries as notes
from tracing.sickleave import words
from tracing.sickleave.assessment import sentence_of
from tracing.sickleave.delivery import queries as delivery
from tracing.sickleave.delivery import words as delivery_words
from tracing.sickleave.errors import DaysMoved, NoteNotAllowed, TooEarly, TooLate
from tracing.sickleave.mending import (
    bearer_services,
    first_pages,
    own_days,
    own_days_services,
    possible_days,
    queries,
    services,
)
from tracing.sickleave.mending import words as mending_words
from tracing.sickleave.mending.forms import (
    BearerForm,
    CancelNoteForm,
    KeepNoteForm,
    NoteDecisionForm,
    ProlongForm,
    ReplaceForm,
)
from tracing.sickleave.mending.queries import NoteFile
from tracing.sickleave.mending.rules import NoteList
from tracing.sickleave.models import NoteKind, NoteState, SickNote
from tracing.sickleave.rules import NoteAllowed
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.ui.forms import PageForm


@may(Role.ADVISER, Role.SUPERVISOR)
def to_mend() -> ResponseReturnValue:
    """List the notes of the site that no longer fit what is decided of their person."""
    return _list(NoteList.TO_MEND)


@may(Role.ADVISER, Role.SUPERVISOR)
def listing() -> ResponseReturnValue:
    """List the notes of the site in a state, of every day or of one."""
    asked = request.args.get("state", "")
    return _list(NoteList(asked) if asked in set(NoteList) else NoteList.ISSUED)


@may(Role.ADVISER, Role.SUPERVISOR)
def note(note_id: int) -> ResponseReturnValue:
    """Show a note: its days, what became of it, and what can be done to it. It shows no name."""
    return _note(note_id)


@may(Role.ADVISER, Role.SUPERVISOR)
def prolong(note_id: int) -> ResponseReturnValue:
    """Prolong a note without a call."""
    form = ProlongForm()
    if not form.validate():
        return _note(note_id, form=form)
    try:
        with transaction():
            _refuse_if_kept(note_id, form)
            new = services.prolong(
                note_id,
                last_day=form.last_day.data,
                result_is_awaited=form.awaits_result,
                not_worked_since=form.has_not_worked,
                by=agent(),
                at=clock.database_now(),
            )
    except (NoteNotAllowed, DaysMoved) as refusal:
        return _note(note_id, form=form, refused=refusal.message)
    except Refused as refusal:
        return _note(note_id, form=form, refused=refusal.message, status=refusal.status)
    flash(_("L’arrêt est prolongé par %(number)s.", number=new.number) + _told(new))
    return _to(new)


@may(Role.ADVISER, Role.SUPERVISOR)
def replace(note_id: int) -> ResponseReturnValue:
    """Replace a note without a call."""
    form = ReplaceForm()
    if not form.validate():
        return _note(note_id, form=form)
    try:
        with transaction():
            _refuse_if_kept(note_id, form)
            new = services.replace(
                note_id,
                form.chosen,
                first_day=form.first_day.data,
                last_day=form.last_day.data,
                by=agent(),
                at=clock.database_now(),
            )
    except (NoteNotAllowed, DaysMoved, TooEarly, TooLate) as refusal:
        return _note(note_id, form=form, refused=refusal.message)
    except Refused as refusal:
        return _note(note_id, form=form, refused=refusal.message, status=refusal.status)
    flash(_("L’arrêt est remplacé par %(number)s.", number=new.number) + _told(new))
    return _to(new)


@may(Role.ADVISER, Role.SUPERVISOR)
def bearer(note_id: int) -> ResponseReturnValue:
    """Show name and address of a note's person, to be corrected; the log retains that they were seen."""
    with transaction():
        known = bearer_services.bearer_of(note_id, by=agent(), at=clock.now())
    names = ("first_names", "birth_name", "usual_name", "address", "postcode", "city")
    return _bearer(note_id, BearerForm(formdata=None, data={name: getattr(known, name) for name in names}))


@may(Role.ADVISER, Role.SUPERVISOR)
def correct_bearer(note_id: int) -> ResponseReturnValue:
    """Put a note with the right name in the place of one, without a call."""
    form = BearerForm()
    if not form.validate():
        return _bearer(note_id, form), 422
    try:
        with transaction():
            new = bearer_services.correct_bearer(note_id, form.corrected, by=agent(), at=clock.database_now())
    except (NoteNotAllowed, Refused) as refusal:
        return _bearer(note_id, form, refused=refusal.message), refusal.status
    flash(_("L’arrêt est remplacé par %(number)s.", number=new.number) + _told(new))
    return _to(new)


@may(Role.ADVISER, Role.SUPERVISOR)
def renew(note_id: int) -> ResponseReturnValue:
    """Make note and link anew, because the birth date that opened the link was corrected."""
    try:
        with transaction():
            new = bearer_services.renew(
                note_id, address=g.settings.public_pages, by=agent(), at=clock.database_now()
            )
    except Refused as refusal:
        return _note(note_id, refused=refusal.message, status=refusal.status)
    if new.id == note_id:
        flash(_("Un autre lien est fait\u202f: lisez-le à la personne quand elle est au téléphone."))
    else:
        flash(_("L’arrêt est remplacé par %(number)s.", number=new.number) + _told(new))
    return _to(new)


@may(Role.ADVISER, Role.SUPERVISOR)
def cancel_after_call(note_id: int) -> ResponseReturnValue:
    """Cancel a note without a call."""
    form = CancelNoteForm()
    if not form.validate():
        return _note(note_id, form=form)
    try:
        with transaction():
            _refuse_if_kept(note_id, form)
            done = services.cancel(note_id, form.chosen, by=agent(), at=clock.database_now())
    except Refused as refusal:
        return _note(note_id, form=form, refused=refusal.message, status=refusal.status)
    flash(_("%(number)s est annulé. Son numéro ne servira plus.", number=done.number) + _told(done))
    return _to(done)


@may(Role.ADVISER, Role.SUPERVISOR)
def leave_as_it_is(note_id: int) -> ResponseReturnValue:
    """Leave a note as it is although it no longer fits."""
    form = KeepNoteForm()
    if not form.validate():
        return _note(note_id, form=form)
    try:
        with transaction():
            if form.kept.data is not None:  # the same reason twice is one decision
                services.refuse_if_kept(note_id, seen=form.chosen.value, words=words.KEEP_WORDS, by=agent())
            kept = services.leave_as_it_is(note_id, form.chosen, by=agent(), at=clock.database_now())
    except Refused as refusal:
        return _note(note_id, form=form, refused=refusal.message, status=refusal.status)
    flash(_("%(number)s reste tel quel. Un autre changement le ramènera ici.", number=kept.number))
    return redirect(url_for("sickleave.to_mend"), 303)


@may(Role.ADVISER, Role.SUPERVISOR)
def leave_own_days(note_id: int) -> ResponseReturnValue:
    """Leave the parent's own days without a note."""
    with transaction():
        left = own_days_services.leave_own_days(note_id, by=agent(), at=clock.database_now())
    flash(_("C’est noté\u202f: %(number)s n’est plus à reprendre pour ces jours.", number=left.number))
    return redirect(url_for("sickleave.to_mend"), 303)


@may(Role.ADVISER)
def countersign(note_id: int) -> ResponseReturnValue:
    """Countersign that a note was cancelled or replaced."""
    try:
        with transaction():
            done = services.countersign(note_id, by=agent(), at=clock.database_now())
    except Refused as refusal:
        return _note(note_id, refused=refusal.message, status=refusal.status)
    flash(_("%(number)s est contresigné.", number=done.number))
    return redirect(url_for("sickleave.listing", state=NoteList.TO_COUNTERSIGN.value), 303)


@may(Role.ADVISER)
def restore(note_id: int) -> ResponseReturnValue:
    """Make a cancelled note valid again."""
    try:
        with transaction():
            done = services.restore(note_id, by=agent(), at=clock.database_now())
    except Refused as refusal:
        return _note(note_id, refused=refusal.message, status=refusal.status)
    flash(_("%(number)s est de nouveau valable.", number=done.number) + _told(done))
    return _to(done)


def _refuse_if_kept(note_id: int, form: NoteDecisionForm) -> None:
    if form.kept.data is not None:
        services.refuse_if_kept(note_id, seen=form.kept.data, words=words.KEEP_WORDS, by=agent())


def _bearer(note_id: int, form: BearerForm, *, refused: str = "") -> str:
    with transaction():
        found = queries.note_file(note_id, agent())
    return render_template("sickleave/bearer.html", note=found.note, form=form, refused=refused)


def _told(note: SickNote) -> str:
    """Return what is said of the letter about a note: it waits, or why there is none."""
    if queries.letter_waits(note.id):
        return f" {_('La lettre attend dans les messages.')}"
    if messages.is_stopped(note.person_id):
        stopped = _("Les messages à cette personne sont arrêtés\u202f: aucune lettre ne part.")
        return f" {stopped}"
    return f" {_('Rien n’était encore parti à la personne.')}"


def _list(which: NoteList) -> ResponseReturnValue:
    site = agent().site
    day = _day(request.args.get("day", ""))
    after = request.args.get("after", type=int)
    return render_template(
        "sickleave/notes.html",
        which=which,
        may_export=agent().holds(Role.SUPERVISOR),
        page=queries.notes_in(which, site.id, day=day, zone=site.time_zone, after_id=after, at=clock.now()),
        after=after,
        day=day,
        counts={
            NoteList.TO_MEND: queries.count_to_mend(
                site.id, today=clock.local_day(clock.now(), site.time_zone)
            ),
            NoteList.TO_COUNTERSIGN: notes.count_to_countersign(site.id),
            NoteList.TO_DELIVER: queries.count_to_deliver(site.id, at=clock.now()),
        },
        list_words=mending_words.LIST_WORDS,
        lead=mending_words.LEAD_WORDS[which],
        empty_words=mending_words.EMPTY_WORDS.get(which),
        **_words(),
    )


def _note(
    note_id: int, *, form: PageForm | None = None, refused: str = "", status: int | None = None
) -> ResponseReturnValue:
    """Return the page of a note; `status` is that of a refusal because the note is not what it was."""
    by, at = agent(), clock.now()
    with transaction():
        found = queries.note_file(note_id, by)
        is_open = found.note.state is NoteState.ISSUED
        proposal = possible_days.propose(found.note, by=by, at=at) if is_open else None
        deliveries = delivery.every_delivery(note_id, at=at)
        today = clock.local_day(at, by.site.time_zone)
        own_until = own_days.uncovered_until(found.note, today=today)
    page = render_template(
        "sickleave/note.html",
        found=found,
        note=found.note,
        proposal=proposal,
        own_until=own_until,
        can_prolong=proposal is not None and isinstance(proposal.prolongation, NoteAllowed),
        can_replace=proposal is not None and isinstance(proposal.replacement, NoteAllowed),
        sentence_of=sentence_of,
        may_countersign=by.holds(Role.ADVISER),
        deliveries=deliveries,
        given_names=staff.member_names([one.delivery.made_by for one in deliveries]),
        way_words=delivery_words.WAY_WORDS,
        given_words=delivery_words.STATE_WORDS,
        given_tones=delivery_words.STATE_TONES,
        refused=refused,
        # where the note no longer has the form, what was typed in it is not lost
        typed=form.as_lines() if isinstance(form, NoteDecisionForm) and not is_open else (),
        **_forms(found, proposal, form, today=today),
        **_words(),
    )
    return page, status or (200 if form is None else 422)


def _forms(
    found: NoteFile, proposal: possible_days.Proposal | None, typed: PageForm | None, *, today: date
) -> dict[str, PageForm]:
    """Return the form of each thing that can be done, filled with what is proposed or with what was typed."""
    note = found.note
    prolonged = proposal.prolongation if proposal is not None else None
    replaced = proposal.replacement if proposal is not None else None
    kept = note.accepted_because.value if note.accepted_because else ""
    forms: dict[str, PageForm] = {
        "prolong_form": ProlongForm(
            formdata=None,
            data={
                "last_day": prolonged.last_day if isinstance(prolonged, NoteAllowed) else None,
                "kept": kept,
            },
        ),
        "replace_form": ReplaceForm(
            formdata=None,
            data={
                "first_day": replaced.first_day if isinstance(replaced, NoteAllowed) else note.first_day,
                "last_day": replaced.last_day if isinstance(replaced, NoteAllowed) else None,
                "kept": kept,
            },
        ),
        "cancel_form": CancelNoteForm(formdata=None, data={"kept": kept}),
        "keep_form": KeepNoteForm(formdata=None, data={"kept": kept}),
    }
    names: dict[type[PageForm], str] = {
        ProlongForm: "prolong_form",
        ReplaceForm: "replace_form",
        CancelNoteForm: "cancel_form",
        KeepNoteForm: "keep_form",
    }
    if isinstance(typed, NoteDecisionForm):
        typed.kept.data = kept  # by now the page says so
        forms[names[type(typed)]] = typed
    asked = forms["prolong_form"]
    if isinstance(asked, ProlongForm):
        asked.ask_only(work=note.last_day < today, result=note.kind is NoteKind.CONTACT)
    return forms


def _words() -> dict[str, object]:
    return {
        "state_words": words.STATE_WORDS,
        "state_tones": words.STATE_TONES,
        "kind_words": words.KIND_WORDS,
        "cancel_words": words.CANCEL_WORDS,
        "replace_words": words.REPLACE_WORDS,
        "keep_words": words.KEEP_WORDS,
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _to(note: SickNote) -> ResponseReturnValue:
    return redirect(url_for("sickleave.note", note_id=note.id), 303)


ROUTES = (
    ("/sick-notes/to-mend", to_mend, ("GET",)),
    ("/sick-notes", listing, ("GET",)),
    ("/sick-notes/<int:note_id>", note, ("GET",)),
    ("/sick-notes/<int:note_id>/prolong", prolong, ("POST",)),
    ("/sick-notes/<int:note_id>/replace", replace, ("POST",)),
    ("/sick-notes/<int:note_id>/bearer", bearer, ("GET",)),
    ("/sick-notes/<int:note_id>/bearer", correct_bearer, ("POST",)),
    ("/sick-notes/<int:note_id>/renew", renew, ("POST",)),
    ("/sick-notes/<int:note_id>/cancel", cancel_after_call, ("POST",)),
    ("/sick-notes/<int:note_id>/leave", leave_as_it_is, ("POST",)),
    ("/sick-notes/<int:note_id>/own-days", leave_own_days, ("POST",)),
    ("/sick-notes/<int:note_id>/countersign", countersign, ("POST",)),
    ("/sick-notes/<int:note_id>/restore", restore, ("POST",)),
)

first_pages.register()
