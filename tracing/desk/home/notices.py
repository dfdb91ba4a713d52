"""Whether a tracer must read what changes before they take a call from the queue."""

from tracing.programmes.notices import queries as notices
from tracing.queue import availability
from tracing.queue import queries as queue
from tracing.staff.agent import Agent
from tracing.staff.models import SiteKind


def must_read_first(by: Agent) -> bool:
    """Return whether there is a change that the tracer has not read.

    Never in the way of a call that they have, of a promise of theirs that is due, or of practice.
    """
    if by.site.kind is SiteKind.TRAINING or not notices.count_unread(by.member_id, by.site.programme):
        return False
    return queue.find_claim(by.member_id) is None and not availability.has_promise_due(by.member_id)
