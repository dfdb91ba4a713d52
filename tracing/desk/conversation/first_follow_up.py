"""The day of the follow-up call that a first call announces before it is planned: it is planned once the call ends."""

from collections.abc import Sequence
from datetime import date

from tracing.cases.models import Case
from tracing.cases.result_queries import is_followed_by_another, other_results
from tracing.cases.rules import sampling_day
from tracing.consequences.queries import zone_of
from tracing.consequences.rules import last_day_of_calls
from tracing.contacts.models import Contact
from tracing.contacts.queries import Meeting
from tracing.contacts.rules import circumstances_from_codes
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import day_zero, follow_ups
from tracing.programmes.vocabulary import Subject


def first_follow_up_of_case(case: Case, *, on: date) -> date | None:
    """Return the day on which a positive person who is told today is called again; None if they are not."""
    sampled = sampling_day(case.first_sampled_at, case.sampled_on, zone_of(case))
    zero = day_zero(case.onset_on, sampled)
    found = None if zero is None else follow_ups(get_pack(case.programme), Subject.CASE, day_zero=zero, on=on)
    day = _first(found.days if found else (), case.isolation_last_day, on=on)
    return None if day is None or is_followed_by_another(case, other_results(case)) else day


def first_follow_up_of_contact(
    contact: Contact, case: Case, others: Sequence[Meeting], *, on: date
) -> date | None:
    """Return the day on which a contact who is told today is called again: of several meetings, about the last one."""
    meetings = [Meeting(contact, case), *(one for one in others if one.counts)]
    about = max(meetings, key=lambda one: (one.contact.last_contact_on, one.contact.id))
    if about.contact.is_day_unknown:
        return None
    met = circumstances_from_codes(about.contact.circumstances or {})
    found = follow_ups(
        get_pack(about.case.programme),
        Subject.CONTACT,
        day_zero=about.contact.last_contact_on,
        lives_with_case=met.lives_with_case,
        on=on,
    )
    return _first(found.days if found else (), about.contact.quarantine_last_day, on=on)


def _first(days: tuple[date, ...], last_day: date | None, *, on: date) -> date | None:
    until = last_day_of_calls(days, last_day)
    return None if until is None else next((day for day in days if on < day <= until), None)
