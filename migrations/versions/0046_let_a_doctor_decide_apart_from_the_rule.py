"""Keep what a doctor decides apart from the rules, and on which later day a person is called again.

The older release decides by the rules alone when it computes dates again. It writes none of the new codes; a case of
which a doctor has decided, and a question answered with a later call, are shown by the new release only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "ban-drop-constraint": "replaced by one that allows more codes",
}

KINDS = (
    *("death", "no_calls", "refusal", "wrong_number", "symptoms", "onset", "sampled", "last_contact"),
    *("vaccination", "lives_with_case", "infected_recently", "immunodepressed", "test", "kept_in_list"),
)
RULED_KINDS = ("measure", "risk", "note_days")
DECISIONS = ("go_on", "call_back", "closed")
RISKS = ("at_risk", "negligible", "undetermined")


def _hold(table: str, column: str, name: str, codes: tuple[str, ...]) -> None:
    """Hold a column to its codes; what is there is verified later, without a lock that stops anybody."""
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )


def _replace(table: str, column: str, name: str, codes: tuple[str, ...]) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    _hold(table, column, name, codes)


def upgrade() -> None:
    for table in ("cases", "contacts"):
        for column in ("doctor_since", "doctor_last_day", "doctor_note_from", "doctor_note_until"):
            op.add_column(table, sa.Column(column, sa.Date(), nullable=True))
    op.add_column("contacts", sa.Column("doctor_risk", sa.String(length=40), nullable=True))
    _hold("contacts", "doctor_risk", "risklevel_doctor", RISKS)
    op.add_column("escalations", sa.Column("call_on", sa.Date(), nullable=True))
    op.add_column("escalations", sa.Column("call_by", sa.Integer(), nullable=True))
    op.execute("""
        ALTER TABLE escalations ADD CONSTRAINT fk_escalations_call_by_members
        FOREIGN KEY (call_by) REFERENCES members (id) NOT VALID
    """)
    op.execute("""
        ALTER TABLE escalations ADD CONSTRAINT ck_escalations_later_has_a_day
        CHECK ((decision = 'call_later') = (call_on IS NOT NULL)) NOT VALID
    """)
    _replace("escalations", "decision", "decision", (*DECISIONS, "call_later"))
    _replace("facts", "kind", "factkind", (*KINDS, *RULED_KINDS))
    with op.get_context().autocommit_block():
        for table, name in (
            ("contacts", "ck_contacts_risklevel_doctor"),
            ("escalations", "fk_escalations_call_by_members"),
            ("escalations", "ck_escalations_later_has_a_day"),
            ("escalations", "ck_escalations_decision"),
            ("facts", "ck_facts_factkind"),
        ):
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    # the person is called at once instead of later; the rules decide again from the next change on
    op.execute("UPDATE escalations SET call_on = NULL, decision = 'call_back' WHERE decision = 'call_later'")
    op.execute("DELETE FROM facts WHERE kind IN ('measure', 'risk', 'note_days')")
    _replace("facts", "kind", "factkind", KINDS)
    op.execute("ALTER TABLE escalations DROP CONSTRAINT ck_escalations_later_has_a_day")
    _replace("escalations", "decision", "decision", DECISIONS)
    op.drop_column("escalations", "call_by")
    op.drop_column("escalations", "call_on")
    op.drop_column("contacts", "doctor_risk")
    for table in ("cases", "contacts"):
        for column in ("doctor_note_until", "doctor_note_from", "doctor_last_day", "doctor_since"):
            op.drop_column(table, column)
