"""Spoken languages by ISO 639 code, with their names from Babel."""

import unicodedata

from flask_babel import get_locale
from flask_babel import gettext as _

FRENCH = "fr"
"""Every tracer speaks it."""
ENGLISH = "en"
"""The language into which scripts are translated."""
OTHER = "und"
"""Another language, or an unrecognised one."""
SPOKEN = (
    *("ar", "ber", "zh", "ku", "en", "it", "fa", "pl", "pt", "ps", "ro", "rom", "ru", "so", "es", "ta"),
    *(
        "ti",
        "tr",
        "uk",
        "ur",
        "vi",
        "bn",
        "de",
        "ff",
        "hy",
        "sq",
        "sr",
        "wo",
        "bm",
        "gcf",
        "rcf",
        "swb",
        "fsl",
    ),
)
"""Languages offered for selection, besides French."""


def name_of(code: str) -> str:
    """Return the name of a language for use in a sentence: `portugais`."""
    names = get_locale().languages
    own = {
        OTHER: _("autre langue"),
        "ber": _("berbère"),
        "gcf": _("créole antillais"),
        "rcf": _("créole réunionnais"),
        "fsl": _("langue des signes"),
    }
    return str(own.get(code) or names.get(code) or code)


def fold(name: str) -> str:
    """Return the sort key of a name, without accents."""
    return "".join(
        one for one in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(one)
    )


def choices() -> list[tuple[str, str]]:
    """Return the languages offered for selection, ordered by name."""
    return sorted(((code, name_of(code)) for code in SPOKEN), key=lambda pair: fold(pair[1]))
