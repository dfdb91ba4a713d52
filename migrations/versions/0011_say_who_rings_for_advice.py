"""Calls that an adviser or a referent makes themselves, for a question, and how such a call ends.

An empty column, and a list of codes that grows: the older release goes on writing its own. It does not know the new
code; a household that has such a call shows an error on its pages until the new release serves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OUTCOMES = (
    "completed callback no_answer voicemail wrong_number refused language needs_doctor",
    "interpreter hospitalised out_of_area deceased",
    "advised",
    "given_back claim_ended taken_back",
)
TABLES = ("calls", "conversations")


def upgrade() -> None:
    op.add_column("calls", sa.Column("escalation_id", sa.BigInteger(), nullable=True))
    _let_be(newer=True)


def downgrade() -> None:
    # the older release does not know the code: somebody spoke with the person
    op.execute("UPDATE calls SET outcome = 'completed' WHERE outcome = 'advised'")
    _let_be(newer=False)
    op.drop_column("calls", "escalation_id")


def _let_be(*, newer: bool) -> None:
    """Say which codes may stand as an outcome, that of this release included or not."""
    first, second, added, last = OUTCOMES
    codes = f"{first} {second} {added if newer else ''} {last}".split()
    listed = ", ".join(f"'{code}'" for code in codes)
    for table in TABLES:
        name = f"ck_{table}_calloutcome"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (outcome IN ({listed})) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
