"""French words for scripts: kinds, questions, tools, facts, conditions, and what the checks found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.calls.rules import CallOutcome
from tracing.calls.words import OUTCOME_WORDS
from tracing.programmes import load_packs
from tracing.programmes.publishing.models import VersionOrigin
from tracing.scripts import checks
from tracing.scripts.definitions import Condition, Question, Script
from tracing.scripts.problems import Fault, Problem
from tracing.scripts.publishing.branches import Line, groups_of
from tracing.scripts.publishing.differences import Change, StepPair, still_translated
from tracing.scripts.publishing.models import ScriptDraft
from tracing.scripts.publishing.paths import MOST_WORDS, Findings
from tracing.scripts.publishing.rules import untranslated
from tracing.scripts.transcript import in_words
from tracing.scripts.vocabulary import EscalationReason, Outcome, QuestionType, ScriptKind, Widget

KIND_WORDS: dict[ScriptKind, LazyString] = {
    ScriptKind.P0: _l("Appel à une personne positive"),
    ScriptKind.CONTACT: _l("Appel à un contact"),
    ScriptKind.CASE_FOLLOW_UP: _l("Appel de suivi d’une personne positive"),
    ScriptKind.CONTACT_FOLLOW_UP: _l("Appel de suivi d’un contact"),
}
TYPE_WORDS: dict[QuestionType, LazyString] = {
    QuestionType.YES_NO: _l("oui ou non"),
    QuestionType.YES_NO_UNKNOWN: _l("oui, non ou ne sait pas"),
    QuestionType.IDENTITY: _l("identité confirmée, oui ou non"),
    QuestionType.CHOICE: _l("un choix"),
    QuestionType.MULTI: _l("plusieurs choix"),
    QuestionType.DATE: _l("un jour"),
    QuestionType.DATETIME: _l("un jour et une heure"),
    QuestionType.NUMBER: _l("un nombre"),
    QuestionType.TEXT: _l("un texte court"),
}
WIDGET_WORDS: dict[Widget, LazyString] = {
    Widget.CONTACTS: _l("la liste des contacts"),
    Widget.ISOLATION: _l("les dates de la mesure"),
    Widget.SICK_NOTE: _l("l’arrêt de travail"),
    Widget.ESCALATE: _l("une demande d’avis"),
    Widget.CLOSING: _l("la fin de l’appel"),
    Widget.BECOME_CASE: _l("l’ouverture du dossier d’un contact positif"),
}
ESCALATION_WORDS: dict[EscalationReason, LazyString] = {
    EscalationReason.RESULT_NOT_ANNOUNCED: _l("le résultat n’est pas connu de la personne"),
    EscalationReason.RED_FLAGS: _l("signes de gravité"),
    EscalationReason.COLLECTIVITY: _l("lieu collectif"),
    EscalationReason.DISPUTED_CONTACT: _l("contact contesté"),
}
FACT_WORDS: dict[str, LazyString] = {
    "tracer": _l("nom de qui appelle"),
    "site": _l("nom de la plateforme"),
    "person": _l("nom de la personne appelée"),
    "callback_number": _l("numéro de rappel du site"),
    "retention": _l("durée de conservation des réponses"),
    "rang_us": _l("la personne nous appelle"),
    "parent_on_line": _l("un parent répond, qui vient d’entendre tout cela pour lui-même"),
    "no_case": _l("le résultat ne compte plus"),
    "no_longer_contact": _l("la rencontre ne compte plus, et la personne n’est plus contact"),
    "opened_by_mistake": _l("le dossier avait été ouvert par erreur, sans laboratoire"),
    "notice_address": _l("adresse de la notice sur les données"),
    "tracer_is_adviser": _l("un médecin-conseil appelle"),
    "is_minor": _l("un représentant légal doit répondre"),
    "is_young_child": _l("un enfant de moins de douze ans"),
    "too_young_to_work": _l("un enfant de moins de quatorze ans, qui n’a pas l’âge de travailler"),
    "minor_on_line": _l("un enfant a décroché, pour qui un adulte doit répondre"),
    "parent_note": _l("la règle donne un arrêt au parent qui garde cet enfant"),
    "spoken_for": _l("quelqu’un répond pour la personne : un parent, un représentant, un proche"),
    "staff_on_line": _l("le personnel de l’établissement répond"),
    "in_hospital": _l("la personne est à l’hôpital, d’après les réponses"),
    "notes_issued": _l("le programme délivre des arrêts"),
    "note_possible": _l("un arrêt est possible d’après les réponses"),
    "note_from": _l("premier jour de l’arrêt, s’il est passé"),
    "programme": _l("programme du dossier"),
    "masks_help": _l("le masque protège de cette maladie"),
    "has_boosters": _l("le vaccin a une dose de rappel"),
    "household_tests": _l("un test est demandé à qui vit avec une personne positive"),
    "prophylaxis": _l("ce qui peut encore éviter la maladie, jusqu’à quel jour et où"),
    "disease": _l("nom de la maladie, avec son article"),
    "disease_alone": _l("nom de la maladie, sans article"),
    "doctor": _l("médecin connu de la personne"),
    "rule": _l("nom de la règle qui donne les dates"),
    "recent_infection_since": _l("jour depuis lequel une infection est récente"),
    "free_on": _l("premier jour hors de la mesure"),
    "next_follow_up": _l("jour de l’appel de suivi suivant"),
    "had_symptoms": _l("des symptômes étaient connus avant cet appel"),
    "result_announced": _l("un médecin-conseil a annoncé le résultat"),
    "isolation_required": _l("un isolement est demandé"),
    "isolation_over": _l("le dernier jour d’isolement est passé"),
    "sampling_said": _l("la personne a donné un autre jour de prélèvement que le laboratoire"),
    "sampling_on": _l("jour du prélèvement"),
    "onset": _l("jour des premiers symptômes"),
    "window_start": _l("premier jour de la période de contagiosité"),
    "window_end": _l("dernier jour de la période de contagiosité"),
    "origin_since": _l("jour depuis lequel le programme cherche l’origine"),
    "isolation_end": _l("dernier jour d’isolement"),
    "early_exit_needs": _l("conditions d’une sortie anticipée"),
    "fever_hours": _l("heures sans fièvre avant la sortie"),
    "exit_tests": _l("tests de fin d’isolement"),
    "early_exit_on": _l("premier jour d’une sortie anticipée"),
    "mask_until": _l("dernier jour du masque"),
    "case_name": _l("nom de la personne positive, si elle l’accepte"),
    "last_contact": _l("jour de la dernière rencontre"),
    "meetings": _l("jours des rencontres"),
    "quarantine_required": _l("une quarantaine est demandée"),
    "quarantine_over": _l("le dernier jour de quarantaine est passé"),
    "negligible_risk": _l("la rencontre ne fait courir aucun risque"),
    "quarantine_end": _l("dernier jour de quarantaine"),
    "result_awaited": _l("isolement dans l’attente d’un résultat"),
    "test_lifts": _l("un test négatif, encore à faire, termine la quarantaine"),
    "tests": _l("tests à venir, avec leur jour"),
    "first_test_on": _l("jour du premier test"),
    "last_test_on": _l("jour du dernier test"),
}
FIELD_WORDS: dict[str, LazyString] = {
    "title": _l("Titre"),
    "say": _l("À lire"),
    "note": _l("Pour l’enquêteur"),
    "confirm": _l("Case à cocher"),
    "question": _l("Question"),
    "help": _l("Aide"),
    "option": _l("Réponse"),
    "english": _l("En anglais"),
}


def outcome_word(outcome: Outcome) -> str:
    """Return how a call ends, in words."""
    return str(OUTCOME_WORDS[CallOutcome(outcome.value)])


def whose(programmes: Sequence[str]) -> str:
    """Return whose calls a script leads, in words: those of its programmes, or of all of them."""
    labels = {pack.code: pack.label for pack in load_packs().values()}
    return ", ".join(labels.get(one, one) for one in programmes) or str(_("tous les programmes"))


def title_of(draft: ScriptDraft) -> str:
    """Return how a draft is called."""
    if draft.version is not None:
        return str(_("Version %(version)s", version=draft.version))
    if draft.origin is VersionOrigin.RELEASE:
        return str(_("Proposée par la mise à jour %(version)s du logiciel", version=draft.release))
    return str(_("Brouillon"))


def fact_word(name: str) -> str:
    """Return what a fact is."""
    return str(FACT_WORDS.get(name, name))


def condition_lines(condition: Condition | None, questions: Mapping[str, Question]) -> list[str]:
    """Return a condition as sentences, of which one must be true; none: always."""
    groups = groups_of(condition)
    if groups is None:
        return [str(_("selon plusieurs réponses à la fois"))]
    return [str(_(" et ")).join(line_word(line, questions) for line in group) for group in groups]


def line_word(line: Line, questions: Mapping[str, Question]) -> str:
    """Return one thing that must hold."""
    kind, name, *rest = line.what.split(":", 2)
    value = rest[0] if rest else ""
    if kind in {"answer", "answered"}:
        return str(_answer_word(questions.get(name), name, value, holds=line.holds))
    return str(_fact_line(fact_word(name), value, holds=line.holds))


def _answer_word(question: Question | None, name: str, value: str, *, holds: bool) -> object:
    label = question.label if question else name
    if not value:
        if holds:
            return _("« %(label)s » a une réponse", label=label)
        return _("« %(label)s » n’a pas de réponse", label=label)
    said = in_words(question, value) if question else value
    if holds:
        return _("« %(label)s » : %(value)s", label=label, value=said)
    return _("« %(label)s » : pas %(value)s", label=label, value=said)


def _fact_line(word: str, value: str, *, holds: bool) -> object:
    if not value:
        return _("connu : %(fact)s", fact=word) if holds else _("pas connu : %(fact)s", fact=word)
    if value not in {"true", "false"}:
        said = _("%(fact)s : %(value)s", fact=word, value=value)
        return said if holds else _("sauf si %(said)s", said=said)
    if holds:
        return word if value == "true" else _("il est établi que non : %(fact)s", fact=word)
    if value == "true":
        return _("pas établi : %(fact)s", fact=word)
    return _("vrai ou inconnu : %(fact)s", fact=word)


PROBLEM_WORDS: dict[Fault, LazyString] = {
    Fault.STEP_TWICE: _l("une autre étape porte ce nom"),
    Fault.QUESTION_TWICE: _l("cette question est déjà posée ailleurs"),
    Fault.NOT_ASKED: _l("la condition parle de « %(name)s », qui n’est pas posée avant"),
    Fault.FREE_ANSWER: _l("la réponse à « %(name)s » est libre : on peut seulement demander s’il y en a une"),
    Fault.NO_ANSWER: _l("« %(value)s » n’est pas une réponse à « %(name)s »"),
    Fault.NO_FACT: _l("« %(name)s » n’est pas connu dans ce script"),
    Fault.NOT_COMPARED: _l("« %(name)s » ne se compare pas ainsi"),
    Fault.NO_DAY: _l("« %(name)s » n’est ni aujourd’hui ni un jour connu dans ce script"),
    Fault.NOT_SAID: _l("{%(name)s} n’est pas un mot que ce script peut dire : choisissez dans la liste"),
    Fault.SENSITIVE: _l(
        "{%(name)s} est une donnée de santé : l’étape doit être réservée à l’identité confirmée"
    ),
    Fault.BRACE: _l("une accolade est seule"),
    Fault.FACT_NOT_ALOUD: _l("seuls les mots à lire peuvent tenir un {mot}"),
    Fault.OTHER_FACTS: _l("l’anglais de « %(words)s » n’a pas les mêmes {mots}, ou commence par un autre"),
    Fault.ONE_IDENTITY: _l("une étape, et une seule, demande l’identité : il y en a %(number)s"),
    Fault.IDENTITY_QUESTION: _l("la question de l’identité est obligatoire et sans condition"),
    Fault.IDENTITY_STEP: _l(
        "l’étape de l’identité arrête la suite, est toujours dite et ne tient rien de médical"
    ),
    Fault.IDENTITY_ENDS: _l("aucune étape ne termine l’appel quand l’identité n’est pas confirmée"),
    Fault.BEFORE_IDENTITY: _l("rien de médical ne peut être dit avant l’identité"),
    Fault.STATEMENT_MISSING: _l("l’étape obligatoire « %(name)s » manque"),
    Fault.MANDATORY: _l("cette étape doit être obligatoire"),
    Fault.MANDATORY_WORDS: _l(
        "une étape obligatoire commence par des mots sans {mot}, au moins dans sa dernière formulation"
    ),
    Fault.RULE_QUESTION_MISSING: _l("la question « %(name)s » manque, et les règles la lisent"),
    Fault.RULE_TYPE: _l("la question « %(name)s » est lue par les règles : elle attend « %(type)s »"),
    Fault.RULE_OPTIONS: _l(
        "la question « %(name)s » est lue par les règles : ses réponses sont %(options)s, ni plus ni moins"
    ),
    Fault.LAST_STEP: _l("la dernière étape termine un appel complet, toujours, et ne tient rien de médical"),
    Fault.CLOSING: _l("la dernière étape ouvre la fin de l’appel"),
    Fault.CUTS_OFF: _l("sans condition, cette fin couperait toutes les étapes suivantes"),
    Fault.COMPLETES: _l(
        "seule la dernière étape termine un appel complet, ou une étape obligatoire qui a une condition"
    ),
    Fault.MUST_BE_REQUIRED: _l("la question « %(name)s » doit être obligatoire"),
    Fault.EMERGENCY_ASKED: _l(
        "la question « %(name)s » est posée dans tous les appels, et son étape arrête la suite"
    ),
    Fault.EMERGENCY_PLACE: _l("l’étape de l’urgence vient juste après la question « %(name)s »"),
    Fault.EMERGENCY_WHEN: _l(
        "l’étape de l’urgence est dite quand « %(name)s » : %(value)s, sans autre condition"
    ),
    Fault.EMERGENCY_END: _l("l’étape de l’urgence termine l’appel par « %(outcome)s »"),
    Fault.EMERGENCY_ADVICE: _l("l’étape de l’urgence ouvre une demande d’avis pour signes de gravité"),
    Fault.EMERGENCY_WORDS: _l(
        "l’étape de l’urgence dit le 15 ou le 112, dans chaque formulation d’un paragraphe"
    ),
    Fault.HEALTH_WORDS: _l(
        "« %(word)s » dit à n’importe qui l’objet de l’appel : réservez l’étape à l’identité confirmée, ou retirez ce mot"
    ),
    Fault.RESULT_BY_ADVISER: _l(
        "c’est un médecin-conseil qui annonce le résultat : cette étape ne le dit pas"
    ),
    Fault.NOTICE_FACT: _l("l’information sur les données doit dire {%(name)s}"),
    Fault.NOTICE_SHORT: _l("l’information sur les données a moins de %(least)s mots"),
    Fault.NO_PROGRAMME: _l("« %(name)s » n’est pas un programme"),
    Fault.OTHER_PROGRAMME: _l("ce script ne sert pas au programme « %(name)s »"),
    Fault.NOT_OF_PROGRAMME: _l("le programme « %(programme)s » n’a pas de « %(name)s »"),
    Fault.NOT_HELD: _l("le programme « %(programme)s » ne garde pas ce que demande « %(name)s »"),
    Fault.PANEL: _l("cette étape doit ouvrir %(widget)s"),
    Fault.PANEL_STEP: _l("l’étape « %(name)s » manque : elle ouvre %(widget)s"),
}
"""What the checks of a script find."""


def problem(found: Problem, script: Script) -> str:
    """Return what a check found as a sentence, with the step in which it is."""
    said = str(PROBLEM_WORDS[found.fault]) % _values_of(found, script)
    if found.step is None:
        return f"{said[:1].upper()}{said[1:]}."
    step = script.step(found.step)
    return str(_("« %(step)s » : %(said)s.", step=step.title if step else found.step, said=said))


STEP_WORDS: dict[str, LazyString] = {
    "opening": _l("Se présenter"),
    "identity": _l("Vérifier l’identité"),
    "data_notice": _l("Informer sur les données"),
    "announcement": _l("Annoncer le contact"),
    "emergency": _l("Appeler le 15 ou le 112"),
    "contacts": _l("Les contacts"),
    "name_consent": _l("Accord pour dire son nom"),
    "isolation": _l("Isolement"),
    "quarantine": _l("Quarantaine"),
    "sick_note": _l("L’arrêt de travail"),
    "next_steps": _l("Ce qui va se passer"),
}
"""What the steps that no version may lose are called when they are not there to say their title."""


def _values_of(found: Problem, script: Script) -> dict[str, object]:
    """Return what stands in a sentence as the pages name it: a question by its label, an answer by its words."""
    values = dict(found.values)
    if "programme" in values or found.fault is Fault.OTHER_PROGRAMME:
        code = "programme" if "programme" in values else "name"
        values[code] = whose([str(values[code])])
    if found.fault is Fault.NOT_OF_PROGRAMME:
        values["name"] = FACT_WORDS.get(str(values["name"]), values["name"])
    question = script.questions.get(str(values.get("name")))
    if question is not None and found.fault is not Fault.NOT_SAID:
        values["name"] = question.label
        if found.fault in {Fault.NO_ANSWER, Fault.EMERGENCY_WHEN}:
            values["value"] = in_words(question, values["value"])
    elif found.fault in {Fault.NO_FACT, Fault.NOT_COMPARED, Fault.NO_DAY}:
        values["name"] = fact_word(str(values["name"]))
    if found.fault in {Fault.STATEMENT_MISSING, Fault.PANEL_STEP}:
        values["name"] = STEP_WORDS.get(str(found.values["name"]), values["name"])
    if isinstance(widget := values.get("widget"), Widget):
        values["widget"] = WIDGET_WORDS[widget]
    if found.fault is Fault.EMERGENCY_END:
        values["outcome"] = outcome_word(Outcome.NEEDS_DOCTOR)
    if isinstance(kind := values.get("type"), QuestionType):
        values["type"] = TYPE_WORDS[kind]
    return values


def found_in_step(script: Script, step: str) -> list[str]:
    """Return what the checks find in one step of a script."""
    return [problem(one, script) for one in checks.problems(script) if one.step == step]


def findings(found: Findings, script: Script, *, old: Findings) -> tuple[dict[str, list[str]], list[str]]:
    """Return what going through a script found, by step and of the whole; a skipped step only if it was not before."""
    by_step: dict[str, list[str]] = defaultdict(list)
    of_question = {one.id: step.id for step in script.steps for one in step.questions}
    for step in found.unreachable:
        by_step[step].append(_("Aucun chemin n’arrive à cette étape."))
    for step, words in found.long_steps.items():
        by_step[step].append(
            _(
                "%(number)s mots à lire : au-delà de %(most)s, on n’écoute plus.",
                number=words,
                most=MOST_WORDS,
            )
        )
    for step in found.skippable - old.skippable:
        by_step[step].append(_("Cette étape obligatoire n’est pas dite dans tous les appels."))
    for step in found.ordered:
        by_step[step].append(
            _("Cette étape demande de rester chez soi même quand aucune règle en vigueur ne le demande.")
        )
    for one in sorted(found.never_asked):
        by_step[of_question[one]].append(
            _("« %(label)s » n’est jamais posée.", label=script.questions[one].label)
        )
    for one in sorted(found.unread):
        by_step[of_question[one]].append(
            _("Rien ne lit la réponse à « %(label)s ».", label=script.questions[one].label)
        )
    for first, second in found.asked_twice:
        by_step[of_question[second]].append(
            _("« %(label)s » est posée deux fois.", label=script.questions[first].label)
        )
    whole = []
    if found.dead_end:
        whole.append(_("Un chemin va au bout du script sans terminer l’appel."))
    if found.too_many:
        whole.append(_("Ce script a trop de chemins : les étapes inaccessibles n’ont pas été cherchées."))
    return by_step, [str(one) for one in whole]


def translations(pairs: Sequence[StepPair], before: Script, after: Script) -> dict[str, list[str]]:
    """Return what is to be said of the English of the steps that changed."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        if pair.after is None or pair.change is Change.SAME or pair.change is Change.MOVED:
            continue
        said = [
            _("Le français a changé, l’anglais est resté le même : « %(words)s »", words=one)
            for one in still_translated(pair, before.english, after.english)
        ]
        if missing := len(untranslated(pair.after, after.english)):
            said.append(
                ngettext("%(num)d texte n’a pas d’anglais.", "%(num)d textes n’ont pas d’anglais.", missing)
            )
        if said:
            found[pair.after.id] = said
    return found


def minutes(length: float) -> str:
    """Return a reading time."""
    if length < 1:
        return str(_("moins d’une minute"))
    return str(ngettext("%(num)d minute", "%(num)d minutes", round(length)))
