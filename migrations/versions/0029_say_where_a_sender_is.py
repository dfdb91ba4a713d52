"""Say in which country a sender is, and keep the file of a form that had an error.

The older release reads the files of every sender as French ones, as it did; it never sees a kept file. An identity with
a foreign address or national number, which it cannot open, comes only from a sender whose country was set on a page of
this release: set countries once every host runs it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "constraint-missing-not-valid": "import_sources has a row for each laboratory: it is read in milliseconds",
}

COUNTRIES = ("FR", "BE", "LU", "DE", "CH", "AT", "IT", "ES", "ZZ")


def upgrade() -> None:
    op.add_column(
        "import_sources",
        sa.Column(
            "country",
            sa.Enum(*COUNTRIES, name="country", native_enum=False, create_constraint=True, length=40),
            server_default=sa.text("'FR'"),
            nullable=False,
        ),
    )
    op.create_table(
        "import_uploads",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_import_uploads_member_id_members")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_import_uploads")),
    )


def downgrade() -> None:
    op.drop_table("import_uploads")
    op.drop_column("import_sources", "country")
