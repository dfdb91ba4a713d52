"""Mend a note: prolonged or replaced by another, cancelled for more reasons, countersigned by an adviser.

The older release knows neither state. It lists such a note nowhere, since it looks for issued ones, but cannot open one:
no note is prolonged or replaced before the new release runs on every host.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

lint_exceptions = {
    "ban-drop-constraint": "each new check replaces the old one in this step; it allows more codes",
}

CODES = {
    "notestate": ("state", ("issued", "cancelled"), ("prolonged", "replaced")),
    "cancelreason": (
        "cancelled_because",
        ("not_due", "wrong_days", "asked"),
        ("back_at_work", "wrong_person"),
    ),
    "keepreason": (
        "accepted_because",
        ("days_past", "doctor_agrees", "in_good_faith"),
        ("as_asked",),
    ),
}
CHECKS = {
    "countersigned_has_a_member": "(countersigned_at IS NULL) = (countersigned_by IS NULL)",
    "countersigned_was_to_be": "countersigned_at IS NULL OR to_countersign",
}
LINKS = {
    "prolongs": "prolongs_id IS NOT NULL AND state IN ('issued', 'prolonged')",
    "replaces": "replaces_id IS NOT NULL",
}


def upgrade() -> None:
    for column in ("prolongs_id", "replaces_id"):
        op.add_column("sick_notes", sa.Column(column, sa.BigInteger(), nullable=True))
    op.add_column(
        "sick_notes",
        sa.Column("to_countersign", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("sick_notes", sa.Column("countersigned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sick_notes", sa.Column("countersigned_by", sa.Integer(), nullable=True))
    for column, table in (
        ("prolongs_id", "sick_notes"),
        ("replaces_id", "sick_notes"),
        ("countersigned_by", "members"),
    ):
        op.execute(
            f"ALTER TABLE sick_notes ADD CONSTRAINT fk_sick_notes_{column} FOREIGN KEY ({column}) REFERENCES {table} (id) NOT VALID"
        )
    for name, condition in CHECKS.items():
        _hold(name, condition)
    for name, (column, known, new) in CODES.items():
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, _among(column, (*known, *new)))
    with op.get_context().autocommit_block():
        for name in (*CHECKS, *CODES):
            op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")
        for column in ("prolongs_id", "replaces_id", "countersigned_by"):
            op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT fk_sick_notes_{column}")
        for name, condition in LINKS.items():
            op.create_index(
                f"uq_sick_notes_{name}",
                "sick_notes",
                [f"{name}_id"],
                unique=True,
                postgresql_where=sa.text(condition),
                postgresql_concurrently=True,
            )
        op.create_index(
            "ix_sick_notes_to_countersign",
            "sick_notes",
            ["site_id", "id"],
            postgresql_where=sa.text("to_countersign AND countersigned_at IS NULL"),
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_sick_notes_state", "sick_notes", ["site_id", "state", "id"], postgresql_concurrently=True
        )
        op.create_index(
            "ix_sick_notes_issued", "sick_notes", ["site_id", "issued_at"], postgresql_concurrently=True
        )


def downgrade() -> None:
    for name in ("issued", "state", "to_countersign"):
        op.drop_index(f"ix_sick_notes_{name}", "sick_notes")
    for name in LINKS:
        op.drop_index(f"uq_sick_notes_{name}", "sick_notes")
    # a replaced note is worth nothing, and of a chain only its last note is found again by its call
    op.execute("""
        UPDATE sick_notes AS old
        SET state = 'cancelled', cancelled_at = new.issued_at, cancelled_by = new.issued_by
        FROM sick_notes AS new WHERE old.state = 'replaced' AND new.replaces_id = old.id
    """)
    op.execute("""
        UPDATE sick_notes SET state = 'issued'
        WHERE state = 'prolonged' AND NOT EXISTS (
            SELECT 1 FROM sick_notes AS new
            WHERE new.task_id = sick_notes.task_id AND new.state = 'issued')
    """)
    op.execute("""
        UPDATE sick_notes SET state = 'cancelled', cancelled_at = issued_at, cancelled_by = issued_by
        WHERE state = 'prolonged'
    """)
    op.execute("UPDATE sick_notes SET cancelled_because = 'asked' WHERE cancelled_because = 'back_at_work'")
    op.execute(
        "UPDATE sick_notes SET cancelled_because = 'wrong_days' WHERE cancelled_because = 'wrong_person'"
    )
    op.execute("UPDATE sick_notes SET accepted_because = 'in_good_faith' WHERE accepted_because = 'as_asked'")
    for name, (column, known, _new) in CODES.items():
        op.execute(f"ALTER TABLE sick_notes DROP CONSTRAINT ck_sick_notes_{name}")
        _hold(name, _among(column, known))
        op.execute(f"ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_{name}")
    for column in ("countersigned_by", "countersigned_at", "to_countersign", "replaces_id", "prolongs_id"):
        op.drop_column("sick_notes", column)


def _hold(name: str, condition: str) -> None:
    """Hold rows to a condition; those that are there are verified later, without a lock that stops anybody."""
    op.execute(f"ALTER TABLE sick_notes ADD CONSTRAINT ck_sick_notes_{name} CHECK ({condition}) NOT VALID")


def _among(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"
