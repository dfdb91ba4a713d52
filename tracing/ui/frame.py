"""Values for the frame of a page: the places in the left navigation (the rail), and the account."""

from dataclasses import dataclass

MOST_PLACES = 7


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place in the rail. `badge` is a number shown beside it, such as how much waits there, or None."""

    endpoint: str
    label: str
    icon: str
    active: bool = False
    badge: int | None = None


@dataclass(frozen=True, kw_only=True)
class MenuLink:
    """One line of the account menu."""

    url: str
    label: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """The member who is logged in, their site and roles, and the addresses to lock, unlock and log out."""

    name: str
    site: str
    role: str
    login_url: str
    sign_out_url: str
    lock_url: str
    unlock_url: str
    activity_url: str
    idle_minutes: int = 15
    warning: str | None = None
    """A sentence about the site's programme that stands on every page."""
    find_url: str | None = None
    """Where one file is found by an exact key, for those who may; none for the others."""
    menu: tuple[MenuLink, ...] = ()
