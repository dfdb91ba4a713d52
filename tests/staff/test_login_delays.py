"""Whoever guesses waits longer each time; nobody else waits, whoever fails elsewhere."""

from datetime import timedelta
from itertools import pairwise

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.live import at_once, committed
from tests.support.story import PASSWORD
from tracing.app import tidy_jobs
from tracing.kernel import db
from tracing.kernel.events import Event
from tracing.staff import cli, queries, rules, services
from tracing.staff.errors import NoSuchMember
from tracing.staff.login import sessions
from tracing.staff.models import LoginAttempt, MemberKind, Role
from tracing.staff.rules import NO_FAILURES, Failures
from tracing.vault import services as vault

WRONG = "pas la bonne phrase du tout"
SECOND = timedelta(seconds=1)
KNOWN = "tracing_known"


def try_login(visitor, login, password, *, address="192.0.2.1"):
    return visitor.client.post(
        "/login", data={"login": login, "password": password}, environ_overrides={"REMOTE_ADDR": address}
    )


def fail(login, *, address="192.0.2.1", times=1, at=NOW):
    """Have failed to log in before."""
    name_hash = vault.blind("login", login)
    db.session.add_all(
        LoginAttempt(name_hash=name_hash, address=address, at=at, succeeded=False) for _n in range(times)
    )
    db.session.flush()


@pytest.fixture
def known(browse, ada):
    """A browser in which Ada has logged in, and is no longer."""
    visitor = browse.stranger()
    visitor.post("/login", {"login": "ada", "password": PASSWORD})
    visitor.post("/logout")
    return visitor


def after(count, seconds=0):
    return Failures(count, NOW - seconds * SECOND)


@pytest.mark.parametrize(
    ("pair", "account", "address", "seconds"),
    [
        (NO_FAILURES, NO_FAILURES, NO_FAILURES, None),
        # the account from this address: 1, 2, 4, … seconds after the third failure, ten minutes at most
        (after(2), after(2), after(1), None),
        (after(3), after(3), after(1), 1),
        (after(3, 1), after(3, 1), after(1, 1), None),
        (after(4), after(4), after(1), 2),
        (after(8), after(8), after(1), 32),
        (after(8, 30), after(8, 30), after(1, 30), 2),
        (after(12), after(12), after(1), 512),
        (after(13), after(13), after(1), 600),
        (after(50), after(50), after(1), 600),
        # the account from anywhere: slow, a minute at most
        (NO_FAILURES, after(19), NO_FAILURES, None),
        (NO_FAILURES, after(20), NO_FAILURES, 1),
        (NO_FAILURES, after(25), NO_FAILURES, 32),
        (NO_FAILURES, after(50), NO_FAILURES, 60),
        (NO_FAILURES, after(50, 60), NO_FAILURES, None),
        # many accounts from this address: a minute at most
        (NO_FAILURES, NO_FAILURES, after(99), None),
        (NO_FAILURES, NO_FAILURES, after(100), 1),
        (NO_FAILURES, NO_FAILURES, after(139), 8),
        (NO_FAILURES, NO_FAILURES, after(5000), 60),
        # the longest counts
        (after(5), after(50), after(100), 60),
    ],
)
def test_how_long_a_log_in_waits(pair, account, address, seconds):
    wait = rules.wait_before_login(pair, account, address, at=NOW)

    assert wait == (None if seconds is None else seconds * SECOND)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 10_000), st.integers(0, 3600))
def test_one_more_failure_never_waits_for_less_and_nothing_waits_for_more_than_ten_minutes(
    pair, account, address, ago
):
    def wait(pair, account, address):
        counted = (after(pair, ago), after(account, ago), after(address, ago))
        return rules.wait_before_login(*counted, at=NOW) or timedelta(0)

    now = wait(pair, account, address)

    assert now <= wait(pair + 1, account, address)
    assert now <= wait(pair, account + 1, address)
    assert now <= wait(pair, account, address + 1)
    assert now <= rules.LONGEST_WAIT


