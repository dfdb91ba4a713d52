"""Keep the help that people ask for and agree to have passed on.

The older release keeps it as an answer only, which nobody reads.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

lint_exceptions = {
    "prefer-text-field": "as every column of codes: its check is replaced, never its size alone"
}

NEEDS = ("housing", "shopping", "medicines", "children", "money", "listening", "animals", "home_help")
STATES = ("to_pass_on", "passed_on", "done", "withdrawn")


def _codes(name: str, *codes: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, length=40, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "help_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("need", _codes("need", *NEEDS), nullable=False),
        sa.Column("state", _codes("helpstate", *STATES), nullable=False),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("passed_on_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'passed_on' OR passed_on_at IS NOT NULL",
            name=op.f("ck_help_requests_passed_on_has_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["call_tasks.id"],
            name=op.f("fk_help_requests_task_id_call_tasks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_help_requests_person_id_people")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_help_requests_site_id_sites")),
        sa.ForeignKeyConstraint(["asked_by"], ["members.id"], name=op.f("fk_help_requests_asked_by_members")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["members.id"], name=op.f("fk_help_requests_changed_by_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_requests")),
        sa.UniqueConstraint("task_id", "need", name=op.f("uq_help_requests_task_id_need")),
    )
    op.create_index("ix_help_requests_person_id", "help_requests", ["person_id"])
    op.create_index(
        "ix_help_requests_waiting",
        "help_requests",
        ["site_id", "id"],
        postgresql_where=sa.text("is_waiting"),
    )


def downgrade() -> None:
    op.drop_table("help_requests")
