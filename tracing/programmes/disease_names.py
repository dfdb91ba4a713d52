"""Whether a text names a disease that a programme is about: what somebody else may not hear, or an employer read."""

import re
import unicodedata
from functools import cache

from tracing.programmes.loader import load_packs

SHORTEST, STEM = 4, 6
"""Letters of a word that names a disease, and of its beginning: what follows changes with the language."""


def plain(text: str) -> str:
    """Return a text in small letters without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


@cache
def stems() -> frozenset[str]:
    """Return the beginnings of the words that name the diseases of all programmes, as they and laboratories do."""
    named = (
        word
        for pack in load_packs().values()
        for said in (pack.disease or "", pack.english.get(pack.disease or "", ""), *pack.laboratory.around)
        for word in re.findall(r"[^\W\d_]+", plain(said))
    )
    return frozenset(word[:STEM] for word in named if len(word) >= SHORTEST)


def disease_named(text: str) -> str | None:
    """Return the word of a text that names a disease; None: it names none."""
    found = re.search(rf"\b(?:{'|'.join(sorted(stems()))})\w*", plain(text))
    return found[0] if found else None
