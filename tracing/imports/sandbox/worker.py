"""The reading process: secrets and a file come in through a pipe, the file's lines go out through another.

Runs as `python -m tracing.imports.sandbox.worker` under limits of memory and time and writes no file. It answers with
a refusal or with the number of lines, and sends no line before the whole file was read. Then it receives in which form
the lines are wanted: raw or parsed.
"""

import gc
import importlib
import io
import os
import resource
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from queue import Queue
from threading import Thread
from typing import IO, Any, NamedTuple

from tracing.imports.decryption.layers import Opened, open_container
from tracing.imports.decryption.secrets import Secrets
from tracing.imports.format.columns import RawLine
from tracing.imports.format.date_orders import Evidence
from tracing.imports.format.inspection import look
from tracing.imports.format.laboratory import NO_LABORATORY, Laboratory
from tracing.imports.format.mapping import Mapping
from tracing.imports.parsing import hl7, hl7_inspection, hl7_results, tables
from tracing.imports.parsing.delimited import Text
from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.imports.sandbox.framing import ProtocolError, exactly, pack, pack_lines, unpack, unpack_lines
from tracing.kernel.redaction import redacted

MOST_DATA = 224 * 1024 * 1024
"""Bytes that the process may allocate; with the libraries it maps it stays below 256 MB."""
MOST_ADDRESSES = 1024 * 1024 * 1024
MOST_SECONDS = 60
"""Processor time until the file is read to its end."""
MOST_SECONDS_IN_ALL = 600
MOST_ANSWER = 48_000_000
LINES_IN_A_MESSAGE = 1000
MESSAGES_AHEAD = 8
"""Messages encoded ahead of the reader: about as many as it takes at once."""


@redacted
class Contents(NamedTuple):
    """Content of a container: the heading row as written, and the lines under it."""

    headings: tuple[str, ...]
    lines: Iterator[RawLine]
    left_out: Counter[str]
    """Messages that bring no line, by their reason; complete once every line was read."""


def read(opened: Opened, mapping: Mapping | None = None, laboratory: Laboratory = NO_LABORATORY) -> Contents:
    """Read the content of a container: a workbook, HL7 messages, or delimited text."""
    if opened.is_workbook:
        table = tables.table_of_workbook(opened.content, mapping)
        return Contents(tuple(table.columns.heading), table.lines(), Counter())
    text = Text(opened.content)
    if hl7.looks_like_hl7(text):
        left_out: Counter[str] = Counter()
        return Contents((), hl7_results.lines(text, mapping, left_out, laboratory), left_out)
    table = tables.table_of_text(text, mapping)
    return Contents(tuple(table.columns.heading), table.lines(), Counter())


@redacted
class Answer(NamedTuple):
    """The first message we send, and the messages of lines that follow on request, compressed."""

    head: bytes
    lines: deque[bytes]


def answer_to(request: dict[str, Any], content: bytes) -> Answer:
    """Open a file, and read all of it or only inspect it; returns an answer only once nothing can refuse the file."""
    try:
        opened = open_container(content, Secrets.from_dict(request["secrets"]))
        del content  # the opened content is as large again
        mapping = Mapping.from_dict(request["mapping"]) if request["mapping"] else None
        laboratory = Laboratory.from_dict(request["laboratory"])
        answer = _looked_at if request["is_look"] else _all_lines
        return answer(opened, mapping, laboratory)
    except CannotRead as cause:
        return Answer(pack({"refusal": cause.refusal, "details": cause.details}), deque())
    except MemoryError:
        return Answer(pack({"refusal": Refusal.TOO_LARGE, "details": {}}), deque())


