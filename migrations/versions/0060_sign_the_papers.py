"""Keep the key with which a site signs the papers of its notes; the older release prints them unsigned."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_signing_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_signing_keys_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_signing_keys")),
    )
    op.create_index(op.f("ix_site_signing_keys_site_id"), "site_signing_keys", ["site_id"])


def downgrade() -> None:
    op.drop_table("site_signing_keys")
