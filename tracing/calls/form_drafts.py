"""Drafts of the forms in a call's dialogs: saved while the user types, offered again, deleted once the form is sent.

There is one draft per dialog and person, visible only to its author. If the call has ended, the draft is shown on the
author's home page, like text that was typed too late.

Each rendered dialog has a key. A draft is sent separately and may arrive after its form: the key of a form that was
sent or cancelled is stored, and later drafts with that key are ignored.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from tracing.calls import queries
from tracing.calls import services as calls
from tracing.calls.models import Call, Draft
from tracing.kernel import clock
from tracing.kernel.db import session, take_id
from tracing.queue.errors import ClaimLost
from tracing.staff.agent import Agent
from tracing.vault import services as vault

UNSENT = "unsent:"
"""A draft whose field begins with this was typed in a dialog."""
SENT = "sent:"
"""A row whose field begins with this holds no text: it says that a rendered dialog was sent or cancelled."""
KEY = "unsent_key"
"""The form field that carries the key of a dialog."""
NOTED_FOR = timedelta(days=1)
"""Longer than a draft can be on its way; then the key is deleted."""
MOST_FIELDS = 30
_IS_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")
LONGEST = 1000
"""Characters per field: more than any dialog accepts."""


@dataclass(frozen=True, repr=False)
class FormDraft:
    """The text typed in a dialog, by field, as the browser sends it."""

    fields: dict[str, list[str]]
    about: int | None
    """The row that is being edited; none: a new one."""
    key: str
    """The key of the dialog in which it was typed; a dialog that shows the draft again keeps this key."""


def new_key() -> str:
    """Return a key for a newly rendered dialog."""
    return secrets.token_urlsafe(12)


def key_in(form: Mapping[str, Any]) -> str:
    """Return the key that a dialog carries; empty if there is none or it is malformed."""
    stated = str(form.get(KEY, ""))
    return stated if _IS_KEY.fullmatch(stated) else ""


def typed_in(form: Mapping[str, Any], prefix: str) -> dict[str, list[str]]:
    """Return the fields of one dialog, each cut to the stored length."""
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
    key: str = "",
    about: int | None = None,
    by: Agent,
    at: datetime,
) -> bool:
    """Save what is being typed, replacing the earlier draft; return whether the tracer still holds the call.

    Nothing is saved if the dialog was already sent or cancelled.

    Raises:
        NoSuchCall: the call is another tracer's, or the task belongs to another household.
    """
    call = queries.get_call(call_id, tracer_id=by.member_id)
    calls.task_of_call(call, task_id)
    is_theirs = True
    try:
        # typing counts as input
        calls.lock_for_write(call_id, by, at=at)
    except ClaimLost:
        is_theirs = False
    _one_at_a_time(call_id)
    if key and _was_sent(call_id, task_id, dialog, key, by=by):
        return is_theirs
    _delete(call_id, task_id, dialog, by=by)
    draft_id, cohort = take_id("drafts"), clock.local_day(at, by.site.time_zone)
    told = {"fields": fields, "about": about, "text": text, "key": key}
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


def find(call_id: int, task_id: int, dialog: str, *, by: Agent) -> FormDraft | None:
    """Return the unsent draft of a dialog; None if there is none or its day's key is destroyed."""
    row = session.scalar(
        select(Draft).where(
            Draft.member_id == by.member_id,
            Draft.call_id == call_id,
            Draft.field == _field(task_id, dialog),
            Draft.dismissed_at.is_(None),
        )
    )
    told = row and vault.find_unsealed("drafts", row.id, row.cohort, row.sealed)
    return FormDraft(told["fields"], told["about"], told.get("key", "")) if told else None


def forget(call_id: int, task_id: int, dialog: str, *, key: str = "", by: Agent, at: datetime) -> None:
    """Delete the draft of a dialog that was sent or cancelled, and store its key so that a later draft is ignored."""
    _one_at_a_time(call_id)
    _delete(call_id, task_id, dialog, by=by)
    if key and not _was_sent(call_id, task_id, dialog, key, by=by):
        _note_sent(call_id, _sent_field(task_id, dialog, key), by=by, at=at)


def note_sent(call_id: int, task_id: int, dialog: str, key: str, *, by: Agent, at: datetime) -> None:
    """Store the key of a part of a dialog that was saved: sent again, it is saved already."""
    if not _was_sent(call_id, task_id, dialog, key, by=by):
        _note_sent(call_id, _sent_field(task_id, dialog, key), by=by, at=at)


def was_sent(call_id: int, task_id: int, dialog: str, key: str, *, by: Agent) -> bool:
    """Return whether a rendered dialog was sent and saved, or closed: sent again, it is no draft."""
    return bool(key) and _was_sent(call_id, task_id, dialog, key, by=by)


def _one_at_a_time(call_id: int) -> None:
    """Lock the call, so that a draft and its form wait for each other, whichever arrives first."""
    session.execute(select(Call.id).where(Call.id == call_id).with_for_update(key_share=True))


def _was_sent(call_id: int, task_id: int, dialog: str, key: str, *, by: Agent) -> bool:
    noted = select(Draft.id).where(
        Draft.member_id == by.member_id,
        Draft.call_id == call_id,
        Draft.field == _sent_field(task_id, dialog, key),
    )
    return session.scalar(noted.limit(1)) is not None


def _note_sent(call_id: int, field: str, *, by: Agent, at: datetime) -> None:
    session.execute(
        delete(Draft)
        .where(Draft.member_id == by.member_id, Draft.field.startswith(SENT), Draft.kept_at < at - NOTED_FOR)
        .execution_options(synchronize_session=False)
    )
    session.add(
        Draft(
            id=take_id("drafts"),
            member_id=by.member_id,
            call_id=call_id,
            field=field,
            cohort=clock.local_day(at, by.site.time_zone),
            sealed=None,
            kept_at=at,
            dismissed_at=at,
        )
    )
    session.flush()


def _delete(call_id: int, task_id: int, dialog: str, *, by: Agent) -> None:
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
    """Return the dialog in which a draft was typed; None for a draft that was typed too late."""
    kind, _colon, dialog = field.rpartition(":")
    return dialog if kind.startswith(UNSENT) else None


def _sent_field(task_id: int, dialog: str, key: str) -> str:
    return f"{SENT}{task_id}:{dialog}:{key}"


def _field(task_id: int, dialog: str) -> str:
    return f"{UNSENT}{task_id}:{dialog}"
