"""A version of the rules is approved by two, takes effect at its moment, and can be withdrawn before."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.test_contact_call import MARIE
from tests.support.statements import statements_sent
from tests.support.story import case
from tracing.consequences import services as consequences
from tracing.kernel import memory_stamps
from tracing.kernel.db import session as database
from tracing.programmes import in_force, loader
from tracing.programmes.in_force import get_pack
from tracing.programmes.publishing import errors, queries, rules, services
from tracing.programmes.publishing.models import RuleVersion, VersionOrigin, VersionState
from tracing.programmes.publishing.review_services import Approver
from tracing.queue import services as queue_services
from tracing.queue.models import TaskKind, TaskState

PARIS = ZoneInfo("Europe/Paris")
PROGRAMME = "exercise-2022"
TOMORROW = NOW + timedelta(days=1)
WHY = "L’isolement passe de 10 à 5 jours. Il s’applique à partir de demain."


@pytest.fixture(autouse=True)
def seeded(story):
    services.seed(at=NOW)
    queries.follow_now(NOW)


def five_days(row_id="P0-4b", **more):
    shorter = {"days": 5, "early_exit": None, "text": "Isolement de 5 jours pleins.", **more}
    listed = rules.rows_on(queries.last_pack(PROGRAMME).isolations, NOW.date())
    return [
        {key: value for key, value in (row | shorter).items() if value is not None}
        if row["id"] == row_id
        else row
        for row in listed
    ]


def drafted(story, *, rows=None, effective_at=TOMORROW, at=NOW):
    draft = services.begin(PROGRAMME, "isolations", zone=PARIS, by=story.rose.id, at=at)
    return services.change(
        draft.id,
        revision=draft.revision,
        rows=five_days() if rows is None else rows,
        why=WHY,
        effective_at=effective_at,
        by=story.rose.id,
        at=at,
    )


def approved(story, *, at=NOW, **how):
    draft = drafted(story, at=at, **how)
    services.propose(draft.id, revision=draft.revision, zone=PARIS, by=story.rose.id, at=at)
    for role, who in ((Approver.REFERENT, story.rose), (Approver.ADVISER, story.ben)):
        services.approve(draft.id, role, revision=draft.revision, zone=PARIS, by=who.id, at=at)
    return draft


def days_of(row_id, pack):
    row = pack.find_rule(row_id)
    return row and row.days


def test_the_files_of_the_release_seed_the_database_once(story):
    services.seed(at=NOW)

    seeds = database.scalars(select(RuleVersion).where(RuleVersion.programme == PROGRAMME)).all()
    assert {one.origin for one in seeds} == {VersionOrigin.SEED}
    assert len(seeds) == len(list(loader.get_pack(PROGRAMME).tables()))
    assert get_pack(PROGRAMME) == loader.get_pack(PROGRAMME)


def test_what_a_later_release_says_otherwise_waits_as_a_draft(story):
    row = next(one for one in queries.versions_of(PROGRAMME)["isolations"])
    row.fingerprint = "of an older release"
    row.content = row.content | {"rules": [one | {"days": 12} for one in row.content["rules"]]}
    database.flush()

    services.seed(at=NOW)
    services.seed(at=NOW)

    newest, _seed = queries.versions_of(PROGRAMME)["isolations"]
    assert (newest.state, newest.origin) == (VersionState.DRAFT, VersionOrigin.RELEASE)
    assert [one["id"] for one in newest.rows] == ["P0-4a", "P0-4b"]
    memory_stamps.renew(queries.STAMP)
    queries.follow_now(NOW)
    assert [one.days for one in get_pack(PROGRAMME).isolations] == [12, 12]


def test_it_takes_effect_at_its_moment_on_every_host(story):
    version = approved(story)

    queries.follow_now(TOMORROW - timedelta(seconds=1))
    assert get_pack(PROGRAMME).version == loader.get_pack(PROGRAMME).version

    queries.follow_now(TOMORROW)
    assert version.number == 1
    assert get_pack(PROGRAMME).version.endswith(".1")
    assert days_of("P0-4b.v2", get_pack(PROGRAMME)) == 5


def test_one_approval_is_not_enough_and_nobody_gives_both(story):
    draft = drafted(story)
    with pytest.raises(errors.NotProposed):
        services.approve(draft.id, Approver.ADVISER, revision=2, zone=PARIS, by=story.ben.id, at=NOW)
    services.propose(draft.id, revision=2, zone=PARIS, by=story.rose.id, at=NOW)
    services.approve(draft.id, Approver.REFERENT, revision=2, zone=PARIS, by=story.rose.id, at=NOW)

    with pytest.raises(errors.NeedsAnother):
        services.approve(draft.id, Approver.ADVISER, revision=2, zone=PARIS, by=story.rose.id, at=NOW)

    assert draft.state is VersionState.PROPOSED
    queries.follow_now(TOMORROW)
    assert days_of("P0-4b.v2", get_pack(PROGRAMME)) is None


def test_what_is_changed_after_it_was_proposed_must_be_approved_again(story):
    draft = drafted(story)
    services.propose(draft.id, revision=2, zone=PARIS, by=story.rose.id, at=NOW)
    services.approve(draft.id, Approver.ADVISER, revision=2, zone=PARIS, by=story.ben.id, at=NOW)

    services.change(draft.id, revision=2, rows=five_days("P0-4a"), by=story.rose.id, at=NOW)

    assert (draft.state, draft.adviser_id) == (VersionState.DRAFT, None)
    with pytest.raises(errors.NotProposed):
        services.approve(draft.id, Approver.REFERENT, revision=2, zone=PARIS, by=story.rose.id, at=NOW)


def test_two_who_write_at_once_overwrite_nothing(story):
    draft = drafted(story)

    with pytest.raises(errors.ChangedMeanwhile):
        services.change(draft.id, revision=1, rows=[], by=story.ben.id, at=NOW)

    assert draft.rows == five_days()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"rows": []}, errors.HasProblems),
        ({"effective_at": NOW + timedelta(minutes=1)}, errors.NoMoment),
        ({"rows": None}, errors.NothingChanges),
    ],
)
def test_what_is_not_ready_is_not_proposed(story, change, refusal):
    if change.get("rows", ()) is None:
        change = {"rows": rules.rows_on(queries.last_pack(PROGRAMME).isolations, NOW.date())}
    draft = drafted(story, **change)

    with pytest.raises(refusal):
        services.propose(
            draft.id, revision=draft.revision, zone=PARIS, by=story.rose.id, at=NOW + timedelta(minutes=2)
        )


def test_it_is_withdrawn_before_it_takes_effect_and_not_after(story):
    version = approved(story)

    services.withdraw(version.id, by=story.ben.id, at=TOMORROW - timedelta(seconds=1))

    queries.follow_now(TOMORROW)
    assert get_pack(PROGRAMME).version == loader.get_pack(PROGRAMME).version
    second = approved(story)
    with pytest.raises(errors.InForce):
        services.withdraw(second.id, by=story.ben.id, at=TOMORROW)
    assert second.number == 2


def test_a_version_on_which_another_was_built_stays_until_that_one_is_withdrawn(story):
    first = approved(story)
    second = approved(story, rows=five_days("P0-4a"), effective_at=TOMORROW + timedelta(days=1))

    with pytest.raises(errors.OthersFollow):
        services.withdraw(first.id, by=story.rose.id, at=NOW)

    services.withdraw(second.id, by=story.rose.id, at=NOW)
    services.withdraw(first.id, by=story.rose.id, at=NOW)
    with pytest.raises(errors.NotOpen):
        services.change(first.id, revision=first.revision, rows=[], by=story.rose.id, at=NOW)


def test_versions_take_effect_in_the_order_of_their_approval(story):
    approved(story)

    with pytest.raises(errors.NoMoment):
        approved(story, rows=five_days("P0-4a"))


@pytest.mark.parametrize("year", [1, 2025, 2028])
def test_a_moment_that_is_past_or_too_far_is_refused_as_it_is_typed(story, year):
    with pytest.raises(errors.NoMoment):
        drafted(story, effective_at=NOW.replace(year=year))


def test_a_draft_begins_from_a_version_that_waits_and_undoes_nothing_of_it(story):
    approved(story)

    draft = services.begin(PROGRAMME, "isolations", zone=PARIS, by=story.rose.id, at=NOW)

    assert {row["id"]: row["days"] for row in draft.rows} == {"P0-4a": 7, "P0-4b.v2": 5}
    longer = [row | {"days": 8} if row["id"] == "P0-4a" else row for row in draft.rows]
    later = TOMORROW + timedelta(hours=1)
    services.change(draft.id, revision=1, rows=longer, why=WHY, effective_at=later, by=story.rose.id, at=NOW)
    services.propose(draft.id, revision=2, zone=PARIS, by=story.rose.id, at=NOW)
    for role, who in ((Approver.REFERENT, story.rose), (Approver.ADVISER, story.ben)):
        services.approve(draft.id, role, revision=2, zone=PARIS, by=who.id, at=NOW)
    queries.follow_now(later)
    held = [row for row in get_pack(PROGRAMME).isolations if row.in_force(later.date())]
    assert [(row.id, row.days) for row in held] == [("P0-4a.v2", 8), ("P0-4b.v2", 5)]


def test_a_draft_is_compared_again_when_other_rules_were_approved_or_withdrawn_since(story):
    waits = approved(story)
    draft = drafted(
        story,
        rows=[row | {"days": 8} for row in five_days("P0-4a", days=5)],
        effective_at=TOMORROW + timedelta(days=1),
    )
    services.propose(draft.id, revision=2, zone=PARIS, by=story.rose.id, at=NOW)
    services.approve(draft.id, Approver.REFERENT, revision=2, zone=PARIS, by=story.rose.id, at=NOW)

    services.withdraw(waits.id, by=story.rose.id, at=NOW)

    with pytest.raises(errors.OthersApproved):
        services.approve(draft.id, Approver.ADVISER, revision=2, zone=PARIS, by=story.ben.id, at=NOW)
    services.compared(draft.id, revision=2, by=story.rose.id, at=NOW)
    assert (draft.state, draft.referent_id, draft.revision) == (VersionState.DRAFT, None, 3)
    services.propose(draft.id, revision=3, zone=PARIS, by=story.rose.id, at=NOW)


def test_a_second_person_of_the_same_profession_does_not_replace_the_first(story):
    draft = drafted(story)
    services.propose(draft.id, revision=2, zone=PARIS, by=story.rose.id, at=NOW)
    for _click in range(2):
        services.approve(draft.id, Approver.REFERENT, revision=2, zone=PARIS, by=story.rose.id, at=NOW)

    with pytest.raises(errors.AlreadyApproved):
        services.approve(draft.id, Approver.REFERENT, revision=2, zone=PARIS, by=story.ada.id, at=NOW)

    assert draft.referent_id == story.rose.id


def test_an_earlier_version_is_taken_up_only_for_its_own_table(story):
    [seed] = queries.versions_of(PROGRAMME)["windows"]
    given_up = drafted(story)
    services.withdraw(given_up.id, by=story.rose.id, at=NOW)

    for other in (seed.id, given_up.id):
        with pytest.raises(errors.CannotBeginFrom):
            services.begin(PROGRAMME, "isolations", like=other, zone=PARIS, by=story.rose.id, at=NOW)
    assert queries.open_draft(PROGRAMME, "isolations") is None


def test_hosts_of_two_releases_that_start_in_turns_bring_one_draft(story):
    def older(version, days):
        """Let the database have begun with another release."""
        row.pack_version, row.fingerprint = version, f"of {version}"
        row.content = row.content | {"rules": [one | {"days": days} for one in row.content["rules"]]}
        database.flush()

    [row] = queries.versions_of(PROGRAMME)["isolations"]
    older("2021.9", 12)
    for _turn in range(2):
        services.seed(at=NOW)
        old = [("2021.9", "of 2021.9"), *queries.brought_by_releases(PROGRAMME)["isolations"]]
        assert not services.is_news("2021.9", "of 2021.9", old)
        assert not services.is_news("2021.8", "of something else", old)

    assert len(queries.versions_of(PROGRAMME)["isolations"]) == 2
    assert services.is_news("2021.10", "of something else", [("2021.9", "of 2021.9")])
    assert rules.version_key("2026.10") > rules.version_key("2026.9")


def first_decided(story, at):
    of = case(story.nantes, MARIE, at=at)
    task = queue_services.enqueue(
        kind=TaskKind.CASE_FIRST,
        person_id=of.person_id,
        phones=("+33639980001",),
        site_id=of.site_id,
        case_id=of.id,
        due_at=at + timedelta(days=1),
        at=at,
    )
    consequences.follow_case(of.id, by=None, at=at)
    return of, task


def test_who_was_told_keeps_the_rules_of_that_moment_and_who_was_not_has_the_new_ones(story):
    in_the_morning, at_eight = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    approved(story, at=in_the_morning - timedelta(minutes=1), effective_at=at_eight)
    queries.follow_now(in_the_morning)
    told, task = first_decided(story, in_the_morning)
    queue_services.close_task(task, TaskState.DONE, by=None, at=in_the_morning)
    consequences.remember_told(task, at=in_the_morning)
    waiting, _task = first_decided(story, in_the_morning)
    before = told.isolation_last_day

    queries.follow_now(NOW)
    consequences.follow_case(told.id, by=None, at=NOW)
    consequences.follow_case(waiting.id, by=None, at=NOW)

    assert told.isolation_last_day == before
    assert told.isolation_rule.endswith("/P0-4b")
    assert waiting.isolation_rule.endswith(".1/P0-4b.v2")
    assert waiting.isolation_last_day == before - timedelta(days=5)
    assert date(2026, 3, 10) == told.first_told_on


def test_an_old_reference_still_names_its_rule(story):
    approved(story)
    queries.follow_now(TOMORROW)

    told = f"{PROGRAMME}@{loader.get_pack(PROGRAMME).version}/P0-4b"

    assert get_pack(PROGRAMME, told=told).find_rule("P0-4b").in_force_to is None
    assert get_pack(PROGRAMME).find_rule("P0-4b").days == 10


def test_a_process_reads_the_versions_again_only_when_they_changed(story):
    approved(story)
    queries.follow_now(NOW)
    with statements_sent(database()) as sent:
        queries.follow_now(TOMORROW)

    assert len(sent) == 1
    assert in_force.get_pack(PROGRAMME).version.endswith(".1")
