"""Set-up of the shared UI in an application: templates, assets, languages, filters, security headers."""

from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from flask_babel import Babel, get_domain, get_locale
from flask_bootstrap import Bootstrap5
from jinja2 import StrictUndefined

from tracing.kernel import clock
from tracing.ui import assets, fields, filters, headers, idempotent_forms

TRANSLATIONS = Path(__file__).parent.parent / "translations"


def init_ui(app: Flask) -> None:
    """Set up templates, assets, languages, filters and security headers. Call `register_errors` as well."""
    app.jinja_env.undefined = StrictUndefined
    app.config.setdefault("BOOTSTRAP_SERVE_LOCAL", True)
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "fr")
    Bootstrap5(app)
    Babel(
        app,
        default_locale="fr",
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=choose_locale,
        timezone_selector=lambda: filters.time_zone().key,
    )
    # a page looks up hundreds of sentences of one language
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # from jinja2.ext.i18n
        lambda message: _translations().ugettext(message),
        lambda one, many, number: _translations().ungettext(one, many, number),
        newstyle=True,
    )
    assets.register(app)
    filters.register(app)
    headers.register(app)
    idempotent_forms.register(app)
    app.jinja_env.globals.update(
        field_kind=fields.field_kind,
        has_file=fields.has_file,
        error_links=fields.error_links,
        sentences=fields.sentences,
        focus_id=fields.focus_id,
        page_locale=get_locale,
        is_practice=lambda: bool(g.get("is_practice")),
        page_zone=lambda: filters.time_zone().key,
        server_now=clock.now,
    )


def _translations() -> Any:
    """Return the translations for the reader's language, looked up once per request."""
    kept, asked = g.get("words_in"), g.get("locale")
    if kept is None or kept[0] != asked:
        g.words_in = kept = (asked, get_domain().get_translations())
    return kept[1]


def choose_locale() -> str:
    """Return the reader's language: their own choice, otherwise that of the installation."""
    chosen: str | None = g.get("locale")
    return chosen or str(current_app.config["BABEL_DEFAULT_LOCALE"])
