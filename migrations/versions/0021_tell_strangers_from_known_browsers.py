"""Tell strangers from known browsers at the door, and forms that were sent from those sent twice.

A failure to log in says from which known browser it came and whether it still delays anybody; a session counts the wrong
passwords at its own lock; a member's browsers are known from a moment on. The older release writes and reads none of
it: what it writes meanwhile counts as a failure of a stranger.

A form that creates something leaves a digest of itself, so that its second copy does nothing. The older release leaves
none, and its forms are as they were.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
lint_exceptions = {
    "ban-drop-constraint": "replaced in the same transaction by one that allows more",
    "constraint-missing-not-valid": "staff_sessions has a row for each log-in: it is read in milliseconds",
}

ENDS = ("signed_out", "too_old", "ended_elsewhere", "account_closed")


def upgrade() -> None:
    # attempts are found by account or address; old ones are removed by their time
    with op.get_context().autocommit_block():
        op.drop_index("ix_login_attempts_at", "login_attempts", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_login_attempts_at", "login_attempts", ["at"], postgresql_concurrently=True)
    op.add_column("login_attempts", sa.Column("browser", sa.String()))
    op.add_column(
        "login_attempts", sa.Column("forgiven", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("members", sa.Column("browsers_known_from", sa.DateTime(timezone=True)))
    op.add_column(
        "staff_sessions",
        sa.Column("failed_unlocks", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("staff_sessions", sa.Column("last_failed_unlock_at", sa.DateTime(timezone=True)))
    _allow_ends(*ENDS, "guessed_at")
    op.create_table(
        "submitted_forms",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leads_to", sa.String()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_submitted_forms")),
    )
    op.create_index("ix_submitted_forms_at", "submitted_forms", ["at"])


def downgrade() -> None:
    op.drop_index("ix_login_attempts_at", "login_attempts")
    op.drop_table("submitted_forms")
    op.execute("UPDATE staff_sessions SET end_reason = 'ended_elsewhere' WHERE end_reason = 'guessed_at'")
    _allow_ends(*ENDS)
    op.drop_column("staff_sessions", "last_failed_unlock_at")
    op.drop_column("staff_sessions", "failed_unlocks")
    op.drop_column("members", "browsers_known_from")
    op.drop_column("login_attempts", "forgiven")
    op.drop_column("login_attempts", "browser")


def _allow_ends(*ends: str) -> None:
    listed = ", ".join(f"'{end}'" for end in ends)
    op.execute("ALTER TABLE staff_sessions DROP CONSTRAINT ck_staff_sessions_sessionend")
    rule = f"CHECK (end_reason IN ({listed})) NOT VALID"
    op.execute(f"ALTER TABLE staff_sessions ADD CONSTRAINT ck_staff_sessions_sessionend {rule}")
    op.execute("ALTER TABLE staff_sessions VALIDATE CONSTRAINT ck_staff_sessions_sessionend")
