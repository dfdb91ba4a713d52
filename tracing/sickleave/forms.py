"""What is typed to issue a note. Whether the days are possible is the rules' business."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField
from wtforms.validators import Optional

PREFIX = "note-"


class NoteForm(FlaskForm):  # type: ignore[misc]
    """From when, and the declaration."""

    first_day = DateField(_l("Premier jour"), validators=[Optional()])
    sworn = BooleanField(_l("Déclare sur l’honneur ne pas pouvoir télétravailler"))
