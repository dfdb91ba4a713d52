"""Cohort keys: kept in a store of their own, wrapped, cached for five minutes, destroyed for ever."""

import os

import pytest
from sqlalchemy import event, select

from tests.support.story import identity, waiting_case
from tracing.kernel import db
from tracing.kernel.db import session as current
from tracing.kernel.db import transaction
from tracing.vault import services as vault
from tracing.vault.errors import IdentityDestroyed, SealBroken
from tracing.vault.keys import CACHE_SECONDS, KeyRing
from tracing.vault.models import CohortKey, IndexKey


def test_a_key_is_in_the_store_before_its_first_use_whatever_becomes_of_the_transaction(
    session, ring, morning
):
    day = morning.date()

    def work():
        with transaction():
            blob = vault.seal("people", 1, day, {"birth_name": "Dupont"})
            current.execute(select(1))
            raise LookupError(blob)

    with pytest.raises(LookupError) as stopped:
        work()

    opened = ring.cohort_key(day)
    assert opened == vault.keys().cohort_key(day)
    assert vault.unseal("people", 1, day, stopped.value.args[0]) == {"birth_name": "Dupont"}


def test_the_store_holds_no_key_in_clear(session, ring, morning):
    key, index = ring.cohort_key(morning.date()), ring.index_key("phone")

    with ring.engine.connect() as store:
        wrapped = [*store.scalars(select(CohortKey.wrapped)), *store.scalars(select(IndexKey.wrapped))]

    assert not any(secret in blob for secret in (key, index) for blob in wrapped if blob)


def test_another_master_key_opens_nothing(ring, morning):
    ring.cohort_key(morning.date())
    ring.index_key("phone")
    stolen = KeyRing(ring.engine, os.urandom(32))

    with pytest.raises(SealBroken):
        stolen.cohort_key(morning.date())
    with pytest.raises(SealBroken):
        stolen.index_key("phone")


def test_two_processes_that_ask_first_get_the_same_key(engines, ring, morning):
    other = KeyRing(engines[1].engine, engines[1].master)

    assert ring.cohort_key(morning.date()) == other.cohort_key(morning.date())
    assert ring.index_key("email") == other.index_key("email")


def test_each_day_and_each_kind_of_index_has_a_key_of_its_own(session, ring, morning):
    assert ring.cohort_key(morning.date()) != ring.cohort_key(morning.date().replace(year=2024))
    assert len({ring.index_key(kind) for kind in ("phone", "nir", "email", "name_birth", "login")}) == 5
    assert vault.blind("phone", "same") != vault.blind("email", "same")


def test_a_day_destroyed_elsewhere_is_unreadable_here_after_five_minutes_at_most(
    engines, ring, stopwatch, morning
):
    here = KeyRing(engines[1].engine, engines[1].master, elapsed=stopwatch)
    here.cohort_key(morning.date())
    ring.destroy(morning.date())

    stopwatch.seconds = CACHE_SECONDS - 1
    here.cohort_key(morning.date())
    stopwatch.seconds = CACHE_SECONDS
    with pytest.raises(IdentityDestroyed):
        here.cohort_key(morning.date())
    assert CACHE_SECONDS <= 300


def test_the_process_that_destroys_forgets_the_key_at_once(ring, morning):
    ring.cohort_key(morning.date())

    ring.destroy(morning.date())

    with pytest.raises(IdentityDestroyed):
        ring.cohort_key(morning.date())


def test_a_destroyed_day_gets_no_new_key_even_if_it_never_had_one(ring, morning):
    ring.destroy(morning.date())
    ring.destroy(morning.date())

    with pytest.raises(IdentityDestroyed):
        ring.cohort_key(morning.date())
    assert ring.destroyed_cohorts().count(morning.date()) == 1


def test_nothing_is_sealed_in_a_table_that_destruction_would_not_find(session, morning):
    with pytest.raises(RuntimeError, match="not registered"):
        vault.seal("members", 1, morning.date(), "free text")


def test_keys_do_not_appear_when_a_ring_is_printed(ring, morning):
    key = ring.cohort_key(morning.date())

    assert repr(key) not in repr(ring)
    assert repr(ring.master) not in repr(ring)


def test_a_key_that_another_host_makes_at_the_same_moment_is_not_taken_for_lost(story, engines, morning):
    """The first call of a day on two hosts: between the two looks of this one, the other makes the key and uses it."""
    there = engines[1]
    here = KeyRing(db.make_engine(there.engine.url.render_as_string(hide_password=False)), there.master)

    def begin_there(_connection, _cursor, statement, *_rest):
        if "cohort_keys" in statement and not begun:
            begun.append(waiting_case(story.nantes, identity("Marie"), at=morning))

    begun = []
    event.listen(here.engine, "after_cursor_execute", begin_there)

    key = here.cohort_key(morning.date())

    here.engine.dispose()
    assert begun
    assert key == there.cohort_key(morning.date())
