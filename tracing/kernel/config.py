"""The settings of a process: read once from the environment, typed, frozen; wrong values are refused.

This is the only module that reads the environment. Every name below is described in docs/settings.md.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tracing.kernel.addresses import Proxies, format_origin, is_loopback, parse_proxies, parse_public_url

LOCALES = ("fr",)
"""Languages with complete translations; a further one needs a translated catalogue."""
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
DEMO_MODES = ("auto", "off")
MOST_DAYS = 90
"""Longest time for which a file with identities may be kept, encrypted as it arrived."""
SWITCH = {"on": True, "off": False}
TEST_PREFIX = "TRACING_TEST_"
"""Prefix of the test suite's own variables (such as where its browser is); the product never reads them."""

T = TypeVar("T")


class CannotStart(SystemExit):
    """The process must not start; the message says what is wrong and what to do."""


class SettingsError(CannotStart):
    """One or more settings are wrong; the message has one sentence for each."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this process runs. A database URL is None when the embedded server is used."""

    data_dir: Path
    database_url: str | None = field(default=None, repr=False)
    owner_database_url: str | None = field(default=None, repr=False)
    keys_url: str | None = field(default=None, repr=False)
    owner_keys_url: str | None = field(default=None, repr=False)
    public_database_url: str | None = field(default=None, repr=False)
    """The main database as the role of the public pages."""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    """The one address at which browsers reach the platform, as an origin: `https://tracing.example.org`."""
    public_pages_url: str | None = None
    """The address at which anybody reaches the public pages, as an origin."""
    trusted_proxies: Proxies = field(default_factory=Proxies)
    programme: str = "exercise-2022"
    time_zone: str = "Europe/Paris"
    locale: str = "fr"
    fiction_numbers: bool = False
    secure_cookies: bool = False
    log_level: str = "info"
    log_format: str = "text"
    access_log: bool = False
    demo: str = "auto"
    inbox: Path | None = None
    keep_originals_days: int = 7

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which times are displayed."""
        return ZoneInfo(self.time_zone)

    @property
    def is_embedded(self) -> bool:
        """Whether this process uses the PostgreSQL server that comes with the product."""
        return self.database_url is None

    @property
    def address(self) -> str | None:
        """The address to write into links; None if unknown: behind a proxy without a public URL."""
        if self.public_url is not None:
            return self.public_url
        if self.secure_cookies or not is_loopback(self.host):
            return None
        return format_origin("http", self.host, self.port)

    @property
    def public_pages(self) -> str | None:
        """The address at which anybody checks a call or a note, to be said and printed; None: nobody can."""
        origin = self.public_pages_url or (self.address if self.is_embedded else None)
        return f"{origin}/public" if origin else None

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the platform over TLS only."""
        return self.public_url is not None and self.public_url.startswith("https:")

    def cookie_name(self, name: str) -> str:
        """Return the full name of a cookie; over TLS its prefix stops other hosts of the domain from setting it."""
        return f"__Host-{name}" if self.secure_cookies else name

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read every setting; raises SettingsError with one sentence for each wrong one."""
        reader = _Reader(os.environ if env is None else env)
        host = reader.text("TRACING_HOST", "127.0.0.1")
        public_url = reader.public_url("TRACING_PUBLIC_URL")
        settings = cls(
            data_dir=Path(reader.text("TRACING_DATA_DIR", "var")).expanduser().resolve(),
            database_url=reader.url("TRACING_DATABASE_URL"),
            owner_database_url=reader.url("TRACING_OWNER_DATABASE_URL") or reader.url("TRACING_DATABASE_URL"),
            keys_url=reader.url("TRACING_KEYS_URL"),
            owner_keys_url=reader.url("TRACING_OWNER_KEYS_URL") or reader.url("TRACING_KEYS_URL"),
            public_database_url=reader.url("TRACING_PUBLIC_DATABASE_URL"),
            host=host,
            port=reader.port("TRACING_PORT", 8000),
            public_url=public_url,
            public_pages_url=reader.public_url("TRACING_PUBLIC_PAGES_URL"),
            trusted_proxies=reader.proxies("TRACING_TRUSTED_PROXIES"),
            programme=reader.text("TRACING_PROGRAMME", "exercise-2022"),
            time_zone=reader.time_zone("TRACING_TIME_ZONE", "Europe/Paris"),
            locale=reader.choice("TRACING_LOCALE", LOCALES, "fr"),
            fiction_numbers=reader.switch("TRACING_FICTION_NUMBERS", default=False),
            secure_cookies=reader.switch(
                "TRACING_SECURE_COOKIES", default=not _is_plain_loopback(public_url, host)
            ),
            log_level=reader.choice("TRACING_LOG_LEVEL", LOG_LEVELS, "info"),
            log_format=reader.choice("TRACING_LOG_FORMAT", LOG_FORMATS, "text"),
            access_log=reader.switch("TRACING_ACCESS_LOG", default=False),
            demo=reader.choice("TRACING_DEMO", DEMO_MODES, "auto"),
            inbox=reader.folder("TRACING_INBOX"),
            keep_originals_days=reader.days("TRACING_KEEP_ORIGINALS_DAYS", 7),
        )
        if settings.is_https and not settings.secure_cookies:
            reader.refuse("TRACING_SECURE_COOKIES", "cannot be off: TRACING_PUBLIC_URL begins with https.")
        reader.need_both("TRACING_DATABASE_URL", "TRACING_KEYS_URL")
        reader.need_below("TRACING_OWNER_DATABASE_URL", "TRACING_DATABASE_URL")
        reader.need_below("TRACING_OWNER_KEYS_URL", "TRACING_KEYS_URL")
        reader.refuse_if_wrong()
        return settings


class _Reader:
    """Reads typed values and collects every mistake, so that all are reported at once.

    An empty variable counts as not set: a unit file may leave one that way.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._values = {name: value.strip() for name, value in env.items() if value.strip()}
        self._known: set[str] = set()
        self._wrong: dict[str, str] = {}

    def text(self, name: str, default: str) -> str:
        self._known.add(name)
        return self._values.get(name, default)

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        words = tuple(allowed)
        return self._parsed(
            name, default, {word: word for word in words}.__getitem__, f"one of {', '.join(words)}"
        )

    def switch(self, name: str, *, default: bool) -> bool:
        return self._parsed(name, default, lambda value: SWITCH[value.lower()], "on or off")

    def port(self, name: str, default: int) -> int:
        return self._parsed(name, default, _port, "a number from 1 to 65535")

    def days(self, name: str, default: int) -> int:
        return self._parsed(name, default, _days, f"a number of days from 1 to {MOST_DAYS}")

    def folder(self, name: str) -> Path | None:
        return self._parsed(name, None, lambda value: Path(value).expanduser().resolve(), "a folder")

    def time_zone(self, name: str, default: str) -> str:
        return self._parsed(name, default, _time_zone, "the name of a time zone, such as Europe/Paris")

    def public_url(self, name: str) -> str | None:
        expected = (
            "an address without a path, such as https://tracing.example.org (http for this machine only)"
        )
        return self._parsed(name, None, parse_public_url, expected)

    def proxies(self, name: str) -> Proxies:
        expected = "addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8, unix"
        return self._parsed(name, Proxies(), parse_proxies, expected)

    def url(self, name: str) -> str | None:
        expected = "an address such as postgresql+psycopg://role:password@host/database"
        return self._parsed(name, None, _postgresql_url, expected)

    def refuse(self, name: str, why: str) -> None:
        self._wrong[name] = f"{name} {why}"

    def need_both(self, first: str, second: str) -> None:
        if (first in self._values) != (second in self._values):
            missing = second if first in self._values else first
            self._wrong[missing] = f"{missing} must be set too: {first} and {second} go together."

    def need_below(self, name: str, base: str) -> None:
        if name in self._values and base not in self._values:
            self._wrong[name] = f"{name} is set without {base}."

    def refuse_if_wrong(self) -> None:
        for name in self._values:
            if name.startswith("TRACING_") and not name.startswith(TEST_PREFIX) and name not in self._known:
                self._wrong[name] = f"{name} is no setting of this program (see docs/settings.md)."
        if self._wrong:
            raise SettingsError("\n".join(self._wrong[name] for name in sorted(self._wrong)))

    def _parsed(self, name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        self._known.add(name)
        if name not in self._values:
            return default
        try:
            return parse(self._values[name])
        except (KeyError, ValueError, ArgumentError):
            # The value is not repeated: a URL contains a password.
            self._wrong[name] = f"{name} must be {expected}."
            return default


def _port(value: str) -> int:
    port = int(value)
    if not 1 <= port <= 65535:
        raise ValueError
    return port


def _days(value: str) -> int:
    days = int(value)
    if not 1 <= days <= MOST_DAYS:
        raise ValueError
    return days


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError
    return value


def _postgresql_url(value: str) -> str:
    """Accept the usual spellings of a PostgreSQL URL and set the driver this product is tested with."""
    url = make_url(value)
    if url.drivername not in {"postgres", "postgresql", "postgresql+psycopg"} or not url.database:
        raise ValueError
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _is_plain_loopback(public_url: str | None, host: str) -> bool:
    """Return whether browsers use plain http; a public address allows that only on this machine."""
    return public_url.startswith("http:") if public_url is not None else is_loopback(host)
