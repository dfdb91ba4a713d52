"""Pages on which a person says once for a source what its codes mean; the lines that waited are decided again."""

from collections import Counter, defaultdict

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.imports.corrections import code_jobs
from tracing.imports.corrections.code_jobs import Settled, Waiting
from tracing.imports.errors import AnotherLotIsLoading
from tracing.imports.format.codes import CODES, TEST
from tracing.imports.models import ImportSource
from tracing.imports.pages.lot_words import settled_outcome
from tracing.imports.pages.source_words import CODE_WORDS, FIELD_WORDS
from tracing.imports.rules import Outcome
from tracing.imports.sources import queries, services
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import scope_of

bp = Blueprint("unknown_codes", __name__, url_prefix="/sources", template_folder="templates")


@bp.route("/<code>/unknown-codes", methods=["GET", "POST"])
@may(Role.IMPORTER)
def waiting(code: str) -> ResponseReturnValue:
    """Show the codes that nobody has explained, with the lines that wait for each; then keep what was said of them."""
    source = queries.get_source(code, scope_of(agent()))
    if request.method == "GET":
        found = code_jobs.waiting_of(code, scope_of(agent()), g.settings)
        return _page(source, found)
    said = _said()
    try:
        settled = code_jobs.teach(
            code, said, scope=scope_of(agent()), settings=g.settings, by=agent().member_id
        )
    except AnotherLotIsLoading as busy:
        found = code_jobs.waiting_of(code, scope_of(agent()), g.settings)
        return _page(source, found, said, note=busy.message), busy.status
    for sentence in _became(settled):
        flash(sentence)
    return redirect(url_for("sources.show" if not settled.left else "unknown_codes.waiting", code=code), 303)


def _said() -> dict[str, dict[str, str]]:
    """Return the meanings chosen on the page; a code that was left to wait is not among them."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    given = (request.form.getlist(name) for name in ("field", "value", "meaning"))
    for name, value, meaning in zip(*given, strict=False):
        if name in CODES and value and meaning in CODES[name]:
            said[name][value] = meaning
    return said


def _page(
    source: ImportSource, found: Waiting, said: dict[str, dict[str, str]] | None = None, *, note: str = ""
) -> str:
    return render_template(
        "imports/unknown_codes.html",
        source=source,
        found=found,
        said=said,
        note=note,
        test_field=TEST,
        field_words=FIELD_WORDS,
        code_words=CODE_WORDS,
    )


def _became(settled: Settled) -> list[str]:
    """Return sentences on what became of the lines that waited: counts only."""
    told = _outcomes(settled.outcomes)
    decided = settled.outcomes.total()
    sentences = [
        ngettext(
            "Noté. %(num)d ligne qui attendait est décidée : %(told)s.",
            "Noté. %(num)d lignes qui attendaient sont décidées : %(told)s.",
            decided,
            told=told,
        )
        if decided
        else _("Noté. Aucune ligne n’est décidée par là.")
    ]
    if settled.left:
        sentences.append(
            ngettext(
                "%(num)d ligne attend encore, pour un autre code ou une autre raison.",
                "%(num)d lignes attendent encore, pour un autre code ou une autre raison.",
                settled.left,
            )
        )
    return sentences


def _outcomes(outcomes: Counter[Outcome]) -> str:
    return ", ".join(settled_outcome(outcome, lines) for outcome, lines in outcomes.most_common())


@bp.post("/<code>/codes/take-back")
@may(Role.IMPORTER)
def take_back(code: str) -> ResponseReturnValue:
    """Take back what was said of one code, as a new version; what was loaded stays."""
    queries.get_source(code, scope_of(agent()))
    name, value = request.form.get("field", ""), request.form.get("value", "")
    with transaction():
        version = (
            services.teach(code, {name: {value: ""}}, by=agent().member_id, at=clock.now())
            if name in CODES
            else None
        )
    if version is not None:
        flash(
            _(
                "Repris : version %(number)s. Les lots à venir ne traduisent plus ce code ; ce qui est déjà chargé reste.",
                number=version.version,
            )
        )
    return redirect(url_for("sources.show", code=code), 303)
