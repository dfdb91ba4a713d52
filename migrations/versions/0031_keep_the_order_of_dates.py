"""Keep with a source's mapping what a person said of the order of dates: day or month first.

The older release does without the column, and reads every date day first as before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "source_mappings",
        sa.Column("date_orders", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("source_mappings", "date_orders")
