"""Announce what changes, and keep who has read it.

The older release announces nothing: what one of its hosts approves while the release is rolled out has no notice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
}


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "rules", "script", name="noticekind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("programme", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("rule_version_id", sa.BigInteger(), nullable=True),
        sa.Column("script_version", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("reaches_ongoing", sa.Boolean(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'rules') = (rule_version_id IS NOT NULL)", name=op.f("ck_notices_rules_have_a_version")
        ),
        sa.CheckConstraint(
            "(kind = 'script') = (script_version IS NOT NULL)", name=op.f("ck_notices_scripts_have_a_version")
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["members.id"], name=op.f("fk_notices_changed_by_members")),
        sa.ForeignKeyConstraint(
            ["rule_version_id"], ["rule_versions.id"], name=op.f("fk_notices_rule_version_id_rule_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("uq_notices_rule_version", "notices", ["rule_version_id"], unique=True)
    op.create_index(
        "uq_notices_script_version",
        "notices",
        ["subject", "script_version"],
        unique=True,
        postgresql_where=sa.text("kind = 'script'"),
    )
    op.create_table(
        "notice_readings",
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_notice_readings_member_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_notice_readings_notice_id_notices")
        ),
        sa.PrimaryKeyConstraint("notice_id", "member_id", name=op.f("pk_notice_readings")),
    )


def downgrade() -> None:
    op.drop_table("notice_readings")
    op.drop_table("notices")
