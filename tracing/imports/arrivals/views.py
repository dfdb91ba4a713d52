"""The address of each source to which its laboratory's system posts, and where it reads what became of it."""

import secrets
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.http import parse_options_header

from tracing.imports.arrivals import files, hl7_rules, messages, tokens
from tracing.imports.arrivals.errors import (
    MessageRefused,
    MessageTooLong,
    MessageUnsigned,
    NoFile,
    TokenRefused,
    TooManyWrongTokens,
)
from tracing.imports.arrivals.hl7_rules import Header, Sent
from tracing.imports.errors import NoSuchLot
from tracing.imports.limits import MOST_MESSAGE_BYTES
from tracing.imports.lots import queries
from tracing.imports.models import CameBy, ImportLot, ImportSource, LotState
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import for_machines
from tracing.staff.errors import TooManyAttempts
from tracing.staff.login import sessions
from tracing.ui.errors import show_refusal

bp = Blueprint("arrivals", __name__, url_prefix="/api/sources/<code>")

HL7 = "application/hl7-v2"
COUNTED = (LotState.LOADING, LotState.STOPPED, LotState.LOADED, LotState.UNDONE)
NOT_PLANNED = frozenset({"examples", "planned_at"})
"""Parts of a plan that are for the officer's page."""


@bp.post("")
@for_machines
def post(code: str) -> ResponseReturnValue:
    """Receive a file or an HL7 message; the answer says whether it was, and where to read what became of it."""
    source = _source(code)
    if isinstance(source, Response):
        return source
    content, name = _sent()
    if hl7_rules.looks_like_messages(content):
        sent = Sent.of(content)
        return _batch(source, sent, name) if sent.is_batch else _message(source, sent)
    with transaction():
        lot = files.receive(
            content,
            file_name=name,
            source_code=source.code,
            keep_days=g.settings.keep_originals_days,
            at=clock.now(),
        )
    return _received(lot)


def _source(code: str) -> ImportSource | Response:
    """Return the source whose token was given, or the answer to a wrong one.

    Wrong ones are counted and delayed like wrong passwords. The right one is never delayed: nobody can keep a laboratory
    out by sending wrong ones.
    """
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    at = clock.now()
    with transaction():
        source = tokens.find_source(code, given.strip(), at=at) if kind.lower() == "bearer" else None
    if source is not None:
        return source
    with transaction():
        attempt = sessions.begin_attempt(
            f"source {code}", address=request.remote_addr or "", browser=None, at=clock.database_now()
        )
    if isinstance(attempt, TooManyAttempts):
        answer = show_refusal(TooManyWrongTokens())
        answer.headers["Retry-After"] = str(attempt.seconds)
        return answer
    answer = show_refusal(TokenRefused())
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _sent() -> tuple[bytes, str]:
    """Return what was sent and its name: the only file of a multipart form, or the whole body."""
    if request.mimetype == "multipart/form-data":
        sent = [file for _name, file in request.files.items(multi=True)]
        if len(sent) != 1:
            raise NoFile
        return sent[0].read(), _plain(sent[0].filename or "")
    named = request.headers.get("X-File-Name", "")
    if not named:
        _disposition, options = parse_options_header(request.headers.get("Content-Disposition", ""))
        named = options.get("filename", "")
    return request.get_data(cache=False), _plain(unquote(named))


def _plain(name: str) -> str:
    """Return the name of a file without folders and control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip() or _("sans nom")


def address_of(endpoint: str, **values: Any) -> str:
    """Return an address for another system: whole, where the platform's own is known."""
    return f"{g.settings.address or ''}{url_for(f'arrivals.{endpoint}', **values)}"


def _received(lot: ImportLot) -> Response:
    address = address_of("lot", code=lot.source_code, lot_id=lot.id)
    if lot.state is LotState.REFUSED:
        answer = jsonify(_report(lot) | {"status": "refused", "address": address})
        answer.status_code = 422
        return answer
    answer = jsonify(status="received", lot=lot.id, state=lot.state.value, address=address)
    answer.status_code = 202
    answer.headers["Location"] = address
    return answer


def _batch(source: ImportSource, sent: Sent, name: str) -> Response:
    """Receive messages that came together: they are one lot at once."""
    if len(sent.content) > MOST_MESSAGE_BYTES:
        raise MessageTooLong
    if source.needs_signature:
        raise MessageUnsigned
    with transaction():
        lot = files.receive(
            sent.content,
            file_name=name,
            source_code=source.code,
            came_by=CameBy.MESSAGES,
            keep_days=g.settings.keep_originals_days,
            at=clock.now(),
        )
    return _received(lot)


def _message(source: ImportSource, sent: Sent) -> Response:
    """Receive a message, which waits some seconds for others, and answer as HL7 does."""
    header = hl7_rules.find_header(sent)
    try:
        with transaction():
            stored = messages.accept(
                source, sent, keep_days=g.settings.keep_originals_days, at=clock.database_now()
            )
    except MessageRefused as refusal:
        return _acknowledged(header, refusal.message, refusal)
    address = address_of("message", code=source.code, message_id=stored.id)
    answer = _acknowledged(header, _("Reçu. Suite : %(address)s", address=address), None)
    answer.headers["Location"] = address
    return answer


def _acknowledged(header: Header, text: str, refusal: MessageRefused | None) -> Response:
    written = hl7_rules.acknowledgement(
        header, text=text, refusal=refusal, own_id=secrets.token_hex(10), at=clock.now()
    )
    return Response(written, refusal.status if refusal else 200, content_type=HL7)


@bp.get("/lots/<int:lot_id>")
@for_machines
def lot(code: str, lot_id: int) -> ResponseReturnValue:
    """Say what became of a lot of this source: the report of the command line, once it is loaded."""
    source = _source(code)
    if isinstance(source, Response):
        return source
    found = queries.get_lot(lot_id)
    if found.source_code != source.code:
        raise NoSuchLot
    return jsonify(_report(found))


@bp.get("/messages/<int:message_id>")
@for_machines
def message(code: str, message_id: int) -> ResponseReturnValue:
    """Say what became of a message: it waits for others, or the report of the lot that it is in."""
    source = _source(code)
    if isinstance(source, Response):
        return source
    found = messages.get_message(source.code, message_id)
    if found.lot_id is None:
        return jsonify(message=found.id, state="gathering")
    address = address_of("lot", code=source.code, lot_id=found.lot_id)
    return jsonify({"message": found.id, "address": address} | _report(queries.get_lot(found.lot_id)))


def _report(found: ImportLot) -> dict[str, Any]:
    """Return the state of a lot, and its counts with the names of the command line's report."""
    told: dict[str, Any] = {
        "lot": found.id,
        "state": found.state.value,
        "received_at": found.received_at.isoformat(timespec="seconds"),
    }
    if found.state in COUNTED:
        return told | queries.report(found.id)
    if found.state is LotState.PLANNED:
        return told | {"plan": {name: told for name, told in found.plan.items() if name not in NOT_PLANNED}}
    if found.state is LotState.REFUSED:
        return told | {"code": found.refusal_code, "reason": found.refusal}
    return told
