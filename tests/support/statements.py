"""What a block of a test asks the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK")
"""The test's own: each transaction of the product is a savepoint in the test's."""


@contextmanager
def statements_sent(session: Session) -> Iterator[list[str]]:
    """Collect the statements that are sent to the session's database during the block, savepoints left out."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(SAVEPOINTS):
            sent.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
