"""Say which index keys the blind indexes were made with: a key store that lacks one, or has another, is refused.

A new table that nothing else refers to; the older release goes on without it. The next start of this release fills it
from the key store.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_key_uses",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key_id", name=op.f("pk_index_key_uses")),
    )


def downgrade() -> None:
    op.drop_table("index_key_uses")
