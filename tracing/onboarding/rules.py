"""Rules for how long a link is valid, the stage of a recruit, and when they are ready for real calls. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LINK_LASTS = timedelta(days=7)
COMPLETE_P0_CALLS_NEEDED = 1
"""Complete practice conversations with a patient zero that a recruit needs before the first real call."""


class LinkState(StrEnum):
    """Whether a one-time link is still valid, and if not, why."""

    OPEN = "open"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Stage(StrEnum):
    """The stage of a recruit, from invitation to departure."""

    INVITED = "invited"
    LINK_EXPIRED = "link_expired"
    TRAINING = "training"
    CERTIFIED = "certified"
    LEFT = "left"


def link_state(
    *,
    used_at: datetime | None,
    withdrawn_at: datetime | None,
    expires_at: datetime,
    contract_ends_on: date | None,
    at: datetime,
    zone: ZoneInfo,
) -> LinkState:
    """Return whether a link still opens the door; a contract that is over closes it too.

    The last day of a contract ends where the live site is, in `zone`.
    """
    if used_at is not None:
        return LinkState.USED
    if withdrawn_at is not None:
        return LinkState.WITHDRAWN
    if expires_at <= at or (contract_ends_on is not None and is_over(contract_ends_on, at=at, zone=zone)):
        return LinkState.EXPIRED
    return LinkState.OPEN


def is_over(contract_ends_on: date, *, at: datetime, zone: ZoneInfo) -> bool:
    """Return whether the last day of a contract is over where the site is."""
    return contract_ends_on < at.astimezone(zone).date()


def stage(link: LinkState, *, is_certified: bool, has_left: bool) -> Stage:
    """Return the stage of a recruit."""
    if link is not LinkState.USED:
        return Stage.INVITED if link is LinkState.OPEN else Stage.LINK_EXPIRED
    if has_left:
        return Stage.LEFT
    return Stage.CERTIFIED if is_certified else Stage.TRAINING


def is_ready(complete_p0_calls: int) -> bool:
    """Return whether a recruit may be certified."""
    return complete_p0_calls >= COMPLETE_P0_CALLS_NEEDED
