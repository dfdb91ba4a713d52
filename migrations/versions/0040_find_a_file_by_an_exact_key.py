"""Keep who searched a file and why, and who opened it; let the read log be asked who saw one person.

The older release writes none of this and does without.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced with its codes, never its size alone",
    "require-concurrent-index-creation": "a partitioned table takes none so; before the first release it is small",
}

FOUND_BY = ("reference", "number", "nir", "name", "list", "question", "link")
REASONS = ("complaint", "asks", "correction", "opinion", "rights", "control", "listed", "other")


def upgrade() -> None:
    op.create_table(
        "file_searches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        _codes("found_by", FOUND_BY, "filesearches_foundby"),
        _codes("reason", REASONS, "filesearches_reason"),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("other_site_id", sa.Integer(), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("found >= 0", name=op.f("ck_file_searches_found_is_a_count")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_file_searches_member_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_file_searches_site_id")),
        sa.ForeignKeyConstraint(["other_site_id"], ["sites.id"], name=op.f("fk_file_searches_other_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_searches")),
    )
    op.create_index("ix_file_searches_member", "file_searches", ["member_id", "searched_at"])
    op.create_index(op.f("ix_file_searches_cohort"), "file_searches", ["cohort"])
    op.create_table(
        "file_openings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("search_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        _codes("found_by", FOUND_BY, "fileopenings_foundby"),
        _codes("reason", REASONS, "fileopenings_reason"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["search_id"], ["file_searches.id"], name=op.f("fk_file_openings_search_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_file_openings_member_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_file_openings_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_openings")),
    )
    op.create_index("ix_file_openings_member", "file_openings", ["member_id", "opened_at"])
    for column in ("search_id", "case_id"):
        op.create_index(op.f(f"ix_file_openings_{column}"), "file_openings", [column])
    op.create_index(
        "ix_sightings_people",
        "sightings",
        ["people"],
        postgresql_using="gin",
        postgresql_ops={"people": "jsonb_path_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_sightings_people", "sightings")
    op.drop_table("file_openings")
    op.drop_table("file_searches")


def _codes(column: str, codes: tuple[str, ...], name: str) -> sa.Column[str]:
    kind = sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)
