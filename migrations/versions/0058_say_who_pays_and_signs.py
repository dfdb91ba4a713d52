"""Say who pays and who signs on the employer's copy of a note; the older release prints the site's own name as before."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

COLUMNS = ("fund_name", "fund_address", "fund_number", "signatory")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("sites", sa.Column(name, sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("sites", name)
