"""Keep what a promise, a withdrawn result and a note that is left as it is need.

The older release does without the columns: a case that it keeps after its result was withdrawn is open again although
it had been closed, which a human sees and closes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "ban-drop-constraint": "replaced by one that allows one more code",
}

AGAIN = ("dates", "days_added", "not_concerned", "to_complete")
OUTCOMES = ("completed", "refused", "unreachable", "not_a_case", "deceased", "handed_on")
MENDS = ("longer", "shorter", "not_due")
KEEP_REASONS = ("days_past", "doctor_agrees", "in_good_faith")
CANCEL_REASONS = ("not_due", "wrong_days", "asked")
CODES = (
    ("cases", "outcome_before", "caseoutcome_before", OUTCOMES),
    ("sick_notes", "accepted_mend", "notemend_accepted", MENDS),
    ("sick_notes", "accepted_because", "keepreason", KEEP_REASONS),
    ("sick_notes", "cancelled_because", "cancelreason", CANCEL_REASONS),
)


def _hold(table: str, column: str, name: str, codes: tuple[str, ...]) -> None:
    """Hold a column to its codes; what is there is verified later, without a lock that stops anybody."""
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )


def _verify(*checks: tuple[str, str]) -> None:
    with op.get_context().autocommit_block():
        for table, name in checks:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def upgrade() -> None:
    op.add_column("call_tasks", sa.Column("rung_early_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("closed_before_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sick_notes", sa.Column("accepted_mend_to", sa.Date(), nullable=True))
    for table, column, name, codes in CODES:
        op.add_column(table, sa.Column(column, sa.String(length=40), nullable=True))
        _hold(table, column, name, codes)
    op.execute("ALTER TABLE call_tasks DROP CONSTRAINT ck_call_tasks_callagain")
    _hold("call_tasks", "again", "callagain", (*AGAIN, "withdrawn"))
    _verify(("call_tasks", "callagain"), *((table, name) for table, _column, name, _codes in CODES))


def downgrade() -> None:
    op.execute("""
        UPDATE cases SET status = 'closed', outcome = outcome_before, closed_at = closed_before_at
        WHERE status = 'withdrawn' AND outcome_before IS NOT NULL
    """)
    op.execute("UPDATE call_tasks SET again = 'not_concerned' WHERE again = 'withdrawn'")
    op.execute("ALTER TABLE call_tasks DROP CONSTRAINT ck_call_tasks_callagain")
    _hold("call_tasks", "again", "callagain", AGAIN)
    for column in ("accepted_mend", "accepted_mend_to", "accepted_because", "cancelled_because"):
        op.drop_column("sick_notes", column)
    for column in ("outcome_before", "closed_before_at"):
        op.drop_column("cases", column)
    op.drop_column("call_tasks", "rung_early_at")
    _verify(("call_tasks", "callagain"))
