"""The lots of all live sites are opened to an officer by two administrators; an account is changed where one has the right."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.conftest import NOW
from tests.support.story import agent, member
from tracing.kernel.events import Event
from tracing.staff import cli, loans, national, presence, rules, services
from tracing.staff import queries as staff
from tracing.staff.errors import AccountWorksElsewhere, NotProposable, WrongLoan
from tracing.staff.models import NationalProposal, Role


@pytest.fixture
def lea(story):
    """An import officer of Nantes alone."""
    return member("lea", "Léa", (Role.IMPORTER, story.nantes), at=NOW)


@pytest.fixture
def hugo(story):
    """Nantes' other administrator."""
    return member("hugo", "Hugo", (Role.ADMINISTRATOR, story.nantes), at=NOW)


def is_national(member_id, site):
    return national.find_role(member_id, site.id, lock=True).is_national


def test_one_administrator_proposes_and_another_one_confirms(browse, story, lea, hugo):
    path = f"/members/{lea.id}/national"
    gaston, other = browse.as_(story.gaston), browse.as_(hugo)

    assert "Rien ne change tant qu’un autre" in gaston.follow(path).text
    assert not is_national(lea.id, story.nantes)
    gaston.post(f"{path}/confirm", status=403)
    assert "Gaston propose" in other.get(f"/members/{lea.id}").text
    other.post(f"{path}/confirm")

    assert is_national(lea.id, story.nantes)
    other.post(f"{path}/confirm", status=409)
    gaston.post(f"{path}/end")
    assert not is_national(lea.id, story.nantes)


def test_nobody_proposes_or_confirms_themselves(browse, story, hugo):
    services.grant(hugo, Role.IMPORTER, story.nantes.id, by=None, at=NOW)
    path, nantes, member_id = f"/members/{hugo.id}/national", story.nantes.id, hugo.id
    other, gaston = browse.as_(hugo), browse.as_(story.gaston)

    other.post(path, status=403)
    gaston.post(path)
    other.post(f"{path}/confirm", status=403)

    assert not national.find_role(member_id, nantes, lock=True).is_national


def test_the_database_takes_no_confirmation_of_one_person(story, session, lea):
    proposal = national.propose(lea, by=agent(story.gaston), at=NOW)
    proposal.confirmed_by, proposal.ended_at = story.gaston.id, NOW

    with pytest.raises(IntegrityError, match="confirmed_by_a_second_person"):
        session.flush()


def test_a_proposal_is_withdrawn_expires_and_ends_with_the_role(browse, story, session, lea, hugo, clock):
    path, gaston, other = f"/members/{lea.id}/national", agent(story.gaston), browse.as_(hugo)
    lea_id, hugo_id, nantes = lea.id, hugo.id, story.nantes.id
    national.propose(lea, by=gaston, at=NOW)
    other.post(f"{path}/withdraw")
    other.post(f"{path}/confirm", status=409)

    lea = staff.get_member(lea_id)
    national.propose(lea, by=gaston, at=NOW)
    assert national.find_proposal(lea_id, nantes, at=NOW + rules.PROPOSAL_LASTS) is None
    later = national.propose(lea, by=gaston, at=NOW + rules.PROPOSAL_LASTS)
    services.withdraw(lea, Role.IMPORTER, nantes, by=hugo_id, at=NOW + rules.PROPOSAL_LASTS)

    assert session.get_one(NationalProposal, later.id, populate_existing=True).ended_at is not None


def test_a_training_site_makes_nobody_national(browse, story):
    sam = member("sam", "Sam", (Role.IMPORTER, story.school), at=NOW)
    paul = member("paul", "Paul", (Role.ADMINISTRATOR, story.school), at=NOW)

    assert not agent(story.ivan, story.school).is_national, "never through a training site"
    with pytest.raises(NotProposable):
        national.grant(sam, story.school.id, at=NOW)
    visitor, sam_id = browse.as_(paul), sam.id
    visitor.post(f"/members/{sam_id}/national", status=409)
    assert "Lots de tous les sites" not in visitor.get(f"/members/{sam_id}").text


def test_whoever_sets_the_password_of_a_national_officer_does_not_hold_their_right_alone(browse, story, hugo):
    page = browse.as_(story.gaston).post(f"/members/{story.ivan.id}/password", status=200).text

    assert "un autre administrateur doit confirmer" in page
    assert not is_national(story.ivan.id, story.nantes)
    browse.as_(story.gaston).post(f"/members/{story.ivan.id}/national/confirm", status=403)
    browse.as_(hugo).post(f"/members/{story.ivan.id}/national/confirm")
    assert is_national(story.ivan.id, story.nantes)


