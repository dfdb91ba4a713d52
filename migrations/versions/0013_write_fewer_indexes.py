"""Fewer indexes to write when a claim or a call ends.

The calls of a site are found by the index that has their end as well. A member holds one household at most: households
that nobody holds are no longer in that index. The older release goes on with either; there is no moment without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
lint_exceptions = {
    "require-concurrent-index-deletion": "in one transaction with the new name; it waits for 4 seconds at most",
    "renaming-object": "the new index takes the name of the old one, by which a refused claim is known",
}

ONE_CLAIM = "uq_queue_entries_one_claim"
HELD = "claimant_id IS NOT NULL"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(op.f("ix_calls_site_id"), "calls", postgresql_concurrently=True, if_exists=True)
    _replace_one_claim(HELD)


def downgrade() -> None:
    _replace_one_claim(None)
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("ix_calls_site_id"), "calls", ["site_id"], postgresql_concurrently=True, if_not_exists=True
        )


def _replace_one_claim(where: str | None) -> None:
    new = f"{ONE_CLAIM}_new"
    with op.get_context().autocommit_block():
        op.drop_index(new, "queue_entries", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            new,
            "queue_entries",
            ["claimant_id"],
            unique=True,
            postgresql_where=None if where is None else sa.text(where),
            postgresql_concurrently=True,
        )
    # in one transaction: a refused claim is known by this name
    op.drop_index(ONE_CLAIM, "queue_entries")
    op.execute(f"ALTER INDEX {new} RENAME TO {ONE_CLAIM}")
