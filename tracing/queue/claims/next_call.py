"""Claiming a household: one statement, which finds it, claims it and says so."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text

from tracing.kernel.db import session
from tracing.kernel.redaction import redacted
from tracing.queue import rules
from tracing.queue.models import QueueEntry
from tracing.staff.agent import Agent
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

_FRENCH = f"""
    SELECT id FROM queue_entries
    WHERE {_WAITS} AND reserved_for IS NULL AND language = '{FRENCH}' {{and_more}}
    ORDER BY rank_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - our own words
"""The same for those who speak no other language, as most: the database prepares a fraction of the steps."""

_CLAIM = """
    WITH me AS (
        SELECT id FROM members WHERE id = :me AND lent_to IS NOT DISTINCT FROM CAST(:lent_to AS integer) FOR SHARE
    ), held AS (
        SELECT id, household_id, claim_number, site_id FROM queue_entries WHERE claimant_id = :me
    ), taken AS (
        UPDATE queue_entries SET state = 'claimed', claimant_id = :me, claim_number = claim_number + 1,
            claimed_at = :at, claim_ends_at = :ends, last_input_at = :at, is_stale = :is_stale{and_lets_go}
        WHERE state <> 'claimed' AND id = CASE
            WHEN EXISTS (SELECT FROM held) THEN NULL WHEN EXISTS (SELECT FROM me) THEN {chosen} END
        RETURNING id, household_id, claim_number, site_id
    ), told AS (
        INSERT INTO events (at, kind, by_id, site_id, subject_type, subject_id, detail)
        SELECT :at, 'call.claimed', :me, site_id, 'entry', id,
            jsonb_build_object('claim', claim_number) || CAST(:also AS jsonb)
        FROM taken
    ), begun AS (
        {begins}
    )
    SELECT id, household_id, claim_number, site_id, true AS is_new, (SELECT id FROM begun) AS begun_id FROM taken
    UNION ALL SELECT id, household_id, claim_number, site_id, false, NULL FROM held
"""
"""Who holds a household already gets that one, and nothing else is looked for.

Who is being lent to another site at this moment, or sent home, claims nothing where they were: the row of the member is
the one that decides, locked here and by `staff.loans`.
"""

_LETS_GO = ", reserved_for = NULL, reserved_until = NULL, given_at = NULL, passed_by = NULL"
"""Whoever it was kept for: it is somebody's call now."""

_NOTHING = "SELECT CAST(NULL AS bigint) AS id"
"""What begins with a claim that stands by itself."""


@cache
def _next_of(head: str, begins: str) -> TextClause:
    """Return the statement that claims what is called next, `head` being the first that waits for everybody.

    What is kept for the tracer, else the first that they can speak to, else what they gave back themselves.

    What one gave back goes to somebody else; it comes back only when nothing else waits. The three are looked for in
    turn, none after one was found; rows that somebody writes are passed over.
    """
    chosen = f"""coalesce(
        (SELECT id FROM queue_entries WHERE {_WAITS} AND reserved_for = :me
         ORDER BY rank_at LIMIT 1 FOR UPDATE SKIP LOCKED),
        ({head.format(and_more="AND passed_by IS DISTINCT FROM :me")}),
        ({head.format(and_more="")})
    )"""  # noqa: S608 - our own words
    return text(_CLAIM.format(and_lets_go=_LETS_GO, chosen=chosen, begins=begins))


_THIS = text(_CLAIM.format(and_lets_go=_LETS_GO, chosen=":entry", begins=_NOTHING))
_THIS_FOR_ADVICE = text(_CLAIM.format(and_lets_go="", chosen=":entry", begins=_NOTHING))


@dataclass(frozen=True)
class Claim:
    """The right to call a household: stated by every later write of that call."""

    entry_id: int
    household_id: int
    number: int
    site_id: int
    is_new: bool = field(default=False, compare=False)
    """It was claimed just now."""
    begun_id: int | None = field(default=None, compare=False)
    """What began with it, in the same statement."""


@redacted
class Beginning(NamedTuple):
    """What a feature above begins with a claim: one statement costs half of two, and a claim never stands without it."""

    insert: str
    """Takes from `taken` the `id`, `claim_number`, `household_id` and `site_id` of what was claimed, and returns `id`.

    It may also use :me and :at.
    """
    given: dict[str, Any]
    """Its other parameters."""


def claim_next(by: Agent, *, begins: Beginning | None = None, at: datetime) -> Claim | None:
    """Claim the household that is called next; None when nobody waits.

    Somebody who holds a call gets that call again, and nothing begins.

    Raises:
        IntegrityError: the same person asked twice at the same moment, and the other transaction was first: this one
            is void and its page is asked for once more (app/middleware/retry.py).
    """
    wanted: dict[str, Any] = {"site": by.site.id}
    head = _FRENCH
    if others := sorted(by.languages - {FRENCH}):
        head, wanted["languages"] = _SPOKEN, [FRENCH, *others]
    insert, given = begins or Beginning(_NOTHING, {})
    return _claimed(_next_of(head, insert), by, at=at, is_stale=False, also="{}", **wanted, **given)


def claim_this(entry: QueueEntry, by: Agent, *, at: datetime) -> Claim | None:
    """Claim a locked household whose people ring us, wherever it stands; what the agent holds already if that is one.

    Raises:
        IntegrityError: as for `claim_next`.
    """
    return _claimed_here(_THIS, entry, by, at=at, also={"rang_us": True})


def claim_for_advice(entry: QueueEntry, escalation_id: int, by: Agent, *, at: datetime) -> Claim | None:
    """Claim a locked household for a question about it; whatever was kept for somebody stays theirs meanwhile.

    Raises:
        IntegrityError: as for `claim_next`.
    """
    return _claimed_here(_THIS_FOR_ADVICE, entry, by, at=at, also={"escalation": escalation_id})


def _claimed_here(
    statement: TextClause, entry: QueueEntry, by: Agent, *, at: datetime, also: dict[str, object]
) -> Claim | None:
    # it may stand before its time: when the claim ends, its place is found anew
    claim = _claimed(statement, by, at=at, is_stale=True, also=json.dumps(also), entry=entry.id)
    session.refresh(entry)
    return claim


def _claimed(statement: TextClause, by: Agent, *, at: datetime, **more: Any) -> Claim | None:
    given = {"me": by.member_id, "lent_to": by.lent_to, "at": at, "ends": at + rules.CLAIM_LASTS}
    row = session.execute(statement, given | more).one_or_none()
    return None if row is None else Claim(*row)
