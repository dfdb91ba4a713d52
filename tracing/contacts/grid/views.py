"""Views of the grid: one form with all its lines, whose button says what to do; works without script, too.

Lines that are not saved yet are a draft of the tracer's. Each has a key: what it saves is saved once, whatever is sent
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import form_drafts
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.errors import NoSuchCall
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.cases.models import Case
from tracing.contacts import calling, identities, queries, rules, services, words
from tracing.contacts.errors import AlreadyNamed, IsTheCase, NoSuchContact, OutsideWindow
from tracing.contacts.grid.forms import LineForm, copy_of, line_of, lines_in, lines_of, new_key
from tracing.contacts.grid.rules import MOST_CHARACTERS, MOST_LINES, read_paste
from tracing.contacts.models import Contact, ContactStatus
from tracing.contacts.panel_views import GRID, Opened, late, panel_of, reason
from tracing.contacts.rules import ContactDetails, Described, completed_by, described_circumstances
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import contact_risk
from tracing.queue.errors import ClaimLost
from tracing.queue.models import CallTask
from tracing.staff.access import agent, is_fragment, may
from tracing.staff.models import Role, SiteKind
from tracing.ui.filters import moment, recent_days


@dataclass(repr=False)
class Grid:
    """What the grid shows: the lines that are not saved, and what was just done."""

    lines: list[LineForm] = field(default_factory=list)
    focus: str = ""
    """The key of the line to go on with."""
    same: dict[str, int] = field(default_factory=dict)
    """Lines that are somebody of the list, by key: their contact."""
    paste: str = ""
    """A pasted text that could not be read."""
    paste_error: str = ""
    saved: int = 0
    _refused: str = ""

    @property
    def open_lines(self) -> list[LineForm]:
        """The lines on the page."""
        return [line for line in self.lines if not line.is_dropped]

    @property
    def dropped(self) -> list[LineForm]:
        """The lines that were taken out and can be put back."""
        return [line for line in self.lines if line.is_dropped]

    def find(self, key: str) -> LineForm | None:
        """Return a line."""
        return next((line for line in self.lines if line.key == key), None)

    def go_on_after(self, key: str) -> None:
        """Go on with the line below one."""
        keys = [line.key for line in self.open_lines]
        if key in keys[:-1]:
            self.focus = keys[keys.index(key) + 1]

    def stay_at(self, line: LineForm) -> None:
        """Have the focus on a line that is refused: the first of several."""
        self.focus = self._refused = self._refused or line.key

    def with_a_free_line(self) -> None:
        """Have a free line at the end, and the focus on the line to go on with."""
        if not self.open_lines or not self.open_lines[-1].is_empty:
            self.lines.append(LineForm(new_key()))
        if self.find(self.focus) is None:
            self.focus = self.open_lines[-1].key


@may(Role.TRACER, Role.ADVISER)
def show(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show the list with the grid open: the lines that were begun, or a free one."""
    with transaction():
        begun = form_drafts.find(call_id, task_id, GRID, by=agent())
    return _page(call_id, task_id, Grid(lines_of(begun.fields) if begun else []))


@may(Role.TRACER, Role.ADVISER, last_words=True)
def save(call_id: int, task_id: int) -> ResponseReturnValue:
    """Do what the button says with the lines that were sent, and show the grid again."""
    grid = Grid(lines_in(request.form))
    todo, _colon, about = request.form.get("do", "save").partition(":")
    try:
        with transaction(is_work=False):
            _call, task = queries.open_call(call_id, task_id, agent())
            prepare(grid.lines, cases.get_case(task.case_id), at=clock.now())
        match todo:
            case "save":
                chosen = [line for line in grid.open_lines if about in {line.key, ""} and not line.is_empty]
                if about:
                    grid.go_on_after(about)
                for line in chosen:
                    _save_line(call_id, task_id, grid, line)
            case "same":
                _complete(call_id, task_id, grid, about)
            case "paste":
                _paste(grid)
            case "undo":
                _undo(call_id, task_id, int(about) if about.isdigit() else 0)
            case _:
                _change(grid, todo, about)
        _keep(call_id, task_id, grid)
    except ClaimLost as lost:
        text = "\n".join(line.as_text() for line in grid.open_lines if not line.is_empty)
        with transaction():
            form_drafts.forget(call_id, task_id, GRID, by=agent(), at=clock.database_now())
            if text:
                calls.keep_draft(call_id, "contact", text, by=agent(), at=clock.database_now())
        return late(call_id, task_id, lost, text)
    is_refused = grid.same or grid.paste_error or any(line.errors for line in grid.lines)
    if not is_fragment() and not is_refused:
        return redirect(url_for("contacts.grid", call_id=call_id, task_id=task_id), 303)
    answer = make_response(_page(call_id, task_id, grid))
    if is_refused:
        answer.status_code = 422
    # a shared number changes the household
    answer.headers["HX-Trigger-After-Settle"] = "contacts-changed, note-answered"
    return answer


