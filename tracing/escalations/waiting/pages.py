"""What the page of the lists shows: what waits here, who can answer, what was answered today."""

from tracing.escalations import listing, queries
from tracing.escalations.models import Audience
from tracing.escalations.waiting.given_queries import unread
from tracing.escalations.waiting.queries import advisers_at
from tracing.kernel import clock
from tracing.queue import queries as queue
from tracing.staff.access import agent


def lists() -> dict[str, object]:
    """Return what waits for an answer here, what was answered today, and the question the reader is calling about."""
    here, at = agent().site, clock.now()
    audiences = queries.audiences_of(agent())
    midnight = clock.midnight(at, here.time_zone)
    found = queries.waiting_for(here.id, *audiences)
    settled = queries.settled_since(here.id, audiences, midnight)
    not_read = unread(here.id, audiences, at=at)
    # asked for again every ten seconds by everybody who answers: what belongs to a row is read once for all lists
    every = {one.id: one for one in (*found, *settled, *not_read)}
    row_of = {row.escalation.id: row for row in listing.rows([*every.values()], by=agent(), at=at)}
    rows = listing.in_order([row_of[one.id] for one in found])
    waiting = [row for row in rows if row.is_waiting]
    mine = next((row for row in waiting if row.is_my_next), None)
    called = queries.find_called(agent().member_id)
    return {
        "rows": rows,
        "waiting_count": len(waiting),
        # the button of one key: what is urgent at once goes before what one had meant to take
        "first_waiting": mine
        if mine and mine.escalation.urgency == waiting[0].escalation.urgency
        else next(iter(waiting), None),
        "is_on_call": called is not None or queue.holds_a_claim(agent().member_id),
        "advisers": [(audience, advisers_at(here, audience, found, at=at)) for audience in audiences],
        "settled": [row_of[one.id] for one in settled],
        "unread": [row_of[one.id] for one in not_read],
        "audiences": audiences,
        "reader_id": agent().member_id,
        "contradicted": listing.contradicted_cases(here.id) if Audience.ADVISER in audiences else [],
        "refreshed_at": at,
        "called": called,
    }