def _all_lines(opened: Opened, mapping: Mapping | None, laboratory: Laboratory) -> Answer:
    """Read every line."""
    headings, lines, left_out = read(opened, mapping, laboratory)
    frames: deque[bytes] = deque()
    evidence = Evidence()
    count = size = 0
    while batch := list(islice(lines, LINES_IN_A_MESSAGE)):
        if headings:
            evidence.add_lines(batch)
        frames.append(pack_lines(batch))
        count += len(batch)
        size += len(frames[-1])
        if size > MOST_ANSWER:
            raise CannotRead(Refusal.TOO_LARGE)
    head = {
        "container": opened.container,
        "lines": count,
        "headings": headings,
        "left_out": left_out,
        "date_orders": evidence.proofs(mapping.month_first if mapping else ()),
    }
    return Answer(pack(head), frames)


def _looked_at(opened: Opened, mapping: Mapping | None, laboratory: Laboratory) -> Answer:
    """Inspect a table for a person who must say which column is which, or messages for one who says what codes mean."""
    if opened.is_workbook:
        sources = tables.rows_of_workbook(opened.content)
    else:
        text = Text(opened.content)
        if hl7.looks_like_hl7(text):
            return Answer(pack({"looked": hl7_inspection.look(text, mapping, laboratory).to_dict()}), deque())
        sources = tables.rows_of_text(text)
    return Answer(pack({"looked": look(sources, mapping).to_dict()}), deque())


def _as_wanted(
    frames: deque[bytes], reading: dict[str, Any] | None, mapping: dict[str, Any] | None
) -> Iterator[bytes]:
    """Yield the messages of lines: raw, or parsed as `reading` says and as the source's codes were taught."""
    if reading is None:
        while frames:
            yield frames.popleft()
        return
    from tracing.imports.format.line import parse
    from tracing.imports.format.reading import Reading
    from tracing.imports.sandbox import codec

    how = Reading.from_dict(reading)
    if mapping:
        how = replace(how, tests=Mapping.from_dict(mapping).tests)
    yield from codec.pack(parse(raw, how) for raw in _unpacked(frames))


def _get_ready() -> None:
    """Import the parser ahead of time: it loads the world's numbering plans, which takes longer than most files."""
    importlib.import_module("tracing.imports.sandbox.codec")


def _unpacked(frames: deque[bytes]) -> Iterator[RawLine]:
    while frames:
        yield from unpack_lines(io.BytesIO(frames.popleft()))


def _write_all(messages: Iterator[bytes], out: IO[bytes]) -> None:
    """Send messages while the next ones are being encoded: the reader takes them in bursts."""
    ready: Queue[bytes | None] = Queue(MESSAGES_AHEAD)
    writer = Thread(target=_write_each, args=(ready, out))
    writer.start()
    try:
        for message in messages:
            ready.put(message)
    finally:
        ready.put(None)
        writer.join()


def _write_each(ready: "Queue[bytes | None]", out: IO[bytes]) -> None:
    try:
        while (message := ready.get()) is not None:
            out.write(message)
        out.flush()
    except OSError:
        os._exit(1)  # the reader has closed the pipe


def limit_ourselves() -> None:
    """Limit memory and time, and make writing any file, a core dump included, impossible."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS_IN_ALL))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """Answer one request and exit."""
    limit_ourselves()
    # Millions of strings and no reference cycles among them: cyclic garbage collection would double the time.
    gc.disable()
    # Unbuffered: a buffer would hold the file a second time while it comes in. Never closed: the next pipe would get
    # the file descriptor of standard input, and a program that we start would read it as its own standard input.
    with open(0, "rb", buffering=0, closefd=False) as source:
        request = unpack(source)
        head, lines = answer_to(request, exactly(source, request["size"]))
        out = sys.stdout.buffer
        out.write(head)
        out.flush()
        if lines:
            _get_ready()  # while the main process decides how it wants the lines
        try:
            reading = unpack(source)["reading"]
        except ProtocolError:
            return  # the lines are not wanted
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS_IN_ALL, MOST_SECONDS_IN_ALL))
    _write_all(_as_wanted(lines, reading, request["mapping"]), out)


if __name__ == "__main__":
    main()
