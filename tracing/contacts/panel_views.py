"""Rendering of the contact list: inside the call screen, or as a page of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from tracing.calls import form_drafts
from tracing.calls import services as calls
from tracing.calls.errors import IdentityFirst
from tracing.calls.form_drafts import FormDraft
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.contacts import calling, queries, rules, words
from tracing.contacts.forms import PREFIX, ContactForm, filled, on_day
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.queries import Line
from tracing.contacts.rules import Described
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people.phones import read_phones
from tracing.places import queries as place_queries
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Risk, clusters, contact_risk
from tracing.programmes.vocabulary import Criterion
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.scripts.wording import day_in_words
from tracing.staff.access import agent, is_fragment
from tracing.staff.models import SiteKind
from tracing.ui.filters import moment

DIALOG = "contact"
"""The name under which drafts of the dialog are kept."""
GRID = "contact_grid"
"""The same of the grid."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Opened:
    """What is open in the panel: the form, empty or for a line; and what was just done."""

    adding: bool = False
    day: date | None = None
    """The day with which an empty form begins."""
    editing: int | None = None
    removed: int | None = None
    saved: int | None = None
    form: ContactForm | None = None
    """The submitted form, if it was refused."""
    grid: Any = None
    """The grid, if it is open (`grid.views`)."""
    risks: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """What is said of each of its lines."""
    recall: Any = None
    """The days that are recalled, if they are open (`recall.views`)."""


@dataclass(frozen=True)
class Shown:
    """A line of the list with its words."""

    line: Line
    why: str
    """The circumstance that decided the risk, and the name of the rule."""
    tone: str
    follows: str


def panel_of(call_id: int, task_id: int, opened: Opened, *, status: int = 200) -> ResponseReturnValue:
    """Render the contact list of a case or, in a contact's own call, their sheet."""
    at = clock.now()
    with transaction():
        call, task = queries.open_call(call_id, task_id, agent())
        try:
            calls.require_identity(call, task)
        except IdentityFirst as refusal:
            return _page("contacts/closed.html", call_id, task_id, refusal=refusal), status
        case = cases.get_case(task.case_id)
        lines = queries.lines(_contacts(task))
        refused = queries.who_refused([one.contact for one in lines], programme=case.programme)
        begun = form_drafts.find(call_id, task_id, DIALOG, by=agent())
        form, editing = _form(case, lines, opened, begun, at=at)
        today = clock.local_day(at, agent().site.time_zone)
        _record_sight(call, lines, at=at)
        return _page(
            "contacts/panel.html",
            call_id,
            task_id,
            is_own=task.contact_id is not None,
            listed=[_shown(one, call, refused) for one in lines if not _is_removed(one)],
            removed=[one for one in lines if _is_removed(one)],
            just_removed=opened.removed,
            saved=next((one for one in lines if one.contact.id == opened.saved), None),
            form=form,
            editing=editing,
            begun=begun,
            begun_url=url_for(
                "contacts.panel",
                call_id=call_id,
                task_id=task_id,
                edit=begun.about if begun else None,
                add=None if begun and begun.about else 1,
            ),
            unsent_key=_key(form, opened, begun, editing),
            is_restored=form is not None and opened.form is None and _is_of(begun, editing),
            risk=_risk_of(form, case, at=at) if form else None,
            shares=form and shares(task, form.phones.data or "", but=editing.id if editing else None),
            saved_shares=_shares_of_saved(task, opened.saved),
            due=moment(calling.due_at(case, at)),
            kept=queries.kept_in_list([one.contact.id for one in lines]),
            grid=opened.grid if task.contact_id is None else None,
            risks=opened.risks,
            recall=opened.recall if task.contact_id is None else None,
            are_places_shared=task.contact_id is None
            and bool(place_queries.shared(case, clusters(get_pack(case.programme), on=today), at=at)),
            is_grid_begun=opened.grid is None
            and form_drafts.find(call_id, task_id, GRID, by=agent()) is not None,
        ), status


def late(
    call_id: int, task_id: int, lost: ClaimLost, text: str, *, is_saved: bool = False
) -> ResponseReturnValue:
    """Show what was typed after the claim had ended, and say that it was kept, or that it was saved before."""
    page = _page("contacts/late.html", call_id, task_id, lost=lost, text=text, is_saved=is_saved)
    return page, lost.status


def prepare(form: ContactForm, case: Case, *, at: datetime) -> None:
    """Set in a form the days, minutes and numbers that this case and this site allow."""
    zone = agent().site.time_zone
    today = clock.local_day(at, zone)
    days = queries.search_days(case, on=today, zone=zone)
    form.ask_for(rules.confined_minutes(get_pack(case.programme), today))
    form.search_between(
        days.first,
        days.last,
        _("Du %(first)s au %(last)s.", first=day_in_words(days.first), last=day_in_words(days.last)),
        today=today,
    )
    form.allow_fiction = allows_fiction()


