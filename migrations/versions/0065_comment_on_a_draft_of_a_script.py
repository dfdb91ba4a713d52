"""Keep what is said of a draft of a script by those who write and approve it. Safe while the old code runs."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "script_comments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["script_drafts.id"], name=op.f("fk_script_comments_draft_id_script_drafts")
        ),
        sa.ForeignKeyConstraint(["said_by"], ["members.id"], name=op.f("fk_script_comments_said_by_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script_comments")),
    )
    op.create_index("ix_script_comments_draft", "script_comments", ["draft_id"])


def downgrade() -> None:
    op.drop_table("script_comments")
