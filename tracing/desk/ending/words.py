"""French words for what to check before a call ends."""

from flask_babel import lazy_gettext as _l

from tracing.desk.rules import Contradiction

CONTRADICTION_WORDS = {
    Contradiction.NOBODY_OF_HOUSEHOLD: _l(
        "Vit avec d’autres personnes, et aucune n’est dans la liste des contacts."
    ),
    Contradiction.HOUSEHOLD_OF_ONE: _l(
        "Vit sans personne d’autre, et un contact de la liste vit sous le même toit."
    ),
    Contradiction.NOBODY_LISTED: _l("La liste des contacts est dite complète, et elle est vide."),
    Contradiction.SOMEBODY_LISTED: _l("Aucun contact n’est dit, et la liste en compte."),
    Contradiction.NOTE_NOT_ISSUED: _l("Un arrêt est demandé, et aucun n’est délivré."),
    Contradiction.NOTE_NOT_WANTED: _l("Un arrêt est délivré, et les réponses n’en demandent pas."),
    Contradiction.APART_BUT_WORKED: _l(
        "Le dernier jour travaillé sur place vient après celui depuis lequel elle dit rester chez elle."
    ),
    Contradiction.TEST_BEFORE_MEETING: _l("Le test est d’avant la rencontre : il n’en dit rien."),
    Contradiction.DAY_TO_COME: _l("Ce jour est encore à venir."),
}
"""What to check before a call is closed."""