def test_guessing_one_account_from_one_address_is_hopeless():
    failed, at = [], NOW
    while at < NOW + timedelta(days=1):
        counted = [moment for moment in failed if at - moment < rules.ATTEMPTS_WINDOW]
        wait = rules.wait_before_login(Failures(len(counted), failed[-1] if failed else None), at=at)
        if wait:
            at += wait
        else:
            failed.append(at)

    assert len(failed) < 200


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_network_of_one_customer_is_one_address(address, counted_as):
    assert rules.network_of(address) == counted_as


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_after_three_failures_the_same_account_waits_here_and_is_told_how_long(browse, ada, clock, login):
    visitor = browse.stranger()
    statuses = [try_login(visitor, login, WRONG).status_code for _n in range(3)]
    refused = try_login(visitor, login, PASSWORD)

    assert statuses == [422] * 3
    assert refused.status_code == 429
    assert "dans 1 seconde." in refused.text
    clock.move_to(NOW + SECOND)
    assert try_login(visitor, login, WRONG).status_code == 422
    assert "dans 2 secondes." in try_login(visitor, login, PASSWORD).text
    # what was refused unseen does not count: the wait ends when it was said to
    clock.move_to(NOW + 3 * SECOND)
    assert try_login(visitor, login, PASSWORD).status_code == (303 if login == "ada" else 422)


def test_a_long_wait_is_said_in_minutes(browse, ada):
    fail("ada", times=13)

    assert "dans 10 minutes." in try_login(browse.stranger(), "ada", PASSWORD).text


def test_strangers_elsewhere_delay_nobody_here(browse, ada):
    for n in range(6):
        fail("ada", address=f"198.51.100.{n}", times=3)

    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 303


def test_many_addresses_together_guess_slowly(browse, ada, clock):
    for n in range(30):
        fail("ada", address=f"198.51.100.{n}", times=3)

    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 429
    clock.move_to(NOW + timedelta(minutes=1))
    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 303


def test_a_browser_in_which_a_member_logged_in_is_never_kept_out_by_strangers(known):
    for n in range(300):
        fail(f"somebody-{n}", address="192.0.2.1")
    for n in range(30):
        fail("ada", address=f"198.51.100.{n}", times=3)
    fail("ada", address="192.0.2.1", times=10)

    assert try_login(known, "ada", PASSWORD).status_code == 303


def test_a_known_browser_has_its_own_growing_delay(known):
    assert [try_login(known, "ada", WRONG).status_code for _n in range(3)] == [422] * 3
    # the cookie is its own, wherever it is used
    assert try_login(known, "ada", PASSWORD, address="203.0.113.7").status_code == 429


def test_a_stolen_cookie_helps_with_nobody_else_s_account(known, story):
    services.set_password(queries.get_member(story.abel.id), PASSWORD, by=None, at=NOW)
    fail("abel", times=5)

    assert try_login(known, "abel", PASSWORD).status_code == 429
    known.get("/account", status=303)


def test_a_made_up_cookie_helps_nobody(browse, ada, known):
    fail("ada", times=5)
    value = known.client.get_cookie(KNOWN).value
    for made_up in ("", "x", value[:-1], value.replace(value[0], "A", 1) + "x"):
        visitor = browse.stranger()
        visitor.client.set_cookie(KNOWN, made_up)
        assert try_login(visitor, "ada", PASSWORD).status_code == 429


def test_a_shared_machine_knows_everybody_who_logged_in_there(known, story):
    services.set_password(queries.get_member(story.abel.id), PASSWORD, by=None, at=NOW)
    known.post("/login", {"login": "abel", "password": PASSWORD})
    known.post("/logout")
    fail("ada", times=5)
    fail("abel", times=5)

    assert try_login(known, "ada", PASSWORD).status_code == 303
    known.post("/logout")
    assert try_login(known, "abel", PASSWORD).status_code == 303


def test_a_new_password_makes_known_browsers_strange_but_the_one_in_which_it_was_chosen(known, browse, clock):
    another = "une autre phrase assez longue"
    other = browse.stranger()
    other.post("/login", {"login": "ada", "password": PASSWORD})
    clock.move_to(NOW + timedelta(minutes=1))
    other.post("/account/password", {"password": another, "again": another})
    other.post("/logout")
    fail("ada", times=5, at=NOW + timedelta(minutes=1))

    assert try_login(known, "ada", another).status_code == 429
    assert try_login(other, "ada", another).status_code == 303


