"""Forms to correct a line or a workbook of lines; they check only presence and shape."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from tracing.imports.corrections.services import SetAside
from tracing.imports.corrections.words import HELP_WORDS, SET_ASIDE_WORDS
from tracing.imports.format.columns import FIELDS
from tracing.imports.pages.source_words import FIELD_WORDS
from tracing.ui.forms import PageForm


class CorrectionForm(PageForm):
    """Every field of a line as it came. Its validity is decided by the code that reads every line."""


for _name in FIELDS:
    setattr(
        CorrectionForm,
        _name,
        StringField(
            FIELD_WORDS[_name],
            description=HELP_WORDS.get(_name, ""),
            validators=[Length(max=500, message=_l("500 caractères au plus."))],
            render_kw={"autocomplete": "off", "spellcheck": "false"},
        ),
    )


class SetAsideForm(PageForm):
    """Why a line is not to be corrected."""

    why = RadioField(
        _l("Pourquoi cette ligne reste sans suite"),
        choices=[
            SelectChoice(why.value, words)
            for why, words in SET_ASIDE_WORDS.items()
            if why is not SetAside.NOT_COMPARED
        ],
        validators=[InputRequired(_l("Choisissez une raison."))],
    )


class CorrectedFileForm(PageForm):
    """The corrected workbook of lines to correct."""

    file = FileField(
        _l("Fichier corrigé"),
        description=_l("Le classeur téléchargé ici, enregistré avec son mot de passe et sa colonne LIGNE."),
        validators=[FileRequired(_l("Choisissez le fichier corrigé."))],
    )
