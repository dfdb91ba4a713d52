"""What a process logs about itself: one configuration for our lines and every library's, safe to be read by anyone.

An identity, a password or a key must never be in a log, whatever failed. So no local variable is logged, no text of an
exception that is not our own (it may quote a value), and no character that could start a forged line.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from tracing.kernel.config import CannotStart

NOISY = {
    # it logs statements and their results: the results are people
    "sqlalchemy": logging.WARNING,
    # a job that takes longer than the interval to its next run is expected
    "apscheduler.scheduler": logging.ERROR,
}
"""Lowest level logged for each of these libraries, whatever the configured level."""
LIBRARIES = ("apscheduler", "alembic", "waitress", "gunicorn", "psycopg", "flask_wtf", "py.warnings")
"""What these libraries say about their work is logged at level `debug` only; warnings and errors always."""

MOST_ERRORS, MOST_FRAMES, LONGEST_VALUE = 10, 60, 2000
"""Limits of a log line: exceptions of a chain, frames of each, and characters of a value."""

OUR_WORDS: list[type[BaseException]] = [CannotStart]
"""Exceptions whose text is ours and quotes no value of a row."""
INTERPRETERS_WORDS = (AttributeError, ImportError, NameError)
"""Exceptions whose text names code and no value."""

WHY_NOT_CONNECTED = (
    "Connection refused",
    "No such file or directory",
    "No route to host",
    "could not translate host name",
    "timeout expired",
    "password authentication failed",
    "no pg_hba.conf entry",
    "server closed the connection unexpectedly",
    "the connection is lost",
    "the connection is closed",
    "the database system is starting up",
    "the database system is shutting down",
    "too many clients already",
)
"""Parts of the driver's messages for a database that does not answer; the rest of the message is not logged."""

Fields = MutableMapping[str, Any]


def configure(level: str, style: str) -> None:
    """Log lines of `level` and above to standard error, as `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else _at_least(level))
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelNamesMapping()[level.upper()]))
    logging.captureWarnings(capture=True)
    # for a line that cannot be formatted it would print the values
    logging.raiseExceptions = False
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.contextvars.merge_contextvars, _hand_over],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_of_thread
    sys.unraisablehook = _log_unraisable


def _at_least(level: str) -> int:
    return max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()])


def _hand_over(_logger: Any, _method: str, fields: Fields) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Pass the fields of one of our log calls to the standard library's logging unchanged."""
    exc_info = fields.pop("exc_info", None)
    return (dict(fields),), {"exc_info": exc_info}


class Lines(logging.Formatter):
    """Formats a record as one line of text or JSON; in text a traceback follows on lines of its own."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self._as_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text or JSON."""
        fields = _fields_of(record)
        error = record.exc_info[1] if record.exc_info else None
        if self._as_json:
            if error is not None:
                fields["exception"] = list(traceback_lines(error))
            return json.dumps(fields, default=_plain)
        at, level, event = (fields.pop(name) for name in ("timestamp", "level", "event"))
        words = [f"{escaped(name)}={_quoted(value)}" for name, value in fields.items()]
        line = " ".join([at, f"[{level}]", event, *words])
        return "\n".join([line, *traceback_lines(error)]) if error is not None else line


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    if isinstance(record.msg, dict):
        given = {str(name): value for name, value in record.msg.items()}
    else:
        given = {**structlog.contextvars.get_contextvars(), "event": _message(record)}
    at = datetime.fromtimestamp(record.created, UTC)
    fields = {
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": escaped(str(given.pop("event", ""))),
        "logger": record.name,
    }
    return fields | {name: _plain(value) for name, value in given.items() if not name.startswith("_")}


def _message(record: logging.LogRecord) -> str:
    """Return the message of a library, with each exception in it replaced by its name."""
    arguments = record.args
    if isinstance(arguments, tuple):
        record.args = tuple(
            exception_summary(one) if isinstance(one, BaseException) else one for one in arguments
        )
    if isinstance(record.msg, BaseException):
        return exception_summary(record.msg)
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


def _plain(value: Any) -> Any:
    """Return a value that can be logged; for an exception only its kind."""
    if isinstance(value, BaseException):
        return exception_summary(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return escaped(str(value))


def _quoted(value: Any) -> str:
    words = value if isinstance(value, str) else json.dumps(value, default=_plain)
    return (
        words if words.isprintable() and words and " " not in words else json.dumps(words, ensure_ascii=False)
    )


def escaped(words: str) -> str:
    """Return text with every invisible character escaped: line ends, terminal codes, bidirectional marks.

    So no text from outside can start a line of its own, hide one, or reverse one.
    """
    if len(words) > LONGEST_VALUE:
        words = f"{words[:LONGEST_VALUE]}…"
    if words.isprintable():
        return words
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "backslashreplace").decode()
        for one in words
    )


# -- exceptions --------------------------------------------------------------------------------------


def exception_summary(error: BaseException) -> str:
    """Return the kind of an exception; its text only if it is ours, since it may quote a name or a password."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, DBAPIError):
        return f"{name}: {exception_summary(error.orig)}" if error.orig is not None else name
    if isinstance(error, tuple(OUR_WORDS) + INTERPRETERS_WORDS):
        return f"{name}: {escaped(str(error))}"
    if isinstance(error, OSError) and error.strerror is not None:
        return f"{name}: {escaped(error.strerror)}"
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        why = [words for words in WHY_NOT_CONNECTED if words in str(error)]
        return f"{name}: {', '.join(why)}" if why else name
    state = getattr(error, "sqlstate", None)
    facts = [state] if isinstance(state, str) else []
    diagnosed = getattr(error, "diag", None)
    facts += [
        f"{word} {getattr(diagnosed, f'{word}_name')}"
        for word in ("table", "column", "constraint")
        if isinstance(getattr(diagnosed, f"{word}_name", None), str)
    ]
    return f"{name} ({escaped(', '.join(facts))})" if facts else name


def traceback_lines(error: BaseException) -> Iterator[str]:
    """Yield the lines of a traceback: files, lines and code of each exception of a chain, without any variable."""
    chain: list[BaseException] = []
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen and len(chain) < MOST_ERRORS:
        seen.add(id(following))
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    for one in reversed(chain):
        yield from _told_alone(one)
        if isinstance(one, BaseExceptionGroup):
            for number, inner in enumerate(one.exceptions[:MOST_ERRORS], start=1):
                yield f"({number} of {len(one.exceptions)} in {type(one).__name__})"
                yield from traceback_lines(inner)
        if one is not error:
            yield "(then)"


def _told_alone(error: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    frames = traceback.extract_tb(error.__traceback__)
    if len(frames) > MOST_FRAMES:
        yield f"  ({len(frames) - MOST_FRAMES} earlier calls)"
    for frame in frames[-MOST_FRAMES:]:
        yield f'  File "{escaped(frame.filename)}", line {frame.lineno}, in {escaped(frame.name)}'
        if frame.line:
            yield f"    {escaped(frame.line)}"
    yield exception_summary(error)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("tracing").critical("stopped by an error", exc_info=(kind, error, trace))


def _log_uncaught_of_thread(told_of: threading.ExceptHookArgs) -> None:
    if told_of.exc_value is not None and not isinstance(told_of.exc_value, SystemExit):
        logging.getLogger("tracing").error("a thread ended by an error", exc_info=told_of.exc_value)


def _log_unraisable(told_of: "sys.UnraisableHookArgs") -> None:
    if told_of.exc_value is not None:
        logging.getLogger("tracing").error("an error that nothing could catch", exc_info=told_of.exc_value)
