"""French words for what a fact says and whose word it is."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from tracing.facts.rules import FactKind, FactSource
from tracing.facts.ruling_rules import Ground

KIND_WORDS: dict[FactKind, LazyString] = {
    FactKind.DEATH: _l("Décès"),
    FactKind.NO_CALLS: _l("Ne plus appeler"),
    FactKind.REFUSAL: _l("Refus"),
    FactKind.WRONG_NUMBER: _l("Mauvais numéro"),
    FactKind.SYMPTOMS: _l("Symptômes"),
    FactKind.ONSET: _l("Premiers symptômes"),
    FactKind.SAMPLED: _l("Jour du prélèvement"),
    FactKind.LAST_CONTACT: _l("Dernière rencontre"),
    FactKind.VACCINATION: _l("Vaccination"),
    FactKind.LIVES_WITH_CASE: _l("Même toit"),
    FactKind.INFECTED_RECENTLY: _l("Infection récente"),
    FactKind.IMMUNODEPRESSED: _l("Immunodépression"),
    FactKind.TEST: _l("Résultat de test"),
    FactKind.KEPT_IN_LIST: _l("Gardé dans la liste, hors période"),
    FactKind.MEASURE: _l("Isolement ou quarantaine, hors règle"),
    FactKind.RISK: _l("Risque, hors règle"),
    FactKind.NOTE_DAYS: _l("Jours d’arrêt, hors règle"),
    FactKind.HOSPITAL: _l("À l’hôpital"),
    FactKind.BIRTH_NAME: _l("Nom de naissance"),
    FactKind.USUAL_NAME: _l("Nom d’usage"),
    FactKind.FIRST_NAMES: _l("Prénoms"),
    FactKind.BIRTH_DATE: _l("Date de naissance"),
    FactKind.ADDRESS: _l("Adresse"),
}
"""Every kind of fact, as the file of a case names it (`tests/facts/test_words.py`)."""

SOURCE_WORDS: dict[FactSource, LazyString] = {
    FactSource.LABORATORY: _l("le laboratoire"),
    FactSource.CASE: _l("le patient zéro"),
    FactSource.RELATIVE: _l("un proche"),
    FactSource.PERSON: _l("la personne"),
    FactSource.REPRESENTATIVE: _l("son représentant légal"),
    FactSource.TRACER: _l("l’enquêteur"),
    FactSource.REFERENT: _l("un référent"),
    FactSource.SUPERVISOR: _l("un superviseur"),
    FactSource.DOCTOR: _l("le médecin-conseil"),
}

GROUND_WORDS: dict[Ground, LazyString] = {
    Ground.HOSPITAL: _l("Hospitalisation"),
    Ground.FRAIL: _l("État de santé, le sien ou celui d’un proche"),
    Ground.TEST_RESULT: _l("Résultat d’un test"),
    Ground.DOUBTFUL_DATES: _l("Dates incertaines"),
    Ground.PROTECTED: _l("Rencontre protégée ou douteuse"),
    Ground.LATE_CALL: _l("Appel trop tardif"),
    Ground.OTHER: _l("Autre motif, dit dans la réponse"),
}
"""Why a doctor decides apart from the rule."""
