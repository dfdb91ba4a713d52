"""Find and compare a source's columns and codes: accepted once by a person, then compared with every later file.

Pure. Headings are compared without accents, blanks and punctuation. The *meaning* of an unknown heading is never
guessed silently: similarity only makes proposals, on a page where a person sees sample values beside them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tracing.imports.format.columns import (
    FIELDS,
    MOST_BANNER_ROWS,
    Columns,
    Row,
    clean,
    heading_key,
    match_headings,
    told_apart,
)
from tracing.imports.format.date_orders import Evidence
from tracing.imports.format.evidence import contradict
from tracing.imports.format.mapping import Mapping

if TYPE_CHECKING:
    from tracing.imports.format.proposals import Seen

MOST_SAMPLES, MOST_DISTINCT, LONGEST_SHOWN = 5, 30, 60


def first_mapping(headings: Sequence[str]) -> Mapping:
    """Return the mapping of a file whose headings the layout itself recognises."""
    return Mapping(_by_field(match_headings(0, headings)), {}, tuple(headings))


class Gone(NamedTuple):
    """A field that is no longer found, the heading it had, and the new heading that may have replaced it."""

    field: str
    heading: str
    guess: str | None


@dataclass(frozen=True)
class Difference:
    """How the headings of a file differ from the accepted ones beyond what synonyms and the mapping cover."""

    gone: tuple[Gone, ...] = ()
    new: tuple[str, ...] = ()
    """Headings that were never accepted and match no field."""
    doubled: tuple[str, ...] = ()
    """Headings of a field that now occur twice: it is unclear which one is meant."""

    @property
    def is_covered(self) -> bool:
        """Return whether the file can be read like the earlier ones."""
        return not (self.gone or self.new or self.doubled)


def difference(accepted: Mapping, headings: Sequence[str]) -> Difference:
    """Compare the heading row of a file with what was accepted for its source.

    A heading in other capitals, moved, or renamed to a synonym is no difference. A field that was found before and is
    not any more is a difference, and so is a heading that was never accepted and is not used for a field.
    """
    now = match_headings(0, headings, accepted)
    found = _by_field(now)
    used = {heading_key(heading) for heading in found.values()}
    before = {heading_key(heading) for heading in told_apart(accepted.headings)}
    new = [each for each in _distinct(headings) if heading_key(each) not in used | before]
    renamed = _renamed(accepted.headings, headings)
    lost = [
        (name, accepted.columns[name]) for name in FIELDS if name in accepted.columns.keys() - found.keys()
    ]
    gone = []
    for name, heading in lost:
        guess = renamed.get(heading_key(heading))
        gone.append(Gone(name, heading, guess if guess in new else None))
    times, earlier = _times(headings), _times(accepted.headings)
    doubled = [
        each for each in found.values() if times[heading_key(each)] > max(1, earlier[heading_key(each)])
    ]
    again = {name for name, heading in zip(told_apart(headings), headings, strict=True) if name != heading}
    return Difference(tuple(gone), tuple(each for each in new if each not in again), tuple(doubled))


def _renamed(before: Sequence[str], now: Sequence[str]) -> dict[str, str]:
    """Return, for each lost heading, the new one between the same neighbours: perhaps its new name."""
    old, new = [heading_key(each) for each in before], [heading_key(each) for each in now]
    found: dict[str, str] = {}
    for change, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "replace" and i2 - i1 == j2 - j1:
            found.update(zip(old[i1:i2], now[j1:j2], strict=True))
    return found


@dataclass(frozen=True, repr=False)
class TableInspection:
    """What the mapping page shows of a file. Samples and distinct values are personal data: shown, never stored."""

    headings: tuple[str, ...]
    """The heading row as written."""
    heading_row: int
    """Its row number as a person sees it in the file; 0 if no row looks like headings."""
    lines: int
    """Number of rows under it."""
    samples: dict[str, list[str]]
    """By heading: its first few different values."""
    distinct: dict[str, list[str]]
    """By heading: its different values, most frequent first, if they are few enough to be codes."""
    proposal: dict[str, str | None]
    """By field: the heading that matches it, or may match it."""
    recognised: tuple[str, ...]
    """The fields whose heading is a known name or was accepted before; the others are only similar."""
    is_messages: bool = False
    """HL7 messages: no columns to map, only codes. The “headings” are the places where they stand."""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """By heading: the text that stands beside a code in messages."""
    date_orders: dict[str, str] = field(default_factory=dict)
    """By heading: the only order in which all its dates can be read, if they prove one (`DateOrder`)."""
    filled: dict[str, int] = field(default_factory=dict)
    """By heading: the number of rows in which it holds something."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the headings that can be chosen: not blank, equal ones told apart."""
        return _distinct(self.headings)

    @property
    def columns(self) -> list["Seen"]:
        """Return the columns that can be chosen, with what is known of their values."""
        from tracing.imports.format.proposals import Seen  # noqa: PLC0415

        return [
            Seen(
                heading,
                self.samples.get(heading, ()),
                heading in self.distinct,
                self.filled.get(heading, 0) / max(1, self.lines),
            )
            for heading in self.choices
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, sent: Table[str, Any]) -> Self:
        """Read back what `to_dict` returned."""
        return cls(**dict(sent) | {name: tuple(sent[name]) for name in ("headings", "recognised")})


