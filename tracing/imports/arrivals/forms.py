"""The form for a token of a source."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from tracing.ui.forms import PageForm


class TokenForm(PageForm):
    """A name by which people recognise the token."""

    label = StringField(
        _l("Nom de ce jeton"),
        description=_l("Pour le reconnaître dans la liste, par exemple « serveur de résultats, 2026 »."),
        validators=[
            InputRequired(_l("Donnez-lui un nom.")),
            Length(max=80, message=_l("80 caractères au plus.")),
        ],
        render_kw={"autocomplete": "off"},
    )
