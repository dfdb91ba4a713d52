"""A referent invites; a one-time link opens one account, at the training site and nowhere else."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tests.conftest import NOW
from tests.onboarding.conftest import CONTRACT_END, invited, is_known
from tests.support.statements import statements_sent
from tests.support.story import PASSWORD, agent, member, waiting_case
from tracing.calls import services as calls
from tracing.kernel import db
from tracing.onboarding import services
from tracing.onboarding.errors import (
    ContractOver,
    LinkClosed,
    LinkExpired,
    NoLiveSite,
    NoSuchLink,
    NoSuchRecruit,
)
from tracing.staff import queries as staff
from tracing.staff.errors import LoginTaken
from tracing.staff.models import MemberKind, Role, Site

DAY = timedelta(days=1)
COMING_IN = {"password": PASSWORD, "again": PASSWORD, "committed": "y"}


def invitation(login="nora"):
    return {"name": "Nora", "login": login, "contract_ends_on": CONTRACT_END.isoformat()}


def works_at(login):
    """Return the sites of somebody's open sessions."""
    return {one.site_id for one in staff.open_sessions(staff.find_member_by_login(login).id)}


def link_in(page):
    return re.search(r'value="http://[^"]*(/welcome/[^"]+)"', page)[1]


def test_a_referent_invites_and_the_recruit_comes_in_by_the_link(browse, story):
    rose = browse.as_(story.rose, site=story.nantes)
    link = link_in(rose.post("/recruits/new", invitation(), status=200).text)
    newcomer = browse.stranger()

    page = newcomer.get(link)
    answer = newcomer.post(link, COMING_IN)

    assert "Bienvenue, Nora" in page.text
    assert answer.headers["Location"] == "/"
    nora = staff.find_member_by_login("nora")
    assert (nora.kind, nora.contract_ends_on) == (MemberKind.RECRUIT, CONTRACT_END)
    assert {(held.site_id, held.role) for held in nora.roles} == {(story.school.id, Role.TRACER)}
    assert works_at("nora") == {story.school.id}
    assert "En formation" in rose.get("/recruits").text


def test_the_link_is_shown_once_and_only_its_hash_is_kept(browse, story, session):
    rose = browse.as_(story.rose, site=story.nantes)
    link = link_in(rose.post("/recruits/new", invitation(), status=200).text)
    token = link.rsplit("/", 1)[1]

    assert token not in rose.get("/recruits").text
    stored = session.execute(text("SELECT string_agg(invitations::text, '') FROM invitations")).scalar()
    events = session.execute(text("SELECT string_agg(events::text, '') FROM events")).scalar()
    assert token not in stored + events


def test_a_link_opens_one_account(browse, story):
    link = f"/welcome/{invited(story).token}"
    browse.stranger().post(link, COMING_IN)

    again = browse.stranger().post(link, COMING_IN, status=410)
    looked_at = browse.stranger().get(link, status=410)

    assert "a déjà servi" in again.text
    assert "a déjà servi" in looked_at.text


def test_a_link_lasts_seven_days(browse, story, clock):
    link = f"/welcome/{invited(story).token}"
    clock.move_to(NOW + timedelta(days=7) - timedelta(seconds=1))
    assert "Bienvenue" in browse.stranger().get(link).text

    clock.move_to(NOW + timedelta(days=7))

    assert "n’est plus valable" in browse.stranger().post(link, COMING_IN, status=410).text
    assert not is_known("nora")


def test_a_link_that_was_withdrawn_opens_nothing(browse, story):
    issued = invited(story)
    rose = browse.as_(story.rose, site=story.nantes)

    rose.follow(f"/recruits/invitations/{issued.invitation.id}/withdraw")

    assert "retiré" in browse.stranger().post(f"/welcome/{issued.token}", COMING_IN, status=410).text
    assert "Nora" not in rose.get("/recruits").text
    assert not is_known("nora")


def test_another_link_replaces_the_first(browse, story):
    issued = invited(story)
    first, path = issued.token, f"/recruits/invitations/{issued.invitation.id}/link"

    second = link_in(browse.as_(story.rose, site=story.nantes).post(path, status=200).text)

    browse.stranger().get(f"/welcome/{first}", status=404)
    browse.stranger().post(second, COMING_IN)
    assert is_known("nora")


def test_a_link_that_nobody_was_given_says_so_clearly(browse):
    page = browse.stranger().get("/welcome/ceci-n-est-pas-un-lien", status=404)

    assert "ne mène à aucune invitation" in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"committed": ""}, "sans cet engagement"),
        ({"again": "une autre phrase longue"}, "Les deux mots de passe diffèrent"),
        ({"password": "court", "again": "court"}, "au moins 14 caractères"),
    ],
)
def test_no_account_opens_without_a_commitment_and_a_good_password(browse, story, typed, said):
    link = f"/welcome/{invited(story).token}"

    refused = browse.stranger().post(link, {k: v for k, v in (COMING_IN | typed).items() if v}, status=422)

    assert said in refused.text
    assert not is_known("nora")
    browse.stranger().post(link, COMING_IN)
    assert is_known("nora")


def test_the_commitment_is_on_record(story, session):
    nora = services.accept(invited(story).token, password=PASSWORD, at=NOW)

    found = session.execute(
        text("SELECT by_id, detail FROM events WHERE kind = 'member.committed_to_secrecy'")
    ).one()

    assert tuple(found) == (nora.id, {"version": services.COMMITMENT})


