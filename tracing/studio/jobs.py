"""Go through today's cases under a version of the rules, one transaction a case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError

from tracing.consequences import rule_changes
from tracing.consequences.rule_changes import Effect
from tracing.kernel import clock
from tracing.kernel.db import session, transaction
from tracing.programmes import loader
from tracing.programmes.publishing import queries, rules, run_services
from tracing.programmes.publishing.models import RuleRun, RuleVersion, RunKind
from tracing.programmes.schema import Pack

log = structlog.get_logger()


def work_on_runs(zone: ZoneInfo, is_closing: Callable[[], bool] = lambda: False) -> int:
    """Go on with the runs that are due until none is; returns how many cases were gone through."""
    done, prepared = 0, _Prepared()
    while not is_closing():
        with transaction():
            at = clock.database_now()
            queries.follow_now(at)
            if not _next_case(prepared, zone, at=at):
                return done
        done += 1
    return done


@dataclass
class _Prepared:
    """The rules of the run that was worked on last: to compose them takes longer than to decide a case."""

    run: tuple[int, int] | None = None
    pack: Pack | None = None
    reaching: frozenset[str] = frozenset()

    def for_run(self, run: RuleRun, version: RuleVersion, zone: ZoneInfo, *, at: datetime) -> None:
        """Prepare the rules of a run, if they are not those prepared already."""
        if self.run == (run.id, run.revision):
            return
        if run.kind is RunKind.EFFECT:
            self.pack, self.reaching = None, reaching_of(version)
        else:
            self.pack, self.reaching = supposed(version, zone, at=at)
        self.run = (run.id, run.revision)


def _next_case(prepared: _Prepared, zone: ZoneInfo, *, at: datetime) -> bool:
    """Go through one more case, or finish a run; returns whether there may be more to do."""
    taken = run_services.take(at=at)
    if taken is None:
        return False
    run, version = taken
    since = clock.local_day(at, zone) - rule_changes.REACH
    if run.total is None:
        run.total = rule_changes.count_cases(version.programme, since=since)
    found = rule_changes.next_cases(version.programme, after=run.last_case, since=since, most=1)
    if not found:
        run_services.finish(run, version, at=at)
        return True
    try:
        with session.begin_nested():
            prepared.for_run(run, version, zone, at=at)
            effect = _effect(prepared, found[0], number=version.number or 0, at=at)
    except Exception:
        # one case that cannot be decided keeps no other from it
        log.exception("case not decided by other rules", case=found[0])
        run.failed += 1
    else:
        _add(run, effect)
    run.last_case, run.done = found[0], run.done + 1
    run.total = max(run.total, run.done)
    session.flush()
    return True


def _effect(prepared: _Prepared, case_id: int, *, number: int, at: datetime) -> Effect:
    if prepared.pack is None:
        return rule_changes.carry_out(case_id, prepared.reaching, number=number, at=at)
    return rule_changes.try_out(case_id, prepared.pack, prepared.reaching, at=at)


def _add(run: RuleRun, effect: Effect) -> None:
    run.ends_moved += effect.ends_moved
    run.calls_added += effect.calls_added
    run.calls_dropped += effect.calls_dropped
    run.notes_to_mend += effect.notes_to_mend


def reaching_of(version: RuleVersion) -> frozenset[str]:
    """Return the rules that an approved version brought and that also change measures under way."""
    known = queries.versions(loader.get_pack(version.programme))
    after = next(one.pack for one in known if one.number == version.number)
    before = next(one.pack for one in reversed(known) if one.number < (version.number or 0))
    return rules.reaching(before, after, version.table_name)


def supposed(version: RuleVersion, zone: ZoneInfo, *, at: datetime) -> tuple[Pack, frozenset[str]]:
    """Return the rules as if a draft took effect today, and those of it that also change measures under way."""
    before = queries.last_pack(version.programme)
    try:
        after = rules.compose(before, version.table_name, version.rows, clock.local_day(at, zone))
    except ValidationError:
        return before, frozenset()
    return after, rules.reaching(before, after, version.table_name)
