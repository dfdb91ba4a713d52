"""Two at the same rules at the same moment: one draft, and no case lost that a call holds."""

import threading
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tests.programmes.test_publishing import PROGRAMME
from tests.support.live import Live, at_once, committed
from tests.support.story import identity, waiting_case
from tracing.cases.models import Case
from tracing.consequences import services as consequences
from tracing.kernel import clock, db
from tracing.kernel.db import lock_row, session, transaction
from tracing.programmes.publishing import run_services, services
from tracing.programmes.publishing.models import RuleRun, RuleVersion, RunKind, VersionOrigin
from tracing.scripts.models import ScriptVersion
from tracing.scripts.publishing import services as scripts
from tracing.scripts.vocabulary import ScriptKind
from tracing.studio import jobs

PARIS = ZoneInfo("Europe/Paris")


def test_two_who_begin_at_once_get_the_one_draft(live_database: Live):
    by = live_database.story.rose.id
    committed(lambda at: services.seed(at=at))

    def begin():
        return committed(lambda at: services.begin(PROGRAMME, "isolations", zone=PARIS, by=by, at=at).id)

    assert len(set(at_once([begin] * 4))) == 1
    assert session.scalar(select(func.count()).where(RuleVersion.origin == VersionOrigin.PAGE)) == 1


def test_three_hosts_that_start_at_once_bring_the_scripts_once_and_two_who_begin_get_the_one_draft(
    live_database: Live,
):
    by = live_database.story.rose.id
    at_once([lambda: committed(lambda at: scripts.seed(at=at))] * 3)

    begun = at_once(
        [lambda: committed(lambda at: scripts.begin(ScriptKind.P0, by=by, at=at).id)] * 3,
    )

    assert len(set(begun)) == 1
    versions = session.scalars(select(ScriptVersion.version).where(ScriptVersion.kind == "p0")).all()
    assert len(versions) == len(set(versions)) > 1


def test_a_case_that_somebody_holds_is_gone_through_later_and_none_is_lost(live_database: Live):
    story = live_database.story
    committed(lambda at: services.seed(at=at))
    with transaction():
        at = clock.now()
        found = [
            waiting_case(story.nantes, identity(f"P{n}", phones=(f"+3363998{n:04d}",)), at=at).case_id
            for n in range(3)
        ]
        for one in found:
            consequences.follow_case(one, by=None, at=at)
        draft = services.begin(PROGRAMME, "isolations", zone=PARIS, by=story.rose.id, at=at)
        rows = [row | {"days": 5, "early_exit": None} for row in draft.rows]
        rows = [{key: value for key, value in row.items() if value is not None} for row in rows]
        services.change(draft.id, revision=1, rows=rows, by=story.rose.id, at=at)
        run_id = run_services.ask_preview(draft.id, by=story.rose.id, at=at).id
    held, let_go = threading.Event(), threading.Event()

    def call():
        with transaction():
            lock_row(Case, found[0])
            held.set()
            let_go.wait(timeout=60)
        db.session.remove()

    caller = threading.Thread(target=call)
    caller.start()
    held.wait(timeout=60)
    assert jobs.work_on_runs(PARIS) == 2
    run = session.get_one(RuleRun, run_id, populate_existing=True)
    assert (run.done, run.postponed, run.failed, run.finished_at) == (2, [found[0]], 0, None)
    session.rollback()
    let_go.set()
    caller.join(timeout=60)

    assert jobs.work_on_runs(PARIS) == 1
    run = session.get_one(RuleRun, run_id, populate_existing=True)
    assert (run.kind, run.done, run.postponed, run.ends_moved) == (RunKind.PREVIEW, 3, [], 3)
    assert run.finished_at is not None
