"""The words for roles, engagements and days, as users read them."""

from flask_babel import lazy_gettext as _l

from tracing.staff.models import MemberKind, Role

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

WEEKDAYS = (
    _l("lundi"),
    _l("mardi"),
    _l("mercredi"),
    _l("jeudi"),
    _l("vendredi"),
    _l("samedi"),
    _l("dimanche"),
)
