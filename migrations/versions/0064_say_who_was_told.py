"""Say which message about a note tells somebody who was on the telephone: they know of it even if it never leaves.

The older release writes no such mark: whoever it spoke to is taken not to know of a note whose letter was stopped.
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "note_notices", sa.Column("said", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("note_notices", "said")
