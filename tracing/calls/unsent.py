"""What somebody is typing in a dialog of their call and has not sent: kept as it is typed, offered again, gone once sent.

One draft a dialog and person, its author's alone. Of a call that ended meanwhile it is shown on their page, like what
was typed too late.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from tracing.calls import queries
from tracing.calls import services as calls
from tracing.calls.models import Draft
from tracing.kernel import clock
from tracing.kernel.db import session, take_id
from tracing.queue.errors import ClaimLost
from tracing.staff.agents import Agent
from tracing.vault import services as vault

UNSENT = "unsent:"
"""Drafts whose field begins so were typed in a dialog."""
MOST_FIELDS = 30
LONGEST = 1000
"""Characters of one field: more than any dialog takes."""


@dataclass(frozen=True, repr=False)
class Unsent:
    """What was typed in a dialog, by field, as the browser sends it."""

    fields: dict[str, list[str]]
    about: int | None
    """The line that is being corrected; none: a new one."""


def typed_in(form: Mapping[str, Any], prefix: str) -> dict[str, list[str]]:
    """Return the fields of one dialog, each cut to what could be saved."""
    names = [name for name in form if name.startswith(prefix) and not name.endswith("csrf_token")]
    lists: Any = form
    return {name: [one[:LONGEST] for one in lists.getlist(name)[:9]] for name in names[:MOST_FIELDS]}


def keep(
    call_id: int,
    task_id: int,
    dialog: str,
    fields: dict[str, list[str]],
    text: str,
    *,
    about: int | None = None,
    by: Agent,
    at: datetime,
) -> bool:
    """Keep what is being typed in place of what was before; returns whether the call is still theirs.

    Raises:
        NoSuchCall: the call is somebody else's, or the task belongs to other people.
    """
    call = queries.get_call(call_id, tracer_id=by.member_id)
    calls.task_of_call(call, task_id)
    is_theirs = True
    try:
        # whoever types is there
        calls.writing(call_id, by, at=at)
    except ClaimLost:
        is_theirs = False
    forget(call_id, task_id, dialog, by=by)
    draft_id, cohort = take_id("drafts"), clock.local_day(at, by.site.time_zone)
    told = {"fields": fields, "about": about, "text": text}
    session.add(
        Draft(
            id=draft_id,
            member_id=by.member_id,
            call_id=call_id,
            field=_field(task_id, dialog),
            cohort=cohort,
            sealed=vault.seal("drafts", draft_id, cohort, told),
            kept_at=at,
        )
    )
    session.flush()
    return is_theirs


def find(call_id: int, task_id: int, dialog: str, *, by: Agent) -> Unsent | None:
    """Return what its author typed in a dialog and has not sent; None once its day's key is destroyed."""
    row = session.scalar(
        select(Draft).where(
            Draft.member_id == by.member_id,
            Draft.call_id == call_id,
            Draft.field == _field(task_id, dialog),
            Draft.dismissed_at.is_(None),
        )
    )
    told = row and vault.find_unsealed("drafts", row.id, row.cohort, row.sealed)
    return Unsent(told["fields"], told["about"]) if told else None


def forget(call_id: int, task_id: int, dialog: str, *, by: Agent) -> None:
    """Delete what was typed in a dialog: it was sent or given up, or more of it comes."""
    session.execute(
        delete(Draft)
        .where(
            Draft.member_id == by.member_id,
            Draft.call_id == call_id,
            Draft.field == _field(task_id, dialog),
        )
        .execution_options(synchronize_session=False)
    )


def dialog_of(field: str) -> str | None:
    """Return in which dialog a draft was typed; None for what was typed too late."""
    kind, _colon, dialog = field.rpartition(":")
    return dialog if kind.startswith(UNSENT) else None


def _field(task_id: int, dialog: str) -> str:
    return f"{UNSENT}{task_id}:{dialog}"
