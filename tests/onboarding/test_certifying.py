"""A referent reviews practice calls and lets a recruit take real ones."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from tests.conftest import NOW
from tests.onboarding.conftest import practise
from tests.support.story import agent, identity, member, waiting_case
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.onboarding import queries, services
from tracing.onboarding.errors import NoSuchRecruit, NotReady
from tracing.staff import queries as staff
from tracing.staff.models import Role, Site


def test_the_referent_sees_what_was_said_answered_and_named_and_how_long_it_took(
    browse, story, nora, session
):
    held = practise(nora, story.school, names_a_contact=True)
    rose = browse.as_(story.rose, site=story.nantes)

    listed = rose.get(f"/recruits/{nora.id}").text
    call = rose.get(f"/recruits/{nora.id}/calls/{held.call_id}").text

    assert "Appel complet" in listed
    assert "9 min" in listed
    assert "1 / 6" in listed
    assert "dimanche 8 mars 2026" in call
    assert "45 s" in call
    assert call.count("manquant") == 5
    assert "10:00" in call
    assert "FICTIF Zoé" in call
    assert "INVENTÉ Luc" in call
    seen = session.execute(
        text("SELECT viewer_id, jsonb_array_length(people) FROM sightings WHERE why = 'practice'")
    )
    assert [tuple(row) for row in seen] == [(story.rose.id, 2)]


def test_only_calls_of_the_school_are_reviewed_here(browse, story, nora):
    practise(nora, story.school)
    services.certify(nora.id, by=agent(story.rose, story.nantes), at=NOW)
    real = practise(staff.get_member(nora.id), story.nantes, phone="+33639980031")
    somebody_elses = practise(story.theo, story.school, phone="+33639980032")
    rose = browse.as_(story.rose, site=story.nantes)
    nora_id = nora.id

    rose.get(f"/recruits/{nora_id}/calls/{real.call_id}", status=404)
    rose.get(f"/recruits/{nora_id}/calls/{somebody_elses.call_id}", status=404)
    rose.get(f"/recruits/{nora_id}/calls/999999", status=404)
    assert f"/calls/{real.call_id}" not in rose.get(f"/recruits/{nora_id}").text


def test_who_is_not_referent_of_the_school_reviews_nothing_and_certifies_nobody(browse, story, nora):
    held = practise(nora, story.school)
    only_nantes = member("rita", "Rita", (Role.REFERENT, story.nantes), at=NOW)
    visitor, by, nora_id = browse.as_(only_nantes), agent(only_nantes), nora.id

    page = visitor.get(f"/recruits/{nora_id}").text

    assert "FICTIF" not in page
    assert "non affichés" in page
    visitor.get(f"/recruits/{nora_id}/calls/{held.call_id}", status=404)
    visitor.post(f"/recruits/{nora_id}/certify", status=404)
    with pytest.raises(NoSuchRecruit):
        services.certify(nora_id, by=by, at=NOW)


def test_a_recruit_of_another_site_is_not_there(browse, story, nora):
    elsewhere = member("remi", "Rémi", (Role.REFERENT, story.ajaccio), (Role.REFERENT, story.school), at=NOW)
    held, nora_id = practise(nora, story.school), nora.id
    at_home, at_school = browse.as_(elsewhere, site=story.ajaccio), browse.as_(elsewhere, site=story.school)

    for visitor in (at_home, at_school):
        assert "Nora" not in visitor.get("/recruits").text
        visitor.get(f"/recruits/{nora_id}", status=404)
        visitor.get(f"/recruits/{nora_id}/calls/{held.call_id}", status=404)
        visitor.post(f"/recruits/{nora_id}/certify", status=404)


@pytest.mark.parametrize(
    "outcome", [None, CallOutcome.CALLBACK, CallOutcome.NO_ANSWER, CallOutcome.GIVEN_BACK]
)
def test_nobody_is_certified_without_a_complete_call_to_a_patient_zero(browse, story, nora, outcome):
    if outcome:
        practise(nora, story.school, outcome=outcome)
    by, nora_id = agent(story.rose, story.nantes), nora.id
    rose = browse.as_(story.rose, site=story.nantes)

    page = rose.get(f"/recruits/{nora_id}").text
    refused = rose.post(f"/recruits/{nora_id}/certify", status=409)

    assert "Il manque un appel complet" in page
    assert f"/recruits/{nora_id}/certify" not in page
    assert "Il manque un appel complet" in refused.text
    with pytest.raises(NotReady):
        services.certify(nora_id, by=by, at=NOW)


def test_after_a_complete_practice_call_a_recruit_takes_real_calls(browse, story, nora):
    practise(nora, story.school)
    rose = browse.as_(story.rose, site=story.nantes)
    nantes, school, nora_id = story.nantes.id, story.school.id, nora.id
    waiting_case(story.nantes, identity("Marie", phones=("+33639980041",)), at=NOW)

    page = rose.follow(f"/recruits/{nora_id}/certify")

    assert "Habilité" in page.text
    assert "1 appel complet" in page.text
    certified = staff.get_member(nora_id)
    assert {(held.site_id, held.role) for held in certified.roles} == {
        (nantes, Role.TRACER),
        (school, Role.TRACER),
    }
    assert calls.take_next(agent(certified, staff.get_site(nantes)), at=NOW) is not None


def test_certifying_twice_is_certifying_once(story, nora, session):
    practise(nora, story.school)
    rose = agent(story.rose, story.nantes)

    first = services.certify(nora.id, by=rose, at=NOW)
    again = services.certify(nora.id, by=rose, at=NOW)
    session.flush()

    assert first is again
    assert session.execute(text("SELECT count(*) FROM events WHERE kind = 'member.certified'")).scalar() == 1


def test_practice_is_counted_at_the_school_only(story, nora):
    practise(nora, story.school)
    practise(nora, story.school, outcome=CallOutcome.NO_ANSWER, phone="+33639980051")

    [recruit] = queries.list_recruits(agent(story.rose, story.nantes), at=NOW)

    assert recruit.practice == queries.Practice(calls=2, complete=1, complete_p0=1)


def test_a_recruit_whose_contract_ended_has_left(story, nora, clock):
    at = clock.move_to(datetime(2026, 7, 1, 9, tzinfo=UTC))

    [recruit] = queries.list_recruits(agent(story.rose, story.nantes), at=at)

    assert recruit.stage == "left"


@pytest.mark.parametrize(
    ("zone", "hour", "expected"),
    [
        # half past eleven at night in Paris, then half past midnight
        ("Europe/Paris", datetime(2026, 6, 30, 21, 30, tzinfo=UTC), "training"),
        ("Europe/Paris", datetime(2026, 6, 30, 22, 30, tzinfo=UTC), "left"),
        ("Indian/Reunion", datetime(2026, 6, 30, 20, 30, tzinfo=UTC), "left"),
        ("America/Guadeloupe", datetime(2026, 7, 1, 3, 30, tzinfo=UTC), "training"),
    ],
)
def test_a_recruit_has_left_once_the_last_day_is_over_where_they_work(
    story, nora, session, zone, hour, expected
):
    session.get_one(Site, story.school.id).time_zone = zone

    [recruit] = queries.list_recruits(agent(story.rose, story.nantes), at=hour)

    assert recruit.stage == expected
