"""Announce a version of a script to each of its programmes: one notice for each, instead of one for all.

The release before announces each version once, to all; that is still allowed.
"""

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

NEW, OLD = "uq_notices_script_version_programme", "uq_notices_script_version"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            f"""CREATE UNIQUE INDEX CONCURRENTLY {NEW} ON notices (subject, script_version, programme)
                NULLS NOT DISTINCT WHERE kind = 'script'"""
        )
        op.execute(f"DROP INDEX CONCURRENTLY {OLD}")


def downgrade() -> None:
    # the release before knows one notice of a version, for every programme: the first one is kept
    later = """notices AS later, notices AS first
        WHERE later.kind = 'script' AND first.kind = 'script' AND first.subject = later.subject
          AND first.script_version = later.script_version AND first.id < later.id"""
    op.execute(f"DELETE FROM notice_readings USING {later} AND notice_readings.notice_id = later.id")
    op.execute(
        """DELETE FROM notices AS later USING notices AS first
           WHERE later.kind = 'script' AND first.kind = 'script' AND first.subject = later.subject
             AND first.script_version = later.script_version AND first.id < later.id"""
    )
    op.execute("UPDATE notices SET programme = NULL WHERE kind = 'script'")
    op.execute(f"DROP INDEX {NEW}")
    op.execute(f"CREATE UNIQUE INDEX {OLD} ON notices (subject, script_version) WHERE kind = 'script'")
