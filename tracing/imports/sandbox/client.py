"""Open a file in a separate process, so that a hostile file can harm only that process.

Nothing touches the disk: the file, the secrets and the lines go through pipes.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar

import tracing
from tracing.imports.decryption.secrets import Container, Secrets
from tracing.imports.errors import ReaderStopped, TooLarge, refused
from tracing.imports.format.columns import RawLine
from tracing.imports.format.date_orders import DATES, DateOrder, Proof
from tracing.imports.format.inspection import TableInspection
from tracing.imports.format.laboratory import NO_LABORATORY, Laboratory
from tracing.imports.format.line import ParsedLine
from tracing.imports.format.mapping import Mapping
from tracing.imports.format.reading import Reading
from tracing.imports.limits import MOST_BYTES
from tracing.imports.parsing.hl7 import MOST_REASONS
from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.imports.sandbox import codec as understood
from tracing.imports.sandbox.framing import ProtocolError, pack, unpack, unpack_lines

Line = TypeVar("Line", RawLine, ParsedLine)
Child: TypeAlias = "subprocess.Popen[bytes]"

_REASON = re.compile(r"[\w^?]{1,20}")
_COMMAND = (sys.executable, "-P", "-m", "tracing.imports.sandbox.worker")
_ROOT = str(Path(tracing.__file__).parents[1])


@dataclass(frozen=True, repr=False)
class Extract:
    """A file that was opened and read to its end."""

    container: Container
    """How it was protected."""
    line_count: int
    lines: Iterator[RawLine]
    """The raw lines, as they are in the file."""
    understood: Callable[[Reading], Iterator[ParsedLine]]
    """Returns the same lines parsed, to use instead of `lines`: the reading process parses while we process batches."""
    headings: tuple[str, ...]
    """Its heading row as written; empty for messages, which have none."""
    left_out: dict[str, int]
    """HL7 messages that bring no line: how many, by their reason."""
    date_orders: dict[str, Proof]
    """By field with dates, the only order in which its column can be read, if it proves one."""


@contextmanager
def opened(
    content: bytes,
    secrets: Secrets,
    mapping: Mapping | None = None,
    laboratory: Laboratory = NO_LABORATORY,
) -> Iterator[Extract]:
    """Open a file and give access to its lines inside the `with` block; refuses a file that cannot be loaded.

    The refusal is raised before the first line, so that a file is never loaded in part.

    Raises:
        FileRefused: the file as a whole cannot be loaded.
    """
    with _asked(content, secrets, mapping, laboratory, is_look=False) as (child, head):
        with _as_agreed():
            count = int(head["lines"])
            if len(head["left_out"]) > MOST_REASONS + 2 or not all(map(_REASON.fullmatch, head["left_out"])):
                raise ProtocolError
            extract = Extract(
                Container(head["container"]),
                count,
                _lines(child, None, unpack_lines, count),
                lambda reading: _lines(child, reading.to_dict(), understood.unpack, count),
                tuple(map(str, head["headings"])),
                {str(reason): int(number) for reason, number in head["left_out"].items()},
                {
                    name: Proof(DateOrder(head["date_orders"][name][0]), int(head["date_orders"][name][1]))
                    for name in DATES
                    if name in head["date_orders"]
                },
            )
        yield extract


def looked_at(
    content: bytes,
    secrets: Secrets,
    mapping: Mapping | None = None,
    laboratory: Laboratory = NO_LABORATORY,
) -> TableInspection:
    """Return what the table in a file looks like, so that a person can say which column is which.

    Raises:
        FileRefused: the file cannot be opened, or holds no table.
    """
    with _asked(content, secrets, mapping, laboratory, is_look=True) as (_, head), _as_agreed():
        return TableInspection.from_dict(head["looked"])


@contextmanager
def _asked(
    content: bytes, secrets: Secrets, mapping: Mapping | None, laboratory: Laboratory, *, is_look: bool
) -> Iterator[tuple[Child, dict[str, Any]]]:
    """Send a file to a reading process; yield the process and its answer, or raise its refusal of the file."""
    if len(content) > MOST_BYTES:
        raise TooLarge
    request = {
        "secrets": secrets.to_dict(),
        "mapping": mapping.to_dict() if mapping else None,
        "laboratory": laboratory.to_dict(),
        "is_look": is_look,
        "size": len(content),
    }
    child = _start()
    try:
        _send(child, pack(request), content)
        with _as_agreed():
            head = unpack(_pipe(child.stdout))
            cause = _refusal_in(head)
        if cause:
            raise refused(cause) from cause
        yield child, head
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


def _start() -> Child:
    """Start the reading process with an environment that holds none of our settings and secrets.

    Its error output may quote the file and is discarded. It uses a single malloc arena, so that freed
    memory is reused: several arenas would each keep their peak size.
    """
    return subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            "PYTHONPATH": _ROOT,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "MALLOC_ARENA_MAX": "1",
        },
        close_fds=True,
    )


def _send(child: Child, *messages: bytes) -> None:
    """Send messages. A child that dies meanwhile is noticed when its answer does not come."""
    pipe = _pipe(child.stdin)
    with suppress(BrokenPipeError):
        for message in messages:
            pipe.write(message)
        pipe.flush()


def _refusal_in(head: dict[str, Any]) -> CannotRead | None:
    """Return why the child refused the file, or None if it did not."""
    if "refusal" not in head:
        return None
    details = {str(name): str(word) for name, word in head["details"].items()}
    return CannotRead(Refusal(head["refusal"]), **details)


def _lines(
    child: Child,
    reading: dict[str, Any] | None,
    unpack_some: Callable[[IO[bytes]], Iterator[Line]],
    expected: int,
) -> Iterator[Line]:
    """Request the lines and yield exactly as many as were announced; refuse the file otherwise."""
    _send(child, pack({"reading": reading}))
    with _as_agreed():
        while expected > 0:
            for line in unpack_some(_pipe(child.stdout)):
                expected -= 1
                yield line


@contextmanager
def _as_agreed() -> Iterator[None]:
    """Refuse the file if its reader's answer is invalid: the reader died, or the file took control of it."""
    try:
        yield
    except (ProtocolError, LookupError, TypeError, ValueError, AttributeError) as cause:
        raise ReaderStopped from cause


def _pipe(pipe: IO[bytes] | None) -> Any:
    """Return `pipe`, which is never None because it was requested."""
    if pipe is None:
        raise ReaderStopped
    return pipe
