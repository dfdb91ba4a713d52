"""Who is there: pauses, absences, the browser of a call, why it was given back, and for whom it is kept by hand.

New columns are empty and nothing needs them: the older release goes on writing while this one starts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REASONS = "'acquainted', 'equipment', 'shift_ends', 'too_hard', 'handed_over'"
POINTERS = (("queue_entries", "passed_by", "members"), ("calls", "session_id", "staff_sessions"))
CHECKED = (
    ("calls", "ck_calls_givebackreason", f"give_back_reason IN ({REASONS})"),
    (
        "calls",
        "ck_calls_reason_of_a_call_given_back",
        "(give_back_reason IS NULL) OR (outcome = 'given_back')",
    ),
)


def upgrade() -> None:
    op.add_column("members", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("queue_entries", sa.Column("given_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("queue_entries", sa.Column("passed_by", sa.Integer(), nullable=True))
    op.add_column("calls", sa.Column("session_id", sa.BigInteger(), nullable=True))
    op.add_column("calls", sa.Column("give_back_reason", sa.String(length=40), nullable=True))
    for table, column, target in POINTERS:
        op.create_foreign_key(
            op.f(f"fk_{table}_{column}"), table, target, [column], ["id"], postgresql_not_valid=True
        )
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT fk_{table}_{column}")
    for table, name, rule in CHECKED:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_absences_ends_after_it_starts")),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_by IS NULL)", name=op.f("ck_absences_removed_has_an_author")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_absences_member_id")),
        sa.ForeignKeyConstraint(["noted_by"], ["members.id"], name=op.f("fk_absences_noted_by")),
        sa.ForeignKeyConstraint(["removed_by"], ["members.id"], name=op.f("fk_absences_removed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_member_id"), "absences", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_table("absences")
    for table, name, _rule in CHECKED:
        op.drop_constraint(op.f(name), table, type_="check")
    for table, column, _target in POINTERS:
        op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    op.drop_column("calls", "give_back_reason")
    op.drop_column("calls", "session_id")
    op.drop_column("queue_entries", "passed_by")
    op.drop_column("queue_entries", "given_at")
    op.drop_column("members", "paused_at")
