"""Three application hosts on one database, twenty tracers each; one is cut off and one is killed while they call.

Once in network namespaces (where that is possible), where a wire is pulled out; once without, where the host that
is cut off is stopped in the middle of whatever it does.
"""

import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from tests.support.host import Host
from tests.support.live import Live, begun, committed, fill_queue, migrated
from tests.support.network import Network, NoNetworks, listening_server, over_the_wire
from tests.support.story import member
from tracing.calls import queries
from tracing.calls.jobs import sweep_claims
from tracing.calls.models import Answer, Call
from tracing.calls.rules import CallOutcome
from tracing.kernel import clock
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.queue import rules
from tracing.queue.models import CallTask, EntryState, QueueEntry, TaskState
from tracing.staff.models import Role

HOSTS, TRACERS_EACH = 3, 20
HOUSEHOLDS = 150
BEFORE_THE_TROUBLE = 20
"""Answers that each of the two has saved before it is lost."""


@dataclass
class Room:
    """Three hosts, who works on each, and how one of them is cut off and found again."""

    owner: Engine
    hosts: list[Host]
    members: list[list[int]]
    cut: Callable[[int], None]
    mend: Callable[[int], None]


def open_room(live: Live, owner: Engine, until: ExitStack, network: Network | None) -> Room:
    """Start the hosts, and wait until everybody on them could call."""
    with transaction():
        at = clock.database_now()
        staff = [
            [
                member(f"h{host}t{n}", f"Hôte {host}, {n}", (Role.TRACER, live.story.nantes), at=at).id
                for n in range(TRACERS_EACH)
            ]
            for host in range(HOSTS)
        ]
        fill_queue(live.story.nantes, HOUSEHOLDS, at=at)
    told = {"url": live.url, "keys_url": live.keys_url, "master": live.master.hex()}
    names = [network.add_host() for _ in range(HOSTS)] if network else []
    if network:
        told |= {word: over_the_wire(told[word], network) for word in ("url", "keys_url")}
    hosts = []
    for number, members in enumerate(staff):
        inside = network.inside(names[number]) if network else ()
        hosts.append(Host(told | {"members": members}, inside=inside))
        until.callback(hosts[-1].end)
    for host in hosts:
        host.wait_for("ready")
    if network:
        return Room(
            owner,
            hosts,
            staff,
            cut=lambda number: network.cut(names[number]),
            mend=lambda number: network.mend(names[number]),
        )
    return Room(
        owner,
        hosts,
        staff,
        cut=lambda number: hosts[number].process.send_signal(signal.SIGSTOP),
        mend=lambda number: hosts[number].process.send_signal(signal.SIGCONT),
    )


@pytest.fixture
def room_of_processes(live_engines: tuple[Engine, Engine, Live], live_database: Live) -> Iterator[Room]:
    """Three processes on this machine."""
    with ExitStack() as until:
        yield open_room(live_database, live_engines[0], until, None)


@pytest.fixture
def room_of_namespaces(tmp_path: Path) -> Iterator[Room]:
    """Three processes, each with a network of its own, joined by wires."""
    network = Network()
    try:
        network.open()
    except NoNetworks as why:
        pytest.skip(str(why))
    with ExitStack() as until:
        until.callback(network.close)
        server = until.enter_context(listening_server(tmp_path, network))
        engines = until.enter_context(migrated(server, "hosts"))
        live = until.enter_context(begun(*engines))
        yield open_room(live, engines[0], until, network)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["processes", pytest.param("namespaces", marks=[pytest.mark.network, pytest.mark.timeout(300)])]
)
def test_a_host_cut_off_and_a_host_killed_double_no_call_and_lose_no_answer(
    request: pytest.FixtureRequest, kind: str
):
    room: Room = request.getfixturevalue(f"room_of_{kind}")
    calm, cut_off, killed = room.hosts

    for host in room.hosts:
        host.call()
    for host in (cut_off, killed):
        host.wait_for("saved", BEFORE_THE_TROUBLE)
    room.cut(1)
    killed.process.kill()
    killed.hear_the_rest()
    calm.wait_for("idle")

    left = let_their_claims_end(room)
    assert sweep_claims(committed(lambda at: at)) == len(left)
    assert not in_state(EntryState.CLAIMED)
    # besides those, what the host was only about to claim when it was cut off
    assert left <= in_state(EntryState.READY)

    calm.call()
    calm.wait_for("idle")
    room.mend(1)
    cut_off.wait_for("idle")

    assert len(in_state(EntryState.IDLE)) == HOUSEHOLDS
    no_household_was_claimed_twice_at_once()
    no_answer_was_lost(room)
    each_task_ended_once()
    nothing_was_written_under_a_lost_claim(cut_off)


