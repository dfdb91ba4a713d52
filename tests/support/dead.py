"""An unavailable database: nothing listens at its address."""

from collections.abc import Iterator
from contextlib import contextmanager

from tracing.kernel import db

NOWHERE = "postgresql://tracing_app:s3cret-word@127.0.0.1:1/tracing"
"""Nothing listens on port 1, which only root could open."""


@contextmanager
def dead_database() -> Iterator[None]:
    """Bind the session of the code under test to an address without a database."""
    before = dict(db.session.session_factory.kw)
    engine = db.make_engine(NOWHERE)
    db.session.remove()
    db.session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
    try:
        yield
    finally:
        db.session.remove()
        db.session.configure(**before)
        engine.dispose()
