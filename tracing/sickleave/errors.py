"""Refusals of the sick-leave feature, each with the sentence that the user reads."""

from datetime import date

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchNote(Missing):
    """There is no such note, or this person may not read it."""

    def __init__(self) -> None:
        super().__init__(_("Cet arrêt n’existe pas, ou n’est pas de votre site."))


class NoteNotAllowed(Invalid):
    """The rules allow no note; the sentence is what the tracer tells the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class NoteFits(Refused):
    """The note needs no decision any more: it fits again, or somebody has dealt with it."""

    def __init__(self) -> None:
        super().__init__(_("Cet arrêt n’est plus à reprendre : il convient de nouveau, ou a été traité."))


class NoteChanged(Refused):
    """Somebody has dealt with the note meanwhile."""

    def __init__(self, done: str, who: str) -> None:
        sentence = {
            "cancelled": _("Cet arrêt a été annulé entre-temps par %(who)s. Rien n’a été changé.", who=who),
            "replaced": _("Cet arrêt a été remplacé entre-temps par %(who)s. Rien n’a été changé.", who=who),
            "prolonged": _("Cet arrêt a été prolongé entre-temps par %(who)s. Rien n’a été changé.", who=who),
        }
        super().__init__(sentence[done])


class NoteKept(Refused):
    """Somebody has decided meanwhile to leave the note as it is."""

    def __init__(self, who: str, why: str) -> None:
        super().__init__(
            _(
                "%(who)s a gardé cet arrêt tel quel entre-temps (motif : %(why)s). Rien n’a été changé.",
                who=who,
                why=why,
            )
        )


class DaysMoved(Invalid):
    """The chosen last day is not one that the rule allows."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(
            _(
                "Le dernier jour doit être entre le %(first)s et le %(last)s.",
                first=f"{first:%d/%m/%Y}",
                last=f"{last:%d/%m/%Y}",
            )
        )


class TooEarly(Invalid):
    """The chosen first day is before the first that is possible."""

    def __init__(self, first: date) -> None:
        self.first = first
        super().__init__(
            _(
                "Le premier jour ne peut pas être avant le %(first)s : rien n’a été changé.",
                first=f"{first:%d/%m/%Y}",
            )
        )


class TooLate(Invalid):
    """The chosen first day is after the only one that is possible: that of a prolongation is the day after the note before."""

    def __init__(self, first: date) -> None:
        super().__init__(
            _(
                "Le premier jour ne peut être que le %(first)s : rien n’a été changé.",
                first=f"{first:%d/%m/%Y}",
            )
        )


class AlreadyCountersigned(Refused):
    """An adviser has agreed that the note is void."""

    def __init__(self) -> None:
        super().__init__(_("Un médecin-conseil a déjà contresigné cette annulation\u202f: elle reste."))


class Overlapping(Refused):
    """The person has another note of these days by now."""

    def __init__(self) -> None:
        super().__init__(
            _("La personne a maintenant un autre arrêt pour ces jours\u202f: celui-ci ne peut pas revenir.")
        )


class EarlierNoteVoid(Refused):
    """The note that this one prolongs is void, and was not cancelled with it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "L’arrêt que celui-ci prolonge ne vaut plus\u202f: rétablissez-le d’abord, ou rappelez la personne."
            )
        )


class NoteRestored(Refused):
    """The note is valid again meanwhile."""

    def __init__(self, number: str) -> None:
        super().__init__(
            _(
                "%(number)s a été rétabli entre-temps et vaut de nouveau\u202f: il n’y a plus rien à contresigner.",
                number=number,
            )
        )


class NoSuchDay(Missing):
    """There is no such day or file."""

    def __init__(self) -> None:
        super().__init__(_("Ce fichier n’existe pas."))


class DayNotOver(Invalid):
    """Something can still happen on that day."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce jour n’est pas terminé\u202f: son fichier se fait à partir de 0\u202fh\u202f15 le lendemain."
            )
        )


class NoFileOfTraining(Invalid):
    """The people of a training site are invented."""

    def __init__(self) -> None:
        super().__init__(_("Un site d’entraînement ne transmet rien\u202f: ses personnes sont inventées."))


class FileDiffers(Refused):
    """The file of a day is not what it was the first time."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Le fichier de ce jour ne serait plus celui qui a été fait d’abord\u202f: rien n’a été remis. Prévenez l’administrateur."
            )
        )


class PapersNotGiven(Refused):
    """The papers of a note cannot be given to the person in this way, or not at all."""


class NoteVoid(PapersNotGiven):
    """The note is worth nothing any more, so its papers are not given."""

    def __init__(self) -> None:
        super().__init__(_("Cet arrêt ne vaut plus rien : ses papiers ne se remettent plus."))


class BearerDied(PapersNotGiven):
    """The person was said to have died."""

    def __init__(self) -> None:
        super().__init__(_("La personne est déclarée décédée : ses papiers ne se remettent plus."))


class NoBirthDate(PapersNotGiven):
    """A link is opened with the birth date, and none is on the note."""

    def __init__(self) -> None:
        super().__init__(
            _("L’arrêt ne porte pas de date de naissance : un lien ne s’ouvrirait pas. Choisissez la lettre.")
        )


class NoPublicPages(PapersNotGiven):
    """Nobody can open a link: the platform has no public pages."""

    def __init__(self) -> None:
        super().__init__(
            _("Les pages publiques ne sont pas ouvertes : un lien ne s’ouvrirait pas. Choisissez la lettre.")
        )


class NoLetterLeaves(PapersNotGiven):
    """Messages to the person are stopped."""

    def __init__(self) -> None:
        super().__init__(
            _("Les messages à cette personne sont arrêtés : aucune lettre ne part. Choisissez le lien.")
        )


class NoLink(Missing):
    """There is no link that still opens."""

    def __init__(self) -> None:
        super().__init__(_("Cet arrêt n’a pas de lien qui s’ouvre encore : faites-en un autre."))
