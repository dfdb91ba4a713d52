"""The days of a parent's own beside their note for a child: which of them are listed, and until when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.sickleave.test_a_parents_note import NAMED, PARENT, mother_and_child
from tests.sickleave.test_issuing_a_note import notes
from tracing.cases import queries as cases
from tracing.kernel.clock import local_day, now
from tracing.kernel.db import session, transaction
from tracing.sickleave.mending import own_days, queries
from tracing.triage import queries as triage

LATER = (NOW + timedelta(days=40)).date()


@pytest.fixture
def mother(browse, story):
    """A positive mother's call, whose note for her child ends before her own isolation."""
    _by, call, mother, little = mother_and_child(story)
    typed = {key: value for key, value in PARENT.items() if key not in NAMED}
    address = f"/calls/{call.id}/tasks/{little.id}/sick-note?parent={mother.person_id}"
    browse.as_(story.ada).fragment(address, typed)
    shortened = {"replace-why": "back_at_work", "replace-last_day": "2026-03-13"}
    browse.as_(story.dora).post(f"/sick-notes/{notes(session)[-1].id}/replace", shortened, status=303)
    return mother


def test_a_note_for_a_child_of_long_ago_has_nothing_to_do_with_days_of_today(story, mother):
    note, own = notes(session)[-1], cases.get_case(mother.case_id)
    with transaction():
        own.isolation_start, own.isolation_last_day = LATER, LATER + timedelta(days=7)

    assert own_days.uncovered_until(note, today=LATER) is None
    assert queries.count_to_decide(story.nantes.id, today=LATER) == 0


def test_what_is_counted_and_what_is_listed_turn_at_the_midnight_of_the_site(story, clock, mother):
    last = cases.get_case(mother.case_id).isolation_last_day

    # half past eleven in Paris, and half past midnight
    for hour, listed in ((22, 1), (23, 0)):
        clock.move_to(datetime(last.year, last.month, last.day, hour, 30, tzinfo=UTC))
        today = local_day(now(), ZoneInfo(story.nantes.time_zone))
        assert queries.count_to_decide(story.nantes.id, today=today) == listed
        assert triage.count(story.nantes.id) == listed
