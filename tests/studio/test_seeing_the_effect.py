"""What a change of the rules would do to the cases of today, and what it does when it takes effect."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.studio.test_publishing_a_rule import (
    PROGRAMME,
    SOON,
    act,
    begin,
    change_row,
    filled,
    plan,
    version_at,
)
from tests.support.markup import read
from tests.support.story import case, identity
from tracing.cases.models import Case
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.kernel.db import session as database
from tracing.kernel.events import Event
from tracing.programmes.publishing import queries, services
from tracing.queue import services as queue_services
from tracing.queue.models import CallTask, TaskKind, TaskState
from tracing.queue.rules import CallAgain
from tracing.studio import jobs

PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def seeded(story):
    services.seed(at=NOW)
    queries.follow_now(NOW)


def waiting(story, number, *, at=NOW, told=False, decided=True):
    """A case whose isolation was decided, told or not yet; or which nobody has opened since it came."""
    phone = f"+3363998{number:04}"
    of = case(story.nantes, identity("Marie", f"Nombreuse{number}", phones=(phone,)), at=at)
    task = queue_services.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=of.person_id,
        phones=(phone,),
        site_id=of.site_id,
        case_id=of.id,
        due_at=at + DAY,
        at=at,
    )
    if decided:
        consequences.follow_case(of.id, by=None, at=at)
    if told:
        queue_services.close_task(task, TaskState.DONE, by=None, at=at)
        consequences.remember_told(task, at=at)
    return of, task


def figures(visitor, draft):
    found = read(visitor.get(draft).text).select("#effect .figures > div")
    return {one.dt.get_text(strip=True): int(one.dd.get_text(strip=True)) for one in found}


def drafted(visitor, **typed):
    draft = begin(visitor)
    change_row(visitor, draft, **typed)
    plan(visitor, draft)
    return draft


def approved(rose, ben, draft):
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")


def test_the_preview_counts_whose_end_moves_and_writes_nothing(rose, story):
    not_told, _task = waiting(story, 1)
    told, task = waiting(story, 2, told=True)
    before = (not_told.isolation_last_day, told.isolation_last_day)
    draft = drafted(rose, applies_to_ongoing="y")

    rose.post(f"{draft}/preview", filled(rose.get(draft), f"{draft}/preview"))
    assert "commence dans un instant" in rose.fragment(f"{draft}/effect", method="get").text
    jobs.work_on_runs(PARIS)

    assert figures(rose, draft) == {
        "dossiers relus": 2,
        "fins déplacées": 2,
        "appels ajoutés": 1,
        "appels retirés": 0,
        "arrêts à reprendre": 0,
    }
    database.expire_all()
    assert (get_case(not_told.id).isolation_last_day, get_case(told.id).isolation_last_day) == before
    assert database.get_one(CallTask, task.id).again is None


def test_a_draft_that_changes_nothing_moves_no_end(rose, story):
    untouched, _task = waiting(story, 1, decided=False)
    waiting(story, 2, told=True)
    draft = begin(rose)
    plan(rose, draft)

    rose.post(f"{draft}/preview", filled(rose.get(draft), f"{draft}/preview"))
    jobs.work_on_runs(PARIS)

    assert (figures(rose, draft)["dossiers relus"], figures(rose, draft)["fins déplacées"]) == (2, 0)
    assert untouched.isolation_last_day is None


def test_an_end_that_nobody_has_opened_yet_moves_too(rose, story):
    waiting(story, 1, decided=False)
    draft = drafted(rose)

    rose.post(f"{draft}/preview", filled(rose.get(draft), f"{draft}/preview"))
    jobs.work_on_runs(PARIS)

    assert figures(rose, draft)["fins déplacées"] == 1


def test_a_preview_of_an_older_draft_says_so(rose, story):
    waiting(story, 1)
    draft = drafted(rose)
    rose.post(f"{draft}/preview", filled(rose.get(draft), f"{draft}/preview"))
    jobs.work_on_runs(PARIS)

    change_row(rose, draft, decides_days="6", text="Isolement de 6 jours pleins, sans sortie anticipée.")

    assert "avant votre dernière modification" in rose.get(draft).text


def test_a_rule_for_measures_under_way_moves_them_once_it_takes_effect(rose, ben, story, clock):
    told, task = waiting(story, 2, told=True)
    over, over_task = waiting(story, 3, at=NOW - 20 * DAY, told=True)
    first, last_over = told.isolation_last_day, over.isolation_last_day
    draft = drafted(rose, applies_to_ongoing="y")
    approved(rose, ben, draft)
    jobs.work_on_runs(PARIS)
    assert get_case(told.id).isolation_last_day == first

    clock.move_to(SOON)
    jobs.work_on_runs(PARIS)

    moved = get_case(told.id)
    assert moved.isolation_last_day == first - 5 * DAY
    assert (moved.first_told_on, moved.ruled_on) == (date(2026, 3, 10), date(2026, 3, 10))
    assert database.get_one(CallTask, task.id, populate_existing=True).again is CallAgain.DATES
    assert moved.isolation_rule.endswith(".1/P0-4b.v2")
    noted = database.scalars(select(Event.subject_id).where(Event.kind == "case.ruled_again")).all()
    assert noted == [told.id]
    assert get_case(over.id).isolation_last_day == last_over
    assert database.get_one(CallTask, over_task.id, populate_existing=True).again is None
    assert figures(ben, draft)["fins déplacées"] == 1
    # and it stays so, whatever is learnt later
    consequences.follow_case(told.id, by=None, at=SOON + DAY)
    assert get_case(told.id).isolation_last_day == first - 5 * DAY


def test_a_rule_for_new_measures_only_leaves_those_under_way(rose, ben, story, clock):
    told, task = waiting(story, 2, told=True)
    begun, _task = waiting(story, 3)
    before = (told.isolation_last_day, begun.isolation_last_day)
    draft = drafted(rose, applies_to_ongoing="")
    sent = filled(rose.get(f"{draft}/row?row=P0-4b"), f"{draft}/row?row=P0-4b")
    sent.pop("applies_to_ongoing", None)
    rose.post(f"{draft}/row?row=P0-4b", sent)
    approved(rose, ben, draft)

    clock.move_to(SOON)
    jobs.work_on_runs(PARIS)

    assert (get_case(told.id).isolation_last_day, get_case(begun.id).isolation_last_day) == before
    assert database.get_one(CallTask, task.id, populate_existing=True).again is None


def test_what_is_withdrawn_moves_nobody(rose, ben, story, clock):
    told, _task = waiting(story, 2, told=True)
    before = told.isolation_last_day
    draft = drafted(rose, applies_to_ongoing="y")
    approved(rose, ben, draft)
    act(ben, draft, "withdraw")

    clock.move_to(SOON)
    jobs.work_on_runs(PARIS)

    assert get_case(told.id).isolation_last_day == before
    assert version_at(draft).number == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_open_case_is_gone_through_and_taken_back_by_the_version_before(rose, ben, story, clock):
    # 300 of them move in a browser: tests/browser/test_the_day_after.py
    for number in range(80):
        waiting(story, number, told=number % 2 == 0)
    draft = drafted(rose, applies_to_ongoing="y")
    rose.post(f"{draft}/preview", filled(rose.get(draft), f"{draft}/preview"))
    jobs.work_on_runs(PARIS)
    foreseen = figures(rose, draft)
    approved(rose, ben, draft)
    clock.move_to(SOON)
    jobs.work_on_runs(PARIS)

    assert foreseen == figures(ben, draft)
    assert foreseen["dossiers relus"] == foreseen["fins déplacées"] == 80
    assert foreseen["appels ajoutés"] == 40
    rung = select(func.count()).where(CallTask.again == CallAgain.DATES)
    assert database.scalar(rung) == 40

    seed = next(one for one in queries.versions_of(PROGRAMME)["isolations"] if one.number is None)
    address = f"/rules/versions/{seed.id}"
    sent = filled(rose.get(address), "/rules/versions/new")
    back = rose.post("/rules/versions/new", sent).headers["Location"]
    plan(rose, back, at="10:08")
    approved(rose, ben, back)
    clock.move_to(SOON + timedelta(minutes=3))
    jobs.work_on_runs(PARIS)

    # whoever was not called meanwhile has the dates again that they were told, and nobody rings
    assert database.scalar(rung) == 0
    ends = database.scalars(select(Case.isolation_last_day).where(Case.programme == PROGRAMME)).all()
    assert len(set(ends)) == 1
