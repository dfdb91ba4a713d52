"""Keep, as facts, who somebody says they are, and mark the notes that print who they were.

The older release reads no fact of these kinds of anybody whom it does not show the file of; it cannot open the identity of
whoever was corrected, so that both run beside each other for the minutes of an installation only.
"""

from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

lint_exceptions = {"ban-drop-constraint": "replaced by ones that allow more codes"}

KINDS = (
    *("death", "no_calls", "refusal", "wrong_number", "symptoms", "onset", "sampled", "last_contact"),
    *("vaccination", "lives_with_case", "infected_recently", "immunodepressed", "test", "kept_in_list"),
    *("measure", "risk", "note_days", "hospital"),
)
OF_IDENTITY = ("birth_name", "usual_name", "first_names", "birth_date", "address")
MENDS = ("longer", "shorter", "not_due", "can_work", "worked", "earlier", "overlaps")


def _replace(table: str, column: str, name: str, codes: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def upgrade() -> None:
    _replace("facts", "kind", "factkind", (*KINDS, *OF_IDENTITY))
    _replace("sick_notes", "mend", "notemend", (*MENDS, "bearer"))
    _replace("sick_notes", "accepted_mend", "notemend_accepted", (*MENDS, "bearer"))


def downgrade() -> None:
    # who the people are stays as it was corrected
    listed = ", ".join(f"'{kind}'" for kind in OF_IDENTITY)
    op.execute(f"DELETE FROM facts WHERE kind IN ({listed})")
    op.execute("UPDATE sick_notes SET mend = NULL, mend_to = NULL WHERE mend = 'bearer'")
    op.execute(
        "UPDATE sick_notes SET accepted_mend = NULL, accepted_mend_to = NULL WHERE accepted_mend = 'bearer'"
    )
    _replace("sick_notes", "accepted_mend", "notemend_accepted", MENDS)
    _replace("sick_notes", "mend", "notemend", MENDS)
    _replace("facts", "kind", "factkind", KINDS)
