"""What the case part refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Missing


class NoSuchCase(Missing):
    """There is no such case, or not for this person."""

    def __init__(self) -> None:
        super().__init__(_("Ce dossier n’existe pas, ou n’est pas de votre site."))
