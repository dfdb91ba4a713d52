"""Keep that a case known by an antigen test has a negative PCR too: the result and its day, no more.

The release before does without the table. A case that it deletes takes its rows along; of a lot that it takes back they
stay, name nobody, and say what the laboratory did send.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contrary_results",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("analysis", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("sampled_on", sa.Date(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(noted_at IS NULL) = (noted_by IS NULL)", name=op.f("ck_contrary_results_noted_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_contrary_results_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["noted_by"], ["members.id"], name=op.f("fk_contrary_results_noted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contrary_results")),
    )
    op.create_index(op.f("ix_contrary_results_case_id"), "contrary_results", ["case_id"])
    op.create_index(op.f("ix_contrary_results_line_id"), "contrary_results", ["line_id"])
    op.create_index(
        "ix_contrary_results_to_note",
        "contrary_results",
        ["id"],
        postgresql_where=sa.text("noted_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("contrary_results")
