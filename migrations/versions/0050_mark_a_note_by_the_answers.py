"""Mark a note that no longer fits what its person has said of their work.

The older release shows such a note in its list and panel as one whose days changed.
"""

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

lint_exceptions = {
    "ban-drop-constraint": "each new check replaces the old one in this step; it allows two codes more",
}

COLUMNS = {"notemend": "mend", "notemend_accepted": "accepted_mend"}
KNOWN, NEW = ("longer", "shorter", "not_due"), ("can_work", "worked")


def upgrade() -> None:
    for name, column in COLUMNS.items():
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, column, (*KNOWN, *NEW))
    with op.get_context().autocommit_block():
        for name in COLUMNS:
            op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")


def downgrade() -> None:
    for name, column in COLUMNS.items():
        op.execute(f"UPDATE sick_notes SET {column} = 'not_due' WHERE {column} IN ('can_work', 'worked')")
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, column, KNOWN)
        op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")


def _hold(name: str, column: str, codes: tuple[str, ...]) -> None:
    """Hold a column to its codes; what is there is verified later, without a lock that stops anybody."""
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(
        f"ALTER TABLE sick_notes ADD CONSTRAINT ck_sick_notes_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )
