"""Opening a file in a process of its own, so that what is wrong with it stays there.

Nothing touches the disk: the file, the secrets and the lines travel through pipes.
"""

import os
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
from tracing.imports.format.inspection import Looked
from tracing.imports.format.line import ParsedLine
from tracing.imports.format.mapping import Mapping
from tracing.imports.format.reading import Reading
from tracing.imports.limits import MOST_BYTES
from tracing.imports.refusals import CannotRead, Refusal
from tracing.imports.sandbox import codec as understood
from tracing.imports.sandbox.framing import NotAsAgreed, pack, unpack, unpack_lines

Line = TypeVar("Line", RawLine, ParsedLine)
Child: TypeAlias = "subprocess.Popen[bytes]"

_COMMAND = (sys.executable, "-P", "-m", "tracing.imports.sandbox.worker")
_ROOT = str(Path(tracing.__file__).parents[1])


@dataclass(frozen=True, repr=False)
class Extract:
    """A file that was opened and read to its end."""

    container: Container
    """How it was protected."""
    line_count: int
    lines: Iterator[RawLine]
    """As they stand in the file."""
    understood: Callable[[Reading], Iterator[ParsedLine]]
    """The same lines understood, instead of `lines`: the reading process does that while we work on those before."""
    headings: tuple[str, ...]
    """Its heading row as it stands; of messages, which have none, nothing."""
    left_out: dict[str, int]
    """HL7 messages that bring no line: how many, by their reason."""


@contextmanager
def opened(content: bytes, secrets: Secrets, mapping: Mapping | None = None) -> Iterator[Extract]:
    """Open a file and read its lines while the context lasts; a file that cannot be taken in is refused here.

    A refusal comes before the first line, so that no half of a file is ever taken in.

    Raises:
        FileRefused: the file as a whole cannot be taken in.
    """
    with _asked(content, secrets, mapping, is_look=False) as (child, head):
        with _as_agreed():
            count = int(head["lines"])
            extract = Extract(
                Container(head["container"]),
                count,
                _lines(child, None, unpack_lines, count),
                lambda reading: _lines(child, reading.to_dict(), understood.unpack, count),
                tuple(map(str, head["headings"])),
                {str(reason): int(number) for reason, number in head["left_out"].items()},
            )
        yield extract


def looked_at(content: bytes, secrets: Secrets, mapping: Mapping | None = None) -> Looked:
    """Say what the table in a file looks like, so that a person can say which column is which.

    Raises:
        FileRefused: the file cannot be opened, or holds no table.
    """
    with _asked(content, secrets, mapping, is_look=True) as (_, head), _as_agreed():
        return Looked.from_dict(head["looked"])


@contextmanager
def _asked(
    content: bytes, secrets: Secrets, mapping: Mapping | None, *, is_look: bool
) -> Iterator[tuple[Child, dict[str, Any]]]:
    """Hand a file to a reading process; give it and what it answers, or raise what it refused the file for."""
    if len(content) > MOST_BYTES:
        raise TooLarge
    request = {
        "secrets": secrets.to_dict(),
        "mapping": mapping.to_dict() if mapping else None,
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

    What it prints when it breaks may quote the file, so it is not even looked at. Its memory is taken from one
    place and given back: several would each keep what they once had.
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
    """Hand something over. A child that dies meanwhile is noticed when its answer does not come."""
    pipe = _pipe(child.stdin)
    with suppress(BrokenPipeError):
        for message in messages:
            pipe.write(message)
        pipe.flush()


def _refusal_in(head: dict[str, Any]) -> CannotRead | None:
    """Return why the child refused the file, if it did."""
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
    """Ask for the lines, and yield exactly as many as were announced, or refuse."""
    _send(child, pack({"reading": reading}))
    with _as_agreed():
        while expected > 0:
            for line in unpack_some(_pipe(child.stdout)):
                expected -= 1
                yield line


@contextmanager
def _as_agreed() -> Iterator[None]:
    """Refuse the file when what its reader says makes no sense: it died, or the file took it over."""
    try:
        yield
    except (NotAsAgreed, LookupError, TypeError, ValueError, AttributeError) as cause:
        raise ReaderStopped from cause


def _pipe(pipe: IO[bytes] | None) -> Any:
    """Return a pipe that we asked for."""
    if pipe is None:
        raise ReaderStopped
    return pipe
