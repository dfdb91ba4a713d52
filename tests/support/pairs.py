"""Two records that may be one person, as an import writes them."""

from datetime import datetime, timedelta

from tests.support import story
from tests.support.story import Story
from tracing.kernel.db import session
from tracing.people.models import PossibleDuplicate
from tracing.people.rules import Identity
from tracing.queue import services as queue
from tracing.queue.models import CallTask, TaskKind

MARIE = story.identity("Marie", "DUPONT", phones=("+33639980001",))
SPELT_OTHERWISE = story.identity("Marie", "DUPOND", phones=("+33639980002",))


def first_call(told: Story, who: Identity, *, sampled_at: datetime | None = None, at: datetime) -> CallTask:
    """Open a case at Nantes and enqueue its first call."""
    opened = story.case(told.nantes, who, sampled_at=sampled_at or at - timedelta(days=1), at=at)
    return queue.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=opened.person_id,
        phones=who.phones,
        site_id=told.nantes.id,
        case_id=opened.id,
        due_at=at + timedelta(hours=4),
        at=at,
    )


def pair(newcomer: int, known: int, *, at: datetime) -> PossibleDuplicate:
    """Mark two records as a possible duplicate for a person to decide."""
    found = PossibleDuplicate(person_id=newcomer, other_id=known, reason="import", found_at=at)
    session.add(found)
    session.flush()
    return found
