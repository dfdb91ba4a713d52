"""The form that issues a note: the first day, the declaration, and the personal details printed on the note.

Whether the days are allowed is decided by the rules.
"""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError
from wtforms.widgets import HiddenInput

from tracing.people.nir import counts_for, read_nir
from tracing.people.rules import Identity, nir_counts
from tracing.programmes.vocabulary import Scheme
from tracing.scripts.wording import day_in_words
from tracing.sickleave.patient import BearerDetails
from tracing.sickleave.rules import MissingNumberReason
from tracing.sickleave.words import NO_NUMBER_WORDS
from tracing.ui.forms import PageForm

PREFIX = "note-"
EARLIEST_BIRTH = date(1900, 1, 1)


class NoteForm(PageForm):
    """The first day, the declaration, and the personal details that the note still lacks."""

    birth_name = StringField(
        _l("Nom de naissance"),
        validators=[InputRequired(_l("Demandez le nom de famille.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    birth_date = DateField(
        _l("Date de naissance"), validators=[InputRequired(_l("Demandez la date de naissance."))]
    )
    address = StringField(
        _l("Adresse pendant l’arrêt"),
        validators=[InputRequired(_l("Demandez le numéro et la rue.")), Length(max=160)],
        render_kw={"autocomplete": "off"},
    )
    postcode = StringField(
        _l("Code postal"),
        validators=[
            InputRequired(_l("Demandez le code postal.")),
            Regexp(r"^\s*[0-9A-Za-z -]{4,10}\s*$", message=_l("Ce code postal n’a pas la bonne forme.")),
        ],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    city = StringField(
        _l("Commune"),
        validators=[InputRequired(_l("Demandez la commune.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    address_confirmed = BooleanField(
        _l("La personne a confirmé cette adresse pendant l’appel"),
        validators=[InputRequired(_l("Faites confirmer l’adresse par la personne, puis cochez."))],
    )
    nir = StringField(
        _l("Numéro de sécurité sociale"),
        description=_l("15 chiffres, clé comprise."),
        validators=[Optional(), Length(max=30)],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    no_nir = SelectField(
        _l("Sans numéro, parce que"),
        description=_l("Le médecin-conseil décide alors de l’arrêt."),
        validators=[Optional()],
    )
    SHOWN_LATE: tuple[str, ...] = ("birth_name", "birth_date", "address", "postcode", "city", "nir")
    """What `as_lines` returns, in that order."""

    first_day = DateField(_l("Premier jour"), validators=[Optional()])
    sworn = BooleanField()
    sworn_since = DateField(validators=[Optional()], widget=HiddenInput())
    """Since when the person has not worked, in the declaration that was read."""
    DECLARES = _l(
        "Déclare sur l’honneur ne pas pouvoir télétravailler, et ne pas être déjà en arrêt de travail"
    )
    DECLARES_SINCE = _l(
        "Déclare sur l’honneur ne pas pouvoir télétravailler, ne pas être déjà en arrêt de travail, et n’avoir pas travaillé depuis le %(day)s compris"
    )

    def __init__(self, *args: Any, identity: Identity | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.identity, self.today = identity, today
        self.no_nir.choices = [
            SelectChoice("", _("Le numéro est donné")),
            *(SelectChoice(reason.value, words) for reason, words in NO_NUMBER_WORDS.items()),
        ]
        if identity is not None and (identity.birth_name or identity.usual_name):
            del self.birth_name
        if identity is not None and identity.birth_date:
            del self.birth_date
        if identity is not None and nir_counts(identity):
            del self.nir
            del self.no_nir

    def validate_birth_date(self, field: DateField) -> None:
        """Accept only a day on which a person of working age can have been born."""
        if field.data is None or not EARLIEST_BIRTH <= field.data <= self.today:
            raise ValidationError(_("Cette date de naissance n’est pas possible."))

    def validate_nir(self, field: StringField) -> None:
        """Accept only the person's own number: its key is right, and it agrees with their birth date and sex."""
        found = read_nir(field.data or "")
        if found is None:
            raise ValidationError(
                _(
                    "Ce numéro n’est pas valide\u202f: relisez les 15 chiffres, clé comprise, avec la personne."
                )
            )
        born = self._born()
        sex = self.identity.sex if self.identity else ""
        if born is not None and not counts_for(found.number, sex=sex, birth_date=born):
            raise ValidationError(
                _(
                    "Ce numéro ne s’accorde pas avec la date de naissance ou le sexe\u202f: est-ce celui d’un proche\u202f?"
                )
            )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Require the number, or the reason why there is none."""
        is_right = bool(super().validate(*args, **kwargs))
        if "nir" in self and not self.nir.data and not self.no_nir.data:
            self.nir.errors = [
                *self.nir.errors,
                _("Demandez le numéro, ou indiquez dessous pourquoi la personne n’en a pas."),
            ]
            return False
        return is_right

    def declares(self, since: date | None) -> None:
        """Set what is declared: `since` is the first day of the note, if it is past. Other days than those read are not."""
        words = self.DECLARES if since is None else self.DECLARES_SINCE
        self.sworn.label.text = str(words) if since is None else str(words) % {"day": day_in_words(since)}
        if self.sworn_since.data != since:
            self.sworn.data = False
            _show(self.sworn_since, since)

    def begins(self, first_day: date) -> None:
        """Show another first day than the one that was typed."""
        _show(self.first_day, first_day)

    @property
    def reason(self) -> MissingNumberReason | None:
        """The reason why there is no number; None if one was typed or is known."""
        if "nir" not in self or self.nir.data or not self.no_nir.data:
            return None
        return MissingNumberReason(self.no_nir.data)

    def details(self) -> BearerDetails:
        """Return the personal details that were typed; call this on a valid form."""
        found = read_nir(self.nir.data) if "nir" in self and self.nir.data else None
        return BearerDetails(
            birth_name=(self.birth_name.data or "").strip() if "birth_name" in self else "",
            birth_date=self.birth_date.data if "birth_date" in self else None,
            address=(self.address.data or "").strip(),
            postcode=(self.postcode.data or "").strip(),
            city=(self.city.data or "").strip(),
            nir=found.number if found else None,
        )

    def as_lines(self) -> list[str]:
        """Return what was typed, to show it when the form came too late."""
        typed = [(self[name].label.text, self[name].data) for name in self.SHOWN_LATE if name in self]
        lines = [(label, f"{one:%d/%m/%Y}" if isinstance(one, date) else one) for label, one in typed if one]
        return [f"{label}\u202f: {text}" for label, text in lines]

    def _born(self) -> date | None:
        known = self.identity.birth_date if self.identity else None
        typed = self.birth_date.data if "birth_date" in self else None
        return known or typed


def _show(field: DateField, day: date | None) -> None:
    """Let a field show a day, and not what was sent in it."""
    field.data, field.raw_data = day, None


SCHEMES = (
    (Scheme.RG, _l("Régime général (salariés)")),
    (Scheme.SSI, _l("Indépendants, professions libérales")),
    (Scheme.MSA, _l("Régime agricole (MSA)")),
    (Scheme.FP_ETAT, _l("Fonction publique")),
    (Scheme.SPECIAL, _l("Régime spécial")),
    (Scheme.NONE, _l("Aucun, ou sans emploi")),
)
"""In which service a civil servant works is not asked: none of them entitles to a note."""


class WorkNoteForm(NoteForm):
    """The same where the script did not ask about work: of the parent of a child, or of somebody in hospital."""

    SHOWN_LATE = (*NoteForm.SHOWN_LATE, "last_work_on")

    scheme = SelectField(
        _l("Régime d’assurance maladie"),
        validators=[InputRequired(_l("Demandez de quel régime la personne relève."))],
    )
    last_work_on = DateField(
        _l("Dernier jour travaillé"),
        description=_l("Vide\u202f: la personne ne le sait pas."),
        validators=[Optional()],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scheme.choices = [
            SelectChoice("", _("Choisir")),
            *(SelectChoice(one.value, words) for one, words in SCHEMES),
        ]

    def validate_last_work_on(self, field: DateField) -> None:
        """Accept no day to come."""
        if field.data is not None and field.data > self.today:
            raise ValidationError(_("Ce jour est encore à venir."))

    @property
    def chosen_scheme(self) -> Scheme | None:
        """The scheme that was chosen; None if none was."""
        known = {one.value for one in Scheme}
        return Scheme(self.scheme.data) if self.scheme.data in known else None

    @property
    def answers(self) -> dict[str, str]:
        """What was said of the person's work, as the script stores it; the declaration says that they cannot telework, nor are stopped."""
        scheme = self.chosen_scheme
        said = {"works": "yes"}
        if self.sworn.data:
            said |= {"can_telework": "no", "stopped_by_doctor": "no"}
        if scheme is not None:
            said["insurance_scheme"] = "CIVIL_SERVANT" if scheme is Scheme.FP_ETAT else scheme.value
        if self.last_work_on.data is not None:
            said["last_work_on"] = self.last_work_on.data.isoformat()
        return said


class DaysForm(PageForm):
    """The days that were shown and are agreed to with one button."""

    first_day = DateField(validators=[Optional()])
    last_day = DateField(validators=[Optional()])
    not_worked_since = BooleanField()