def test_the_host_s_command_line_makes_an_officer_national(story, session):
    cli.grant("dora", site_code="440", roles=(), is_national=True)

    dora = staff.get_member(story.dora.id)
    session.expire(dora)
    assert {held.role for held in dora.roles} == {Role.SUPERVISOR, Role.IMPORTER}
    assert is_national(dora.id, story.nantes)
    assert session.scalars(select(Event.by_id).where(Event.kind == "national.confirmed")).all()[-1] is None
    with pytest.raises(NotProposable):
        cli.grant("theo", site_code="900", roles=(), is_national=True)


LIVE, OTHER_LIVE, PRACTICE, OTHER_PRACTICE = 1, 2, 3, 4


@pytest.mark.parametrize(
    ("live", "practice", "held", "may"),
    [
        ({LIVE}, set(), {LIVE}, True),
        ({LIVE}, set(), {OTHER_LIVE}, False),
        ({LIVE}, {PRACTICE}, {LIVE}, True),
        ({LIVE}, {PRACTICE}, {PRACTICE}, False),
        ({LIVE}, {PRACTICE}, {LIVE, PRACTICE}, True),
        ({LIVE, OTHER_LIVE}, set(), {LIVE}, False),
        ({LIVE, OTHER_LIVE}, {PRACTICE}, {LIVE, OTHER_LIVE}, True),
        (set(), {PRACTICE}, {PRACTICE}, True),
        (set(), {PRACTICE, OTHER_PRACTICE}, {PRACTICE}, True),
        (set(), {PRACTICE}, {LIVE}, False),
        (set(), set(), {LIVE}, False),
    ],
)
def test_the_right_is_needed_at_every_live_site_of_an_account(live, practice, held, may):
    assert rules.may_act_on_account(live, practice, held=held) is may


@pytest.mark.parametrize("path", ["/password", "/close", "/reopen", "/sessions/1/end"])
def test_the_training_administrator_does_not_reach_a_live_site_through_an_account(browse, story, path):
    paul = browse.as_(member("paul", "Paul", (Role.ADMINISTRATOR, story.school), at=NOW))
    services.set_password(story.rose, "une phrase assez longue", by=None, at=NOW)
    rose_id, before, theo_id = story.rose.id, story.rose.password_hash, story.theo.id
    olga = browse.as_(story.olga)

    paul.post(f"/members/{rose_id}{path}", status=403)

    rose = staff.get_member(rose_id)
    assert (rose.password_hash, rose.closed_at) == (before, None)
    page = paul.get(f"/members/{rose_id}").text
    assert "Ce compte ouvre aussi un site que vous n’administrez pas" in page
    assert "Fermer ce compte" not in page
    journal = olga.get("/journal?show=events&kind=scope.refused").text
    assert f"compte {rose_id}" in journal
    paul.post(f"/members/{theo_id}/close")


def test_a_training_site_lends_nobody_to_real_calls(story):
    by = agent(member("sue", "Sue", (Role.SUPERVISOR, story.school), at=NOW))

    assert loans.sites_to_lend_to(story.school.id) == []
    with pytest.raises(WrongLoan):
        loans.lend(
            [story.theo],
            1,
            story.nantes.id,
            on_calls=lambda _ids: [],
            until=NOW + timedelta(hours=1),
            by=by,
            at=NOW,
        )


def test_a_training_site_notes_no_absence_of_a_live_site_s_tracer(story):
    services.grant(story.ada, Role.TRACER, story.school.id, by=None, at=NOW)
    by = agent(member("sue", "Sue", (Role.SUPERVISOR, story.school), at=NOW))
    day = date(2026, 3, 12)

    with pytest.raises(AccountWorksElsewhere):
        presence.note_absence(story.ada.id, first=day, last=day, by=by, at=NOW)
    presence.note_absence(story.theo.id, first=day, last=day, by=by, at=NOW)
    # the referent of both has the right at the live site as well
    presence.note_absence(story.ada.id, first=day, last=day, by=agent(story.rose, story.school), at=NOW)


def test_only_the_roles_at_one_s_own_site_are_saved_for_an_account_that_reaches_further(browse, story):
    paul = browse.as_(member("paul", "Paul", (Role.ADMINISTRATOR, story.school), at=NOW))
    typed = {"roles": ["referent"], "languages": ["pt"], "days-0-starts": "08:00", "days-0-ends": "12:00"}

    paul.post(f"/members/{story.rose.id}", typed)

    assert staff.get_member(story.rose.id).languages == []
    assert not staff.shifts_of(story.rose.id)


def test_an_administrator_whom_the_proposer_has_just_made_is_no_second_one(browse, story, lea):
    path = f"/members/{lea.id}/national"
    gaston = browse.as_(story.gaston)
    gaston.follow(path)
    second = member("second", "Second", at=NOW)
    services.grant(second, Role.ADMINISTRATOR, story.nantes.id, by=story.gaston.id, at=NOW)
    lea_id, visitor = lea.id, browse.as_(second)

    visitor.post(f"{path}/confirm", status=403)

    assert not is_national(lea_id, staff.get_site(staff.get_member(lea_id).roles[0].site_id))
