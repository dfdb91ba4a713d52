"""Two transactions that wait for each other: one of them is sent again by us, once, before a person hears of it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask
from sqlalchemy.exc import OperationalError

DEADLOCK = "40P01"
CALLING = frozenset({"desk", "contacts", "sickleave", "escalations"})
"""The features whose pages write while people are on the telephone."""


def once_more(view: Callable[..., Any]) -> Callable[..., Any]:
    """Run a view again when its transaction lost a deadlock: nothing of it was kept, so nothing is done twice."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise
            # its transaction was rolled back where it was opened
            return view(*args, **kwargs)

    return run


def try_calls_again(app: Flask) -> None:
    """Let every page of the telephone be tried once more after a deadlock."""
    for endpoint, view in app.view_functions.items():
        if endpoint.split(".", maxsplit=1)[0] in CALLING:
            app.view_functions[endpoint] = once_more(view)
