"""Why somebody who asks for a sick note has no social-security number, and what an adviser decided.

A new table alone: the older release neither reads nor writes it, and goes on issuing notes by its own rules. The reason
is sealed under the day on which it was stated, like what people answer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "missing_numbers",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated_by", sa.Integer(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(agreed IS NULL) = (decided_at IS NULL)", name=op.f("ck_missing_numbers_decided_has_a_time")
        ),
        sa.CheckConstraint(
            "(agreed IS NULL) = (decided_by IS NULL)", name=op.f("ck_missing_numbers_decided_has_a_member")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["call_tasks.id"], name=op.f("fk_missing_numbers_task_id_call_tasks")
        ),
        sa.ForeignKeyConstraint(
            ["stated_by"], ["members.id"], name=op.f("fk_missing_numbers_stated_by_members")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["members.id"], name=op.f("fk_missing_numbers_decided_by_members")
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_missing_numbers")),
    )
    op.create_index(op.f("ix_missing_numbers_cohort"), "missing_numbers", ["cohort"])


def downgrade() -> None:
    op.drop_table("missing_numbers")
