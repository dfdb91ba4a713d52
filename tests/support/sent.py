"""Collects the statements that the product sends while the tests run: each text once, with its origin."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import FrameType
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.support.source import PACKAGE

PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|MERGE)\b", re.IGNORECASE)
CODE = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?")
KEY_STORE = re.compile(r"\b(cohort_keys|index_keys|master_key)\b")
"""The tables of the key store, with one row per day: they are not in the database that plans the statements."""
TYPES = {
    bool: "boolean",
    int: "bigint",
    float: "float8",
    bytes: "bytea",
    datetime: "timestamptz",
    timedelta: "interval",
    date: "date",
}

_OURS = str(PACKAGE)
_TESTS = str(PACKAGE.parent / "tests")
MIGRATIONS = "kernel.postgres.migrate."
"""Migrations are left out: they run once, as the owner."""
_BELOW = str(PACKAGE / "kernel" / "db.py")
"""A module that sends statements for others: the origin is the frame above it."""


@dataclass(frozen=True)
class Sent:
    """A statement of the product, and the function that sent it first."""

    text: str
    place: str
    types: Mapping[str, str]
    codes: Mapping[str, str]
    """The parameters that are codes of the product, such as a state: the planner gets their values."""


class Collector:
    """Listens to every engine of this process, and collects what the product sends to the main database."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, tuple[str, ...]], Sent] = {}

    def start(self) -> None:
        """Start listening."""
        event.listen(Engine, "before_cursor_execute", self._hear)

    def stop(self) -> None:
        """Stop listening."""
        event.remove(Engine, "before_cursor_execute", self._hear)

    def _hear(
        self,
        _connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        *_context: Any,
    ) -> None:
        row = parameters[0] if isinstance(parameters, list) and parameters else parameters
        codes = codes_of(row)
        key = (statement, tuple(codes.values()))
        if key in self.found or not PLANNED.match(statement):
            return
        if KEY_STORE.search(statement):
            return
        place = _sent_by()
        if place is not None and not place.startswith(MIGRATIONS):
            self.found[key] = Sent(statement, place, types_of(row), codes)


def _sent_by() -> str | None:
    """Return the function of the product that sent the statement; None if a test sent it."""
    frame: FrameType | None = sys._getframe(2)
    below = None
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_TESTS):
            return below
        if code.co_filename.startswith(_OURS):
            name = code.co_filename[len(_OURS) + 1 :].removesuffix(".py").replace("/", ".")
            place = f"{name}.{code.co_qualname}"
            if code.co_filename != _BELOW:
                return place
            below = place
        frame = frame.f_back
    return below


def types_of(parameters: Any) -> dict[str, str]:
    """Return the database types of a statement's parameters, where they are simple; never the values."""
    if not isinstance(parameters, dict):
        return {}
    found = {}
    for name, value in parameters.items():
        one = next((each for each in value if each is not None), None) if isinstance(value, list) else value
        if type(one) in TYPES:
            found[name] = TYPES[type(one)] + ("[]" if isinstance(value, list) else "")
    return found


def codes_of(parameters: Any) -> dict[str, str]:
    """Return the parameters whose values are codes of the product: a state, the kind of an event."""
    if not isinstance(parameters, dict):
        return {}
    return {
        name: value for name, value in parameters.items() if isinstance(value, str) and CODE.fullmatch(value)
    }
