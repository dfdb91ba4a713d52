"""A platform is saved while it works, and made again elsewhere: its people can be read."""

import json
import shutil
import stat
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.support.platform import PEOPLE, prepare
from tracing.app.backup import CONTENTS, KEYS_DUMP, MAIN_DUMP
from tracing.app.runtime import running
from tracing.cli import main
from tracing.kernel.config import Settings
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people.models import Person


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A platform that is running, with one person in it."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("platform"), fiction_numbers=True)
    with running(settings):
        prepare(settings)
        session.remove()
        yield settings.data_dir


def tracing(data_dir, *words):
    return CliRunner().invoke(main, [*map(str, words)], env={"TRACING_DATA_DIR": str(data_dir)})


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def said(result):
    return f"{result.output}{result.exception}"


@pytest.fixture(scope="module")
def saved(platform, tmp_path_factory):
    """A backup made while the platform runs, and its key in another place."""
    folder, key = tmp_path_factory.mktemp("backup") / "today", tmp_path_factory.mktemp("safe") / "keys"
    result = tracing(platform, "backup", folder, "--key-to", key)
    assert result.exit_code == 0, said(result)
    return folder, key / "master.key"


def test_the_people_of_a_backup_can_be_read_where_it_is_restored(saved, tmp_path):
    folder, key = saved
    elsewhere = tmp_path / "new" / "var"
    result = tracing(elsewhere, "restore", folder, "--key", key)
    assert result.exit_code == 0, said(result)

    with running(Settings(data_dir=elsewhere)):
        [person] = session.scalars(select(Person))
        assert people.find_identity(person.id).birth_name == PEOPLE[0]["NOM_NAISSANCE"]
        session.remove()
        again = tracing(elsewhere, "restore", folder)
    assert again.exit_code == 1
    assert "not empty" in said(again)


def test_a_backup_is_for_its_owner_and_holds_no_key(saved, platform):
    folder, key = saved

    assert {path.name for path in folder.iterdir()} == {MAIN_DUMP, KEYS_DUMP, CONTENTS}
    assert {mode(path) for path in (*folder.iterdir(), key)} == {0o600}
    assert {mode(path) for path in (folder, key.parent)} == {0o700}
    master = (platform / "keys/master.key").read_bytes()
    assert key.read_bytes() == master
    for path in folder.iterdir():
        content = path.read_bytes()
        assert master not in content
        assert master.hex().encode() not in content


def test_another_key_is_refused_before_anything_is_written(saved, tmp_path):
    folder, _key = saved
    wrong = tmp_path / "wrong.key"
    wrong.write_bytes(bytes(32))
    wrong.chmod(0o600)

    refused = tracing(tmp_path / "var", "restore", folder, "--key", wrong)

    assert refused.exit_code == 1
    assert "does not open this backup" in said(refused)
    assert not (tmp_path / "var").exists()


def test_a_backup_that_was_broken_off_is_not_restored(saved, tmp_path):
    folder, key = saved
    half = tmp_path / "half"
    half.mkdir()
    (half / MAIN_DUMP).write_bytes((folder / MAIN_DUMP).read_bytes())

    refused = tracing(tmp_path / "var", "restore", half, "--key", key)

    assert refused.exit_code == 1
    assert "no complete backup" in said(refused)


@pytest.mark.parametrize("place", ["today", "today/keys", "."])
def test_the_key_does_not_lie_with_the_data(platform, tmp_path, place):
    refused = tracing(platform, "backup", tmp_path / "today", "--key-to", tmp_path / place)

    assert refused.exit_code == 1
    assert "must not lie with the data" in said(refused)


def test_a_backup_overwrites_nothing(saved, platform):
    refused = tracing(platform, "backup", saved[0])

    assert refused.exit_code == 1
    assert "not empty" in said(refused)


def test_nothing_is_saved_without_the_key_that_opens_it(tmp_path):
    refused = tracing(tmp_path / "var", "backup", tmp_path / "today")

    assert refused.exit_code == 1
    assert "master key is missing" in said(refused)


def test_a_backup_says_when_it_was_made(saved):
    made = datetime.fromisoformat(json.loads((saved[0] / CONTENTS).read_text())["made_at"])

    assert made.tzinfo is not None
    assert made <= datetime.now(UTC)


def test_the_dump_of_another_backup_is_not_mixed_in(saved, platform, tmp_path):
    folder, key = saved
    mixed, other = tmp_path / "mixed", tmp_path / "other"
    assert tracing(platform, "backup", other).exit_code == 0
    shutil.copytree(folder, mixed)
    shutil.copy(other / KEYS_DUMP, mixed / KEYS_DUMP)

    result = tracing(tmp_path / "new", "restore", mixed, "--key", key)

    assert result.exit_code == 1
    assert "of another backup" in said(result)


def test_a_folder_that_others_can_enter_gets_no_key_and_leaves_no_half_backup(platform, tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)

    result = tracing(platform, "backup", tmp_path / "half", "--key-to", tmp_path / "open")

    assert result.exit_code == 1
    assert "chmod 700" in said(result)
    assert list((tmp_path / "half").iterdir()) == []
