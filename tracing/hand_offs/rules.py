"""When a record is handed off, by the rules of its programme, and what becomes of it when the answers change. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from tracing.programmes.rows import HandOff


class HandOffState(StrEnum):
    """Where a hand-off stands."""

    TO_SEND = "to_send"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    """Whoever it was sent to has taken it over."""
    TAKEN_BACK = "taken_back"
    """The answers, or the result, no longer say so; whoever was told of it is told that."""


def due(
    hand_offs: Iterable[HandOff], answers: Mapping[str, object], *, is_case: bool, on: date
) -> frozenset[str]:
    """Return the ids of the reasons in force on a day for which these answers hand a record off.

    A reason without a condition is given by hand.
    """
    return frozenset(
        one.id
        for one in hand_offs
        if one.in_force(on) and ((one.every_case and is_case) or _is_answered(one, answers))
    )


def _is_answered(hand_off: HandOff, answers: Mapping[str, object]) -> bool:
    for question, values in hand_off.answers.items():
        said = answers.get(question)
        chosen = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
        if chosen & set(values):
            return True
    return False


def changes(known: Mapping[str, HandOffState], now: frozenset[str]) -> dict[str, HandOffState]:
    """Return the reasons whose hand-off changes, with its new state, once these reasons hold."""
    changed = {
        reason: HandOffState.TO_SEND
        for reason in now
        if known.get(reason, HandOffState.TAKEN_BACK) is HandOffState.TAKEN_BACK
    }
    return changed | {
        reason: HandOffState.TAKEN_BACK
        for reason, state in known.items()
        if reason not in now and state is not HandOffState.TAKEN_BACK
    }
