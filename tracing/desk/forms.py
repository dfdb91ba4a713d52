"""What is typed to end a call: the outcome, and what some outcomes need besides."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, Form, HiddenField, SelectField, StringField, TextAreaField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import AnyOf, Length, StopValidation

from tracing.calls.rules import BY_TRACER, CallOutcome
from tracing.escalations.rules import AUDIENCE, LONGEST_QUESTION, Audience
from tracing.escalations.words import REASON_WORDS

MEDICAL = tuple(reason for reason, audience in AUDIENCE.items() if audience is Audience.ADVISER)


class NeededFor:
    """The field must be filled in for one outcome, and is nobody's business for the others."""

    def __init__(self, outcome: CallOutcome, message: Any) -> None:
        self.outcome = outcome
        self.message = message

    def __call__(self, form: Form, field: Field) -> None:
        """Refuse an empty field when its outcome was chosen."""
        if form["outcome"].data == self.outcome.value and not self.is_settled(form):
            if not field.data:
                # One sentence of ours, whatever WTForms thought of what was typed.
                field.errors = []
                raise StopValidation(self.message)
            return
        field.errors = []
        raise StopValidation

    def is_settled(self, form: Form) -> bool:
        """Say whether the adviser was asked already: then nothing more has to be written."""
        return self.outcome is CallOutcome.NEEDS_DOCTOR and not getattr(form, "needs_words", True)


class EndForm(FlaskForm):  # type: ignore[misc]
    """Shape and presence only; whether a call may end so is decided in endings.finish."""

    needs_words = True
    """False when a question to the adviser is open: nothing more has to be asked."""

    outcome = HiddenField(
        validators=[AnyOf([one.value for one in BY_TRACER], _l("Choisissez comment l’appel se termine."))]
    )
    callback_on = DateField(
        _l("Jour"),
        validators=[NeededFor(CallOutcome.CALLBACK, _l("Donnez le jour du rappel."))],
    )
    callback_time = TimeField(
        _l("Heure"),
        validators=[NeededFor(CallOutcome.CALLBACK, _l("Donnez l’heure du rappel."))],
    )
    reason = SelectField(
        _l("Motif"),
        choices=[
            SelectChoice("", _l("Choisir")),
            *(SelectChoice(one.value, REASON_WORDS[one]) for one in MEDICAL),
        ],
        validators=[NeededFor(CallOutcome.NEEDS_DOCTOR, _l("Choisissez le motif."))],
    )
    question = TextAreaField(
        _l("Votre question"),
        validators=[
            Length(max=LONGEST_QUESTION),
        ],
    )
    language = StringField(
        _l("Langue parlée"),
        validators=[
            NeededFor(CallOutcome.LANGUAGE, _l("Indiquez la langue, même approximative.")),
            Length(max=40),
        ],
    )
