"""A separate database server for a test, durable as in production, to be started, killed and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Yield a folder with a short path, so that its socket file is used, which only its owner can write."""
    folder = Path(tempfile.mkdtemp(prefix="tracing-"))
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)


def postmaster(data_dir: Path) -> int:
    """Return the process id of the postmaster."""
    return int((data_dir / "postgres/data/postmaster.pid").read_text().split()[0])
