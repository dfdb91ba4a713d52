"""A recruit invited by Rose, and the practice calls they hold at the school."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from tests.conftest import NOW
from tests.support.story import PASSWORD, Story, agent, contact, identity, waiting_case
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases.queries import get_case
from tracing.onboarding import services
from tracing.queue import queries as queue
from tracing.staff import queries as staff
from tracing.staff.models import Member, Site

CONTRACT_END = date(2026, 6, 30)


def invited(story: Story, login="nora", name="Nora", at=NOW):
    """Invite a recruit to the school, for Nantes later."""
    return services.invite(
        name=name, login=login, contract_ends_on=CONTRACT_END, by=agent(story.rose, story.nantes), at=at
    )


@pytest.fixture
def nora(story: Story) -> Member:
    """A recruit who has just come in."""
    return services.accept(invited(story).token, password=PASSWORD, at=NOW)


@dataclass(frozen=True)
class Held:
    """A practice call that was held."""

    call_id: int
    task_id: int


def practise(
    recruit: Member, site: Site, *, outcome=CallOutcome.COMPLETED, phone="+33639980021", names_a_contact=False
) -> Held:
    """Let somebody hold one call, two points noted 30 seconds apart, and end it."""
    task = waiting_case(site, identity("Zoé", "Fictif", phones=(phone,)), at=NOW)
    by = agent(recruit, site)
    call = calls.take_next(by, at=NOW)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.confirm_identity(conversation, confirmed=True, by=by, at=NOW)
    said = NOW + timedelta(seconds=30)
    calls.save_answer(call, task, "opening.confirmed", "0123456789abcdef", by=by, at=said)
    calls.save_answer(call, task, "onset_on", "2026-03-08", by=by, at=said + timedelta(seconds=45))
    if names_a_contact:
        contact(
            get_case(task.case_id), identity("Luc", "Inventé", phones=("+33639980022",)), by=recruit, at=said
        )
    calls.end(call, outcome, by=by, at=NOW + timedelta(minutes=9))
    return Held(call.id, task.id)


def is_known(login: str) -> bool:
    """Return whether an account has this login."""
    return staff.find_member_by_login(login) is not None


def waits_at(site: Site, member: Member) -> bool:
    """Return whether a member would find something to call at a site."""
    return queue.has_waiting(site.id, member.id, NOW)
