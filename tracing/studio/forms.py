"""The form with which a referent or an adviser asks what the rules would say."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, NumberRange, Optional

from tracing.programmes.facts import FactType, FactValue
from tracing.programmes.loader import load_packs
from tracing.programmes.rules import Situation, TestDone
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Subject, Vaccination
from tracing.ui.fields import WholeNumberField, of_our_time
from tracing.ui.forms import PageForm

UNKNOWN = ""
_YES_NO = {"yes": True, "no": False}


def _day(label: object) -> DateField:
    return DateField(label, validators=[Optional(), of_our_time])  # type: ignore[arg-type]  # the label is translated later


class SituationForm(PageForm):
    """A situation that is made up. It changes nothing, so it is sent in the URL."""

    class Meta:
        """A question needs no CSRF token."""

        csrf = False

    programme = SelectField(_l("Programme"))
    subject = SelectField(
        _l("La personne est"),
        choices=[
            SelectChoice(Subject.CASE.value, _l("positive")),
            SelectChoice(Subject.CONTACT.value, _l("un contact")),
        ],
    )
    on = DateField(
        _l("Jour de la question"), validators=[InputRequired(_l("Indiquez un jour.")), of_our_time]
    )
    onset = _day(_l("Premiers symptômes"))
    sampled = _day(_l("Prélèvement positif"))
    last_contact = _day(_l("Dernière rencontre"))
    notified = _day(_l("Contact averti le"))
    case_isolation_end = _day(_l("Fin de l’isolement du cas"))
    household = BooleanField(_l("Vit sous le même toit que le cas"))
    age = WholeNumberField(
        _l("Âge"), validators=[Optional(), NumberRange(0, 130, _l("Un âge de 0 à 130 ans."))]
    )
    vaccination = SelectField(
        _l("Vaccination"),
        validators=[Optional()],
        choices=[
            SelectChoice(Vaccination.UNKNOWN.value, _l("inconnue")),
            SelectChoice(Vaccination.COMPLETE.value, _l("complète")),
            SelectChoice(Vaccination.INCOMPLETE.value, _l("incomplète")),
            SelectChoice(Vaccination.NONE.value, _l("aucune")),
        ],
        default=Vaccination.UNKNOWN.value,
    )
    immunodepressed = BooleanField(_l("Immunodéprimée"))
    previous_infection = _day(_l("Infection précédente"))
    symptoms = _day(_l("Symptômes apparus le"))
    fever_until = _day(_l("Dernier jour de fièvre"))
    negative_on = _day(_l("Test négatif le"))
    positive_on = _day(_l("Test positif le"))
    test_refused = BooleanField(_l("Refuse les tests"))

    def fill(self) -> None:
        """Offer the programmes."""
        self.programme.choices = [SelectChoice(pack.code, pack.label) for pack in load_packs().values()]

    def situation(self, pack: Pack) -> Situation:
        """Return the situation as it was typed."""
        done = [(self.negative_on.data, False), (self.positive_on.data, True)]
        return Situation(
            subject=Subject(self.subject.data),
            on=self.on.data,
            onset=self.onset.data,
            sampled=self.sampled.data,
            last_contact=self.last_contact.data,
            notified=self.notified.data,
            case_isolation_end=self.case_isolation_end.data,
            household=bool(self.household.data),
            age=self.age.data,
            vaccination=Vaccination(self.vaccination.data or Vaccination.UNKNOWN),
            immunodepressed=bool(self.immunodepressed.data),
            previous_infection=self.previous_infection.data,
            symptoms=self.symptoms.data,
            fever_until=self.fever_until.data,
            tests=tuple(TestDone(day, is_positive) for day, is_positive in done if day),
            test_refused=bool(self.test_refused.data),
            facts={name: self._fact(field) for name, field in self.fact_fields(pack)},
        )

    def fact_fields(self, pack: Pack) -> Iterator[tuple[str, Field]]:
        """Yield the fields of the facts that only this programme asks."""
        for name in pack.facts:
            field = self._fields.get(_field_of(name))
            if field is not None:
                yield name, field

    @staticmethod
    def _fact(field: Field) -> FactValue | None:
        value = field.data or None
        return _YES_NO.get(value, value) if isinstance(value, str) else None


def form_for(pack: Pack) -> type[SituationForm]:
    """Return the form for a programme, with the facts that only it asks."""
    own = {
        _field_of(name): SelectField(
            fact.label, validators=[Optional()], choices=_choices(fact.type, list(fact.values))
        )
        for name, fact in pack.facts.items()
        if fact.type is not FactType.NUMBER
    }
    return type("SituationFormOf", (SituationForm,), own)


def _field_of(fact: str) -> str:
    return f"fact_{fact}"


def _choices(kind: FactType, values: list[str]) -> list[SelectChoice]:
    asked = (
        [("yes", _("oui")), ("no", _("non"))] if kind is FactType.YES_NO else [(one, one) for one in values]
    )
    return [SelectChoice(UNKNOWN, _("pas connu")), *(SelectChoice(value, word) for value, word in asked)]
