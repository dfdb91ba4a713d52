"""A page that lost a deadlock is tried once more; whatever else goes wrong is told at once."""

import psycopg.errors
import pytest
from sqlalchemy.exc import OperationalError

from tracing.app.middleware.retry import retry_once


def failing(error: type[Exception], times: int):
    made = []

    def view() -> str:
        made.append(1)
        if len(made) <= times:
            raise OperationalError("UPDATE", {}, error())
        return f"answered at attempt {len(made)}"

    return view


@pytest.mark.usefixtures("session")
def test_a_deadlock_is_tried_once_more():
    assert retry_once(failing(psycopg.errors.DeadlockDetected, 1))() == "answered at attempt 2"


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(("error", "times"), [("DeadlockDetected", 2), ("LockNotAvailable", 1)])
def test_a_second_one_and_anything_else_is_told(error, times):
    with pytest.raises(OperationalError):
        retry_once(failing(getattr(psycopg.errors, error), times))()
