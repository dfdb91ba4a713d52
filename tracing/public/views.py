"""The public pages: who calls me, and what is this note worth. They show nothing of anybody, and need no script."""

from flask import Blueprint, abort, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from tracing.public.forms import CheckCallForm
from tracing.public.services import Checks
from tracing.sickleave.checking.forms import CheckNoteForm
from tracing.sickleave.words import CHECK_TONES, CHECK_WORDS

PREFIX = "/public"
LANGUAGES = ("fr", "en")
CHECKS = "tracing.checks"
"""Where the application keeps its `Checks`."""

bp = Blueprint("public", __name__, template_folder="templates", url_prefix=PREFIX)


@bp.before_app_request
def choose_language() -> None:
    """Take the language of the address, else the browser's: nothing is remembered."""
    asked = request.args.get("lang", "")
    g.locale = asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "fr")


@bp.before_request
def refuse_other_sites() -> None:
    """Refuse a question that another site's page sends through a visitor's browser: it would guess in their name."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in {
        "same-origin",
        "none",
    }:
        abort(400)


@bp.get("/")
def home() -> ResponseReturnValue:
    """Show the two pages."""
    return _page("home")


@bp.route("/call", methods=["GET", "POST"])
def call() -> ResponseReturnValue:
    """Say whether the call with this word and number is ours."""
    form, answer = CheckCallForm(), None
    if form.is_submitted():
        if not form.validate():
            return _page("call", form=form, answer=None), 422
        answer = _checks().is_our_call(form.proof, address=request.remote_addr or "")
    return _page("call", form=form, answer=answer)


@bp.route("/note", methods=["GET", "POST"])
def note() -> ResponseReturnValue:
    """Say what a note is worth."""
    form, answer = CheckNoteForm(), None
    if form.is_submitted():
        if not form.validate():
            return _page("note", form=form, answer=None), 422
        answer = _checks().worth_of_note(form.printed, address=request.remote_addr or "")
    return _page("note", form=form, answer=answer, answer_words=CHECK_WORDS, answer_tones=CHECK_TONES)


def _checks() -> Checks:
    found: Checks = current_app.extensions[CHECKS]
    return found


def _page(name: str, **context: object) -> str:
    return render_template(f"public/{name}.html", **context)
