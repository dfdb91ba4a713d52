"""Say of stopped messages that a laboratory reported the death: then no member did.

The older release reads only whether there is such a row.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

lint_exceptions = {
    "ban-drop-not-null": "the older release only counts these rows: it never reads who made one",
}


def upgrade() -> None:
    op.alter_column("message_stops", "by_id", nullable=True)


def downgrade() -> None:
    # the older shape cannot hold them; the calls to these people stay on the list of reported deaths
    op.execute("DELETE FROM message_stops WHERE by_id IS NULL")
    op.alter_column("message_stops", "by_id", nullable=False)
