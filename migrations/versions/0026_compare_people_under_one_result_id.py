"""Keep of a line when its file was made, whether it added something or shares its id; of a result, that it came back.

The older release does without the columns and the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NEGATIVES = "ix_import_lines_negatives"
REINSTATED = "ix_lab_results_reinstated"


def upgrade() -> None:
    op.add_column(
        "import_sources",
        sa.Column("ids_are_unique", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    for name in ("completed", "has_lost_id", "shares_id"):
        op.add_column(
            "import_lines", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    op.add_column("import_lines", sa.Column("extracted_at", sa.DateTime(timezone=True)))
    op.add_column("import_lines", sa.Column("reinstated", sa.String()))
    op.add_column("lab_results", sa.Column("reinstated_at", sa.DateTime(timezone=True)))
    with op.get_context().autocommit_block():
        # what a broken attempt left behind is not valid
        op.drop_index(NEGATIVES, "import_lines", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            NEGATIVES,
            "import_lines",
            ["id"],
            postgresql_where=sa.text(
                "outcome = 'quarantined' AND result IN ('N', 'I', 'X') AND sealed IS NOT NULL"
            ),
            postgresql_concurrently=True,
        )
        op.drop_index(REINSTATED, "lab_results", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            REINSTATED,
            "lab_results",
            ["reinstated_at"],
            postgresql_where=sa.text("reinstated_at IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(REINSTATED, "lab_results", postgresql_concurrently=True, if_exists=True)
        op.drop_index(NEGATIVES, "import_lines", postgresql_concurrently=True, if_exists=True)
    op.drop_column("lab_results", "reinstated_at")
    for name in ("reinstated", "extracted_at", "shares_id", "has_lost_id", "completed"):
        op.drop_column("import_lines", name)
    op.drop_column("import_sources", "ids_are_unique")
