"""Why a call is next, in words for its tracer: from this person's reasons, never from what makes another urgent."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from tracing.queue import rules
from tracing.queue.models import CallTask, TaskState
from tracing.queue.ordering.reasons import WaitingReason
from tracing.queue.words import due, why


def why_next(
    task: CallTask, reasons: Sequence[WaitingReason], *, opens_at: datetime, at: datetime
) -> str | None:
    """Return the sentence that says why someone is called now, from all open reasons of their household.

    None if no reason is left. Whoever rings after their call was over is called by nobody: it is they who call. `opens_at` is a time at which they could be called.
    """
    if task.given_from is TaskState.DONE:
        return str(_("c’est la personne qui appelle, son appel était terminé"))
    ranked = [(rules.rank_of(one.reason, opens_at=opens_at), one) for one in reasons]
    if not ranked:
        return None
    first = min(ranked, key=lambda pair: pair[0])[1]
    if first.task.person_id == task.person_id:
        return why(first.reason, opens_at=opens_at, at=at)
    # what makes another person of the household urgent is confidential
    sentence = due(first.reason, opens_at=opens_at, at=at)
    return str(_("Quelqu’un du foyer : %(sentence)s", sentence=sentence[:1].lower() + sentence[1:]))
