"""What is wrong with a script file that somebody sent, in the words of the page: line, place, what to write."""

from collections.abc import Sequence

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.scripts.errors import FileProblem
from tracing.studio.scripts.step_forms import sentence

PLACES = {
    "steps": _l("étape"),
    "questions": _l("question"),
    "options": _l("réponse"),
    "say": _l("paragraphe"),
    "english": _l("anglais"),
    "when": _l("condition"),
}
PROBLEMS: dict[str, LazyString] = {
    "yaml": _l(
        "Le fichier ne se lit pas comme du YAML : vérifiez les retraits, les guillemets et les deux-points."
    ),
    "reference": _l(
        "Les renvois (& et *) et les listes imbriquées sans fin ne sont pas acceptés : écrivez le texte en toutes lettres."
    ),
    "list": _l("Un script est une liste de champs nommés : kind, version, title, steps…"),
    "computed": _l("Le champ content_hash est calculé : retirez-le du fichier."),
    "extra_forbidden": _l("Ce champ n’existe pas ici : vérifiez son nom, ou retirez-le."),
    "missing": _l("Ce champ manque : ajoutez-le."),
    "string_type": _l("Il faut ici un texte : mettez-le entre guillemets."),
    "bool_type": _l("Il faut ici true ou false."),
    "int_type": _l("Il faut ici un nombre entier."),
    "tuple_type": _l("Il faut ici une liste : une ligne par élément, chacune commençant par un tiret."),
    "dict_type": _l("Il faut ici des champs nommés."),
    "enum": _l("Cette valeur n’est pas une de celles qui existent."),
    "literal_error": _l("Cette valeur n’est pas une de celles qui existent."),
    "condition_form": _l(
        "Une condition s’écrit avec all, any, not, answer (et is ou in), answered, fact ou known."
    ),
}
"""By what is wrong; what is not here is said as the form of a step says it."""


def problems_in_words(problems: Sequence[FileProblem], file: str) -> list[str]:
    """Return each problem as a sentence, with the file, and the line and the place where they are known."""
    return [_in_words(one, file) for one in problems]


def _in_words(problem: FileProblem, file: str) -> str:
    line = [str(_("ligne %(number)s", number=problem.line))] if problem.line else []
    where = ", ".join([file, *line, *(_place(what, name) for what, name in problem.place)])
    return f"{where}\u202f: {_said(problem)}"


def _place(what: str, name: str | None) -> str:
    known = PLACES.get(what)
    label = str(known) if known else str(_("champ %(name)s", name=what))
    return label if name is None else f"{label} «\u202f{name}\u202f»"


def _said(problem: FileProblem) -> str:
    if problem.kind == "twice":
        return str(_("« %(name)s » est écrit deux fois au même endroit.", name=problem.message))
    if (words := PROBLEMS.get(problem.kind)) is not None:
        return str(words)
    return sentence({"type": problem.kind, "msg": problem.message, "ctx": problem.limits})
