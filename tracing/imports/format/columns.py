"""The layout `lab-positive-v1`: find which column is which field, and which rows are lines. Pure.

Headings are matched by normalised name and synonyms, never by position: senders rename, reorder and drop columns.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from tracing.imports.format.mapping import Mapping
from tracing.imports.limits import MOST_COLUMNS
from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.kernel.redaction import redacted
from tracing.people.names import name_tokens

NAME = "lab-positive-v1"
REQUIRED = ("ID_RESULTAT", "NOM_NAISSANCE", "PRENOMS", "DATE_NAISSANCE", "DATE_PRELEVEMENT", "RESULTAT")
# Every field and the headings seen for it, compared without accents, blanks and punctuation.
# A heading listed under two fields goes to the first of them that has no better one.
SYNONYMS: dict[str, str] = {
    "NUM_LOT": "LOT NUMEROLOT NOLOT IDLOT",
    "ID_RESULTAT": "IDRESULT IDRES NUMRESULTAT NUMERORESULTAT NORESULTAT REFRESULTAT IDENTIFIANTRESULTAT",
    "DATE_EXTRACTION": "DTEXTRACTION DATEEXTRACT DATEEXPORT EXTRAITLE DATEHEUREEXTRACTION",
    "FINESS_LABO": "FINESS FINESSLABORATOIRE NUMFINESS NOFINESS",
    "LIB_LABO": "LABO LABORATOIRE NOMLABO NOMLABORATOIRE LIBELLELABO",
    "RPPS_PRESCRIPTEUR": "RPPS RPPSMEDECIN NUMRPPS",
    "NOM_PRESCRIPTEUR": "PRESCRIPTEUR MEDECIN MEDECINPRESCRIPTEUR",
    "NIR": "NUMSECU NUMEROSECU NOSECU NUMSS NSS SECURITESOCIALE NUMEROSECURITESOCIALE NIRPATIENT MATRICULEINS",
    "NOM_NAISSANCE": "NOMDENAISSANCE NOMNAISS NOMDENAISS NOMPATRONYMIQUE NOMFAMILLE NOMDEFAMILLE NOMJEUNEFILLE NOMDEJEUNEFILLE NOMNAISSANCEPATIENT NOM NOMPATIENT",
    "NOM_USAGE": "NOMDUSAGE NOMUSUEL NOMMARITAL NOMEPOUSE NOM NOMPATIENT",
    "PRENOMS": "PRENOM PRENOMSNAISSANCE PRENOMNAISSANCE PRENOMPATIENT PRENOMSPATIENT LISTEPRENOMS PREMIERPRENOM",
    "SEXE": "GENRE SEXEPATIENT CIVILITE",
    "DATE_NAISSANCE": "DATEDENAISSANCE DATENAISS DATEDENAISS DDN DTNAISSANCE DTNAISS DNAISS NELE NEELE NAISSANCE DATENAISSANCEPATIENT",
    "ADRESSE": "ADRESSEPATIENT ADR VOIE RUE ADRESSE1 ADRESSEPOSTALE",
    "CODE_POSTAL": "CP CODEPOST CPOSTAL CODEPOSTALPATIENT",
    "COMMUNE": "VILLE LOCALITE VILLEPATIENT COMMUNERESIDENCE",
    "CODE_INSEE": "INSEE COG CODECOMMUNE INSEECOMMUNE CODEINSEECOMMUNE",
    "TEL_MOBILE": "PORTABLE MOBILE TELPORTABLE TELEPHONEPORTABLE TELEPHONEMOBILE NUMMOBILE GSM TELMOB TELPORT TELEPHONE1 TEL1 TEL TELEPHONE NUMTEL TELPATIENT",
    "TEL_FIXE": "FIXE TELEPHONEFIXE TELDOMICILE TELEPHONEDOMICILE NUMFIXE TELEPHONE2 TEL2 TEL TELEPHONE NUMTEL TELPATIENT",
    "COURRIEL": "EMAIL MAIL MEL ADRESSEMAIL ADRESSEEMAIL COURRIER ADRESSEELECTRONIQUE EMAILPATIENT",
    "DATE_PRELEVEMENT": "DATEPREL DATEPRLVT DATEPRELVT DTPRELVT DTPREL DTPRELEVEMENT DATEDEPRELEVEMENT DATEDUPRELEVEMENT PRELEVEMENT PRELEVELE DATEHEUREPRELEVEMENT DATETEST",
    "DATE_VALIDATION": "DTVALIDATION DATEVALID VALIDELE DATERESULTAT DATEDURESULTAT DATEDEVALIDATION",
    "TYPE_ANALYSE": "ANALYSE TYPETEST TYPEEXAMEN TYPEDETEST TYPEDANALYSE",
    "CODE_LOINC": "LOINC",
    "RESULTAT": "RESULT RES RESULTATTEST RESULTATANALYSE CODERESULTAT",
    "CRIBLAGE": "CODECRIBLAGE VARIANT RESULTATCRIBLAGE",
    "SYMPTOMES": "SYMPTOME SYMPTOMATIQUE CODESYMPTOMES DELAISYMPTOMES",
    "DATE_DEBUT_SYMPTOMES": "DATESYMPTOMES DEBUTSYMPTOMES DTDEBUTSYMPTOMES DATEDEBUTDESSYMPTOMES DATEPREMIERSSYMPTOMES",
    "PROF_SANTE": "PROFESSIONNELSANTE PROFESSIONNELDESANTE PS SOIGNANT",
    "HEBERGEMENT": "TYPEHEBERGEMENT LIEUHEBERGEMENT",
    "STRUCTURE_HEBERGEMENT": "NOMSTRUCTURE STRUCTURE ETABLISSEMENTHEBERGEMENT NOMETABLISSEMENT",
    "CODE_CAISSE": "CAISSE CPAM CODECPAM CAISSEGESTIONNAIRE CODEORGANISME",
}
FIELDS = tuple(SYNONYMS)
"""The 32 fields in their order, which is also the order of a raw line's values."""

