"""What a person is told who was named by several cases: the longest measure, in one conversation."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from tracing.cases.models import Case
from tracing.contacts import queries, rules
from tracing.contacts.models import Contact, RiskLevel
from tracing.contacts.queries import Meeting
from tracing.contacts.rules import TestSaid
from tracing.contacts.services import measure_now
from tracing.programmes.rules import Quarantine
from tracing.programmes.vocabulary import TestKind


def other_meetings(contact: Contact, case: Case) -> list[Meeting]:
    """Return the other meetings of a contact's person about the same time: those that count, and those that were told."""
    others = queries.named_elsewhere([contact], programme=case.programme).get(contact.id, [])
    return [
        one for one in queries.of_one_time(contact, others) if one.counts or one.contact.told_at is not None
    ]


def measure_of_person(
    contact: Contact, case: Case, others: Sequence[Meeting], *, age: int | None, on: date
) -> Quarantine:
    """Return what is asked of a contact for this meeting and for the others that count; writes nothing."""
    own = measure_now(contact, case, age=age, on=on)
    counted = [one for one in others if one.counts]
    return rules.together(own, [measure_now(one.contact, one.case, age=age, on=on) for one in counted])


def risk_of_person(contact: Contact, others: Sequence[Meeting]) -> RiskLevel:
    """Return the highest risk of a contact's meetings."""
    found = {contact.risk, *(one.contact.risk for one in others if one.counts)}
    order = (RiskLevel.AT_RISK, RiskLevel.UNDETERMINED, RiskLevel.NEGLIGIBLE)
    return next(level for level in order if level in found)


def without_done(decided: Quarantine, told: Iterable[TestSaid]) -> Quarantine:
    """Return what is asked of a contact without the tests that they told of, done on their day or later."""
    done = list(told)
    left = tuple(
        test
        for test in decided.tests
        if not any(
            one.on >= test.on and (one.counts or test.kind in {TestKind.SELF_TEST, TestKind.ANY})
            for one in done
        )
    )
    return replace(decided, tests=left)