def test_a_login_is_promised_once(browse, story):
    invited(story)

    with pytest.raises(LoginTaken):
        invited(story)
    with pytest.raises(LoginTaken):
        invited(story, login="Ada")
    refused = browse.as_(story.rose, site=story.nantes).post("/recruits/new", invitation("ada"), status=422)

    assert "déjà pris" in refused.text


def test_a_login_taken_meanwhile_is_said_to_the_newcomer(browse, story):
    issued = invited(story)
    member("nora", "Nora B", (Role.TRACER, story.nantes), at=NOW)

    refused = browse.stranger().post(f"/welcome/{issued.token}", COMING_IN, status=422)

    assert "pris entre-temps" in refused.text


def test_a_contract_that_is_over_invites_nobody(browse, story):
    with pytest.raises(ContractOver):
        services.invite(
            name="Nora",
            login="nora",
            contract_ends_on=date(2026, 3, 9),
            by=agent(story.rose, story.nantes),
            at=NOW,
        )
    refused = browse.as_(story.rose, site=story.nantes).post(
        "/recruits/new", invitation() | {"contract_ends_on": "2026-03-09"}, status=422
    )

    assert "à venir" in refused.text


LATE = NOW.replace(hour=23, minute=30)
"""Half past midnight on 11 March in Paris, half past three in Saint-Denis, half past seven on 10 March in Basse-Terre."""


@pytest.mark.parametrize(
    ("zone", "last_day", "lasts"),
    [
        ("Europe/Paris", date(2026, 3, 10), False),
        ("Europe/Paris", date(2026, 3, 11), True),
        ("Indian/Reunion", date(2026, 3, 10), False),
        ("America/Guadeloupe", date(2026, 3, 10), True),
        ("America/Guadeloupe", date(2026, 3, 9), False),
    ],
)
def test_the_last_day_of_a_contract_is_a_day_where_the_live_site_is(story, session, zone, last_day, lasts):
    session.get_one(Site, story.nantes.id).time_zone = zone
    rose = agent(story.rose, story.nantes)
    earlier = services.invite(name="Nils", login="nils", contract_ends_on=last_day, by=rose, at=NOW - 2 * DAY)

    def invites():
        services.invite(name="Nora", login="nora", contract_ends_on=last_day, by=rose, at=LATE)

    if lasts:
        invites()
        assert services.open_link(earlier.token, at=LATE).id == earlier.invitation.id
    else:
        with pytest.raises(ContractOver):
            invites()
        with pytest.raises(LinkExpired):
            services.open_link(earlier.token, at=LATE)


def test_from_the_school_a_referent_invites_for_their_live_site(story):
    issued = services.invite(
        name="Nora", login="nora", contract_ends_on=CONTRACT_END, by=agent(story.rose, story.school), at=NOW
    )

    assert issued.invitation.live_site_id == story.nantes.id


def test_a_referent_of_the_school_alone_has_nobody_to_invite(story):
    only_school = member("ravi", "Ravi", (Role.REFERENT, story.school), at=NOW)

    with pytest.raises(NoLiveSite):
        services.live_site_of(agent(only_school))


def test_others_cannot_invite_nor_see_recruits(browse, story):
    issued = invited(story)
    elsewhere = member("remi", "Rémi", (Role.REFERENT, story.ajaccio), at=NOW)
    invitation_id, by = issued.invitation.id, agent(elsewhere)
    visitors = [browse.as_(one) for one in (story.ada, story.dora, story.cleo, story.gaston)]
    other_referent = browse.as_(elsewhere)

    for visitor in visitors:
        visitor.get("/recruits", status=403)
        visitor.post("/recruits/new", invitation(), status=403)
    assert "Nora" not in other_referent.get("/recruits").text
    other_referent.post(f"/recruits/invitations/{invitation_id}/withdraw", status=404)
    other_referent.post(f"/recruits/invitations/{invitation_id}/link", status=404)
    with pytest.raises(NoSuchRecruit):
        services.withdraw(invitation_id, by=by, at=NOW)


def test_before_certification_nothing_of_the_live_site_is_there(browse, story):
    waiting_case(story.nantes, at=NOW)
    newcomer = browse.stranger()
    newcomer.post(f"/welcome/{invited(story).token}", COMING_IN)
    nantes, school = story.nantes.id, story.school.id

    newcomer.post(f"/work-at/{nantes}", status=403)

    assert works_at("nora") == {school}
    nora = agent(staff.find_member_by_login("nora"))
    assert calls.take_next(nora, at=NOW) is None
    newcomer.get("/recruits", status=403)
    newcomer.get("/escalations", status=403)


def test_two_people_with_one_link_open_one_account(story):
    token = invited(story).token
    services.accept(token, password=PASSWORD, at=NOW)

    with pytest.raises(LinkClosed):
        services.accept(token, password=PASSWORD, at=NOW)
    with pytest.raises(NoSuchLink):
        services.accept(token + "x", password=PASSWORD, at=NOW)


def test_the_list_asks_the_database_no_more_for_more_recruits(browse, story, session):
    def asked():
        db.session.remove()
        with statements_sent(session) as sent:
            rose.get("/recruits")
        return len(sent)

    for number in range(2):
        services.accept(invited(story, login=f"recrue{number}").token, password=PASSWORD, at=NOW)
    rose = browse.as_(story.rose, site=story.nantes)
    with_two = asked()
    for number in range(2, 6):
        services.accept(invited(story, login=f"recrue{number}").token, password=PASSWORD, at=NOW)

    assert asked() == with_two
