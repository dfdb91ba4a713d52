"""Claim the next call: one statement finds the household, claims it and writes the event."""

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
"""Each language reads its own head of the index, so calls in languages the tracer does not speak are never read."""

_FRENCH = f"""
    SELECT id FROM queue_entries
    WHERE {_WAITS} AND reserved_for IS NULL AND language = '{FRENCH}' {{and_more}}
    ORDER BY rank_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - our own words
"""The same for tracers who speak French only, as most do: the planner has much less to do."""

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
"""If the member already holds a household, that one is returned and nothing else is searched.

A member who is being lent to another site at this moment, or returned from one, cannot claim at the previous site: the
member's row decides, and both this statement and `staff.loans` lock it.
"""

_LETS_GO = ", reserved_for = NULL, reserved_until = NULL, given_at = NULL, passed_by = NULL"
"""Clears any reservation: the call now belongs to the claimant."""

_NOTHING = "SELECT CAST(NULL AS bigint) AS id"
"""The default for `begins`: nothing is created along with the claim."""


@cache
def _next_of(head: str, begins: str) -> TextClause:
    """Return the statement that claims the next call; `head` selects the first one open to everyone.

    Three sources are tried in order, stopping at the first hit: a call reserved for the tracer, the first call open to
    everyone that they did not give back themselves, then one that they did. Locked rows are skipped.
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
    """The right to call a household: every later write of that call states it."""

    entry_id: int
    household_id: int
    number: int
    site_id: int
    is_new: bool = field(default=False, compare=False)
    """Whether it was claimed just now."""
    begun_id: int | None = field(default=None, compare=False)
    """The id of the row that was created along with it, in the same statement."""


@redacted
class Beginning(NamedTuple):
    """What a feature above creates in a claim's statement: half the cost of two, and no claim exists without it."""

    insert: str
    """An INSERT that reads `id`, `claim_number`, `household_id` and `site_id` from `taken`, and returns `id`.

    It may also use :me and :at.
    """
    given: dict[str, Any]
    """Its other parameters."""


def claim_next(by: Agent, *, begins: Beginning | None = None, at: datetime) -> Claim | None:
    """Claim the next household to be called; None when nothing waits.

    If the agent already holds a call, return that one and create nothing.

    Raises:
        IntegrityError: the same person asked twice at the same moment, and the other transaction was first: this one
            is void, and the request is run again (app/middleware/retry.py).
    """
    wanted: dict[str, Any] = {"site": by.site.id}
    head = _FRENCH
    if others := sorted(by.languages - {FRENCH}):
        head, wanted["languages"] = _SPOKEN, [FRENCH, *others]
    insert, given = begins or Beginning(_NOTHING, {})
    return _claimed(_next_of(head, insert), by, at=at, is_stale=False, also="{}", **wanted, **given)


def claim_this(entry: QueueEntry, by: Agent, *, at: datetime) -> Claim | None:
    """Claim a locked household whose people ring us, whatever its place; or return the claim that the agent has.

    Raises:
        IntegrityError: as for `claim_next`.
    """
    return _claimed_here(_THIS, entry, by, at=at, also={"rang_us": True})


def claim_for_advice(entry: QueueEntry, escalation_id: int, by: Agent, *, at: datetime) -> Claim | None:
    """Claim a locked household for a question about it, leaving any reservation of it in place.

    Raises:
        IntegrityError: as for `claim_next`.
    """
    return _claimed_here(_THIS_FOR_ADVICE, entry, by, at=at, also={"escalation": escalation_id})


def _claimed_here(
    statement: TextClause, entry: QueueEntry, by: Agent, *, at: datetime, also: dict[str, object]
) -> Claim | None:
    # it may be claimed before its time, so its place is computed again when the claim ends
    claim = _claimed(statement, by, at=at, is_stale=True, also=json.dumps(also), entry=entry.id)
    session.refresh(entry)
    return claim


def _claimed(statement: TextClause, by: Agent, *, at: datetime, **more: Any) -> Claim | None:
    given = {"me": by.member_id, "lent_to": by.lent_to, "at": at, "ends": at + rules.CLAIM_LASTS}
    row = session.execute(statement, given | more).one_or_none()
    return None if row is None else Claim(*row)
