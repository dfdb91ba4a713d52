"""French words and icons of the desk: outcome icons, kinds of calls, yes and no, what a draft was for."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.calls.rules import CallOutcome
from tracing.people.rules import Identity
from tracing.people.words import hour_there, on_both_clocks
from tracing.queue.models import EntryState, TaskKind
from tracing.scripts.vocabulary import NO, UNKNOWN, YES
from tracing.scripts.wording import Facts
from tracing.ui.filters import day
from tracing.ui.languages import name_of

OUTCOME_ICONS = {
    CallOutcome.COMPLETED: "check-circle",
    CallOutcome.CALLBACK: "calendar-event",
    CallOutcome.NO_ANSWER: "telephone-x",
    CallOutcome.VOICEMAIL: "voicemail",
    CallOutcome.WRONG_NUMBER: "telephone-minus",
    CallOutcome.REFUSED: "slash-circle",
    CallOutcome.LANGUAGE: "translate",
    CallOutcome.NEEDS_DOCTOR: "heart-pulse",
    CallOutcome.INTERPRETER: "people",
    CallOutcome.HOSPITALISED: "hospital",
    CallOutcome.OUT_OF_AREA: "geo-alt",
    CallOutcome.DECEASED: "x-circle",
    CallOutcome.IDENTITY_FAILED: "person-x",
    CallOutcome.NO_CALLS: "bell-slash",
    CallOutcome.ADVISED: "heart-pulse",
    CallOutcome.GIVEN_BACK: "arrow-counterclockwise",
    CallOutcome.CLAIM_ENDED: "clock-history",
    CallOutcome.TAKEN_BACK: "clock-history",
}

KIND_WORDS = {
    TaskKind.CASE_FIRST: _l("Premier appel"),
    TaskKind.CONTACT_FIRST: _l("Appel d’une personne contact"),
    TaskKind.CASE_FOLLOW_UP: _l("Appel de suivi"),
    TaskKind.CONTACT_FOLLOW_UP: _l("Appel de suivi d’une personne contact"),
}

YES_NO_WORDS = {YES: _l("Oui"), NO: _l("Non"), UNKNOWN: _l("Ne sait pas")}

IDENTITY_WORDS = {YES: _l("Oui, tout correspond"), NO: _l("Non, ou pas tout")}

DRAFT_WORDS = {
    "contact": _l("Personne contact"),
    "contact_grid": _l("Personnes contacts"),
    "outcome": _l("Fin de l’appel"),
    "handover": _l("Note pour qui rappellera"),
    "escalation": _l("Question au médecin-conseil ou au référent"),
    "sick_note": _l("Arrêt de travail"),
}
"""What a draft was for, if not a question of a script."""


def promised_to(when: datetime, identity: Identity | None, zone: str | None) -> str:
    """Return to whom else of a household a callback is promised, and when; without an identity, no name."""
    given = identity.first_names.replace(",", " ").split() if identity else []
    name = given[0] if given else str(_("une autre personne du foyer"))
    return str(
        _("Promis %(day)s %(hour)s à %(name)s", day=day(when), hour=on_both_clocks(when, zone), name=name)
    )


def broken_promise_words(state: EntryState | None) -> str:
    """Return what becomes of a callback whose hour has passed, by the state of the household in the queue."""
    if state is EntryState.CLAIMED:
        return str(_("un appel à ce foyer est en cours"))
    if state is EntryState.READY:
        return str(_("dans la file, pour qui prend l’appel suivant"))
    if state is EntryState.SCHEDULED:
        return str(_("dans la file dès que ce foyer peut être appelé"))
    return str(_("personne ne peut l’appeler : c’est au superviseur d’en décider"))


def keeper_words(language: str | None, *, is_own: bool, speaks: bool) -> str:
    """Return who keeps a callback in a language, if not the tracer who promised it; empty: they do."""
    if language is not None and not speaks:
        return str(_("sera tenu par qui parle %(language)s", language=name_of(language)))
    return "" if is_own else str(_("sera tenu par qui prend l’appel suivant"))


def voicemail_words(facts: Facts, *, in_english: bool) -> str:
    """Return what may be left on a voicemail: neither a name, nor why we call."""
    tracer, number = facts.get("tracer"), facts.get("callback_number")
    if in_english:
        later = f"Please call us back on {number}." if number else "We will call you again. Have a good day."
        return f"Hello, this is {tracer}, from the French health insurance. {later}"
    who = _("Bonjour, ici %(tracer)s, de l’Assurance Maladie.", tracer=tracer)
    then = (
        _("Merci de nous rappeler au %(number)s.", number=number)
        if number
        else _("Nous vous rappellerons. Bonne journée.")
    )
    return f"{who} {then}"


def said_of_callback(when: datetime, zone: str | None, *, is_owners: bool) -> list[str]:
    """Return what a tracer must know of an hour before promising it: on whose clock, and who will call."""
    said = [on_both_clocks(when, zone)] if hour_there(when, zone) else []
    if not is_owners:
        said.append(
            str(
                _(
                    "Vous ne travaillez pas à cette heure. Dites : « quelqu’un d’autre que moi pourra vous appeler »."
                )
            )
        )
    return said
