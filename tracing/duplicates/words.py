"""Labels for the comparison of two records."""

from flask_babel import lazy_gettext as _l

from tracing.cases.words import OUTCOME_WORDS, STATUS_WORDS
from tracing.contacts.models import ContactStatus
from tracing.people.merging import Likeness, Part
from tracing.people.models import PairState
from tracing.people.rules import Why
from tracing.queue.models import TaskState

__all__ = ["OUTCOME_WORDS", "STATUS_WORDS"]

WHY_WORDS = {
    Why.SEVERAL: _l(
        "La règle y voit la même personne, mais elle en reconnaît plusieurs : elle ne tranche pas seule."
    ),
    Why.NIRS_DIFFER: _l("Même nom, mêmes prénoms, même naissance, mais deux NIR différents."),
    Why.ONE_LETTER: _l(
        "Les noms de naissance diffèrent d’une lettre ; le premier prénom, la naissance et un numéro ou le NIR sont communs."
    ),
    Why.NO_GIVEN_NAME: _l(
        "Aucun prénom n’est encore donné (« bébé », « enfant »…), même nom de naissance et même jour : le même enfant, ou des jumeaux ?"
    ),
    Why.PART_OF_NAME: _l(
        "Un nom de naissance est une partie de l’autre (nom double) ; le premier prénom, la naissance et un numéro ou le NIR sont communs."
    ),
    Why.USUAL_NAME: _l(
        "Le nom d’usage de l’une est donné comme nom de naissance de l’autre ; le premier prénom et la naissance sont communs."
    ),
    Why.GIVEN_NAME_MISSING: _l("Même nom, même naissance ; un prénom manque dans l’une des deux listes."),
    Why.CORRECTED: _l(
        "L’une des fiches a été corrigée ; l’autre est comme elle était avant, sans numéro ni NIR commun."
    ),
    Why.RESEMBLED: _l("Les fiches se ressemblaient à l’arrivée du lot ; elles ont changé depuis."),
}

PART_WORDS = {
    Part.BIRTH_NAME: _l("Nom de naissance"),
    Part.USUAL_NAME: _l("Nom d’usage"),
    Part.FIRST_NAMES: _l("Prénoms"),
    Part.SEX: _l("Sexe"),
    Part.BIRTH_DATE: _l("Naissance"),
    Part.NIR: _l("NIR"),
    Part.PHONES: _l("Numéros"),
    Part.EMAIL: _l("Courriel"),
    Part.ADDRESS: _l("Adresse"),
}

SEX_WORDS = {"F": _l("Femme"), "M": _l("Homme")}

LIKENESS_WORDS = {
    Likeness.SAME: _l("identique"),
    Likeness.AGREES: _l("compatible"),
    Likeness.ONE_LETTER: _l("une lettre"),
    Likeness.ONE_SIDE: _l("d’un seul côté"),
    Likeness.DIFFERS: _l("différent"),
}
LIKENESS_ICONS = {
    Likeness.SAME: "check-lg",
    Likeness.AGREES: "check-lg",
    Likeness.ONE_LETTER: "exclamation-circle-fill",
    Likeness.ONE_SIDE: "dash-lg",
    Likeness.DIFFERS: "x-circle-fill",
}

STATE_WORDS = {PairState.SAME: _l("Même personne"), PairState.DIFFERENT: _l("Deux personnes")}
STATE_TONES = {PairState.SAME: "done", PairState.DIFFERENT: "neutral"}
STATE_ICONS = {PairState.SAME: "person-check", PairState.DIFFERENT: "people"}

CALL_WORDS = {
    TaskState.OPEN: ("telephone", _l("À appeler")),
    TaskState.DONE: ("telephone-fill", _l("Appelé")),
    TaskState.NO_NUMBER: ("telephone-x", _l("Sans numéro")),
    TaskState.UNREACHABLE: ("telephone-x", _l("Injoignable")),
    TaskState.WAITING_DOCTOR: ("heart-pulse", _l("Avis médical attendu")),
    TaskState.WAITING_LANGUAGE: ("translate", _l("Autre langue")),
    TaskState.WAITING_INTERPRETER: ("people", _l("Interprète nécessaire")),
    TaskState.TO_HAND_ON: ("box-arrow-up-right", _l("À transmettre")),
    TaskState.DECEASED: ("x-circle", _l("Décès signalé")),
    TaskState.IDENTITY_FAILED: ("person-x", _l("Identité à vérifier")),
    TaskState.NO_CALLS: ("bell-slash", _l("Ne plus appeler")),
    TaskState.CANCELLED: ("telephone-minus", _l("Plus à appeler")),
}
COVERED_WORDS = ("telephone", _l("Appelé avec l’autre dossier"))

MEETING_WORDS = {
    ContactStatus.NAMED: _l("pas encore averti"),
    ContactStatus.INFORMED: _l("averti"),
    ContactStatus.REFUSED: _l("a refusé l’appel"),
    ContactStatus.UNREACHABLE: _l("injoignable"),
    ContactStatus.BECAME_CASE: _l("devenu un dossier"),
}
