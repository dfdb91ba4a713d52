"""The reading process: secrets and a file in through a pipe, its lines out through another.

Runs as `python -m tracing.imports.worker` under limits of memory and time, writes no file, and answers with
a refusal or with every line: nothing is handed over before the whole file was read.
"""

import gc
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from tracing.imports import hl7, hl7_results, tables
from tracing.imports.containers import Secrets
from tracing.imports.frames import pack, pack_lines, unpack
from tracing.imports.layout import RawLine
from tracing.imports.mappings import Mapping, look
from tracing.imports.opening import Opened, open_container
from tracing.imports.refusals import CannotRead, Refusal
from tracing.imports.texts import Text

MOST_DATA = 224 * 1024 * 1024
"""What the process may allocate; with the libraries it maps it stays below 256 MB."""
MOST_ADDRESSES = 1024 * 1024 * 1024
MOST_SECONDS = 60
MOST_ANSWER = 48_000_000
LINES_IN_A_MESSAGE = 1000


class Reading(NamedTuple):
    """What a container held: the heading row as it stands, and the lines under it."""

    headings: tuple[str, ...]
    lines: Iterator[RawLine]


def read(opened: Opened, mapping: Mapping | None = None) -> Reading:
    """Read what a container held: a workbook, messages, or delimited text."""
    if opened.is_workbook:
        table = tables.table_of_workbook(opened.content, mapping)
        return Reading(tuple(table.columns.heading), table.lines())
    text = Text(opened.content)
    if hl7.looks_like_hl7(text):
        return Reading((), hl7_results.lines(text, mapping))
    table = tables.table_of_text(text, mapping)
    return Reading(tuple(table.columns.heading), table.lines())


def answer_to(request: dict[str, Any], content: bytes) -> Iterator[bytes]:
    """Open a file, and read it to its end or only look at it; the answer goes out when nothing can refuse it."""
    try:
        opened = open_container(content, Secrets.from_dict(request["secrets"]))
        del content  # what comes out of it is as large again
        mapping = Mapping.from_dict(request["mapping"]) if request["mapping"] else None
        answer = [_looked_at(opened, mapping)] if request["is_look"] else _all_lines(opened, mapping)
    except CannotRead as cause:
        answer = [pack({"refusal": cause.refusal, "details": cause.details})]
    except MemoryError:
        answer = [pack({"refusal": Refusal.TOO_LARGE, "details": {}})]
    yield from answer


def _all_lines(opened: Opened, mapping: Mapping | None) -> list[bytes]:
    """Read every line; packed they take a fraction of their room."""
    headings, lines = read(opened, mapping)
    frames, count, size = [], 0, 0
    while batch := list(islice(lines, LINES_IN_A_MESSAGE)):
        frames.append(pack_lines(batch))
        count += len(batch)
        size += len(frames[-1])
        if size > MOST_ANSWER:
            raise CannotRead(Refusal.TOO_LARGE)
    head = {"container": opened.container, "lines": count, "headings": headings}
    return [pack(head), *frames]


def _looked_at(opened: Opened, mapping: Mapping | None) -> bytes:
    """Say what a table looks like to somebody who must say which column is which."""
    if opened.is_workbook:
        sources = tables.rows_of_workbook(opened.content)
    else:
        text = Text(opened.content)
        if hl7.looks_like_hl7(text):
            raise CannotRead(Refusal.NO_COLUMNS)
        sources = tables.rows_of_text(text)
    return pack({"looked": look(sources, mapping).to_dict()})


def limit_ourselves() -> None:
    """Bound memory and time, and make writing any file, a core dump included, impossible."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """Answer one request and end."""
    limit_ourselves()
    # Millions of strings and not one cycle among them: looking for cycles doubles the time.
    gc.disable()
    # Unbuffered: a buffer would hold the file a second time while it comes in. And never closed: the number of the
    # standard input would go to the next pipe, and a program that we start would take that for its own.
    with open(0, "rb", buffering=0, closefd=False) as source:
        request = unpack(source)
        answer = answer_to(request, source.readall())
    for frame in answer:
        sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
