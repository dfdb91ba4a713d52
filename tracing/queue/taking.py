"""Who is called next: one statement, which finds the household, claims it and says so."""

from datetime import datetime

from sqlalchemy import Row, text

from tracing.kernel.db import session
from tracing.queue import rules
from tracing.staff.agents import Agent
from tracing.ui.languages import FRENCH

_WAITS = "state = 'ready' AND NOT regroup AND site_id = :site AND closes_at > :at"

_SPOKEN = f"""
    SELECT head.id FROM unnest(CAST(:languages AS text[])) AS spoken CROSS JOIN LATERAL (
        SELECT id, rank_at FROM queue_entries
        WHERE {_WAITS} AND reserved_for IS NULL AND language = spoken {{and_more}}
        ORDER BY rank_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS head ORDER BY rank_at, id LIMIT 1
"""  # noqa: S608 - our own words
"""Each language has its own head of the index: those that somebody else speaks are never in the way."""

_TAKE = f"""
    WITH taken AS (
        UPDATE queue_entries SET state = 'claimed', claimant_id = :me, claim_number = claim_number + 1,
            claimed_at = :at, claim_ends_at = :ends, last_input_at = :at, is_stale = false,
            reserved_for = NULL, reserved_until = NULL, given_at = NULL, passed_by = NULL
        WHERE state = 'ready' AND id = coalesce(
            (SELECT id FROM queue_entries WHERE {_WAITS} AND reserved_for = :me
             ORDER BY rank_at LIMIT 1 FOR UPDATE SKIP LOCKED),
            ({_SPOKEN.format(and_more="AND passed_by IS DISTINCT FROM :me")}),
            ({_SPOKEN.format(and_more="")})
        )
        RETURNING id, household_id, claim_number, site_id
    ), told AS (
        INSERT INTO events (at, kind, by_id, site_id, subject_type, subject_id, detail)
        SELECT :at, 'call.claimed', :me, site_id, 'entry', id, jsonb_build_object('claim', claim_number)
        FROM taken
    )
    SELECT id, household_id, claim_number, site_id FROM taken
"""  # noqa: S608 - our own words
"""What is kept for the tracer, else the first that they can speak to, else what they gave back themselves.

What one gave back goes to somebody else; it comes back only when nothing else waits. The three are looked for in
turn, none after one was found; rows that somebody writes are passed over.
"""


def take(by: Agent, *, at: datetime) -> Row[int, int, int, int] | None:
    """Claim the next household of a tracer: its entry, household, claim number and site; None when nobody waits.

    Raises:
        IntegrityError: the tracer holds another one.
    """
    given = {
        "me": by.member_id,
        "site": by.site.id,
        "languages": [FRENCH, *sorted(by.languages)],
        "at": at,
        "ends": at + rules.CLAIM_LASTS,
    }
    return session.execute(text(_TAKE), given).one_or_none()
