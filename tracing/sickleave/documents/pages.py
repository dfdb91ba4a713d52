"""The text of each copy. Each is built separately, so that what the employer must not read never reaches their page."""

from datetime import date
from enum import StrEnum
from typing import Any

from babel.dates import format_date

from tracing.programmes.vocabulary import Subject
from tracing.sickleave.documents.code_image import code_svg, code_text
from tracing.sickleave.documents.content import Issuer, NoteContent
from tracing.sickleave.documents.neutral import FUND, neutral, neutral_lines

Line = tuple[str, str]

_CAPACITY = {Subject.CASE: "Personne testée positive", Subject.CONTACT: "Personne contact à risque"}

_PARENT = "Parent d’un enfant qui doit rester à la maison"
_GRANTED = "Un médecin-conseil a accordé ces jours, en dehors des limites de la règle."
_FOLLOWS_CHILD = (
    "L’arrêt va au plus jusqu’au dernier jour d’isolement de l’enfant. Un seul parent peut en avoir un."
)


class Copy(StrEnum):
    """The recipient of a copy."""

    INSURED = "insured"
    EMPLOYER = "employer"


def file_name(number: str, copy: Copy) -> str:
    """Return the file name of a copy; it reveals nothing but the note's number."""
    return f"{number}-{ {Copy.INSURED: 'assure', Copy.EMPLOYER: 'employeur'}[copy] }.pdf"


def page_of(note: NoteContent, copy: Copy, *, check_at: str | None = None) -> dict[str, Any]:
    """Return the text of one copy; `check_at` is the public address at which a paper is checked."""
    page = _common(note) | {"check_at": neutral(check_at or "") or None}
    return page | (_insured(note) if copy is Copy.INSURED else _employer(note))


def _common(note: NoteContent) -> dict[str, Any]:
    return {
        "number": note.number,
        "verification_code": note.verification_code,
        "issued_on": _day(note.issued_at.date()),
        "initials": note.initials,
        "code": code_svg(
            code_text(
                number=note.number,
                initials=note.initials,
                first_day=note.first_day,
                last_day=note.last_day,
                code=note.verification_code,
            )
        ),
        "nature": _nature(note),
        "exercise": note.exercise,
        "void": _void(note),
        "first_day": _weekday(note.first_day),
        "last_day": _weekday(note.last_day),
        "days": "1 jour" if note.days == 1 else f"{note.days} jours",
    }


def _nature(note: NoteContent) -> str:
    if note.prolongs is None:
        return "Arrêt initial"
    days = note.prolongs_days
    span = f", du {_day(days[0])} au {_day(days[1])}" if days else ""
    return f"Prolongation de l’arrêt n°\u202f{note.prolongs}{span}"


def _void(note: NoteContent) -> dict[str, str] | None:
    """Return the stamp of a paper that is worth nothing any more, and its sentence."""
    if note.replaced_by is not None:
        sentence = f"Ce document est remplacé par le n°\u202f{note.replaced_by}\u202f: il n’est plus valable."
        return {"stamp": "REMPLACÉ", "sentence": sentence}
    if note.cancelled:
        sentence = "Ce document a été annulé par l’organisme qui l’a délivré\u202f: il n’est plus valable."
        return {"stamp": "ANNULÉ", "sentence": sentence}
    return None


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
        "issuer": _issuer(note.issuer),
        "person": person,
        "measure": [*_dates(note), ("Règle appliquée", _rule_text(note))],
        "declared": _declared(note),
        "for_child": note.parent is not None,
        "rights": list(note.rights),
        "legal_basis": f"{note.legal_basis}\n{_rules(note)}",
    }


def _declared(note: NoteContent) -> str | None:
    """Return what the person declared, and when; None if nothing is known of it."""
    known = note.declaration
    if known is None:
        return None
    points = ["ne pas pouvoir télétravailler pendant cette période"]
    if note.parent is not None:
        points.append("être le seul parent à demander un arrêt pour cet enfant")
    if note.declared is not None or note.parent is not None:
        points.append("ne pas être déjà en arrêt de travail")
    if known.not_worked_since is not None:
        points.append(f"n’avoir pas travaillé depuis le {_day(known.not_worked_since)} compris")
    said = " et ".join([", ".join(points[:-1]), points[-1]] if len(points) > 1 else points)
    about = f", pour l’arrêt n°\u202f{known.for_note}" if known.for_note else ""
    return f"Le {_day(known.on)}, par téléphone{about}, vous avez déclaré sur l’honneur {said}."


def _not_worked(note: NoteContent) -> str | None:
    """Return what the employer reads of the declaration: that the days before the call were not worked."""
    known = note.declaration
    if known is None or known.not_worked_since is None:
        return None
    since = _day(known.not_worked_since)
    return f"Le salarié a déclaré sur l’honneur, le {_day(known.on)}, n’avoir pas travaillé depuis le {since} compris."


def _rules(note: NoteContent) -> str:
    if note.is_granted:
        return f"Règle appliquée\u202f: {note.note_rule}\u202f; jours accordés par un médecin-conseil."
    return f"Règles appliquées\u202f: {note.measure_rule} et {note.note_rule}."


def _rule_text(note: NoteContent) -> str:
    """Return the rule as a reader understands it: that of a child's isolation would tell how the child is."""
    if note.is_granted:
        return _GRANTED
    return note.measure_text if note.parent is None else _FOLLOWS_CHILD


def _dates(note: NoteContent) -> list[Line]:
    dates = (
        ("Premiers symptômes", note.onset_on),
        ("Prélèvement", note.sampled_on),
        ("Dernière rencontre", note.last_contact_on),
        # days that were granted may end on another day
        ("Dernier jour d’isolement", None if note.is_granted else note.measure_end),
    )
    known = [(label, _weekday(day)) for label, day in dates if day is not None]
    if note.parent is not None:
        # how the child is, and whom they met, is not on the paper of a parent
        until = [(f"{label} de l’enfant", day) for label, day in known if label == dates[-1][0]]
        return [("À quel titre", _PARENT), ("Programme", note.programme), *until]
    return [("À quel titre", _CAPACITY[note.subject]), ("Programme", note.programme), *known]


def _employer(note: NoteContent) -> dict[str, Any]:
    person = _names(note)
    if note.bearer.nir:
        person.append(("Numéro de sécurité sociale", _masked(note.bearer.nir)))
    return {
        "issuer": _sender(note),
        "signatory": neutral(note.signatory) or "Le directeur, par délégation",
        "person": person,
        "not_worked": _not_worked(note),
        "payroll": neutral_lines(note.payroll),
    }


def _issuer(issuer: Issuer) -> dict[str, Any]:
    return {"name": issuer.name, "address": list(issuer.address), "phone": issuer.phone}


def _sender(note: NoteContent) -> dict[str, Any]:
    """Return the fund that pays. Of the site that called nothing is said but a name and an address that hint at nothing."""
    fund = note.fund or Issuer(name="")
    return {
        "name": neutral(fund.name) or neutral(note.issuer.name) or FUND,
        "address": neutral_lines(fund.address or note.issuer.address),
        "phone": neutral(fund.phone or "") or None,
    }


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
