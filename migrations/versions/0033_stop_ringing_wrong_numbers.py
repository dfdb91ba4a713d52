"""Two more ways in which a call can end: an identity that was not confirmed, and whoever asks never to be called again.

Lists of codes that grow: the older release goes on writing its own. It does not know the new codes; a household that has
such a call shows an error on its pages until the new release serves them.
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

lint_exceptions = {"ban-drop-constraint": "replaced in the same transaction by one that allows more"}

OUTCOMES = (
    *("completed", "callback", "no_answer", "voicemail", "wrong_number", "refused", "language"),
    *("needs_doctor", "interpreter", "hospitalised", "out_of_area", "deceased", "advised"),
    *("given_back", "claim_ended", "taken_back"),
)
STATES = (
    *("open", "done", "no_number", "unreachable", "waiting_doctor", "waiting_language"),
    *("waiting_interpreter", "to_hand_on", "cancelled", "deceased"),
)
MORE = ("identity_failed", "no_calls")
COLUMNS = (
    ("calls", "outcome", "calloutcome", OUTCOMES),
    ("conversations", "outcome", "calloutcome", OUTCOMES),
    ("call_tasks", "state", "taskstate", STATES),
    ("call_tasks", "state_before", "taskstate_before", STATES),
)


def upgrade() -> None:
    _let_be(MORE)


def downgrade() -> None:
    # the older release knows neither: the one is tried again by hand, to the other nothing more is sent
    for table in ("calls", "conversations"):
        op.execute(f"UPDATE {table} SET outcome = 'wrong_number' WHERE outcome = 'identity_failed'")
        op.execute(f"UPDATE {table} SET outcome = 'refused' WHERE outcome = 'no_calls'")
    for column in ("state", "state_before"):
        op.execute(f"UPDATE call_tasks SET {column} = 'unreachable' WHERE {column} = 'identity_failed'")
        op.execute(f"UPDATE call_tasks SET {column} = 'deceased' WHERE {column} = 'no_calls'")
    _let_be(())


def _let_be(more: tuple[str, ...]) -> None:
    """Say which codes may stand in each column."""
    for table, column, codes, known in COLUMNS:
        name = f"ck_{table}_{codes}"
        listed = ", ".join(f"'{code}'" for code in (*known, *more))
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed})) NOT VALID")
    # apart from the change, so that the lock of the change is not held while the rows are read
    with op.get_context().autocommit_block():
        for table, _column, codes, _known in COLUMNS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{codes}")
