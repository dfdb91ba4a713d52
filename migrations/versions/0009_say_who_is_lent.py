"""Tracers who call for another site for some hours.

A new table and an empty column: the older release goes on without them, and shows the lent at their own site.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("lent_to", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_members_lent_to"), "members", "sites", ["lent_to"], ["id"])
    op.create_table(
        "loans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("from_site_id", sa.Integer(), nullable=False),
        sa.Column("to_site_id", sa.Integer(), nullable=False),
        sa.Column("lent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lent_by", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_site_id <> to_site_id", name=op.f("ck_loans_to_another_site")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_loans_member_id")),
        sa.ForeignKeyConstraint(["from_site_id"], ["sites.id"], name=op.f("fk_loans_from_site_id")),
        sa.ForeignKeyConstraint(["to_site_id"], ["sites.id"], name=op.f("fk_loans_to_site_id")),
        sa.ForeignKeyConstraint(["lent_by"], ["members.id"], name=op.f("fk_loans_lent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    op.create_index(
        "uq_loans_one_at_a_time",
        "loans",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("returned_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("loans")
    op.drop_constraint(op.f("fk_members_lent_to"), "members", type_="foreignkey")
    op.drop_column("members", "lent_to")
