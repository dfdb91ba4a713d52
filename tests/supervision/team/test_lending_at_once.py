"""A tracer takes a call while being lent or sent home: the call is where they are, whoever was first."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.support.live import Live, committed
from tests.support.story import agent, identity, waiting_case
from tracing.calls import services as calls
from tracing.kernel import clock, db
from tracing.kernel.db import session, transaction
from tracing.queue import queries as queue
from tracing.queue.maintenance.absence_jobs import handle_absences
from tracing.queue.models import QueueEntry
from tracing.staff import loans as lending
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.errors import NobodyToLend
from tracing.staff.models import Loan, Member
from tracing.supervision.team import loans


@pytest.fixture
def ada(live_database: Live) -> Agent:
    """Ada, whose call waits at Nantes and at Ajaccio."""
    story = live_database.story
    committed(lambda at: waiting_case(story.nantes, at=at))
    committed(lambda at: waiting_case(story.ajaccio, identity("Luc", phones=("+33639980003",)), at=at))
    return agent(story.ada)


@pytest.fixture
def lend(live_database: Live, ada: Agent) -> Callable[[datetime], list[Loan]]:
    """Lend Ada, who was there and free when the supervisor looked."""
    story = live_database.story
    dora, to = agent(story.dora), story.ajaccio.id

    def run(at: datetime) -> list[Loan]:
        until, members = at + timedelta(hours=2), [staff.get_member(ada.member_id)]
        return lending.lend(members, 1, to, on_calls=queue.on_calls, until=until, by=dora, at=at)

    return run


def meanwhile(first: Callable[[datetime], Any], second: Callable[[datetime], Any]) -> tuple[Any, Any]:
    """Do the second while the first is done and not yet committed; each on a connection of its own."""

    def run() -> Any:
        try:
            return committed(second)
        finally:
            db.session.remove()

    with ThreadPoolExecutor(1) as thread:
        with transaction():
            done = first(clock.database_now())
            running = thread.submit(run)
            wait_until_it_waits(running)
        return done, running.result(timeout=30)


def wait_until_it_waits(running: Future[Any]) -> None:
    """Return as soon as somebody waits for a lock, or nobody has to any more."""
    for _look in range(100_000):
        if running.done() or session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            return
    pytest.fail("the second neither ended nor waited")


def stands() -> tuple[int | None, int | None]:
    """Return for which site Ada calls, none being her own, and at which site she has a call."""
    session.remove()
    member = session.scalars(select(Member).where(Member.login == "ada")).one()
    held = session.scalar(select(QueueEntry.site_id).where(QueueEntry.claimant_id == member.id))
    return member.lent_to, held


def test_whoever_has_just_taken_a_call_is_not_lent(live_database: Live, ada: Agent, lend):
    def try_to_lend(at):
        with pytest.raises(NobodyToLend):
            lend(at)

    call, _refused = meanwhile(lambda at: calls.take_next(ada, at=at), try_to_lend)

    assert call is not None
    assert stands() == (None, live_database.story.nantes.id)


def test_whoever_took_a_call_since_the_supervisor_looked_is_not_lent(live_database: Live, ada: Agent, lend):
    site_id = committed(lambda at: calls.take_next(ada, at=at).site_id)

    with pytest.raises(NobodyToLend):
        committed(lend)

    assert stands() == (None, site_id)


def test_whoever_is_being_lent_takes_no_call_at_home(live_database: Live, ada: Agent, lend):
    lent, call = meanwhile(lend, lambda at: calls.take_next(ada, at=at))

    assert (len(lent), call) == (1, None)
    assert stands() == (live_database.story.ajaccio.id, None)


def test_whoever_asked_before_they_were_lent_takes_no_call_at_home(live_database: Live, ada: Agent, lend):
    committed(lend)

    assert committed(lambda at: calls.take_next(ada, at=at)) is None
    assert stands() == (live_database.story.ajaccio.id, None)


@pytest.fixture
def away(live_database: Live, ada: Agent, lend) -> Agent:
    """Ada as she asks while she is lent."""
    committed(lend)
    there = live_database.story.ajaccio
    return replace(ada, site=staff.workplace(staff.get_site(there.id)), lent_to=there.id)


def test_whoever_has_just_taken_a_call_there_comes_home_after_it(live_database: Live, away: Agent):
    story = live_database.story
    ajaccio, dora = story.ajaccio.id, agent(story.dora)
    [loan] = lending.open_loans(ajaccio)
    loan_id = loan.id

    call, is_back = meanwhile(
        lambda at: calls.take_next(away, at=at), lambda at: loans.call_back(loan_id, by=dora, at=at)
    )

    assert is_back is False
    assert stands() == (ajaccio, ajaccio)
    committed(lambda at: calls.give_back(calls.lock_for_write(call.id, away, at=at), by=away, at=at))
    handle_absences(clock.now())
    assert stands() == (None, None)


def test_whoever_is_being_sent_home_takes_no_call_there(live_database: Live, away: Agent):
    story = live_database.story
    dora, loan_id = agent(story.dora), lending.open_loans(story.ajaccio.id)[0].id

    is_back, call = meanwhile(
        lambda at: loans.call_back(loan_id, by=dora, at=at), lambda at: calls.take_next(away, at=at)
    )

    assert (is_back, call) == (True, None)
    assert stands() == (None, None)


def test_the_clock_sends_nobody_home_who_has_just_taken_a_call(live_database: Live, away: Agent):
    ajaccio = live_database.story.ajaccio.id
    with transaction():
        lending.open_loans(ajaccio)[0].ends_at = clock.database_now()

    call, _watched = meanwhile(
        lambda at: calls.take_next(away, at=at),
        lambda _at: handle_absences(clock.now() + timedelta(minutes=1)),
    )

    assert call is not None
    assert stands() == (ajaccio, ajaccio)
