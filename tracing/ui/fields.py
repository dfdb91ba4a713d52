"""Helpers of the form macro for a WTForms field: which markup it needs, its errors, and a field for whole numbers."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from wtforms import (
    Field,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    SubmitField,
)
from wtforms.validators import StopValidation
from wtforms.widgets import Select, TextArea

MOST_DIGITS = 9
FIRST_YEAR, LAST_YEAR = 1900, 2100


class WholeNumberField(IntegerField):
    """A whole number that fits the database: one of twenty digits is refused."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        super().process_formdata([text if len(text) <= MOST_DIGITS else "" for text in valuelist])


def of_our_time(_form: Form, field: Field) -> None:
    """Refuse a day with which nothing can be counted: 01/01/0001 is what a browser sends while a year is typed."""
    if field.data is not None and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise StopValidation(
            _("Indiquez un jour de notre temps : l’année a quatre chiffres, de 1900 à 2100.")
        )


def field_kind(field: Field) -> str:
    """Say which markup a field needs: one word per branch of the macro."""
    by_class = ((FormField, "group"), (FieldList, "list"), (SubmitField, "submit"), (HiddenField, "hidden"))
    for kind, word in by_class:
        if isinstance(field, kind):
            return word
    if isinstance(field, FileField | MultipleFileField):
        return "file"
    if isinstance(field.widget, Select):
        return "select"
    if isinstance(field.widget, TextArea):
        return "textarea"
    if hasattr(field, "option_widget"):
        return "choices"
    return "checkbox" if getattr(field.widget, "input_type", "text") == "checkbox" else "input"


def has_file(form: Form) -> bool:
    """Say whether a form must be sent as multipart."""
    return any(field_kind(field) == "file" for field in form)


def error_links(form: Form) -> list[tuple[str | None, str]]:
    """List every error of a form with the id of the control to go to, or None for the form as a whole."""
    own: list[tuple[str | None, str]] = [(None, str(message)) for message in form.form_errors]
    return own + [found for field in form for found in _errors_of(field)]


def _errors_of(field: Field) -> Iterator[tuple[str | None, str]]:
    if isinstance(field, FormField):
        yield from error_links(field.form)
        return
    if isinstance(field, FieldList):
        for entry in field:
            yield from _errors_of(entry)
    for message in sentences(field):
        yield focus_id(field), message


def sentences(field: Field) -> list[str]:
    """Return a field's own errors, with typographic apostrophes (WTForms writes straight ones)."""
    # A FieldList and a FormField repeat the errors inside them as lists and mappings; those are shown at their fields.
    return [
        str(error).replace("'", "’") for error in field.errors if not isinstance(error, list | tuple | dict)
    ]


def focus_id(field: Field) -> str:
    """Return the id of the control that takes the focus: the first choice of a group, otherwise the field itself."""
    if field_kind(field) == "choices":
        choices: Any = field
        for first in choices:
            return str(first.id)
    return str(field.id)
