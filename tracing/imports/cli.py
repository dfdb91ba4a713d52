"""Command-line commands: load a file, show what it would bring, and empty the watched folder."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tracing.imports import jobs
from tracing.imports.decryption.secrets import passwords_in, secrets_from
from tracing.imports.jobs import Arrival
from tracing.imports.lots import inbox, queries, routing
from tracing.imports.models import LotState
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction

COUNTS = ("created", "repeat", "duplicate", "not_positive", "quarantined", "withdrawn")
A_MOMENT = 1.0
"""Seconds between two looks at a file that may still be growing."""
A_TURN = 0.2
"""Seconds between two updates of the progress line."""


def load(
    file: Path,
    *,
    source: str,
    key_file: Path | None,
    cert_file: Path | None,
    password_file: Path | None,
    with_lines: bool,
    plan_only: bool = False,
    settings: Settings,
    screen: TextIO | None = None,
) -> dict[str, Any]:
    """Load a file and return its report, or with `plan_only` its plan; on a terminal a line shows the progress.

    Raises:
        FileRefused: the file as a whole cannot be loaded.
    """
    with transaction():
        terms = routing.terms_of_source(source, settings)
    written = password_file.read_text(encoding="utf-8") if password_file else ""
    arrival = Arrival(
        content=file.read_bytes(),
        file_name=file.name,
        source_code=source,
        secrets=secrets_from(
            private_key=key_file.read_bytes() if key_file else b"",
            certificate=cert_file.read_bytes() if cert_file else b"",
            passwords=passwords_in(written, file.name),
        ),
        zone=terms.zone,
        allow_fiction=terms.allow_fiction,
        programme=terms.programme,
        keep_days=settings.keep_originals_days,
    )
    line = ProgressLine(screen) if screen is not None and screen.isatty() else None
    try:
        if plan_only:
            return jobs.plan_file(arrival, progress=line)
        return jobs.load(arrival, with_lines=with_lines, progress=line)
    finally:
        if line:
            line.clear()


@dataclass
class ProgressLine:
    """One line of a terminal that is overwritten with the progress."""

    screen: TextIO
    began: float = field(default_factory=time.monotonic)
    written: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show how many lines of the file are done."""
        now = time.monotonic()
        if now - self.written < A_TURN and done < total:
            return
        self.written = now
        per_second = done / max(now - self.began, 0.001)
        left = (total - done) / per_second if per_second else 0
        self.screen.write(
            f"\r{done:,} of {total:,} lines, {per_second:,.0f} a second, {left:.0f} s left \x1b[K"
        )
        self.screen.flush()

    def clear(self) -> None:
        """Erase the line."""
        self.screen.write("\r\x1b[K")
        self.screen.flush()


def fetch(settings: Settings) -> Iterator[str]:
    """Receive the files of the watched folder, process the waiting lots, and yield a line about each."""
    received = inbox.fetch_now(settings, pause=lambda: time.sleep(A_MOMENT))
    while jobs.process_next_lot(settings):
        pass
    for lot_id in received:
        with transaction():
            lot = queries.get_lot(lot_id)
        said = f"Lot {lot.id} {lot.source_code} {lot.file_name}: {lot.state.value}"
        counts = lot.counts if lot.state is LotState.LOADED else lot.plan
        if counts:
            said += f", {counts['lines']} lines, {counts['created']} created"
        yield f"{said} ({lot.refusal})" if lot.refusal else said
    with transaction():
        troubles = inbox.last_troubles()
    if not received:
        yield "Nothing was there."
    yield from (f"The folder needs a look: {trouble}" for trouble in troubles)


def in_words(report: dict[str, Any]) -> Iterator[str]:
    """Yield a report, or a plan, as lines for a person to read."""
    yield (
        f"Lot {report['lot']}: {report['lines']} lines"
        if "lot" in report
        else f"Plan: {report['lines']} lines"
    )
    for name in COUNTS:
        yield f"  {name.replace('_', ' '):<14}{report[name]:>6}"
    yield f"  new episodes {report['new_episodes']}, possible duplicates {report['possible_duplicates']}"
    yield f"  completed {report['completed']}, ids shared {report['shared_ids']}, ids lost {report['lost_ids']}"
    for title, codes in (
        ("quarantined because", report["quarantine_reasons"]),
        ("warnings", report["warnings"]),
        ("left out", report["left_out"]),
    ):
        if codes:
            yield f"  {title}: " + ", ".join(f"{code} {number}" for code, number in sorted(codes.items()))
