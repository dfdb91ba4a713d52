"""Labels of corrections: what is wrong with a field, why a line is set aside, what became of a workbook."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracing.imports.corrections.services import Corrected, SetAside
from tracing.imports.format.faults import Fault, Problem, Why
from tracing.imports.rules import Outcome
from tracing.people.merging import Likeness, Part

FAULT_WORDS = {
    Why.EMPTY: _l("Ce champ est obligatoire, et il est vide."),
    Why.NO_LETTER: _l("Un nom contient au moins une lettre."),
    Why.UNREADABLE: _l("Cette date est illisible ou n’existe pas."),
    Why.BORN_LATER: _l("La naissance serait postérieure au prélèvement."),
    Why.TOO_LONG_AGO: _l("La personne aurait plus de 130 ans."),
    Why.AFTER_EXTRACTION: _l("Le prélèvement est postérieur à l’extraction du fichier."),
    Why.AFTER_RECEIPT: _l("Le prélèvement est postérieur à l’arrivée du fichier."),
    Why.TOO_OLD: _l(
        "Le prélèvement a plus de 30 jours à l’extraction : s’il est juste, chargez la ligne malgré son ancienneté, dans les pages."
    ),
    Why.UNKNOWN_CODE: _l("Ce code est inconnu."),
    Why.UNKNOWN_TEST: _l("Personne n’a encore dit si ce code est un test de la maladie suivie."),
    Why.TAKEN: _l("Cet identifiant est déjà celui d’une autre ligne de cet expéditeur."),
}
"""Label of a fault, shown beside its field."""

HELP_WORDS = {
    "RESULTAT": _l("P positif, N négatif, I ininterprétable, X non réalisé."),
    "DATE_NAISSANCE": _l("Comme 31/01/1980."),
    "DATE_PRELEVEMENT": _l("Comme 31/01/2022 ou 31/01/2022 08:30."),
}

SET_ASIDE_WORDS = {
    SetAside.NO_RESULT: _l("L’expéditeur confirme que ce n’est pas un résultat à suivre"),
    SetAside.SENT_AGAIN: _l("L’expéditeur a renvoyé ce résultat sous un autre identifiant"),
    SetAside.SENDER_GAVE_UP: _l("L’expéditeur ne peut pas compléter la ligne"),
    SetAside.POSITIVE_STANDS: _l("Plusieurs tests sous un identifiant : le positif compte"),
    SetAside.NOT_COMPARED: _l("Non positif, et personne ne l’a comparé en sept jours"),
}

TAKEN_WORDS = {
    Outcome.CREATED: _l("dossier créé, appelable dès maintenant"),
    Outcome.REPEAT: _l("résultat joint à un dossier connu"),
    Outcome.DUPLICATE: _l("déjà reçue par une autre ligne"),
    Outcome.NOT_POSITIVE: _l("résultat non positif, rien n’est gardé de la personne"),
    Outcome.WITHDRAWN: _l("résultat retiré, à voir par le superviseur"),
}
"""What a corrected line has become."""

PART_WORDS = {
    Part.BIRTH_NAME: _l("Nom de naissance"),
    Part.FIRST_NAMES: _l("Prénoms"),
    Part.BIRTH_DATE: _l("Né(e) le"),
    Part.SEX: _l("Sexe"),
    Part.NIR: _l("NIR"),
}
"""The parts of an identity that say whether two lines name one person."""

LIKENESS_WORDS = {
    Likeness.SAME: _l("pareil"),
    Likeness.AGREES: _l("compatible"),
    Likeness.ONE_LETTER: _l("une lettre diffère"),
    Likeness.ONE_SIDE: _l("d’un seul côté"),
    Likeness.DIFFERS: _l("diffère"),
}

MOST_NAMED = 10


ID_WORDS = _l(
    "Cet identifiant est déjà celui d’une autre personne. Dites sur la page de la ligne si c’est une correction."
)
SHAPE_WORDS = _l(
    "La ligne n’a pas la forme de l’en-tête : ses cellules sont peut-être décalées, ou coupées. Comparez chacune."
)


def told(faults: Iterable[Fault], reasons: Iterable[str] = ()) -> str:
    """Return everything that is wrong with a line in one cell: its shape, each field, and why."""
    fields = [
        f"{fault.field} : {FAULT_WORDS[fault.why]} {HELP_WORDS.get(fault.field, '')}".rstrip()
        for fault in faults
    ]
    shape = [str(SHAPE_WORDS)] if Problem.BAD_SHAPE in reasons else []
    taken = [str(ID_WORDS)] if Problem.ID_TAKEN in reasons else []
    return "\n".join([*shape, *taken, *fields])


def said_of_file(corrected: Corrected, *, unreadable: int) -> list[str]:
    """Return sentences on what became of the rows of a corrected workbook; row numbers, never a name."""
    said = [
        ngettext("%(num)d ligne corrigée.", "%(num)d lignes corrigées.", len(corrected.taken))
        if corrected.taken
        else _("Aucune ligne nouvelle n’est corrigée.")
    ]
    if corrected.wrong:
        said.append(
            ngettext(
                "%(num)d ligne est encore à corriger.",
                "%(num)d lignes sont encore à corriger.",
                len(corrected.wrong),
            )
        )
    if corrected.done_before:
        said.append(
            ngettext(
                "%(num)d ligne l’était déjà : rien n’est doublé.",
                "%(num)d lignes l’étaient déjà : rien n’est doublé.",
                len(corrected.done_before),
            )
        )
    if corrected.unknown:
        said.append(_("Lignes inconnues dans ce lot : %(rows)s.", rows=_rows(corrected.unknown)))
    if unreadable:
        said.append(
            ngettext(
                "%(num)d rang n’a pas de numéro dans la colonne LIGNE : il est laissé de côté.",
                "%(num)d rangs n’ont pas de numéro dans la colonne LIGNE : ils sont laissés de côté.",
                unreadable,
            )
        )
    return [str(sentence) for sentence in said]


def _rows(rows: Iterable[int]) -> str:
    listed = sorted(rows)
    return ", ".join(str(row) for row in listed[:MOST_NAMED]) + (" …" if len(listed) > MOST_NAMED else "")
