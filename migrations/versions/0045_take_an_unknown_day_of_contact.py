"""Say that nobody knows the last day of a contact.

The older release takes the day that stands in its place for a known one, as it did before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "contacts", sa.Column("is_day_unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("contacts", "is_day_unknown")
