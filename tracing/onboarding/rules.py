"""Rules for how long a link is valid, the stage of a recruit, and when they are ready for real calls. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum

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
) -> LinkState:
    """Return whether a link is still valid; it ends with the contract, too."""
    if used_at is not None:
        return LinkState.USED
    if withdrawn_at is not None:
        return LinkState.WITHDRAWN
    if expires_at <= at or (contract_ends_on is not None and contract_ends_on < at.date()):
        return LinkState.EXPIRED
    return LinkState.OPEN


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
