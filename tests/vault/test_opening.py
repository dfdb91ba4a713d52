"""A platform starts with its own keys, or not at all: no key is ever made where one was lost."""

import json
import os
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select, text

from tests.support.live import at_once
from tests.support.story import identity, waiting_case
from tracing.kernel import db
from tracing.kernel.config import CannotStart
from tracing.kernel.postgres import migrate
from tracing.people import queries as people
from tracing.vault import key_uses, opening, sealing
from tracing.vault import services as vault
from tracing.vault.errors import KeyLost
from tracing.vault.models import CohortKey, IndexKey, MasterKey

TABLES = ("cohort_keys", "index_keys", "master_key")
_numbers = count(1)


@pytest.fixture(scope="module")
def stores(server):
    """Two empty key stores of this module's own."""
    made = []
    for number in (1, 2):
        owner_url, url = server.add_database(f"opening_{os.getpid()}_{number}")
        migrate.move(migrate.KEYS, owner_url, "head")
        made.append(db.make_engine(url))
    yield made
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(stores):
    for one in stores:
        with one.begin() as store:
            for table in TABLES:
                store.execute(text(f"DELETE FROM {table}"))
    return stores[0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "master.key"


def content(engine):
    """All that a key store holds."""
    with engine.connect() as store:
        return {table: store.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).all() for table in TABLES}


def put_back(engine, kept):
    """Restore a copy of a key store in its place."""
    with engine.begin() as store:
        for model in (CohortKey, IndexKey, MasterKey):
            store.execute(delete(model))
            rows = [dict(row._mapping) for row in kept[model.__tablename__]]
            if rows:
                store.execute(model.__table__.insert(), rows)


def start(path, engine):
    ring = opening.open_store(path, engine)
    vault.open_vault(ring)
    return ring


@pytest.fixture
def platform(story, path, engine, morning):
    """A platform that started, and took somebody in; returns who can be read."""
    start(path, engine)
    person = waiting_case(story.nantes, identity("Marie"), at=morning).person_id
    db.session.flush()
    return person


def refused(path, engine, match):
    """Start, and expect that it is refused with nothing written, in the store or beside it."""
    before, file = content(engine), path.read_bytes() if path.exists() else None
    with pytest.raises(CannotStart, match=match) as refusal:
        opening.open_store(path, engine)
    assert content(engine) == before
    assert (path.read_bytes() if path.exists() else None) == file
    return str(refusal.value)


def test_a_fresh_platform_makes_its_master_key_once(path, engine, platform):
    first = path.read_bytes()

    ring = start(path, engine)

    assert ring.opens_store()
    assert path.read_bytes() == first
    assert people.find_identity(platform).first_names == "Marie"


def test_a_wrong_master_key_is_refused_and_the_right_one_reads_everything(path, engine, platform):
    right = path.read_bytes()
    path.write_bytes(os.urandom(32))

    sentence = refused(path, engine, "opens 0 of its")

    assert "Copy keys/master.key" in sentence
    path.write_bytes(right)
    start(path, engine)
    assert people.find_identity(platform).first_names == "Marie"


def test_a_wrong_master_key_is_refused_on_a_store_of_before_the_mark(path, engine, platform):
    """It comes from the release before, which kept no verifier."""
    right = path.read_bytes()
    with engine.begin() as store:
        store.execute(delete(MasterKey))
    path.write_bytes(os.urandom(32))

    refused(path, engine, "opens 0 of its")

    path.write_bytes(right)
    assert start(path, engine).opens_store()
    assert people.find_identity(platform).first_names == "Marie"


def test_a_master_key_that_opens_only_some_keys_is_refused(path, engine, platform, morning):
    """What a start with a wrong key left behind under the release before."""
    with engine.begin() as store:
        store.execute(
            CohortKey.__table__.insert(),
            {
                "cohort": morning.date() + timedelta(days=1),
                "wrapped": b"\1" + os.urandom(60),
                "created_at": morning,
            },
        )

    refused(path, engine, r"opens (\d+) of its (?!\1 )")


