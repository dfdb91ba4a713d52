"""What cannot be done with a version of the rules, in the words that its reader sees."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid, Missing, Refused


class NoSuchVersion(Missing):
    """There is no such version."""

    def __init__(self) -> None:
        super().__init__(_("Cette version de règle n’existe pas."))


class NoSuchTable(Missing):
    """The programme has no such table, or no row of it is in force any more."""

    def __init__(self) -> None:
        super().__init__(_("Ce programme n’a pas de règle de cette sorte en vigueur à cette date."))


class NoSuchRow(Missing):
    """The row was taken out of the draft meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette ligne n’est plus dans cette version : quelqu’un l’a supprimée. Rien n’a été modifié.")
        )


class CannotBeginFrom(Refused):
    """The version from which a draft was to begin is of another table, or never decided anything."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "On ne repart pas de cette version : elle n’a pas été approuvée, ou c’est celle d’une autre règle. Rien n’a été commencé."
            )
        )


class OthersApproved(Refused):
    """Other rules were approved, or withdrawn, since the draft was begun: approved as it is, it would undo that."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Les règles ont changé depuis que ce brouillon a été commencé. Comparez-le d’abord avec celles d’aujourd’hui, puis dites que vous l’avez fait. Rien n’a été approuvé."
            )
        )


class ChangedMeanwhile(Refused):
    """Somebody else changed the draft while this was typed."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Quelqu’un d’autre a modifié ce brouillon pendant que vous écriviez. Rien n’a été écrasé : votre saisie est ci-dessous ; comparez, puis enregistrez de nouveau."
            )
        )


class NotOpen(Refused):
    """The version is approved or withdrawn: it never changes again."""

    def __init__(self) -> None:
        super().__init__(
            _("Cette version n’est plus un brouillon : elle ne change plus. Rien n’a été modifié.")
        )


class NothingChanges(Invalid):
    """The draft says what is in force already."""

    def __init__(self) -> None:
        super().__init__(_("Ce brouillon ne change rien aux règles en vigueur : il n’y a rien à approuver."))


class NeedsReason(Invalid):
    """Nobody is told yet what changes."""

    def __init__(self) -> None:
        super().__init__(_("Dites d’abord, en trois phrases au plus, ce qui change et pourquoi."))


class HasProblems(Invalid):
    """The checks found mistakes."""

    def __init__(self, count: int) -> None:
        super().__init__(
            _(
                "Les vérifications ont trouvé %(count)s erreur(s) : corrigez-les avant de proposer.",
                count=count,
            )
        )


class NoMoment(Invalid):
    """The moment is missing, has passed, or comes before a version approved already."""


class NotProposed(Refused):
    """Only a proposed version is approved."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette version n’est pas proposée, ou ne l’est plus : relisez-la avant de l’approuver. Rien n’a été approuvé."
            )
        )


class NeedsAnother(Refused):
    """One person does not approve for both roles."""

    def __init__(self) -> None:
        super().__init__(
            _("Vous avez déjà approuvé cette version : il faut une autre personne, d’un autre métier.")
        )


class AlreadyApproved(Refused):
    """Somebody of the same profession approved it before."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Quelqu’un du même métier a déjà approuvé cette version ; son accord reste. Il manque l’autre métier."
            )
        )


class InForce(Refused):
    """It has taken effect: it is replaced, not withdrawn."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette version a pris effet : elle ne se retire plus. Préparez une version qui la remplace ; vous pouvez repartir de la précédente."
            )
        )


class ApprovedMeanwhile(Refused):
    """It was approved since somebody read it as a draft, and wanted to give it up."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette version a été approuvée entre-temps : ce n’est plus un brouillon. Rien n’a été retiré ; relisez-la, et retirez-la si c’est bien ce que vous voulez."
            )
        )


class OthersFollow(Refused):
    """Another version was built on it."""

    def __init__(self, number: int | str) -> None:
        super().__init__(
            _("La version n° %(number)s s’appuie sur celle-ci : retirez-la d’abord.", number=number)
        )
