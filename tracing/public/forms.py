"""The form by which a person checks who calls."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length, ValidationError

from tracing.calls import spoken_proof
from tracing.ui.forms import PageForm


class CheckCallForm(PageForm):
    """The word and the number that the caller said."""

    word = StringField(
        _l("Le mot"),
        description=_l("Un mot courant, par exemple citron."),
        validators=[InputRequired(_l("Écrivez le mot que la personne vous a dit.")), Length(max=40)],
        render_kw={"autocomplete": "off", "maxlength": 40, "autocapitalize": "none"},
    )
    number = StringField(
        _l("Le nombre"),
        description=_l("Six chiffres, par exemple 48 21 07."),
        validators=[InputRequired(_l("Écrivez le nombre que la personne vous a dit.")), Length(max=20)],
        render_kw={"autocomplete": "off", "maxlength": 20, "inputmode": "numeric"},
    )

    def validate_number(self, field: StringField) -> None:
        """Refuse what no caller can have said: a slip of the finger must not be answered as a fraud."""
        if not spoken_proof.is_a_number(field.data or ""):
            raise ValidationError(_("Le nombre a six chiffres : faites-le répéter."))

    @property
    def proof(self) -> str:
        """What was typed, as a proof is stored; call this on a valid form."""
        return spoken_proof.as_stored(self.word.data or "", self.number.data or "")
