"""Count the places that somebody should report beside what else waits at a site: pages read the figure.

The older release does not write it: a host of that release leaves the figure as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("site_counts", sa.Column("clusters", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("site_counts", "clusters")
