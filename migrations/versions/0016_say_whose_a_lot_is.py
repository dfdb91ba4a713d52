"""Say whose a lot is, and which import officers are national.

The columns and the table only; the next migration fills them. The older release knows neither: what it receives
meanwhile is national, and whom it makes an import officer is one of their site.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
SMALL = "import_lots, member_roles and sites have few rows: they are read in milliseconds"
lint_exceptions = {
    "constraint-missing-not-valid": SMALL,
    "adding-foreign-key-constraint": SMALL,
    "require-concurrent-index-creation": SMALL,
}


def upgrade() -> None:
    op.add_column("import_lots", sa.Column("owner_site_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_import_lots_owner_site_id"), "import_lots", "sites", ["owner_site_id"], ["id"]
    )
    op.create_index(op.f("ix_import_lots_owner_site_id"), "import_lots", ["owner_site_id"])
    op.add_column(
        "member_roles",
        sa.Column("is_national", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_member_roles_only_imports_are_national"),
        "member_roles",
        "NOT is_national OR role = 'import_officer'",
    )
    op.create_check_constraint(op.f("ck_sites_default_is_live"), "sites", "NOT is_default OR kind = 'live'")
    op.create_table(
        "national_proposals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("proposed_by <> member_id", name=op.f("ck_national_proposals_not_for_oneself")),
        sa.CheckConstraint(
            "confirmed_by NOT IN (proposed_by, member_id)",
            name=op.f("ck_national_proposals_confirmed_by_a_second_person"),
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR ended_at IS NOT NULL", name=op.f("ck_national_proposals_confirmed_once")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_national_proposals_member_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_national_proposals_site_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["members.id"], name=op.f("fk_national_proposals_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["members.id"], name=op.f("fk_national_proposals_confirmed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_national_proposals")),
    )
    op.create_index(
        "uq_national_proposals_open",
        "national_proposals",
        ["member_id", "site_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("national_proposals")
    op.drop_constraint(op.f("ck_sites_default_is_live"), "sites", type_="check")
    op.drop_constraint(op.f("ck_member_roles_only_imports_are_national"), "member_roles", type_="check")
    op.drop_column("member_roles", "is_national")
    op.drop_index(op.f("ix_import_lots_owner_site_id"), "import_lots")
    op.drop_constraint(op.f("fk_import_lots_owner_site_id"), "import_lots", type_="foreignkey")
    op.drop_column("import_lots", "owner_site_id")
