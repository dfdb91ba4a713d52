"""The application factory, with the only list of features."""

from datetime import datetime

from flask import Flask, g

from tracing.app import first_page, rail
from tracing.app.middleware.address import init_address
from tracing.app.middleware.browser_cookie import BrowserCookie
from tracing.app.middleware.csrf import Csrf
from tracing.app.middleware.database_errors import register_database_errors
from tracing.app.middleware.denied_access import watch_attempts
from tracing.app.middleware.request_log import Application, number_requests
from tracing.app.middleware.retry import retry_call_views
from tracing.casefiles import views as casefiles
from tracing.clusters import views as clusters
from tracing.contacts import views as contacts
from tracing.desk import views as desk
from tracing.duplicates import views as pairs
from tracing.escalations import views as escalations
from tracing.hand_offs import views as hand_offs
from tracing.help_requests import views as help_requests
from tracing.imports.arrivals import token_views as source_tokens
from tracing.imports.arrivals import views as arrivals
from tracing.imports.pages import column_mapping as mapping
from tracing.imports.pages import corrections, priorities, source_keys, sources, unknown_codes
from tracing.imports.pages import lot_actions as lots
from tracing.imports.pages import lots as imports
from tracing.kernel.config import Settings
from tracing.kernel.db import session
from tracing.onboarding import views as onboarding
from tracing.programmes.publishing import queries as rule_versions
from tracing.programmes.rules.data_notice import publish_at
from tracing.queue import queries as queue
from tracing.scripts.publishing import queries as script_versions
from tracing.sickleave import views as sickleave
from tracing.staff import access
from tracing.staff import views as staff
from tracing.staff.accounts import national_views as national
from tracing.staff.accounts import views as accounts
from tracing.studio import notice_views as notice_pages
from tracing.studio import version_views as rule_version_pages
from tracing.studio import views as studio
from tracing.studio.scripts import preview_views as script_pages
from tracing.supervision import views as supervision
from tracing.toolbox import views as toolbox
from tracing.triage import views as triage
from tracing.ui import requests
from tracing.ui.errors import register_errors
from tracing.ui.setup import init_ui

FEATURES = (
    first_page,
    staff,
    accounts,
    national,
    desk,
    contacts,
    sickleave,
    help_requests,
    escalations,
    toolbox,
    triage,
    casefiles,
    hand_offs,
    clusters,
    onboarding,
    imports,
    lots,
    corrections,
    sources,
    source_keys,
    source_tokens,
    arrivals,
    unknown_codes,
    mapping,
    pairs,
    priorities,
    studio,
    rule_version_pages,
    script_pages,
    notice_pages,
    supervision,
)
"""Modules that hold a blueprint called `bp`."""

LARGEST_UPLOAD = 64 * 1024 * 1024
"""Bytes of a request. A file too large to be read still arrives, so that its lot can say what to do about it."""


def _follow(stamp: int, at: datetime) -> None:
    """Let this process know the rules and the scripts as they are in the database now."""
    rule_versions.follow(stamp, at)
    script_versions.follow(stamp)


def create_app(settings: Settings, *, secret_key: str) -> Flask:
    """Return the application for a process whose database and vault are open."""
    app = Application("tracing", static_folder=None, static_url_path="/static")
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME=settings.cookie_name("tracing_browser"),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE=settings.locale,
    )
    app.session_interface = BrowserCookie()
    publish_at(settings.public_pages)

    number_requests(app, access_log=settings.access_log)

    @app.before_request
    def remember_settings() -> None:
        g.settings = settings
        g.time_zone = settings.zone

    requests.register(app)
    register_database_errors(app)  # before anything queries the database
    init_address(app, settings)
    Csrf(app)
    access.init_access(app, call_site=queue.call_site, follow_rules=_follow)
    init_ui(app)
    register_errors(app)
    app.context_processor(rail.frame)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    retry_call_views(app)
    watch_attempts(app)
    app.teardown_appcontext(lambda _error: session.remove())
    return app
