"""The versions of the scripts as this process knows them: those of the release's files until others are published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tracing.scripts.definitions import Script
from tracing.scripts.vocabulary import ScriptKind

__all__ = ["Version", "find", "forget", "hold", "is_current", "remember", "versions_of"]


@dataclass(frozen=True)
class Version:
    """A version that was published, and when it takes effect."""

    version: str
    effective_at: datetime | None
    """None: from the beginning."""
    programmes: tuple[str, ...] = ()
    """None: it leads the calls of every programme that has no script of its own."""


@dataclass(frozen=True)
class _Held:
    """What this process holds in memory."""

    stamp: int = 0
    versions: Mapping[ScriptKind, Sequence[Version]] = field(default_factory=dict)
    """Of each kind, in the order in which they take effect."""


class _Memory:
    """Replaced as a whole, so that no thread sees half of it. A script that was read stays: it never changes."""

    held = _Held()
    scripts: Mapping[tuple[ScriptKind, str], Script] = {}


def is_current(stamp: int) -> bool:
    """Return whether what this process holds is what the database has."""
    return stamp == _Memory.held.stamp


def hold(versions: Mapping[ScriptKind, Sequence[Version]], stamp: int) -> None:
    """Hold the versions that were read from the database under a stamp."""
    _Memory.held = _Held(stamp, versions)


def versions_of(kind: ScriptKind) -> Sequence[Version]:
    """Return the versions of a kind in the order in which they take effect; none until the database was read."""
    return _Memory.held.versions.get(kind, ())


def find(kind: ScriptKind, version: str) -> Script | None:
    """Return a script that was read from the database before."""
    return _Memory.scripts.get((kind, version))


def remember(script: Script) -> None:
    """Keep a script that was read from the database."""
    _Memory.scripts = {**_Memory.scripts, (script.kind, script.version): script}


def forget() -> None:
    """Hold nothing: the scripts are those of the files."""
    _Memory.held, _Memory.scripts = _Held(), {}