def test_a_closed_account_has_no_known_browser_when_it_is_opened_again(known, ada, story, clock):
    later = clock.move_to(NOW + timedelta(minutes=1))
    found = queries.get_member(ada.id)
    services.close_account(found, by=story.gaston.id, at=later)
    services.reopen_account(found, by=story.gaston.id, at=later)
    fail("ada", times=5, at=later)

    assert try_login(known, "ada", PASSWORD).status_code == 429


def test_the_cookie_of_a_known_browser_lasts_and_cannot_be_read_by_script(browse, ada):
    cookies = try_login(browse.stranger(), "ada", PASSWORD).headers.getlist("Set-Cookie")

    [cookie] = [one for one in cookies if one.startswith(KNOWN)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=34560000" in cookie
    assert "ada" not in cookie


def test_three_hundred_tracers_log_in_from_one_address_at_eight(browse, story, clock, session):
    """One in ten mistypes once or twice, the last of them all at once; nobody waits."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    for n in range(300):
        member = services.add_member(login=f"t{n}", name=f"T {n}", kind=MemberKind.STAFF, by=None, at=NOW)
        services.grant(member, Role.TRACER, story.nantes.id, by=None, at=NOW)
        member.password_hash = cheap
    session.flush()
    mistyped = range(0, 300, 10)
    refused = []

    for n in mistyped:
        refused += [try_login(browse.stranger(), f"t{n}", WRONG) for _n in range(1 + n % 20 // 10)]
    entered = []
    for n in range(300):
        clock.move_to(NOW + n * SECOND)
        entered.append(try_login(browse.stranger(), f"t{n}", PASSWORD).status_code)

    assert {answer.status_code for answer in refused} == {422}
    assert entered == [303] * 300


def test_an_address_from_which_a_hundred_accounts_fail_slows_down_for_unknown_browsers(browse, ada, known):
    for n in range(140):
        fail(f"somebody-{n}", at=NOW - timedelta(minutes=30))
    fail("somebody-0")

    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 429
    assert try_login(browse.stranger(), "ada", PASSWORD, address="192.0.2.2").status_code == 303
    assert try_login(known, "ada", PASSWORD).status_code == 303


def test_the_right_password_forgives_the_failures_before_it_here_and_nowhere_else(browse, ada, session):
    fail("ada", times=2)
    fail("ada", address="198.51.100.1", times=2)

    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 303

    counted = select(LoginAttempt.address).where(
        LoginAttempt.succeeded.is_(False), LoginAttempt.forgiven.is_(False)
    )
    assert session.scalars(counted).all() == ["198.51.100.1"] * 2


def test_the_command_line_lifts_a_delay(browse, ada, session):
    for n in range(140):
        fail(f"somebody-{n}", at=NOW - timedelta(minutes=30))
    fail("ada", times=10)
    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 429

    cli.allow("ADA", address="192.0.2.1")

    assert try_login(browse.stranger(), "ada", PASSWORD).status_code == 303
    event = session.scalars(select(Event).where(Event.kind == "member.delays_lifted")).one()
    assert event.subject_id == ada.id
    with pytest.raises(NoSuchMember):
        cli.allow("nobody", address=None)


def test_old_attempts_are_removed(story, session):
    fail("ada", at=NOW - timedelta(days=31))
    fail("ada", at=NOW - timedelta(days=29))

    tidy_jobs.tidy(NOW)

    assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 1


def test_many_guesses_at_once_wait_like_those_one_after_the_other(live_database):
    def guess():
        committed(lambda at: sessions.begin_attempt("ada", address="192.0.2.1", browser=None, at=at))

    at_once([guess] * 40)

    tried = db.session.scalars(select(LoginAttempt.at).order_by(LoginAttempt.id)).all()
    assert len(tried) >= 3
    waited = [later - earlier for earlier, later in pairwise(tried)][2:]
    assert all(wait >= 2**n * SECOND for n, wait in enumerate(waited))
