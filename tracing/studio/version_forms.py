"""The forms of a version: when and why, and one row of its table."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    HiddenField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length

from tracing.studio.notice_forms import in_three_sentences, there_is
from tracing.ui.fields import of_our_time
from tracing.ui.forms import PageForm

AS_DRAFT = "as_draft"
"""Sent by who gives up what they read as a draft: if it was approved meanwhile, it stays."""


class ChangeForm(PageForm):
    """When a version takes effect, and what it changes."""

    revision = HiddenField(validators=[InputRequired()])
    on = DateField(_l("Prend effet le"), validators=[InputRequired(_l("Indiquez un jour.")), of_our_time])
    at = TimeField(_l("À"), validators=[InputRequired(_l("Indiquez une heure."))])
    why = TextAreaField(
        _l("Ce qui change"),
        description=_l(
            "De 10 à 500 caractères, trois phrases au plus : quoi, pour qui, pourquoi. Les enquêteurs les liront."
        ),
        validators=[
            InputRequired(_l("Dites ce qui change.")),
            Length(10, 500, _l("De 10 à 500 caractères.")),
            in_three_sentences,
        ],
        render_kw={"rows": 3},
    )

    def moment(self, zone: ZoneInfo) -> datetime:
        """Return the moment that was typed.

        Raises:
            NoMoment: the clocks skip it.
        """
        on, at = self.on.data, self.at.data
        if on is None or at is None:
            raise ValueError("the form is not valid")
        return there_is(on, at, zone)
