"""French words for needs and for where a request stands."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from tracing.help_requests.rules import HelpState, Need

NEED_WORDS: dict[Need, LazyString] = {
    Need.HOUSING: _l("Logement pour rester à l’écart"),
    Need.SHOPPING: _l("Courses et repas"),
    Need.MEDICINES: _l("Médicaments, soins, visite d’un infirmier"),
    Need.CHILDREN: _l("Garde d’enfants ou proche aidé"),
    Need.MONEY: _l("Difficultés financières"),
    Need.LISTENING: _l("Moral, besoin d’écoute"),
    Need.ANIMALS: _l("Animaux"),
    Need.HOME_HELP: _l("Aide à domicile"),
}
STATE_WORDS: dict[HelpState, LazyString] = {
    HelpState.TO_PASS_ON: _l("à transmettre"),
    HelpState.PASSED_ON: _l("transmise"),
    HelpState.DONE: _l("faite"),
    HelpState.WITHDRAWN: _l("retirée"),
}
STATE_TONES: dict[HelpState, str] = {
    HelpState.TO_PASS_ON: "soon",
    HelpState.PASSED_ON: "info",
    HelpState.DONE: "done",
    HelpState.WITHDRAWN: "neutral",
}
"""The colour of each state's badge."""