def test_a_missing_master_key_is_never_made_again(path, engine, platform):
    right = path.read_bytes()
    path.unlink()

    sentence = refused(path, engine, "is missing")

    assert str(path) in sentence
    path.write_bytes(right)
    path.chmod(0o600)
    start(path, engine)
    assert people.find_identity(platform).first_names == "Marie"


@pytest.mark.parametrize("file_is_there", [True, False])
def test_an_empty_store_beside_a_database_with_people_is_refused(
    path, engine, platform, stores, file_is_there
):
    right = path.read_bytes()
    if not file_is_there:
        path.unlink()

    refused(path, stores[1], "lacks the keys of 1 days")

    path.write_bytes(right)
    path.chmod(0o600)
    start(path, engine)
    assert people.find_identity(platform).first_names == "Marie"


def test_a_store_restored_to_yesterday_is_refused_and_its_newest_copy_reads_everything(
    path, engine, platform, story, morning
):
    yesterday = content(engine)
    second = waiting_case(
        story.nantes, identity("Zoé", phones=("+33639980002",)), at=morning + timedelta(days=1)
    ).person_id
    db.session.flush()
    newest = content(engine)
    put_back(engine, yesterday)

    sentence = refused(path, engine, "lacks the keys of 1 days")

    assert (morning.date() + timedelta(days=1)).isoformat() in sentence
    put_back(engine, newest)
    start(path, engine)
    assert [people.find_identity(one).first_names for one in (platform, second)] == ["Marie", "Zoé"]


def test_a_running_process_makes_no_key_for_a_day_that_has_rows(path, engine, platform, morning):
    """The store was restored while it ran: its cache ends, and the day is not sealed anew."""
    whole = content(engine)
    with engine.begin() as store:
        store.execute(delete(CohortKey))
    vault.keys()._kept.clear()
    before = content(engine)

    with pytest.raises(KeyLost):
        vault.seal("people", 1, morning.date(), {})
    with pytest.raises(KeyLost):
        people.find_identity(platform)

    assert content(engine) == before
    put_back(engine, whole)
    assert people.find_identity(platform).first_names == "Marie"


def test_a_running_process_makes_no_index_key_anew(path, engine, platform):
    with engine.begin() as store:
        store.execute(delete(IndexKey).where(IndexKey.kind == "phone"))
    vault.keys()._kept.clear()

    with pytest.raises(KeyLost):
        vault.blind("phone", "+33639980001")

    with engine.connect() as store:
        assert store.scalar(select(IndexKey.kind).where(IndexKey.kind == "phone")) is None


def test_a_store_of_another_platform_with_the_same_master_key_is_refused(
    path, engine, stores, platform, morning
):
    """It has a key of every day: of the same name, and not the same."""
    other = opening.KeyRing(stores[1], path.read_bytes())
    opening.introduce(other)
    with stores[1].begin() as store:
        for kind, key_id in key_uses.index_keys():
            fresh = sealing.wrap(other.master, name=f"index:{kind}:{key_id}", key=os.urandom(32))
            store.execute(
                IndexKey.__table__.insert(),
                {"id": key_id, "kind": kind, "wrapped": fresh, "created_at": morning},
            )
        fresh = sealing.wrap(other.master, name=f"cohort:{morning.date()}", key=os.urandom(32))
        store.execute(
            CohortKey.__table__.insert(), {"cohort": morning.date(), "wrapped": fresh, "created_at": morning}
        )

    refused(path, stores[1], "not the one")

    assert opening.check(path, stores[1])["days_unreadable"] == [morning.date().isoformat()]


def test_a_destroyed_day_and_a_database_older_than_the_store_are_no_reason_to_refuse(
    path, engine, platform, morning
):
    vault.keys().destroy(morning.date())
    vault.keys().cohort_key(morning.date() + timedelta(days=3))

    start(path, engine)

    report = opening.check(path, engine)
    assert report["ok"]
    assert report["days_destroyed"] == [morning.date().isoformat()]


