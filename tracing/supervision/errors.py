"""Refusals of supervision."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NotATracerHere(Invalid):
    """The chosen member does not call for this site, or is on a call."""

    def __init__(self) -> None:
        super().__init__(_("Choisissez quelqu’un qui appelle pour ce site et qui n’est pas en ligne."))


class NotOnThisList(Missing):
    """The call or the case is on no list of this site."""

    def __init__(self) -> None:
        super().__init__(_("Cette ligne n’est sur aucune liste de votre site."))


class AlreadyDealtWith(Refused):
    """Another member was faster: the row has left the list."""

    def __init__(self) -> None:
        super().__init__(_("Cette ligne a déjà été traitée entre-temps. Rien n’a été changé."))


class TooLateToUndo(Refused):
    """A decision can be undone only for a short time."""

    def __init__(self) -> None:
        super().__init__(
            _("Il est trop tard pour annuler : la décision a plus de dix minutes, ou a déjà changé.")
        )


class SaidDead(Refused):
    """Nothing more is sent to a person who was reported dead."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Le décès de cette personne nous a été signalé : aucune lettre ne lui est écrite. Décidez dans la liste des décès signalés."
            )
        )


class AskedNotToBeCalled(Refused):
    """Nothing more is sent to a person who asked never to be called again."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette personne a demandé à ne plus être appelée : aucune lettre ne lui est écrite.")
        )


class NumberSaidWrong(Invalid):
    """The number that was typed was said wrong for this person."""

    def __init__(self) -> None:
        super().__init__(
            _("Ce numéro a été dit mauvais pour cette personne. S’il est bon après tout, dites-le plus bas.")
        )


class DoctorStillAsked(Refused):
    """A medical adviser was asked: the call waits for the answer."""

    def __init__(self) -> None:
        super().__init__(_("Un avis est encore attendu pour cet appel : il repartira avec la réponse."))


class NotANumber(Invalid):
    """What was typed is not a number that can be rung."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce numéro ne peut pas être composé. Tapez dix chiffres, ou un numéro étranger avec son indicatif."
            )
        )


class CannotBeReopened(Refused):
    """Nobody is to be called there, so the call stays closed."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cet appel ne se rouvre pas d’ici : personne n’est à appeler, ou il est sur une liste à traiter."
            )
        )


class CanStillBeTakenBack(Refused):
    """A letter is written once the outcome of the call stands."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "L’issue de l’appel vient d’être notée et peut encore être annulée. Écrivez la lettre dans deux minutes."
            )
        )
