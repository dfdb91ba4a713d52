"""End a call without writing any index.

The calls of a site are found by their beginning, which never changes, and a page keeps room for one new version of each
of its rows: the end of a call is one record in the log where it was seven. The older release reads calls by their end,
which it still may. There is no moment without an index.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replace("ix_calls_site_ended", "ix_calls_site_started", "started_at")
    op.execute("ALTER TABLE calls SET (fillfactor = 50)")


def downgrade() -> None:
    _replace("ix_calls_site_started", "ix_calls_site_ended", "ended_at")
    op.execute("ALTER TABLE calls RESET (fillfactor)")


def _replace(old: str, new: str, moment: str) -> None:
    with op.get_context().autocommit_block():
        # what a broken attempt left behind is not valid
        op.drop_index(new, "calls", postgresql_concurrently=True, if_exists=True)
        op.create_index(new, "calls", ["site_id", moment], postgresql_concurrently=True)
        op.drop_index(old, "calls", postgresql_concurrently=True, if_exists=True)
