"""Refusals of the sick-leave feature, each with the sentence that the user reads."""

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
