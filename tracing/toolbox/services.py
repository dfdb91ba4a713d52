"""Commands of the toolbox: write, change and withdraw an entry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.kernel.redaction import redacted
from tracing.staff.agent import Agent
from tracing.toolbox import queries, rules
from tracing.toolbox.errors import EndsBeforeItStarts, NamesSomebody
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


def add(
    text: EntryText, *, names: Sequence[str] = (), escalation_id: int | None = None, by: Agent, at: datetime
) -> ToolboxEntry:
    """Write an entry. `names` are those of the person of the question it was made from.

    Raises:
        NamesSomebody, EndsBeforeItStarts: it cannot be read by everybody, or is never in force.
    """
    text = _checked(text, names)
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


def change(entry_id: int, text: EntryText, *, by: Agent, at: datetime) -> ToolboxEntry:
    """Change an entry: what everybody reads from now on.

    Raises:
        NoSuchEntry: it was withdrawn.
        NamesSomebody, EndsBeforeItStarts: it cannot be read by everybody, or is never in force.
    """
    entry = queries.get_entry(entry_id, site_id=by.site.id, lock=True)
    text = _checked(text, ())
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


def _record(what: str, entry: ToolboxEntry, *, by: Agent, at: datetime) -> None:
    events.record(
        f"toolbox.{what}",
        by=by.member_id,
        at=at,
        subject=("toolbox_entry", entry.id),
        site_id=entry.site_id,
        topic=entry.topic.value,
    )
