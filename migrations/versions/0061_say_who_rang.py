"""Say of a call that the person rang us: what is read to them is not what is said when we ring.

The older release writes no such mark: its calls are taken to be ours.
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("rang_us", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("calls", "rang_us")
