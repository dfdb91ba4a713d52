"""Mark a parent's note whose child was said dead, or is no child by a corrected birth date.

The older release cannot show a note that is marked so, and marks none.
"""

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

lint_exceptions = {"ban-drop-constraint": "replaced by ones that allow one code more"}

COLUMNS = {"notemend": "mend", "notemend_accepted": "accepted_mend"}
KNOWN = ("longer", "shorter", "not_due", "can_work", "worked", "earlier", "overlaps", "bearer")


def upgrade() -> None:
    for name, column in COLUMNS.items():
        _replace(name, column, (*KNOWN, "no_child"))


def downgrade() -> None:
    for name, column in COLUMNS.items():
        op.execute(f"UPDATE sick_notes SET {column} = 'not_due' WHERE {column} = 'no_child'")
        _replace(name, column, KNOWN)


def _replace(name: str, column: str, codes: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
    op.execute(
        f"ALTER TABLE sick_notes ADD CONSTRAINT ck_sick_notes_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")
