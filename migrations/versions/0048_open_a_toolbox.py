"""Open the toolbox: questions and standing instructions of a site, dated.

The older release knows nothing of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone"
}

TOPICS = (
    *("emergency", "health", "result", "sick_leave", "contacts", "procedure", "difficult_call", "places"),
)


def upgrade() -> None:
    op.create_table(
        "toolbox_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(*TOPICS, name="topic", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("escalation_id", sa.BigInteger(), nullable=True),
        sa.Column("written_by", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "until IS NULL OR from_day <= until", name=op.f("ck_toolbox_entries_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_toolbox_entries_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["members.id"], name=op.f("fk_toolbox_entries_withdrawn_by_members")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["members.id"], name=op.f("fk_toolbox_entries_written_by_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_toolbox_entries")),
    )
    op.create_index(
        "ix_toolbox_entries_site",
        "toolbox_entries",
        ["site_id", "topic"],
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("toolbox_entries")
