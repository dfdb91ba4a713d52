from concurrent.futures import ThreadPoolExecutor

import pytest

from tracing.kernel.config import CannotStart
from tracing.kernel.secrets import load_or_create


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "var" / "secrets" / "key"

    first = load_or_create(path, 32)

    assert len(first) == 32
    assert load_or_create(path, 32) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path):
    path = tmp_path / "secrets" / "key"

    with ThreadPoolExecutor(16) as pool:
        seen = set(pool.map(lambda _: load_or_create(path, 32), range(64)))

    assert len(seen) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_secret_others_can_read_is_refused(tmp_path, mode):
    path = tmp_path / "secrets" / "key"
    load_or_create(path, 32)
    path.chmod(mode)

    with pytest.raises(CannotStart, match=f"chmod 600 {path}"):
        load_or_create(path, 32)


def test_a_folder_others_can_enter_is_refused(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)

    with pytest.raises(CannotStart, match=f"chmod 700 {folder}"):
        load_or_create(folder / "key", 32)


def test_a_cut_secret_is_refused_and_not_replaced(tmp_path):
    path = tmp_path / "secrets" / "key"
    load_or_create(path, 32)
    path.write_bytes(b"short")

    with pytest.raises(CannotStart, match="damaged"):
        load_or_create(path, 32)

    assert path.read_bytes() == b"short"
