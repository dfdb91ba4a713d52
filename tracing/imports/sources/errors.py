"""Why an action on a source is refused: one class each, with the sentence the import officer reads."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.imports.errors import FileRefused
from tracing.imports.format.inspection import Difference
from tracing.imports.refusal_codes import Refusal
from tracing.kernel.errors import Forbidden, Invalid, Missing, Refused

MOST_TOLD = 3
"""Headings named in the sentence; the page lists them all."""


class NoSuchSource(Missing):
    """The source does not exist or is outside the reader's scope."""

    def __init__(self) -> None:
        super().__init__(_("Cet expéditeur n’existe pas."))


class NoSuchKey(Missing):
    """The source has no such key."""

    def __init__(self) -> None:
        super().__init__(_("Cette clé n’existe pas, ou plus."))


class NoSuchMapping(Missing):
    """The source has no such mapping version."""

    def __init__(self) -> None:
        super().__init__(_("Cette version n’existe pas."))


class SourceCodeTaken(Invalid):
    """The code already names another source."""

    def __init__(self) -> None:
        super().__init__(
            _("Ce code désigne déjà un expéditeur. Ouvrez sa page, ou choisissez un autre code.")
        )


class OtherWorld(Invalid):
    """A source of real people cannot become one of a training site, nor the reverse."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Un expéditeur de vraies personnes ne devient pas celui d’un site d’entraînement, ni l’inverse. Rien n’a été modifié."
            )
        )


class KeyRefused(Invalid):
    """The file or text is no usable key. `field` is the form field to blame."""

    def __init__(self, message: str, field: str = "file") -> None:
        super().__init__(message)
        self.field = field


class KeyKnown(KeyRefused):
    """The same key is stored already."""

    def __init__(self) -> None:
        super().__init__(_("Cette clé est déjà enregistrée pour cet expéditeur."))


class KeyMoved(Refused):
    """Another person confirmed, dropped or retired the key meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("Cette clé a changé d’état entre-temps. Rien n’a été modifié : relisez sa page."))


class SecondPersonNeeded(Forbidden):
    """The person who proposed a key may not confirm it."""

    def __init__(self) -> None:
        super().__init__(
            _("Vous avez proposé cette clé : un autre chargé d’import doit la confirmer, pas vous.")
        )


class NotTheSame(Invalid):
    """What the second person typed differs from the stored key or password."""


class HeadingsChanged(FileRefused):
    """The headings of a known source are not those that were accepted: a person must map them."""

    refusal = Refusal.UNKNOWN_LAYOUT
    words = _l(
        "Les titres de cet expéditeur ont changé (%(change)s). Rien n’est chargé avant que la différence soit acceptée dans les pages."
    )

    def __init__(self, change: Difference) -> None:
        self.change = change
        super().__init__(change=" ; ".join(self._told()))

    def _told(self) -> list[str]:
        """Return short phrases that say what changed."""
        told = (
            (_("disparus : %(headings)s"), [gone.heading for gone in self.change.gone]),
            (_("nouveaux : %(headings)s"), self.change.new),
            (_("en double : %(headings)s"), self.change.doubled),
        )
        return [words % {"headings": _few(headings)} for words, headings in told if headings]


class HeadingsDoubled(FileRefused):
    """Two columns of a first file have the heading of one field: a person must say which is meant."""

    refusal = Refusal.UNKNOWN_LAYOUT
    words = _l(
        "Deux colonnes portent le titre d’un même champ (%(headings)s). Rien n’est chargé avant qu’une personne ait dit dans les pages laquelle est la bonne."
    )

    def __init__(self, headings: Sequence[str]) -> None:
        super().__init__(headings=_few([*dict.fromkeys(headings)]))


class DateOrderUnsaid(FileRefused):
    """A column whose dates seem written in another order than was said, or month first: a person must say so."""

    refusal = Refusal.UNKNOWN_LAYOUT
    words = _l(
        "Les dates de la colonne « %(heading)s » semblent écrites mois d’abord (ligne %(row)s). Rien n’est chargé avant qu’une personne l’ait dit dans les pages."
    )


class NoLongerMonthFirst(FileRefused):
    """A column that was said to be month first holds dates that are day first."""

    refusal = Refusal.UNKNOWN_LAYOUT
    words = _l(
        "Les dates de la colonne « %(heading)s » ne sont plus écrites mois d’abord (ligne %(row)s). Rien n’est chargé avant qu’une personne l’ait dit dans les pages."
    )


def _few(headings: Sequence[str]) -> str:
    """Return the first headings of a list as text."""
    more = ["…"] if len(headings) > MOST_TOLD else []
    return ", ".join([*headings[:MOST_TOLD], *more])
