"""What the facts about a case or a contact say of what decides their measure, and of which meeting. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tracing.contacts.rules import TestSaid
from tracing.facts.rules import FactKind, Said, onset_of, tests_told, value_of
from tracing.programmes.vocabulary import TestKind
from tracing.scripts.vocabulary import YES

OF_ONE_MEETING = frozenset({"last_contact_confirmed", "last_contact_on", "contact_disputed"})
"""What a contact says of the meeting that is spoken of; all else they say of themselves."""
PASSED_ON_ONCE = frozenset({"collectivities", "needs", "needs_consent"})
"""What is passed on to others from the call of one meeting, and not once more from that of another."""


def onset(said: Sequence[Said], known: Mapping[FactKind, Said], stored: date | None) -> date | None:
    """Return the first day of a case's symptoms; `stored` is what the row held before any fact."""
    if FactKind.ONSET in known or FactKind.SYMPTOMS in known:
        return onset_of(known)
    return None if _was_said(said, FactKind.ONSET, FactKind.SYMPTOMS) else stored


def symptoms_on(known: Mapping[FactKind, Said], zone: ZoneInfo) -> date | None:
    """Return the first day of a contact's symptoms; the day on which they said so if they do not know it."""
    day = onset_of(known)
    if day is None and value_of(known, FactKind.SYMPTOMS) is True:
        return known[FactKind.SYMPTOMS].said_at.astimezone(zone).date()
    return day


def tests(said: Iterable[Said], zone: ZoneInfo) -> list[TestSaid]:
    """Return the tests that a contact told of, by their day; one of an unknown day counts on the day it was told."""
    return [test_of(one, zone) for one in tests_told(said)]


def test_of(one: Said, zone: ZoneInfo) -> TestSaid:
    """Return a told test: its kind and result are the code of the fact, as `antigen_positive`."""
    kind, result = str(one.value).rsplit("_", 1)
    on = one.speaks_of or one.said_at.astimezone(zone).date()
    known = TestKind(kind) if kind in set(TestKind) else None
    return TestSaid(on, known, result == "positive")


def answer(
    said: Sequence[Said], known: Mapping[FactKind, Said], kind: FactKind, stored: str | None
) -> str | None:
    """Return the code that counts of a kind; `stored` is what the row held before any fact."""
    if kind not in known:
        return None if _was_said(said, kind) else stored
    found = known[kind].value
    return found if isinstance(found, str) else None


def _was_said(said: Sequence[Said], *kinds: FactKind) -> bool:
    """Return whether facts tell of this, taken back or not: without any, the row holds what was known before facts."""
    return any(one.kind in kinds for one in said)


def said_for_other_meetings(counted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a contact has said that also holds for another meeting of theirs.

    That they live with a positive person is no word on which of several: only that they live with none holds for all.
    """
    said = {question: answer for question, answer in counted.items() if question not in OF_ONE_MEETING}
    if said.get("lives_with_case") == YES:
        del said["lives_with_case"]
    return said