def test_a_key_that_a_kill_left_without_a_row_is_used_by_the_next_start(path, engine, platform, morning):
    day = morning.date() + timedelta(days=1)
    left = vault.keys().cohort_key(day)

    start(path, engine)

    assert vault.keys().cohort_key(day) == left


def test_of_two_hosts_that_start_first_at_once_one_makes_the_master_key(
    live_database, stores, engine, tmp_path
):
    def host(number):
        def starts():
            path = tmp_path / str(number) / "keys" / "master.key"
            try:
                with db.transaction():
                    opening.open_store(path, engine)
            except CannotStart as refusal:
                assert not path.exists()
                return str(refusal)
            return path.read_bytes()

        return starts

    outcomes = at_once([host(number) for number in range(4)])

    [made] = [one for one in outcomes if isinstance(one, bytes)]
    refusals = [one for one in outcomes if isinstance(one, str)]
    assert len(refusals) == 3
    assert all("Copy keys/master.key" in one for one in refusals)
    assert opening.KeyRing(engine, made).opens_store()


def test_keys_that_another_host_makes_while_this_one_starts_are_not_lost_ones(live_database, engine, path):
    """Each of this host's reads of the key store is followed by the other host's first keys and their record."""
    path.parent.mkdir(mode=0o700)
    path.write_bytes(os.urandom(32))
    path.chmod(0o600)
    here = db.make_engine(engine.url.render_as_string(hide_password=False))
    kinds = iter(sorted(opening.INDEX_KINDS))

    def other_host_goes_on(_connection, _cursor, statement, *_):
        kind = next(kinds, None) if "FROM index_keys" in statement else None
        if kind is not None:
            at_once([lambda: use_first(kind)])

    def use_first(kind):
        ring = opening.KeyRing(engine, path.read_bytes())
        with db.transaction():
            key = ring.index_key(kind)
            key_uses.record_index_keys({(kind, 1): sealing.fingerprint(key)})

    event.listen(here, "after_cursor_execute", other_host_goes_on)
    with db.transaction():
        assert opening.open_store(path, here).opens_store()
    here.dispose()

    with db.transaction():
        assert {kind for kind, _key in key_uses.index_keys()} == set(opening.INDEX_KINDS)


def test_a_second_host_with_a_copied_key_joins_and_with_one_of_its_own_does_not(
    path, engine, platform, tmp_path
):
    second = Path(tmp_path / "second" / "keys" / "master.key")
    second.parent.mkdir(parents=True, mode=0o700)
    second.write_bytes(os.urandom(32))
    second.chmod(0o600)
    refused(second, engine, "Copy keys/master.key")

    second.write_bytes(path.read_bytes())
    start(second, engine)

    assert people.find_identity(platform).first_names == "Marie"


def test_the_check_says_what_is_wrong_and_nothing_of_the_keys(path, engine, platform, morning):
    whole, right = opening.check(path, engine), path.read_bytes()
    with engine.begin() as store:
        store.execute(delete(CohortKey))
    lacking = opening.check(path, engine)
    path.write_bytes(os.urandom(32))
    wrong = opening.check(path, engine)
    path.unlink()
    missing = opening.check(path, engine)

    assert whole["ok"]
    assert whole["keys_opened"] == whole["keys"] > 1
    assert lacking["days_without_key"] == [morning.date().isoformat()]
    assert wrong["keys_opened"] == 0
    assert wrong["master_key"] != wrong["store_belongs_to"] == whole["master_key"]
    assert missing["master_key"] is None
    assert not any(report["ok"] for report in (lacking, wrong, missing))
    told = json.dumps([whole, lacking, wrong, missing]) + "".join(opening.in_words(wrong))
    assert right.hex() not in told
