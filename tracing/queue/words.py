"""French sentences that say why a call is next and what advances it."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracing.people.words import hour_there
from tracing.queue import rules
from tracing.queue.models import TaskState
from tracing.ui.filters import clock, day, time_zone

TASK_STATE_WORDS = {
    TaskState.OPEN: _l("dans la file"),
    TaskState.DONE: _l("terminé"),
    TaskState.NO_NUMBER: _l("sans numéro"),
    TaskState.UNREACHABLE: _l("injoignable"),
    TaskState.WAITING_DOCTOR: _l("attend un avis médical"),
    TaskState.WAITING_LANGUAGE: _l("attend une autre langue"),
    TaskState.WAITING_INTERPRETER: _l("attend un interprète"),
    TaskState.TO_HAND_ON: _l("à transmettre"),
    TaskState.DECEASED: _l("plus d’appel"),
    TaskState.NO_CALLS: _l("plus d’appel"),
    TaskState.IDENTITY_FAILED: _l("identité à comparer"),
    TaskState.CANCELLED: _l("pas d’appel"),
}
"""Where a call stands, as supervisors and the files of cases say it."""

WEIGHT_WORDS = {
    "aged": _l("65 ans ou plus"),
    "fragile": _l("santé fragile"),
    "place": _l("hébergement collectif"),
    "symptoms": _l("symptômes"),
    "priority": _l("priorité du superviseur"),
    "promise": _l("rappel promis"),
    "follow_up": _l("appel de suivi"),
}
"""The circumstances that advance a call, and what stands back, keyed by the names of the programme's weights."""


def why(reason: rules.Reason, *, opens_at: datetime, at: datetime) -> str:
    """Return the sentence that explains a call's place in the queue."""
    advanced = [(name, minutes) for name, minutes in rules.advances(reason) if name != "promise"]
    by_when = due(reason, opens_at=opens_at, at=at)
    if reason.is_follow_up:
        by_when = str(_("Appel de suivi, après les premiers appels. %(due)s", due=by_when))
    if not advanced:
        return by_when
    words = ", ".join(str(WEIGHT_WORDS[name]) for name, _minutes in advanced)
    minutes = sum(minutes for _name, minutes in advanced)
    return str(
        ngettext(
            "%(due)s ; %(what)s : avancé de %(num)d minute",
            "%(due)s ; %(what)s : avancé de %(num)d minutes",
            minutes,
            due=by_when,
            what=words,
        )
    )


def due(reason: rules.Reason, *, opens_at: datetime, at: datetime) -> str:
    """Return the sentence that says by when to call, or at what time a callback was promised."""
    return _promise(reason, at) if reason.promised_at else _due(reason, opens_at, at)


def _promise(reason: rules.Reason, at: datetime) -> str:
    promised_at = rules.due_of(reason)
    said = str(_("Promesse de rappel %(when)s", when=_at(promised_at, at)))
    there = hour_there(promised_at, reason.time_zone)
    return str(_("%(said)s (%(there)s)", said=said, there=there)) if there else said


def _due(reason: rules.Reason, opens_at: datetime, at: datetime) -> str:
    due_at, ends = rules.due_of(reason), rules.last_moment(reason)
    if ends is not None and ends > opens_at:
        return str(_("À appeler avant %(when)s, fin des heures d’appel", when=_before(ends, at)))
    return str(_("À appeler avant %(when)s", when=_before(due_at, at)))


def _at(moment: datetime, now: datetime) -> str:
    return str(_("à %(time)s", time=clock(moment)) if _is_today(moment, now) else _on(moment))


def _before(moment: datetime, now: datetime) -> str:
    return clock(moment) if _is_today(moment, now) else str(_("le %(moment)s", moment=_on(moment)))


def _on(moment: datetime) -> str:
    return str(_("%(day)s à %(time)s", day=day(moment), time=clock(moment)))


def _is_today(moment: datetime, now: datetime) -> bool:
    return _there(moment).date() == _there(now).date()


def _there(moment: datetime) -> datetime:
    return moment.astimezone(time_zone())
