"""What a step is set to besides its words, as sentences: to tell two versions of it apart."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from tracing.scripts.definitions import Question, Step
from tracing.scripts.publishing.differences import StepPair
from tracing.studio.scripts import words


@dataclass(frozen=True, repr=False)
class SettingPair:
    """A setting as both versions have it; empty where a version does not have the step or the question."""

    label: str
    before: str
    after: str


def settings_apart(pair: StepPair, questions: Mapping[str, Question]) -> list[SettingPair]:
    """Return the settings in which two versions of a step differ; every one of a step that only one of them has."""
    before, after = _settings(pair.before, questions), _settings(pair.after, questions)
    keys = [*after, *(one for one in before if one not in after)]
    found = []
    for key in keys:
        (label, new), (old_label, old) = after.get(key, ("", "")), before.get(key, ("", ""))
        if old != new:
            found.append(SettingPair(label or old_label, old, new))
    return found


def _settings(step: Step | None, questions: Mapping[str, Question]) -> dict[str, tuple[str, str]]:
    """Return each setting of a step by its name: its label, and what it is set to."""
    if step is None:
        return {}
    found = {
        "section": (_("Rubrique"), step.section),
        "when": (_("Quand"), _when(words.condition_lines(step.when, questions))),
        "mandatory": (_("Doit être dite et confirmée"), _yes_no(step.mandatory)),
        "gate": (_("Arrête la suite"), _yes_no(step.gate)),
        "sensitive": (_("Réservée à l’identité confirmée"), _yes_no(step.sensitive)),
        "widget": (_("Ouvre"), _opens(step)),
        "end": (_("Termine l’appel"), words.outcome_word(step.end.outcome) if step.end else _("non")),
    }
    if step.days:
        days = _(
            "du %(first)s au %(last)s",
            first=words.fact_word(step.days.first),
            last=words.fact_word(step.days.last),
        )
        found["days"] = (_("Parcourt les jours"), days)
    for one in step.questions:
        found[f"question:{one.id}"] = (_("Question « %(label)s »", label=one.label), _asked(one, questions))
    return found


def _asked(one: Question, questions: Mapping[str, Question]) -> str:
    """Return the form of an answer, whether one is needed, and when it is asked."""
    said = [
        str(words.TYPE_WORDS[one.type]),
        _("réponse obligatoire") if one.required else _("réponse facultative"),
    ]
    if one.when:
        said.append(
            _("posée quand %(condition)s", condition=_when(words.condition_lines(one.when, questions)))
        )
    if one.options:
        said.append(_("réponses : %(labels)s", labels=", ".join(option.label for option in one.options)))
    if alone := [option.label for option in one.options if option.exclusive]:
        said.append(_("seule : %(labels)s", labels=", ".join(alone)))
    if one.or_unknown:
        said.append(_("« ne sait pas » possible"))
    bounds = [
        (_("au plus tôt"), one.earliest),
        (_("au plus tard"), one.latest),
        (_("au moins"), one.lowest),
        (_("au plus"), one.highest),
        (_("signes au plus"), one.max_length),
    ]
    said += [f"{label} {value}" for label, value in bounds if value is not None]
    return ", ".join(said)


def _when(lines: list[str]) -> str:
    return str(_(", ou ")).join(lines) if lines else str(_("toujours"))


def _opens(step: Step) -> str:
    if step.widget is None:
        return str(_("rien"))
    opened = str(words.WIDGET_WORDS[step.widget])
    return f"{opened} ({words.ESCALATION_WORDS[step.escalation]})" if step.escalation else opened


def _yes_no(value: bool) -> str:  # noqa: FBT001 - the value itself is said
    return str(_("oui") if value else _("non"))
