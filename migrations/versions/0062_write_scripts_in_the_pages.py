"""Keep the drafts of scripts, and when a version takes effect.

The older release uses the newest of its own files, as before: what is published meanwhile, it does not know.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
}

STATES = ("draft", "proposed", "approved", "withdrawn")
ORIGINS = ("seed", "release", "page")
MEMBERS = ("created_by", "changed_by", "adviser_id", "referent_id", "withdrawn_by")


def upgrade() -> None:
    op.add_column("script_versions", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("script_versions", sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("script_versions", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "script_drafts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", _codes("versionstate", STATES), nullable=False),
        sa.Column("origin", _codes("versionorigin", ORIGINS), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("with_rule_id", sa.BigInteger(), nullable=True),
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
            "state <> 'approved' OR (version IS NOT NULL AND effective_at IS NOT NULL AND adviser_id IS NOT NULL AND referent_id IS NOT NULL)",
            name=op.f("ck_script_drafts_approved_by_two"),
        ),
        sa.CheckConstraint("adviser_id <> referent_id", name=op.f("ck_script_drafts_two_people")),
        *(
            sa.ForeignKeyConstraint([column], ["members.id"], name=op.f(f"fk_script_drafts_{column}_members"))
            for column in MEMBERS
        ),
        sa.ForeignKeyConstraint(
            ["with_rule_id"], ["rule_versions.id"], name=op.f("fk_script_drafts_with_rule_id_rule_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script_drafts")),
    )
    op.create_index(
        "uq_script_drafts_one_page_draft",
        "script_drafts",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'proposed') AND origin = 'page'"),
    )
    op.create_index("uq_script_drafts_version", "script_drafts", ["kind", "version"], unique=True)


def downgrade() -> None:
    op.drop_table("script_drafts")
    for column in ("withdrawn_at", "effective_at", "number"):
        op.drop_column("script_versions", column)


def _codes(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40, create_constraint=True)
