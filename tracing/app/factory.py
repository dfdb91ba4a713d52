"""The application: every feature is named here and nowhere else."""

from datetime import timedelta

from flask import Flask, Response, g
from flask_babel import gettext as _
from flask_wtf import CSRFProtect
from sqlalchemy.exc import OperationalError

from tracing.app import home, rail
from tracing.app.contention import try_calls_again
from tracing.contacts import views as contacts
from tracing.desk import views as desk
from tracing.escalations import views as escalations
from tracing.imports import correction_views as corrections
from tracing.imports import key_views as source_keys
from tracing.imports import lot_views as lots
from tracing.imports import mapping_views as mapping
from tracing.imports import pair_views as pairs
from tracing.imports import priority_views as priorities
from tracing.imports import source_views as sources
from tracing.imports import views as imports
from tracing.kernel.config import Settings
from tracing.kernel.db import session
from tracing.kernel.errors import Refused
from tracing.onboarding import views as onboarding
from tracing.queue import queries as queue
from tracing.sickleave import views as sickleave
from tracing.staff import access, accounts
from tracing.staff import views as staff
from tracing.supervision import views as supervision
from tracing.ui import requests
from tracing.ui.errors import register_errors, show_refusal
from tracing.ui.setup import init_ui

FEATURES = (
    home,
    staff,
    accounts,
    desk,
    contacts,
    sickleave,
    escalations,
    onboarding,
    imports,
    lots,
    corrections,
    sources,
    source_keys,
    mapping,
    pairs,
    priorities,
    supervision,
)
"""Modules that hold a blueprint called `bp`."""

LARGEST_UPLOAD = 64 * 1024 * 1024
"""Of a request: a file that is larger than any that is read still arrives, and its lot says what to do about it."""


def create_app(settings: Settings, *, secret_key: str) -> Flask:
    """Return the application for a process whose database and vault are open."""
    app = Flask("tracing", static_folder=None, static_url_path="/static")
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="tracing_browser",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE=settings.locale,
    )

    @app.before_request
    def remember_settings() -> None:
        g.settings = settings
        g.time_zone = settings.zone

    requests.register(app)
    CSRFProtect(app)
    access.init_access(app, is_on_call=queue.holds_a_claim)
    init_ui(app)
    register_errors(app)
    app.register_error_handler(OperationalError, show_contention)
    app.context_processor(rail.frame)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    try_calls_again(app)
    app.teardown_appcontext(lambda _error: session.remove())
    app.logger.propagate = False
    return app


CONTENTION = frozenset({"40P01", "55P03"})
"""PostgreSQL's codes for two transactions that wait for each other, and for a lock that did not come in time."""


class TwoAtOnce(Refused):
    """Two people wrote about the same household at the same moment: one of them must send it again."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("Deux personnes ont enregistré au même instant. Rien n’est perdu : envoyez de nouveau.")
        )


def show_contention(error: OperationalError) -> Response:
    """Answer a lock that did not come in words; the page sends an answer again by itself."""
    if getattr(error.orig, "sqlstate", None) not in CONTENTION:
        raise error
    return show_refusal(TwoAtOnce())
