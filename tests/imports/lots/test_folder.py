"""The watched folder: what is complete is received once and removed, what is not is left alone, trouble is told."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.lots import extract, lot_of
from tracing.imports.jobs import process_next_lot
from tracing.imports.lots import inbox as folder
from tracing.imports.lots.inbox import Inbox, fetch_now, last_troubles
from tracing.imports.models import CameBy, ImportLot, ImportSource, InboxTrouble, LotState
from tracing.imports.pages.lot_words import INBOX_WORDS
from tracing.imports.sources import services as source_services
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.kernel.events import Event

CMS = "pdl-20210308-0800.csv.p7m"
LONG_AGO = NOW - timedelta(hours=1)


@pytest.fixture
def settings(tmp_path, story):
    return Settings(data_dir=tmp_path, inbox=tmp_path / "inbox", fiction_numbers=True)


@pytest.fixture
def inbox(settings):
    return Inbox(settings)


def put(settings, content=None, *, source="PDL", name=CMS, written=LONG_AGO):
    path = settings.inbox / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(extract(CMS) if content is None else content)
    os.utime(path, (written.timestamp(), written.timestamp()))
    return path


def all_lots(session):
    return session.scalars(
        select(ImportLot).order_by(ImportLot.id).execution_options(populate_existing=True)
    ).all()


def test_a_complete_file_is_received_and_removed(settings, inbox, session):
    path = put(settings)

    [lot_id] = inbox.fetch()

    [lot] = all_lots(session)
    assert (lot.id, lot.state, lot.source_code, lot.file_name) == (lot_id, LotState.RECEIVED, "PDL", CMS)
    assert (lot.came_by, lot.received_by) == (CameBy.FOLDER, None)
    assert not path.exists()
    assert inbox.fetch() == []


def test_a_folder_that_is_not_there_is_made_for_whoever_runs_everything(settings, inbox):
    assert inbox.fetch() == []
    assert settings.inbox.is_dir()


def test_without_a_watched_folder_nothing_is_done(tmp_path, story):
    assert Inbox(Settings(data_dir=tmp_path)).fetch() == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_grows_is_left_alone_until_it_stays_as_it_is(settings, inbox):
    path = put(settings, b"half", written=NOW)
    assert inbox.fetch() == []
    path = put(settings, extract(CMS), written=NOW)
    assert inbox.fetch() == []
    assert path.exists()

    assert len(inbox.fetch()) == 1
    assert not path.exists()


@pytest.mark.parametrize("name", [".hidden.p7m", "lot.p7m.part", "lot.p7m.TMP", "~lot.xlsx"])
def test_a_file_under_the_name_of_an_unfinished_one_is_left_alone(settings, inbox, name):
    path = put(settings, name=name)

    assert inbox.fetch() == inbox.fetch() == []
    assert path.exists()


def test_by_hand_a_file_just_written_is_looked_at_twice(settings, session):
    put(settings, written=NOW)
    paused = []

    assert len(fetch_now(settings, pause=lambda: paused.append(True))) == 1
    assert paused == [True]


def test_a_file_whose_lot_was_committed_before_a_crash_is_removed_and_not_received_again(
    settings, inbox, session
):
    """The lot was committed, the file was not removed any more: it is the same file at the next look."""
    path = put(settings)
    inbox.fetch()
    path = put(settings)

    assert Inbox(settings).fetch() == []

    assert not path.exists()
    assert len(all_lots(session)) == 1


def test_a_file_is_not_removed_before_its_lot_is_committed(settings, inbox, session, monkeypatch):
    path = put(settings)

    def fails(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(folder.lots, "receive", fails)
    with pytest.raises(OSError, match="no space"):
        inbox.fetch()
    monkeypatch.undo()

    assert path.exists()
    assert all_lots(session) == []


def test_the_same_file_put_there_again_another_day_is_another_lot(settings, inbox, session, clock):
    put(settings)
    inbox.fetch()
    clock.move_to(datetime.now(UTC) + timedelta(days=400))
    path = put(settings, written=datetime.now(UTC) - timedelta(hours=1))
    with transaction():
        # received long before this file was put there
        session.get_one(ImportLot, all_lots(session)[0].id).received_at = datetime(2020, 1, 1, tzinfo=UTC)
        session.commit()

    assert len(inbox.fetch()) == 1
    assert not path.exists()


def test_an_unknown_subfolder_makes_a_source_whose_lots_wait_for_a_person(settings, inbox, session):
    put(settings, source="NEUF")
    inbox.fetch()
    process_next_lot(settings)

    assert session.get_one(ImportSource, "NEUF").is_trusted is False
    [lot] = all_lots(session)
    assert lot.state is LotState.REFUSED
    assert lot.refusal_code == "key_missing"


def test_of_a_trusted_source_with_its_keys_a_file_becomes_cases_by_itself(settings, inbox, session):
    from tests.support.lots import secrets

    with transaction():
        source_services.get_or_create_source("PDL", at=NOW)
        session.get_one(ImportSource, "PDL").is_trusted = True
        session.commit()
    put(settings, lot_of([{}]))
    inbox.fetch()
    [lot] = all_lots(session)
    with transaction():
        folder.lots.originals.set_secret(lot.id, secrets(CMS))

    process_next_lot(settings)

    assert all_lots(session)[0].counts["created"] == 1


def test_what_cannot_be_taken_is_told_once_without_a_word_of_what_is_in_it(settings, inbox, session):
    settings.inbox.mkdir()
    (settings.inbox / "DUPONT Marie.csv").write_text("nom;prenom")
    put(settings, b"x", source="not a code")
    inbox.fetch()
    inbox.fetch()

    told = session.scalars(select(Event).where(Event.kind == "inbox.failed")).all()
    assert [event.detail for event in told] == [{"troubles": ["no_source"]}]
    assert last_troubles() == ["no_source"]

    (settings.inbox / "DUPONT Marie.csv").unlink()
    (settings.inbox / "not a code" / CMS).unlink()
    inbox.fetch()
    assert last_troubles() == []


def test_a_trouble_keeps_the_time_at_which_it_was_first_found(settings, inbox, session, clock, monkeypatch):
    settings.inbox.mkdir()
    (settings.inbox / "lost.csv").write_text("x")
    inbox.fetch()
    clock.move_to(NOW + timedelta(hours=1))
    monkeypatch.setattr(folder, "MOST_BYTES", 10)
    put(settings)
    inbox.fetch()

    since = {row.code: row.since for row in session.scalars(select(InboxTrouble))}
    assert since == {"no_source": NOW, "too_large": NOW + timedelta(hours=1)}


def test_a_file_too_large_stays_and_is_told(settings, inbox, session, monkeypatch):
    monkeypatch.setattr(folder, "MOST_BYTES", 10)
    path = put(settings)

    assert inbox.fetch() == []
    assert path.exists()
    assert last_troubles() == ["too_large:PDL"]


def test_a_folder_that_cannot_be_read_is_told(settings, inbox):
    settings.inbox.parent.mkdir(exist_ok=True)
    settings.inbox.write_text("a file where the folder should be")

    assert inbox.fetch() == []
    assert last_troubles() == ["unreadable"]


def test_every_trouble_has_its_words():
    told = re.findall(r'InboxProblem\("(\w+)"', Path(folder.__file__).read_text(encoding="utf-8"))

    assert set(told) == set(INBOX_WORDS)
