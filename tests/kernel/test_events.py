"""What happened is written once and for ever; who saw whom, once per claim or hour."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from tests.conftest import NOW
from tracing.kernel import events
from tracing.kernel.events import Event, IdentityAccess

MINUTE = timedelta(minutes=1)


def sightings(session):
    return session.scalars(
        select(IdentityAccess).order_by(IdentityAccess.first_at, IdentityAccess.scope)
    ).all()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET kind = 'nothing'", "DELETE FROM events", "TRUNCATE events", "DROP TABLE events"],
)
def test_the_application_can_neither_change_nor_remove_an_event(session, statement):
    events.record("call.claimed", by=1, at=NOW, subject=("entry", 3), site_id=2, claim=7)
    session.flush()

    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), session.begin_nested():
        session.execute(text(statement))

    kept = session.scalars(select(Event).where(Event.kind == "call.claimed")).one()
    assert (kept.subject_type, kept.subject_id, kept.detail) == ("entry", 3, {"claim": 7})


def test_a_claim_is_one_sighting_with_everybody_it_showed(session):
    events.record_access(["person:12", "person:3"], by=1, at=NOW, why="call", claim="claim:5:1")
    events.record_access(["person:3", "person:40"], by=1, at=NOW + 90 * MINUTE, why="call", claim="claim:5:1")

    seen = sightings(session)
    assert len(seen) == 1
    assert seen[0].people == ["person:12", "person:3", "person:40"]
    assert (seen[0].first_at, seen[0].last_at) == (NOW, NOW + 90 * MINUTE)


def test_a_later_claim_another_viewer_and_another_reason_are_other_sightings(session):
    events.record_access(["person:12"], by=1, at=NOW, why="call", claim="claim:5:1")
    events.record_access(["person:12"], by=1, at=NOW, why="call", claim="claim:5:2")
    events.record_access(["person:12"], by=2, at=NOW, why="call", claim="claim:5:1")
    events.record_access(["person:12"], by=1, at=NOW, why="escalation", claim="claim:5:1")

    assert session.scalar(select(func.count()).select_from(IdentityAccess)) == 4


def test_outside_a_claim_an_hour_is_one_sighting(session):
    for minute in (0, 30, 59, 60):
        events.record_access([f"line:{minute}"], by=1, at=NOW + minute * MINUTE, why="lot")

    first, second = sightings(session)
    assert first.people == ["line:0", "line:30", "line:59"]
    assert second.people == ["line:60"]


def test_a_page_that_showed_nobody_leaves_no_sighting(session):
    events.record_access([], by=1, at=NOW, why="call")

    assert sightings(session) == []


def test_a_look_that_goes_back_in_time_does_not_shorten_the_sighting(session):
    events.record_access(["person:1"], by=1, at=NOW + MINUTE, why="call", claim="claim:5:1")
    events.record_access(["person:1"], by=1, at=NOW, why="call", claim="claim:5:1")

    assert sightings(session)[0].last_at == NOW + MINUTE


@pytest.mark.parametrize("years", [0, 3, 30])
def test_the_read_log_takes_every_month_whenever_that_is(session, years):
    at = NOW.replace(year=NOW.year + years)

    events.record_access(["person:1"], by=1, at=at, why="call")

    assert sightings(session)[0].first_month == at.year * 100 + 3
