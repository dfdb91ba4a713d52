"""Keep on which version a draft is built, and which cases a run has postponed.

The older release writes neither: a draft of its hosts is compared once before it is proposed, and a run of theirs
postpones nothing. A day of the year 1, as a browser sends it while a year is typed, is dropped: it lies before what the
driver can read, and kept every host from starting.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE rule_versions SET effective_at = NULL WHERE effective_at < '1900-01-01Z' AND state <> 'approved'"
    )
    op.add_column("rule_versions", sa.Column("base_id", sa.BigInteger(), nullable=True))
    # every row has none yet: there is nothing to read through
    op.execute("""
        ALTER TABLE rule_versions ADD CONSTRAINT fk_rule_versions_base_id_rule_versions
        FOREIGN KEY (base_id) REFERENCES rule_versions (id) NOT VALID
    """)
    op.add_column(
        "rule_runs",
        sa.Column(
            "postponed",
            postgresql.JSONB(),
            nullable=False,
            server_default=sa.text("'[]'::jsonb"),
        ),
    )


def downgrade() -> None:
    op.drop_column("rule_runs", "postponed")
    op.drop_constraint(op.f("fk_rule_versions_base_id_rule_versions"), "rule_versions")
    op.drop_column("rule_versions", "base_id")
