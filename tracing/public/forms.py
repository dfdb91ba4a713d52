"""The forms by which a person checks who calls, and opens the papers of their note."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from tracing.calls import spoken_proof
from tracing.sickleave.delivery import rules as delivery
from tracing.sickleave.forms import EARLIEST_BIRTH
from tracing.ui.forms import PageForm

MOST = 200
"""Characters of a link that is pasted with its address."""


class CheckCallForm(PageForm):
    """The word and the number that the caller said."""

    word = StringField(
        _l("Le mot"),
        description=_l("Un mot courant, par exemple citron."),
        validators=[InputRequired(_l("Écrivez le mot que la personne vous a dit.")), Length(max=40)],
        render_kw={"autocomplete": "off", "maxlength": 40, "autocapitalize": "none"},
    )
    number = StringField(
        _l("Le nombre"),
        description=_l("Six chiffres, par exemple 48 21 07."),
        validators=[InputRequired(_l("Écrivez le nombre que la personne vous a dit.")), Length(max=20)],
        render_kw={"autocomplete": "off", "maxlength": 20, "inputmode": "numeric"},
    )

    def validate_number(self, field: StringField) -> None:
        """Refuse what no caller can have said: a slip of the finger must not be answered as a fraud."""
        if not spoken_proof.is_a_number(field.data or ""):
            raise ValidationError(_("Le nombre a six chiffres : faites-le répéter."))

    @property
    def proof(self) -> str:
        """What was typed, as a proof is stored; call this on a valid form."""
        return spoken_proof.as_stored(self.word.data or "", self.number.data or "")


class OpenPapersForm(PageForm):
    """The link, and what only its person has: their birth date and the code that was said."""

    link = StringField(
        _l("Le lien"),
        description=_l("Douze lettres et chiffres, par exemple 7KQ4-M2XP-9DTR."),
        validators=[InputRequired(_l("Écrivez le lien que vous avez noté ou reçu.")), Length(max=MOST)],
        # whoever copies the whole address from the message pastes it whole
        render_kw={
            "autocomplete": "off",
            "maxlength": MOST,
            "autocapitalize": "characters",
            "spellcheck": "false",
        },
    )
    birth_date = DateField(
        _l("Votre date de naissance"),
        # where a browser shows no calendar, the day is typed as one writes it
        format=["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d.%m.%Y"],
        validators=[InputRequired(_l("Donnez votre date de naissance."))],
    )
    code = StringField(
        _l("Le code"),
        description=_l("Six chiffres, qui vous ont été dits au téléphone, par exemple 48 21 07."),
        validators=[InputRequired(_l("Écrivez le code qui vous a été dit.")), Length(max=20)],
        render_kw={"autocomplete": "off", "maxlength": 20, "inputmode": "numeric"},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_link(self, field: StringField) -> None:
        """Refuse what no link can be: a slip of the finger is no wrong try."""
        if not delivery.is_a_link(field.data or ""):
            raise ValidationError(_("Le lien a douze lettres et chiffres, sans 0, 1, I ni O : relisez-le."))

    def validate_birth_date(self, field: DateField) -> None:
        """Refuse a day on which nobody who has a note can have been born: a slip is no wrong try."""
        if field.data is not None and not EARLIEST_BIRTH <= field.data <= self.today:
            raise ValidationError(_("Cette date de naissance n’est pas possible\u202f: relisez l’année."))

    def validate_code(self, field: StringField) -> None:
        """Refuse what no code can be."""
        if not delivery.is_a_code(field.data or ""):
            raise ValidationError(_("Le code a six chiffres : relisez-le."))

    @property
    def typed(self) -> tuple[str, date, str]:
        """Link, birth date and code; call this on a valid form."""
        if self.birth_date.data is None:
            raise ValueError("the form is not valid")
        return self.link.data or "", self.birth_date.data, self.code.data or ""
