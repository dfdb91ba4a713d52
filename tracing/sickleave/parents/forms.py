"""The form that issues a note to a parent: who they are, and what the script asks of nobody but the child."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from tracing.people.rules import Identity
from tracing.programmes.vocabulary import Scheme
from tracing.sickleave.documents import ParentSaid
from tracing.sickleave.forms import WorkNoteForm


class ParentNoteForm(WorkNoteForm):
    """Who the parent is, their work, their declaration, and the first day."""

    DECLARES = _l(
        "Déclare sur l’honneur ne pas pouvoir télétravailler, ne pas être déjà en arrêt de travail, et être le seul parent à demander un arrêt pour cet enfant"
    )
    DECLARES_SINCE = _l(
        "Déclare sur l’honneur ne pas pouvoir télétravailler, ne pas être déjà en arrêt de travail, être le seul parent à demander un arrêt pour cet enfant, et n’avoir pas travaillé depuis le %(day)s compris"
    )
    SHOWN_LATE = ("first_names", *WorkNoteForm.SHOWN_LATE)

    first_names = StringField(
        _l("Prénoms du parent"),
        validators=[InputRequired(_l("Demandez les prénoms.")), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )

    def __init__(self, *args: Any, identity: Identity | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, identity=identity, today=today, **kwargs)
        self.last_work_on.description = _("Vide\u202f: l’arrêt commence aujourd’hui.")
        self.address_confirmed.label.text = _("Le parent a confirmé cette adresse pendant l’appel")
        if identity is not None:
            del self.first_names

    @property
    def names(self) -> str:
        """The first names that were typed; empty if they are known."""
        return (self.first_names.data or "").strip() if "first_names" in self else ""

    @property
    def said(self) -> ParentSaid:
        """What the parent said; while nothing is chosen, the scheme of most."""
        return ParentSaid(scheme=self.chosen_scheme or Scheme.RG, worked_on=self.last_work_on.data)
