"""Open, date, withdraw, close and reopen cases."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from tracing.cases import queries, rules
from tracing.cases.models import Case, CaseOutcome, CaseStatus, ContraryResult, reference_sequence
from tracing.facts.ruling_rules import as_ruled
from tracing.kernel import clock, events
from tracing.kernel.db import session
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules.measures import Isolation, isolation
from tracing.programmes.rules.window import Window, contagious_window
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Vaccination


def take_references(count: int, *, year: int) -> list[str]:
    """Return `count` new, unique references."""
    numbers: list[int] | None = session.scalar(
        text(
            f"SELECT array_agg(nextval('{reference_sequence.name}')) FROM generate_series(1, :count)"  # noqa: S608 - our own name
        ),
        {"count": count},
    )
    return [rules.reference(year, number) for number in numbers or ()]


def open_case(
    person_id: int,
    *,
    site_id: int,
    programme: str,
    cohort: date,
    first_sampled_at: datetime,
    episode: int = 1,
    warnings: Sequence[str] = (),
    from_contact_id: int | None = None,
    by: int | None,
    at: datetime,
) -> Case:
    """Open the case of a person with a positive result."""
    case = Case(
        reference=take_references(1, year=at.year)[0],
        person_id=person_id,
        site_id=site_id,
        programme=programme,
        episode=episode,
        cohort=cohort,
        first_sampled_at=first_sampled_at,
        warnings=list(warnings),
        from_contact_id=from_contact_id,
        created_at=at,
    )
    session.add(case)
    session.flush()
    events.record("case.opened", by=by, at=at, subject=("case", case.id), site_id=site_id)
    return case


def decide(
    case: Case,
    *,
    onset_on: date | None,
    sampled_on: date | None = None,
    vaccination: str | None,
    age: int | None,
    immunodepressed: bool | None = None,
    zone: ZoneInfo,
    reaching: frozenset[str] = frozenset(),
    by: int | None,
    at: datetime,
) -> tuple[Window | None, Isolation]:
    """Compute the contagious window and the isolation, and store them with the rules that decided.

    These are today's rules, or those of the day on which the person was told: a rule that changes later moves no day that
    was said, but for the rules that also change isolations under way (`reaching`). `sampled_on` is the day of sampling where
    it is not the laboratory's.
    """
    today = clock.local_day(at, zone)
    pack, _on = rules_of(case, on=today)
    case.sampled_on = sampled_on
    sampled = rules.sampling_day(case.first_sampled_at, sampled_on, zone)
    # up to that day: whoever was told to isolate meets nobody since
    window = contagious_window(pack, onset=onset_on, sampled=sampled, on=case.first_told_on or today)
    before = (case.window_start, case.isolation_end, case.isolation_rule, case.isolation_last_day)
    case.onset_on, case.vaccination = onset_on, vaccination
    case.immunodepressed, case.variant = immunodepressed, queries.variant_of(case)
    decided = isolation_now(case, sampled=sampled, age=age, on=today)
    is_under_way = case.isolation_last_day is not None and case.isolation_last_day >= today
    if reaching and case.first_told_on is not None and is_under_way:
        anew = isolation_now(case, sampled=sampled, age=age, on=today, anew=True)
        if anew.rule is not None and anew.rule.rule_id in reaching:
            decided, case.ruled_on = anew, today
    case.window_start, case.window_end = (window.start, window.end) if window else (None, None)
    case.isolation_measure = decided.measure.value
    case.isolation_start, case.isolation_end = decided.start, decided.end
    case.isolation_last_day = decided.last_day_in
    case.isolation_rule = str(decided.rule) if decided.rule else None
    session.flush()
    if (case.window_start, case.isolation_end, case.isolation_rule, case.isolation_last_day) != before:
        events.record(
            "case.dated",
            by=by,
            at=at,
            subject=("case", case.id),
            site_id=case.site_id,
            rule=case.isolation_rule,
        )
    return window, decided


def rules_of(case: Case, *, on: date, anew: bool = False) -> tuple[Pack, date]:
    """Return the rules that decide a case, and the day: today's, or those by which the person was told.

    `anew`: today's all the same.
    """
    if anew or case.first_told_on is None:
        return get_pack(case.programme), on
    return get_pack(case.programme, told=case.isolation_rule), case.ruled_on or case.first_told_on


def isolation_now(case: Case, *, sampled: date, age: int | None, on: date, anew: bool = False) -> Isolation:
    """Return what the rules ask of a case, from the stored answers; writes nothing.

    They are those in force on `on`, or on the day on which the person was told: what was said does not move by itself,
    but for a rule that also changes isolations under way (`anew`). What a doctor decided applies instead.
    """
    pack, ruled_on = rules_of(case, on=on, anew=anew)
    decided = isolation(
        pack,
        onset=case.onset_on,
        sampled=sampled,
        vaccination=Vaccination.answered(case.vaccination),
        age=age,
        on=ruled_on,
        immunodepressed=case.immunodepressed,
        facts={"variant": case.variant},
    )
    return as_ruled(decided, case.measure_ruling)


def withdraw(case: Case, *, by: int | None, at: datetime) -> None:
    """Put a case on the list of withdrawn results, for a supervisor, closed or not; nothing is deleted."""
    if case.status is not CaseStatus.WITHDRAWN and case.outcome is not CaseOutcome.NOT_A_CASE:
        case.outcome_before, case.closed_before_at = case.outcome, case.closed_at
        case.status, case.outcome, case.closed_at = CaseStatus.WITHDRAWN, None, None
        session.flush()
    events.record("case.result_withdrawn", by=by, at=at, subject=("case", case.id), site_id=case.site_id)


def keep(case: Case, *, by: int, at: datetime) -> None:
    """Keep a case although a result was withdrawn: it is open again, or closed as it had been."""
    _return_to_before(case)
    events.record("case.kept", by=by, at=at, subject=("case", case.id), site_id=case.site_id)


def reinstate(case: Case, *, by: int | None, at: datetime) -> None:
    """Let a case stand whose withdrawn result the laboratory sent again: as it was, unless it ended otherwise."""
    if case.status is CaseStatus.WITHDRAWN or case.outcome is CaseOutcome.NOT_A_CASE:
        _return_to_before(case)
    events.record("case.result_reinstated", by=by, at=at, subject=("case", case.id), site_id=case.site_id)


def _return_to_before(case: Case) -> None:
    """Open a case again, or close it as it had been before its result was withdrawn."""
    case.status = CaseStatus.CLOSED if case.outcome_before else CaseStatus.OPEN
    case.outcome, case.closed_at = case.outcome_before, case.closed_before_at
    case.outcome_before = case.closed_before_at = None
    session.flush()


def close(case: Case, outcome: CaseOutcome, *, by: int | None, at: datetime) -> None:
    """Close a case; does nothing if it is closed already."""
    if case.status is CaseStatus.CLOSED:
        return
    case.status, case.outcome, case.closed_at = CaseStatus.CLOSED, outcome, at
    session.flush()
    events.record(
        "case.closed", by=by, at=at, subject=("case", case.id), site_id=case.site_id, outcome=outcome.value
    )


def close_as_none(case: Case, *, by: int | None, at: datetime) -> None:
    """Close a case that turned out to be none, closed already or not; how it had been closed is kept."""
    if case.status is CaseStatus.CLOSED:
        case.outcome_before, case.closed_before_at = case.outcome, case.closed_at
        case.status = CaseStatus.OPEN
    close(case, CaseOutcome.NOT_A_CASE, by=by, at=at)


def reopen(case: Case, *, status: CaseStatus = CaseStatus.OPEN, by: int | None, at: datetime) -> None:
    """Undo the closing of a case: it becomes open again, or withdrawn again."""
    case.status, case.outcome, case.closed_at = status, None, None
    session.flush()
    events.record("case.reopened", by=by, at=at, subject=("case", case.id), site_id=case.site_id)


def note_contrary_results(case: Case, *, up_to: int, by: int, at: datetime) -> None:
    """Record that a medical adviser took note of the results that contradict a case; a second time does nothing.

    `up_to` is the last one that they were shown: a result that came meanwhile is still to be noted.

    The event is about the result: noting it does not keep the case when its lot is undone.
    """
    found = session.scalars(
        select(ContraryResult)
        .where(
            ContraryResult.case_id == case.id, ContraryResult.id <= up_to, ContraryResult.noted_at.is_(None)
        )
        .order_by(ContraryResult.id)
        .with_for_update()
    ).all()
    for one in found:
        one.noted_by, one.noted_at = by, at
        session.flush()
        events.record(
            "case.contrary_result_noted",
            by=by,
            at=at,
            subject=("contrary_result", one.id),
            site_id=case.site_id,
            case=case.id,
        )
