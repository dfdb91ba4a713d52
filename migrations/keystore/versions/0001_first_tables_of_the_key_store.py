"""Make the tables of the key store: cohort keys and index keys, wrapped.

The first release: there are no rows and no older code to keep safe.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cohort_keys",
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_cohort_keys_destroyed_has_no_key")
        ),
        sa.PrimaryKeyConstraint("cohort", name=op.f("pk_cohort_keys")),
    )
    op.create_table(
        "index_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", "kind", name=op.f("pk_index_keys")),
    )


def downgrade() -> None:
    op.drop_table("index_keys")
    op.drop_table("cohort_keys")
