"""Find the notes of parents whose own days no note covers, and remember which of them a human has left so.

The older release does not write it: what one of its hosts issues anew is listed again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sick_notes", sa.Column("own_days_left", sa.Date(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_sick_notes_of_parents",
            "sick_notes",
            ["site_id", "id"],
            postgresql_where=sa.text("kind = 'parent' AND state = 'issued'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_sick_notes_of_parents", table_name="sick_notes", postgresql_concurrently=True, if_exists=True
        )
    op.drop_column("sick_notes", "own_days_left")
