"""Record attempts to open an object of another site: the answer is "not found", and the owner's auditor sees them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy import TextClause, select, text

from tracing.kernel import events
from tracing.kernel.db import session, transaction
from tracing.kernel.errors import Missing
from tracing.kernel.events import Event
from tracing.staff.access import Permission, asked_at
from tracing.staff.agent import Agent
from tracing.staff.errors import AccountWorksElsewhere, NotAllowed
from tracing.staff.scope import scope_of

REFUSED = (Missing, AccountWorksElsewhere, NotAllowed)
"""Refusals that mean the object is outside the agent's site; other refusals are about the object's state."""
KIND = "scope.refused"


def _site_of(table: str, column: str = "site_id") -> TextClause:
    return text(f"SELECT {column} FROM {table} WHERE id = :id")  # noqa: S608 - our own words


OWNERS: dict[str, tuple[str, TextClause]] = {
    "absence_id": (
        "absence",
        text(
            "SELECT site_id FROM member_roles JOIN absences ON absences.member_id = member_roles.member_id WHERE id = :id"
        ),
    ),
    "call_id": ("call", _site_of("calls")),
    "case_id": ("case", _site_of("cases")),
    "tool_id": ("toolbox_entry", _site_of("toolbox_entries")),
    "code": ("source", text("SELECT site_id FROM import_sources WHERE code = :id")),
    "contact_id": (
        "contact",
        text(
            "SELECT site_id FROM cases JOIN contacts ON contacts.case_id = cases.id WHERE contacts.id = :id"
        ),
    ),
    "entry_id": ("entry", _site_of("queue_entries")),
    "escalation_id": ("escalation", _site_of("escalations")),
    "hand_off_id": ("hand_off", _site_of("hand_offs")),
    "help_id": ("help", _site_of("help_requests")),
    "invitation_id": ("invitation", _site_of("invitations", "live_site_id")),
    "letter_id": ("message", _site_of("messages")),
    "loan_id": ("loan", text("SELECT unnest(ARRAY[from_site_id, to_site_id]) FROM loans WHERE id = :id")),
    "lot_id": ("lot", _site_of("import_lots", "owner_site_id")),
    "member_id": ("member", text("SELECT DISTINCT site_id FROM member_roles WHERE member_id = :id")),
    "note_id": ("note", _site_of("sick_notes")),
    "pair_id": (
        "pair",
        text(
            "SELECT DISTINCT site_id FROM cases JOIN possible_duplicates AS pair ON pair.person_id = cases.person_id WHERE pair.id = :id"
        ),
    ),
    "place_id": ("named_place", _site_of("named_places")),
    "priority_id": ("priority", _site_of("queue_priorities")),
    "request_id": ("request", _site_of("caller_requests")),
    "site_id": ("site", _site_of("sites", "id")),
    "task_id": ("task", _site_of("call_tasks")),
}
"""For each id in an address, by its name: what the journal calls the object, and a query for its sites.

A site of None means national: every live site.
"""
PERSONAL = frozenset({"draft_id", "opening_id", "search_id", "session_id", "undo_id"})
"""Ids of objects that belong to one member, whatever the site."""
NO_OBJECT = frozenset(
    {
        "copy",
        "filename",
        "key_id",
        "kind",
        "message_id",
        "notice_id",
        "row_number",
        "script_draft_id",
        "step",
        "token",
        "token_id",
        "version",
        "version_id",
    }
)
"""Parts of an address that identify nothing alone; a key, a line and a version belong to their source or lot,
and the version of a rule or the notice of it to no site."""
BY_CODE = ("source", 0)
"""The subject of an attempt on a sender, which is identified by a code, not by a number."""


def watch_attempts(app: Flask) -> None:
    """Record attempts to open objects outside the member's site, once for each member, object and hour."""
    app.after_request(_note)


def _note(response: Response) -> Response:
    agent: Agent | None = g.get("agent")
    refusal = g.get("refusal")
    if agent is None or not isinstance(refusal, REFUSED) or not request.view_args:
        return response
    view: Any = current_app.view_functions[request.endpoint or ""]
    permission: Permission = view.__permission__
    if permission.roles and not agent.holds(*permission.roles):
        return response  # the page is for another role: that says nothing about the object
    session.remove()  # a number too large for its column has broken the transaction of the look-up
    with transaction():
        for name, value in request.view_args.items():
            if name not in OWNERS or "\0" in str(value):
                continue
            if outside := _outside(name, value, agent, is_known=not isinstance(refusal, Missing)):
                _record(name, value, outside, agent, at=asked_at())
                break
    return response


def _outside(name: str, value: object, agent: Agent, *, is_known: bool) -> list[int | None]:
    """Return the sites of an object if none is the agent's; `is_known` when it exists at the agent's site as well."""
    owners = list(session.scalars(OWNERS[name][1], {"id": value}))
    if name in {"lot_id", "code"}:
        return [owner for owner in owners if not scope_of(agent).covers(owner)]
    if agent.site.id in owners and not is_known:
        return []
    return [owner for owner in owners if owner != agent.site.id]


def _record(name: str, value: object, owners: Iterable[int | None], agent: Agent, *, at: datetime) -> None:
    subject, detail = (OWNERS[name][0], int(str(value))) if name != "code" else BY_CODE, {}
    if name == "code":
        detail = {"source": str(value)}
    for owner in owners:
        known = select(Event.id).where(
            Event.subject_type == subject[0],
            Event.subject_id == subject[1],
            Event.kind == KIND,
            Event.by_id == agent.member_id,
            Event.site_id.is_not_distinct_from(owner),
            Event.at >= at.replace(minute=0, second=0, microsecond=0),
        )
        if detail:
            known = known.where(Event.detail["source"].astext == detail["source"])
        if session.scalar(known.limit(1)) is None:
            events.record(
                KIND,
                by=agent.member_id,
                at=at,
                subject=subject,
                site_id=owner,
                at_site=agent.site.id,
                **detail,
            )
