"""Refusals of the contact list."""

from datetime import date

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused
from tracing.scripts.wording import day_in_words


class NoSuchContact(Missing):
    """The call has no such contact."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne n’est pas dans la liste de cet appel."))


class OutsideWindow(Invalid):
    """The meeting was not within the contagious days."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(
            _(
                "Ce jour est hors de la période de contagiosité : du %(first)s au %(last)s. Une rencontre d’un autre jour ne compte pas.",
                first=day_in_words(first),
                last=day_in_words(last),
            )
        )


class AlreadyNamed(Refused):
    """The case already named this person, with the same number or the same identity."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne est déjà dans la liste. Modifiez sa ligne au lieu de l’ajouter."))


class IsTheCase(Invalid):
    """The contact is the case itself."""

    def __init__(self) -> None:
        super().__init__(_("C’est la personne positive elle-même : elle n’est pas son propre contact."))


class MayBeTheCase(Refused):
    """The person who is being called may have been entered as their own contact: same given name, same number."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Même prénom et même numéro que la personne positive : est-ce elle ? Si c’est quelqu’un d’autre, donnez son nom et sa date de naissance."
            )
        )


class IsACase(Refused):
    """The contact is a case by now and cannot be removed: they are followed for themselves."""

    def __init__(self) -> None:
        # the person who named them must not learn of their positive test
        super().__init__(_("Cette personne est suivie par la plateforme : elle reste dans la liste."))


class NotTheirList(Refused):
    """In a contact's own call the list cannot be changed: contacts do not name contacts."""

    def __init__(self) -> None:
        super().__init__(_("Une personne contact ne nomme pas ses propres contacts."))
