"""Promises kept or broken, the number that was rung, messages that wait, and more ways in which a call ends.

New tables, and lists of codes that grow: the older release goes on writing its own. It does not know the new codes;
a row that has one shows an error on its pages until it is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OUTCOMES = (
    "completed callback no_answer voicemail wrong_number refused language needs_doctor",
    "interpreter hospitalised out_of_area deceased",
    "given_back claim_ended taken_back",
)
TASKS = (
    "open done no_number unreachable waiting_doctor waiting_language",
    "waiting_interpreter to_hand_on deceased",
    "cancelled",
)
CASES = ("completed refused unreachable not_a_case", "deceased handed_on", "")
CODED = (
    ("calls", "outcome", "calloutcome", OUTCOMES),
    ("conversations", "outcome", "calloutcome", OUTCOMES),
    ("call_tasks", "state", "taskstate", TASKS),
    ("cases", "outcome", "caseoutcome", CASES),
)


def upgrade() -> None:
    _let_be(newer=True)
    op.create_table(
        "promises",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("promised_for", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_kept", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(was_kept IS NULL) OR (settled_at IS NOT NULL)",
            name=op.f("ck_promises_kept_or_broken_at_a_time"),
        ),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_promises_task_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_promises_site_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_promises_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_task_id"), "promises", ["task_id"])
    op.create_index(
        "ix_promises_open", "promises", ["promised_for"], postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_index(
        "ix_promises_settled",
        "promises",
        ["site_id", "settled_at"],
        postgresql_where=sa.text("settled_at IS NOT NULL"),
    )
    op.create_table(
        "numbers_rung",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("index_key_id", sa.Integer(), nullable=False),
        sa.Column("is_wrong", sa.Boolean(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_numbers_rung_call_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_numbers_rung")),
    )
    op.create_index(op.f("ix_numbers_rung_cohort"), "numbers_rung", ["cohort"])
    _make_outbox()
    with op.get_context().autocommit_block():
        op.create_index("ix_calls_site_ended", "calls", ["site_id", "ended_at"], postgresql_concurrently=True)
        op.create_index(
            "ix_events_owner_gone",
            "events",
            ["site_id", "at"],
            postgresql_where=sa.text("kind = 'owner.gone'"),
            postgresql_concurrently=True,
        )


def _make_outbox() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("sms", "letter", name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "written",
                "stopped",
                name="messagestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_messages_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_messages_site_id")),
        sa.ForeignKeyConstraint(["queued_by"], ["members.id"], name=op.f("fk_messages_queued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_person_id"), "messages", ["person_id"])
    op.create_index(op.f("ix_messages_cohort"), "messages", ["cohort"])
    op.create_index("ix_messages_site", "messages", ["site_id", "id"])
    op.create_table(
        "message_stops",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_message_stops_person_id")),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_message_stops_by_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_message_stops")),
    )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_events_owner_gone", "events", postgresql_concurrently=True)
        op.drop_index("ix_calls_site_ended", "calls", postgresql_concurrently=True)
    for table in ("message_stops", "messages", "numbers_rung", "promises"):
        op.drop_table(table)
    # the older release has no such list: what stood there is unreachable, and decided about by the supervisor
    op.execute(
        """
        UPDATE call_tasks SET state = 'unreachable'
        WHERE state IN ('waiting_interpreter', 'to_hand_on', 'deceased')
        """
    )
    for table in ("calls", "conversations"):
        op.execute(f"UPDATE {table} SET outcome = 'language' WHERE outcome = 'interpreter'")
        others = "'hospitalised', 'out_of_area', 'deceased'"
        op.execute(f"UPDATE {table} SET outcome = 'refused' WHERE outcome IN ({others})")
    op.execute("UPDATE cases SET outcome = 'unreachable' WHERE outcome IN ('deceased', 'handed_on')")
    _let_be(newer=False)


def _let_be(*, newer: bool) -> None:
    """Say which codes may stand in a column, those of this release included or not."""
    for table, column, name, (first, added, last) in CODED:
        codes = f"{first} {added if newer else ''} {last}".split()
        listed = ", ".join(f"'{code}'" for code in codes)
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({listed})) NOT VALID"
        )
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")
