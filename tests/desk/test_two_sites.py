"""Members of two sites: their pages follow the call they hold, and go on where they worked last."""

import pytest

from tests.conftest import NOW
from tests.desk.walking import take_call
from tests.support.story import PASSWORD, Story, waiting_case
from tests.support.web import Browser
from tracing.staff import queries
from tracing.staff import services as staff
from tracing.staff.models import Role


@pytest.fixture
def both(story: Story) -> Story:
    """Ada also calls for Ajaccio, the later of the two sites."""
    staff.grant(story.ada, Role.TRACER, story.ajaccio.id, by=None, at=NOW)
    staff.set_password(story.ada, PASSWORD, by=None, at=NOW)
    return story


def log_in(browse: Browser):
    visitor = browse.stranger()
    visitor.post("/login", {"login": "ada", "password": PASSWORD})
    return visitor


def test_logging_in_again_in_the_middle_of_a_call_finds_it(browse, both):
    waiting_case(both.ajaccio, at=NOW)
    call = take_call(browse.as_(both.ada, site=both.ajaccio)).call

    again = log_in(browse)

    assert "Reprendre l’appel en cours" in again.get("/desk").text
    again.get(call)


def test_a_second_browser_at_the_other_site_finds_the_call(browse, both):
    waiting_case(both.ajaccio, at=NOW)
    second = browse.as_(both.ada, site=both.nantes)
    second.get("/desk")
    call = take_call(browse.as_(both.ada, site=both.ajaccio)).call

    assert "Reprendre l’appel en cours" in second.get("/desk").text
    second.get(call)


def test_without_a_call_one_goes_on_where_one_worked_last(browse, both):
    browse.as_(both.ada, site=both.ajaccio).get("/desk")

    assert "Ajaccio" in log_in(browse).get("/account").text.split("</header>")[0]


def test_nobody_goes_on_at_a_site_that_they_have_left(browse, both):
    browse.as_(both.ada, site=both.ajaccio).get("/desk")
    left = queries.get_member(both.ada.id)
    staff.withdraw(left, Role.TRACER, both.ajaccio.id, by=None, at=NOW)

    assert "Nantes" in log_in(browse).get("/account").text.split("</header>")[0]
