"""A line of the grid: the same contact as in the dialog, by keys and short lists. Shape only."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from tracing.contacts.forms import EMAIL, UNKNOWN, tidy
from tracing.contacts.grid.rules import MOST_LINES, PastedLine
from tracing.contacts.rules import ContactDetails, Described, HouseholdSaid, MeetingKind, circumstances_of
from tracing.contacts.words import LINK_WORDS, MEETING_WORDS
from tracing.people.phones import read_phones
from tracing.ui.forms import PageForm

LONGEST = 1000
"""Characters per cell that are kept: more than any cell accepts."""
_NAME = re.compile(r"l-([A-Za-z0-9_-]{8,40})-first_names")
_YES_NO = {"yes": True, "no": False}
CELLS = (
    "first_names",
    "birth_name",
    "phones",
    "email",
    "link",
    "place",
    "day",
    "met",
    "may_disclose",
    "warned",
)


HOUSEHOLD = ("symptoms", "fragile", "separate")
"""The cells for somebody who lives with the case."""


def new_key() -> str:
    """Return a key for a new line: what it saves is saved once."""
    return secrets.token_hex(6)


def _yes_no(label: Any) -> SelectField:
    choices = [
        SelectChoice(UNKNOWN, _l("Non précisé")),
        SelectChoice("yes", _l("Oui")),
        SelectChoice("no", _l("Non")),
    ]
    return SelectField(label, choices=choices, default=UNKNOWN)


class LineForm(PageForm):
    """One person of the grid. Only the given name is compulsory."""

    CELLS, HOUSEHOLD = CELLS, HOUSEHOLD
    allow_fiction = False
    confined_minutes = 0
    _days: frozenset[str] = frozenset()

    first_names = StringField(
        _l("Prénom"), validators=[InputRequired(_l("Donnez au moins le prénom.")), Length(max=80)]
    )
    birth_name = StringField(_l("Nom"), validators=[Optional(), Length(max=80)])
    phones = StringField(
        _l("Téléphone"), validators=[Optional(), Length(max=80)], render_kw={"inputmode": "tel"}
    )
    email = StringField(
        _l("Courriel"),
        validators=[Optional(), Length(max=120), Regexp(*EMAIL)],
        render_kw={"inputmode": "email"},
    )
    link = SelectField(
        _l("Lien"),
        choices=[
            SelectChoice(UNKNOWN, _l("Non précisé")),
            *(SelectChoice(link.value, words) for link, words in LINK_WORDS.items()),
        ],
        default=UNKNOWN,
    )
    place = StringField(_l("Lieu"), validators=[Optional(), Length(max=80)])
    day = SelectField(_l("Dernier jour"), choices=[], default=UNKNOWN, validate_choice=False)
    met = SelectField(
        _l("Circonstances"),
        choices=[
            SelectChoice(UNKNOWN, _l("À préciser")),
            *(SelectChoice(met.value, words) for met, words in MEETING_WORDS.items()),
        ],
        default=UNKNOWN,
    )
    may_disclose = SelectField(
        _l("Dire le nom"),
        choices=[SelectChoice("no", _l("Non")), SelectChoice("yes", _l("Oui"))],
        default="no",
    )
    warned = _yes_no(_l("Déjà averti"))
    symptoms = _yes_no(_l("Symptômes"))
    fragile = _yes_no(_l("Santé fragile"))
    separate = _yes_no(_l("Peut rester à part"))
    raw = HiddenField()
    """The line as it was pasted."""
    unclear = HiddenField()
    """The cells that the reading of a pasted line doubted, with commas between them."""
    dropped = HiddenField()
    """Not empty: the line was taken out, and can be put back."""

    def __init__(self, key: str, formdata: Any = None, **kwargs: Any) -> None:
        self.key = key
        super().__init__(formdata=formdata, prefix=f"l-{key}-", meta={"csrf": False}, **kwargs)

    def prepare(self, days: Sequence[tuple[str, str]], *, confined_minutes: int, allow_fiction: bool) -> None:
        """Set what this case and this site allow; a day that is typed and cannot be stays in the list, to be seen."""
        self.confined_minutes, self.allow_fiction = confined_minutes, allow_fiction
        known = [SelectChoice(UNKNOWN, _("Ne sait pas")), *(SelectChoice(day, word) for day, word in days)]
        if self.day.data and self.day.data not in {day for day, _word in days}:
            known.append(SelectChoice(self.day.data, self.day.data))
        self.day.choices = known
        self._days = frozenset(day for day, _word in days)

    @property
    def is_dropped(self) -> bool:
        """Whether the line was taken out."""
        return bool(self.dropped.data)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is named in it."""
        return not any(self[name].data for name in ("first_names", "birth_name", "phones", "email", "raw"))

    @property
    def doubts(self) -> frozenset[str]:
        """The cells that somebody must look at, as far as they still hold what was read."""
        return frozenset((self.unclear.data or "").split(",")) & frozenset(CELLS)

    def validate_phones(self, field: StringField) -> None:
        """Refuse an invalid number; an empty cell is allowed."""
        if read_phones(field.data or "", allow_fiction=self.allow_fiction).invalid:
            raise ValidationError(_("Ce numéro n’existe pas."))

    def validate_day(self, field: SelectField) -> None:
        """Refuse a day outside those in which contacts are searched."""
        if field.data and field.data not in self._days:
            raise ValidationError(_("Ce jour est hors de la période de contagiosité."))

    def details(self) -> ContactDetails:
        """Return the line as the dialog does."""
        read = read_phones(self.phones.data or "", allow_fiction=self.allow_fiction)
        described = Described(
            first_names=tidy(self.first_names.data),
            birth_name=tidy(self.birth_name.data),
            phones=read.numbers,
            email=tidy(self.email.data),
            link=self.link.data or "",
            place=tidy(self.place.data),
            is_warned=_YES_NO.get(self.warned.data or ""),
            household=self._household(),
        )
        return ContactDetails(
            described=described,
            last_contact_on=date.fromisoformat(self.day.data) if self.day.data else None,
            circumstances=circumstances_of(self.meeting, self.confined_minutes),
            may_disclose=self.may_disclose.data == "yes",
        )

    def _household(self) -> HouseholdSaid | None:
        """Return what is said of somebody who lives with the case; None of anybody else, or if nothing is said."""
        said = {name: _YES_NO.get(self[name].data or "") for name in HOUSEHOLD}
        if self.meeting is not MeetingKind.SAME_ROOF or set(said.values()) == {None}:
            return None
        return HouseholdSaid(
            has_symptoms=said["symptoms"], is_fragile=said["fragile"], can_separate=said["separate"]
        )

    @property
    def meeting(self) -> MeetingKind | None:
        """The chosen circumstances."""
        return next((one for one in MeetingKind if one.value == self.met.data), None)

    def typed(self) -> dict[str, list[str]]:
        """Return the cells as the browser sends them, each cut to the length that is kept."""
        return {
            self[name].name: [str(self[name].data or "")[:LONGEST]]
            for name in (*CELLS, *HOUSEHOLD, "raw", "unclear", "dropped")
        }

    def as_text(self) -> str:
        """Return the line in words, for a draft."""
        said = []
        for name in (*CELLS, *HOUSEHOLD):
            field: Any = self[name]
            options: Any = field.choices if isinstance(field, SelectField) else ()
            choices = {one.value: one.label for one in options}
            if field.data and field.data != "no":
                said.append(f"{field.label.text} : {choices.get(field.data, field.data)}")
        return ", ".join(said)


