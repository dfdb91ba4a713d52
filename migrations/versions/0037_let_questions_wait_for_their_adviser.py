"""Keep which question an adviser takes after their call, and about what each likes to be asked first.

The older release takes questions without looking at `wanted_by` and may leave it on a taken one, so the table does not
forbid that. It knows nothing of specialties.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("escalations", sa.Column("wanted_by", sa.Integer(), nullable=True))
    op.add_column("escalations", sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("""
        ALTER TABLE escalations ADD CONSTRAINT fk_escalations_wanted_by_members
        FOREIGN KEY (wanted_by) REFERENCES members (id) NOT VALID
    """)
    op.execute("""
        ALTER TABLE escalations ADD CONSTRAINT ck_escalations_wanted_has_a_time
        CHECK ((wanted_by IS NULL) = (wanted_at IS NULL)) NOT VALID
    """)
    op.create_table(
        "adviser_specialties",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_adviser_specialties_member_id_members")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_adviser_specialties")),
    )
    with op.get_context().autocommit_block():
        op.create_index(
            "uq_escalations_wanted",
            "escalations",
            ["wanted_by"],
            unique=True,
            postgresql_where=sa.text("wanted_by IS NOT NULL"),
            postgresql_concurrently=True,
        )
        op.execute("ALTER TABLE escalations VALIDATE CONSTRAINT fk_escalations_wanted_by_members")
        op.execute("ALTER TABLE escalations VALIDATE CONSTRAINT ck_escalations_wanted_has_a_time")


def downgrade() -> None:
    op.drop_table("adviser_specialties")
    op.drop_column("escalations", "wanted_at")
    op.drop_column("escalations", "wanted_by")
