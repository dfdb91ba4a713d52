"""French words for what rules decide."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from tracing.programmes.rules import Measure
from tracing.programmes.vocabulary import Mark
from tracing.programmes.words import TEST_WORDS

__all__ = ["DECISION_WORDS", "MARK_WORDS", "MEASURE_WORDS", "TEST_WORDS"]

DECISION_WORDS: dict[str, LazyString] = {
    "window": _l("Période de contagiosité"),
    "isolation": _l("Isolement"),
    "quarantine": _l("Quarantaine"),
    "symptoms": _l("Symptômes"),
    "follow_up": _l("Appels de suivi"),
    "sick_note": _l("Arrêt de travail"),
    "prophylaxis": _l("Prévention"),
}
MEASURE_WORDS: dict[Measure, LazyString] = {
    Measure.REQUIRED: _l("fin à venir"),
    Measure.NOT_REQUIRED: _l("rien n’est demandé"),
    Measure.NO_RULE: _l("aucune règle à cette date"),
    Measure.MISSING_DATES: _l("il manque une date"),
}
MARK_WORDS: dict[Mark, LazyString] = {
    Mark.FOUND: _l("lue dans une source"),
    Mark.KNOWN: _l("connaissance générale"),
    Mark.UNSURE: _l("à vérifier"),
    Mark.PROPOSED: _l("notre proposition"),
}
