"""Forms of an inbound call: the search for the caller, and their request."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from tracing.ui.forms import PageForm


class IncomingForm(PageForm):
    """The keys by which a caller is found."""

    key = StringField(
        _l("Numéro de téléphone ou référence"),
        description=_l("Le numéro auquel nous avons appelé, ou la référence P0 du courrier."),
        validators=[InputRequired(_l("Tapez un numéro ou une référence.")), Length(max=60)],
        render_kw={"autocomplete": "off", "autofocus": True},
    )
    born = DateField(
        _l("Date de naissance"),
        description=_l("Telle que la personne la dit ; ne la lisez pas, ne la soufflez pas."),
        validators=[InputRequired(_l("Tapez la date de naissance que la personne dit."))],
    )


class RequestForm(PageForm):
    """What a caller wants when no one can take the call now."""

    reference = HiddenField(validators=[Optional(), Length(max=20)])
    name = StringField(
        _l("Nom de la personne"),
        validators=[InputRequired(_l("Tapez le nom que la personne donne.")), Length(max=120)],
        render_kw={"autocomplete": "off", "autofocus": True},
    )
    number = StringField(
        _l("Numéro où la rappeler"),
        validators=[InputRequired(_l("Tapez un numéro où la rappeler.")), Length(max=60)],
        render_kw={"inputmode": "tel", "autocomplete": "off"},
    )
    words = TextAreaField(_l("Ce qu’elle souhaite"), validators=[Optional(), Length(max=500)])
