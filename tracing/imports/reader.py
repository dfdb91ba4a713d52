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
from typing import IO, Any

import tracing
from tracing.imports import worker
from tracing.imports.containers import Container, Secrets
from tracing.imports.errors import ReaderStopped, refused
from tracing.imports.layout import RawLine
from tracing.imports.refusals import CannotRead, Refusal

_COMMAND = (sys.executable, "-P", "-m", "tracing.imports.worker")
_ROOT = str(Path(tracing.__file__).parents[1])


@dataclass(frozen=True)
class Extract:
    """A file that was opened and read to its end: how it was protected, how many lines, and the lines."""

    container: Container
    line_count: int
    lines: Iterator[RawLine]


@contextmanager
def opened(content: bytes, secrets: Secrets) -> Iterator[Extract]:
    """Open a file and read its lines while the context lasts; a file that cannot be taken in is refused here.

    A refusal comes before the first line, so that no half of a file is ever taken in.
    """
    child = _start()
    try:
        _send(child, content, secrets)
        yield _extract(child)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


def _start() -> subprocess.Popen[bytes]:
    """Start the reading process with an environment that holds none of our settings and secrets.

    What it prints when it breaks may quote the file, so it is not even looked at.
    """
    return subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": _ROOT, "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        close_fds=True,
    )


def _send(child: subprocess.Popen[bytes], content: bytes, secrets: Secrets) -> None:
    """Hand over the request. A child that dies meanwhile is noticed when its answer does not come."""
    with suppress(BrokenPipeError):
        pipe = _pipe(child.stdin)
        pipe.write(worker.frame(secrets.to_dict()))
        pipe.write(content)
        pipe.close()


def _extract(child: subprocess.Popen[bytes]) -> Extract:
    """Return the extract, or raise what the child refused it for."""
    head = _next_message(child)
    if "refusal" in head:
        cause = CannotRead(Refusal(head["refusal"]), **head["details"])
        raise refused(cause) from cause
    return Extract(Container(head["container"]), head["lines"], _lines(child, head["lines"]))


def _lines(child: subprocess.Popen[bytes], expected: int) -> Iterator[RawLine]:
    """Yield exactly as many lines as were announced, or refuse."""
    while expected > 0:
        batch = _next_message(child)
        expected -= len(batch)
        for row, values in batch:
            yield RawLine(row, tuple(values))


def _next_message(child: subprocess.Popen[bytes]) -> Any:
    """Read one message of a child that may have died."""
    message = worker.read_frame(_pipe(child.stdout))
    if message is None:
        raise ReaderStopped
    return message


def _pipe(pipe: IO[bytes] | None) -> Any:
    """Return a pipe that we asked for."""
    if pipe is None:
        raise ReaderStopped
    return pipe
