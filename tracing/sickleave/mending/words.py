"""French words of the lists of notes, and of what was decided about one."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.kernel import clock
from tracing.scripts.wording import day_in_words
from tracing.sickleave.mending.queries import kept_by
from tracing.sickleave.mending.rules import NoteList
from tracing.sickleave.models import SickNote
from tracing.sickleave.words import KEEP_WORDS, REPLACE_WORDS
from tracing.staff import queries as staff

LIST_WORDS = {
    NoteList.TO_MEND: _l("À reprendre"),
    NoteList.TO_COUNTERSIGN: _l("À contresigner"),
    NoteList.TO_DELIVER: _l("À remettre"),
    NoteList.SAME_NUMBER: _l("Même numéro"),
    NoteList.ISSUED: _l("Valables"),
    NoteList.PROLONGED: _l("Prolongés"),
    NoteList.REPLACED: _l("Remplacés"),
    NoteList.CANCELLED: _l("Annulés"),
}

LEAD_WORDS = {
    NoteList.TO_MEND: _l(
        "Ces arrêts ne correspondent plus à ce qui est décidé de la personne. Ouvrez-en un\u202f: les jours justes y sont proposés."
    ),
    NoteList.TO_COUNTERSIGN: _l(
        "Annulés ou remplacés plus d’un jour après leur délivrance\u202f: un médecin-conseil contresigne, ou rétablit l’arrêt."
    ),
    NoteList.TO_DELIVER: _l(
        "La personne n’a pas ses papiers : personne n’a choisi comment les lui remettre, la lettre est arrêtée, le lien n’a pas été ouvert en deux jours, ou la date de naissance qui l’ouvre a été corrigée. Ouvrez un arrêt pour envoyer une lettre, ou pour lui lire un autre lien."
    ),
    NoteList.SAME_NUMBER: _l(
        "Trois personnes ou plus ont un arrêt depuis sept jours derrière le même numéro de téléphone. Ce peut être une famille\u202f: un médecin-conseil regarde. Les établissements n’y sont pas."
    ),
    NoteList.ISSUED: _l("Ces arrêts valent pour leurs jours\u202f; rien ne les prolonge."),
    NoteList.PROLONGED: _l("Ces arrêts valent pour leurs jours\u202f; un autre continue dès le lendemain."),
    NoteList.REPLACED: _l("Ces arrêts ne valent plus rien\u202f: un autre a pris leur place."),
    NoteList.CANCELLED: _l("Ces arrêts ne valent plus rien. Leur numéro ne sert plus."),
}

EMPTY_WORDS = {
    NoteList.TO_DELIVER: (
        _l("Aucun papier n’est à remettre"),
        _l(
            "Un arrêt arrive ici une heure après sa délivrance si rien n’est choisi, et dès qu’une lettre est arrêtée ou qu’un lien se ferme."
        ),
    ),
    NoteList.SAME_NUMBER: (
        _l("Aucun numéro n’a plusieurs arrêts"),
        _l("Trois personnes avec un arrêt en sept jours derrière un numéro arrivent ici."),
    ),
    NoteList.TO_MEND: (
        _l("Aucun arrêt n’est à reprendre"),
        _l("Quand des dates changent après la délivrance, l’arrêt arrive ici."),
    ),
    NoteList.TO_COUNTERSIGN: (
        _l("Aucun arrêt n’est à contresigner"),
        _l("Ce qu’un superviseur annule ou remplace après plus d’un jour arrive ici."),
    ),
}


def decided_words(standing: SickNote, notes: Sequence[SickNote], zone: ZoneInfo) -> str:
    """Return who has left a note with days other than the measure's, when and why; empty if nobody has.

    `notes` are those of its call task: the reason may stand on the one that it replaced.
    """
    if standing.accepted_because is None:
        return ""
    member_id, decided_at = kept_by(standing)
    before = next((one for one in notes if one.id == standing.replaces_id), None)
    replaced = REPLACE_WORDS.get(before.cancelled_because) if before and before.cancelled_because else None
    why = [one for one in (replaced, KEEP_WORDS[standing.accepted_because]) if one is not None]
    return str(
        _(
            "Décidé par %(who)s, %(day)s\u202f: %(why)s. Ne le changez que si la personne dit autre chose.",
            who=staff.member_names([member_id])[member_id],
            day=day_in_words(clock.local_day(decided_at, zone)),
            why=", ".join(str(one) for one in why),
        )
    )
