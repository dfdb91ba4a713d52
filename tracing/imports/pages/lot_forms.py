"""Forms to upload a file and to open one with a one-off key or password."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from tracing.imports.limits import MOST_BYTES
from tracing.imports.lots.uploads import Upload
from tracing.ui.forms import PageForm


class OpenForm(PageForm):
    """A key or password that opens one file, this time only."""

    key = FileField(_l("Clé privée"), description=_l("Fichier PEM, OpenPGP ou age."))
    certificate = FileField(
        _l("Certificat de cette clé"), description=_l("Pour une clé PEM qui ne le contient pas déjà.")
    )
    password = PasswordField(
        _l("Mot de passe"),
        validators=[Length(max=200)],
        render_kw={"autocomplete": "off"},
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Require at least one thing that may open the file."""
        if not super().validate(extra_validators):
            return False
        if not (self.key.data or self.password.data):
            self.password.errors = [_("Donnez un mot de passe ou une clé.")]
            return False
        return True


class UploadForm(PageForm):
    """A file and its sender; a key or password only if the source has none stored."""

    kept = HiddenField(render_kw={"autocomplete": "off"})
    """What was chosen in an earlier copy of this form, which had an error (`imports.lots.uploads`)."""

    file = FileField(
        _l("Fichier chiffré"),
        description=_l(
            "Tel que le laboratoire ou le portail l’a envoyé, jusqu’à %(most)d Mo.",
            most=MOST_BYTES // 1_000_000,
        ),
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
        render_kw={"autocapitalize": "characters", "spellcheck": "false", "list": "sources"},
    )
    key = FileField(_l("Clé privée"))
    certificate = FileField(_l("Certificat de cette clé"))
    password = PasswordField(
        _l("Mot de passe"),
        validators=[Length(max=200)],
        render_kw={"autocomplete": "off"},
    )

    def is_kept(self, upload: Upload) -> None:
        """Ask for nothing again that is here already."""
        if upload.file_name:
            self.file.validators = ()
            self.file.flags.required = None
            self.file.description = _(
                "« %(name)s » est gardé : choisissez un fichier seulement pour le remplacer.",
                name=upload.file_name,
            )
        if upload.key:
            self.key.description = _("Celle que vous avez choisie est gardée.")
        if upload.certificate:
            self.certificate.description = _("Celui que vous avez choisi est gardé.")
