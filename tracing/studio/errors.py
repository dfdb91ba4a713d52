"""Refusals of the studio."""

from flask_babel import gettext as _

from tracing.kernel.errors import Forbidden


class NotAtATrainingSite(Forbidden):
    """The rules are those of every site."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Les règles sont celles de tous les sites : elles se changent depuis un site réel, pas d’entraînement."
            )
        )
