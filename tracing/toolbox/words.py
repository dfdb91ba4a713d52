"""French words of the toolbox."""

from flask_babel import lazy_gettext as _l

from tracing.toolbox.rules import Topic

TOPIC_WORDS = {
    Topic.EMERGENCY: _l("Urgence"),
    Topic.HEALTH: _l("Santé"),
    Topic.RESULT: _l("Résultat et test"),
    Topic.SICK_LEAVE: _l("Arrêt de travail"),
    Topic.CONTACTS: _l("Contacts et risque"),
    Topic.PROCEDURE: _l("Procédure"),
    Topic.DIFFICULT_CALL: _l("Appel difficile"),
    Topic.PLACES: _l("Lieux collectifs"),
}
