"""Return the script and the version that a call is bound to."""

import json
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select

from tracing.kernel.db import session
from tracing.scripts import in_force
from tracing.scripts.definitions import Script
from tracing.scripts.library import load_library, newest, version_key
from tracing.scripts.models import ScriptVersion
from tracing.scripts.vocabulary import ScriptKind


def version_before(kind: ScriptKind, version: str) -> str | None:
    """Return the published version of a script before this one; None if it is the first."""
    known = session.scalars(
        select(ScriptVersion.version).where(
            ScriptVersion.kind == kind.value, ScriptVersion.withdrawn_at.is_(None)
        )
    )
    older = [one for one in known if version_key(one) < version_key(version)]
    return max(older, key=version_key, default=None)


def newest_version(kind: ScriptKind) -> str:
    """Return the version of this kind that was published last, whether it is in force yet or not."""
    held = in_force.versions_of(kind)
    return held[-1].version if held else newest(_library(), kind).version


def version_in_force(kind: ScriptKind, *, programme: str, at: datetime) -> str:
    """Return the version used for conversations of this kind that begin at a moment, about a case of a programme.

    The newest one of the programme itself, whatever is newer for all; else the newest one that names none.
    """
    held = in_force.versions_of(kind)
    begun = [one for one in reversed(held) if one.effective_at is None or one.effective_at <= at]
    own = next((one for one in begun if programme in one.programmes), None)
    found = own or next((one for one in begun if not one.programmes), None)
    return found.version if found else _newest_file(kind, programme).version


def _newest_file(kind: ScriptKind, programme: str) -> Script:
    """Return the file that holds before the database was read."""
    files = {key: one for key, one in _library().items() if key[0] is kind}
    own = {key: one for key, one in files.items() if programme in one.programmes}
    return newest(own or {key: one for key, one in files.items() if not one.programmes}, kind)


def get_script(kind: ScriptKind, version: str) -> Script:
    """Return a published script: from its file if it still exists, else from the database."""
    found = _library().get((kind, version)) or in_force.find(kind, version)
    if found is None:
        row = session.get_one(ScriptVersion, (kind.value, version))
        found = Script.model_validate_json(json.dumps(row.content))
        in_force.remember(found)
    return found


@lru_cache(maxsize=1)
def _library() -> dict[tuple[ScriptKind, str], Script]:
    return dict(load_library())
