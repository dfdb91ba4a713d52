"""The form with which a file is searched: one exact key, and why."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional

from tracing.calls.rules import LONGEST_HANDOVER
from tracing.casefiles.rules import FileReason
from tracing.casefiles.words import REASON_WORDS
from tracing.ui.forms import PageForm


class NoteForm(PageForm):
    """A note for whoever calls the person next."""

    seen = HiddenField(validators=[Optional(), Length(max=40)])
    """The note that stood on the page."""

    note = StringField(
        _l("Une phrase, lue avant de composer le numéro"),
        description=_l(
            "140 signes au plus. Rien de la santé ni du résultat : qui appelle la lit avant de savoir qui répond."
        ),
        validators=[Optional(), Length(max=LONGEST_HANDOVER, message=_l("140 signes au plus."))],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_HANDOVER},
    )


class FindForm(PageForm):
    """A reference, number or NIR; or a surname with a given name and the birth date."""

    key = StringField(
        _l("Référence, téléphone ou numéro de sécurité sociale"),
        description=_l("Exact et entier. Il n’y a pas de liste à parcourir."),
        validators=[Optional(), Length(max=60)],
        render_kw={"autocomplete": "off", "autofocus": True},
    )
    name = StringField(
        _l("Nom"),
        description=_l("De naissance ou d’usage, entier."),
        validators=[Optional(), Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    given = StringField(
        _l("Premier prénom"), validators=[Optional(), Length(max=80)], render_kw={"autocomplete": "off"}
    )
    born = DateField(_l("Date de naissance"), validators=[Optional()])
    reason = RadioField(_l("Motif"), coerce=str, validators=[InputRequired(_l("Choisissez un motif."))])
    words = StringField(
        _l("Précision"),
        description=_l("Scellée ; lue seulement par la protection des données."),
        validators=[Optional(), Length(max=200)],
        render_kw={"autocomplete": "off"},
    )

    def offer(self, reasons: Sequence[FileReason]) -> None:
        """Offer these reasons."""
        self.reason.choices = [(one.value, str(REASON_WORDS[one])) for one in reasons]

    @property
    def chosen(self) -> FileReason:
        """The reason chosen; only of a valid form."""
        return FileReason(self.reason.data)

    def is_complete(self) -> bool:
        """Validate, and ask for one key of the two kinds and for the words of another reason."""
        is_valid = self.validate()
        by_name = [self.name, self.given, self.born]
        typed = [field for field in by_name if field.data]
        if self.key.data and typed:
            self.key.errors = [_("Cherchez par ce numéro, ou par le nom : pas les deux à la fois.")]
            is_valid = False
        elif not self.key.data and not typed:
            self.key.errors = [_("Tapez une référence, un numéro, ou le nom avec la date de naissance.")]
            is_valid = False
        for field in by_name if typed and not self.key.data else []:
            if not field.data and not field.errors:
                field.errors = [
                    _("Pour chercher par le nom, il faut le nom, le prénom et la date de naissance.")
                ]
                is_valid = False
        if self.reason.data == FileReason.OTHER and not (self.words.data or "").strip():
            self.words.errors = [_("Dites en quelques mots pourquoi.")]
            is_valid = False
        return is_valid