def lines_in(form: MultiDict[str, str]) -> list[LineForm]:
    """Return the lines of a grid that was sent, in their order."""
    keys = [found[1] for name in form if (found := _NAME.fullmatch(name))]
    return [LineForm(key, form) for key in keys[: 2 * MOST_LINES]]


def lines_of(fields: Mapping[str, Iterable[str]]) -> list[LineForm]:
    """Return the lines of a draft."""
    kept: MultiDict[str, str] = MultiDict(
        (name, value) for name, values in fields.items() for value in values
    )
    return lines_in(kept)


def line_of(pasted: PastedLine) -> LineForm:
    """Return a pasted line as a line of the grid."""
    return LineForm(
        new_key(),
        data={
            "first_names": pasted.first_names,
            "birth_name": pasted.birth_name,
            "phones": pasted.phones,
            "email": pasted.email,
            "link": pasted.link,
            "place": pasted.place,
            "day": pasted.day.isoformat() if pasted.day else UNKNOWN,
            "met": MeetingKind.SAME_ROOF.value if pasted.lives_with else UNKNOWN,
            "warned": {True: "yes", False: "no", None: UNKNOWN}[pasted.is_warned],
            "raw": " ".join(pasted.raw.split()),
            "unclear": ",".join(pasted.unclear),
        },
    )


def copy_of(line: LineForm) -> LineForm:
    """Return another line with the same meeting, for somebody else who was there."""
    same = ("link", "place", "day", "met", "may_disclose", "warned")
    return LineForm(new_key(), data={name: line[name].data for name in same})
