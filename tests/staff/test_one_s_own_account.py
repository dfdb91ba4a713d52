"""One's own account: sessions, password, and the site at which one works."""

from datetime import timedelta

from sqlalchemy import select

from tests.conftest import NOW
from tests.support.story import PASSWORD, agent, waiting_case
from tracing.calls import services as calls
from tracing.kernel.db import transaction
from tracing.staff import queries, services
from tracing.staff.models import Role, SessionEnd, StaffSession

NEW = "quatre mouettes et un phare"


def sessions_of(session, member):
    return session.scalars(
        select(StaffSession).where(StaffSession.member_id == member.id).order_by(StaffSession.id)
    ).all()


def test_somebody_sees_their_sessions_and_ends_the_one_left_at_home(browse, ada, session):
    home, here = browse.as_(ada), browse.as_(ada)
    left, _mine = sessions_of(session, ada)
    assert "Firefox, Linux" in here.get("/account").text

    here.post(f"/account/sessions/{left.id}/end")

    home.get("/account", status=303)
    here.get("/account")
    assert sessions_of(session, ada)[0].end_reason is SessionEnd.ENDED_ELSEWHERE


def test_nobody_ends_the_session_of_somebody_else_here(browse, ada, story, session):
    others = browse.as_(story.abel)
    theirs = sessions_of(session, story.abel)[0]

    browse.as_(ada).post(f"/account/sessions/{theirs.id}/end", status=404)

    others.get("/account")


def test_a_new_password_ends_the_other_sessions(browse, ada):
    home, here = browse.as_(ada), browse.as_(ada)

    here.post("/account/password", {"password": NEW, "again": NEW})

    home.get("/account", status=303)
    here.get("/account")
    stranger = browse.stranger()
    stranger.post("/login", {"login": "ada", "password": PASSWORD}, status=422)
    stranger.post("/login", {"login": "ada", "password": NEW})


def test_a_weak_or_mistyped_password_changes_nothing(browse, ada):
    here = browse.as_(ada)

    assert (
        "au moins 14"
        in here.post("/account/password", {"password": "court", "again": "court"}, status=422).text
    )
    differs = here.post("/account/password", {"password": NEW, "again": PASSWORD}, status=422)
    assert "Les deux mots de passe diffèrent." in differs.text
    browse.stranger().post("/login", {"login": "ada", "password": PASSWORD})


def test_somebody_of_two_sites_goes_from_one_to_the_other(browse, story):
    rose = browse.as_(story.rose)
    assert "Travailler sur ce site" in rose.get("/account").text

    rose.post(f"/work-at/{story.school.id}")

    assert "<strong>École</strong>" in rose.get("/account").text


def test_a_recruit_under_training_cannot_go_to_a_live_site(browse, story):
    theo = browse.as_(story.theo)

    theo.post(f"/work-at/{story.nantes.id}", status=403)

    page = theo.get("/account").text
    assert "<strong>École</strong>" in page
    assert "Nantes" not in page


def test_nobody_changes_site_in_the_middle_of_a_call(browse, story):
    with transaction():
        services.grant(story.ada, Role.TRACER, story.ajaccio.id, by=None, at=NOW)
    waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada, site=story.nantes)
    calls.take_next(agent(story.ada, story.nantes), at=NOW)

    refused = ada.post(f"/work-at/{story.ajaccio.id}", status=409)

    assert "Vous êtes en appel" in refused.text
    assert "après votre appel en cours" in ada.get("/account").text


def test_somebody_whose_role_here_was_withdrawn_goes_on_where_they_have_one(browse, story):
    rose = browse.as_(story.rose, site=story.nantes)
    with transaction():
        member = queries.get_member(story.rose.id)
        services.withdraw(member, Role.REFERENT, story.nantes.id, by=None, at=NOW)

    assert "<strong>École</strong>" in rose.get("/account").text


def test_hours_are_shown_with_the_days_one_works(browse, ada):
    page = browse.as_(ada).get("/account").text

    assert "Mardi" in page
    assert "09:00 – 17:00" in page
    assert "Lundi" not in page


def test_the_moment_of_the_last_input_is_that_of_a_person(browse, ada, clock):
    visitor = browse.as_(ada)
    clock.move_to(NOW + timedelta(minutes=12))

    assert "à l’instant" in visitor.get("/account").text
