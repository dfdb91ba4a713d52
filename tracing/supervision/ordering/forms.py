"""Forms of the order of calls and of the calling hours."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TimeField
from wtforms.validators import InputRequired, NumberRange, Optional

from tracing.programmes.schema import Weights
from tracing.queue.maintenance.settings import Hours
from tracing.queue.words import WEIGHT_WORDS
from tracing.ui.fields import WholeNumberField
from tracing.ui.forms import PageForm

LONGEST = 1440
"""Minutes: a day."""


def _minutes(label: Any, description: Any = "") -> WholeNumberField:
    return WholeNumberField(
        label,
        description=description,
        validators=[
            InputRequired(_l("Donnez un nombre de minutes, 0 pour ne rien avancer.")),
            NumberRange(0, LONGEST, _l("Entre 0 et 1440 minutes.")),
        ],
        render_kw={"inputmode": "numeric", "min": 0, "max": LONGEST},
    )


class WeightsForm(PageForm):
    """By how many minutes each circumstance advances a call."""

    aged = _minutes(_l("65 ans ou plus"), _l("D’après la date de naissance."))
    fragile = _minutes(_l("Santé fragile"), _l("Si la personne le dit."))
    place = _minutes(_l("Collectivité"), _l("EHPAD, prison, foyer."))
    symptoms = _minutes(_l("Symptômes"), _l("D’après le laboratoire."))
    priority = _minutes(_l("Priorité"), _l("Donnée à un lot ou à un lieu."))
    promise = _minutes(_l("Rappel promis"), _l("Avant l’heure promise."))
    follow_up = _minutes(_l("Appel de suivi"), _l("Retardé d’autant : après les premiers appels."))

    def weights(self) -> Weights:
        """Return what was typed."""
        return Weights(**{name: getattr(self, name).data for name in WEIGHT_WORDS})


class CallingHoursForm(PageForm):
    """The calling hours of a site."""

    opens = TimeField(_l("De"), validators=[Optional()])
    closes = TimeField(
        _l("À"),
        description=_l(
            "Laissez les deux vides pour suivre les heures du programme. 00:00 est la fin du jour."
        ),
        validators=[Optional()],
    )
    sundays = BooleanField(_l("Appeler le dimanche"))
    holidays = BooleanField(_l("Appeler les jours fériés"))

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Require both times or none, in the right order."""
        if not super().validate(extra_validators):
            return False
        opens, closes = self.opens.data, self.closes.data
        wrong = None
        if (opens is None) != (closes is None):
            wrong = _("Tapez les deux heures, ou aucune.")
        elif opens is not None and closes is not None and closes != time(0) and opens >= closes:
            wrong = _("La fin vient après le début.")
        if wrong:
            self.closes.errors = [wrong]
        return wrong is None

    def hours(self) -> Hours:
        """Return what was typed."""
        return Hours(self.opens.data, self.closes.data, self.sundays.data, self.holidays.data)
