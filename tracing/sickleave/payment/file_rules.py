"""The file for the fund's payment system, as `docs/how-to/pay-sick-notes.md` describes it. Pure.

The same movements give the same bytes: nothing in the file says when or by whom it was made.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

import orjson

from tracing.kernel.redaction import redacted

FORMAT = "sick-note-movements-1"
"""Changes with the columns or their meaning; whoever reads the file refuses one that they do not know."""


COMPLETE_AFTER = timedelta(minutes=15)
"""A day's file is made this long after its end: what began before midnight is written by then."""


def last_complete_day(at: datetime) -> date:
    """Return the newest day whose movements are all written; `at` in the site's time zone."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    # on the clock of the wall: no change of summer time falls between midnight and a quarter past
    back = 1 if at.replace(tzinfo=None) - midnight.replace(tzinfo=None) >= COMPLETE_AFTER else 2
    return at.date() - timedelta(days=back)


@redacted
@dataclass(frozen=True, kw_only=True)
class MovementLine:
    """Something that happened to a note, with what pays it; why the person stays at home is not in it."""

    movement_id: int
    """Never used twice: a movement that was read already is passed over."""
    movement: str
    """`issued`, `cancelled`, `replaced` or `restored`."""
    at: str
    number: str
    nature: str
    """`initial` or `prolongation`."""
    prolongs: str
    """The number of the note that it goes on from; empty for an initial one."""
    replaces: str
    first_day: str
    last_day: str
    """The last day included."""
    days: int
    nir: str
    """Empty if an adviser agreed to a note without."""
    birth_name: str
    last_name: str
    first_names: str
    birth_date: str
    address: str


COLUMNS = tuple(one.name for one in fields(MovementLine))


def as_csv(lines: Sequence[MovementLine]) -> bytes:
    """Return the lines as CSV: UTF-8, semicolons, every field in quotes, CRLF, the names of the columns first."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(one, name) for name in COLUMNS] for one in lines)
    return written.getvalue().encode("utf-8")


def as_json(lines: Sequence[MovementLine], *, site: str, day: date) -> bytes:
    """Return the lines as JSON, in the order of their ids."""
    content = {
        "format": FORMAT,
        "site": site,
        "day": day.isoformat(),
        "movements": [{name: getattr(one, name) for name in COLUMNS} for one in lines],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file, by which sender and receiver agree that they have the same."""
    return hashlib.sha256(content).hexdigest()


def receipt(*, site: str, day: date, lines: int, csv_digest: str, json_digest: str, made_at: str) -> bytes:
    """Return the receipt that goes beside the files of a day."""
    content = {
        "format": FORMAT,
        "site": site,
        "day": day.isoformat(),
        "lines": lines,
        "sha256": {"csv": csv_digest, "json": json_digest},
        "first_made_at": made_at,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def file_name(site: str, day: date, kind: str) -> str:
    """Return the name of a file of a day."""
    return f"{FORMAT}-{site}-{day.isoformat()}.{kind}"
