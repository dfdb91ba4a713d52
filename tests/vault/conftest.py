"""Days that no other test uses: the key store is not rolled back, and a destroyed day stays destroyed."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.conftest import NOW
from tracing.vault.keys import KeyRing

_days = count(1)


@pytest.fixture
def morning() -> datetime:
    """Nine in the morning (UTC) of a day of its own, some months before the story."""
    return datetime.combine(NOW.date() - timedelta(days=300) + timedelta(days=next(_days)), time(9), UTC)


class Stopwatch:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def ring(session: Session, engines: tuple[Engine, KeyRing]) -> Iterator[KeyRing]:
    """The key ring of another process: same store, same master key, nothing cached."""
    return KeyRing(engines[1].engine, engines[1].master)
