"""The two-dimensional code of a paper: what whoever holds it would type to check it, and nothing else."""

import io
from datetime import date

import segno

_MASK = 3
"""Any of the eight is read as well: to try them all takes four times as long."""


def code_text(*, number: str, initials: str, first_day: date, last_day: date, code: str) -> str:
    """Return what the code carries, as `docs/how-to/check-a-note.md` describes it."""
    days = f"DU={first_day.isoformat()};AU={last_day.isoformat()}"
    return f"N={number};I={initials};{days};C={code}"


def code_svg(text: str) -> str:
    """Return the code as a drawing: a QR code that is still read with 15 % of it spoilt."""
    drawn = io.BytesIO()
    made = segno.make_qr(text, error="m", boost_error=False, mask=_MASK)
    made.save(drawn, kind="svg", border=2, xmldecl=False, svgns=True, nl=False)
    return drawn.getvalue().decode("ascii")
