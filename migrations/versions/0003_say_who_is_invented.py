"""A person of a training site is marked where the person is kept.

One release wrote this column into 0001 after 0001 had been released. A base made by that release has it, every other
base has not: both become the same here. No release that is running notices: the column has a default.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE people ADD COLUMN IF NOT EXISTS is_invented boolean DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE people DROP COLUMN IF EXISTS is_invented")
