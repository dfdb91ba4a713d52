"""Keep how far going through today's cases under a version of the rules has come.

The older release goes through none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
}

COUNTS = ("done", "failed", "ends_moved", "calls_added", "calls_dropped", "notes_to_mend")


def upgrade() -> None:
    op.create_table(
        "rule_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "preview", "effect", name="runkind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("last_case", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["members.id"], name=op.f("fk_rule_runs_asked_by_members")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["rule_versions.id"], name=op.f("fk_rule_runs_version_id_rule_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_runs")),
    )
    op.create_index("ix_rule_runs_version", "rule_runs", ["version_id"])
    op.create_index(
        "ix_rule_runs_waiting", "rule_runs", ["due_at"], postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_index(
        "uq_rule_runs_one_effect",
        "rule_runs",
        ["version_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'effect'"),
    )


def downgrade() -> None:
    op.drop_table("rule_runs")
