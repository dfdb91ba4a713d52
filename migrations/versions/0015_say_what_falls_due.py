"""What falls due in the next hours, and how many calls ended in the last one, for the board.

Columns with a default: the older release goes on counting without them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "site_counts",
        sa.Column(
            "due_next",
            postgresql.ARRAY(sa.Integer()),
            server_default=sa.text("'{0,0,0,0}'"),
            nullable=False,
        ),
    )
    op.add_column("site_counts", sa.Column("pace", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("site_counts", "pace")
    op.drop_column("site_counts", "due_next")
