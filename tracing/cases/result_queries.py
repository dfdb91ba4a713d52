"""The results of one person in one episode: two laboratories spelt them otherwise, so that they have a case for each."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import select

from tracing.cases.models import Case, CaseOutcome, CaseStatus
from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.kernel.db import equals_any, session
from tracing.people import queries as people


def other_results(case: Case) -> list[Case]:
    """Return the other cases of a case's person in the same episode: results of other records of theirs."""
    return results_beside([case])[case.id]


def results_beside(cases: Sequence[Case]) -> dict[int, list[Case]]:
    """Return `other_results` of several cases, by case."""
    records = people.all_records(one.person_id for one in cases)
    # most people have one record, and one case of an episode
    merged = {record for theirs in records.values() if len(theirs) > 1 for record in theirs}
    found: Sequence[Case] = []
    if merged:
        found = session.scalars(
            select(Case).where(equals_any(Case.person_id, merged)).order_by(Case.id)
        ).all()
    episode = timedelta(days=SAME_EPISODE_DAYS)
    return {
        case.id: [
            one
            for one in found
            if one.id != case.id
            and one.person_id in records[case.person_id]
            and one.programme == case.programme
            and abs(one.first_sampled_at - case.first_sampled_at) <= episode
        ]
        for case in cases
    }


def stands(case: Case, *, on: date) -> bool:
    """Return whether a case still asks something of its person, or will once they are called."""
    if case.outcome is CaseOutcome.NOT_A_CASE or case.status is CaseStatus.WITHDRAWN:
        return False
    return case.isolation_last_day is None or case.isolation_last_day >= on


def told_results(beside: Iterable[Case]) -> list[Case]:
    """Return those of somebody's other results (`other_results`) of which they were told, without those that are none."""
    return [one for one in beside if one.told_at is not None and one.outcome is not CaseOutcome.NOT_A_CASE]


def told_of_none(beside: Iterable[Case]) -> list[date | None]:
    """Return the last days that somebody was told for results beside theirs (`other_results`) that turned out to be none.

    Once they were called about the one that stands, they know what holds instead.
    """
    return [
        one.told_last_day
        for one in beside
        if one.outcome is CaseOutcome.NOT_A_CASE and one.told_at is not None
    ]


def result_that_holds(case: Case, beside: Sequence[Case] | None = None) -> Case:
    """Return which of a person's results says until when they isolate: of those of which they were told, the longest.

    A case of which nobody was told yet, or which is none, says it itself. `beside` is `other_results`, if already loaded.
    """
    if case.told_at is None or case.outcome is CaseOutcome.NOT_A_CASE:
        return case
    others = other_results(case) if beside is None else beside
    return max([case, *told_results(others)], key=_lasts)


def is_followed_by_another(case: Case, beside: Iterable[Case]) -> bool:
    """Return whether the person is asked how they are about another case (`other_results`): the one that isolates longest.

    Two laboratories' results of one person are two cases until somebody says that the records are one.
    """
    told = [one for one in told_results(beside) if one.status is not CaseStatus.WITHDRAWN]
    return any(_lasts(one) > _lasts(case) for one in told)


def _lasts(case: Case) -> tuple[date, int]:
    return case.isolation_last_day or date.min, case.id
