"""Forms of supervision: presence and shape only; services decide."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from tracing.consequences.picture_rules import ReopenReason
from tracing.people.rules import Identity
from tracing.queue.availability import Colleague
from tracing.staff.models import Member, Site
from tracing.staff.words import presence_in_words
from tracing.supervision import words
from tracing.ui.fields import WholeNumberField
from tracing.ui.forms import PageForm

NOBODY = ""


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isdecimal() else None


def _tracer_choices(tracers: Sequence[Colleague]) -> list[tuple[object, str]]:
    return [
        (one.member.id, presence_in_words(one.member, one.presence, one.last_input_at)) for one in tracers
    ]


Code = TypeVar("Code", bound=StrEnum)


class WarnsOfAbsence:
    """A form with a `tracer` and a box `anyway`: one who is not connected is chosen only if that is said once more."""

    is_warned = False
    not_connected: frozenset[int] = frozenset()
    anyway: Any

    @property
    def shown(self) -> list[str]:
        """The fields to show: the box only once it is needed."""
        return ["tracer", "anyway"] if self.is_warned else ["tracer"]

    def know_who_is_there(self, tracers: Sequence[Colleague]) -> None:
        """Note which of these tracers are not connected."""
        self.not_connected = frozenset(one.member.id for one in tracers if one.last_input_at is None)

    def validate_tracer(self, field: Field) -> None:
        """Warn once that the chosen tracer is not connected."""
        if field.data in self.not_connected and not self.anyway.data:
            self.is_warned = True
            raise ValidationError(
                _(
                    "Cette personne n’est pas connectée : si elle ne prend pas l’appel dans la demi-heure, il revient à tous ou sur sa liste."
                )
            )


class GiveForm(WarnsOfAbsence, PageForm):
    """The tracer to whom a waiting call is given."""

    has_somebody = False
    """Whether any tracer is free."""

    tracer = SelectField(
        _l("Confier à"),
        coerce=_number,
        validators=[InputRequired(_l("Choisissez à qui confier l’appel."))],
    )
    anyway = BooleanField(_l("Confier quand même"))

    def offer(self, tracers: Sequence[Colleague], *, language: str | None = None) -> None:
        """Offer these tracers, speakers of `language` first and marked as such. No one is preselected."""
        speakers = [one for one in tracers if language in one.member.languages]
        speaks = {
            one.member.id: _("%(name)s · parle cette langue", name=name)
            for one, (_id, name) in zip(speakers, _tracer_choices(speakers), strict=True)
        }
        others = _tracer_choices([one for one in tracers if one not in speakers])
        self.tracer.choices = [(NOBODY, _("Choisir")), *speaks.items(), *others]
        self.has_somebody = bool(tracers)
        self.know_who_is_there(tracers)


class TakeBackForm(WarnsOfAbsence, PageForm):
    """The tracer who gets a call that is taken from another one."""

    claim = HiddenField(filters=[_number], validators=[InputRequired()])
    """The claim that the supervisor looked at: a later one belongs to another member."""
    tracer = SelectField(_l("Confier à"), coerce=_number, validators=[Optional()])
    anyway = BooleanField(_l("Confier quand même"))

    def offer(self, tracers: Sequence[Colleague]) -> None:
        """Offer "whoever is free" first, then these tracers."""
        self.tracer.choices = [
            (NOBODY, _("Personne en particulier : à qui est libre")),
            *_tracer_choices(tracers),
        ]
        self.know_who_is_there(tracers)


class NumberForm(PageForm):
    """A number that the supervisor found."""

    number = StringField(
        _l("Numéro de téléphone"),
        description=_l("Dix chiffres, ou un numéro étranger avec son indicatif."),
        validators=[InputRequired(_l("Tapez le numéro que vous avez trouvé.")), Length(max=60)],
        render_kw={"inputmode": "tel", "autocomplete": "off"},
    )
    is_other = BooleanField(_l("Ce n’est pas la personne décédée, ou qui ne veut plus d’appel"))


class ReopenForm(PageForm):
    """Why a call that was over is opened again."""

    why = SelectField(
        _l("Pourquoi"),
        choices=[
            SelectChoice(NOBODY, _l("Choisir le motif")),
            *(SelectChoice(one.value, word) for one, word in words.REOPEN_WORDS.items()),
        ],
        validators=[InputRequired(_l("Dites pourquoi l’appel est rouvert."))],
    )

    @property
    def chosen(self) -> ReopenReason:
        """The reason that was chosen."""
        return ReopenReason(self.why.data)


class LiftForm(PageForm):
    """Why what was said of a person was a mistake."""

    reason = TextAreaField(
        _l("Motif"),
        description=_l("Qui l’a dit, et comment vous savez que c’était une erreur."),
        validators=[InputRequired(_l("Dites pourquoi.")), Length(max=300)],
        render_kw={"rows": "3"},
    )


class IdentityForm(PageForm):
    """Who a person is, corrected."""

    birth_name = StringField(
        _l("Nom de naissance"), validators=[InputRequired(_l("Donnez le nom de naissance.")), Length(max=80)]
    )
    first_names = StringField(
        _l("Prénoms"), validators=[InputRequired(_l("Donnez le prénom.")), Length(max=80)]
    )
    birth_date = DateField(_l("Date de naissance"), validators=[Optional()])
    is_other = BooleanField(_l("Ce n’est pas la personne décédée, ou qui ne veut plus d’appel"))

    def fill(self, known: Identity) -> None:
        """Fill in what is known."""
        self.birth_name.data, self.first_names.data = known.birth_name, known.first_names
        self.birth_date.data = known.birth_date


class AbsenceForm(PageForm):
    """Days on which a member does not work."""

    member = SelectField(
        _l("Personne"), coerce=_number, validators=[InputRequired(_l("Choisissez qui est absent."))]
    )
    first = DateField(_l("Premier jour"), validators=[InputRequired(_l("Donnez le premier jour."))])
    last = DateField(
        _l("Dernier jour"), description=_l("Laissez vide pour un seul jour."), validators=[Optional()]
    )

    def offer(self, members: Sequence[Member]) -> None:
        """Offer these members."""
        self.member.choices = [(NOBODY, _("Choisir")), *((one.id, one.display_name) for one in members)]


class LendForm(PageForm):
    """How many tracers are lent to which site, and until when."""

    number = WholeNumberField(
        _l("Combien d’enquêteurs"),
        default=1,
        validators=[InputRequired(_l("Dites combien.")), NumberRange(min=1, max=50)],
    )
    site = SelectField(_l("Site"), coerce=_number, validators=[InputRequired(_l("Choisissez le site."))])
    until = TimeField(_l("Jusqu’à, aujourd’hui"), validators=[InputRequired(_l("Donnez l’heure du retour."))])

    def offer(self, sites: Sequence[Site]) -> None:
        """Offer these sites."""
        self.site.choices = [(NOBODY, _("Choisir")), *((one.id, one.name) for one in sites)]


def chosen(codes: type[Code], value: str | None, default: Code) -> Code:
    """Return the code in the URL, or the default if it is missing or invalid."""
    return next((code for code in codes if code.value == value), default)
