"""Keep the places that cases name as keyed hashes, so that others who name one are counted.

The older release writes none; what it has named is found once the line is changed, and no longer counts after days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "named_places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=True),
        sa.Column("town_hash", sa.LargeBinary(), nullable=True),
        sa.Column("postcode_hash", sa.LargeBinary(), nullable=True),
        sa.Column("index_key_id", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(contact_id IS NULL) = (day IS NOT NULL)", name=op.f("ck_named_places_of_a_contact_or_a_day")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_named_places_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_named_places_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["named_by"], ["members.id"], name=op.f("fk_named_places_named_by_members")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_named_places_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_places")),
    )
    op.create_index(op.f("ix_named_places_case_id"), "named_places", ["case_id"])
    op.create_index(op.f("ix_named_places_cohort"), "named_places", ["cohort"])
    op.create_index(
        "uq_named_places_contact",
        "named_places",
        ["contact_id"],
        unique=True,
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    op.create_index(
        "ix_named_places_name",
        "named_places",
        ["name_hash", "named_at"],
        postgresql_where=sa.text("name_hash IS NOT NULL"),
    )
    op.create_index(
        "ix_named_places_site",
        "named_places",
        ["site_id", "named_at"],
        postgresql_include=["name_hash"],
        postgresql_where=sa.text("name_hash IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("named_places")
