"""Loading a file from the command line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracing.imports.containers import passwords_in, secrets_from
from tracing.imports.jobs import Arrival
from tracing.imports.jobs import load as load_arrival
from tracing.kernel.config import Settings


def load(
    file: Path,
    *,
    source: str,
    key_file: Path | None,
    cert_file: Path | None,
    password_file: Path | None,
    with_lines: bool,
    settings: Settings,
) -> dict[str, Any]:
    """Load a file and return its report.

    Raises:
        FileRefused: the file as a whole cannot be taken in.
    """
    written = password_file.read_text(encoding="utf-8") if password_file else ""
    secrets = secrets_from(
        private_key=key_file.read_bytes() if key_file else b"",
        certificate=cert_file.read_bytes() if cert_file else b"",
        passwords=passwords_in(written, file.name),
    )
    return load_arrival(
        Arrival(
            content=file.read_bytes(),
            file_name=file.name,
            source_code=source,
            secrets=secrets,
            zone=settings.zone,
            allow_fiction=settings.fiction_numbers,
            programme=settings.programme,
        ),
        with_lines=with_lines,
    )


def in_words(report: dict[str, Any]) -> Iterator[str]:
    """Say a report in lines that a person reads."""
    yield f"Lot {report['lot']}: {report['lines']} lines"
    for name in ("created", "repeat", "duplicate", "not_positive", "quarantined", "withdrawn"):
        yield f"  {name.replace('_', ' '):<14}{report[name]:>6}"
    yield f"  new episodes {report['new_episodes']}, possible duplicates {report['possible_duplicates']}"
    for title, codes in (
        ("quarantined because", report["quarantine_reasons"]),
        ("warnings", report["warnings"]),
    ):
        if codes:
            yield f"  {title}: " + ", ".join(f"{code} {number}" for code, number in sorted(codes.items()))
