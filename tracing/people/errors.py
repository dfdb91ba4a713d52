"""Refusals about who somebody is, each with the sentence that the user reads."""

from flask_babel import gettext as _

from tracing.kernel.errors import Invalid


class MayBeBarred(Invalid):
    """Somebody like this died or asked never to be called."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Quelqu’un de ce prénom, joint à ce numéro, est déclaré décédé ou a demandé à ne plus être appelé. Si c’est une autre personne, cochez la case."
            )
        )


class AsItWas(Invalid):
    """What was typed is what the file says already."""

    def __init__(self) -> None:
        super().__init__(_("Rien n’a changé : le dossier dit déjà cela."))
