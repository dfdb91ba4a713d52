"""Look up what was found by reading a whole table that grows.

The calls that wait for somebody who speaks a language and the lots that are taken back, for which a job looks all the
time; the results that a line brought, when its lot is taken back. The older release does without these indexes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_call_tasks_waiting_language", "call_tasks", "site_id", "state = 'waiting_language'"),
    ("ix_import_lots_taken_back", "import_lots", "id", "undone_by IS NOT NULL"),
    ("ix_lab_results_line_id", "lab_results", "line_id", None),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, column, where in INDEXES:
            # what a broken attempt left behind is not valid
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(
                name,
                table,
                [column],
                postgresql_where=None if where is None else sa.text(where),
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, _column, _where in INDEXES:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
