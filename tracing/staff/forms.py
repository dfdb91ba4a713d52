"""What people type to log in and to keep their account."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget


class LoginForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    login = StringField(
        _l("Identifiant"),
        validators=[InputRequired(_l("Tapez votre identifiant.")), Length(max=100)],
        render_kw={
            "autocomplete": "username",
            "autofocus": True,
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )
    password = PasswordField(
        _l("Mot de passe"),
        validators=[InputRequired(_l("Tapez votre mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )


class UnlockForm(FlaskForm):  # type: ignore[misc]
    """The password again, after a pause."""

    password = PasswordField(
        _l("Mot de passe"),
        validators=[InputRequired(_l("Tapez votre mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A password chosen, twice."""

    password = PasswordField(
        _l("Nouveau mot de passe"),
        description=_l("Au moins 14 caractères : une phrase de quelques mots convient bien."),
        validators=[InputRequired(_l("Choisissez un mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("Le même, encore une fois"),
        validators=[
            InputRequired(_l("Tapez le mot de passe une seconde fois.")),
            EqualTo("password", _l("Les deux mots de passe diffèrent.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class RolesField(SelectMultipleField):
    """Several choices as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MemberForm(FlaskForm):  # type: ignore[misc]
    """A new account."""

    name = StringField(
        _l("Nom affiché"),
        description=_l("Comme la personne se présente au téléphone."),
        validators=[InputRequired(_l("Tapez le nom affiché.")), Length(max=80)],
    )
    login = StringField(
        _l("Identifiant"),
        validators=[
            InputRequired(_l("Tapez un identifiant.")),
            Length(max=40),
            Regexp(
                r"^[a-z0-9._-]+$",
                message=_l("Lettres minuscules sans accent, chiffres, point et tiret seulement."),
            ),
        ],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    kind = SelectField(_l("Engagement"), validators=[InputRequired()])
    contract_ends_on = DateField(_l("Fin du contrat"), validators=[Optional()])
    roles = RolesField(
        _l("Rôles sur ce site"), validators=[InputRequired(_l("Choisissez au moins un rôle."))]
    )
