"""The form by which a note is checked: what is printed on it, and nothing else."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from tracing.sickleave.numbering import checked_text
from tracing.ui.forms import PageForm


class CheckNoteForm(PageForm):
    """What is printed on a note. Whether it is right is not for the form: a wrong number is an unknown note."""

    number = StringField(
        _l("Numéro de l’arrêt"),
        description=_l("En haut du papier, par exemple AI-440-2026-0000123-4."),
        validators=[InputRequired(_l("Écrivez le numéro de l’arrêt.")), Length(max=40)],
        render_kw={"autocomplete": "off", "maxlength": 40},
    )
    initials = StringField(
        _l("Initiales"),
        description=_l("La première lettre du prénom et celle du nom, par exemple LM."),
        validators=[
            InputRequired(_l("Écrivez les deux initiales.")),
            Length(min=2, max=5, message=_l("Écrivez deux lettres : celle du prénom et celle du nom.")),
        ],
        render_kw={"autocomplete": "off", "maxlength": 5},
    )
    first_day = DateField(
        _l("Premier jour"), validators=[InputRequired(_l("Donnez le premier jour de l’arrêt."))]
    )
    last_day = DateField(
        _l("Dernier jour, inclus"), validators=[InputRequired(_l("Donnez le dernier jour de l’arrêt."))]
    )
    code = StringField(
        _l("Code de vérification"),
        description=_l("Huit lettres et chiffres, en haut du papier."),
        validators=[InputRequired(_l("Écrivez le code de vérification.")), Length(max=20)],
        render_kw={"autocomplete": "off", "maxlength": 20},
    )

    @property
    def printed(self) -> str:
        """What was typed, as `numbering.checked_text` has it; call this on a valid form."""
        if self.first_day.data is None or self.last_day.data is None:
            raise ValueError("the form is not valid")
        return checked_text(
            number=self.number.data or "",
            initials=self.initials.data or "",
            first_day=self.first_day.data,
            last_day=self.last_day.data,
            code=self.code.data or "",
        )
