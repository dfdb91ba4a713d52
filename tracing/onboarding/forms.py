"""Forms for a referent's invitation and for a recruit's first log-in."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from tracing.staff.forms import NewPasswordForm
from tracing.ui.forms import PageForm


class InviteForm(PageForm):
    """The recruit's name, login and end of contract."""

    name = StringField(
        _l("Nom affiché"),
        description=_l("Comme la personne se présentera au téléphone."),
        validators=[InputRequired(_l("Tapez le nom affiché.")), Length(max=80)],
    )
    login = StringField(
        _l("Identifiant"),
        description=_l("Il servira à se connecter : prénom et nom, par exemple."),
        validators=[
            InputRequired(_l("Tapez un identifiant.")),
            Length(max=40),
            Regexp(
                r"^[a-z0-9._-]+$",
                message=_l("Lettres minuscules sans accent, chiffres, point et tiret seulement."),
            ),
        ],
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"},
    )
    contract_ends_on = DateField(
        _l("Fin du contrat"),
        description=_l("Le compte se ferme de lui-même le lendemain."),
        validators=[InputRequired(_l("Donnez le dernier jour du contrat."))],
    )


class WelcomeForm(NewPasswordForm):
    """A password, and the commitment to secrecy."""

    committed = BooleanField(
        _l("J’ai lu ces quatre engagements et je les prends."),
        validators=[InputRequired(_l("Cochez cette case : sans cet engagement, aucun compte n’est ouvert."))],
    )
