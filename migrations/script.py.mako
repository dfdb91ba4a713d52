"""${message[0].upper() + message[1:]}.

Say here why, and what the old release does while this runs. Then delete these rules:

- It must be safe while the old release still answers pages. Add, fill, then remove: three releases.
- Never rename and never change a type in place: add the new one, write both, move readers, remove the old.
- A new column is nullable or has a server default. NOT NULL on a large table: first a CHECK ... NOT VALID,
  then VALIDATE CONSTRAINT in the next migration. The same for foreign keys.
- An index on a large table is made with postgresql_concurrently=True inside op.get_context().autocommit_block().
- Shape or rows, never both. Rows change in batches; such a migration has a test with awkward rows.
- No model is imported: models change later, this file does not.
- `make check` lints the SQL. A finding that does no harm is named with its reason: lint_exceptions = {"rule": "why"}.
- One that the release before does not survive says oldest_release = "..." (CONTRIBUTING.md, Migrations).
- A lock is waited for 4 seconds; then the migration gives up, changes nothing and may be run again.
- downgrade() undoes it. What cannot be undone is said here and decided by people.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
