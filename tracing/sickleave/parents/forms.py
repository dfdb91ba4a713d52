"""The form that issues a note to a parent: who they are, and what the script asks of nobody but the child."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from tracing.people.rules import Identity
from tracing.programmes.vocabulary import Scheme
from tracing.sickleave.documents import ParentSaid
from tracing.sickleave.forms import NoteForm

SCHEMES = (
    (Scheme.RG, _l("Régime général (salariés)")),
    (Scheme.SSI, _l("Indépendants, professions libérales")),
    (Scheme.MSA, _l("Régime agricole (MSA)")),
    (Scheme.FP_ETAT, _l("Fonction publique")),
    (Scheme.SPECIAL, _l("Régime spécial")),
    (Scheme.NONE, _l("Aucun, ou sans emploi")),
)
"""In which service a civil servant works is not asked: none of them entitles to a note."""


class ParentNoteForm(NoteForm):
    """Who the parent is, their work, their declaration, and the first day."""

    SHOWN_LATE = ("first_names", *NoteForm.SHOWN_LATE, "last_work_on")

    first_names = StringField(
        _l("Prénoms du parent"),
        validators=[InputRequired(_l("Demandez les prénoms.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    scheme = SelectField(
        _l("Régime d’assurance maladie"), validators=[InputRequired(_l("Demandez de quel régime il relève."))]
    )
    last_work_on = DateField(
        _l("Dernier jour où il a travaillé"),
        description=_l("Vide\u202f: il ne le sait pas, et l’arrêt commence aujourd’hui."),
        validators=[Optional()],
    )

    def __init__(self, *args: Any, identity: Identity | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, identity=identity, today=today, **kwargs)
        self.scheme.choices = [
            SelectChoice("", _("Choisir")),
            *(SelectChoice(one.value, words) for one, words in SCHEMES),
        ]
        self.sworn.label.text = _(
            "Déclare sur l’honneur ne pas pouvoir télétravailler, et être le seul parent à demander un arrêt pour cet enfant"
        )
        self.address_confirmed.label.text = _("Le parent a confirmé cette adresse pendant l’appel")
        if identity is not None:
            del self.first_names

    def validate_last_work_on(self, field: DateField) -> None:
        """Accept no day to come."""
        if field.data is not None and field.data > self.today:
            raise ValidationError(_("Ce jour est encore à venir."))

    @property
    def names(self) -> str:
        """The first names that were typed; empty if they are known."""
        return (self.first_names.data or "").strip() if "first_names" in self else ""

    @property
    def said(self) -> ParentSaid:
        """What the parent said; while nothing is chosen, the scheme of most."""
        known = {one.value for one in Scheme}
        scheme = Scheme(self.scheme.data) if self.scheme.data in known else Scheme.RG
        return ParentSaid(scheme=scheme, worked_on=self.last_work_on.data)
