"""What waits at each site, counted by the scheduler for the board.

A new table that nothing else refers to: the older release goes on counting in its pages.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_counts",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("ages", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("first", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("priorities", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("team", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_counts_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_counts")),
    )


def downgrade() -> None:
    op.drop_table("site_counts")
