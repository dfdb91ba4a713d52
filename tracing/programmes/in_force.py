"""The rules of each programme as this process knows them: those of the release's files until versions are published."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from tracing.programmes import loader
from tracing.programmes.rules.reference import RuleRef
from tracing.programmes.schema import Pack

__all__ = ["Version", "all_packs", "get_pack", "hold", "is_current", "supposing"]


@dataclass(frozen=True)
class Version:
    """All tables of a programme as one publication left them, with its number; 0 is what the database began with."""

    number: int
    effective_at: datetime | None
    """None: from the beginning."""
    pack: Pack


@dataclass(frozen=True)
class _Held:
    """What this process holds in memory."""

    stamp: int = 0
    at: datetime | None = None
    versions: Mapping[str, Sequence[Version]] = field(default_factory=dict)
    """Of each programme, in the order in which they take effect."""


class _Memory:
    """Replaced as a whole, so that no thread sees half of it."""

    held = _Held()


_supposed: ContextVar[Mapping[str, Pack] | None] = ContextVar("supposed", default=None)


def get_pack(code: str, *, told: str | None = None) -> Pack:
    """Return a programme with its rules as they are in force at the time of this request or job.

    `told` is the reference of a rule by which somebody was told: then the rules are those of the version that it names.

    Raises:
        UnknownProgramme: no programme has that code.
    """
    supposed = _supposed.get()
    if supposed is not None and told is None and code in supposed:
        return supposed[code]
    held = _Memory.held
    versions = held.versions.get(code)
    if not versions:
        return loader.get_pack(code)
    if told is not None:
        number = RuleRef.parse(told).number
        return next((one.pack for one in reversed(versions) if one.number <= number), versions[0].pack)
    return newest(versions, held.at).pack


def all_packs() -> Sequence[Pack]:
    """Return every programme that this release has, with its rules as they are in force."""
    return [get_pack(code) for code in loader.load_packs()]


def newest(versions: Sequence[Version], at: datetime | None) -> Version:
    """Return the version in force at a moment."""
    return next(
        (one for one in reversed(versions) if one.effective_at is None or (at and one.effective_at <= at)),
        versions[0],
    )


def is_current(stamp: int, *, at: datetime) -> bool:
    """Return whether what this process holds is what the database has; the moment moves on."""
    held = _Memory.held
    if stamp != held.stamp:
        return False
    if held.versions and (held.at is None or held.at < at):
        _Memory.held = _Held(held.stamp, at, held.versions)
    return True


def hold(versions: Mapping[str, Sequence[Version]], stamp: int, *, at: datetime | None) -> None:
    """Hold the versions that were read from the database under a stamp."""
    _Memory.held = _Held(stamp, at, versions)


def forget() -> None:
    """Hold nothing: the rules are those of the files."""
    _Memory.held = _Held()


@contextmanager
def supposing(pack: Pack) -> Iterator[None]:
    """Let whoever is not told yet be decided as if these rules were in force: for a preview, in this thread only."""
    before = _supposed.set({pack.code: pack})
    try:
        yield
    finally:
        _supposed.reset(before)
