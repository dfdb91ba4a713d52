"""When people may be called where they are, in which order, and in which language.

New columns are empty or have a default: the older release goes on writing while this one starts. What waits when this
runs counts as closed at that moment, so that the first run of the promoter puts it into calling hours. The older
release sorts the ready rows of a site for each claim from here on, which takes longer but gives the same row.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEVER = "9999-01-01 00:00:00+00"
HOURS = (
    ("hours_have_two_ends", "(calls_from IS NULL) = (calls_until IS NULL)"),
    ("hours_end_after_they_start", "calls_from < calls_until OR calls_until = '00:00'"),
)
WAITS = "state = 'ready' AND reserved_for IS NULL"


def upgrade() -> None:
    for column in (sa.Column("calls_from", sa.Time()), sa.Column("calls_until", sa.Time())):
        op.add_column("sites", column)
    for name in ("calls_on_sundays", "calls_on_holidays"):
        op.add_column("sites", sa.Column(name, sa.Boolean(), server_default=sa.text("true"), nullable=False))
    for name, rule in HOURS:
        op.create_check_constraint(op.f(f"ck_sites_{name}"), "sites", rule)
    op.add_column(
        "members",
        sa.Column("languages", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    for name in ("time_zone", "language"):
        op.add_column("people", sa.Column(name, sa.String()))
    op.add_column(
        "call_tasks", sa.Column("factors", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("queue_entries", sa.Column("time_zone", sa.String()))
    op.add_column("queue_entries", sa.Column("call_by", sa.DateTime(timezone=True)))
    op.add_column(
        "queue_entries", sa.Column("language", sa.String(), server_default=sa.text("'fr'"), nullable=False)
    )
    op.add_column(
        "queue_entries",
        sa.Column("closes_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.alter_column("queue_entries", "closes_at", server_default=sa.text(f"'{NEVER}'"))
    _make_tables()
    with op.get_context().autocommit_block():
        _make_indexes()
        op.drop_index("ix_queue_entries_ready", "queue_entries", postgresql_concurrently=True)


def _make_tables() -> None:
    op.create_table(
        "queue_weights",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("minutes", postgresql.JSONB(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["published_by"], ["members.id"], name=op.f("fk_queue_weights_published_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_queue_weights_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_weights")),
    )
    op.create_index("ix_queue_weights_site", "queue_weights", ["site_id", "programme", "id"], unique=False)
    op.create_table(
        "queue_rebuilds",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("after_household", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_queue_rebuilds_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_queue_rebuilds")),
    )


def _make_indexes() -> None:
    for name, columns, where in (
        ("ix_queue_entries_next", ["site_id", "language", "rank_at", "id", "closes_at"], WAITS),
        ("ix_queue_entries_closing", ["closes_at"], "state = 'ready'"),
        ("ix_queue_entries_spoken", ["site_id", "language"], "language <> 'fr'"),
    ):
        op.create_index(
            name, "queue_entries", columns, postgresql_where=sa.text(where), postgresql_concurrently=True
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_queue_entries_ready",
            "queue_entries",
            ["site_id", "rank_at", "id"],
            postgresql_where=sa.text(WAITS),
            postgresql_concurrently=True,
        )
        for name in ("next", "closing", "spoken"):
            op.drop_index(f"ix_queue_entries_{name}", "queue_entries", postgresql_concurrently=True)
    op.drop_table("queue_rebuilds")
    op.drop_table("queue_weights")
    for table, column in (
        *(("queue_entries", name) for name in ("closes_at", "language", "call_by", "time_zone")),
        ("call_tasks", "factors"),
        *(("people", name) for name in ("language", "time_zone")),
        ("members", "languages"),
    ):
        op.drop_column(table, column)
    for name, _rule in HOURS:
        op.drop_constraint(op.f(f"ck_sites_{name}"), "sites", type_="check")
    for name in ("calls_on_holidays", "calls_on_sundays", "calls_until", "calls_from"):
        op.drop_column("sites", name)
