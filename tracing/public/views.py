"""The public pages: who calls me, what is this note worth, and the papers behind a link. They need no script.

They show nothing of anybody before link, birth date and code were right.
"""

from datetime import date
from io import BytesIO
from urllib.parse import quote

from flask import Blueprint, abort, current_app, g, render_template, request, send_file
from flask.typing import ResponseReturnValue

from tracing.kernel import clock
from tracing.programmes import load_packs
from tracing.programmes.rules.data_notice import data_notice, page_name
from tracing.public.forms import CheckCallForm, OpenPapersForm
from tracing.public.services import Checks, LinkAnswer, Ticket
from tracing.sickleave.checking.forms import CheckNoteForm
from tracing.sickleave.delivery.papers import Papers
from tracing.sickleave.delivery.rules import message_to_employer
from tracing.sickleave.documents import Copy, file_name
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
    """Show the pages."""
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


@bp.get("/papers/<token>")
def link(token: str) -> ResponseReturnValue:
    """Ask whoever follows a link for birth date and code; that it is followed opens nothing."""
    return _page(
        "papers", form=OpenPapersForm(formdata=None, today=_today(), data={"link": token[:40]}), answer=None
    )


@bp.route("/papers", methods=["GET", "POST"])
def papers() -> ResponseReturnValue:
    """Open the papers of a link; then give each as a file, while the link still opens."""
    ticket = Ticket.read(request.form.get("ticket", ""))
    form = OpenPapersForm(today=_today())
    if ticket is None:
        if not form.is_submitted():
            return _page("papers", form=form, answer=None)
        if not form.validate():
            return _page("papers", form=form, answer=None), 422
        ticket = _checks().ticket(*form.typed)
    answer, found = _checks().open_papers(ticket, address=request.remote_addr or "")
    if found is None:
        again = form if answer is LinkAnswer.WRONG else OpenPapersForm(formdata=None, today=_today())
        return _page("papers", form=again, answer=answer)
    copy = request.form.get("copy", "")
    if copy in set(Copy):
        return _file(found, Copy(copy))
    return _page("opened", papers=found, ticket=ticket.written(), mail=_mail(found))


@bp.get("/data")
@bp.get("/data/<name>")
def data(name: str = "") -> ResponseReturnValue:
    """Show what becomes of the data, by the programme under which a call was made; without one, all of them.

    A programme goes by its neutral label: neither the address nor the page names a disease.
    """
    found = [(pack, data_notice(pack, on=_today())) for pack in load_packs().values()]
    notices = [(pack, notice) for pack, notice in found if name in {"", page_name(pack)}]
    if not notices:
        abort(404)
    return _page("data", notices=notices, is_one=bool(name))


def _file(papers: Papers, copy: Copy) -> ResponseReturnValue:
    return send_file(
        BytesIO(papers.insured if copy is Copy.INSURED else papers.employer),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=file_name(papers.number, copy),
    )


def _mail(papers: Papers) -> str:
    """Return the address of a message to the employer, begun in the person's own mail program, in French."""
    days = (papers.first_day, papers.last_day)
    subject, words = message_to_employer(papers.number, days, check_at=g.settings.public_pages)
    return f"mailto:?subject={quote(subject)}&body={quote(words)}"


def _today() -> date:
    return clock.local_day(clock.now(), g.time_zone)


def _checks() -> Checks:
    found: Checks = current_app.extensions[CHECKS]
    return found


def _page(name: str, **context: object) -> str:
    return render_template(f"public/{name}.html", **context)
