"""A database server of a test's own, durable as in life: to be started, killed and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder with a short path, so that its socket file is used, and one that is not everyone's to write."""
    folder = Path(tempfile.mkdtemp(prefix="tracing-"))
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)


def postmaster(data_dir: Path) -> int:
    """Return the number of the server's first process."""
    return int((data_dir / "postgres/data/postmaster.pid").read_text().split()[0])
