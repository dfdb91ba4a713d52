"""Publish the script files, and return the version that a call is bound to."""

import json
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tracing.kernel.db import session
from tracing.programmes.notices import services as notices
from tracing.scripts.definitions import Script
from tracing.scripts.errors import ScriptInvalid
from tracing.scripts.library import load_library, newest, version_key
from tracing.scripts.models import ScriptVersion
from tracing.scripts.vocabulary import ScriptKind


def publish_library(*, at: datetime) -> None:
    """Publish every new script file; refuse to start if a published version was changed.

    Raises:
        ScriptInvalid: a file is invalid, or differs from what was published under its version.
    """
    library = load_library()
    known = {(row.kind, row.version): row.content_hash for row in session.scalars(select(ScriptVersion))}
    changed = [
        f"{kind} {version}: this version was published with other words; give the file a new version"
        for (kind, version), script in library.items()
        if known.get((kind.value, version), script.content_hash) != script.content_hash
    ]
    if changed:
        raise ScriptInvalid(changed)
    for (kind, version), script in library.items():
        session.execute(
            insert(ScriptVersion)
            .values(
                kind=kind.value,
                version=version,
                content_hash=script.content_hash,
                content=script.model_dump(mode="json", by_alias=True),
                published_at=at,
            )
            .on_conflict_do_nothing()
        )
    for kind in ScriptKind:
        used = [version for of, version in known if of == kind.value]
        script = newest(library, kind)
        if used and version_key(script.version) > max(map(version_key, used)):
            _announce(script, at=at)


def _announce(script: Script, *, at: datetime) -> None:
    said = script.changes or f"La version {script.version} de ce script vaut dès la prochaine conversation."
    notices.announce_script(script.kind.value, script.version, body=said, at=at)


def version_before(kind: ScriptKind, version: str) -> str | None:
    """Return the published version of a script before this one; None if it is the first."""
    known = session.scalars(select(ScriptVersion.version).where(ScriptVersion.kind == kind.value))
    older = [one for one in known if version_key(one) < version_key(version)]
    return max(older, key=version_key, default=None)


def newest_version(kind: ScriptKind) -> str:
    """Return the version used for new conversations of this kind."""
    return newest(_library(), kind).version


def get_script(kind: ScriptKind, version: str) -> Script:
    """Return a published script: from its file if it still exists, else from the database."""
    found = _library().get((kind, version))
    return found or _published(kind, version)


@lru_cache(maxsize=1)
def _library() -> dict[tuple[ScriptKind, str], Script]:
    return dict(load_library())


@lru_cache(maxsize=32)
def _published(kind: ScriptKind, version: str) -> Script:
    row = session.get_one(ScriptVersion, (kind.value, version))
    return Script.model_validate_json(json.dumps(row.content))
