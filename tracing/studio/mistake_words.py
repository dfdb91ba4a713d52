"""What is wrong with a value that somebody wrote, as the schemas find it, and where a rule comes from: in French."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

MISTAKES: dict[str, LazyString] = {
    "missing": _l("À remplir."),
    "extra_forbidden": _l("Ce champ n’existe pas ici."),
    "string_type": _l("Il faut ici un texte."),
    "string_pattern_mismatch": _l("Ce n’est pas écrit comme il faut."),
    "bool_type": _l("Il faut ici oui ou non."),
    "int_type": _l("Il faut ici un nombre entier."),
    "int_parsing": _l("Il faut ici un nombre entier."),
    "date_type": _l("Il faut ici une date."),
    "date_from_datetime_parsing": _l("Il faut ici une date."),
    "tuple_type": _l("Il faut ici une liste."),
    "dict_type": _l("Il faut ici des champs nommés."),
    "enum": _l("Cette valeur n’est pas une de celles qui existent."),
    "literal_error": _l("Cette valeur n’est pas une de celles qui existent."),
}
"""By the type of the mistake."""


def mistake(kind: str, limits: Mapping[str, Any]) -> str:
    """Return what is wrong with a value, in words; never the English of the schema."""
    match kind:
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            limit = next(iter(limits.values()), "")
            return str(_("Ce nombre est trop petit ou trop grand (%(limit)s).", limit=limit))
        case "string_too_short":
            return str(_("Au moins %(count)s caractères.", count=limits.get("min_length", "")))
        case "string_too_long":
            return str(_("Au plus %(number)s signes : coupez en deux.", number=limits.get("max_length", "")))
        case "too_short":
            return str(_("Il en faut au moins %(count)s.", count=limits.get("min_length", "")))
        case "too_long":
            return str(_("Il y en a trop : %(count)s au plus.", count=limits.get("max_length", "")))
    return str(MISTAKES.get(kind, _("Cette valeur n’est pas acceptée ici.")))


_MONTHS = {
    "Jan": "janv.",
    "Feb": "févr.",
    "Mar": "mars",
    "May": "mai",
    "June": "juin",
    "July": "juil.",
    "Aug": "août",
    "Sept": "sept.",
    "Oct": "oct.",
    "Nov": "nov.",
    "Dec": "déc.",
    "March": "mars",
}
_SOURCES: tuple[tuple[str, str], ...] = (
    (
        r"HCSP instruction on invasive meningococcal infections",
        "instruction sur les infections à méningocoque",
    ),
    (r"HCSP on measles prophylaxis", "HCSP, prévention de la rougeole"),
    (r"regional agency sheet on measles", "fiche d’une agence régionale sur la rougeole"),
    (r"Swiss federal guidance on measles", "consignes fédérales suisses sur la rougeole"),
    (r"incubation of 7 to 21 days", "incubation de 7 à 21 jours"),
    (r"service-public text and minister", "texte de service-public et ministre"),
    (r"information sheets of La Réunion", "fiches d’information de La Réunion"),
    (r"case definition of", "définition de cas du"),
    (r"DGS note in the press of", "note de la DGS, dans la presse du"),
    (r"DGS note of ([^(;,]+)", r"note de la DGS du \1"),
    (r"note of (\d+ \w+ \d+) in the press", r"note du \1, dans la presse"),
    (r"guidance of", "consignes du"),
    (r"ceiling decree", "plafond : décret"),
    (r"decree of", "décret du"),
    (r"\bdecree\b", "décret"),
    (r"Senate hearing", "audition au Sénat"),
    (r"scientific council", "conseil scientifique"),
    (r"\bminister\b", "ministre"),
    (r"fever: our reading", "fièvre : notre lecture"),
    (r"starting values", "valeurs de départ"),
    (r"general knowledge", "connaissance générale"),
    (r"general law", "droit commun"),
    (r"none found", "aucune source trouvée"),
    (r"\(history\)", "(historique)"),
    (r"\(isolation\)", "(isolement)"),
    (r"\(retrotracing\)", "(recherche de l’origine)"),
    (r"(\d) and (\d)", r"\1 et \2"),
    (r"(\d \w+) and (\d)", r"\1 et \2"),
)


def source_word(source: str) -> str:
    """Return where a rule comes from as a referent reads it: the kind of source and its date in French."""
    for english, french in _SOURCES:
        source = re.sub(english, french, source)
    source = re.sub(r"\b(" + "|".join(_MONTHS) + r")\b", lambda found: _MONTHS[found[1]], source)
    return re.sub(r"\s*([;:]) ", "\u202f\\1 ", source)
