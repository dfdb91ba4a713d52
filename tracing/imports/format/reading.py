"""The context for reading a lot's lines (time zone, receipt time), and the dates of a line as far as readable. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tracing.imports.format.dates import read_moment
from tracing.imports.format.laboratory import NO_LABORATORY, Laboratory
from tracing.kernel.redaction import redacted
from tracing.people.countries import Country

POSITIVE = "P"
NEGATIVE = "N"
NOT_POSITIVE = frozenset("NIX")
OTHER_PATHOGEN = "other"
"""What a test for another pathogen found, whatever it was. In small letters, as no file can say it."""

Moment = tuple[datetime, bool]
"""A local date and time, and whether a time was given at all."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a lot is read: the site's time zone, when it arrived, and whether fictional numbers are accepted."""

    zone: ZoneInfo
    received_at: datetime
    allow_fiction: bool = False
    tests: Mapping[str, str] = field(default_factory=dict)
    """What was said once of the source's codes of tests (`Mapping.tests`); the reading process takes it from the mapping."""
    laboratory: Laboratory = NO_LABORATORY
    """The tests of the programme."""
    allow_old: bool = False
    """An officer said that old samplings are right all the same."""
    country: str = Country.FRANCE.value
    """Where the sender is: how national numbers, postcodes and telephone numbers are read."""

    @property
    def is_french(self) -> bool:
        """Whether the sender is in France."""
        return self.country == Country.FRANCE.value

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form."""
        return {
            "zone": self.zone.key,
            "received_at": self.received_at.isoformat(),
            "allow_fiction": self.allow_fiction,
            "allow_old": self.allow_old,
            "country": self.country,
            "laboratory": self.laboratory.to_dict(),
        }

    @classmethod
    def from_dict(cls, sent: Mapping[str, Any]) -> "Reading":
        """Read back what `to_dict` returned."""
        return cls(
            zone=ZoneInfo(sent["zone"]),
            received_at=datetime.fromisoformat(sent["received_at"]),
            allow_fiction=sent["allow_fiction"],
            allow_old=sent["allow_old"],
            country=sent["country"],
            laboratory=Laboratory.from_dict(sent["laboratory"]),
        )


@redacted
class Dates(NamedTuple):
    """The dates of a line as far as they are readable, local and without a time zone."""

    now: Moment
    """When the file was made; if it does not say so, when it was received."""
    is_extraction: bool
    """Whether the file says when it was made."""
    sampled: Moment | None
    birth: date | None
    validated: datetime | None
    onset: date | None
    ignored: bool
    """Whether an optional date is unreadable."""

    @property
    def tested_on(self) -> date:
        """The day of the sampling, or of the file without one: a birth date after it is impossible."""
        return (self.sampled or self.now)[0].date()

    @property
    def days_waited(self) -> int:
        """How many days lie between the sampling and the extraction; none without a sampling date."""
        return (self.now[0].date() - self.tested_on).days


def read_dates(sent: Mapping[str, str], reading: Reading) -> Dates:
    """Read every date; a missing or unreadable extraction date is replaced by the time of receipt."""
    extracted = read_moment(sent["DATE_EXTRACTION"], zone=reading.zone)
    now = extracted or (reading.received_at.astimezone(reading.zone).replace(tzinfo=None), True)
    sampled = read_moment(sent["DATE_PRELEVEMENT"], zone=reading.zone)
    birth = read_moment(sent["DATE_NAISSANCE"], not_after=(sampled or now)[0].date())
    validated = read_moment(sent["DATE_VALIDATION"], zone=reading.zone)
    onset = read_moment(sent["DATE_DEBUT_SYMPTOMES"])
    ignored = (
        (not extracted and sent["DATE_EXTRACTION"] != "")
        or (not validated and sent["DATE_VALIDATION"] != "")
        or (not onset and sent["DATE_DEBUT_SYMPTOMES"] != "")
    )
    return Dates(
        now,
        extracted is not None,
        sampled,
        birth[0].date() if birth else None,
        validated[0] if validated else None,
        onset[0].date() if onset else None,
        ignored,
    )


def is_later(one: Moment, other: Moment) -> bool:
    """Return whether `one` is later: to the minute if both have a time, else by day."""
    if one[1] and other[1]:
        return one[0] > other[0]
    return one[0].date() > other[0].date()
