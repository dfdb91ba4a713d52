"""Past data for benchmarks: calls that were made, with their people, answers and events.

The database generates it in plain SQL. Sealed columns hold random bytes of the right length, because nothing that is
measured decrypts them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from benchmarks.figures import say
from benchmarks.ground import Ground, without_foreign_keys
from benchmarks.queue_ground import settle
from tracing.kernel import db
from tracing.vault import services as vault

DAYS = 25
AT_A_TIME = 250_000
"""Tasks per transaction."""


def add_history(ground: Ground, tasks: int) -> None:
    """Add a number of tasks that were called and closed over the last 25 days, with three answers each.

    One in four is a case's own, the other three are those of its contacts.

    Nothing else may use the database meanwhile. A site and a member must exist.
    """
    _make_keys_of_days(ground)
    with ground.owner.begin() as connection, without_foreign_keys(connection), _without_indexes(connection):
        for done in range(0, tasks, AT_A_TIME):
            for statement in _HISTORY.split(";"):
                connection.execute(text(statement), {"count": min(AT_A_TIME, tasks - done)})
            say(f"    {min(done + AT_A_TIME, tasks):,} tasks of {tasks:,} …")
    settle(ground)


def _make_keys_of_days(ground: Ground) -> None:
    """Make the keys of the days used: a process does not start if there are sealed rows of a day without a key."""
    with ground.owner.connect() as connection:
        days = connection.scalars(
            text("SELECT CAST(now() AS date) - number FROM generate_series(0, :days) AS number"),
            {"days": DAYS},
        )
        with db.transaction():
            for day in days:
                vault.keys().cohort_key(day)


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Write without the indexes that enforce no constraint, and build them afterwards: several times faster."""
    known = connection.execute(
        text("""
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
            FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT indisunique
                  AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)
        """)
    ).all()
    for name, _definition in known:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for _name, definition in known:
        connection.execute(text(definition.replace(":", r"\:")))


