"""People who ring us and whom nobody can take at once: a list of requests.

A new table: the older release does not notice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caller_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_caller_requests_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_caller_requests_site_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_caller_requests_case_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["members.id"], name=op.f("fk_caller_requests_taken_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["members.id"], name=op.f("fk_caller_requests_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_requests")),
    )
    op.create_index(op.f("ix_caller_requests_case_id"), "caller_requests", ["case_id"])
    op.create_index(op.f("ix_caller_requests_cohort"), "caller_requests", ["cohort"])
    op.create_index(
        "ix_caller_requests_open",
        "caller_requests",
        ["site_id", "id"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("caller_requests")
