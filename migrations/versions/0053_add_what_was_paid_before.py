"""Add what happened to the notes that there are already, in the order in which it happened."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        INSERT INTO note_movements (note_id, site_id, kind, at)
        SELECT note_id, site_id, kind, at FROM (
            SELECT id AS note_id, site_id, 'issued' AS kind, issued_at AS at, 1 AS place FROM sick_notes
            UNION ALL
            SELECT id, site_id, 'cancelled', cancelled_at, 0 FROM sick_notes WHERE cancelled_at IS NOT NULL
            UNION ALL
            SELECT old.id, old.site_id, 'replaced', new.issued_at, 0
            FROM sick_notes AS old JOIN sick_notes AS new ON new.replaces_id = old.id
        ) AS happened
        ORDER BY at, place, note_id
    """)


def downgrade() -> None:
    op.execute("DELETE FROM note_movements")
