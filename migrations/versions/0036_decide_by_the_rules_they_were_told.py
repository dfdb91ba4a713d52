"""Keep the day on which a person was told first: its rules decide from then on.

The older release decides by today's rules, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("cases", "contacts"):
        op.add_column(table, sa.Column("first_told_on", sa.Date(), nullable=True))
    op.execute("""
        UPDATE cases SET first_told_on = (told_at AT TIME ZONE sites.time_zone)::date
        FROM sites WHERE sites.id = site_id AND told_at IS NOT NULL
    """)
    op.execute("""
        UPDATE contacts SET first_told_on = (contacts.told_at AT TIME ZONE sites.time_zone)::date
        FROM cases JOIN sites ON sites.id = cases.site_id
        WHERE cases.id = contacts.case_id AND contacts.told_at IS NOT NULL
    """)


def downgrade() -> None:
    for table in ("cases", "contacts"):
        op.drop_column(table, "first_told_on")
