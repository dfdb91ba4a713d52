"""Input cleaning for every request: numbers must fit a column, and text has no control characters.

PostgreSQL refuses a NUL and a number of twenty digits. They are stopped here, once for all pages.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response, abort, request
from sqlalchemy.exc import DataError
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter, ValidationError

from tracing.kernel.errors import Invalid, Missing
from tracing.ui.errors import show_refusal

LARGEST = 2**63 - 1
"""The largest whole number in the database."""
MOST_DIGITS = 19
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters, which nobody types; word processors leave some at line breaks."""
NOT_IN_PATHS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
TOO_LARGE = "22003"
"""PostgreSQL's code for a number that is larger than its column."""


def register(app: Flask) -> None:
    """Clean every request of an application. Call this before its routes are registered."""
    app.request_class = CleanRequest
    app.url_map.converters["int"] = IntConverter
    app.before_request(refuse_strange_paths)
    app.register_error_handler(DataError, show_too_large)


class IntConverter(IntegerConverter):
    """A number in an address; one that fits no column is answered 404."""

    def to_python(self, value: str) -> int:
        """Return the number."""
        if len(value) > MOST_DIGITS or int(value) > LARGEST:
            raise ValidationError
        return int(super().to_python(value))


class CleanFields(ImmutableMultiDict[str, Any]):
    """Fields without control characters; a number that does not fit the database counts as missing."""

    def __init__(self, mapping: Any = None) -> None:
        super().__init__(list(map(_cleaned, _pairs(mapping))))

    def get(  # type: ignore[override]  # as werkzeug's own, with `type`
        self,
        key: str,
        default: Any = None,
        type: Callable[[Any], Any] | None = None,  # noqa: A002 - the name it has there
    ) -> Any:
        """Return a field, read as `type`."""
        return super().get(key, default, whole_number if type is int else type)  # type: ignore[arg-type]


class CleanRequest(Request):
    """A request with clean fields, in its address and in its form."""

    parameter_storage_class = CleanFields


def whole_number(typed: str) -> int:
    """Return a number that fits the database.

    Raises:
        ValueError: it is not a number, or does not fit.
    """
    if len(typed) > MOST_DIGITS or abs(int(typed)) > LARGEST:
        raise ValueError("too large")
    return int(typed)


def _pairs(mapping: Any) -> Iterable[tuple[str, Any]]:
    if mapping is None:
        return ()
    return mapping.items(multi=True) if isinstance(mapping, MultiDict) else mapping


def _cleaned(field: tuple[str, Any]) -> tuple[str, Any]:
    name, value = field
    if isinstance(value, FileStorage):
        # a file's name is a single line
        value.filename = value.filename and NOT_IN_PATHS.sub("", value.filename)
    elif isinstance(value, str):
        value = CONTROL.sub("", value)
    return CONTROL.sub("", name), value


def refuse_strange_paths() -> None:
    """Answer 404 for an address that contains control characters."""
    if NOT_IN_PATHS.search(request.path):
        abort(404)


def show_too_large(error: DataError) -> Response:
    """Answer a number that is larger than its column: no such object exists, or the number is a mistake."""
    if getattr(error.orig, "sqlstate", None) != TOO_LARGE:
        raise error
    return show_refusal(Missing() if request.method == "GET" else Invalid())
