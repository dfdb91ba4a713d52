"""Days long before those of any other test: the key store is not rolled back, and what the job finds over stays destroyed."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

_days = count()


@pytest.fixture
def morning() -> datetime:
    """Nine in the morning (UTC) of a day of its own."""
    return datetime(2018, 1, 1, 9, tzinfo=UTC) + timedelta(days=next(_days))
