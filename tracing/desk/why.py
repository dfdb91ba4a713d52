"""Why a call is next, as its tracer reads it: of one's own reasons, never of what makes somebody else urgent."""

from datetime import datetime

from flask_babel import gettext as _

from tracing.queue import queries, rules
from tracing.queue.models import CallTask
from tracing.queue.reasons import reasons_of
from tracing.queue.words import due, why


def why_next(task: CallTask, *, at: datetime) -> str | None:
    """Say in one sentence why somebody's household is called now; None when nothing of it is left to say."""
    entry = queries.find_entry_of(task.household_id) if task.household_id is not None else None
    if entry is None:
        return None
    ranked = [
        (rules.rank_of(one.reason, opens_at=entry.not_before), one)
        for one in reasons_of([entry.household_id])
    ]
    if not ranked:
        return None
    first = min(ranked, key=lambda pair: pair[0])[1]
    if first.task.person_id == task.person_id:
        return why(first.reason, opens_at=entry.not_before, at=at)
    # what makes another person of the household urgent is theirs to tell
    sentence = due(first.reason, opens_at=entry.not_before, at=at)
    return str(_("Quelqu’un du foyer : %(sentence)s", sentence=sentence[:1].lower() + sentence[1:]))
