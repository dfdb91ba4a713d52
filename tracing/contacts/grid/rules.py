"""Read a pasted list of people into cells: no line and no word of it is lost. Pure.

A line may come from a spreadsheet (tabs or semicolons, with or without a heading) or from a mail (one person a line, as
one writes it). What is recognised goes to its cell; what is not stays in words, in the cell of the place; and what a
person must look at is named (`PastedLine.unclear`). Nothing is decided here: the form checks each cell like a typed one.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tracing.contacts.rules import ContactLink

MOST_LINES = 50
"""More lines than a household, an office or a class; a longer list is no list of contacts."""
MOST_CHARACTERS = 20_000

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_SEPARATORS = ("\t", ";", "|")
_BLANK = re.compile(r"[\s\u00a0\u202f\u2007\ufeff\u200b]+")
_BULLET = re.compile(r"^(?:[-–—•*·>]+\s*|\d{1,2}\s*[.)]\s+)+")
_EMAIL = re.compile(r"[^\s<>(),;:|@]+@[^\s<>(),;:|@]+\.[^\s<>(),;:|@]+")
_PHONES = (
    re.compile(r"(?<![\w+])\+33[ .\-]?(?:\(0\))?[ .\-]?[1-9](?:[ .\-]?\d{2}){4}(?!\d)"),
    re.compile(r"(?<!\w)0[1-9]([ .\-/]?)\d{2}(?:\1\d{2}){3}(?!\d)"),
    re.compile(r"(?<![\w+])(?:\+|00)[1-9]\d(?:[ .\-]?\d){6,12}(?!\d)"),
    re.compile(r"(?<![\w.,/-])[1-9]\d{8}(?![\w/-])"),
)
_MANY_DIGITS = re.compile(r"(?:\d[ .\-/]?){6,}")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv",
            "fevrier fevr fev",
            "mars",
            "avril avr",
            "mai",
            "juin",
            "juillet juil",
            "aout",
            "septembre sept",
            "octobre oct",
            "novembre nov",
            "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAYS_BACK = {"aujourd hui": 0, "aujourdhui": 0, "ce matin": 0, "hier": 1, "avant hier": 2}
_ISO = re.compile(r"(?<![\d/.\-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d/.\-])")
_FIGURES = re.compile(r"(?<![\d/.\-])(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?(?![\d/\-])")
_WRITTEN = re.compile(
    r"\b(?:(?:"
    + "|".join(_WEEKDAYS)
    + r")\s+)?(\d{1,2})(?:er)?\s+("
    + "|".join(_MONTHS)
    + r")\b\.?(?:\s+(\d{4}))?"
)
_SPOKEN = re.compile(r"\b(?:avant[ -]hier|aujourd.?hui|ce matin|hier)\b")
_WEEKDAY = re.compile(r"\b(?:le\s+)?(" + "|".join(_WEEKDAYS) + r")(\s+dernier)?\b")
_UNKNOWN_DAY = re.compile(r"\b(?:ne sait (?:pas|plus)|jour inconnu|date inconnue)\b")

_LINKS: Mapping[ContactLink, re.Pattern[str]] = {
    ContactLink.FAMILY: re.compile(
        r"""\b(?:famille|mari|femme|epou(?:x|se)|conjointe?|compagn(?:on|e)|fils|fille|frere|soeur|mere|pere|maman|papa
        |cousine?|oncle|tante|neveu|niece|grand[\ -](?:mere|pere)|belle[\ -]\w+|beau[\ -]\w+|enfants?)\b""",
        re.VERBOSE,
    ),
    ContactLink.COLLEAGUE: re.compile(r"\b(?:collegues?|travail|bureau|chef|patronne?)\b"),
    ContactLink.FRIEND: re.compile(r"\b(?:amie?s?|copains?|copines?|potes?)\b"),
    ContactLink.NEIGHBOUR: re.compile(r"\b(?:voisine?s?|voisinage)\b"),
    ContactLink.SCHOOL: re.compile(r"\b(?:ecole|college|lycee|fac|classe|creche|etudes?)\b"),
    ContactLink.CARE: re.compile(r"\b(?:infirmiere?|medecin|docteur|kine|aide a domicile|soins?)\b"),
    ContactLink.LEISURE: re.compile(r"\b(?:sport|club|foot|danse|chorale|judo|loisirs?)\b"),
}
_ALSO_PLACES = frozenset({ContactLink.SCHOOL, ContactLink.LEISURE})
"""Their words say where people met, too: they stay."""
_KIN = re.compile(
    r"""(?:(?:m|s|t)(?:a|on)\s+)?(?:tata|tatie|tantine|tante|tonton|oncle|mamie|mamy|meme|papi|papy|pepe|maman|papa
    |cousine?|neveu|niece)\s+""",
    re.VERBOSE,
)
"""How somebody of the family is called before their name: « Tata Huguette » is Huguette, of the family."""
_SAME_ROOF = re.compile(r"\b(?:meme toit|meme foyer|vit avec|vivent ensemble|habitent? avec|coloc\w*)\b")
_NOT_WARNED = re.compile(r"\b(?:pas (?:encore )?(?:prevenue?|avertie?|au courant)|non prevenue?)\b")
_WARNED = re.compile(r"\b(?:deja )?(?:prevenue?|avertie?|au courant)\b")
_SMALL_WORDS = frozenset(
    {"mon", "ma", "mes", "un", "une", "le", "la", "l", "son", "sa", "de", "du", "vu", "vue", "au"}
)
_TITLE = re.compile(r"^(?:m|mr|mme|mlle|monsieur|madame|dr|docteur)\.?\s+", re.IGNORECASE)

_HEADINGS: Mapping[str, str] = {
    word: cell
    for cell, words in {
        "first_names": "prenom,prenoms,first name,firstname",
        "birth_name": "nom,nom de famille,nom de naissance,name,last name",
        "phones": "telephone,tel,portable,mobile,numero,numero de telephone,phone",
        "email": "courriel,mail,email,e mail,adresse mail,adresse e mail",
        "link": "lien,relation,qualite,parente",
        "place": "lieu,endroit,place,ou",
        "day": "date,jour,dernier contact,date du dernier contact,dernière rencontre,date de la dernière rencontre,dernier jour,vu le",
        "warned": "prevenu,prevenue,deja prevenu,averti",
    }.items()
    for word in words.split(",")
}


@dataclass(frozen=True, kw_only=True, repr=False)
class PastedLine:
    """One line of a pasted list, cell by cell, as the grid shows it before anybody has checked it."""

    raw: str
    """The line as it was pasted."""
    first_names: str = ""
    birth_name: str = ""
    phones: str = ""
    email: str = ""
    link: str = ""
    """`ContactLink`."""
    place: str = ""
    """The place, and all that was not recognised."""
    day: date | None = None
    """None: not said, or not understood."""
    lives_with: bool = False
    is_warned: bool | None = None
    unclear: tuple[str, ...] = ()
    """The cells that a person must look at."""
    understood: tuple[str, ...] = ()
    """The words that became a day, a link, a warning, a title or a bullet: they stand in no cell any more."""


@dataclass(repr=False)
class _Reading:
    """The cells of a line while it is read."""

    raw: str
    today: date
    cells: dict[str, list[str]] = field(default_factory=dict)
    link: str = ""
    day: date | None = None
    lives_with: bool = False
    is_warned: bool | None = None
    unclear: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)

    def put(self, cell: str, words: str) -> None:
        """Add words to a cell."""
        if words:
            self.cells.setdefault(cell, []).append(words)

    def doubt(self, *cells: str) -> None:
        """Name cells that a person must look at, each once."""
        self.unclear += [one for one in cells if one not in self.unclear]

    def result(self) -> PastedLine:
        """Return the line."""

        def joined(cell: str, by: str = ", ") -> str:
            return by.join(self.cells.get(cell, ()))

        return PastedLine(
            raw=self.raw,
            first_names=joined("first_names", " "),
            birth_name=joined("birth_name", " "),
            phones=joined("phones"),
            email=joined("email", " "),
            link=self.link,
            place=joined("place"),
            day=self.day,
            lives_with=self.lives_with,
            is_warned=self.is_warned,
            unclear=tuple(self.unclear),
            understood=tuple(self.understood),
        )


def read_paste(text: str, *, today: date) -> list[PastedLine]:
    """Return the people of a pasted text, one for each line that is not blank; a heading names the columns and is none."""
    lines = [line for line in text.splitlines() if _BLANK.sub("", line)]
    columns = _heading(lines[0]) if lines else None
    return [_read(line, columns, today) for line in (lines[1:] if columns else lines)]


def _heading(line: str) -> Sequence[str] | None:
    """Return the cell of each column if a line is a heading: every word of it names one."""
    separator = _separator_of(line)
    if separator is None:
        return None
    found = [_HEADINGS.get(_plain(one).strip(" .:?'")) for one in line.split(separator)]
    names = [one for one in found if one is not None]
    return names if len(names) == len(found) >= 2 and len(set(names)) == len(names) else None


def _separator_of(line: str) -> str | None:
    return next((one for one in _SEPARATORS if one in line.strip()), None)


def _read(line: str, columns: Sequence[str] | None, today: date) -> PastedLine:
    reading = _Reading(line, today)
    separator = _separator_of(line)
    cells = [_BLANK.sub(" ", one).strip().strip('"').strip() for one in line.split(separator or "\0")]
    if columns:
        for place, words in enumerate(cells):
            _read_column(reading, columns[place] if place < len(columns) else "place", words)
    elif separator:
        names: list[str] = []
        for words in cells:
            left = _recognise(reading, _without_bullet(reading, words) if not names else words)
            is_name = left and len(names) < 2 and not reading.cells.get("place") and _is_name(left)
            if is_name:
                names.append(left)
            else:
                _keep_rest(reading, left)
        _name_cells(reading, names)
    else:
        left = _recognise(reading, _without_bullet(reading, cells[0]))
        first, *rest = [one.strip() for one in re.split(r"[,:()\0]+|\s[-–—]\s", left)] or [""]
        _name(reading, first)
        for words in rest:
            _keep_rest(reading, words)
    if not reading.cells.get("first_names"):
        reading.doubt("first_names")
    return reading.result()


def _read_column(reading: _Reading, cell: str, words: str) -> None:
    """Read a cell whose column has a heading; what does not fit its column stays in words."""
    if cell in {"first_names", "birth_name", "phones", "email"}:
        reading.put(cell, words)
        return
    if cell == "day":
        left = _take_day(reading, words)
        if left.strip(" \0?"):
            reading.doubt("day")
        _keep_rest(reading, left)
        return
    if cell == "warned" and _plain(words) in {"oui", "o", "x", "non", "n"}:
        reading.is_warned = _plain(words) not in {"non", "n"}
        reading.understood.append(words)
        return
    _keep_rest(reading, words)


def _recognise(reading: _Reading, words: str) -> str:
    """Take addresses, numbers and the day out of some words; return what is left, with a mark where each stood."""
    words = _take(reading, words, _EMAIL, "email")
    for pattern in _PHONES:
        words = _take(reading, words, pattern, "phones")
    words = _take_day(reading, words)
    if _MANY_DIGITS.search(words):
        reading.doubt("phones")
        words = _take(reading, words, _MANY_DIGITS, "phones")
    return words.strip(" \0,")


def _take(reading: _Reading, words: str, pattern: re.Pattern[str], cell: str) -> str:
    def keep(found: re.Match[str]) -> str:
        reading.put(cell, found[0].strip())
        return "\0"

    return pattern.sub(keep, words)


def _take_day(reading: _Reading, words: str) -> str:
    """Take the first day out of some words; a second one, or one that no calendar has, stays in words."""
    if reading.day is not None:
        return words
    plain = _plain_same_length(words)
    for pattern, day_of in (
        (_ISO, _iso_day),
        (_WRITTEN, _written_day),
        (_FIGURES, _day_in_figures),
        (_SPOKEN, _spoken_day),
        (_WEEKDAY, _weekday),
    ):
        found = pattern.search(plain)
        if found is None:
            continue
        day = day_of(found, reading.today)
        if day is None:
            reading.doubt("day")
            return words
        if pattern is _WEEKDAY and day == reading.today - _WEEK:
            reading.doubt("day")
        reading.day = day
        reading.understood.append(words[found.start() : found.end()])
        return f"{words[: found.start()]}\0{words[found.end() :]}"
    if found := _UNKNOWN_DAY.search(plain):
        reading.understood.append(words[found.start() : found.end()])
        return f"{words[: found.start()]}\0{words[found.end() :]}"
    return words


def _iso_day(found: re.Match[str], today: date) -> date | None:
    return _day(int(found[1]), int(found[2]), int(found[3]))


def _written_day(found: re.Match[str], today: date) -> date | None:
    return _latest(today, _MONTHS[found[2]], int(found[1]), int(found[3]) if found[3] else None)


def _day_in_figures(found: re.Match[str], today: date) -> date | None:
    year = int(found[3]) if found[3] else None
    return _latest(
        today, int(found[2]), int(found[1]), year + 2000 if year is not None and year < 100 else year
    )


def _spoken_day(found: re.Match[str], today: date) -> date | None:
    return today - _DAYS_BACK[re.sub(r"[^a-z]+", " ", found[0])] * _DAY


def _weekday(found: re.Match[str], today: date) -> date | None:
    """Return the last such day; today's own name means a week ago, which somebody must confirm."""
    back = (today.weekday() - _WEEKDAYS.index(found[1])) % 7
    return today - (back or 7) * _DAY


