"""French words for rule tables, their conditions, what they decide, and where a version stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.programmes.checks import Problem, ProblemKind
from tracing.programmes.facts import FactDefinition
from tracing.programmes.publishing.models import RuleVersion, VersionOrigin, VersionState
from tracing.programmes.rows import Row
from tracing.studio.mistake_words import mistake
from tracing.studio.row_fields import FieldKind, RowField, lines_of, value_at
from tracing.ui.filters import day

_BEFORE = re.compile(r" (?=[;:!?»])")
_AFTER = re.compile(r"(?<=«) ")

FACT_WORDS: dict[str, LazyString] = {
    "subject": _l("Personne"),
    "age": _l("Âge"),
    "symptomatic": _l("Symptômes"),
    "vaccination": _l("Vaccination"),
    "immunodepressed": _l("Immunodépression"),
    "infected_recently": _l("Infection récente"),
    "awaiting_result": _l("Isolement en attente d’un résultat"),
    "lives_with_case": _l("Vit avec la personne positive"),
    "face_to_face": _l("Face à face"),
    "care": _l("Soins donnés ou reçus"),
    "confined_minutes": _l("Minutes en lieu clos"),
    "cough": _l("Toux ou éternuement de près"),
    "same_class": _l("Même classe"),
    "protection": _l("Protection"),
    "child_is": _l("L’enfant est"),
}
VALUE_WORDS: dict[str, LazyString] = {
    "true": _l("oui"),
    "false": _l("non"),
    "complete": _l("complète"),
    "incomplete": _l("incomplète"),
    "none": _l("aucune"),
    "case": _l("positive"),
    "contact": _l("contact"),
    "parent": _l("parent"),
    "fund": _l("l’Assurance Maladie"),
    "doctor": _l("un médecin"),
    "nobody": _l("personne"),
    "unknown": _l("on ne sait pas : le médecin-conseil est interrogé"),
    "symptoms": _l("symptômes"),
    "fever": _l("fièvre"),
    "always": _l("toujours"),
    "on_last_day": _l("au dernier jour seulement"),
    "pcr": _l("PCR"),
    "antigen": _l("antigénique"),
    "pcr_or_antigen": _l("PCR ou antigénique"),
    "self_test": _l("autotest"),
    "any": _l("PCR, antigénique ou autotest"),
    "serology": _l("sérologie"),
    "day_zero": _l("J0"),
    "last_contact": _l("la dernière rencontre"),
    "case_isolation_end": _l("la fin de l’isolement de la personne positive"),
    "notified": _l("le jour où le contact est averti"),
    "first_test": _l("le premier test"),
    "at_risk": _l("à risque"),
    "negligible": _l("négligeable"),
    "undetermined": _l("indéterminé"),
    "infected_recently": _l("infection récente"),
    "lives_with": _l("vit avec la personne positive"),
    "protected": _l("protection efficace"),
    "care": _l("soins"),
    "face_to_face": _l("face à face"),
    "cough": _l("toux ou éternuement"),
    "confined": _l("lieu clos"),
    "same_class": _l("même classe"),
    "nothing_counts": _l("aucune de ces circonstances"),
    "no_face_to_face": _l("pas de face à face"),
    "under_1_m": _l("moins d’un mètre"),
    "from_1_to_2_m": _l("de un à deux mètres"),
    "beyond_2_m": _l("plus de deux mètres"),
    "separation": _l("séparation"),
    "one_mask": _l("un masque"),
    "both_masks": _l("masque sur les deux"),
    "both_fabric_1": _l("masque en tissu de catégorie 1 sur les deux"),
    "ineffective": _l("protection sans effet"),
    "RG": _l("régime général"),
    "MSA": _l("MSA"),
    "SSI": _l("indépendants"),
    "FP_ETAT": _l("fonction publique d’État"),
    "FP_TERR": _l("fonction publique territoriale"),
    "FP_HOSP": _l("fonction publique hospitalière"),
    "SPECIAL": _l("régime spécial"),
    "AME": _l("AME"),
    "NONE": _l("sans régime"),
}
FIELD_WORDS: dict[str, LazyString] = {
    "days": _l("Jours"),
    "anchor": _l("Compté depuis"),
    "kind": _l("Sorte de test"),
    "label": _l("Ce qui est dit"),
    "otherwise.anchor": _l("Sinon, compté depuis"),
    "otherwise.days": _l("Sinon, jours"),
    "criterion": _l("Circonstance"),
    "level": _l("Risque"),
    "why": _l("Pourquoi, en une phrase"),
    "named_by": _l("Citer plutôt la ligne"),
    "unknown_is_no": _l("Sans réponse, compte comme non"),
    "early_exit.day": _l("Sortie possible dès le jour"),
    "early_exit.test": _l("Sortie : test négatif exigé"),
    "early_exit.free_of": _l("Sortie : sans"),
    "early_exit.free_hours": _l("Sortie : depuis (heures)"),
    "early_exit.needs": _l("Sortie : conditions, en une phrase"),
    "fever.hours": _l("Fièvre : heures sans fièvre"),
    "fever.counts": _l("Fièvre : prolonge"),
    "exit_test.label": _l("Test de sortie"),
    "exit_test.kind": _l("Test de sortie : sorte"),
    "exit_test.days_after_positive": _l("Test de sortie positif : jours de plus"),
    "exit_test.days_if_untested": _l("Test de sortie non fait : jours de plus"),
    "mask_days": _l("Jours de masque ensuite"),
    "days_before_onset": _l("Jours avant les premiers symptômes"),
    "days_before_sampling": _l("Jours avant le prélèvement"),
    "days_after": _l("Dernier jour contagieux, après J0"),
    "most_days_before_sampling": _l("Au plus, jours avant le prélèvement"),
    "end": _l("Fin"),
    "end_untested": _l("Fin sans le test"),
    "tests": _l("Tests"),
    "is_no_contact": _l("N’est pas un contact"),
    "questions": _l("Questions"),
    "issuer": _l("L’arrêt est écrit par"),
    "max_days": _l("Jours au plus"),
    "ends_with_measure": _l("S’arrête à la fin de la mesure"),
    "retroactive_days": _l("Jours en arrière au plus"),
    "extension_days": _l("Jours de prolongation"),
    "minimum_age": _l("Âge minimum"),
    "child_under": _l("Enfant de moins de (ans)"),
    "total_days_without_adviser": _l("Jours en tout sans médecin-conseil"),
    "schemes": _l("Régimes"),
    "caregivers_excluded": _l("Sauf les soignants"),
    "rights": _l("Droits"),
    "legal_basis": _l("Base légale"),
}
ROW_PROBLEMS: dict[str, LazyString] = {
    "the last question, and only the last, has no 'when'": _l(
        "La dernière question, et elle seule, n’a aucune condition."
    ),
    "each criterion may decide once": _l("Chaque circonstance ne sert qu’une fois."),
    "a note written by the fund needs 'schemes', 'rights' and 'legal_basis'": _l(
        "Un arrêt écrit par l’Assurance Maladie a des régimes, des droits et une base légale."
    ),
    "a note that does not end with the measure needs 'max_days'": _l(
        "Un arrêt qui ne s’arrête pas avec la mesure a un nombre de jours au plus."
    ),
}
"""What the schema says of a row as a whole."""
STATE_WORDS: dict[VersionState, tuple[str, LazyString]] = {
    VersionState.DRAFT: ("neutral", _l("brouillon")),
    VersionState.PROPOSED: ("soon", _l("à approuver")),
    VersionState.APPROVED: ("info", _l("approuvée")),
    VersionState.WITHDRAWN: ("neutral", _l("retirée")),
}
IN_FORCE_WORDS: dict[str, tuple[str, LazyString]] = {
    "in_force": ("done", _l("en vigueur")),
    "to_come": ("soon", _l("à venir")),
    "replaced": ("neutral", _l("remplacée")),
}
"""Where an approved version stands now."""
CHANGE_WORDS: dict[str, tuple[str, LazyString]] = {
    "new": ("done", _l("nouvelle")),
    "changed": ("soon", _l("modifiée")),
    "gone": ("danger", _l("supprimée")),
    "moved": ("info", _l("déplacée")),
    "same": ("neutral", _l("inchangée")),
}


def as_printed(typed: str | None) -> str:
    """Return a typed sentence with the spaces and the apostrophe of print."""
    text = (typed or "").strip().replace("'", "’")
    return _AFTER.sub("\u202f", _BEFORE.sub("\u202f", text))


def title_of(version: RuleVersion) -> str:
    """Return how a version is called."""
    if version.number is not None:
        return str(_("Version n° %(number)s", number=version.number))
    if version.origin is VersionOrigin.SEED:
        return str(_("Version d’origine (%(version)s)", version=version.pack_version))
    if version.origin is VersionOrigin.RELEASE:
        return str(_("Proposée par la mise à jour %(version)s du logiciel", version=version.pack_version))
    return str(_("Brouillon"))


def in_force_word(row: Row) -> str:
    """Return the days on which a row is in force, in words."""
    if row.in_force_to is None:
        return str(_("depuis le %(day)s", day=day(row.in_force_from)))
    last = row.in_force_to - timedelta(days=1)
    return str(_("du %(first)s au %(last)s", first=day(row.in_force_from), last=day(last)))


def fact_word(name: str, vocabulary: Mapping[str, FactDefinition]) -> str:
    """Return how a fact is called on the page."""
    if name in FACT_WORDS:
        return str(FACT_WORDS[name])
    return vocabulary[name].label if name in vocabulary else name


def value_word(value: Any) -> str:
    """Return a value or a condition in words."""
    if isinstance(value, list):
        return str(_(" ou ").join(value_word(one) for one in value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if text == "not true":
        return str(_("non ou inconnu"))
    if text == "not false":
        return str(_("oui ou inconnu"))
    if text.startswith("not "):
        return str(_("pas %(value)s (ou inconnu)", value=value_word(text.removeprefix("not "))))
    return str(VALUE_WORDS.get(text, text))


def conditions(content: Mapping[str, Any], vocabulary: Mapping[str, FactDefinition]) -> list[str]:
    """Return the conditions of a row, a sentence for each line of them."""
    return [
        _(" et ").join(
            f"{fact_word(name, vocabulary)}\u00a0: {value_word(cell)}" for name, cell in line.items()
        )
        or _("dans tous les autres cas")
        for line in lines_of(content)
    ]


def decisions(
    content: Mapping[str, Any], fields: Sequence[RowField], *, beside: Mapping[str, Any] | None = None
) -> list[tuple[str, str]]:
    """Return what a row decides, as terms and values.

    What is usual is not written in a row; it is named where the row `beside` says something else.
    """
    return [
        (str(FIELD_WORDS.get(one.name, one.name)), _shown(value) if _says(value) else "–")
        for one in fields
        for said in [value_at(content, one.name)]
        for value in [said if _says(said) or not _has_group(content, one) else one.default]
        if _says(said) or (_has_group(content, one) and _says(value_at(beside or {}, one.name)))
    ]


def _says(value: Any) -> bool:
    return value not in (None, [], "")


def _has_group(content: Mapping[str, Any], field: RowField) -> bool:
    """Return whether a row has what a field is a part of; without it, the usual value does not hold either."""
    group, dot, _inner = field.name.partition(".")
    return not dot or isinstance(content.get(group), Mapping)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\u202f; ".join(_shown(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(_shown(one) for one in value.values())
    return value_word(value)


def problem_word(problem: Problem, vocabulary: Mapping[str, FactDefinition]) -> str:
    """Return a mistake that the checks found as a sentence."""
    if problem.kind is ProblemKind.GAP and problem.situation is not None:
        known = ", ".join(
            f"{fact_word(name, vocabulary)}\u00a0: {_('inconnu') if value is None else value_word(value)}"
            for name, value in problem.situation.facts.items()
        )
        return str(
            _(
                "Aucune ligne ne décide le %(day)s : %(facts)s.",
                day=day(problem.situation.on),
                facts=known or _("sans condition"),
            )
        )
    if problem.kind is ProblemKind.LATE_EXIT:
        return str(
            _("La ligne %(row)s permet de sortir le dernier jour de l’isolement, ou après.", row=problem.row)
        )
    if problem.kind is ProblemKind.NEVER_REACHED:
        what = (
            _("La ligne %(row)s n’est jamais atteinte", row=problem.row)
            if problem.line is None
            else _(
                "La condition %(line)s de la ligne %(row)s n’est jamais atteinte",
                line=problem.line,
                row=problem.row,
            )
        )
        if problem.hidden_by:
            return str(_("%(what)s : %(first)s passe avant.", what=what, first=problem.hidden_by))
        return str(_("%(what)s : ses conditions ne peuvent être vraies ensemble.", what=what))
    fact = fact_word(str(problem.at[-1]), vocabulary) if problem.at else ""
    match problem.kind:
        case ProblemKind.UNKNOWN_FACT:
            return str(_("« %(fact)s » n’est pas un fait que ce programme connaît.", fact=fact))
        case ProblemKind.WRONG_VALUE:
            return str(_("La condition sur « %(fact)s » n’a pas la bonne forme.", fact=fact))
        case ProblemKind.WITHHELD if problem.row:
            return str(_("La ligne %(row)s : ce programme ne délivre aucun arrêt.", row=problem.row))
        case ProblemKind.WITHHELD:
            return str(_("Ce programme ne garde pas « %(fact)s » : aucune ligne ne peut le lire.", fact=fact))
    said = ROW_PROBLEMS.get(problem.message) or mistake(problem.schema_type, problem.limits)
    if problem.row:
        return str(_("La ligne %(row)s : %(what)s", row=problem.row, what=said))
    return str(_("À revoir : %(message)s", message=said))


def choices_of(field: RowField) -> Iterator[tuple[str, str]]:
    """Yield the choices of a field of a row."""
    if field.kind is FieldKind.YES_NO:
        yield from (("true", _("oui")), ("false", _("non")))
    else:
        yield from ((one, value_word(one)) for one in field.choices)
