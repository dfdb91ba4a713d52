"""What the frame of a page must be told: the places in the left rail and who is working."""

from dataclasses import dataclass

MOST_PLACES = 7


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place in the left rail. `badge` is a number worth seeing before one goes there, or None."""

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
    """Who is logged in, where, as what, and the addresses the frame needs to lock, unlock and sign out."""

    name: str
    site: str
    role: str
    login_url: str
    sign_out_url: str
    lock_url: str
    unlock_url: str
    activity_url: str
    idle_minutes: int = 15
    menu: tuple[MenuLink, ...] = ()
