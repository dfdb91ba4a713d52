"""The life of a source's key: one person proposes it, another confirms it, anyone may retire it."""

import json
from datetime import datetime
from hmac import compare_digest

from flask_babel import gettext as _

from tracing.imports.models import KeyState, KeyUse, SourceKey
from tracing.imports.sources import queries
from tracing.imports.sources.errors import KeyKnown, KeyMoved, NotTheSame, SecondPersonNeeded
from tracing.imports.sources.key_files import KeyRead
from tracing.kernel import events
from tracing.kernel.db import session, take_id
from tracing.vault import services as vault

LAST = 8
"""Characters at the end of a fingerprint that the second person types: they are not shown to that person."""


def propose(source_code: str, read: KeyRead, *, label: str, by: int, at: datetime) -> SourceKey:
    """Seal and store a key for a source. It opens nothing until a second person confirms it."""
    queries.get_source(source_code, lock=True)
    living = queries.living_keys(source_code)
    if any(key.use is read.use and key.fingerprint == read.fingerprint != "" for key in living):
        raise KeyKnown
    key_id = take_id("source_keys")
    key = SourceKey(
        id=key_id,
        source_code=source_code,
        use=read.use,
        label=label,
        fingerprint=read.fingerprint,
        about=read.about,
        expires_at=read.expires_at,
        secret=vault.seal_setting(queries.seal_name(key_id), json.dumps(read.secret).encode()),
        proposed_by=by,
        proposed_at=at,
    )
    session.add(key)
    session.flush()
    _record("key.proposed", key, by=by, at=at)
    return key


def confirm(source_code: str, key_id: int, typed: str, *, by: int, at: datetime) -> SourceKey:
    """Confirm a key: a second person typed the end of its fingerprint, or the password once more.

    Raises:
        SecondPersonNeeded: the same person proposed it.
        NotTheSame: what they typed is not what was proposed; nothing is changed.
    """
    key = queries.get_key(source_code, key_id, lock=True)
    if key.state is not KeyState.PROPOSED:
        raise KeyMoved
    if key.proposed_by == by:
        raise SecondPersonNeeded
    if not _agrees(key, typed):
        raise NotTheSame(
            _("Ce n’est pas le mot de passe enregistré.")
            if key.use is KeyUse.PASSWORD
            else _("Ces caractères ne sont pas la fin de l’empreinte. Ne confirmez que si elles sont égales.")
        )
    key.state, key.confirmed_by, key.confirmed_at = KeyState.CONFIRMED, by, at
    session.flush()
    _record("key.confirmed", key, by=by, at=at)
    return key


def _agrees(key: SourceKey, typed: str) -> bool:
    """Compare in constant time, so that timing does not reveal how much was right."""
    if key.use is KeyUse.PASSWORD:
        kept = queries.secret_parts(key)["password"]
        return compare_digest(kept.encode(), typed.encode())
    written = "".join(typed.split()).replace(":", "").lower().encode()
    endings = [each[-LAST:].lower().encode() for each in shown_fingerprints(key)]
    return any(compare_digest(ending, written) for ending in endings)


def shown_fingerprints(key: SourceKey) -> list[str]:
    """Return the fingerprints that identify a key: SHA-256, and the fingerprint or name of its own kind."""
    own = key.about.get("own_fingerprint") or key.about.get("recipient")
    return [key.fingerprint, *([own] if own else [])]


def note_mismatch(source_code: str, key_id: int, *, by: int, at: datetime) -> None:
    """Record that a confirmation failed: a wrong key, or a guess."""
    _record("key.not_confirmed", queries.get_key(source_code, key_id), by=by, at=at)


def put_aside(source_code: str, key_id: int, *, by: int, at: datetime) -> None:
    """Drop a proposed key that was never confirmed: it is wrong, or not needed after all."""
    key = queries.get_key(source_code, key_id, lock=True)
    if key.state is not KeyState.PROPOSED:
        raise KeyMoved
    _record("key.put_aside", key, by=by, at=at)
    session.delete(key)
    session.flush()


def retire(source_code: str, key_id: int, *, by: int, at: datetime) -> SourceKey:
    """Retire a key. Its secret parts are destroyed; the record that it was used stays."""
    key = queries.get_key(source_code, key_id, lock=True)
    if key.state is not KeyState.CONFIRMED:
        raise KeyMoved
    key.state, key.retired_by, key.retired_at, key.secret = KeyState.RETIRED, by, at, b""
    session.flush()
    _record("key.retired", key, by=by, at=at)
    return key


def _record(kind: str, key: SourceKey, *, by: int, at: datetime) -> None:
    events.record(
        kind,
        by=by,
        at=at,
        subject=("key", key.id),
        site_id=queries.get_source(key.source_code).site_id,
        source=key.source_code,
        use=key.use.value,
        fingerprint=key.fingerprint[:16],
    )
