"""Opening a file in a process of its own, so that what is wrong with it stays there.

Nothing touches the disk: the file, the secrets and the lines travel through pipes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import tracing
from tracing.imports.containers import Container, Secrets
from tracing.imports.errors import ReaderStopped, TooLarge, refused
from tracing.imports.frames import NotAsAgreed, pack, unpack, unpack_lines
from tracing.imports.layout import RawLine
from tracing.imports.limits import MOST_BYTES
from tracing.imports.mappings import Looked, Mapping
from tracing.imports.refusals import CannotRead, Refusal

_COMMAND = (sys.executable, "-P", "-m", "tracing.imports.worker")
_ROOT = str(Path(tracing.__file__).parents[1])


@dataclass(frozen=True)
class Extract:
    """A file that was opened and read to its end."""

    container: Container
    """How it was protected."""
    line_count: int
    lines: Iterator[RawLine]
    headings: tuple[str, ...]
    """Its heading row as it stands; of messages, which have none, nothing."""


@contextmanager
def opened(content: bytes, secrets: Secrets, mapping: Mapping | None = None) -> Iterator[Extract]:
    """Open a file and read its lines while the context lasts; a file that cannot be taken in is refused here.

    A refusal comes before the first line, so that no half of a file is ever taken in.

    Raises:
        FileRefused: the file as a whole cannot be taken in.
    """
    with _asked(content, secrets, mapping, is_look=False) as (answer, head):
        with _as_agreed():
            extract = Extract(
                Container(head["container"]),
                int(head["lines"]),
                _lines(answer, int(head["lines"])),
                tuple(map(str, head["headings"])),
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
) -> Iterator[tuple[BinaryIO, dict[str, Any]]]:
    """Hand a file to a reading process; give what it answers with, or raise what it refused the file for."""
    if len(content) > MOST_BYTES:
        raise TooLarge
    request = {
        "secrets": secrets.to_dict(),
        "mapping": mapping.to_dict() if mapping else None,
        "is_look": is_look,
    }
    child = _start()
    try:
        _send(child, pack(request), content)
        answer = _pipe(child.stdout)
        with _as_agreed():
            head = unpack(answer)
            cause = _refusal_in(head)
        if cause:
            raise refused(cause) from cause
        yield answer, head
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


def _start() -> subprocess.Popen[bytes]:
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


def _send(child: subprocess.Popen[bytes], request: bytes, content: bytes) -> None:
    """Hand over the request. A child that dies meanwhile is noticed when its answer does not come."""
    with suppress(BrokenPipeError):
        pipe = _pipe(child.stdin)
        pipe.write(request)
        pipe.write(content)
        pipe.close()


def _refusal_in(head: dict[str, Any]) -> CannotRead | None:
    """Return why the child refused the file, if it did."""
    if "refusal" not in head:
        return None
    details = {str(name): str(word) for name, word in head["details"].items()}
    return CannotRead(Refusal(head["refusal"]), **details)


def _lines(answer: BinaryIO, expected: int) -> Iterator[RawLine]:
    """Yield exactly as many lines as were announced, or refuse."""
    with _as_agreed():
        while expected > 0:
            for line in unpack_lines(answer):
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
