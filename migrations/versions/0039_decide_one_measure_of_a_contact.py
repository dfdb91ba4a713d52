"""Keep what else decides the measure of a contact: symptoms, immunity, the variant of the case; and what they were told.

The older release writes none of these, and decides without them, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("immunodepressed", sa.Boolean(), nullable=True))
    op.add_column("cases", sa.Column("variant", sa.String(), nullable=True))
    op.add_column("contacts", sa.Column("immunodepressed", sa.Boolean(), nullable=True))
    op.add_column("contacts", sa.Column("symptoms_on", sa.Date(), nullable=True))
    for column in ("awaits_result", "told_awaits_result"):
        op.add_column(
            "contacts", sa.Column(column, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )


def downgrade() -> None:
    for column in ("told_awaits_result", "awaits_result", "symptoms_on", "immunodepressed"):
        op.drop_column("contacts", column)
    for column in ("variant", "immunodepressed"):
        op.drop_column("cases", column)
