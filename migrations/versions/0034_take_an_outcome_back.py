"""Keep what an outcome changed, so that it can be taken back; hold messages until then.

A call says from which list of languages it was given, and that it waits for a list of contacts to be completed. The older
release writes none of this and does without.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "ban-drop-constraint": "the new check replaces the old one in this step; it allows one code more",
}

OUTCOMES = (
    "completed",
    "callback",
    "no_answer",
    "voicemail",
    "wrong_number",
    "refused",
    "language",
    "needs_doctor",
    "interpreter",
    "hospitalised",
    "out_of_area",
    "deceased",
    "advised",
    "given_back",
    "claim_ended",
    "taken_back",
)
STATES = (
    "open",
    "done",
    "no_number",
    "unreachable",
    "waiting_doctor",
    "waiting_language",
    "waiting_interpreter",
    "to_hand_on",
    "deceased",
    "cancelled",
)
WHY_AGAIN = ("dates", "days_added", "not_concerned")
TO_COMPLETE = "to_complete"


def upgrade() -> None:
    op.create_table(
        "outcome_undos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="calloutcome", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_outcome_undos_call_id")),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_outcome_undos_task_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_outcome_undos_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_undos")),
    )
    for column in ("call_id", "task_id", "member_id"):
        op.create_index(op.f(f"ix_outcome_undos_{column}"), "outcome_undos", [column])
    op.add_column("messages", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    op.add_column("call_tasks", sa.Column("given_from", sa.String(length=40), nullable=True))
    _hold("taskstate_given_from", "given_from", STATES)
    op.execute("ALTER TABLE call_tasks DROP CONSTRAINT ck_call_tasks_callagain")
    _hold("callagain", "again", (*WHY_AGAIN, TO_COMPLETE))
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE call_tasks VALIDATE CONSTRAINT ck_call_tasks_taskstate_given_from")
        op.execute("ALTER TABLE call_tasks VALIDATE CONSTRAINT ck_call_tasks_callagain")


def downgrade() -> None:
    # the call stays open: it is rung once more, as the release before does with any other
    op.execute(f"UPDATE call_tasks SET again = NULL WHERE again = '{TO_COMPLETE}'")
    op.execute("ALTER TABLE call_tasks DROP CONSTRAINT ck_call_tasks_callagain")
    _hold("callagain", "again", WHY_AGAIN)
    op.execute("ALTER TABLE call_tasks VALIDATE CONSTRAINT ck_call_tasks_callagain")
    op.drop_column("call_tasks", "given_from")
    op.drop_column("messages", "not_before")
    op.drop_table("outcome_undos")


def _hold(name: str, column: str, codes: tuple[str, ...]) -> None:
    """Hold a column to its codes; what is there is verified later, without a lock that stops anybody."""
    listed = ", ".join(f"'{code}'" for code in codes)
    op.execute(
        f"ALTER TABLE call_tasks ADD CONSTRAINT ck_call_tasks_{name} CHECK ({column} IN ({listed})) NOT VALID"
    )
