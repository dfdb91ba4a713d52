"""The form by which a record is handed off by hand."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from tracing.ui.forms import PageForm


class GiveForm(PageForm):
    """A record's number and a reason of its programme."""

    reference = StringField(
        _l("Référence du dossier"),
        validators=[InputRequired(_l("Tapez la référence du dossier.")), Length(max=20)],
        render_kw={"autocomplete": "off", "placeholder": "P0-…"},
    )
    reason = SelectField(_l("Motif"), validators=[InputRequired(_l("Choisissez un motif."))])

    def offer(self, reasons: Sequence[tuple[str, str]]) -> None:
        """Offer the reasons in force."""
        self.reason.choices = [("", ""), *reasons]
