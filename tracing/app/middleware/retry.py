"""Retry a view once after a deadlock or a lost race, before showing an error."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

from tracing.queue.models import ONE_CLAIM

DEADLOCK = "40P01"
CALLING = frozenset({"desk", "contacts", "sickleave", "escalations"})
"""The features whose pages write during a call."""


def retry_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Run a view again when its transaction lost to another: it was rolled back, so nothing is done twice.

    Either it lost a deadlock, or the same member asked for a call twice at the same moment: the second run returns the
    call that they already have.
    """

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except DBAPIError as error:
            if not _lost(error):
                raise
            # its transaction was rolled back where it was opened
            return view(*args, **kwargs)

    return run


def _lost(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) == DEADLOCK:
        return True
    told = getattr(error.orig, "diag", None)
    return told is not None and told.constraint_name == ONE_CLAIM


def retry_call_views(app: Flask) -> None:
    """Let every page that writes during a call be retried once."""
    for endpoint, view in app.view_functions.items():
        if endpoint.split(".", maxsplit=1)[0] in CALLING:
            app.view_functions[endpoint] = retry_once(view)