@may(Role.TRACER, Role.ADVISER, last_words=True)
def keep_draft(call_id: int, task_id: int) -> ResponseReturnValue:
    """Keep the lines that are being typed; the answer is empty."""
    is_theirs = _keep(call_id, task_id, Grid(lines_in(request.form)))
    return "", 204 if is_theirs else 409


@may(Role.TRACER, Role.ADVISER)
def check(call_id: int, task_id: int) -> ResponseReturnValue:
    """Say of a line that is being typed what is wrong in it, and which risk it amounts to; writes nothing."""
    at = clock.now()
    with transaction():
        call, task = queries.open_call(call_id, task_id, agent())
        calls.require_identity(call, task)
        case = cases.get_case(task.case_id)
    line = next((one for one in lines_in(request.form) if one.key == request.args.get("line")), None)
    if line is None:
        raise NoSuchContact
    prepare([line], case, at=at)
    line.validate()
    if not line.first_names.data:
        line.first_names.errors = []  # it is being typed
    with transaction():
        said = _risk(line, case, _listed(case), at=at)
    return render_template("contacts/grid_said.html", line=line, is_check=True, **said)


def prepare(lines: Sequence[LineForm], case: Case, *, at: datetime) -> None:
    """Set in each line the days, minutes and numbers that this case and this site allow."""
    zone = agent().site.time_zone
    today = clock.local_day(at, zone)
    days = queries.search_days(case, on=today, zone=zone)
    choices = recent_days(today, first=days.first, last=days.last, count=(today - days.first).days + 1)
    minutes = rules.confined_minutes(get_pack(case.programme), today)
    allows = g.settings.fiction_numbers or agent().site.kind is SiteKind.TRAINING
    for line in lines:
        line.prepare(choices, confined_minutes=minutes, allow_fiction=allows)


def _page(call_id: int, task_id: int, grid: Grid) -> ResponseReturnValue:
    at = clock.now()
    grid.with_a_free_line()
    with transaction():
        _call, task = queries.open_call(call_id, task_id, agent())
        case = cases.get_case(task.case_id)
        prepare(grid.lines, case, at=at)
        listed = _listed(case)
        risks = {line.key: _risk(line, case, listed, at=at) for line in grid.open_lines}
    return panel_of(call_id, task_id, Opened(grid=grid, risks=risks))


def _listed(case: Case) -> list[Described]:
    """Return who is in the list, opened once for all lines."""
    listed = [one for one in queries.contacts_of_case(case.id) if one.status is not ContactStatus.REMOVED]
    return [one for one in queries.descriptions(listed).values() if one is not None]


def _risk(line: LineForm, case: Case, listed: Sequence[Described], *, at: datetime) -> dict[str, object]:
    """Return what the template says of a line: the risk by the rule in force, and what saving leads to."""
    today = clock.local_day(at, agent().site.time_zone)
    met = rules.circumstances_of(line.meeting, line.confined_minutes)
    risk = contact_risk(get_pack(case.programme), met, on=today)
    due = moment(calling.due_at(case, at))
    described = line.details().described
    follows = words.consequence(risk.level, due=due, has_number=bool(line.phones.data))
    if described.first_names and any(identities.is_one_person(described, one) for one in listed):
        # nothing follows from a line that adds nobody
        follows = _("Déjà dans la liste : cette ligne n’ajoute personne.")
    return {
        "risk": risk,
        "reason": reason,
        "words": words,
        "follows": follows,
        "shares": queries.who_has_a_number(described.phones, listed),
        "is_own": False,
    }


def _save_line(call_id: int, task_id: int, grid: Grid, line: LineForm) -> None:
    """Save one line in a transaction of its own: another that is refused does not keep it back."""
    if not line.validate():
        grid.stay_at(line)
        return
    try:
        with transaction():
            call, task, at = _locked(call_id, task_id)
            if not form_drafts.was_sent(call_id, task_id, GRID, line.key, by=agent()):
                services.add(call, task, line.details(), by=agent(), at=at)
                form_drafts.note_sent(call_id, task_id, GRID, line.key, by=agent(), at=at)
                grid.saved += 1
    except AlreadyNamed as refusal:
        with transaction():
            others = queries.contacts_of_case(_task(call_id, task_id).case_id)
            same = identities.find_named(line.details().described, others)
        if same is not None:
            grid.same[line.key] = same.id
        _refuse(grid, line, refusal)
    except (IsTheCase, OutsideWindow) as refusal:
        _refuse(grid, line, refusal)
    else:
        grid.lines.remove(line)


