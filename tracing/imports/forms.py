"""Sending a file to the import."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, Regexp


class UploadForm(FlaskForm):  # type: ignore[misc]
    """A file, who sent it, and what opens it. Keys and passwords serve once and are not kept."""

    file = FileField(
        _l("Fichier chiffré"),
        description=_l("Tel que le laboratoire ou le portail l’a envoyé : .p7m, ou classeur Excel protégé."),
        validators=[FileRequired(_l("Choisissez un fichier."))],
    )
    source = StringField(
        _l("Code de l’expéditeur"),
        description=_l("Le code court du laboratoire ou du portail, par exemple PDL."),
        validators=[
            InputRequired(_l("Tapez le code de l’expéditeur.")),
            Length(max=20),
            Regexp(r"^[A-Z0-9_-]+$", message=_l("Majuscules, chiffres et tirets seulement, comme PDL.")),
        ],
        render_kw={"autocapitalize": "characters", "spellcheck": "false"},
    )
    key = FileField(_l("Clé privée"))
    certificate = FileField(_l("Certificat de cette clé"))
    password = PasswordField(
        _l("Mot de passe"),
        validators=[Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
