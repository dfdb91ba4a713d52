"""The watched folder: files that senders put in the subfolder of their source are received, then removed."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import or_, select, text

from tracing.imports.limits import MOST_BYTES
from tracing.imports.lots import services as lots
from tracing.imports.models import CameBy, ImportLot, InboxTrouble
from tracing.kernel import clock, events
from tracing.kernel.config import Settings
from tracing.kernel.db import session, transaction

log = structlog.get_logger()

SOURCE = re.compile(r"[A-Z0-9_-]{1,20}")
"""Name of a source's subfolder: its code."""
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload")
SETTLED = timedelta(seconds=30)
"""A file unchanged for this long is complete at the first look."""
JUST_NOW = timedelta(minutes=10)
FETCH_LOCK = 7_305_119
"""Number of the advisory lock for receiving from the folder, held to the end of the transaction."""
INBOX = ("inbox", 0)
"""Subject of the events about the folder."""


@dataclass(frozen=True, order=True)
class InboxProblem:
    """Why something in the folder cannot be received: a code, and the source concerned."""

    code: str
    """unreadable, no_source, too_large, not_removed."""
    source: str = ""


@dataclass(repr=False)
class Inbox:
    """The folder, and file sizes at the last look: a file that has grown is still being written."""

    settings: Settings
    _sizes: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _troubles: set[InboxProblem] = field(default_factory=set)
    _is_known: bool = False

    def fetch(self, _slot: datetime | None = None) -> list[int]:
        """Receive every complete file; returns the lots. A file that cannot be received stays and is reported."""
        root = self.settings.inbox
        if root is None:
            return []
        self._troubles = set()
        received = [lot for source, path in self._complete_files(root) if (lot := self._take(source, path))]
        self._tell()
        return received

    def has_unfinished(self) -> bool:
        """Return whether the last look found a file that may still be growing."""
        return bool(self._sizes)

    def _complete_files(self, root: Path) -> Iterator[tuple[str, Path]]:
        """Yield the files that are fully written, with their source; remember the size of the others."""
        before, self._sizes = self._sizes, {}
        with suppress(OSError):  # an unreadable folder is reported below
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for entry in self._entries(root, InboxProblem("unreadable")):
            if not entry.is_dir(follow_symlinks=False):
                if not _is_hidden(entry.name):
                    self._troubles.add(InboxProblem("no_source"))
            elif SOURCE.fullmatch(entry.name) is None:
                if not _is_hidden(entry.name) and self._entries(Path(entry.path), InboxProblem("unreadable")):
                    self._troubles.add(InboxProblem("no_source"))
            else:
                yield from self._complete_of(entry.name, Path(entry.path), before)

    def _complete_of(
        self, source: str, place: Path, before: dict[Path, tuple[int, int]]
    ) -> Iterator[tuple[str, Path]]:
        for entry in self._entries(place, InboxProblem("unreadable", source)):
            path = Path(entry.path)
            if _is_hidden(entry.name) or not entry.is_file(follow_symlinks=False):
                continue
            found = path.stat()
            if found.st_size > MOST_BYTES:
                self._troubles.add(InboxProblem("too_large", source))
            elif _is_complete(found, before.get(path), at=clock.now()):
                yield source, path
            else:
                self._sizes[path] = (found.st_size, found.st_mtime_ns)

    def _entries(self, place: Path, trouble: InboxProblem) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(place) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError:
            self._troubles.add(trouble)
            return []

    def _take(self, source: str, path: Path) -> int | None:
        """Receive one file and remove it after the commit; if its lot exists already, that one is kept."""
        try:
            written = datetime.fromtimestamp(path.stat().st_ctime, UTC)
            content = path.read_bytes()
        except FileNotFoundError:
            return None  # another process was first
        except OSError:
            self._troubles.add(InboxProblem("unreadable", source))
            return None
        with transaction():
            at = clock.now()
            lot_id = _receive(
                content, path.name, source, written, keep=self.settings.keep_originals_days, at=at
            )
        try:
            path.unlink(missing_ok=True)
        except OSError:
            self._troubles.add(InboxProblem("not_removed", source))
        return lot_id

    def _tell(self) -> None:
        """Keep what is wrong with the folder, for the pages, and record it when it changed."""
        with transaction():
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FETCH_LOCK})
            if _codes(self._troubles) == last_troubles():
                return
            at = clock.now()
            known = {
                InboxProblem(row.code, row.source_code): row for row in session.scalars(select(InboxTrouble))
            }
            for gone in known.keys() - self._troubles:
                session.delete(known[gone])
            session.add_all(
                InboxTrouble(code=new.code, source_code=new.source, since=at)
                for new in self._troubles - known.keys()
            )
            kind = "inbox.failed" if self._troubles else "inbox.recovered"
            events.record(kind, by=None, at=at, subject=INBOX, troubles=_codes(self._troubles))
        if self._troubles:
            log.warning("watched folder", troubles=_codes(self._troubles))


def fetch_now(settings: Settings, *, pause: Callable[[], None]) -> list[int]:
    """Empty the folder on request: a file that may still be growing is looked at twice, with a pause between."""
    inbox = Inbox(settings)
    received = inbox.fetch()
    if inbox.has_unfinished():
        pause()
        received += inbox.fetch()
    return received


def last_troubles() -> list[str]:
    """Return the folder's problems at the last look, as `code` or `code:SOURCE`."""
    return _codes({InboxProblem(row.code, row.source_code) for row in session.scalars(select(InboxTrouble))})


def _receive(
    content: bytes, name: str, source: str, written: datetime, *, keep: int, at: datetime
) -> int | None:
    """Receive a file unless it was received already and left behind by a crash between commit and removal."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FETCH_LOCK})
    same = select(ImportLot.id).where(
        ImportLot.source_code == source,
        ImportLot.file_sha256 == sha256(content).hexdigest(),
        ImportLot.came_by == CameBy.FOLDER,
        or_(ImportLot.received_at >= at - JUST_NOW, ImportLot.received_at >= written),
    )
    if session.scalar(same.limit(1)) is not None:
        return None
    lot = lots.receive(
        content,
        file_name=name,
        source_code=source,
        came_by=CameBy.FOLDER,
        keep_days=keep,
        by=None,
        at=at,
    )
    return lot.id


def _codes(troubles: set[InboxProblem]) -> list[str]:
    return [f"{one.code}:{one.source}" if one.source else one.code for one in sorted(troubles)]


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(UNFINISHED)


def _is_complete(found: os.stat_result, before: tuple[int, int] | None, *, at: datetime) -> bool:
    """Return whether a file is fully written: unchanged since the last look, or for a while."""
    if not stat.S_ISREG(found.st_mode):
        return False
    quiet_since = datetime.fromtimestamp(found.st_mtime, UTC)
    return before == (found.st_size, found.st_mtime_ns) or quiet_since <= at - SETTLED