def allows_fiction() -> bool:
    """Return whether numbers reserved for fiction may be typed here: at a training site, or if the settings say so."""
    return bool(g.settings.fiction_numbers or agent().site.kind is SiteKind.TRAINING)


def shares(task: CallTask, typed: str, *, but: int | None = None) -> list[Described]:
    """Return whom the case named with a number that is typed; none in a contact's own call, who sees nobody else.

    A remark, not a refusal: a household shares its numbers.
    """
    if task.contact_id is not None:
        return []
    numbers = read_phones(typed, allow_fiction=allows_fiction()).numbers
    return queries.sharing_a_number(numbers, queries.contacts_of_case(task.case_id), but=but)


def _shares_of_saved(task: CallTask, saved_id: int | None) -> list[Described]:
    saved = queries.find_contact(saved_id) if task.contact_id is None else None
    described = None if saved is None else queries.described(saved)
    if saved is None or described is None:
        return []
    return queries.sharing_a_number(described.phones, queries.contacts_of_case(task.case_id), but=saved.id)


def _page(template: str, call_id: int, task_id: int, **context: object) -> str:
    """Render a fragment for the call screen, or the same fragment in a page of its own."""
    here = url_for("contacts.panel", call_id=call_id, task_id=task_id)
    return render_template(
        template if is_fragment() else "contacts/page.html",
        part=template,
        call_id=call_id,
        task_id=task_id,
        here=here,
        hx={"hx-target": f"#contacts-{task_id}", "hx-swap": "innerHTML"},
        words=words,
        reason=reason,
        **context,
    )


def _contacts(task: CallTask) -> Sequence[Contact]:
    if task.contact_id is None:
        return queries.contacts_of_case(task.case_id)
    own = queries.find_contact(task.contact_id)
    return [own] if own is not None else []


def _is_removed(line: Line) -> bool:
    return line.contact.status is ContactStatus.REMOVED


def _is_of(begun: FormDraft | None, editing: Contact | None) -> bool:
    """Return whether the draft is about this line or, like the form, about a new one."""
    return begun is not None and begun.about == (editing.id if editing else None)


def _key(form: ContactForm | None, opened: Opened, begun: FormDraft | None, editing: Contact | None) -> str:
    """Return the key of the dialog: that of the refused form or of the draft, else a new one."""
    known = ""
    if opened.form is not None:
        known = form_drafts.key_in(request.form)
    elif form is not None and begun is not None and _is_of(begun, editing):
        known = begun.key
    return known or form_drafts.new_key()


def _form(
    case: Case, lines: Sequence[Line], opened: Opened, begun: FormDraft | None, *, at: datetime
) -> tuple[ContactForm | None, Contact | None]:
    """Return the open form, filled from the draft if there is one, and the contact it is about."""
    about = next((one for one in lines if one.contact.id == opened.editing and not _is_removed(one)), None)
    editing = about.contact if about else None
    form = opened.form
    if form is None and begun and _is_of(begun, editing) and (about is not None or opened.adding):
        form = ContactForm(formdata=MultiDict(begun.fields), prefix=PREFIX)
        prepare(form, case, at=at)
    elif form is None and about is not None:
        form = ContactForm(formdata=None, prefix=PREFIX, data=filled(about.contact, about.described))
        prepare(form, case, at=at)
    elif form is None and opened.adding:
        form = ContactForm(formdata=None, prefix=PREFIX, data=on_day(opened.day))
        prepare(form, case, at=at)
    return form, editing


def reason(risk: Risk) -> str:
    """Return the sentence of a rule without the risk level it begins with: the badge shows that."""
    return risk.why.rpartition("\u202f: ")[2]


def _risk_of(form: ContactForm, case: Case, *, at: datetime) -> Risk:
    today = clock.local_day(at, agent().site.time_zone)
    return contact_risk(get_pack(case.programme), form.circumstances(), on=today)


def _shown(line: Line, call: Call, refused: Collection[int]) -> Shown:
    contact, task = line.contact, line.task
    tone, follows = words.what_follows(
        contact.status,
        task.state if task else None,
        is_outside=contact.is_outside,
        has_refused=contact.id in refused,
        is_told_elsewhere=contact.told_with_id is not None and contact.status is ContactStatus.INFORMED,
        due=moment(task.due_at) if task else "",
        is_here=task is not None and task.household_id == call.household_id,
    )
    return Shown(line, _why(contact), tone, follows)


def _why(contact: Contact) -> str:
    criterion = contact.risk_criterion and words.CRITERION_WORDS[Criterion(contact.risk_criterion)]
    rule = contact.risk_rule and contact.risk_rule.rpartition("/")[2]
    return " · ".join(str(part) for part in (criterion, rule) if part)


def _record_sight(call: Call, lines: Sequence[Line], *, at: datetime) -> None:
    events.record_access(
        [f"person:{one.contact.person_id}" for one in lines],
        by=agent().member_id,
        at=at,
        why="call",
        claim=events.claim_scope(call.entry_id, call.claim_number),
    )
