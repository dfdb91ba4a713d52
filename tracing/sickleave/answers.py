"""Reads from a call's answers what a sick note needs, and which answers are missing. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracing.calls.rules import StoredAnswer
from tracing.programmes.vocabulary import Scheme

SWORN = "sick_note.confirmed"
"""The answer in which the script stores that the person made the declaration."""

SWORN_SINCE = "sick_note.not_worked_since"
"""Stored beside it: the day from which the declaration that was read says that the person has not worked; that of the
declaration if it says none."""

ALWAYS_ASKED = ("has_symptoms", "vaccination", "works")
ASKED_OF_WORKERS = ("is_caregiver", "can_telework", "stopped_by_doctor", "insurance_scheme", "last_work_on")

DECIDE_A_NOTE = frozenset(
    {"works", "can_telework", "stopped_by_doctor", "wants_note", "last_work_on", "apart_since"}
)
"""Their answers decide whether a note that was issued still fits: `rules_out_a_note` and the days read them."""

SWORN_ABOUT = frozenset({"can_telework", "stopped_by_doctor", "last_work_on", "apart_since"})
"""When one of these answers changes, what was declared before must be declared again."""
WORDS_SINCE = "{note_from}"
"""In a statement that says since when the person has not worked; one without it asks less than the paper says."""

_SCHEMES = {"CIVIL_SERVANT": Scheme.FP_ETAT, "UNKNOWN": None}
"""The script asks whether a person is a civil servant, but not in which service: none of them entitles to a note."""


@dataclass(frozen=True)
class Oath:
    """What a person has declared by the script: that they cannot telework, and since when they have not worked."""

    call_id: int
    made_at: datetime
    since: date | None
    """They have not worked from this day on; None: it was made before this was stored."""
    is_outdated: bool
    """They have said something else since of what they declared."""


def oath_of(given: Mapping[str, StoredAnswer]) -> Oath | None:
    """Return what a person declared last by the script; None if they did not, or it was taken back."""
    made = given.get(SWORN)
    if made is None or made.value is None:
        return None
    since = given.get(SWORN_SINCE)
    return Oath(
        made.call_id,
        made.saved_at,
        date.fromisoformat(since.value) if since is not None and since.value else None,
        any(given[one].saved_at > made.saved_at for one in SWORN_ABOUT & given.keys()),
    )


def yes_or_no(answers: Mapping[str, Any], question: str) -> bool | None:
    """Return a yes-or-no answer, or None while there is none."""
    return {"yes": True, "no": False}.get(str(answers.get(question)))


def scheme_of(answers: Mapping[str, Any]) -> Scheme | None:
    """Return the insurance scheme that a person named, or None when they do not know it."""
    said = answers.get("insurance_scheme")
    if said is None or said in _SCHEMES:
        return _SCHEMES.get(str(said))
    return Scheme(said)


def stayed_home_since(answers: Mapping[str, Any]) -> date | None:
    """Return the day since which a contact says they have stayed at home."""
    return _day(answers, "apart_since")


def last_work_on(answers: Mapping[str, Any]) -> date | None:
    """Return the last day on which the person says they worked away from home; None when they do not know."""
    return _day(answers, "last_work_on")


def free_from(answers: Mapping[str, Any], *, today: date) -> date:
    """Return the first day that a note may cover: the one after the last day worked.

    If the person does not know that day, the earliest possible day is today, unless they have stayed at home.
    """
    worked = last_work_on(answers)
    return worked + timedelta(days=1) if worked else min(stayed_home_since(answers) or today, today)


def _day(answers: Mapping[str, Any], question: str) -> date | None:
    try:
        return date.fromisoformat(str(answers.get(question)))
    except ValueError:
        return None


def rules_out_a_note(answers: Mapping[str, Any]) -> bool:
    """Return whether the person has said something by which no note is due, whatever the days are."""
    return "no" in {answers.get("works"), answers.get("wants_note")} or "yes" in {
        answers.get("can_telework"),
        answers.get("stopped_by_doctor"),
    }


def missing(answers: Mapping[str, Any]) -> list[str]:
    """Return the questions still to be asked before the rules can decide; none once one answer settles it."""
    if rules_out_a_note(answers):
        return []
    asked = [question for question in ALWAYS_ASKED + ASKED_OF_WORKERS if answers.get(question) is None]
    if answers.get("insurance_scheme") == "UNKNOWN":
        asked.append("insurance_scheme")
    return asked
