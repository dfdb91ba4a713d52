"""How a command fails: one sentence, an exit status, and a log line without secrets."""

import errno
import os
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from tracing.kernel.postgres.programs import ProgramFailed

log = structlog.get_logger()

PACKAGE = Path(__file__).parent.parent

DATABASE, BUG, FILES = 69, 70, 74
"""Exit statuses, as sysexits.h names them: unavailable, software, input or output. 1 and 2 are a command's own."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}


class Failure(NamedTuple):
    """How a command ends."""

    sentence: str
    status: int


def explain(error: Exception) -> Failure:
    """Return what to say about an unexpected error, and write it to the log.

    The database server's own message is repeated only for connection errors, which contain no value of a row.
    """
    with suppress(OSError):  # the log may be on the disk that is full
        note(error)
    cause = _cause(error)
    if isinstance(cause, psycopg.errors.DiskFull):
        return Failure("The database's disk is full. Make room there, and run this again.", DATABASE)
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return Failure("The database lacks tables of this release. Run: tracing db upgrade", DATABASE)
    if isinstance(cause, NoConnectionFree):
        return Failure("The database gives no connection: all are held. Run this again later.", DATABASE)
    if isinstance(cause, psycopg.OperationalError):
        return Failure(f"The database does not answer: {_first_line(cause)}", DATABASE)
    if isinstance(cause, ProgramFailed):
        return Failure(f"A program of the embedded database failed: {_first_line(cause)}", DATABASE)
    if isinstance(cause, OSError):
        return Failure(_about_files(cause), FILES)
    return Failure(
        f"A fault of this program stopped it ({type(cause).__name__}). Where is in its log; tell its makers.",
        BUG,
    )


def note(error: Exception) -> None:
    """Log only what cannot contain an identity: the type of an error and where it happened."""
    cause = _cause(error)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "errno", None)
    log.error("command failed", error=type(cause).__name__, code=code, at=_places(error))


def _cause(error: Exception) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _about_files(error: OSError) -> str:
    place = error.filename if isinstance(error.filename, str) else "the data folder"
    if error.errno in FULL:
        return f"There is no room on the disk for {place}. Make room, and run this again."
    if error.errno in CLOSED:
        return f"This user may not use {place}. Start as the user who owns it, or set TRACING_DATA_DIR."
    if error.errno in NO_FOLDER:
        return (
            f"{place} is a file where a folder is needed (or lies in one). Move it, or set TRACING_DATA_DIR."
        )
    if error.errno == errno.EADDRINUSE:
        return "The address to listen on is taken. Stop what listens there, or set TRACING_PORT."
    said = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"{place} cannot be used: {said}."


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _places(error: Exception) -> list[str]:
    """Return the places in this program's traceback, innermost last, without source lines."""
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{Path(frame.filename).relative_to(PACKAGE)}:{frame.lineno}"
        for frame in frames
        if Path(frame.filename).is_relative_to(PACKAGE)
    ]
