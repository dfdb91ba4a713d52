"""Refusals of the days that are recalled."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid


class NoWords(Invalid):
    """Nothing was typed, or more than a place's name."""

    def __init__(self) -> None:
        super().__init__(_("Dites le lieu en quelques mots : son nom et sa ville."))


class TooManyPlaces(Invalid):
    """More places of one day than anybody goes through in a call."""

    def __init__(self, most: int) -> None:
        super().__init__(_("%(most)d lieux au plus par jour.", most=most))
