"""Refusals of the files of cases and contacts."""

from datetime import timedelta
from math import ceil

from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.kernel.errors import Forbidden, Invalid, Missing, Refused


class TooManySearches(Refused):
    """A member has searched too often within the hour, or too often in vain."""

    status = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            ngettext(
                "Trop de recherches en une heure : rien n’a été cherché. Réessayez dans %(num)d minute.",
                "Trop de recherches en une heure : rien n’a été cherché. Réessayez dans %(num)d minutes.",
                max(1, ceil(wait.total_seconds() / 60)),
            )
        )


class NoSuchFile(Missing):
    """There is no such file, or it was found by another member or at another site."""

    def __init__(self) -> None:
        super().__init__(_("Ce dossier n’est pas de ceux que vous avez trouvés ici."))


class FileShut(Refused):
    """A file is open for an hour."""

    status = 410

    def __init__(self) -> None:
        super().__init__(
            _("Ce dossier n’est plus ouvert : une heure est passée. Cherchez-le de nouveau, avec son motif.")
        )


class UnreadableKey(Invalid):
    """What was typed is no reference, telephone number or NIR."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce n’est ni une référence, ni un numéro de téléphone, ni un numéro de sécurité sociale. Vérifiez ce qui est tapé."
            )
        )


class NotYourReason(Forbidden):
    """The reason is not one of the member's roles."""

    def __init__(self) -> None:
        super().__init__(_("Ce motif n’est pas de ceux de votre rôle."))