EXTRAS = ("TEXTE_ANALYSE", "TEXTE_RESULTAT", "DECES")
"""What messages say beside the fields: the text beside the code of the test and of the answer, and `Y` for a death."""

MOST_BANNER_ROWS = 40
_TELEPHONES = frozenset({"TEL_MOBILE", "TEL_FIXE"})
_NOT_IN_A_HEADING = re.compile(r"[^A-Z0-9]")
_ID, _BIRTH_NAME, _FIRST_NAMES, _BIRTH_DATE, _, _RESULT = map(FIELDS.index, REQUIRED)
_EDGES = "'\"=#\u200b\ufeff "
_EDGES_BUT_ERRORS = _EDGES.replace("#", "")
_BEFORE_A_REMARK = "'\"\ufeff \t"
_ERROR_CELL = re.compile(r"#(?:[¡¿]?[^\W\d_][\w/ ]{1,20}[!?]|[A-Z]+_[A-Z_]+|N/[A-Z]|NV|NA|)")
"""What a spreadsheet shows instead of a value: `#REF!`, `#NOM ?`, `#DIV/0!`, `#N/A`, in any language."""
_STRANGE = re.compile("[\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeffÃÂâ]")
_MOJIBAKE = re.compile("[ÃÂâ][\u0080-\u00bf\u2018-\u2122œŒšŠžŽŸƒˆ˜]")


Row = tuple[int, list[str]]
"""The row number a person sees beside a row of a table, and its cells as text."""


class OddlyQuoted(list[str]):
    """The cells of a row whose quotation marks do not pair: right only if there are as many as headings."""


class Spoilt(list[str]):
    """The cells of a row that could not be read whole: a byte is no letter, or a cell or the row is too long."""


@redacted
class RawLine(NamedTuple):
    """One line of a lot: the row number a person sees in the file, and the cleaned text of each field."""

    row: int
    values: tuple[str, ...]
    is_bad_shape: bool = False
    """Its cells do not stand under their headings: too many, oddly quoted or unreadable ones, or a file cut here."""
    extras: tuple[str, ...] = ()
    """What its message said beside the fields (`EXTRAS`); empty for a row of a table."""

    @property
    def is_deceased(self) -> bool:
        """Return whether the laboratory reports the person's death."""
        return self.extras[-1:] == ("Y",)


class Columns(NamedTuple):
    """The column of each field, or None; and the heading row they were found in."""

    row: int
    heading: list[str]
    positions: tuple[int | None, ...]

    @property
    def missing(self) -> list[str]:
        """Return the required headings that are missing."""
        return [name for name in REQUIRED if self.positions[FIELDS.index(name)] is None]

    @property
    def found(self) -> int:
        """Return how many fields were recognised."""
        return sum(position is not None for position in self.positions)


def find_columns(rows: Iterator[Row], mapping: Mapping | None = None) -> Columns:
    """Find the heading row, perhaps under a banner: the first with all required headings, else the likeliest."""
    best = Columns(0, [], (None,) * len(FIELDS))
    for number, cells in islice(rows, MOST_BANNER_ROWS):
        columns = match_headings(number, cells, mapping)
        if not columns.missing:
            return _not_too_wide(columns)
        best = max(best, columns, key=likelihood)
    return best


def _not_too_wide(columns: Columns) -> Columns:
    """Refuse a table with more columns than any table of people has."""
    if len(columns.heading) > MOST_COLUMNS:
        raise CannotRead(Refusal.TOO_WIDE, line=str(columns.row))
    return columns


