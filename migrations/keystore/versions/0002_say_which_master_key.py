"""Say which master key the store belongs to, so that a host with another one is refused before it writes.

The old release does not know the table and goes on as before. The row is written by the first start of this release,
when the master key there opens every key of the store.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_master_key_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_key")),
    )


def downgrade() -> None:
    op.drop_table("master_key")
