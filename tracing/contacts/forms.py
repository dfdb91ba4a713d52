"""Forms of the contact list. Shape only: services decide about days, risks and duplicates."""

from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from tracing.contacts.models import Contact
from tracing.contacts.rules import ContactDetails, Described, described_circumstances
from tracing.contacts.words import DISTANCE_WORDS, LINK_WORDS, PROTECTION_WORDS
from tracing.facts.rules import FactSource
from tracing.facts.words import SOURCE_WORDS
from tracing.people.correction_rules import Correction
from tracing.people.phones import read_phones
from tracing.people.rules import NAMES_AND_BIRTH, Identity
from tracing.programmes.data_fields import DataField
from tracing.programmes.rules import Circumstances
from tracing.programmes.vocabulary import Distance, Protection
from tracing.ui import languages
from tracing.ui.filters import recent_days
from tracing.ui.formats import phone
from tracing.ui.forms import PageForm

Code = TypeVar("Code", bound=StrEnum)

PREFIX = "contact-"
EMAIL = (r"^[^@\s]+@[^@\s]+\.[^@\s]+$", 0, _l("Une adresse s’écrit comme nom@exemple.fr."))
"""Pattern, flags and refusal of an address."""
UNKNOWN = ""
EARLIEST_BIRTH = date(1900, 1, 1)

NOT_FILLED_IN = {"autocomplete": "off"}
PLACE = ("address", "postcode", "city")

_YES_NO = {"yes": True, "no": False}
_WORD_OF = {True: "yes", False: "no", None: UNKNOWN}


def spoken_languages() -> list[SelectChoice]:
    """Return the languages of a call, French first, the unknown one last."""
    others = [SelectChoice(code, name) for code, name in languages.choices()]
    unknown = SelectChoice(languages.OTHER, _("Autre, ou inconnue"))
    return [SelectChoice("", languages.name_of(languages.FRENCH)), *others, unknown]


def _choice_of_three(label: Any, **kwargs: Any) -> RadioField:
    choices = [
        SelectChoice("yes", _l("Oui")),
        SelectChoice("no", _l("Non")),
        SelectChoice(UNKNOWN, _l("Ne sait pas")),
    ]
    return RadioField(label, choices=choices, default=UNKNOWN, **kwargs)


class CircumstancesForm(PageForm):
    """How a case and a contact met. One risky circumstance is enough; the others need not be asked then."""

    lives_with_case = _choice_of_three(_l("Vit sous le même toit que le cas"))
    face_to_face = RadioField(
        _l("Face à face, même brièvement"),
        choices=[
            *(SelectChoice(distance.value, words) for distance, words in DISTANCE_WORDS.items()),
            SelectChoice(UNKNOWN, _l("Ne sait pas")),
        ],
        default=UNKNOWN,
    )
    protection = SelectField(
        _l("Protection, du début à la fin"),
        choices=[
            SelectChoice(UNKNOWN, _l("Ne sait pas")),
            *(SelectChoice(protection.value, words) for protection, words in PROTECTION_WORDS.items()),
        ],
        default=UNKNOWN,
    )
    confined = _choice_of_three(_l("Ensemble dans un lieu clos, assez longtemps"))
    care = _choice_of_three(_l("Soin ou aide à la toilette, donné ou reçu"))
    cough = _choice_of_three(_l("Toux ou éternuements face à face"))
    same_class = _choice_of_three(_l("Élève ou enseignant de la même classe"))

    confined_minutes = 0
    """How many minutes in a closed space count as a risk, by the rule in force."""

    def ask_for(self, confined_minutes: int) -> None:
        """Put the number of minutes of the rule into the question about closed spaces."""
        self.confined_minutes = confined_minutes
        self.confined.label.text = _(
            "Ensemble dans un lieu clos, %(minutes)d minutes ou plus", minutes=confined_minutes
        )

    def circumstances(self) -> Circumstances:
        """Return the chosen circumstances; if they live together, the other questions are not asked."""
        if self.lives_with_case.data == "yes":
            return Circumstances(lives_with_case=True)
        confined = _YES_NO.get(self.confined.data or "")
        return Circumstances(
            lives_with_case=_YES_NO.get(self.lives_with_case.data or ""),
            face_to_face=_coded(Distance, self.face_to_face.data),
            protection=_coded(Protection, self.protection.data),
            confined_minutes=None if confined is None else self.confined_minutes * confined,
            care=_YES_NO.get(self.care.data or ""),
            cough=_YES_NO.get(self.cough.data or ""),
            same_class=_YES_NO.get(self.same_class.data or ""),
        )


