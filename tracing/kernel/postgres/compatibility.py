"""Which older releases may still run on a database that a newer release has migrated.

While hosts are updated one after another, a host with the older release may have to restart on the newer tables. It
cannot judge tables it does not know, so the newer release records in the database which releases may run: by default
the one before it, because migrations are safe while that one runs (CONTRIBUTING.md).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, String, Table, select, text
from sqlalchemy.dialects.postgresql import insert

TABLE = "schema_compatibility"
"""Stored beside alembic_version and created by the process that migrates, not by a migration."""
ROWS = Table(
    TABLE,
    MetaData(),
    Column("revision", String(32), primary_key=True),
    Column("oldest_release", String(32), nullable=False),
)
NARROWED_BY = "oldest_release"
"""Variable in which a migration names the head of the oldest release it does not break, if not the previous one."""


def release_heads(file: Path, folder: str) -> list[str]:
    """Return the last revision of each release, oldest first, read from the list of released migrations.

    Each release is a heading (`# name`) followed by the digests of its migrations; `folder` selects one store's.
    """
    heads: list[str] = []
    current = ""
    for line in [*file.read_text(encoding="utf-8").splitlines(), "# end"]:
        if line.startswith("#"):
            heads += [current] if current and current not in heads else []
        elif (name := line.split()[1]).startswith(folder):
            current = name.removeprefix(folder).split("_")[0]
    return heads


def oldest_release(scripts: ScriptDirectory, revision: str, heads: Iterable[str]) -> str:
    """Return the head revision of the oldest release that can run on tables at `revision`."""
    order = _order(scripts)
    place = order.index(revision)
    oldest = max((order.index(head) for head in heads if order.index(head) < place), default=place)
    for later in order[oldest + 1 : place + 1]:
        if narrowed := getattr(scripts.get_revision(later).module, NARROWED_BY, None):
            oldest = max(oldest, order.index(narrowed))
    return order[oldest]


def record_compatibility(connection: Connection, revision: str, oldest: str) -> None:
    """Record that releases from `oldest` on may run while the database is at `revision`."""
    ROWS.create(connection, checkfirst=True)
    row = {"revision": revision, "oldest_release": oldest}
    connection.execute(insert(ROWS).values(row).on_conflict_do_update(index_elements=["revision"], set_=row))


def may_run(connection: Connection, revision: str, known: Sequence[str]) -> bool:
    """Return whether a release that knows the revisions `known` may run on tables at an unknown `revision`."""
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": TABLE}) is None:
        return False
    oldest = connection.scalar(select(ROWS.c.oldest_release).where(ROWS.c.revision == revision))
    return oldest in known


def _order(scripts: ScriptDirectory) -> list[str]:
    """Return all revisions, oldest first."""
    return [script.revision for script in scripts.walk_revisions()][::-1]
