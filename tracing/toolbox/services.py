"""Commands of the toolbox: write, change and withdraw an entry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tracing.kernel import clock, events
from tracing.kernel.db import session
from tracing.kernel.redaction import redacted
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.toolbox import queries, rules
from tracing.toolbox.errors import (
    AlreadyAnEntry,
    AlreadyOver,
    EndsBeforeItStarts,
    EntryChanged,
    NamesSomebody,
)
from tracing.toolbox.models import ToolboxEntry
from tracing.toolbox.rules import Topic


@redacted
@dataclass(frozen=True)
class EntryText:
    """What an entry says, and when it holds."""

    topic: Topic
    title: str
    body: str
    from_day: date
    until: date | None


NamesBehind = Callable[[int], Sequence[str]]

_names_behind: list[NamesBehind] = []


def set_names_behind(names_of: NamesBehind) -> None:
    """Let a feature above say the names of the person behind a question: none of them may stand in an entry."""
    _names_behind[:] = [names_of]


def _names(escalation_id: int | None) -> Sequence[str]:
    return _names_behind[0](escalation_id) if escalation_id is not None and _names_behind else ()


def add(text: EntryText, *, escalation_id: int | None = None, by: Agent, at: datetime) -> ToolboxEntry:
    """Write an entry. If it is made from the answer to a question, lock that question first: it is made once.

    Raises:
        AlreadyAnEntry: one was made of this answer.
        NamesSomebody, EndsBeforeItStarts, AlreadyOver: it cannot be read by everybody, or is never in force.
    """
    known = queries.find_made_from(escalation_id) if escalation_id is not None else None
    if known is not None:
        raise AlreadyAnEntry(known.id)
    text = _checked(text, _names(escalation_id))
    _require_days_to_come(text, by=by, at=at)
    entry = ToolboxEntry(
        site_id=by.site.id,
        topic=text.topic,
        title=text.title,
        body=text.body,
        from_day=text.from_day,
        until=text.until,
        escalation_id=escalation_id,
        written_by=by.member_id,
        written_at=at,
    )
    session.add(entry)
    session.flush()
    _record("written", entry, by=by, at=at)
    return entry


def change(entry_id: int, text: EntryText, *, seen: datetime | None, by: Agent, at: datetime) -> ToolboxEntry:
    """Change an entry: what everybody reads from now on. The same text a second time changes nothing.

    `seen` is when the text that was opened had been written.

    Raises:
        NoSuchEntry: it was withdrawn.
        EntryChanged: a colleague has changed it since it was opened.
        NamesSomebody, EndsBeforeItStarts, AlreadyOver: it cannot be read by everybody, or is never in force.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    text = _checked(text, _names(entry.escalation_id))
    if text == EntryText(entry.topic, entry.title, entry.body, entry.from_day, entry.until):
        return entry
    if entry.written_at != seen:
        raise EntryChanged(staff.get_member(entry.written_by).display_name)
    _require_days_to_come(text, by=by, at=at)
    entry.topic, entry.title, entry.body = text.topic, text.title, text.body
    entry.from_day, entry.until = text.from_day, text.until
    entry.written_by, entry.written_at = by.member_id, at
    session.flush()
    _record("changed", entry, by=by, at=at)
    return entry


def withdraw(entry_id: int, *, by: Agent, at: datetime) -> None:
    """Withdraw an entry: nobody finds it any more.

    Raises:
        NoSuchEntry: it was withdrawn already.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    entry.withdrawn_at, entry.withdrawn_by = at, by.member_id
    session.flush()
    _record("withdrawn", entry, by=by, at=at)


def _checked(text: EntryText, names: Sequence[str]) -> EntryText:
    """Return a text as it is printed, or refuse it."""
    if text.until is not None and text.until < text.from_day:
        raise EndsBeforeItStarts
    if rules.names_somebody(f"{text.title}\n{text.body}", names):
        raise NamesSomebody
    return replace(text, title=rules.typeset(text.title), body=rules.typeset(text.body))


def _require_days_to_come(text: EntryText, *, by: Agent, at: datetime) -> None:
    if text.until is not None and text.until < clock.local_day(at, by.site.time_zone):
        raise AlreadyOver


def _record(what: str, entry: ToolboxEntry, *, by: Agent, at: datetime) -> None:
    events.record(
        f"toolbox.{what}",
        by=by.member_id,
        at=at,
        subject=("toolbox_entry", entry.id),
        site_id=entry.site_id,
        topic=entry.topic.value,
    )