def in_state(state: EntryState) -> set[int]:
    session.rollback()
    return set(session.scalars(select(QueueEntry.id).where(QueueEntry.state == state)))


def let_their_claims_end(room: Room) -> set[int]:
    """Put the end of every claim that the two lost hosts hold into the past; it was less than a claim away.

    Waits for what the host that was cut off left open in the database, as long as the database allows that.
    """
    lost = {member_id for members in room.members[1:] for member_id in members}
    with room.owner.begin() as connection:
        held = connection.execute(
            text("""
                UPDATE queue_entries SET claim_ends_at = now() FROM queue_entries AS before
                WHERE queue_entries.id = before.id AND queue_entries.state = 'claimed'
                RETURNING queue_entries.id, queue_entries.claimant_id, before.claim_ends_at - now()
            """)
        ).all()
    assert {claimant for _id, claimant, _rest in held} <= lost
    for members in room.members[1:]:
        assert {claimant for _id, claimant, _rest in held} & set(members), "they were in the middle of calls"
    assert all(rest <= rules.CLAIM_LASTS for _id, _claimant, rest in held)
    return {row.id for row in held}


def no_household_was_claimed_twice_at_once() -> None:
    """Each claim of a household is followed by its end before the next; events are numbered under the row's lock."""
    calls = {call.id: (call.entry_id, call.claim_number) for call in session.scalars(select(Call))}
    story = defaultdict(list)
    for event in session.scalars(select(Event).order_by(Event.id)):
        match event.kind:
            case "call.claimed" | "call.claim_ended":
                story[event.subject_id].append((event.kind == "call.claimed", event.detail["claim"]))
            case "call.ended":
                entry, number = calls[event.subject_id]
                story[entry].append((False, number))
    assert len(story) == HOUSEHOLDS
    for told in story.values():
        numbers = range(1, len(told) // 2 + 1)
        assert told == [one for number in numbers for one in ((True, number), (False, number))]


def no_answer_was_lost(room: Room) -> None:
    """Whatever a host said it had saved is there; besides it at most what was committed and not yet said."""
    heard = {tuple(one) for host in room.hosts for one in host.all_said("saved")}
    kept = {tuple(row) for row in session.execute(select(Answer.task_id, Answer.question))}
    assert heard <= kept
    assert len(kept - heard) <= len(room.members[2]), "one for each tracer of the host that was killed"
    [one, *_] = heard
    assert queries.answers(one[0])[one[1]] == one[1]


def each_task_ended_once() -> None:
    states = Counter(session.scalars(select(CallTask.state)))
    assert states == {TaskState.DONE: HOUSEHOLDS}
    closed = Counter(session.scalars(select(Event.subject_id).where(Event.kind == "task.closed")))
    assert len(closed) == HOUSEHOLDS
    assert set(closed.values()) == {1}


def nothing_was_written_under_a_lost_claim(cut_off: Host) -> None:
    """The host that comes back is refused, and what it says was refused was not written."""
    late = session.scalar(
        select(func.count())
        .select_from(Answer)
        .join(Call, Call.id == Answer.call_id)
        .where(Call.outcome == CallOutcome.CLAIM_ENDED, Answer.saved_at > Call.ended_at)
    )
    assert late == 0
    refused = cut_off.all_said("refused")
    assert refused, "somebody was in the middle of a call"
    assert all(queries.get_call(call_id).ended_at is not None for call_id in refused)