def _latest(today: date, month: int, day: int, year: int | None) -> date | None:
    """Return a day; without its year, the latest that is not to come."""
    if year is not None:
        return _day(year, month, day)
    this = _day(today.year, month, day)
    return this if this is not None and this <= today else _day(today.year - 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _keep_rest(reading: _Reading, words: str) -> None:
    """Understand a link, the same roof and a warning; keep the words unless they say nothing else."""
    for piece in (one.strip(" ,") for one in words.split("\0")):
        plain = _plain_same_length(piece)
        left = plain
        for link, pattern in _LINKS.items():
            if not reading.link and pattern.search(plain):
                reading.link = link.value
                left = left if link in _ALSO_PLACES else pattern.sub(" ", left)
        if _SAME_ROOF.search(plain):
            reading.lives_with = True
            left = _SAME_ROOF.sub(" ", left)
        if _WARNED.search(plain):
            reading.is_warned = not _NOT_WARNED.search(plain)
            left = _WARNED.sub(" ", _NOT_WARNED.sub(" ", left))
        is_said = left != plain and not set(re.findall(r"\w+", left)) - _SMALL_WORDS
        if is_said or not re.search(r"\w", piece):
            reading.understood.append(piece)
        else:
            reading.put("place", piece)


def _is_name(words: str) -> bool:
    """Return whether words may be a name: few, without figures, and no word for a link."""
    plain = _plain(words)
    is_link = any(pattern.search(plain) for pattern in (*_LINKS.values(), _SAME_ROOF, _WARNED))
    return not is_link and "\0" not in words and len(words.split()) <= 4 and not re.search(r"\d", words)


def _name_cells(reading: _Reading, names: Sequence[str]) -> None:
    """Say which of two cells is the given name: the other is in capitals, else somebody must look."""
    if len(names) < 2:
        _name(reading, names[0] if names else "")
        return
    one, other = names
    if one.isupper() and not other.isupper():
        one, other = other, one
    elif not other.isupper() or one.isupper():
        reading.doubt("first_names", "birth_name")
    reading.put("first_names", one)
    reading.put("birth_name", other)


def _name(reading: _Reading, words: str) -> None:
    """Divide a name into given name and name: capitals are the name, else all but the first word."""
    pieces = [one.strip() for one in words.split("\0")]
    words = pieces[0]
    for piece in pieces[1:]:
        _keep_rest(reading, piece)
    has_title = _TITLE.match(words)
    if has_title:
        reading.understood.append(has_title[0])
        words = words[has_title.end() :]
    kin = None if has_title else _KIN.match(_plain_same_length(words) + " ")
    if kin and kin.end() >= len(words):
        # « Maman » alone is a name until somebody says theirs
        reading.doubt("first_names")
    elif kin:
        # it may be a given name all the same: the line as it was pasted stands beside
        reading.doubt("first_names")
        reading.understood.append(words[: kin.end()].strip())
        reading.link = reading.link or ContactLink.FAMILY.value
        words = words[kin.end() :]
    parts = words.split()
    capitals = [one for one in parts if len(one) > 1 and one.isupper()]
    others = [one for one in parts if one not in capitals]
    if capitals and others:
        given, family = others, capitals
    elif has_title and len(parts) == 1:
        given, family = [], parts
    else:
        given, family = parts[:1], parts[1:]
        if len(parts) > 2:
            reading.doubt("first_names", "birth_name")
    reading.put("first_names", " ".join(given))
    reading.put("birth_name", " ".join(family))


def _without_bullet(reading: _Reading, words: str) -> str:
    found = _BULLET.match(words)
    if found is None:
        return words
    reading.understood.append(found[0])
    return words[found.end() :]


def _plain(text: str) -> str:
    """Return words without accents and capitals, divided by single spaces."""
    return " ".join(_plain_same_length(text).split())


def _plain_same_length(text: str) -> str:
    """Return words without accents and capitals, each character in its place."""
    return "".join(_plain_character(one) for one in text)


def _plain_character(one: str) -> str:
    base = unicodedata.normalize("NFD", one)[:1].lower()
    if one in "’'-_.":
        return one if one in {".", "-"} else " "
    return base if len(base) == 1 else one
