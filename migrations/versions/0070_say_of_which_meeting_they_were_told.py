"""Say of which other meeting a contact was told, whom a second case named with nothing new to say.

The older release does not fill it, and rings such a contact with the whole script.
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("told_with_id", sa.BigInteger(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_contacts_told_with_id",
            "contacts",
            ["told_with_id"],
            postgresql_where=sa.text("told_with_id IS NOT NULL"),
            postgresql_concurrently=True,
        )
    # every row has none yet: there is nothing to read through
    op.execute("""
        ALTER TABLE contacts ADD CONSTRAINT fk_contacts_told_with_id_contacts
        FOREIGN KEY (told_with_id) REFERENCES contacts (id) ON DELETE SET NULL NOT VALID
    """)


def downgrade() -> None:
    op.drop_column("contacts", "told_with_id")
