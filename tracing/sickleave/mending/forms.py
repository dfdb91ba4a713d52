"""Forms that mend a note: the reason, the days, and what the person has said about work."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp

from tracing.sickleave.mending.bearer_services import CorrectedBearer
from tracing.sickleave.rules import CancelReason, KeepReason
from tracing.sickleave.words import CANCEL_WORDS, KEEP_WORDS, REPLACE_WORDS
from tracing.ui.forms import PageForm


class NoteDecisionForm(PageForm):
    """What is decided about a note, on a page that shows whether a colleague has left it as it is."""

    kept = HiddenField()
    """The reason for which it was left so when the page was opened; empty: it was not."""

    def as_lines(self) -> list[str]:
        """Return what was typed or chosen, to show it where the form is gone."""
        fields = [one for one in self if one.data and one.type not in {"HiddenField", "CSRFTokenField"}]
        return [f"{one.label.text}\u202f: {_said(one)}" for one in fields]


def _said(field: Field) -> str:
    if isinstance(field, BooleanField):
        return str(_("oui"))
    if isinstance(field.data, date):
        return f"{field.data:%d/%m/%Y}"
    choices: Any = field.choices if isinstance(field, SelectField) else ()
    return next((str(one.label) for one in choices if one.value == field.data), str(field.data))


class CancelNoteForm(NoteDecisionForm):
    """Why a note is cancelled after the call."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="cancel-", **kwargs)

    why = SelectField(
        _l("Motif de l’annulation"),
        choices=[
            SelectChoice("", _l("Choisir")),
            *(SelectChoice(one.value, words) for one, words in CANCEL_WORDS.items()),
        ],
        validators=[InputRequired(_l("Choisissez pourquoi l’arrêt est annulé."))],
    )

    @property
    def chosen(self) -> CancelReason:
        """The chosen reason; call this on a valid form."""
        return CancelReason(self.why.data)


class KeepNoteForm(NoteDecisionForm):
    """Why a note that no longer fits is left as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="keep-", **kwargs)

    why = RadioField(
        _l("Motif"),
        choices=[SelectChoice(one.value, words) for one, words in KEEP_WORDS.items()],
        validators=[InputRequired(_l("Choisissez pourquoi l’arrêt reste tel quel."))],
    )

    @property
    def chosen(self) -> KeepReason:
        """The chosen reason; call this on a valid form."""
        return KeepReason(self.why.data)


class ProlongForm(NoteDecisionForm):
    """Until when a note is prolonged, and what the person said."""

    last_day = DateField(
        _l("Jusqu’au, inclus"), validators=[InputRequired(_l("Choisissez le dernier jour."))]
    )
    not_worked_since = BooleanField(
        _l(
            "La personne déclare sur l’honneur, au téléphone, n’avoir pas travaillé depuis le dernier jour de l’arrêt, et ne pas pouvoir télétravailler"
        )
    )
    result_is_awaited = BooleanField(_l("Le résultat de son test n’est pas encore connu"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="prolong-", **kwargs)

    def ask_only(self, *, work: bool, result: bool) -> None:
        """Leave out what need not be asked of this note."""
        if not work:
            del self.not_worked_since
        if not result:
            del self.result_is_awaited

    @property
    def has_not_worked(self) -> bool:
        """Whether the person says that they have not worked since."""
        return "not_worked_since" in self and bool(self.not_worked_since.data)

    @property
    def awaits_result(self) -> bool:
        """Whether the result of a test is awaited."""
        return "result_is_awaited" in self and bool(self.result_is_awaited.data)


class ReplaceForm(NoteDecisionForm):
    """Which days the note has that takes the place of another, and why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="replace-", **kwargs)

    first_day = DateField(_l("Premier jour"), validators=[Optional()])
    last_day = DateField(
        _l("Dernier jour, inclus"),
        description=_l("Plus tôt que la règle si la personne reprend le travail avant."),
        validators=[Optional()],
    )
    why = SelectField(
        _l("Motif du remplacement"),
        choices=[
            SelectChoice("", _l("Choisir")),
            *(
                SelectChoice(one.value, words)
                for one, words in REPLACE_WORDS.items()
                if one is not CancelReason.WRONG_PERSON  # its days stay: `BearerForm`
            ),
        ],
        validators=[InputRequired(_l("Choisissez pourquoi l’arrêt est remplacé."))],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then that the days are in order."""
        if not super().validate(extra_validators):
            return False
        first, last = self.first_day.data, self.last_day.data
        if first is None or last is None or first <= last:
            return True
        self.first_day.errors = [_("Le premier jour est après le dernier : rien n’a été changé.")]
        return False

    @property
    def chosen(self) -> CancelReason:
        """The chosen reason; call this on a valid form."""
        return CancelReason(self.why.data)


class BearerForm(PageForm):
    """Name and address as a note should have printed them."""

    first_names = StringField(
        _l("Prénoms"),
        validators=[InputRequired(_l("Écrivez le prénom.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    birth_name = StringField(
        _l("Nom de naissance"),
        validators=[InputRequired(_l("Écrivez le nom de naissance.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    usual_name = StringField(
        _l("Nom d’usage"), validators=[Optional(), Length(max=80)], render_kw={"autocomplete": "off"}
    )
    address = StringField(
        _l("Adresse pendant l’arrêt"),
        validators=[InputRequired(_l("Écrivez le numéro et la rue.")), Length(max=160)],
        render_kw={"autocomplete": "off"},
    )
    postcode = StringField(
        _l("Code postal"),
        validators=[
            InputRequired(_l("Écrivez le code postal.")),
            Regexp(r"^\s*[0-9A-Za-z -]{4,10}\s*$", message=_l("Ce code postal n’a pas la bonne forme.")),
        ],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    city = StringField(
        _l("Commune"),
        validators=[InputRequired(_l("Écrivez la commune.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )

    @property
    def corrected(self) -> CorrectedBearer:
        """What was typed; call this on a valid form."""
        names = ("first_names", "birth_name", "usual_name", "address", "postcode", "city")
        return CorrectedBearer(**{name: (self[name].data or "").strip() for name in names})
