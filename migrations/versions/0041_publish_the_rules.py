"""Keep the versions of rule tables, and tell every host when they change.

The older release decides by its own files, as before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
}

STATES = ("draft", "proposed", "approved", "withdrawn")
ORIGINS = ("seed", "release", "page")
MEMBERS = ("created_by", "changed_by", "adviser_id", "referent_id", "withdrawn_by")


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("memory_stamp_numbers")))
    op.create_table(
        "memory_stamps",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_memory_stamps")),
    )
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("state", _codes("versionstate", STATES), nullable=False),
        sa.Column("origin", _codes("versionorigin", ORIGINS), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=True),
        sa.Column("adviser_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("referent_id", sa.Integer(), nullable=True),
        sa.Column("referent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR (content IS NOT NULL AND (origin = 'seed' OR (number IS NOT NULL AND effective_at IS NOT NULL AND adviser_id IS NOT NULL AND referent_id IS NOT NULL)))",
            name=op.f("ck_rule_versions_approved_by_two"),
        ),
        sa.CheckConstraint("adviser_id <> referent_id", name=op.f("ck_rule_versions_two_people")),
        *(
            sa.ForeignKeyConstraint([column], ["members.id"], name=op.f(f"fk_rule_versions_{column}_members"))
            for column in MEMBERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint("programme", "number", name="uq_rule_versions_number"),
    )
    op.create_index("ix_rule_versions_programme", "rule_versions", ["programme", "table_name"])
    op.create_index(
        "uq_rule_versions_one_page_draft",
        "rule_versions",
        ["programme", "table_name"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'proposed') AND origin = 'page'"),
    )
    op.create_index(
        "uq_rule_versions_one_seed",
        "rule_versions",
        ["programme", "table_name"],
        unique=True,
        postgresql_where=sa.text("origin = 'seed'"),
    )
    for table in ("cases", "contacts"):
        op.add_column(table, sa.Column("ruled_on", sa.Date(), nullable=True))


def downgrade() -> None:
    for table in ("cases", "contacts"):
        op.drop_column(table, "ruled_on")
    op.drop_table("rule_versions")
    op.drop_table("memory_stamps")
    op.execute(sa.schema.DropSequence(sa.Sequence("memory_stamp_numbers")))


def _codes(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40, create_constraint=True)
