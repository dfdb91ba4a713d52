"""Say which message tells of which note, and mark notes of one person that cover the same days.

A cancellation that is undone stops the message about it that has not left. The older release writes none of these rows:
its messages stay as they are. It cannot show a note that is marked so, and marks none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "ban-drop-constraint": "each new check replaces the old one in this step; it allows one code more",
}

STATES = ("issued", "prolonged", "replaced", "cancelled")
COLUMNS = {"notemend": "mend", "notemend_accepted": "accepted_mend"}
KNOWN, NEW = ("longer", "shorter", "not_due", "can_work", "worked"), ("overlaps",)


def upgrade() -> None:
    op.create_table(
        "note_notices",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("enclosed_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "told",
            sa.Enum(*STATES, name="notestate_told", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_note_notices_message_id")),
        sa.ForeignKeyConstraint(["note_id"], ["sick_notes.id"], name=op.f("fk_note_notices_note_id")),
        sa.ForeignKeyConstraint(["enclosed_id"], ["sick_notes.id"], name=op.f("fk_note_notices_enclosed_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_note_notices")),
    )
    op.create_index(op.f("ix_note_notices_note_id"), "note_notices", ["note_id"])
    op.create_index(op.f("ix_note_notices_enclosed_id"), "note_notices", ["enclosed_id"])
    for name, column in COLUMNS.items():
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, column, (*KNOWN, *NEW))
    with op.get_context().autocommit_block():
        for name in COLUMNS:
            op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")


def downgrade() -> None:
    for name, column in COLUMNS.items():
        op.execute(f"UPDATE sick_notes SET {column} = 'not_due' WHERE {column} = 'overlaps'")
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, column, KNOWN)
        op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")
    op.drop_table("note_notices")


def _hold(name: str, column: str, codes: tuple[str, ...]) -> None:
    """Hold a column to its codes; what is there is verified later, without a lock that stops anybody."""
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(
        f"ALTER TABLE sick_notes ADD CONSTRAINT ck_sick_notes_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )
