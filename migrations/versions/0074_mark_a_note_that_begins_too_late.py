"""Mark a note whose first days became uncovered, and say of each whether it begins as early as it could.

The older release cannot show a note that is marked so, and marks none; of what it issues it is not known whether the
person asked for a later first day, so that nothing is marked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

lint_exceptions = {
    "ban-drop-constraint": "each new check replaces the old one in this step; it allows one code more",
}

COLUMNS = {"notemend": "mend", "notemend_accepted": "accepted_mend"}
KNOWN, NEW = ("longer", "shorter", "not_due", "can_work", "worked", "overlaps"), ("earlier",)


def upgrade() -> None:
    op.add_column(
        "sick_notes",
        sa.Column("begins_earliest", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for name, column in COLUMNS.items():
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, column, (*KNOWN, *NEW))
    with op.get_context().autocommit_block():
        for name in COLUMNS:
            op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")


def downgrade() -> None:
    for name, column in COLUMNS.items():
        op.execute(f"UPDATE sick_notes SET {column} = 'not_due' WHERE {column} = 'earlier'")
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, column, KNOWN)
        op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")
    op.drop_column("sick_notes", "begins_earliest")


def _hold(name: str, column: str, codes: tuple[str, ...]) -> None:
    """Hold a column to its codes; what is there is verified later, without a lock that stops anybody."""
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(
        f"ALTER TABLE sick_notes ADD CONSTRAINT ck_sick_notes_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )
