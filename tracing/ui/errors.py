"""The handler for refusals and HTTP errors: shows a whole page, or for htmx a message in the open page."""

from dataclasses import dataclass

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from tracing.kernel.errors import Refused

log = structlog.get_logger()

LOCKED = 423

LAST_RESORT = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Une panne de notre côté</title></head>
<body><h1>Une panne de notre côté</h1>
<p>Votre demande n’a pas abouti. Ce qui était déjà enregistré le reste.</p>
<p>Réessayez dans un instant. Si la panne dure, prévenez votre superviseur.</p>
<p><a href="/">Revenir à l’accueil</a></p></body></html>
"""
"""Shown when the error page itself fails: without templates, translations or any other part of the application."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The text of an error page: what happened, what was kept, what to do."""

    status: int
    title: str
    happened: str
    kept: str | None = None
    to_do: str | None = None
    tone: str = "neutral"
    icon: str = "info-circle"


def register_errors(app: Flask) -> None:
    """Answer refusals and HTTP errors in words. Bugs are logged by Flask and answered without a detail."""
    app.register_error_handler(Refused, show_refusal)
    app.register_error_handler(HTTPException, show_http_error)


def show_refusal(refusal: Refused) -> Response:
    """Show a refusal: its message is what the user reads."""
    g.refusal = refusal
    answer = words_for(refusal.status)
    return show(
        Answer(
            status=refusal.status,
            title=answer.title,
            happened=refusal.message or answer.happened,
            kept=answer.kept,
            to_do=None if refusal.message else answer.to_do,
            tone=answer.tone,
            icon=answer.icon,
        )
    )


def show_http_error(error: HTTPException) -> Response:
    """Show an error of the framework; a response that already has a body (a redirect) is passed on unchanged."""
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = show(words_for(error.code))
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers.set(name, value)
    return response


def show(answer: Answer) -> Response:
    """Render a whole page, or for htmx a fragment for the alert area above what was typed."""
    reference = g.get("request_id")
    g.tells_of_error = True
    if g.get("answers_in_json"):
        said = {"status": "refused", "reason": answer.happened, "request": reference}
        return make_response(said, answer.status)
    is_fragment = "HX-Request" in request.headers
    template = "errors/alert.html" if is_fragment else "errors/page.html"
    try:
        shown = render_template(template, answer=answer, reference=reference)
    except Exception as error:
        if answer.status < 500:
            raise
        # its message could contain an identity from the page
        log.error("the page of an error broke", error=type(error).__name__)  # noqa: TRY400
        return make_response(LAST_RESORT, answer.status)
    response = make_response(shown, answer.status)
    if not is_fragment:
        return response
    response.headers["HX-Retarget"] = "#alerts"
    response.headers["HX-Reswap"] = "innerHTML"
    if answer.status == LOCKED:
        response.headers["X-Locked"] = "1"
    return response


def words_for(status: int) -> Answer:
    """Return the text for a status; an unlisted one reads as an unreadable request or an error on our side."""
    match status:
        case 401:
            return Answer(
                status=status,
                title=_("Connexion nécessaire"),
                happened=_("Vous n’êtes pas connecté, ou votre session est terminée."),
                to_do=_("Connectez-vous, puis revenez à cette page."),
                icon="lock",
            )
        case 403:
            return Answer(
                status=status,
                title=_("Vous n’avez pas accès à cette page"),
                happened=_("Votre rôle sur ce site ne permet pas de la voir ou de faire cette action."),
                to_do=_("S’il vous la faut pour votre travail, demandez à votre superviseur."),
                icon="shield-lock",
            )
        case 404:
            return Answer(
                status=status,
                title=_("Cette page n’existe pas"),
                happened=_("L’adresse est incomplète, ou ce qu’elle montrait n’est pas pour vous."),
                to_do=_("Vérifiez l’adresse, ou repartez de l’accueil."),
                icon="question-circle",
            )
        case 409:
            return Answer(
                status=status,
                title=_("Ce n’est pas possible maintenant"),
                happened=_("La situation a changé pendant que vous travailliez."),
                kept=_("Ce qui était déjà enregistré le reste."),
                to_do=_("Revenez à la page précédente : elle montre la situation à jour."),
                tone="soon",
                icon="exclamation-triangle",
            )
        case 413:
            return Answer(
                status=status,
                title=_("Ce fichier est trop gros"),
                happened=_("Il dépasse la taille acceptée ; rien n’en a été lu."),
                to_do=_("Demandez à l’expéditeur de le partager en plusieurs fichiers."),
                icon="file-earmark-arrow-up",
            )
        case 422:
            return Answer(
                status=status,
                title=_("Une réponse est à corriger"),
                happened=_("Ce qui a été saisi ne peut pas être utilisé tel quel."),
                kept=_("Ce qui était déjà enregistré le reste."),
                to_do=_("Revenez à la page précédente et corrigez."),
                tone="danger",
                icon="exclamation-triangle",
            )
        case 423:
            return Answer(
                status=status,
                title=_("Page verrouillée"),
                happened=_("La session est verrouillée après un temps sans activité."),
                kept=_("Rien n’est perdu."),
                to_do=_("Donnez votre mot de passe pour reprendre."),
                icon="lock",
            )
        case 429:
            return Answer(
                status=status,
                title=_("Trop d’essais à la suite"),
                happened=_("Par sécurité, cette action est suspendue un moment."),
                kept=_("Ce qui était déjà enregistré le reste."),
                to_do=_("Patientez quelques minutes, puis réessayez."),
                tone="soon",
                icon="hourglass-split",
            )
    return _broken(status) if status >= 500 else _senseless(status)


def _senseless(status: int) -> Answer:
    """Return the text for a request that the application cannot read; most often a page was left open too long."""
    return Answer(
        status=status,
        title=_("Cette demande n’a pas pu être lue"),
        happened=_("La page est sans doute restée ouverte trop longtemps."),
        kept=_("Ce qui était déjà enregistré le reste."),
        to_do=_("Revenez à la page précédente, rechargez-la et recommencez."),
        icon="arrow-clockwise",
    )


def _broken(status: int) -> Answer:
    """Return the text for an error on our side."""
    return Answer(
        status=status,
        title=_("Une panne de notre côté"),
        happened=_("Votre demande n’a pas abouti : quelque chose ne fonctionne pas."),
        kept=_("Rien de ce qui était enregistré n’est perdu : les réponses d’un appel le sont une à une."),
        to_do=_("Réessayez dans un instant. Si la panne dure, prévenez votre superviseur."),
        tone="danger",
        icon="exclamation-triangle",
    )
