"""Refusals of the onboarding feature, each with the sentence that the user reads."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchRecruit(Missing):
    """There is no such recruit, or they belong to another site."""

    def __init__(self) -> None:
        super().__init__(_("Cette recrue n’est pas de votre site."))


class NoSuchLink(Missing):
    """No invitation has this link."""

    def __init__(self) -> None:
        super().__init__(_("Ce lien ne mène à aucune invitation. Vérifiez que vous l’avez copié en entier."))


class LinkClosed(Refused):
    """The link is no longer valid. Status 410, because it once was."""

    status = 410


class LinkUsed(LinkClosed):
    """The link was used: it opens one account only."""

    def __init__(self) -> None:
        super().__init__(_("Ce lien a déjà servi. Votre compte est ouvert : connectez-vous."))


class LinkWithdrawn(LinkClosed):
    """The referent withdrew the invitation."""

    def __init__(self) -> None:
        super().__init__(_("Ce lien a été retiré. Demandez-en un autre à votre référent."))


class LinkExpired(LinkClosed):
    """The link is too old, or the contract is over."""

    def __init__(self) -> None:
        super().__init__(_("Ce lien n’est plus valable. Demandez-en un autre à votre référent."))


class NoTrainingSite(Refused):
    """There is no training site to practise at."""

    def __init__(self) -> None:
        super().__init__(_("Aucun site d’entraînement n’est ouvert. Demandez-en un à l’administrateur."))


class NoLiveSite(Refused):
    """The referent has no live site to invite for."""

    def __init__(self) -> None:
        super().__init__(_("Vous n’êtes référent d’aucun site réel : personne ne peut être invité."))


class ContractOver(Invalid):
    """The contract must end after today."""

    def __init__(self) -> None:
        super().__init__(_("La fin du contrat est à venir."))


class AlreadyJoined(Refused):
    """The recruit has used the link."""

    def __init__(self) -> None:
        super().__init__(_("Cette personne a déjà ouvert son compte. Rien n’a été changé."))


class NotReady(Refused):
    """The recruit has not yet completed a practice conversation with a patient zero."""

    def __init__(self) -> None:
        super().__init__(
            _("Il manque un appel complet à un patient zéro sur le site d’entraînement. Rien n’a été changé.")
        )
