"""Tokens of sources: made and revoked by an import officer, given with each request by the laboratory's system."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple

from sqlalchemy import select, update

from tracing.imports.arrivals.errors import NoSuchToken, TooManyTokens
from tracing.imports.models import ImportSource, SourceToken
from tracing.imports.sources import queries as sources
from tracing.kernel import events
from tracing.kernel.db import find_row, session
from tracing.kernel.redaction import redacted
from tracing.staff.login.sessions import hash_token

MOST_TOKENS = 5
NOTED_AFTER = timedelta(minutes=1)
"""A use within this time after the last one noted is not written."""


@redacted
class NewToken(NamedTuple):
    """A token that was just made, and its text, which is shown once and never stored."""

    token: SourceToken
    text: str


def make(source_code: str, *, label: str, by: int, at: datetime) -> NewToken:
    """Make a token for a source.

    Raises:
        TooManyTokens: it has several already.
    """
    source = sources.get_source(source_code, lock=True)
    if len(living(source_code)) >= MOST_TOKENS:
        raise TooManyTokens
    text = secrets.token_urlsafe(32)
    token = SourceToken(
        source_code=source_code, label=label, token_hash=hash_token(text), made_by=by, made_at=at
    )
    session.add(token)
    session.flush()
    _record("token.made", token, source, by=by, at=at)
    return NewToken(token, text)


def revoke(source_code: str, token_id: int, *, by: int, at: datetime) -> None:
    """Revoke a token: what is sent with it from now on is refused.

    Raises:
        NoSuchToken: the source has none such, or it was revoked already.
    """
    source = sources.get_source(source_code)
    token = find_row(SourceToken, token_id, lock=True)
    if token is None or token.source_code != source_code or token.revoked_at is not None:
        raise NoSuchToken
    token.revoked_by, token.revoked_at = by, at
    session.flush()
    _record("token.revoked", token, source, by=by, at=at)


def living(source_code: str) -> Sequence[SourceToken]:
    """Return the tokens of a source that are not revoked, oldest first."""
    chosen = select(SourceToken).where(
        SourceToken.source_code == source_code, SourceToken.revoked_at.is_(None)
    )
    return session.scalars(chosen.order_by(SourceToken.id)).all()


def find_source(source_code: str, given: str, *, at: datetime) -> ImportSource | None:
    """Return the source if one of its tokens was given, and note its use; each is compared in constant time."""
    given_hash = hash_token(given)
    fitting = [token for token in living(source_code) if compare_digest(token.token_hash, given_hash)]
    if not fitting:
        return None
    (token,) = fitting
    if token.used_at is None or at - token.used_at >= NOTED_AFTER:
        session.execute(
            update(SourceToken)
            .where(SourceToken.id == token.id)
            .values(used_at=at)
            .execution_options(synchronize_session=False)
        )
    return sources.get_source(source_code)


def _record(kind: str, token: SourceToken, source: ImportSource, *, by: int, at: datetime) -> None:
    events.record(kind, by=by, at=at, subject=("token", token.id), site_id=source.site_id, source=source.code)
