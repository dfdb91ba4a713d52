"""Keep what is handed off to the regional health agency: a record and a reason, with what became of it.

The older release does without.
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
}

STATES = ("to_send", "sent", "acknowledged", "taken_back")


def upgrade() -> None:
    op.create_table(
        "hand_offs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_by_hand", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="handoffstate", native_enum=False, length=40, create_constraint=True),
            nullable=False,
        ),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('sent', 'acknowledged') OR sent_at IS NOT NULL",
            name=op.f("ck_hand_offs_sent_has_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["call_tasks.id"], name=op.f("fk_hand_offs_task_id_call_tasks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_hand_offs_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_hand_offs_site_id_sites")),
        sa.ForeignKeyConstraint(["changed_by"], ["members.id"], name=op.f("fk_hand_offs_changed_by_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_offs")),
        sa.UniqueConstraint("task_id", "reason", name=op.f("uq_hand_offs_task_id_reason")),
    )
    op.create_index("ix_hand_offs_case_id", "hand_offs", ["case_id"])
    op.create_index(
        "ix_hand_offs_waiting", "hand_offs", ["site_id", "id"], postgresql_where=sa.text("is_waiting")
    )
    op.create_index(
        "ix_hand_offs_done", "hand_offs", ["site_id", "id"], postgresql_where=sa.text("NOT is_waiting")
    )


def downgrade() -> None:
    op.drop_table("hand_offs")
