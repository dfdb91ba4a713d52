"""What an employer may read of the sender: nothing that says why somebody stays at home.

A site may be called “Plateforme Covid-19”, and its telephone is answered by those who trace: neither is printed. What
stands on the employer's copy besides days and names passes through here.
"""

from collections.abc import Iterable

from tracing.programmes.disease_names import plain, stems

FUND = "Assurance Maladie"
"""The sender where the site has no neutral name."""

_OF_EVERY_FUND = "assurance maladie"
"""Part of the name of every fund: it says nothing of anybody's health."""
# fmt: off
_REVEALING = (
    "virus", "bacter", "pandem", "epidem", "malad", "sant", "sanit", "medec",
    "medic", "positi", "negati", "test", "depist", "prelev", "labora", "contact", "contamin", "contag",
    "infect", "sympt", "signe", "fievre", "isole", "quarant", "vaccin", "patient", "diagnos", "trac",
    "trak", "suivi", "derogat", "cluster", "foyer", "tubercul", "grippe", "hopita",
    "clinique", "p0", "exposit", "cas ", "cellule", "crise", "plateforme", "plate-forme", "risque",
    "urgence",
)
# fmt: on
"""Parts of words that hint at a disease, at tracing or at a capacity; without accents and case. The names of the diseases
that are traced are those of the programmes."""


def neutral(text: str) -> str:
    """Return a line as it is, or an empty one if any part of it could hint at a reason."""
    said = plain(text.replace("’", "'")).replace(_OF_EVERY_FUND, "")
    hints = any(word in f"{said} " for word in _REVEALING) or any(stem in said for stem in stems())
    return "" if hints else text.strip()


def neutral_lines(lines: Iterable[str]) -> list[str]:
    """Return the lines that hint at nothing."""
    return [line for line in map(neutral, lines) if line]
