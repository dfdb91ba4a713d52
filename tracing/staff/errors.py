"""Refusals of the staff feature, each with the sentence that the user reads."""

from datetime import timedelta
from math import ceil

from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.kernel.errors import Forbidden, Invalid, Missing, Refused

SECONDS_ARE_SAID_BELOW = 90


class WrongPassword(Refused):
    """The login or the password is wrong; the message does not say which."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("Identifiant ou mot de passe inconnu."))


class TooManyAttempts(Refused):
    """Too many failed attempts on one account, existing or not, or on too many accounts from one address."""

    status = 429

    def __init__(self, wait: timedelta) -> None:
        self.seconds = seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(seconds / 60)
        if seconds < SECONDS_ARE_SAID_BELOW:
            said = ngettext("%(num)d seconde", "%(num)d secondes", seconds)
        else:
            said = ngettext("%(num)d minute", "%(num)d minutes", minutes)
        super().__init__(
            _(
                "Trop d’essais. Réessayez dans %(wait)s. Si vous ne retrouvez pas votre mot de passe, demandez à votre administrateur.",
                wait=said,
            )
        )


class TooManyUnlockAttempts(Refused):
    """Too many wrong passwords in a row at the lock screen: the session has ended."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            _(
                "Trop de mots de passe faux : cette session est fermée. Ce qui était enregistré le reste. Connectez-vous de nouveau."
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


class NoSuchSession(Missing):
    """There is no such session, or it has ended."""

    def __init__(self) -> None:
        super().__init__(_("Cette session est déjà fermée."))


class OwnAccount(Refused):
    """An administrator would lock themselves out."""

    def __init__(self) -> None:
        super().__init__(_("C’est votre propre compte. Demandez à un autre administrateur."))


class NoRoleLeft(Invalid):
    """A member without any role would be on no administrator's list."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez au moins un rôle. Pour mettre fin à l’accès, fermez le compte."))


class CannotMoveDuringCall(Refused):
    """A member on a call cannot change sites."""

    def __init__(self) -> None:
        super().__init__(_("Vous êtes en appel. Terminez-le ou rendez-le, puis changez de site."))


class CannotPauseDuringCall(Refused):
    """A member on a call cannot begin a pause."""

    def __init__(self) -> None:
        super().__init__(_("Vous êtes en appel. Terminez-le ou rendez-le, puis faites une pause."))


class LoginTaken(Invalid):
    """Another member has this login."""

    def __init__(self) -> None:
        super().__init__(_("Cet identifiant est déjà pris. Choisissez-en un autre."))


class WeakPassword(Invalid):
    """The password is too easy to guess."""

    def __init__(self, minimum: int) -> None:
        super().__init__(
            _(
                "Le mot de passe doit compter au moins %(minimum)d caractères et différer de l’identifiant.",
                minimum=minimum,
            )
        )


class NoRole(Forbidden):
    """The account is open but has no role at any site."""

    def __init__(self) -> None:
        super().__init__(_("Votre compte n’a de rôle sur aucun site. Demandez à votre référent."))


class NotCertified(Invalid):
    """A recruit belongs to the training site alone until a referent certifies them."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Une personne en contrat court commence par le site d’entraînement : son référent l’invite, puis l’habilite. Aucun rôle n’a été changé."
            )
        )


class AccountWorksElsewhere(Forbidden):
    """The account also works at a live site at which the agent does not have this right."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce compte ouvre aussi un site où vous n’avez pas ce droit : rien n’a été changé. Demandez à quelqu’un qui l’a sur tous ses sites."
            )
        )


class NotProposable(Refused):
    """Only an import officer of a live site can be national, and only once."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Seul un chargé d’import d’un site réel peut voir les lots de tous les sites. Relisez la page du compte."
            )
        )


class CannotGrantOneself(Forbidden):
    """A member cannot give themselves a right that requires two administrators."""

    def __init__(self) -> None:
        super().__init__(_("C’est votre propre compte : deux autres administrateurs en décident."))


class NeedsOtherAdministrator(Forbidden):
    """The administrator who proposed cannot confirm."""

    def __init__(self) -> None:
        super().__init__(_("Vous l’avez proposé : un autre administrateur doit le confirmer, pas vous."))


class NoSuchProposal(Refused):
    """There is no proposal to confirm."""

    def __init__(self) -> None:
        super().__init__(
            _("Aucune proposition n’attend : elle a été confirmée, retirée, ou son délai est passé.")
        )


class NotNational(Refused):
    """The officer is not national: they see only their own site already."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne ne voit déjà que les lots de son site."))


class NotOfThisSite(Invalid):
    """The member holds no role where the agent works."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez quelqu’un qui travaille sur ce site."))


class WrongDays(Invalid):
    """The last day comes before the first."""

    def __init__(self) -> None:
        super().__init__(_("Le dernier jour vient après le premier."))


class NoSuchAbsence(Missing):
    """There is no such absence at this site."""

    def __init__(self) -> None:
        super().__init__(_("Cette absence n’est pas connue ici."))


class WrongLoan(Invalid):
    """A loan must end later today and be to another site."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez un autre site et une heure à venir. Personne n’a été prêté."))


class NobodyToLend(Invalid):
    """No tracer is both at work and free."""

    def __init__(self) -> None:
        super().__init__(_("Personne n’est présent et libre en ce moment. Personne n’a été prêté."))


class NoSuchLoan(Missing):
    """There is no such loan at this site."""

    def __init__(self) -> None:
        super().__init__(_("Ce prêt n’est pas connu ici."))