RowSource = Callable[[], Iterator[Row]]
"""One way to read the rows of a file: a sheet, or a separator. Called more than once."""


def look(tables: Iterable[RowSource], mapping: Mapping | None = None) -> TableInspection:
    """Return the likeliest heading row of a file and what its columns hold, so that a person can map them."""
    best, columns, rows = (0, 0), Columns(0, [], (None,) * len(FIELDS)), None
    for table in tables:
        for number, cells in islice(table(), MOST_BANNER_ROWS):
            matched = match_headings(number, cells, mapping)
            likeness = (3 * matched.found + _words_in(cells), matched.found)
            if likeness > best:
                best, columns, rows = likeness, matched, table
    headings = _distinct(columns.heading)
    recognised = _by_field(columns)
    evidence = Evidence()
    samples, distinct, filled, lines = _values(rows() if rows else iter(()), columns, headings, evidence)
    looked = TableInspection(
        headings=tuple(columns.heading),
        heading_row=columns.row,
        lines=lines,
        samples=samples,
        distinct=distinct,
        proposal={},
        recognised=(),
        date_orders={heading: proof.order for heading, proof in evidence.proofs().items()},
        filled=filled,
    )
    # Imported here because only the mapping page needs it: the process that reads every file stays light.
    from tracing.imports.format.proposals import propose  # noqa: PLC0415

    sound = _sound(recognised, looked)
    return replace(
        looked,
        proposal={**dict.fromkeys(FIELDS), **sound, **propose(looked.columns, sound)},
        recognised=tuple(sound),
    )


def proposed(looked: TableInspection, accepted: Mapping | None) -> tuple[dict[str, str], frozenset[str]]:
    """Return the heading to propose for each field, and the fields that are certain.

    In order of preference: the heading accepted for the source, a known name, a heading in the place of a lost one,
    a similar heading.
    """
    known = _by_field(match_headings(looked.heading_row, looked.headings, accepted))
    agreed = accepted.columns.keys() if accepted else ()
    columns = {name: known[name] for name in known if name in agreed} | _sound(known, looked)
    certain = frozenset(columns)
    moved = difference(accepted, looked.headings).gone if accepted else ()
    guesses = [(gone.field, gone.guess) for gone in moved]
    for name, heading in (*guesses, *looked.proposal.items()):
        if heading is not None and name not in columns and heading not in columns.values():
            columns[name] = heading
    return columns, certain


def _sound(columns: Table[str, str], looked: TableInspection) -> dict[str, str]:
    """Return the recognised columns without those whose values say that they are something else."""
    return {
        name: heading
        for name, heading in columns.items()
        if not contradict(name, looked.samples.get(heading, ()), is_few=heading in looked.distinct)
    }


def _words_in(cells: Sequence[str]) -> int:
    """Count the cells that look like headings: words, at most two digits, not long."""
    return sum(
        len(cell) <= LONGEST_SHOWN and any(map(str.isalpha, cell)) and sum(map(str.isdigit, cell)) <= 2
        for cell in _distinct(cells)
    )


def _values(
    rows: Iterator[Row], columns: Columns, headings: Sequence[str], evidence: Evidence
) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, int], int]:
    """Return samples, distinct values and number of filled rows of each column, and how many rows there are."""
    position_of = {heading: position for position, heading in enumerate(told_apart(columns.heading))}
    seen: dict[str, Counter[str]] = {heading: Counter() for heading in headings}
    filled = dict.fromkeys(headings, 0)
    still_few = set(headings)
    lines = 0
    for number, cells in rows:
        if number <= columns.row or cells == columns.heading or not any(cells):
            continue
        lines += 1
        for heading, position in position_of.items():
            if position >= len(cells) or not cells[position]:
                continue
            # most columns hold no dates, and their values begin with no digit
            if cells[position][:1].isdigit():
                evidence.add(heading, cells[position : position + 1], (number,))
            filled[heading] += 1
            if heading in still_few and (value := clean(cells[position])):
                seen[heading][value[: LONGEST_SHOWN + 1]] += 1
                if len(seen[heading]) > MOST_DISTINCT:
                    still_few.discard(heading)
    samples = {heading: [*islice(seen[heading], MOST_SAMPLES)] for heading in headings}
    distinct = {
        heading: [value for value, _ in seen[heading].most_common()]
        for heading in headings
        if heading in still_few and all(len(value) <= LONGEST_SHOWN for value in seen[heading])
    }
    return samples, distinct, filled, lines


def _by_field(columns: Columns) -> dict[str, str]:
    """Return the heading of each field that was found."""
    names = told_apart(columns.heading)
    positions = zip(FIELDS, columns.positions, strict=True)
    return {name: names[position] for name, position in positions if position is not None}


def _distinct(headings: Sequence[str]) -> tuple[str, ...]:
    """Return the headings without blanks, equal ones told apart."""
    return tuple(heading for heading in told_apart(headings) if heading_key(heading))


def _times(headings: Iterable[str]) -> Counter[str]:
    return Counter(map(heading_key, headings))
