"""The text of each copy. Each is built separately, so that what the employer must not read never reaches their page."""

from datetime import date
from enum import StrEnum
from typing import Any

from babel.dates import format_date

from tracing.programmes.vocabulary import Subject
from tracing.sickleave.documents.content import NoteContent

Line = tuple[str, str]

_CAPACITY = {Subject.CASE: "Personne testée positive", Subject.CONTACT: "Personne contact à risque"}


class Copy(StrEnum):
    """The recipient of a copy."""

    INSURED = "insured"
    EMPLOYER = "employer"


def file_name(number: str, copy: Copy) -> str:
    """Return the file name of a copy; it reveals nothing but the note's number."""
    return f"{number}-{ {Copy.INSURED: 'assure', Copy.EMPLOYER: 'employeur'}[copy] }.pdf"


def page_of(note: NoteContent, copy: Copy) -> dict[str, Any]:
    """Return the text of one copy."""
    page = _common(note)
    return page | (_insured(note) if copy is Copy.INSURED else _employer(note))


def _common(note: NoteContent) -> dict[str, Any]:
    return {
        "number": note.number,
        "verification_code": note.verification_code,
        "issued_on": _day(note.issued_at.date()),
        "issuer": {
            "name": note.issuer.name,
            "address": list(note.issuer.address),
            "phone": note.issuer.phone,
        },
        "exercise": note.exercise,
        "cancelled": note.cancelled,
        "first_day": _weekday(note.first_day),
        "last_day": _weekday(note.last_day),
        "days": "1 jour" if note.days == 1 else f"{note.days} jours",
    }


def _names(note: NoteContent) -> list[Line]:
    bearer = note.bearer
    lines = [("Nom", bearer.last_name)]
    if bearer.birth_name and bearer.birth_name != bearer.last_name:
        lines.append(("Nom de naissance", bearer.birth_name))
    return [*lines, ("Prénoms", bearer.first_names)]


def _insured(note: NoteContent) -> dict[str, Any]:
    bearer = note.bearer
    person = _names(note)
    if bearer.birth_date:
        person.append(("Date de naissance", _day(bearer.birth_date)))
    nir = _spaced(bearer.nir) if bearer.nir else "non connu à la délivrance"
    person.append(("Numéro de sécurité sociale", nir))
    if bearer.address:
        person.append(("Adresse pendant l’arrêt", ", ".join(bearer.address)))
    return {
        "person": person,
        "measure": [*_dates(note), ("Règle appliquée", note.measure_text)],
        "sworn_on": _day(note.issued_at.date()),
        "rights": list(note.rights),
        "legal_basis": f"{note.legal_basis}\nRègles appliquées\u202f: {note.measure_rule} et {note.note_rule}.",
    }


def _dates(note: NoteContent) -> list[Line]:
    dates = (
        ("Premiers signes", note.onset_on),
        ("Prélèvement", note.sampled_on),
        ("Dernier contact", note.last_contact_on),
        ("Dernier jour d’isolement", note.measure_end),
    )
    known = [(label, _weekday(day)) for label, day in dates if day is not None]
    return [("À quel titre", _CAPACITY[note.subject]), ("Programme", note.programme), *known]


def _employer(note: NoteContent) -> dict[str, Any]:
    person = _names(note)
    if note.bearer.nir:
        person.append(("Numéro de sécurité sociale", _masked(note.bearer.nir)))
    return {"person": person, "programme": note.neutral_label}


def _day(day: date) -> str:
    return _written(day, "d MMMM y")


def _weekday(day: date) -> str:
    return _written(day, "EEEE d MMMM y")


def _written(day: date, pattern: str) -> str:
    return format_date(day, pattern.replace("d", "d'er'") if day.day == 1 else pattern, locale="fr")


def _groups(nir: str) -> tuple[str, ...]:
    digits = nir.replace(" ", "")
    cuts = ((0, 1), (1, 3), (3, 5), (5, 7), (7, 10), (10, 13), (13, 15))
    return tuple(group for start, end in cuts if (group := digits[start:end]))


def _spaced(nir: str) -> str:
    return "\u00a0".join(_groups(nir))


def _masked(nir: str) -> str:
    """Show only the three digits of the order number: the others reveal sex, birth and birthplace."""
    groups = [group if place == 5 else "•" * len(group) for place, group in enumerate(_groups(nir))]
    return "\u00a0".join(groups)