def _refuse(grid: Grid, line: LineForm, refusal: Refused) -> None:
    cell = line.day if isinstance(refusal, OutsideWindow) else line.first_names
    cell.errors = [*cell.errors, refusal.message]
    grid.stay_at(line)


def _complete(call_id: int, task_id: int, grid: Grid, about: str) -> None:
    """Complete the line of somebody who is in the list already by a second one of the same person."""
    key, _colon, number = about.partition(":")
    line = grid.find(key)
    if line is None or not number.isdigit() or not line.validate():
        return
    with transaction():
        call, task, at = _locked(call_id, task_id)
        contact = queries.get_contact(int(number), case_id=task.case_id, lock=True)
        if not form_drafts.was_sent(call_id, task_id, GRID, key, by=agent()):
            known = _known(contact)
            more = completed_by(known, line.details()) if known else line.details()
            services.edit(call, task, contact.id, more, by=agent(), at=at)
            form_drafts.note_sent(call_id, task_id, GRID, key, by=agent(), at=at)
            grid.saved += 1
    grid.lines.remove(line)


def _known(contact: Contact) -> ContactDetails | None:
    described = queries.described(contact)
    if described is None:
        return None
    return ContactDetails(
        described=described,
        last_contact_on=queries.known_day(contact),
        circumstances=described_circumstances(contact.circumstances),
        may_disclose=contact.may_disclose,
    )


def _undo(call_id: int, task_id: int, contact_id: int) -> None:
    """Take a saved line out of the list; the list offers to put it back."""
    with transaction():
        call, task, at = _locked(call_id, task_id)
        services.remove(call, task, contact_id, by=agent(), at=at)


def _paste(grid: Grid) -> None:
    """Read a pasted text into lines; one that is too long is kept as it is, and nothing of it is read."""
    text = request.form.get("pasted", "")
    today = clock.local_day(clock.now(), agent().site.time_zone)
    read = read_paste(text, today=today) if len(text) <= MOST_CHARACTERS else []
    if len(text) > MOST_CHARACTERS or len(read) + len(grid.open_lines) > MOST_LINES:
        grid.paste = text[:MOST_CHARACTERS]
        grid.paste_error = _("C’est trop long : %(most)d personnes au plus à la fois.", most=MOST_LINES)
        return
    grid.lines = [line for line in grid.lines if not line.is_empty]
    added = [line_of(one) for one in read]
    grid.lines += added
    grid.focus = added[0].key if added else ""


def _change(grid: Grid, todo: str, key: str) -> None:
    """Copy a line, take it out, or put it back."""
    line = grid.find(key)
    if line is None:
        return
    if todo == "copy":
        copied = copy_of(line)
        grid.lines.insert(grid.lines.index(line) + 1, copied)
        grid.focus = copied.key
    elif todo in {"drop", "restore"}:
        line.dropped.data = "1" if todo == "drop" else ""
        grid.focus = key if todo == "restore" else ""


def _keep(call_id: int, task_id: int, grid: Grid) -> bool:
    """Keep the lines that are not saved as a draft, without those that another copy of the form has saved."""
    by, at = agent(), clock.database_now()
    with transaction():
        calls.task_of_call(call_queries.get_call(call_id, tracer_id=by.member_id), task_id)
        left = [
            line
            for line in grid.lines
            if not line.is_empty and not form_drafts.was_sent(call_id, task_id, GRID, line.key, by=by)
        ]
        if not left:
            form_drafts.forget(call_id, task_id, GRID, by=by, at=at)
            return True
        fields = {name: values for line in left for name, values in line.typed().items()}
        text = "\n".join(line.as_text() for line in left if not line.is_dropped)
        return form_drafts.keep(call_id, task_id, GRID, fields, text, by=by, at=at)


def _task(call_id: int, task_id: int) -> CallTask:
    _call, task = queries.open_call(call_id, task_id, agent())
    return task


def _locked(call_id: int, task_id: int) -> tuple[Call, CallTask, datetime]:
    """Return the call and the task under the call's claim, and the moment of the change."""
    at = clock.database_now()
    call = calls.lock_for_write(call_id, agent(), reaching=task_id, at=at)
    if call.site_id != agent().site.id:
        raise NoSuchCall
    return call, calls.task_of_call(call, task_id), at