def likelihood(columns: Columns) -> tuple[int, int]:
    """Return a sort key for tables: fewest missing headings first, then most recognised ones."""
    return -len(columns.missing), columns.found


def match_headings(row: int, cells: Sequence[str], mapping: Mapping | None = None) -> Columns:
    """Give each field the column with its best matching heading; no column serves two fields.

    The headings accepted for the source come first. An accepted heading without a field was left out on purpose: only
    headings never seen before may be matched by name.
    """
    free: dict[str, int] = {}
    names = told_apart(cells)
    for position, cell in enumerate(names):
        free.setdefault(heading_key(cell), position)
    positions: dict[str, int] = {}
    if mapping is not None:
        positions = {
            field: free[heading_key(heading)]
            for field, heading in mapping.columns.items()
            if heading_key(heading) in free
        }
        for heading in (*told_apart(mapping.headings), *mapping.columns.values()):
            free.pop(heading_key(heading), None)
    if names is not cells:  # which of two equal headings is meant is for a person to say
        free = {key: position for key, position in free.items() if names[position] == cells[position]}
    for headings in (_OWN_HEADINGS, _SHARED_HEADINGS):
        for field, names in headings.items():
            name = next((name for name in names if name in free), None)
            if field not in positions and name is not None:
                positions[field] = free.pop(name)
    return Columns(row, list(cells), tuple(map(positions.get, FIELDS)))


def told_apart(headings: Sequence[str]) -> Sequence[str]:
    """Return the headings with a number after each that stood before: “TEL”, “TEL (2)”."""
    keys = [heading_key(heading) for heading in headings]
    if len(set(filter(None, keys))) == len([*filter(None, keys)]):
        return headings
    taken, names = set(keys), []
    seen: set[str] = set()
    for heading, key in zip(headings, keys, strict=True):
        name, number = heading, 1
        while key in seen:
            number += 1
            name = f"{heading} ({number})"
            if heading_key(name) not in taken:
                key = heading_key(name)  # noqa: PLW2901  no longer that of another
        if key:
            seen.add(key)
        names.append(name)
    return names


def doubled_headings(headings: Sequence[str]) -> list[str]:
    """Return the headings that name a field which another heading has: nobody knows which of them is meant.

    The layout's own name of a field leaves no doubt; beside it, a synonym is a column like any unknown one,
    but for a telephone: the only number of a person may stand in any of its columns.
    """
    found = match_headings(0, headings)
    names = told_apart(headings)
    used = {position for position in found.positions if position is not None}
    of_field = {heading_key(headings[at]) for at in used}
    own = {
        heading_key(headings[at])
        for name, at in zip(FIELDS, found.positions, strict=True)
        if at is not None and heading_key(headings[at]) == heading_key(name)
    }
    doubled = []
    for position, heading in enumerate(headings):
        key = heading_key(heading)
        if position in used or not key:
            continue
        rivals = [name for name, keys in _HEADINGS.items() if key in keys]
        is_repeated = names[position] != heading and key in of_field
        is_certain = any(heading_key(name) in own for name in rivals) and not _TELEPHONES & set(rivals)
        if is_repeated or (rivals and not is_certain):
            doubled.append(heading)
    return doubled


def refuse_without_required(columns: Columns) -> None:
    """Refuse a table without a required heading, naming each missing one."""
    if columns.missing:
        where = {"line": str(columns.row)} if columns.row else {}
        raise CannotRead(Refusal.UNKNOWN_LAYOUT, missing=", ".join(columns.missing), **where)


def raw_lines(
    rows: Iterator[Row],
    columns: Columns,
    mapping: Mapping | None = None,
    *,
    is_text: bool = False,
    is_cut: bool = False,
) -> Iterator[RawLine]:
    """Yield the lines under the heading; banners, blank rows and totals are no lines.

    A code that the mapping knows becomes ours; any other value stays as it is. The shape of a row is judged in
    delimited text alone (`is_text`); where the text ends without the end of a line (`is_cut`), a short last row was cut.
    """
    meanings = _meanings(mapping)
    width = len(columns.heading)
    absent = width
    pick = itemgetter(*(absent if position is None else position for position in columns.positions))
    births = columns.positions[_BIRTH_DATE]
    heading_of_births = None if births is None else clean(columns.heading[births])
    for number, cells, is_last in _with_last(rows):
        if number <= columns.row or cells == columns.heading:
            continue
        if _is_clean(cells):
            padded = list(cells)
        elif _is_remark(cells):
            continue
        else:
            padded = [clean(cell) for cell in cells]
        is_bad = is_text and (
            any(padded[width:])
            or (is_cut and is_last and len(padded) < width)
            or (type(cells) is not list and _is_shapeless(cells, width))
        )
        padded[width:] = [""]
        padded += [""] * (width + 1 - len(padded))
        values = pick(padded)
        if values[_BIRTH_DATE] == heading_of_births:
            continue  # the headings once more, on a new page or in a second row of a merged heading
        if _is_data(padded, values):
            yield RawLine(number, _translated(values, meanings) if meanings else values, is_bad)


