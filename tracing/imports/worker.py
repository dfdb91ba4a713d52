"""The reading process: secrets and a file in through a pipe, its lines out through another.

Runs as `python -m tracing.imports.worker` under limits of memory and time, writes no file, and answers with
a refusal or with every line: nothing is handed over before the whole file was read.
"""

import gc
import json
import resource
import struct
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from tracing.imports.containers import Secrets
from tracing.imports.layout import RawLine, find_columns, likelihood, raw_lines, refuse_without_required
from tracing.imports.opening import Opened, open_container
from tracing.imports.refusals import CannotRead, Refusal
from tracing.imports.tables import SEPARATORS, decode, sheets, text_rows

MOST_MEMORY = 768 * 1024 * 1024
MOST_SECONDS = 60
LINES_IN_A_MESSAGE = 500
_LENGTH = struct.Struct(">I")


def read_table(opened: Opened) -> Iterator[RawLine]:
    """Read the lines of what a container held."""
    return _workbook_lines(opened.content) if opened.is_workbook else _text_lines(opened.content)


def _text_lines(content: bytes) -> Iterator[RawLine]:
    """Read delimited text with the separator under which most headings are found."""
    text = decode(content)
    best, chosen = find_columns(iter(())), SEPARATORS[0]
    for separator in SEPARATORS:
        columns = find_columns(text_rows(text, separator))
        if likelihood(columns) > likelihood(best):
            best, chosen = columns, separator
        if not columns.missing:
            break
    refuse_without_required(best)
    return raw_lines(text_rows(text, chosen), best)


def _workbook_lines(content: bytes) -> Iterator[RawLine]:
    """Read the one sheet that has the headings; two of them with lines are refused."""
    best = find_columns(iter(()))
    read_one = False
    for rows in sheets(content):
        columns = find_columns(rows())
        best = max(best, columns, key=likelihood)
        if columns.missing:
            continue
        lines = raw_lines(rows(), columns)
        if read_one and next(lines, None):
            raise CannotRead(Refusal.SEVERAL_TABLES)
        for line in lines:
            read_one = True
            yield line
    refuse_without_required(best)


def frame(message: Any) -> bytes:
    """Return one message as it travels, its length first."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> Any:
    """Read one message; None when the stream ends before it does."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return json.loads(body) if len(body) == length else None


def _limit_ourselves() -> None:
    """Bound memory and time, and make writing any file, a core dump included, impossible."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _answer(source: BinaryIO) -> list[bytes]:
    """Read one request and return the frames to answer it with, packed: they take less room than lines."""
    try:
        opened = open_container(*_request(source))
        frames, count = [], 0
        for batch in _batches(read_table(opened)):
            frames.append(frame(batch))
            count += len(batch)
    except CannotRead as cause:
        return [frame({"refusal": cause.refusal, "details": cause.details})]
    except MemoryError:
        return [frame({"refusal": Refusal.TOO_LARGE, "details": {}})]
    return [frame({"container": opened.container, "lines": count}), *frames]


def _request(source: BinaryIO) -> tuple[bytes, Secrets]:
    """Read the file and what may open it."""
    secrets = Secrets.from_dict(read_frame(source))
    return source.read(), secrets


def _batches(lines: Iterator[RawLine]) -> Iterator[list[RawLine]]:
    """Yield the lines in messages of a handy size."""
    while batch := list(islice(lines, LINES_IN_A_MESSAGE)):
        yield batch


def main() -> None:
    """Answer one request and end."""
    _limit_ourselves()
    # Millions of strings and not one cycle among them: looking for cycles doubles the time.
    gc.disable()
    for message in _answer(sys.stdin.buffer):
        sys.stdout.buffer.write(message)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
