"""Read hand-offs: the list of a site, and those of a call or a case."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from tracing.cases.models import Case
from tracing.hand_offs.errors import NoSuchHandOff
from tracing.hand_offs.models import HandOff
from tracing.hand_offs.rules import HandOffState
from tracing.kernel.db import fresh, session
from tracing.kernel.paging import Page
from tracing.places.queries import AlsoThere, also_there
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Clusters, clusters
from tracing.queue.models import CallTask, TaskKind

PAGE = 50


@dataclass(frozen=True)
class Listed:
    """A hand-off with the reference of its record."""

    hand_off: HandOff
    reference: str
    programme: str
    is_contact: bool
    """It was learnt from a contact of the case."""


def listed(site_id: int, *, waiting: bool, key: int | None = None) -> Page[Listed]:
    """Return the hand-offs of a site: those with something left to do, the oldest first; or the others, the latest first."""
    chosen = (
        select(HandOff, Case.reference, Case.programme, CallTask.kind)
        .join(Case, Case.id == HandOff.case_id)
        .join(CallTask, CallTask.id == HandOff.task_id)
        .where(HandOff.site_id == site_id)
        .limit(PAGE + 1)
    )
    if waiting:
        chosen = chosen.where(HandOff.is_waiting).order_by(HandOff.id)
        chosen = chosen if key is None else chosen.where(HandOff.id > key)
    else:
        chosen = chosen.where(~HandOff.is_waiting).order_by(HandOff.id.desc())
        chosen = chosen if key is None else chosen.where(HandOff.id < key)
    rows = session.execute(chosen).all()
    shown = rows[:PAGE]
    found = [Listed(row[0], row[1], row[2], row[3] is not TaskKind.CASE_FIRST) for row in shown]
    return Page(found, shown[-1][0].id if len(rows) > PAGE else None)


def no_longer_met(waiting: Iterable[tuple[HandOff, str]], *, on: date) -> frozenset[int]:
    """Return which of these, each with its programme, were put on the list for a cluster that is none any more.

    A place counts if enough others named it, from so many days before the hand-off on: that the days have passed since
    undoes nothing, a withdrawn result or a corrected place does. Of what was sent already nothing is said here.
    """
    rules = {}
    for one, programme in waiting:
        rule = clusters(get_pack(programme), on=on)
        if one.state is HandOffState.TO_SEND and one.reason == rule.reason:
            rules[one] = rule
    if not rules:
        return frozenset()
    since = min(rule.since(one.opened_at) for one, rule in rules.items())
    others = also_there({one.case_id for one in rules}, since=since)
    return frozenset(one.id for one, rule in rules.items() if not _is_cluster(one, rule, others))


def _is_cluster(hand_off: HandOff, rule: Clusters, others: Iterable[AlsoThere]) -> bool:
    people: dict[int, set[int]] = defaultdict(set)
    for one in others:
        if one.case_id == hand_off.case_id and one.named_at >= rule.since(hand_off.opened_at):
            people[one.place_id].add(one.person_id)
    return any(len(some) >= rule.others for some in people.values())


def count_waiting(site_id: int) -> int:
    """Return how many hand-offs of a site have something left to do."""
    return session.scalar(select(func.count()).where(HandOff.site_id == site_id, HandOff.is_waiting)) or 0


def get_hand_off(hand_off_id: int, *, site_id: int) -> HandOff:
    """Return a hand-off of a site, locked."""
    found = session.scalar(
        fresh(select(HandOff).where(HandOff.id == hand_off_id, HandOff.site_id == site_id).with_for_update())
    )
    if found is None:
        raise NoSuchHandOff
    return found


def of_task(task_id: int, *, lock: bool = False) -> Sequence[HandOff]:
    """Return every hand-off learnt in a call, in the order of learning."""
    chosen = select(HandOff).where(HandOff.task_id == task_id).order_by(HandOff.id)
    return session.scalars(fresh(chosen.with_for_update()) if lock else chosen).all()


def of_case(case_id: int, *, lock: bool = False) -> Sequence[HandOff]:
    """Return every hand-off of a record, its contacts' calls included."""
    chosen = select(HandOff).where(HandOff.case_id == case_id).order_by(HandOff.id)
    return session.scalars(fresh(chosen.with_for_update()) if lock else chosen).all()
