"""Queries of the toolbox: the entries of a site, those that fit what is typed."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from tracing.kernel.db import fresh, session
from tracing.programmes.notices import queries as notices
from tracing.programmes.notices.models import Notice
from tracing.programmes.words import TABLE_WORDS
from tracing.toolbox import rules
from tracing.toolbox.errors import NoSuchEntry
from tracing.toolbox.models import ToolboxEntry
from tracing.toolbox.rules import Topic

LONGEST_LIST = 500
MOST_NOTICES = 10


def get_entry(entry_id: int, *, site_id: int, lock: bool = False) -> ToolboxEntry:
    """Return an entry of a site.

    Raises:
        NoSuchEntry: it is another site's, or was withdrawn.
    """
    chosen = select(ToolboxEntry).where(
        ToolboxEntry.id == entry_id, ToolboxEntry.site_id == site_id, ToolboxEntry.withdrawn_at.is_(None)
    )
    found = session.scalar(fresh(chosen.with_for_update()) if lock else chosen)
    if found is None:
        raise NoSuchEntry
    return found


def find_withdrawn(entry_id: int, *, site_id: int) -> ToolboxEntry | None:
    """Return an entry of a site that was withdrawn: whoever has it open is told so."""
    return session.scalar(
        select(ToolboxEntry).where(
            ToolboxEntry.id == entry_id,
            ToolboxEntry.site_id == site_id,
            ToolboxEntry.withdrawn_at.is_not(None),
        )
    )


def find_made_from(escalation_id: int) -> ToolboxEntry | None:
    """Return the entry that was made from the answer to a question, unless it was withdrawn."""
    return session.scalar(
        select(ToolboxEntry)
        .where(ToolboxEntry.escalation_id == escalation_id, ToolboxEntry.withdrawn_at.is_(None))
        .order_by(ToolboxEntry.id)
        .limit(1)
    )


def entries(site_id: int, *, topic: Topic | None = None) -> Sequence[ToolboxEntry]:
    """Return the entries of a site, by title, those not in force included."""
    chosen = select(ToolboxEntry).where(ToolboxEntry.site_id == site_id, ToolboxEntry.withdrawn_at.is_(None))
    if topic is not None:
        chosen = chosen.where(ToolboxEntry.topic == topic)
    return session.scalars(chosen.order_by(ToolboxEntry.title, ToolboxEntry.id).limit(LONGEST_LIST)).all()


def search(
    site_id: int, words: str, *, topic: Topic | None = None, on: date, with_others: bool = False
) -> list[ToolboxEntry]:
    """Return the entries in force that have every word, those with the words in their title first.

    `with_others`: also those that are not in force, for whoever keeps them.
    """
    wanted = rules.stems(words)
    found = [
        one
        for one in entries(site_id, topic=topic)
        if (with_others or rules.is_in_force(one.from_day, one.until, on=on))
        and rules.has_all(wanted, one.title, one.body)
    ]
    return sorted(found, key=lambda one: -rules.weight(wanted, one.title, one.body))


def notices_with(programme: str, words: str) -> list[Notice]:
    """Return the notices of a programme that have every word, the latest first; those withdrawn are left out."""
    wanted = rules.stems(words)
    return [
        one
        for one in notices.notices_of(programme)
        if one.withdrawn_at is None
        and rules.has_all(wanted, str(TABLE_WORDS.get(one.subject, one.subject)), one.body)
    ][:MOST_NOTICES]


def suggested(site_id: int, words: str, *, on: date) -> list[ToolboxEntry]:
    """Return the few entries that fit a question best, as it is being typed."""
    wanted = rules.stems(words)
    weighed = [
        (rules.weight(wanted, one.title, one.body), one)
        for one in (entries(site_id) if wanted else ())
        if rules.is_in_force(one.from_day, one.until, on=on)
    ]
    fitting = [(points, one) for points, one in weighed if points >= rules.ENOUGH]
    fitting.sort(key=lambda pair: -pair[0])
    return [one for _points, one in fitting[: rules.MOST_SUGGESTED]]
