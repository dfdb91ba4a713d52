"""Whatever becomes of calls, in whatever order: answers under growing claims, one live claim, one end of each task.

Every tracer has two browsers, and every call a page in each of them that stays open and goes on writing.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.histories import History, try_histories, waiting_households
from tests.support.story import Story, agent, member
from tests.support.sweep import end_claims
from tracing.calls import services as calls
from tracing.calls.errors import LedElsewhere, NoSuchCall
from tracing.calls.models import Answer, Call
from tracing.calls.rules import CallOutcome, GiveBackReason
from tracing.kernel.db import Session
from tracing.kernel.events import Event
from tracing.queue import queries
from tracing.queue import services as queue
from tracing.queue.claims import claim_household, ending
from tracing.queue.errors import ClaimLost, HeldBy, NotWaiting, OnAnotherCall
from tracing.queue.maintenance import due_changes
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.staff.agent import Agent
from tracing.staff.login import sessions
from tracing.staff.models import Role

HOUSEHOLDS = 3
DOCTOR = 3
"""Her place among those who call."""
QUESTION = 7
pages = st.integers(0, 99)
tracers = st.integers(0, 2)


@dataclass
class Live:
    """What the model knows of a call that is under way: whose it is, in which browser."""

    call: int
    tracer: int
    browser: int


class Calls(History):
    """Three tracers and a doctor with two browsers each, a supervisor, three households."""

    browsers: list[tuple[Agent, Agent]]
    supervisor: Agent
    tasks: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[int, Live] = {}
        """By entry."""
        self.written: dict[int, list[int]] = {}
        self.done: dict[int, TaskState] = {}
        self.pages: list[Call] = []
        self.rung: list[Call] = []
        """The doctor's."""

    def teardown(self) -> None:
        try:
            self.everything_comes_to_one_end()
        finally:
            super().teardown()
            for one in list(self.session):
                if isinstance(one, Call):  # a statement began it: the session does not know that it is undone
                    self.session.expunge(one)

    def page(self, number: int) -> Call | None:
        return self.pages[number % len(self.pages)] if self.pages else None

    def by(self, call: Call, browser: int) -> Agent:
        [mine] = [pair for pair in self.browsers if pair[0].member_id == call.tracer_id]
        return mine[browser]

    def may_write(self, call: Call, browser: int) -> bool:
        live = self.live.get(call.entry_id)
        return live is not None and (live.call, live.browser) == (call.id, browser)

    # -- claim, save, steal ------------------------------------------------------------------------

    @rule(tracer=tracers, browser=st.integers(0, 1))
    def claim(self, tracer: int, browser: int) -> None:
        call = calls.take_next(self.browsers[tracer][browser], at=self.at)
        mine = [live for live in self.live.values() if live.tracer == tracer]
        if mine:
            assert call is not None
            assert call.id == mine[0].call, "the open call is shown, in whichever browser"
        elif call is not None:
            assert call.entry_id not in self.live
            self.live[call.entry_id] = Live(call.id, tracer, browser)
            self.pages.append(call)

    @rule(number=pages, browser=st.integers(0, 1))
    def save(self, number: int, browser: int) -> None:
        if (call := self.page(number)) is None:
            return
        by, allowed = self.by(call, browser), self.may_write(call, browser)
        try:
            with self.session.begin_nested():
                held = calls.lock_for_write(call.id, by, at=self.at)
                for task in queries.open_tasks(held.household_id):
                    calls.start_conversation(held, task, script_version="2026.1", at=self.at)
                    calls.save_answer(held, task, "onset_on", f"{call.claim_number}", by=by, at=self.at)
        except (ClaimLost, LedElsewhere):
            assert not allowed
        else:
            assert allowed
            self.written.setdefault(call.entry_id, []).append(call.claim_number)

    @rule(number=pages, browser=st.integers(0, 1))
    def take_over_in_this_browser(self, number: int, browser: int) -> None:
        if (call := self.page(number)) is None:
            return
        live = self.live.get(call.entry_id)
        try:
            with self.session.begin_nested():
                calls.take_over(call.id, self.by(call, browser), at=self.at)
        except ClaimLost:
            assert live is None or live.call != call.id
        else:
            assert live is not None
            assert live.call == call.id
            live.browser = browser

    @rule(household=st.integers(0, HOUSEHOLDS - 1))
    def a_supervisor_takes_it_back(self, household: int) -> None:
        entry = queries.find_entry_of(queries.get_task(self.tasks[household]).household_id)
        try:
            with self.session.begin_nested():
                claim = ending.take_back(entry.id, by=self.supervisor, at=self.at)
                calls.close_lost([claim], CallOutcome.TAKEN_BACK, at=self.at)
        except NotWaiting:
            assert entry.id not in self.live
        else:
            del self.live[entry.id]

    # -- a doctor rings for a question -------------------------------------------------------------

    @rule(household=st.integers(0, HOUSEHOLDS - 1))
    def the_doctor_rings(self, household: int) -> None:
        task, doctor = queries.get_task(self.tasks[household]), self.browsers[DOCTOR][0]
        entry = queries.find_entry_of(task.household_id)
        live, hers = self.live.get(entry.id), [one for one in self.live.values() if one.tracer == DOCTOR]
        try:
            with self.session.begin_nested():
                due_at = self.at + timedelta(hours=1)
                claim = claim_household.claim_for_advice(
                    task.household_id, QUESTION, doctor, due_at=due_at, at=self.at
                )
                call = calls.call_under(claim, doctor, escalation_id=QUESTION, at=self.at)
        except HeldBy:
            assert live is not None
            assert live.tracer != DOCTOR
        except OnAnotherCall:
            assert hers
            assert live is None
        else:
            assert hers == ([] if live is None else [live])
            assert live is None or live.call == call.id
            self.live[entry.id] = Live(call.id, DOCTOR, 0)
            self.rung.append(call)

    @rule(
        number=pages,
        outcome=st.sampled_from([CallOutcome.ADVISED, CallOutcome.NO_ANSWER, CallOutcome.GIVEN_BACK]),
    )
    def the_doctor_ends(self, number: int, outcome: CallOutcome) -> None:
        if not self.rung:
            return
        call, doctor = self.rung[number % len(self.rung)], self.browsers[DOCTOR][0]
        live = self.live.get(call.entry_id)
        allowed = live is not None and live.call == call.id
        with pytest.raises(NoSuchCall):
            calls.lock_for_write(call.id, doctor, at=self.at)
        try:
            with self.session.begin_nested():
                held = calls.lock_for_write(call.id, doctor, escalation_id=QUESTION, at=self.at)
                calls.end(held, outcome, by=doctor, at=self.at)
        except ClaimLost:
            assert not allowed
        else:
            assert allowed
            del self.live[call.entry_id]

    # -- end ---------------------------------------------------------------------------------------

    @rule(number=pages, browser=st.integers(0, 1), to=st.none() | tracers)
    def give_back_or_hand_over(self, number: int, browser: int, to: int | None) -> None:
        if (call := self.page(number)) is None:
            return
        by, allowed = self.by(call, browser), self.may_write(call, browser)
        try:
            with self.session.begin_nested():
                held = calls.lock_for_write(call.id, by, at=self.at)
                reason = None if to is None else GiveBackReason.HANDED_OVER
                calls.give_back(held, reason=reason, by=by, at=self.at)
                if to is not None:
                    ending.hand_over(held.entry_id, self.browsers[to][0].member_id, by=by, at=self.at)
        except (ClaimLost, LedElsewhere):
            assert not allowed
        except OnAnotherCall:
            assert allowed, "nothing has changed: the colleague has a call kept for them"
        else:
            assert allowed
            del self.live[call.entry_id]

    @rule(
        number=pages,
        browser=st.integers(0, 1),
        state=st.sampled_from([TaskState.DONE, TaskState.UNREACHABLE]),
    )
    def finish(self, number: int, browser: int, state: TaskState) -> None:
        if (call := self.page(number)) is None:
            return
        by, allowed = self.by(call, browser), self.may_write(call, browser)
        try:
            with self.session.begin_nested():
                held = calls.lock_for_write(call.id, by, at=self.at)
                ended = [task.id for task in queries.open_tasks(held.household_id)]
                for task_id in ended:
                    queue.close_task(queries.get_task(task_id), state, by=by.member_id, at=self.at)
                calls.end(held, CallOutcome.COMPLETED, by=by, at=self.at)
        except (ClaimLost, LedElsewhere):
            assert not allowed
        else:
            assert allowed
            del self.live[call.entry_id]
            self.done |= dict.fromkeys(ended, state)

    # -- time --------------------------------------------------------------------------------------

    @rule(minutes=st.integers(1, 6))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule()
    def expire(self) -> None:
        end_claims(at=self.at)
        claimed = set(
            self.session.scalars(select(QueueEntry.id).where(QueueEntry.state == EntryState.CLAIMED))
        )
        for entry in self.live.keys() - claimed:
            del self.live[entry]
        due_changes.promote(at=self.at)

    # -- what must always hold ---------------------------------------------------------------------

    @invariant()
    def the_claims_that_live_are_those_of_the_model(self) -> None:
        claimed = self.session.execute(
            select(QueueEntry.id, QueueEntry.claimant_id).where(QueueEntry.state == EntryState.CLAIMED)
        )
        open_calls = self.session.scalars(select(Call.id).where(Call.ended_at.is_(None)))
        assert {row.id: row.claimant_id for row in claimed} == {
            entry: self.browsers[live.tracer][0].member_id for entry, live in self.live.items()
        }
        assert sorted(open_calls) == sorted(live.call for live in self.live.values())

    @invariant()
    def accepted_writes_carry_numbers_that_never_decrease(self) -> None:
        assert all(numbers == sorted(numbers) for numbers in self.written.values())
        newest = self.session.execute(
            select(Call.entry_id, Answer.claim_number).join(Call, Call.id == Answer.call_id)
        )
        assert all(row.claim_number == self.written[row.entry_id][-1] for row in newest)

    @invariant()
    def whoever_is_not_done_waits_or_is_on_the_line(self) -> None:
        for task_id in self.tasks:
            task = queries.get_task(task_id)
            assert task.state is self.done.get(task_id, TaskState.OPEN)
            entry = queries.find_entry_of(task.household_id)
            assert (entry.state is EntryState.IDLE) == (task_id in self.done and entry.id not in self.live)

    def everything_comes_to_one_end(self) -> None:
        """Let every claim end, and everybody who still waits be called: each task is closed once, in one state."""
        self.at += timedelta(hours=1)
        self.expire()
        assert not self.live
        for _household in range(HOUSEHOLDS):
            for tracer in range(DOCTOR):
                self.claim(tracer, 0)
                for entry in list(self.live):
                    number = next(n for n, one in enumerate(self.pages) if one.id == self.live[entry].call)
                    self.finish(number, 0, TaskState.DONE)
        states = self.session.scalars(select(CallTask.state).where(CallTask.id.in_(self.tasks))).all()
        assert TaskState.OPEN not in states
        closed = self.session.scalars(select(Event.subject_id).where(Event.kind == "task.closed"))
        assert sorted(closed) == sorted(self.tasks)


def test_no_history_of_calls_writes_late_doubles_a_claim_or_ends_a_task_twice(story: Story, session: Session):
    tasks = waiting_households(story, HOUSEHOLDS)
    third = member("agathe", "Agathe", (Role.TRACER, story.nantes), at=NOW)

    def browser(of):
        begun = sessions.begin(of, device="Firefox, Linux", at=NOW).session
        return replace(agent(of), session_id=begun.id)

    try_histories(
        Calls,
        session=session,
        browsers=[(browser(one), browser(one)) for one in (story.ada, story.abel, third, story.ben)],
        supervisor=agent(story.dora),
        tasks=[task.id for task in tasks],
    )
