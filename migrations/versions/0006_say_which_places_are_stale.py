"""A household whose reasons to call changed while it was held is placed anew when its claim ends; no other is.

The older release ends every claim the slow way and knows nothing of this column. Its claims count as stale: only a
claim of this release says that they are not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "queue_entries", sa.Column("is_stale", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("queue_entries", "is_stale")
