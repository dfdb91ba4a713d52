"""Keep a short note for whoever calls a person next.

The older release neither writes nor shows it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handover_notes",
        sa.Column("task_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_handover_notes_task_id")),
        sa.ForeignKeyConstraint(["written_by"], ["members.id"], name=op.f("fk_handover_notes_written_by")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_handover_notes")),
    )
    op.create_index(op.f("ix_handover_notes_cohort"), "handover_notes", ["cohort"])


def downgrade() -> None:
    op.drop_table("handover_notes")
