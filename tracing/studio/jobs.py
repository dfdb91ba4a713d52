"""Go through today's cases under a version of the rules, one transaction a case."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tracing.consequences import rule_changes
from tracing.consequences.rule_changes import Effect
from tracing.kernel import clock
from tracing.kernel.db import is_contention, session, transaction
from tracing.programmes import loader
from tracing.programmes.publishing import queries, rules, run_services
from tracing.programmes.publishing.models import RuleRun, RuleVersion, RunKind
from tracing.programmes.schema import Pack

log = structlog.get_logger()


LOCK_WAIT = "500ms"
"""How long a case that somebody holds is waited for: an answer in a call is saved in less."""


def work_on_runs(zone: ZoneInfo, is_closing: Callable[[], bool] = lambda: False) -> int:
    """Go on with the runs that are due until none is; returns how many cases were gone through.

    A case that somebody holds is postponed to the end of its run; if it is still held then, the next time goes on with
    it. A run ends only when every case was gone through.
    """
    done, state = 0, _State()
    while not is_closing():
        with transaction():
            at = clock.database_now()
            queries.follow_now(at)
            step = _next_step(state, zone, at=at)
        if step is _Step.NOTHING_LEFT:
            return done
        done += step is _Step.CASE
    return done


class _Step(Enum):
    """What one transaction did."""

    CASE = auto()
    OTHER = auto()
    NOTHING_LEFT = auto()


@dataclass
class _State:
    """The rules of the run that was worked on last: to compose them takes longer than to decide a case."""

    run: tuple[int, int] | None = None
    pack: Pack | None = None
    former: Pack | None = None
    """The rules before those of the run."""
    reaching: frozenset[str] = frozenset()
    held: set[int] = field(default_factory=set)
    """The postponed cases of that run that were held again."""
    left: set[int] = field(default_factory=set)
    """The runs of which nothing but held cases is left: the next time."""

    def prepare(self, run: RuleRun, version: RuleVersion, zone: ZoneInfo, *, at: datetime) -> None:
        """Prepare the rules of a run, if they are not those prepared already."""
        if self.run == (run.id, run.revision):
            return
        if run.kind is RunKind.EFFECT:
            self.pack = None
            self.former, self.reaching = replaced_by(version)
        else:
            self.former = queries.last_pack(version.programme)
            self.pack, self.reaching = supposed(self.former, version, zone, at=at)
        self.run = (run.id, run.revision)


def _next_step(state: _State, zone: ZoneInfo, *, at: datetime) -> _Step:
    """Go through one more case, or finish a run."""
    taken = run_services.take(besides=state.left, at=at)
    if taken is None:
        return _Step.NOTHING_LEFT
    run, version = taken
    since = clock.local_day(at, zone) - rule_changes.REACH
    if run.total is None:
        run.total = rule_changes.count_cases(version.programme, since=since)
    found = rule_changes.next_cases(version.programme, after=run.last_case, since=since, most=1)
    again = [] if found else [one for one in run.postponed if one not in state.held]
    if not found and not again:
        if run.postponed:
            state.left.add(run.id)
        else:
            run_services.finish(run, version, at=at)
        return _Step.OTHER
    case_id = [*found, *again][0]
    if found:
        run.last_case = case_id
    is_done = _go_through(state, run, version, case_id, zone, at=at)
    rest = [one for one in run.postponed if one != case_id]
    run.postponed = rest if is_done else [*rest, case_id]
    if not is_done and again:
        state.held.add(case_id)
    run.done += is_done
    run.total = max(run.total, run.done)
    session.flush()
    return _Step.CASE if is_done else _Step.OTHER


def _go_through(
    state: _State, run: RuleRun, version: RuleVersion, case_id: int, zone: ZoneInfo, *, at: datetime
) -> bool:
    """Decide a case by the rules of a run; False: somebody holds it."""
    try:
        with session.begin_nested():
            session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": LOCK_WAIT})
            state.prepare(run, version, zone, at=at)
            effect = _effect(state, case_id, number=version.number or 0, at=at)
    except DBAPIError as error:
        if is_contention(error):
            return False
        if error.connection_invalidated:
            raise
        log.exception("case not decided by other rules", case=case_id)
        run.failed += 1
    except Exception:
        # one case that cannot be decided keeps no other from it
        log.exception("case not decided by other rules", case=case_id)
        run.failed += 1
    else:
        _add(run, effect)
    return True


def _effect(state: _State, case_id: int, *, number: int, at: datetime) -> Effect:
    if state.former is None:
        raise ValueError("the run was not prepared")
    if state.pack is None:
        return rule_changes.carry_out(case_id, state.reaching, former=state.former, number=number, at=at)
    return rule_changes.try_out(case_id, state.pack, state.reaching, former=state.former, at=at)


def _add(run: RuleRun, effect: Effect) -> None:
    run.ends_moved += effect.ends_moved
    run.calls_added += effect.calls_added
    run.calls_dropped += effect.calls_dropped
    run.notes_to_mend += effect.notes_to_mend


def replaced_by(version: RuleVersion) -> tuple[Pack, frozenset[str]]:
    """Return the rules before an approved version, and those it brought that also change measures under way."""
    known = queries.versions(loader.get_pack(version.programme))
    after = next(one.pack for one in known if one.number == version.number)
    before = next(one.pack for one in reversed(known) if one.number < (version.number or 0))
    return before, rules.reaching(before, after, version.table_name)


def supposed(
    before: Pack, version: RuleVersion, zone: ZoneInfo, *, at: datetime
) -> tuple[Pack, frozenset[str]]:
    """Return the rules as if a draft took effect today, and those of it that also change measures under way."""
    try:
        after = rules.compose(before, version.table_name, version.rows, clock.local_day(at, zone))
    except ValidationError:
        return before, frozenset()
    return after, rules.reaching(before, after, version.table_name)
