"""Fill what the migration before made from the events written until now.

Calls and contacts are filled in batches, each committed by itself, so that nobody waits for a lock; it may be broken
off and run again. A cancelled call whose state before was never told stays without one. The release before neither
reads nor writes any of it, and treats a call that is marked as giving way as one that nobody is to make: as it is.

Going back empties the columns and tables. Calls given up for a case keep their mark: the release before clears it when
it puts them back.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BATCH = 5_000

STATUS_BEFORE = """
    UPDATE contacts SET status_before = told.was
    FROM (SELECT DISTINCT ON (subject_id) subject_id, detail->>'was' AS was FROM events
          WHERE subject_type = 'contact' AND kind = 'contact.became_case'
            AND subject_id > :after AND subject_id <= :until
          ORDER BY subject_id, id DESC) AS told
    WHERE contacts.id = told.subject_id AND contacts.status = 'became_case' AND contacts.status_before IS NULL
      AND contacts.id > :after AND contacts.id <= :until
"""
GAVE_WAY = """
    UPDATE call_tasks
    SET gives_way = true, state_before = CASE WHEN call_tasks.state = 'cancelled' THEN called.state END
    FROM (SELECT DISTINCT ON (subject_id) subject_id, detail->'calls' AS calls FROM events
          WHERE subject_type = 'contact' AND kind = 'contact.became_case'
            AND subject_id > :after AND subject_id <= :until
          ORDER BY subject_id, id DESC) AS told
    JOIN contacts ON contacts.id = told.subject_id AND contacts.status = 'became_case'
    CROSS JOIN jsonb_each_text(told.calls) AS called (task, state)
    WHERE call_tasks.id = CAST(called.task AS bigint)
      AND (call_tasks.state = 'cancelled' OR call_tasks.gives_way)
"""
STATE_BEFORE = """
    UPDATE call_tasks SET state_before = earlier.state
    FROM (SELECT task.id, coalesce(
              (SELECT CASE WHEN kind = 'task.closed' THEN detail->>'state' ELSE 'open' END FROM events
               WHERE subject_type = 'task' AND subject_id = task.id
                 AND (kind IN ('task.reopened', 'task.uncovered')
                      OR kind = 'task.closed' AND detail->>'state' <> 'cancelled')
               ORDER BY id DESC LIMIT 1),
              CASE WHEN task.household_id IS NULL THEN 'no_number' END) AS state
          FROM call_tasks AS task
          WHERE task.id > :after AND task.id <= :until AND task.state = 'cancelled'
            AND task.state_before IS NULL) AS earlier
    WHERE call_tasks.id = earlier.id AND earlier.state IS NOT NULL
"""
"""Somebody who came without a number belongs to no household, and nothing told that they were put on their list."""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, sentences in (("contacts", (STATUS_BEFORE, GAVE_WAY)), ("call_tasks", (STATE_BEFORE,))):
            for batch in _batches(table):
                for sentence in sentences:
                    op.execute(sa.text(sentence).bindparams(**batch))
        op.execute("ALTER TABLE call_tasks VALIDATE CONSTRAINT ck_call_tasks_taskstate_before")
        op.execute("ALTER TABLE contacts VALIDATE CONSTRAINT ck_contacts_contactstatus_before")
    op.execute("""
        INSERT INTO inbox_troubles (code, source_code, since)
        SELECT split_part(trouble, ':', 1), split_part(trouble, ':', 2), last.at
        FROM (SELECT at, detail FROM events WHERE subject_type = 'inbox' AND subject_id = 0
              ORDER BY id DESC LIMIT 1) AS last
        CROSS JOIN jsonb_array_elements_text(last.detail->'troubles') AS trouble
        ON CONFLICT DO NOTHING
    """)
    op.execute("""
        INSERT INTO account_makers (member_id, by_id, last_at)
        SELECT members.id, events.by_id, max(events.at)
        FROM events JOIN members ON members.id = events.subject_id
        WHERE subject_type = 'member' AND events.by_id <> members.id
          AND events.kind IN ('member.added', 'member.password_set', 'member.role_granted')
        GROUP BY members.id, events.by_id
        ON CONFLICT DO NOTHING
    """)
    op.execute("""
        INSERT INTO demo_runs (id, begun_at, loaded_at)
        SELECT 1, min(at) FILTER (WHERE kind = 'demo.begun'), max(at) FILTER (WHERE kind = 'demo.loaded')
        FROM events WHERE kind IN ('demo.begun', 'demo.loaded')
        HAVING count(*) FILTER (WHERE kind = 'demo.begun') > 0
        ON CONFLICT DO NOTHING
    """)


def downgrade() -> None:
    op.execute("DELETE FROM demo_runs")
    op.execute("DELETE FROM account_makers")
    op.execute("DELETE FROM inbox_troubles")
    with op.get_context().autocommit_block():
        for table, column in (("call_tasks", "state_before"), ("contacts", "status_before")):
            for batch in _batches(table):
                emptied = f"UPDATE {table} SET {column} = NULL WHERE id > :after AND id <= :until"
                op.execute(sa.text(f"{emptied} AND {column} IS NOT NULL").bindparams(**batch))


def _batches(table: str) -> Iterator[dict[str, int]]:
    if op.get_context().as_sql:  # written out to be linted: one batch stands for all
        yield {"after": 0, "until": BATCH}
        return
    last = op.get_bind().scalar(sa.text(f"SELECT max(id) FROM {table}")) or 0
    for after in range(0, last, BATCH):
        yield {"after": after, "until": after + BATCH}
