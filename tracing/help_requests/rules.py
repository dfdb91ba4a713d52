"""What becomes of a request for help: only what is asked for, with the person's consent, is passed on. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

NOTHING_NEEDED = "none"


class Need(StrEnum):
    """What somebody may need to stay at home."""

    HOUSING = "housing"
    SHOPPING = "shopping"
    MEDICINES = "medicines"
    CHILDREN = "children"
    MONEY = "money"
    LISTENING = "listening"
    ANIMALS = "animals"
    HOME_HELP = "home_help"


class HelpState(StrEnum):
    """Where a request for help stands."""

    TO_PASS_ON = "to_pass_on"  # noqa: S105 - no password
    PASSED_ON = "passed_on"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    """The person agrees no more, or needs it no more."""


OPEN = frozenset({HelpState.TO_PASS_ON, HelpState.PASSED_ON})


def wanted(needs: Iterable[str], *, consents: bool) -> frozenset[Need]:
    """Return the needs that may be passed on: none without the person's consent."""
    known = {one.value for one in Need}
    return frozenset(Need(one) for one in needs if one in known) if consents else frozenset()


def may_close(state: HelpState, seen: HelpState | None) -> bool:
    """Return whether closing a request in a state is what somebody meant who saw it in another, or in none.

    That a colleague has passed it on, or closed it, meanwhile is no reason to refuse.
    """
    if seen is HelpState.WITHDRAWN:
        return state is HelpState.WITHDRAWN
    if seen is HelpState.TO_PASS_ON:
        return state is not HelpState.WITHDRAWN
    return seen is HelpState.PASSED_ON and state in {HelpState.PASSED_ON, HelpState.DONE}


def changes(known: Mapping[Need, HelpState], now: frozenset[Need]) -> dict[Need, HelpState]:
    """Return the requests whose state changes, with the new one, when these needs are asked for now.

    What was done stays done; asked for again after it was withdrawn, it is passed on again.
    """
    changed = {
        need: HelpState.TO_PASS_ON
        for need in now
        if known.get(need, HelpState.WITHDRAWN) is HelpState.WITHDRAWN
    }
    return changed | {
        need: HelpState.WITHDRAWN for need, state in known.items() if need not in now and state in OPEN
    }
