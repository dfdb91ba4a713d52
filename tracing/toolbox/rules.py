"""Rules of the toolbox: which entry fits what is typed, and what may not stand in one. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import StrEnum


class Topic(StrEnum):
    """What an entry is about."""

    EMERGENCY = "emergency"
    HEALTH = "health"
    RESULT = "result"
    SICK_LEAVE = "sick_leave"
    CONTACTS = "contacts"
    PROCEDURE = "procedure"
    DIFFICULT_CALL = "difficult_call"
    PLACES = "places"


LONGEST_TITLE = 120
LONGEST_BODY = 2000
MOST_SUGGESTED = 3
SHORTEST_WORD = 4
"""Shorter words say little: they are left out of the search."""
STEM = 5
"""Words that begin with the same letters count as the same: isoler, isolement."""
ENOUGH = 2
"""An entry is suggested from this many words in common with its title, counted twice, and its text."""

_NUMBERS = re.compile(r"(?:\d[ .-]?){8,}|\bP0-\d", re.IGNORECASE)


def stems(text: str) -> frozenset[str]:
    """Return the beginnings of the words of a text, without accents."""
    plain = "".join(
        one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one)
    )
    return frozenset(word[:STEM] for word in re.findall(r"[a-z0-9]+", plain) if len(word) >= SHORTEST_WORD)


def typeset(text: str) -> str:
    """Return a text with the narrow spaces of French before ; : ! ? and guillemets, as everything else on the page."""
    return re.sub(r" (?=[;:!?»])", "\u202f", text).replace("« ", "«\u202f")


def weight(wanted: frozenset[str], title: str, body: str) -> int:
    """Return how many of the wanted words an entry has; those of its title count twice."""
    return 2 * len(wanted & stems(title)) + len(wanted & stems(body))


def has_all(wanted: frozenset[str], title: str, body: str) -> bool:
    """Return whether an entry has every wanted word: a search narrows with each of them."""
    return wanted <= stems(f"{title} {body}")


def is_in_force(from_day: date, until: date | None, *, on: date) -> bool:
    """Return whether an entry holds on a day; its last day is included."""
    return from_day <= on and (until is None or on <= until)


def names_somebody(text: str, names: Iterable[str] = ()) -> bool:
    """Return whether a text has a number of somebody (telephone, insurance, case), or one of the given names."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    given = {part.lower() for name in names for part in re.findall(r"\w+", name) if len(part) > 2}
    return bool(_NUMBERS.search(text)) or bool(words & given)
