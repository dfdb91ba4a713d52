"""Renders a copy as PDF/A (archivable) and PDF/UA (readable by screen readers), without network or system fonts."""

import json
from datetime import UTC
from functools import cache
from pathlib import Path
from threading import Lock

import typst

from tracing.sickleave.documents.content import NoteContent
from tracing.sickleave.documents.pages import Copy, page_of

FOLDER = Path(__file__).parent

# The compiler caches fonts and parsed templates, and can be used by one thread at a time.
_one_at_a_time = Lock()


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(root=str(FOLDER), ignore_system_fonts=True)


def render(note: NoteContent, copy: Copy, *, check_at: str | None = None) -> bytes:
    """Return one copy of a note; `check_at` is the public address at which it is checked. The same gives the same bytes."""
    words = json.dumps(page_of(note, copy, check_at=check_at), ensure_ascii=False)
    with _one_at_a_time:
        printed = _compiler().compile(
            input=str(FOLDER / f"{copy.value}.typ"),
            format="pdf",
            sys_inputs={"note": words},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=note.issued_at.astimezone(UTC).replace(microsecond=0),
        )
    if not isinstance(printed, bytes):
        raise TypeError("typst printed something other than one document")
    return printed
