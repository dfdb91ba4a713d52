"""The form with which a supervisor puts a place before the others."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Regexp

from tracing.ui.forms import PageForm


def _without_spaces(typed: str | None) -> str | None:
    return typed.replace(" ", "") if typed else typed


class PlaceForm(PageForm):
    """The place where people live."""

    postcode = StringField(
        _l("Code postal"),
        filters=[_without_spaces],
        validators=[
            InputRequired(_l("Tapez un code postal.")),
            Regexp(r"[0-9]{5}\Z", message=_l("Un code postal a cinq chiffres.")),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 6, "size": 8},
    )
    only_collective = BooleanField(
        _l("Seulement l’hébergement collectif"),
        description=_l("EHPAD, prison, résidence sociale : quand un établissement est touché."),
    )
