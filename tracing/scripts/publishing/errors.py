"""What cannot be done with a draft of a script, in the words that its reader sees."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchScript(Missing):
    """There is no such draft or version."""

    def __init__(self) -> None:
        super().__init__(_("Cette version de script n’existe pas."))


class NoSuchStep(Missing):
    """The step was taken out of the draft meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette étape n’est plus dans ce brouillon : quelqu’un l’a supprimée. Rien n’a été modifié.")
        )


class StepChanged(Refused):
    """Somebody else changed the same step while this was typed."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Quelqu’un d’autre a modifié cette étape pendant que vous écriviez. Rien n’a été écrasé : votre saisie est ci-dessous, son texte à côté ; comparez, puis enregistrez de nouveau."
            )
        )


class SameName(Invalid):
    """Another step, or a question of another step, has this name."""


class OthersPublished(Refused):
    """Another version was approved, or withdrawn, since the draft was begun: approved as it is, it would undo that."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Une autre version de ce script a été approuvée ou retirée depuis que ce brouillon a été commencé. Comparez-les d’abord, puis dites que vous l’avez fait. Rien n’a été approuvé."
            )
        )


class NothingNew(Invalid):
    """The draft says what is in force already."""

    def __init__(self) -> None:
        super().__init__(_("Ce brouillon ne change rien au script : il n’y a rien à approuver."))


class RuleNotWaiting(Invalid):
    """The version of a rule with which the script is to take effect is not approved, or has taken effect."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "La version de règle choisie n’attend plus sa date d’effet : choisissez-en une autre, ou un jour et une heure."
            )
        )


class AlreadyBegun(Refused):
    """Somebody writes a draft of this script already: a file would overwrite it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Un brouillon de ce script est déjà commencé : proposez-le ou abandonnez-le d’abord. Le fichier n’a pas été pris."
            )
        )
