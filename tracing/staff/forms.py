"""Forms for log-in, lock screen and one's own account, and the administrator's forms for accounts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    FieldList,
    Form,
    FormField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import EqualTo, InputRequired, Length, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from tracing.staff.models import MemberKind, Role, Shift
from tracing.staff.words import KIND_WORDS, ROLE_WORDS
from tracing.ui import languages
from tracing.ui.forms import PageForm

ROLES = [SelectChoice(role.value, ROLE_WORDS[role]) for role in Role]


def spoken_languages() -> list[SelectChoice]:
    """Return the languages to choose from."""
    return [SelectChoice(code, name) for code, name in languages.choices()]


class LoginForm(PageForm):
    """Name and password."""

    login = StringField(
        _l("Identifiant"),
        validators=[InputRequired(_l("Tapez votre identifiant.")), Length(max=100)],
        render_kw={
            "autocomplete": "username",
            "autofocus": True,
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )
    password = PasswordField(
        _l("Mot de passe"),
        validators=[InputRequired(_l("Tapez votre mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )


class UnlockForm(PageForm):
    """The password, at the lock screen."""

    password = PasswordField(
        _l("Mot de passe"),
        validators=[InputRequired(_l("Tapez votre mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )


class NewPasswordForm(PageForm):
    """A new password, typed twice."""

    password = PasswordField(
        _l("Nouveau mot de passe"),
        description=_l("Au moins 14 caractères : une phrase de quelques mots convient bien."),
        validators=[InputRequired(_l("Choisissez un mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("Le même, encore une fois"),
        validators=[
            InputRequired(_l("Tapez le mot de passe une seconde fois.")),
            EqualTo("password", _l("Les deux mots de passe diffèrent.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class RolesField(SelectMultipleField):
    """A choice of several roles, shown as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MemberForm(PageForm):
    """A new account."""

    name = StringField(
        _l("Nom affiché"),
        description=_l("Comme la personne se présente au téléphone."),
        validators=[InputRequired(_l("Tapez le nom affiché.")), Length(max=80)],
    )
    login = StringField(
        _l("Identifiant"),
        validators=[
            InputRequired(_l("Tapez un identifiant.")),
            Length(max=40),
            Regexp(
                r"^[a-z0-9._-]+$",
                message=_l("Lettres minuscules sans accent, chiffres, point et tiret seulement."),
            ),
        ],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    kind = SelectField(
        _l("Engagement"),
        choices=[SelectChoice(kind.value, KIND_WORDS[kind]) for kind in MemberKind],
        validators=[InputRequired()],
    )
    contract_ends_on = DateField(
        _l("Dernier jour du contrat"),
        description=_l("Le compte se ferme de lui-même à la fin de ce jour."),
        validators=[Optional()],
    )
    roles = RolesField(
        _l("Rôles sur ce site"),
        choices=ROLES,
        validators=[InputRequired(_l("Choisissez au moins un rôle."))],
    )


class DayForm(Form):
    """Working hours on one day of the week; both times empty on a day off."""

    starts = TimeField(validators=[Optional()])
    ends = TimeField(validators=[Optional()])

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Require both times or neither, in order."""
        if not super().validate(extra_validators):
            return False
        first, last = self.starts.data, self.ends.data
        wrong = None
        if (first is None) != (last is None):
            wrong = _("Tapez les deux heures, ou aucune.")
        elif first is not None and last is not None and first >= last:
            wrong = _("La fin vient après le début.")
        if wrong:
            self.starts.errors = [wrong]
        return wrong is None


class WorkForm(PageForm):
    """A member's roles here, languages and hours: one form, so that one save keeps everything that was ticked."""

    roles = RolesField(_l("Rôles sur ce site"), choices=ROLES)
    languages = RolesField(_l("Langues, outre le français"), choices=spoken_languages)
    days = FieldList(FormField(DayForm), min_entries=7, max_entries=7)
    """The weekly pattern, Monday first."""

    @classmethod
    def of(cls, roles: Iterable[str], languages: Iterable[str], shifts: Iterable[Shift]) -> "WorkForm":
        """Return the form that shows these roles, languages and hours."""
        by_day: list[dict[str, Any]] = [{} for _weekday in range(7)]
        for shift in shifts:
            by_day[shift.weekday] = {"starts": shift.starts_at, "ends": shift.ends_at}
        return cls(formdata=None, data={"roles": list(roles), "languages": list(languages), "days": by_day})

    def hours(self) -> dict[int, tuple[time, time]]:
        """Return the hours of each working day; 0 is Monday."""
        typed = enumerate(self.days.data)
        return {weekday: (day["starts"], day["ends"]) for weekday, day in typed if day["starts"]}