_HISTORY = """
    DROP TABLE IF EXISTS past;

    CREATE TEMP TABLE past ON COMMIT DROP AS
    SELECT number, nextval(pg_get_serial_sequence('people', 'id')) AS person,
           nextval(pg_get_serial_sequence('households', 'id')) AS household,
           nextval(pg_get_serial_sequence('queue_entries', 'id')) AS entry,
           nextval(pg_get_serial_sequence('call_tasks', 'id')) AS task,
           nextval(pg_get_serial_sequence('calls', 'id')) AS call,
           CASE WHEN (number - 1) % 4 = 0 THEN nextval(pg_get_serial_sequence('cases', 'id')) END AS own_case,
           CASE WHEN (number - 1) % 4 > 0 THEN nextval(pg_get_serial_sequence('contacts', 'id')) END AS contact,
           CAST(NULL AS bigint) AS case_id,
           now() - interval '25 days' * number / :count AS at,
           CAST(now() - interval '25 days' * number / :count AS date) AS cohort,
           site.id AS site, site.programme, tracer.ids[1 + number % cardinality(tracer.ids)] AS tracer
    FROM generate_series(1, :count) AS number,
         (SELECT id, programme FROM sites ORDER BY id LIMIT 1) AS site,
         (SELECT array_agg(id) AS ids FROM members) AS tracer;

    UPDATE past SET case_id = found.own_case
    FROM (SELECT number, own_case FROM past WHERE own_case IS NOT NULL) AS found
    WHERE found.number = past.number - (past.number - 1) % 4;

    INSERT INTO households (id, is_institution, created_at) OVERRIDING SYSTEM VALUE
    SELECT household, false, at FROM past;

    INSERT INTO people (id, cohort, sealed, household_id, is_invented, created_at) OVERRIDING SYSTEM VALUE
    SELECT person, cohort, decode(repeat(md5(number::text), 10), 'hex'), household, false, at FROM past;

    CREATE TEMP TABLE past_numbers ON COMMIT DROP AS
    SELECT person, household, call, cohort, uuid_send(gen_random_uuid()) AS hash FROM past;

    INSERT INTO person_keys (person_id, kind, hash, index_key_id, cohort)
    SELECT person, 'phone', hash, 1, cohort FROM past_numbers
    UNION ALL SELECT person, 'name_birth', uuid_send(gen_random_uuid()), 1, cohort FROM past;

    INSERT INTO household_numbers (number_hash, index_key_id, household_id, is_institution, cohort)
    SELECT hash, 1, household, false, cohort FROM past_numbers;

    INSERT INTO numbers_rung (call_id, number_hash, index_key_id, is_wrong, cohort)
    SELECT call, hash, 1, false, cohort FROM past_numbers;

    DROP TABLE past_numbers;

    INSERT INTO cases (id, reference, person_id, site_id, programme, episode, cohort, first_sampled_at, status,
                       outcome, closed_at, warnings, sealed, created_at) OVERRIDING SYSTEM VALUE
    SELECT own_case, 'past-' || own_case, person, site, programme, 1, cohort, at, 'closed', 'completed', at, '[]',
           decode(repeat(md5(number::text), 8), 'hex'), at
    FROM past WHERE own_case IS NOT NULL;

    INSERT INTO contacts (id, case_id, person_id, cohort, last_contact_on, circumstances, risk, may_disclose,
                          status, named_at, named_by) OVERRIDING SYSTEM VALUE
    SELECT contact, case_id, person, cohort, cohort, '{}', 'undetermined', false, 'informed', at, tracer
    FROM past WHERE contact IS NOT NULL;

    INSERT INTO call_tasks (id, household_id, person_id, site_id, kind, case_id, contact_id, state, created_at,
                            due_at, not_before, attempts, script_version, closed_at) OVERRIDING SYSTEM VALUE
    SELECT task, household, person, site, CASE WHEN contact IS NULL THEN 'case_first' ELSE 'contact_first' END,
           case_id, contact, 'done', at, at, at, 1, '2026.1', at
    FROM past;

    INSERT INTO queue_entries (id, household_id, site_id, state, rank_at, due_at, not_before, claim_number, regroup)
    OVERRIDING SYSTEM VALUE
    SELECT entry, household, site, 'idle', at, at, at, 1, false FROM past;

    INSERT INTO calls (id, entry_id, claim_number, household_id, site_id, tracer_id, started_at, ended_at, outcome)
    OVERRIDING SYSTEM VALUE
    SELECT call, entry, 1, household, site, tracer, at, at + interval '20 minutes', 'completed' FROM past;

    INSERT INTO conversations (call_id, task_id, person_id, script_version, identity_confirmed_at, finished_at,
                               outcome)
    SELECT call, task, person, '2026.1', at, at + interval '20 minutes', 'completed' FROM past;

    INSERT INTO answers (task_id, question, person_id, call_id, claim_number, script_version, cohort, sealed,
                         saved_at, saved_by)
    SELECT task, question, person, call, 1, '2026.1', cohort, decode(repeat(md5(number::text), 3), 'hex'), at,
           tracer
    FROM past, unnest(ARRAY['person_on_line', 'identity_confirmed', 'has_time']) AS question;

    INSERT INTO events (at, kind, by_id, site_id, subject_type, subject_id, detail)
    SELECT at, 'call.claimed', tracer, site, 'entry', entry, '{"claim": 1}' FROM past;

    INSERT INTO events (at, kind, by_id, site_id, subject_type, subject_id, detail)
    SELECT at, 'call.ended', tracer, site, 'entry', entry, '{"claim": 1}' FROM past;

    INSERT INTO events (at, kind, by_id, site_id, subject_type, subject_id, detail)
    SELECT at, 'task.closed', tracer, site, 'task', task, '{"state": "done"}' FROM past;

    INSERT INTO sightings (first_month, viewer_id, why, scope, people, first_at, last_at)
    SELECT CAST(to_char(at, 'YYYYMM') AS integer), tracer, 'call', 'claim:' || entry || '\\:1',
           jsonb_build_array('person:' || person), at, at
    FROM past;

    DROP TABLE past
"""
