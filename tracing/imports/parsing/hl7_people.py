"""Read the person out of an HL7 message: names by type, the national number, address, telephone numbers. Pure."""

import re

from tracing.imports.parsing.hl7 import NOTHING, Segment, Value

_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,9})?)?)?)?([+-]\d{4})?")
_NIR_AUTHORITIES = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")
_NIR_TYPES = frozenset({"INS", "INS-NIR", "NIR", "NH", "SS"})
_YES = frozenset({"Y", "YES", "O", "OUI", "1", "TRUE"})
_INSEE = re.compile(r"(?:\d{2}|2[AB])\d{3}")


def person_in(segment: Segment) -> dict[str, str]:
    """Return the person that a PID segment describes, as fields of the layout, and whether they died.

    Where a name has parts, the second and the third are the one at birth with its prefix, and the first is the one in use.
    """
    birth, usual = _names(segment.repeated(5))
    own = " ".join(filter(None, (birth.text(1, 2), birth.text(1, 3)))) if birth.text(1, 3) else ""
    address = _address(segment.repeated(11))
    return {
        "NIR": _nir(segment),
        "NOM_NAISSANCE": own or birth.text(1),
        "NOM_USAGE": usual.text(1) if usual else birth.text(1) if own not in ("", birth.text(1)) else "",
        "PRENOMS": _given_names(birth) or (_given_names(usual) if usual else ""),
        "SEXE": segment.text(8) if segment.text(8) in ("M", "F") else "",
        "DATE_NAISSANCE": moment_in(segment.text(7)[:8]),
        "ADRESSE": " ".join(filter(None, (address.text(1), address.text(2)))),
        "CODE_POSTAL": address.text(5),
        "COMMUNE": address.text(3),
        "CODE_INSEE": address.text(9) if _INSEE.fullmatch(address.text(9)) else "",
        "DECES": "Y" if _is_deceased(segment) else "",
    } | _telecoms(segment)


def _is_deceased(segment: Segment) -> bool:
    """Return whether the message says that the person is dead: by the mark, or by the date without the mark."""
    mark = segment.text(30).upper()
    return mark in _YES or (not mark and segment.text(29) != "")


def _names(names: list[Value]) -> tuple[Value, Value | None]:
    """Return the name at birth and the name in use, by their types; a single name is the one at birth."""
    typed = {name.text(7): name for name in reversed(names)}
    birth = next((typed[kind] for kind in ("B", "M", "L", "") if kind in typed), names[0] if names else None)
    if birth is None:
        return NOTHING, None
    usual = next(
        (typed[kind] for kind in ("D", "U", "L") if kind in typed and typed[kind] is not birth), None
    )
    return birth, usual


def _given_names(name: Value) -> str:
    """Return every given name; the further ones may repeat the first."""
    first, further = name.text(2), name.text(3).replace(",", " ")
    return further if further.upper().startswith(first.upper()) and further else f"{first} {further}".strip()


def _address(addresses: list[Value]) -> Value:
    """Return the address where the person lives; a birth place is not one."""
    lived = [each for each in addresses if each.text(7) not in ("BDL", "N", "BR")]
    at_home = [each for each in lived if each.text(7) in ("H", "")]
    return next(iter(at_home or lived), NOTHING)


def _nir(segment: Segment) -> str:
    """Return the national number (NIR) among the identifiers."""
    for identifier in segment.repeated(3):
        authority = identifier.text(4, 2)
        if authority in _NIR_AUTHORITIES or (not authority and identifier.text(5) in _NIR_TYPES):
            return identifier.text(1)
    return segment.text(19)


def _telecoms(segment: Segment) -> dict[str, str]:
    """Return the telephone numbers and the e-mail address; two numbers of one kind go into one cell."""
    mobile: list[str] = []
    fixed: list[str] = []
    email = ""
    for value in (*segment.repeated(13), *segment.repeated(14), *segment.repeated(40)):
        if value.text(2) == "NET" or value.text(3) == "Internet":
            email = email or value.text(4) or value.text(1)
            continue
        number = value.text(1) or value.text(12) or "".join(value.text(at) for at in (5, 6, 7))
        if number and value.text(3) != "FX":
            (mobile if value.text(3) == "CP" else fixed).append(number)
    return {"TEL_MOBILE": " / ".join(mobile), "TEL_FIXE": " / ".join(fixed), "COURRIEL": email}


def moment_in(stamp: str) -> str:
    """Write a time stamp as a French sender would, in ISO 8601 where it has an offset; one that is none stays as it is."""
    found = _MOMENT.fullmatch(stamp)
    if found is None:
        return stamp
    year, month, day, hour, minute, second, offset = found.groups()
    if hour and offset:
        return f"{year}-{month}-{day}T{hour}:{minute or '00'}:{second or '00'}{offset}"
    date = f"{day}/{month}/{year}"
    return f"{date} {hour}:{minute or '00'}:{second or '00'}" if hour else date
