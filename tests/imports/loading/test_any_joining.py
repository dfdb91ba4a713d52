"""Whoever is joined, told apart, called or newly come, in whatever order: nothing is lost and nobody has two callers."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.histories import History, try_histories
from tests.support.pairs import MARIE, first_call, pair
from tests.support.story import Story, agent, contact, identity
from tracing.cases.models import Case
from tracing.contacts.models import Contact
from tracing.duplicates import services
from tracing.duplicates.errors import OnTheLine, SaidDifferent, SaidSame
from tracing.duplicates.rules import TELLS
from tracing.kernel.db import Session
from tracing.people import queries as people
from tracing.people.models import PairState, Person, PersonKey, PossibleDuplicate
from tracing.queue import services as queue
from tracing.queue.claims import ending, next_call
from tracing.queue.claims.next_call import Claim
from tracing.queue.maintenance import due_changes
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState

NUMBERS = [f"+3363998010{n}" for n in range(4)]
some = st.integers(0, 30)


class Joinings(History):
    """An import officer decides about a few records of Marie while lots arrive and two tracers call."""

    story: Story

    def __init__(self) -> None:
        super().__init__()
        self.by = agent(self.story.ivan)
        self.tracers = [agent(self.story.ada), agent(self.story.abel)]
        self.held: dict[int, Claim] = {}
        self.people: list[int] = []
        self.pairs: list[int] = []
        self.rows: Counter[tuple[str, int, int]] = Counter()
        for days in (1, 30):
            self.newcomer(days=days, numbers={days % 4}, names_somebody=False)

    # -- what happens ------------------------------------------------------------------------------

    @rule(
        days=st.sampled_from([1, 30, 70, 120]),
        numbers=st.sets(st.integers(0, 3), max_size=2),
        names_somebody=st.booleans(),
    )
    def newcomer(self, days: int, numbers: set[int], names_somebody: bool) -> None:  # noqa: FBT001 - drawn by name
        if len(self.people) >= 6:
            return
        who = replace(MARIE, phones=tuple(NUMBERS[number] for number in sorted(numbers)))
        task = first_call(self.story, who, sampled_at=NOW - timedelta(days=days), at=self.at)
        for other in self.people[-2:]:
            self.pairs.append(pair(task.person_id, other, at=self.at).id)
        self.people.append(task.person_id)
        self.rows["task", task.id, task.person_id] += 1
        self.rows["case", task.case_id, task.person_id] += 1
        if names_somebody:
            met = contact(
                self.session.get_one(Case, task.case_id),
                identity("Luc", phones=()),
                by=self.story.ada,
                at=self.at,
            )
            self.rows["contact", met.id, met.person_id] += 1

    def chosen(self, number: int, *states: PairState) -> PossibleDuplicate | None:
        found = [one for one in map(self.pair, self.pairs) if one.state in states]
        return found[number % len(found)] if found else None

    def pair(self, pair_id: int) -> PossibleDuplicate:
        return self.session.get_one(PossibleDuplicate, pair_id)

    @rule(number=some)
    def same(self, number: int) -> None:
        doubt = self.chosen(number, PairState.OPEN)
        if doubt is None:
            return
        try:
            services.merge(doubt.id, by=self.by, at=self.at)
        except OnTheLine:
            assert len(self.held) == 2
        except SaidDifferent:
            assert self.chosen(0, PairState.DIFFERENT) is not None

    @rule(number=some)
    def different(self, number: int) -> None:
        doubt = self.chosen(number, PairState.OPEN)
        if doubt is None:
            return
        try:
            services.keep_apart(doubt.id, by=self.by, at=self.at)
        except SaidSame:
            assert doubt.other_id in people.records_of_same_person(doubt.person_id)

    @rule(number=some)
    def take_back(self, number: int) -> None:
        doubt = self.chosen(number, PairState.SAME, PairState.DIFFERENT)
        if doubt is None:
            return
        try:
            services.take_back(doubt.id, by=self.by, at=self.at)
        except OnTheLine:
            assert self.held

    @rule(tracer=st.integers(0, 1))
    def take_the_next_call(self, tracer: int) -> None:
        claim = next_call.claim_next(self.tracers[tracer], at=self.at)
        if claim is not None:
            self.held[tracer] = claim

    @rule(tracer=st.integers(0, 1), told=st.booleans())
    def end_the_call(self, tracer: int, told: bool) -> None:  # noqa: FBT001 - drawn by name
        claim = self.held.pop(tracer, None)
        if claim is None:
            return
        chosen = select(CallTask).where(
            CallTask.household_id == claim.household_id, CallTask.state == TaskState.OPEN
        )
        for task in self.session.scalars(chosen).all() if told else []:
            queue.close_task(task, TaskState.DONE, by=self.tracers[tracer].member_id, at=self.at)
        ending.release(claim.entry_id, claim.number, at=self.at)
        due_changes.promote(at=self.at)

    # -- what always holds -------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost_and_nothing_is_moved(self) -> None:
        self.session.flush()
        kept: Counter[tuple[str, int, int]] = Counter()
        for kind, model in (("task", CallTask), ("case", Case), ("contact", Contact)):
            for row in self.session.execute(select(model.id, model.person_id)):
                kept[kind, row.id, row.person_id] += 1
        assert kept == self.rows

    @invariant()
    def pointers_lead_to_one_record_and_never_in_a_circle(self) -> None:
        pointers = dict(self.session.execute(select(Person.id, Person.same_as)).all())
        assert all(pointers[lead] is None for lead in pointers.values() if lead is not None)
        same = {
            (one.person_id, one.other_id) for one in map(self.pair, self.pairs) if one.state is PairState.SAME
        }
        families = services.merging.families(self.people, same)
        assert {frozenset(people.records_of_same_person(person)) for person in self.people} == set(families)

    @invariant()
    def every_open_call_stands_in_one_place_and_can_be_made(self) -> None:
        entries: dict[int, list[EntryState]] = {}
        for home, state in self.session.execute(select(QueueEntry.household_id, QueueEntry.state)):
            entries.setdefault(home, []).append(state)
        for task in self.open_tasks():
            assert task.household_id is not None
            assert len(entries[task.household_id]) == 1
            assert entries[task.household_id][0] is not EntryState.IDLE
            assert self.numbers_of(task.person_id)

    @invariant()
    def one_person_waits_in_one_household_unless_somebody_is_on_the_line(self) -> None:
        if self.held:
            return
        homes: dict[int, set[int | None]] = {}
        for task in self.open_tasks():
            homes.setdefault(people.records_of_same_person(task.person_id)[0], set()).add(task.household_id)
        assert all(len(theirs) == 1 for theirs in homes.values())

    @invariant()
    def nobody_is_without_a_call_because_of_a_merge(self) -> None:
        tasks = {task.id: task for task in self.session.scalars(select(CallTask))}
        for task in tasks.values():
            if task.covered_by is not None:
                teller = tasks[task.covered_by]
                assert teller.state in TELLS
                assert teller.person_id in people.records_of_same_person(task.person_id)
            if task.state is TaskState.CANCELLED:
                assert task.covered_by is not None
            if task.state is TaskState.NO_NUMBER:
                assert not self.numbers_of(task.person_id)

    def open_tasks(self) -> list[CallTask]:
        return list(self.session.scalars(select(CallTask).where(CallTask.state == TaskState.OPEN)))

    def numbers_of(self, person_id: int) -> int:
        records = people.records_of_same_person(person_id)
        keys = select(PersonKey.hash).where(PersonKey.person_id.in_(records), PersonKey.kind == "phone")
        return len(set(self.session.scalars(keys)))


def test_whatever_is_joined_and_told_apart_nothing_is_lost(story: Story, session: Session) -> None:
    try_histories(Joinings, examples=10, steps=20, session=session, story=story)

    assert session.scalar(select(Person.id).limit(1)) is None
