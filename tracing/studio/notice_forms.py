"""The form with which the words of a notice are corrected."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, StopValidation

from tracing.kernel import clock
from tracing.programmes.publishing.errors import NoMoment
from tracing.ui.forms import PageForm

MOST_SENTENCES = 3
_END = re.compile(r"[.!?…]+(?=\s|$)")


def in_three_sentences(_form: PageForm, field: Field) -> None:
    """Refuse more than three sentences: whoever is about to call must have read them in a moment."""
    if len(_END.findall((field.data or "").strip())) > MOST_SENTENCES:
        raise StopValidation(_("Trois phrases au plus : quoi, pour qui, pourquoi."))


def there_is(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """Return the moment of a day and an hour.

    Raises:
        NoMoment: the clocks of the zone skip this hour on that day.
    """
    moment = clock.local_moment(day, hour, zone)
    if moment is None:
        raise NoMoment(
            _(
                "Cette heure n’existe pas ce jour-là : les horloges passent à l’heure d’été. Choisissez-en une autre."
            )
        )
    return moment


class NoticeForm(PageForm):
    """What changes, as those who call read it."""

    revision = HiddenField(validators=[InputRequired()])
    body = TextAreaField(
        _l("Ce qui change"),
        description=_l("Trois phrases au plus. Qui l’a déjà lue la relira avant son prochain appel."),
        validators=[
            InputRequired(_l("Dites ce qui change.")),
            Length(10, 500, _l("De 10 à 500 caractères.")),
            in_three_sentences,
        ],
        render_kw={"rows": 4},
    )
