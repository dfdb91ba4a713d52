"""French words for roles, engagements, presence and days."""

from datetime import datetime

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.staff.models import Member, MemberKind, Role
from tracing.staff.rules import Presence, UnavailableReason
from tracing.ui.filters import moment

ROLE_WORDS = {
    Role.TRACER: _l("Enquêteur"),
    Role.ADVISER: _l("Médecin-conseil"),
    Role.REFERENT: _l("Référent"),
    Role.SUPERVISOR: _l("Superviseur"),
    Role.IMPORTER: _l("Chargé d’import"),
    Role.AUDITOR: _l("Auditeur"),
    Role.ADMINISTRATOR: _l("Administrateur"),
}

KIND_WORDS = {
    MemberKind.STAFF: _l("Salarié"),
    MemberKind.VOLUNTEER: _l("Volontaire"),
    MemberKind.RECRUIT: _l("Contrat court"),
}

PRESENCE_WORDS = {
    Presence.ON_CALL: _l("En appel"),
    Presence.HERE: _l("Présent"),
    Presence.PAUSED: _l("En pause"),
    Presence.AWAY: _l("Absent"),
}

PRESENCE_TONES = {Presence.ON_CALL: "info", Presence.HERE: "done", Presence.PAUSED: "soon"}
"""The tone of each presence badge; the others are neutral."""

PRESENCE_ICONS = {
    Presence.ON_CALL: "telephone-fill",
    Presence.HERE: "person-check",
    Presence.PAUSED: "cup-hot",
    Presence.AWAY: "person-x",
}

GONE_WORDS = {
    UnavailableReason.ACCOUNT_CLOSED: _l("compte fermé"),
    UnavailableReason.CONTRACT_ENDED: _l("contrat terminé"),
    UnavailableReason.ROLE_WITHDRAWN: _l("n’appelle plus pour ce site"),
    UnavailableReason.ABSENCE: _l("absence notée"),
    UnavailableReason.SHIFT_OVER: _l("service terminé"),
    UnavailableReason.PAUSED: _l("en pause"),
    UnavailableReason.LOGGED_OUT: _l("session fermée"),
}


def weekdays() -> list[str]:
    """Return the names of the days in the reader's language, Monday first."""
    names = get_day_names(locale=get_locale())
    return [names[day] for day in range(7)]


def presence_in_words(member: Member, presence: Presence, last_input_at: datetime | None) -> str:
    """Return a member's name with their presence, for a selection list."""
    name = member.display_name
    if last_input_at is None:
        return str(_("%(name)s (pas connecté)", name=name))
    if presence is Presence.AWAY:
        return str(_("%(name)s (absent, dernier geste %(when)s)", name=name, when=moment(last_input_at)))
    return str(_("%(name)s (présent)", name=name))


WHY_WORDS = {
    "call": _l("Appel"),
    "clusters": _l("Cas groupés"),
    "escalation": _l("Avis demandé"),
    "file": _l("Dossier consulté"),
    "help": _l("Aide demandée"),
    "lot": _l("Lot reçu"),
    "national_lot": _l("Lot national"),
    "pair": _l("Doublon possible"),
    "practice": _l("Appel d’entraînement"),
    "search": _l("Recherche par clé exacte"),
    "supervision": _l("Liste du superviseur"),
    "sick_note": _l("Arrêt de travail"),
    "payment": _l("Fichier pour le paiement"),
}
"""Why an identity was shown, keyed by the reason in the read log."""
