"""What the staff part refuses."""

from flask_babel import gettext as _

from tracing.kernel.errors import Forbidden, Invalid, Missing, Refused


class WrongPassword(Refused):
    """The name or the password is wrong; which of the two is not said."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("Identifiant ou mot de passe inconnu."))


class TooManyAttempts(Refused):
    """A name, known or not, or an address was tried too often."""

    status = 429

    def __init__(self, minutes: int) -> None:
        super().__init__(
            _(
                "Trop d’essais. Réessayez dans %(minutes)d minutes, ou demandez de l’aide à votre superviseur.",
                minutes=minutes,
            )
        )


class NotAllowed(Forbidden):
    """The page is for another role."""

    def __init__(self) -> None:
        super().__init__(_("Cette page demande un autre rôle que le vôtre."))


class NoSuchMember(Missing):
    """There is no such member."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne n’est pas connue ici."))


class LoginTaken(Invalid):
    """Somebody has this login."""

    def __init__(self) -> None:
        super().__init__(_("Cet identifiant est déjà pris. Choisissez-en un autre."))


class WeakPassword(Invalid):
    """The password could be guessed."""

    def __init__(self, minimum: int) -> None:
        super().__init__(
            _(
                "Le mot de passe doit compter au moins %(minimum)d caractères et différer de l’identifiant.",
                minimum=minimum,
            )
        )


class NoRole(Forbidden):
    """The account is open and holds no role at any site."""

    def __init__(self) -> None:
        super().__init__(_("Votre compte n’a de rôle sur aucun site. Demandez à votre référent."))
