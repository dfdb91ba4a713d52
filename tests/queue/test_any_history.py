"""Whatever tracers, clocks and schedulers do, in whatever order: one caller at a time, and numbers that only grow."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.histories import History, try_histories, waiting_households
from tests.support.story import Story, agent, member
from tests.support.sweep import end_claims
from tracing.kernel.db import Session
from tracing.queue import queries, rules, services
from tracing.queue.claims import ending, next_call
from tracing.queue.claims import services as claims
from tracing.queue.claims.next_call import Claim
from tracing.queue.errors import ClaimLost, NotWaiting, OnAnotherCall
from tracing.queue.maintenance import due_changes
from tracing.queue.models import CallTask, EntryState, QueueEntry
from tracing.staff.agent import Agent
from tracing.staff.models import Role

HOUSEHOLDS = 4
tracers = st.integers(0, 2)
households = st.integers(0, HOUSEHOLDS - 1)


@dataclass
class Held:
    """What the model knows of a claim: who has it, since when they typed nothing, until when it lasts."""

    tracer: int
    number: int
    last_input_at: datetime
    ends_at: datetime


class Claims(History):
    """Three tracers and a supervisor work on four households; a dictionary says what must be true."""

    tracers: list[Agent]
    supervisor: Agent
    tasks: list[int]
    entries: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, Held] = {}
        self.last_number = dict.fromkeys(self.entries, 0)
        self.written: dict[int, list[int]] = {entry: [] for entry in self.entries}
        self.pages: list[tuple[int, Claim]] = []
        """Every call page ever opened, by tracer: old ones stay open and go on writing."""

    # -- what tracers do ---------------------------------------------------------------------------

    @rule(tracer=tracers)
    def take_the_next_call(self, tracer: int) -> None:
        claim = next_call.claim_next(self.tracers[tracer], at=self.at)
        mine = [entry for entry, held in self.held.items() if held.tracer == tracer]
        if mine:
            assert claim is not None
            assert (claim.entry_id, claim.number) == (mine[0], self.held[mine[0]].number)
        elif claim is not None:
            assert claim.entry_id not in self.held
            assert claim.number > self.last_number[claim.entry_id]
            self.last_number[claim.entry_id] = claim.number
            self.held[claim.entry_id] = Held(tracer, claim.number, self.at, self.at + rules.CLAIM_LASTS)
        if claim is not None:
            self.pages.append((tracer, claim))

    def page(self, number: int) -> tuple[int, Claim] | None:
        return self.pages[number % len(self.pages)] if self.pages else None

    def is_live(self, tracer: int, claim: Claim) -> bool:
        held = self.held.get(claim.entry_id)
        return held is not None and (held.tracer, held.number) == (tracer, claim.number)

    @rule(number=st.integers(0, 99))
    def write_on_some_page(self, number: int) -> None:
        if (page := self.page(number)) is None:
            return
        tracer, claim = page
        try:
            claims.renew_for_write(claim.entry_id, claim.number, self.tracers[tracer], at=self.at)
        except ClaimLost:
            assert not self.is_live(tracer, claim)
        else:
            assert self.is_live(tracer, claim)
            self.written[claim.entry_id].append(claim.number)
            held = self.held[claim.entry_id]
            held.last_input_at, held.ends_at = self.at, self.at + rules.CLAIM_LASTS

    @rule(number=st.integers(0, 99))
    def send_a_heartbeat(self, number: int) -> None:
        if (page := self.page(number)) is None:
            return
        tracer, claim = page
        try:
            renewal = claims.renew(claim.entry_id, claim.number, self.tracers[tracer], at=self.at)
        except ClaimLost:
            silent = self.is_live(tracer, claim) and self.at - self.held[claim.entry_id].last_input_at
            assert silent is False or silent >= rules.LONGEST_SILENCE
        else:
            held = self.held[claim.entry_id]
            assert self.is_live(tracer, claim)
            assert renewal.ends_at <= held.last_input_at + rules.LONGEST_SILENCE
            held.ends_at = renewal.ends_at

    @rule(number=st.integers(0, 99), promise_in=st.none() | st.integers(5, 90))
    def end_the_call_of_some_page(self, number: int, promise_in: int | None) -> None:
        if (page := self.page(number)) is None:
            return
        tracer, claim = page
        by = self.tracers[tracer]
        try:
            with self.session.begin_nested():
                claims.renew_for_write(claim.entry_id, claim.number, by, at=self.at)
                if promise_in is not None:
                    for task in queries.open_tasks(claim.household_id):
                        services.promise(
                            task, when=self.at + timedelta(minutes=promise_in), by=by, at=self.at
                        )
                ending.release(claim.entry_id, claim.number, at=self.at)
        except ClaimLost:
            assert not self.is_live(tracer, claim)
        else:
            assert self.is_live(tracer, claim)
            del self.held[claim.entry_id]

    # -- what a supervisor, the clock and the scheduler do -----------------------------------------

    @rule(household=households)
    def take_a_call_back(self, household: int) -> None:
        entry = self.entries[household]
        try:
            claim = ending.take_back(entry, by=self.supervisor, at=self.at)
        except NotWaiting:
            assert entry not in self.held
        else:
            assert claim.number == self.held.pop(entry).number

    @rule(household=households, tracer=tracers)
    def give_a_call(self, household: int, tracer: int) -> None:
        entry = self.entries[household]
        try:
            claims.reserve_for(entry, self.tracers[tracer].member_id, by=self.supervisor, at=self.at)
        except NotWaiting:
            assert entry in self.held
        except OnAnotherCall:
            pass

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        due = [entry for entry, held in self.held.items() if held.ends_at <= self.at]
        assert end_claims(at=self.at) == len(due)
        for entry in due:
            del self.held[entry]

    @rule()
    def promote(self) -> None:
        due_changes.promote(at=self.at)
        due_changes.mark_overdue(at=self.at)

    # -- what must always hold ---------------------------------------------------------------------

    @invariant()
    def each_household_has_the_caller_that_the_model_says_and_no_other(self) -> None:
        rows = self.session.execute(
            select(QueueEntry.id, QueueEntry.claimant_id, QueueEntry.claim_number).where(
                QueueEntry.state == EntryState.CLAIMED
            )
        )
        live = {row.id: (row.claimant_id, row.claim_number) for row in rows}
        assert live == {
            entry: (self.tracers[held.tracer].member_id, held.number) for entry, held in self.held.items()
        }
        assert len({tracer for tracer, _number in live.values()}) == len(live)

    @invariant()
    def accepted_writes_carry_numbers_that_never_decrease(self) -> None:
        assert all(numbers == sorted(numbers) for numbers in self.written.values())

    @invariant()
    def nobody_is_forgotten(self) -> None:
        rows = self.session.execute(select(QueueEntry.id, QueueEntry.state))
        assert all(row.state is not EntryState.IDLE for row in rows)


def test_no_history_gives_a_household_two_callers_or_accepts_a_late_write(
    story: Story, session: Session
) -> None:
    tasks = waiting_households(story, HOUSEHOLDS)
    third = member("agathe", "Agathe", (Role.TRACER, story.nantes), at=NOW)
    entries = [queries.find_entry_of(task.household_id).id for task in tasks]

    try_histories(
        Claims,
        session=session,
        tracers=[agent(story.ada), agent(story.abel), agent(third)],
        supervisor=agent(story.dora),
        tasks=[task.id for task in tasks],
        entries=entries,
    )

    assert session.scalar(select(CallTask.id).limit(1)) is not None
