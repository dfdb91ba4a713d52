"""Say which link of a note no longer opens because the birth date of its person was corrected.

The older release does not write it: a link whose date a host of that release corrects is told two days later, unopened.
"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "note_deliveries", sa.Column("birth_corrected_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("note_deliveries", "birth_corrected_at")
