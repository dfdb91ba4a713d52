"""Keep every fact with who said it, so that what follows from it can be decided again.

What the columns of cases and contacts know from before counts where no fact says otherwise. The older release does
without the table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "ban-drop-not-null": "the older release always gives a member",
}

KINDS = (
    "death",
    "no_calls",
    "refusal",
    "wrong_number",
    "symptoms",
    "onset",
    "sampled",
    "last_contact",
    "vaccination",
    "lives_with_case",
    "infected_recently",
    "immunodepressed",
    "test",
    "kept_in_list",
)
SOURCES = (
    "laboratory",
    "case",
    "relative",
    "person",
    "representative",
    "tracer",
    "referent",
    "supervisor",
    "doctor",
)
CALL_AGAIN = "('dates', 'days_added', 'not_concerned')"
MENDS = "('longer', 'shorter', 'not_due')"


def _plain() -> sa.String:
    return sa.String(length=40)


def _hold(table: str, codes: str, condition: str) -> None:
    """Hold a new column to its codes; what is there is verified later, without a lock that stops anybody."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{codes} CHECK ({condition}) NOT VALID")


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject_type", _codes("subjecttype", "person", "case", "contact"), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", _codes("factkind", *KINDS), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("speaks_of", sa.Date(), nullable=True),
        sa.Column("source", _codes("factsource", *SOURCES), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("retracts_id", sa.BigInteger(), nullable=True),
        sa.Column("number_hash", sa.LargeBinary(), nullable=True),
        sa.Column("index_key_id", sa.Integer(), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'wrong_number') OR (number_hash IS NULL)", name=op.f("ck_facts_number_of_a_wrong_number")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_facts_by_id")),
        sa.ForeignKeyConstraint(["retracts_id"], ["facts.id"], name=op.f("fk_facts_retracts_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )
    op.create_index("ix_facts_subject", "facts", ["subject_type", "subject_id"])
    op.create_index(op.f("ix_facts_cohort"), "facts", ["cohort"])
    for name in ("sampled_on", "recalled_from", "recalled_to", "told_last_day"):
        op.add_column("cases", sa.Column(name, sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "contacts", sa.Column("is_outside", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("contacts", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contacts", sa.Column("told_last_day", sa.Date(), nullable=True))
    op.add_column("contacts", sa.Column("said_last_contact_on", sa.Date(), nullable=True))
    op.add_column("call_tasks", sa.Column("again", _plain(), nullable=True))
    op.add_column("sick_notes", sa.Column("mend", _plain(), nullable=True))
    op.add_column("sick_notes", sa.Column("mend_to", sa.Date(), nullable=True))
    _hold("call_tasks", "callagain", f"again IN {CALL_AGAIN}")
    _hold("sick_notes", "notemend", f"mend IN {MENDS}")
    op.alter_column("message_stops", "by_id", existing_type=sa.Integer(), nullable=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE call_tasks VALIDATE CONSTRAINT ck_call_tasks_callagain")
        op.execute("ALTER TABLE sick_notes VALIDATE CONSTRAINT ck_sick_notes_notemend")
        op.create_index(
            "ix_sick_notes_to_mend",
            "sick_notes",
            ["site_id", "id"],
            postgresql_where=sa.text("mend IS NOT NULL AND state = 'issued'"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_sick_notes_to_mend", "sick_notes")
    op.execute("DELETE FROM message_stops WHERE by_id IS NULL")
    op.alter_column("message_stops", "by_id", existing_type=sa.Integer(), nullable=False)
    for name in ("mend", "mend_to"):
        op.drop_column("sick_notes", name)
    op.drop_column("call_tasks", "again")
    for name in ("is_outside", "told_at", "told_last_day", "said_last_contact_on"):
        op.drop_column("contacts", name)
    for name in ("sampled_on", "recalled_from", "recalled_to", "told_at", "told_last_day"):
        op.drop_column("cases", name)
    op.drop_table("facts")
