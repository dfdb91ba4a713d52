"""Lots and places whose calls a supervisor puts before the others.

New tables and empty columns: the older release goes on without them. The calls and people that it writes have neither
lot nor place, so a priority does not find them; what it wrote before waits for some days at most.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("postcode_hash", sa.LargeBinary(), nullable=True))
    op.add_column("call_tasks", sa.Column("lot_id", sa.BigInteger(), nullable=True))
    _make_priorities()
    op.create_table(
        "queue_priority_rounds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("after_task", sa.BigInteger(), nullable=False),
        sa.Column("until_task", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_queue_priority_rounds_site_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["members.id"], name=op.f("fk_queue_priority_rounds_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_priority_rounds")),
    )
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_call_tasks_priority",
            "call_tasks",
            ["site_id"],
            postgresql_where=sa.text("state = 'open' AND (factors & 16) <> 0"),
            postgresql_concurrently=True,
        )


def _make_priorities() -> None:
    op.create_table(
        "queue_priorities",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("sender", sa.String(), nullable=True),
        sa.Column("postcode", sa.String(), nullable=True),
        sa.Column("postcode_hash", sa.LargeBinary(), nullable=True),
        sa.Column("only_collective", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(lot_id IS NULL) <> (postcode IS NULL)", name=op.f("ck_queue_priorities_of_a_lot_or_of_a_place")
        ),
        sa.CheckConstraint(
            "(postcode IS NULL) = (postcode_hash IS NULL)", name=op.f("ck_queue_priorities_place_has_a_hash")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_queue_priorities_site_id")),
        sa.ForeignKeyConstraint(["given_by"], ["members.id"], name=op.f("fk_queue_priorities_given_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["members.id"], name=op.f("fk_queue_priorities_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_priorities")),
    )
    for name, columns in (("lot", ["lot_id"]), ("place", ["postcode", "only_collective"])):
        op.create_index(
            f"uq_queue_priorities_{name}",
            "queue_priorities",
            ["site_id", *columns],
            unique=True,
            postgresql_where=sa.text(f"{columns[0]} IS NOT NULL AND ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_call_tasks_priority", "call_tasks", postgresql_concurrently=True)
    op.drop_table("queue_priority_rounds")
    op.drop_table("queue_priorities")
    op.drop_column("call_tasks", "lot_id")
    op.drop_column("people", "postcode_hash")