def _coded(codes: type[Code], typed: str | None) -> Code | None:
    """Return a chosen code; None if there is none of it: a page or a draft of another release may hold one."""
    return codes(typed) if typed in set(codes) else None


class ContactForm(CircumstancesForm):
    """A line of the contact list: a given name and a telephone are enough."""

    allow_fiction = False
    """Whether numbers reserved for fiction are accepted: at a training site, and if the settings say so."""
    today: date | None = None

    first_names = StringField(
        _l("Prénom"),
        validators=[InputRequired(_l("Donnez au moins le prénom.")), Length(max=80)],
        render_kw={"autocomplete": "off", "autofocus": True, "data-focus": True},
    )
    birth_name = StringField(
        _l("Nom"), validators=[Optional(), Length(max=80)], render_kw={"autocomplete": "off"}
    )
    birth_date = DateField(_l("Date de naissance"), validators=[Optional()])
    phones = StringField(
        _l("Téléphone"),
        description=_l("Plusieurs numéros : séparez-les par une virgule."),
        validators=[Optional(), Length(max=80)],
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )
    is_child = BooleanField(_l("C’est un enfant : un parent répondra pour lui"))
    email = StringField(
        _l("Courriel"),
        description=_l("Le superviseur s’en sert si aucun numéro ne la joint."),
        validators=[
            Optional(),
            Length(max=120),
            Regexp(*EMAIL),
        ],
        render_kw={"autocomplete": "off", "inputmode": "email"},
    )
    link = SelectField(
        _l("Lien"),
        choices=[
            SelectChoice(UNKNOWN, _l("Non précisé")),
            *(SelectChoice(link.value, words) for link, words in LINK_WORDS.items()),
        ],
        default=UNKNOWN,
    )
    place = StringField(
        _l("Lieu de la rencontre"),
        description=_l("Son nom et sa ville\u202f: «\u202fÉcole Jules-Ferry, Lille\u202f»."),
        validators=[Optional(), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    warned = _choice_of_three(_l("Déjà averti par la personne"))
    language = SelectField(_l("Langue"), choices=spoken_languages, default="")
    last_contact_on = DateField(_l("Dernier jour où ils se sont vus"), validators=[Optional()])
    recent_day = RadioField(
        _l("Dernier jour où ils se sont vus"), choices=[], default=UNKNOWN, validate_choice=False
    )
    """The same as one of the last days, by one key. Neither: not known."""
    day_before = HiddenField()
    """The day that the page showed: without script both fields are sent, and the one that was changed counts."""
    may_disclose = RadioField(
        _l("Peut-on lui dire le nom du cas ?"),
        choices=[SelectChoice("no", _l("Non")), SelectChoice("yes", _l("Oui, le cas est d’accord"))],
        default="no",
    )

    def search_between(self, first: date, last: date, said: str, *, today: date) -> None:
        """Set the days in which contacts are searched, and their description."""
        self.last_contact_on.render_kw = {"min": first.isoformat(), "max": last.isoformat()}
        self.recent_day.choices = [
            *(SelectChoice(day, word) for day, word in recent_days(today, first=first, last=last)),
            SelectChoice(UNKNOWN, _("Ne sait pas")),
        ]
        self.last_contact_on.description = said
        self.today = today

    def validate_birth_date(self, field: DateField) -> None:
        """Refuse a birth date in the future or before 1900."""
        if field.data and not EARLIEST_BIRTH <= field.data <= (self.today or field.data):
            raise ValidationError(_("Cette date de naissance n’est pas possible."))

    def validate_phones(self, field: StringField) -> None:
        """Refuse an invalid number; an empty field is allowed."""
        if read_phones(field.data or "", allow_fiction=self.allow_fiction).invalid:
            raise ValidationError(_("Ce numéro n’existe pas. Faites-le répéter, ou laissez la case vide."))

    def details(self) -> ContactDetails:
        """Return the typed line."""
        read = read_phones(self.phones.data or "", allow_fiction=self.allow_fiction)
        described = Described(
            first_names=tidy(self.first_names.data),
            birth_name=tidy(self.birth_name.data),
            birth_date=self.birth_date.data,
            phones=read.numbers,
            email=tidy(self.email.data),
            language=self.language.data or "",
            link=self.link.data or "",
            place=tidy(self.place.data),
            is_warned=_YES_NO.get(self.warned.data or ""),
            is_child=bool(self.is_child.data),
        )
        return ContactDetails(
            described=described,
            last_contact_on=self._last_day(),
            circumstances=self.circumstances(),
            may_disclose=self.may_disclose.data == "yes",
        )

    def _last_day(self) -> date | None:
        """Return the last day of contact: of the typed and the chosen one, the one that is not what the page showed."""
        typed, chosen = self.last_contact_on.data, _day_in(self.recent_day.data)
        is_unchanged = typed is None or typed == _day_in(self.day_before.data)
        return chosen if self.recent_day.raw_data and is_unchanged else typed

    def as_text(self) -> str:
        """Return everything typed as lines of text, for a draft."""
        return "\n".join(f"{label} : {words}" for label, words in self._typed())

    def _typed(self) -> Iterator[tuple[str, str]]:
        for field in self:
            if field.type in {"CSRFTokenField", "HiddenField"}:
                continue
            words = _words_of(field)
            if words:
                yield str(field.label.text), words


class IdentityForm(PageForm):
    """Who the person on the line says they are; each field holds what the file says until it is corrected."""

    birth_name = StringField(
        _l("Nom de naissance"), validators=[Length(max=80)], render_kw=NOT_FILLED_IN | {"autofocus": True}
    )
    usual_name = StringField(_l("Nom d’usage"), validators=[Length(max=80)], render_kw=NOT_FILLED_IN)
    first_names = StringField(
        _l("Prénoms"),
        validators=[InputRequired(_l("Donnez le prénom.")), Length(max=80)],
        render_kw=NOT_FILLED_IN,
    )
    birth_date = DateField(_l("Date de naissance"), validators=[Optional()])
    address = StringField(_l("Adresse"), validators=[Length(max=200)], render_kw=NOT_FILLED_IN)
    postcode = StringField(_l("Code postal"), validators=[Length(max=12)], render_kw=NOT_FILLED_IN)
    city = StringField(_l("Commune"), validators=[Length(max=80)], render_kw=NOT_FILLED_IN)
    source = RadioField(
        _l("Qui le dit"),
        choices=[
            SelectChoice(one.value, SOURCE_WORDS[one])
            for one in (FactSource.PERSON, FactSource.REPRESENTATIVE, FactSource.RELATIVE)
        ],
        validators=[InputRequired(_l("Dites de qui vous le tenez."))],
    )
    is_other = BooleanField(_l("Ce n’est pas la personne décédée, ou qui ne veut plus d’appel"))

    def withhold(self, fields: Collection[DataField]) -> None:
        """Leave out what the programme does not ask."""
        if DataField.ADDRESS in fields:
            del self.address

    @property
    def _shown(self) -> tuple[str, ...]:
        return tuple(one for one in (*NAMES_AND_BIRTH, "usual_name", *PLACE) if one in self)

    def begin(self, known: Identity, source: FactSource, *, today: date) -> None:
        """Say under each field what the file says; of a form that was not sent, fill it in, with who is on the line."""
        self.known, self.today = known, today
        for name in self._shown:
            value = getattr(known, name)
            before = value.strftime("%d/%m/%Y") if isinstance(value, date) else value
            self[name].description = _("Au dossier\u202f: %(value)s", value=before or _("rien"))
            if not self.is_submitted():
                self[name].data = value
        if not self.is_submitted():
            self.source.data = source.value

    def validate_birth_date(self, field: DateField) -> None:
        """Refuse a day on which nobody can have been born."""
        if field.data is not None and not EARLIEST_BIRTH <= field.data <= self.today:
            raise ValidationError(_("Cette date de naissance n’est pas possible."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse, beside what each field refuses, to empty what is known: nothing is corrected by it."""
        is_valid = bool(super().validate(extra_validators))
        place = [name for name in PLACE if name in self]
        for names, sentence in (
            (("birth_name",), _("Donnez le nom, ou laissez celui du dossier.")),
            (("birth_date",), _("Donnez une date entière, ou laissez celle du dossier.")),
            (place, _("Donnez l’adresse, ou laissez celle du dossier.")),
        ):
            first = self[names[0]]
            was_known = any(getattr(self.known, one) for one in names)
            is_emptied = was_known and not any(str(self[one].data or "").strip() for one in names)
            if is_emptied and not first.errors:
                first.errors = [*first.errors, sentence]
                is_valid = False
        return is_valid

    @property
    def correction(self) -> Correction:
        """Return what was corrected; call this on a valid form."""
        names = [one for one in self._shown if one != "birth_date"]
        typed = {name: " ".join((self[name].data or "").split()) for name in names}
        place = (typed.get("address", ""), typed["postcode"], typed["city"])
        return Correction(
            birth_name=typed["birth_name"] or None,
            usual_name=typed["usual_name"],
            first_names=typed["first_names"] or None,
            birth_date=self.birth_date.data,
            address=place if any(place) else None,
        )

    @property
    def said_by(self) -> FactSource:
        """Whose word it is; call this on a valid form."""
        return FactSource(self.source.data)

    def as_lines(self) -> list[tuple[str, str]]:
        """Return what was typed, to show it where it could not be kept."""
        return [(self[name].label.text, str(self[name].data)) for name in self._shown if self[name].data]


def _words_of(field: Any) -> str:
    if isinstance(field, BooleanField):
        return _("oui") if field.data else ""
    if isinstance(field, RadioField | SelectField):
        choices: Any = field.choices
        return next((str(one.label) for one in choices if one.value and one.value == field.data), "")
    return " ".join(field.raw_data or []) if field.raw_data else ""


def _day_in(typed: str | None) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None


def tidy(text: str | None) -> str:
    """Return words with single spaces between them."""
    return " ".join((text or "").split())


def on_day(day: date | None) -> dict[str, Any]:
    """Return the initial data of an empty form: of a day, if one was chosen."""
    said = UNKNOWN if day is None else day.isoformat()
    return {"last_contact_on": day, "day_before": said, "recent_day": said}


def filled(contact: Contact, described: Described | None) -> dict[str, Any]:
    """Return the initial data of a form about this contact."""
    met = described_circumstances(contact.circumstances)
    who = described or Described(first_names="")
    return {
        "first_names": who.first_names,
        "birth_name": who.birth_name,
        "birth_date": who.birth_date,
        "phones": ", ".join(phone(number) for number in who.phones),
        "email": who.email,
        "language": who.language,
        "link": who.link,
        "place": who.place,
        "warned": _WORD_OF[who.is_warned],
        "is_child": who.is_child,
        "last_contact_on": None if contact.is_day_unknown else contact.last_contact_on,
        "day_before": UNKNOWN if contact.is_day_unknown else contact.last_contact_on.isoformat(),
        "recent_day": UNKNOWN if contact.is_day_unknown else contact.last_contact_on.isoformat(),
        "lives_with_case": _WORD_OF[met.lives_with_case],
        "face_to_face": met.face_to_face.value if met.face_to_face else UNKNOWN,
        "protection": met.protection.value if met.protection else UNKNOWN,
        "confined": _WORD_OF[None if met.confined_minutes is None else met.confined_minutes > 0],
        "care": _WORD_OF[met.care],
        "cough": _WORD_OF[met.cough],
        "same_class": _WORD_OF[met.same_class],
        "may_disclose": _WORD_OF[contact.may_disclose],
    }
