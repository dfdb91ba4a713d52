"""Find the possible duplicates that were decided last without sorting all that ever were.

The older release does without the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = "ix_possible_duplicates_decided"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # what a broken attempt left behind is not valid
        op.drop_index(NAME, "possible_duplicates", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            NAME,
            "possible_duplicates",
            ["decided_at", "id"],
            postgresql_where=sa.text("state <> 'open'"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(NAME, "possible_duplicates", postgresql_concurrently=True, if_exists=True)
