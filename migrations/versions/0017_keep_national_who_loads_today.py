"""Give each lot the owner that its source has, and keep everybody national who loads at a live site today.

They see every lot until now, and nothing is to stop: a site of which nobody else is national makes its officers local
by itself. Import officers of training sites saw every lot as well; from now on they see those of their site.
Both tables are small: a few lots a day, a few officers a site. What the older release adds while this runs is
national (lots) or of its site (officers).
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        UPDATE import_lots SET owner_site_id = import_sources.site_id
        FROM import_sources
        WHERE import_sources.code = import_lots.source_code AND import_sources.site_id IS NOT NULL
    """)
    op.execute("""
        UPDATE member_roles SET is_national = true
        FROM sites
        WHERE sites.id = member_roles.site_id AND sites.kind = 'live' AND member_roles.role = 'import_officer'
    """)


def downgrade() -> None:
    op.execute("UPDATE member_roles SET is_national = false WHERE is_national")
    op.execute("UPDATE import_lots SET owner_site_id = NULL WHERE owner_site_id IS NOT NULL")