def _is_remark(cells: Sequence[str]) -> bool:
    """Return whether a row begins with `##`: no data. One that begins with `####` has a cell too narrow to be shown."""
    first = cells[0].lstrip(_BEFORE_A_REMARK)
    return first.startswith("##") and not (len(first.rstrip()) > 2 and not first.strip("# "))


def _is_shapeless(cells: Sequence[str], width: int) -> bool:
    """Return whether the cells of a row that is not as written do not stand under their headings."""
    return not (isinstance(cells, OddlyQuoted) and len(cells) == width)


def _with_last(rows: Iterator[Row]) -> Iterator[tuple[int, Sequence[str], bool]]:
    """Yield rows, and of each whether it is the last one."""
    before = next(rows, None)
    for row in rows:
        if before is not None:
            yield (*before, False)
        before = row
    if before is not None:
        yield (*before, True)


def _meanings(mapping: Mapping | None) -> list[tuple[int, dict[str, str]]]:
    """Return the index of each coded field with mapped codes, and what those mean, ignoring case."""
    return [
        (FIELDS.index(field), {value.casefold(): code for value, code in codes.items()})
        for field, codes in (mapping.codes if mapping else {}).items()
        # the code of a test stays as it was sent: what it is, is judged with the whole line
        if codes and field != "CODE_LOINC"
    ]


def _translated(values: tuple[str, ...], meanings: list[tuple[int, dict[str, str]]]) -> tuple[str, ...]:
    """Replace the sender's codes by the layout's."""
    ours = list(values)
    for place, codes in meanings:
        ours[place] = codes.get(values[place].casefold(), values[place])
    return tuple(ours)


def _is_clean(cells: Sequence[str]) -> bool:
    """Return whether `clean` would leave every cell of a row unchanged: one test per row, as most rows are clean."""
    row = "\0".join(("", *cells, ""))
    # Substring tests and not a regular expression, which takes four times as long; most reading time goes here.
    blanks = "  " in row or "\0 " in row or " \0" in row or "\t" in row or "\n" in row or "\r" in row
    edges = "'" in row or '"' in row or "=" in row or "#" in row or "\f" in row
    return not (blanks or edges) and (row.isascii() or not _STRANGE.search(row))


def clean(text: str) -> str:
    """Return a cell without the traces that spreadsheets and keyboards leave.

    Blanks of every kind become single spaces; `="01000"` and a leading apostrophe, which keep text from being read
    as a number, are removed; UTF-8 wrongly decoded as Windows-1252 is decoded again.
    """
    if not text or (text.isascii() and text.isalnum()):
        return text
    text = " ".join(text.split())
    if not text.isascii() and _MOJIBAKE.search(text):
        text = _read_again(text)
    if text[:1] in _EDGES or text[-1:] in _EDGES:
        bare = text.strip(_EDGES_BUT_ERRORS)
        text = "" if bare[:1] == "#" and _ERROR_CELL.fullmatch(bare) else text.strip(_EDGES)
    return text


def _read_again(text: str) -> str:
    """Repair text that was decoded once with the wrong encoding, if it was."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _is_data(cells: Sequence[str], values: tuple[str, ...]) -> bool:
    """Return whether a row is a line: not blank, not a lone remark in the first column, not the totals."""
    if values[_BIRTH_DATE] and values[_RESULT]:
        return True
    filled = sum(map(bool, values))
    if filled == 0:
        return False
    first = next(filter(None, cells))
    if first.upper().startswith("TOTAL") and not (values[_BIRTH_DATE] or values[_RESULT]):
        return values[_BIRTH_NAME] not in ("", first)
    alone = filled == 1 and first == cells[0]
    return not alone or any(values[FIELDS.index(name)] for name in REQUIRED)


def heading_key(heading: str) -> str:
    """Return a heading in the form used to compare: capitals without accents, blanks and punctuation.

    A heading in another script, of which nothing would be left, is compared unchanged.
    """
    return _NOT_IN_A_HEADING.sub("", "".join(name_tokens(heading))) or "".join(heading.split()).casefold()


_HEADINGS = {field: (heading_key(field), *names.split()) for field, names in SYNONYMS.items()}
_TIMES_USED = Counter(name for names in _HEADINGS.values() for name in names)
_OWN_HEADINGS, _SHARED_HEADINGS = (
    {
        field: [name for name in names if (_TIMES_USED[name] > 1) is shared]
        for field, names in _HEADINGS.items()
    }
    for shared in (False, True)
)
