"""Let a note be checked by what is printed on it: a keyed hash of it, which says nothing to whoever has no key.

The older release writes none: the job `hash_older_notes` adds it within a minute, also to the notes that there are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sick_notes", sa.Column("check_hash", sa.LargeBinary(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "uq_sick_notes_check_hash",
            "sick_notes",
            ["check_hash"],
            unique=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_sick_notes_unhashed",
            "sick_notes",
            ["id"],
            postgresql_where=sa.text("check_hash IS NULL AND sealed IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_sick_notes_unhashed", "sick_notes")
    op.drop_index("uq_sick_notes_check_hash", "sick_notes")
    op.drop_column("sick_notes", "check_hash")
