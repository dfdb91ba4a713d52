"""Refusals of the toolbox."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchEntry(Missing):
    """There is no such entry at this site, or it was withdrawn."""

    def __init__(self) -> None:
        super().__init__(_("Cette fiche n’existe pas ici, ou elle a été retirée."))


class EntryChanged(Refused):
    """A colleague has changed the entry since it was opened."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s a changé cette fiche pendant que vous écriviez. Rien n’est enregistré.", name=name)
        )


class AlreadyAnEntry(Refused):
    """An entry was made of this answer already."""

    def __init__(self, entry_id: int) -> None:
        self.entry_id = entry_id
        super().__init__(_("Cette réponse est déjà une fiche de la boîte à outils : la voici."))


class NamesSomebody(Invalid):
    """The text has a number or a name of somebody."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ôtez ce qui désigne une personne : nom, prénom, numéro de téléphone, de dossier ou d’assuré. Tout le site lira cette fiche."
            )
        )


class EndsBeforeItStarts(Invalid):
    """The last day comes before the first."""

    def __init__(self) -> None:
        super().__init__(_("Le dernier jour vient avant le premier."))


class AlreadyOver(EndsBeforeItStarts):
    """The last day is past: nobody would ever find the entry."""

    def __init__(self) -> None:
        Invalid.__init__(
            self,
            _(
                "Ce jour est passé\u202f: personne ne trouverait cette fiche. Pour la retirer, il y a un bouton."
            ),
        )
