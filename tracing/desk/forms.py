"""Forms that end or leave a call: the outcome with its details, the reason for giving back, the colleague."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Field,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import AnyOf, InputRequired, Length, Optional, StopValidation

from tracing.calls.rules import BY_TRACER, OUTCOMES, REASONS_TO_CHOOSE, Asks, CallOutcome, GiveBackReason
from tracing.calls.words import REASON_WORDS as GIVE_BACK_WORDS
from tracing.escalations.rules import AUDIENCE, LONGEST_QUESTION, Audience
from tracing.escalations.words import REASON_WORDS
from tracing.queue.availability import Colleague
from tracing.staff.words import presence_in_words
from tracing.ui import languages
from tracing.ui.forms import PageForm

THERE = "there"
"""The hour of a callback is typed on the person's clock."""
MEDICAL = tuple(reason for reason, audience in AUDIENCE.items() if audience is Audience.ADVISER)


def asked_by(form: Form) -> Asks:
    """Return what the outcome that was chosen asks for."""
    chosen = form["outcome"].data
    return OUTCOMES[CallOutcome(chosen)].asks if chosen in BY_TRACER else Asks.NOTHING


class NeededFor:
    """The field must be filled in where the outcome asks for it, and is ignored for the other outcomes."""

    def __init__(self, asks: Asks, message: Any) -> None:
        self.asks = asks
        self.message = message

    def __call__(self, form: Form, field: Field) -> None:
        """Refuse an empty field when the outcome that was chosen asks for it."""
        if asked_by(form) is self.asks and not self.is_settled(form):
            if not field.data:
                # show only our message, not those of WTForms
                field.errors = []
                raise StopValidation(self.message)
            return
        field.errors = []
        raise StopValidation

    def is_settled(self, form: Form) -> bool:
        """Return whether the adviser was already asked: then nothing more is required."""
        return self.asks is Asks.QUESTION and not getattr(form, "needs_words", True)


def offered_languages() -> list[SelectChoice]:
    """Return the languages to choose from, the unknown one last."""
    known = [SelectChoice(code, name) for code, name in languages.choices()]
    return [SelectChoice("", _("Choisir")), *known, SelectChoice(languages.OTHER, _("Autre, ou inconnue"))]


class EndForm(PageForm):
    """Shape and presence only; whether a call may end so is decided in desk.ending.call_outcomes.finish."""

    needs_words = True
    """False when a question to the adviser is open: no question is required then."""

    outcome = HiddenField(
        validators=[AnyOf([one.value for one in BY_TRACER], _l("Choisissez comment l’appel se termine."))]
    )
    callback_on = DateField(
        _l("Jour"),
        validators=[NeededFor(Asks.CALLBACK, _l("Donnez le jour du rappel."))],
    )
    callback_time = TimeField(
        _l("Heure"),
        validators=[NeededFor(Asks.CALLBACK, _l("Donnez l’heure du rappel."))],
    )
    callback_clock = SelectField(
        _l("Sur l’horloge"), choices=[SelectChoice("here", _l("d’ici"))], validate_choice=False
    )
    reason = SelectField(
        _l("Motif"),
        choices=[
            SelectChoice("", _l("Choisir")),
            *(SelectChoice(one.value, REASON_WORDS[one]) for one in MEDICAL),
        ],
        validators=[NeededFor(Asks.QUESTION, _l("Choisissez le motif."))],
    )
    question = TextAreaField(
        _l("Votre question"),
        validators=[
            Length(max=LONGEST_QUESTION),
        ],
    )
    language = SelectField(
        _l("Langue parlée"),
        choices=offered_languages,
        validators=[NeededFor(Asks.LANGUAGE, _l("Indiquez la langue, même approximative."))],
    )

    interpreter = SelectField(
        _l("Langue de l’interprète"),
        choices=offered_languages,
        validators=[NeededFor(Asks.INTERPRETER, _l("Indiquez pour quelle langue, même approximative."))],
    )

    identity = StringField(
        _l("Ce que la personne a dit d’elle"),
        description=_l("Nom, prénom, date de naissance : tels que vous les avez entendus."),
        validators=[
            NeededFor(Asks.IDENTITY, _l("Écrivez ce que la personne a dit, ou qu’elle n’a rien dit.")),
            Length(max=200),
        ],
        render_kw={"autocomplete": "off"},
    )
    certain = BooleanField(
        _l("On me l’a dit clairement : la personne est décédée"),
        validators=[NeededFor(Asks.CERTAINTY, _l("Cochez la case pour confirmer le décès."))],
    )

    @property
    def has_clocks(self) -> bool:
        """Whether the hour can be typed on the person's clock, too."""
        return len(self.callback_clock.choices or ()) > 1

    def offer_clocks(self, place: str) -> None:
        """Let the hour be typed on the person's clock, which is what it is said on, or on the site's."""
        self.callback_clock.choices = [
            SelectChoice(THERE, _("de la personne, %(place)s", place=place)),
            SelectChoice("here", _("d’ici")),
        ]
        if not self.callback_clock.raw_data:
            # a page of the release before does not ask: what was typed there is the site's hour
            self.callback_clock.data = "here" if self.outcome.data == CallOutcome.CALLBACK else THERE

    @property
    def spoken(self) -> str | None:
        """The language chosen for the chosen outcome."""
        field = {Asks.LANGUAGE: self.language, Asks.INTERPRETER: self.interpreter}.get(asked_by(self))
        return (field.data or None) if field else None


class GiveBackForm(PageForm):
    """The reason for giving a call back."""

    reason = RadioField(
        _l("Pourquoi"),
        choices=[SelectChoice(one.value, GIVE_BACK_WORDS[one]) for one in REASONS_TO_CHOOSE],
        validators=[Optional()],
    )

    @property
    def chosen(self) -> GiveBackReason | None:
        """The chosen reason, or None."""
        return GiveBackReason(self.reason.data) if self.reason.data else None


class HandOverForm(PageForm):
    """The colleague to whom a call goes."""

    colleague = SelectField(
        _l("Collègue"),
        coerce=lambda typed: int(typed) if typed else None,
        validators=[InputRequired(_l("Choisissez à qui confier l’appel."))],
    )

    def offer(self, colleagues: Sequence[Colleague]) -> None:
        """Offer these colleagues, with no default: the first name must not be chosen by accident."""
        self.colleague.choices = [
            SelectChoice("", _("Choisir")),
            *(
                SelectChoice(one.member.id, presence_in_words(one.member, one.presence, one.last_input_at))
                for one in colleagues
            ),
        ]
