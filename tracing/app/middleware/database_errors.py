"""Answers to database errors: a French page when the database is unavailable or two transactions conflict."""

import psycopg
import structlog
from flask import Flask, Response
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from tracing.kernel.db import CONTENTION
from tracing.kernel.errors import Refused
from tracing.kernel.outages import outage
from tracing.ui.errors import Answer, show, show_refusal

log = structlog.get_logger()

READ_ONLY = "25006"
"""PostgreSQL's code for a read-only server: it has become the stand-by of another and accepts no writes."""
RETRY_AFTER = 5
"""Seconds after which a browser or a script may ask again."""


class ConcurrentWrite(Refused):
    """Two members wrote about the same household at the same moment: one of them must send their form again."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("Deux personnes ont enregistré au même instant. Rien n’est perdu : envoyez de nouveau.")
        )


def register_database_errors(app: Flask) -> None:
    """Mark every request as a page for the outage detection, and answer database failures in words."""
    app.before_request(outage.page_begins)
    app.teardown_request(lambda _error: outage.page_ends())
    for kind in (DBAPIError, NoConnectionFree, psycopg.Error):
        app.register_error_handler(kind, show_database_error)


def show_database_error(error: SQLAlchemyError | psycopg.Error) -> Response:
    """Answer a lock conflict or an unavailable database; anything else is a bug."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlstate", None)
    if code in CONTENTION:
        return show_refusal(ConcurrentWrite())
    is_lost = isinstance(cause, (psycopg.OperationalError, NoConnectionFree)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
    if not is_lost and code != READ_ONLY:
        raise error
    log.warning("database not available", error=type(cause).__name__, code=code)
    return show_outage()


def show_outage() -> Response:
    """Say that the database does not answer, without querying it."""
    response = show(
        Answer(
            status=503,
            title=_("La base de données ne répond pas"),
            happened=_("Le service est interrompu pour l’instant : votre demande n’a pas pu aboutir."),
            kept=_(
                "Ce qui était déjà enregistré le reste. Ce que vous venez d’envoyer ne l’est peut-être pas : vérifiez-le."
            ),
            to_do=_("Réessayez dans un instant. Si la panne dure, prévenez votre superviseur."),
            tone="danger",
            icon="exclamation-triangle",
        )
    )
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
