"""Keep what happens to notes for the payment system, and which days were made into a file.

The older release adds no movement: what it issues or cancels meanwhile is added by the next migration, or by hand.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
}

KINDS = ("issued", "cancelled", "replaced", "restored")


def upgrade() -> None:
    op.create_table(
        "note_movements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="movementkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["sick_notes.id"], name=op.f("fk_note_movements_note_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_note_movements_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_movements")),
    )
    op.create_index(op.f("ix_note_movements_note_id"), "note_movements", ["note_id"])
    op.create_index("ix_note_movements_site", "note_movements", ["site_id", "at"])
    op.create_table(
        "note_exports",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("csv_digest", sa.String(), nullable=False),
        sa.Column("json_digest", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["members.id"], name=op.f("fk_note_exports_made_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_note_exports_site_id")),
        sa.PrimaryKeyConstraint("site_id", "day", name=op.f("pk_note_exports")),
    )


def downgrade() -> None:
    op.drop_table("note_exports")
    op.drop_table("note_movements")
