"""Ada on the telephone with a case who said who she is."""

from dataclasses import dataclass

import pytest
from flask import Flask

from tests.conftest import NOW
from tests.support.story import Story, agent, waiting_case
from tests.support.web import Browser, Visitor
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.contacts import queries
from tracing.contacts.models import Contact
from tracing.queue.models import CallTask
from tracing.staff.models import Member, Site

LUC = {
    "contact-first_names": "Luc",
    "contact-birth_name": "Martin",
    "contact-phones": "06 39 98 00 02",
    "contact-last_contact_on": "2026-03-08",
    "contact-lives_with_case": "no",
    "contact-face_to_face": "under_1_m",
    "contact-protection": "none",
    "contact-confined": "no",
    "contact-care": "no",
    "contact-cough": "no",
    "contact-same_class": "no",
    "contact-may_disclose": "no",
}


def named(phone: "OnThePhone") -> list[Contact]:
    """Return the list of the case on the telephone, as it stands in the database."""
    return list(queries.contacts_of_case(phone.task.case_id))


@dataclass(frozen=True)
class OnThePhone:
    """A call, the task it is about, and where its contact list is."""

    call: Call
    task: CallTask

    @property
    def path(self) -> str:
        return f"/calls/{self.call.id}/tasks/{self.task.id}/contacts"


def on_the_phone(tracer: Member, task: CallTask, *, confirmed: bool = True) -> OnThePhone:
    by = agent(tracer)
    call = calls.take_next(by, at=NOW)
    talk = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    if confirmed:
        calls.confirm_identity(talk, confirmed=True, by=by, at=NOW)
    return OnThePhone(call, task)


class OneBrowserEach(Browser):
    """Everybody goes on in the browser in which they began: a call is led in one of them."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.opened: dict[int, Visitor] = {}

    def as_(self, member: Member, *, site: Site | None = None) -> Visitor:
        """A member in their browser."""
        if member.id not in self.opened:
            self.opened[member.id] = super().as_(member, site=site)
        return self.opened[member.id]


@pytest.fixture
def browse(app: Flask, story: Story) -> Browser:
    return OneBrowserEach(app)


@pytest.fixture
def phone(story: Story) -> OnThePhone:
    """Ada calls Marie Dupont, sampled yesterday: her contacts are searched from 2 to 10 March."""
    return on_the_phone(story.ada, waiting_case(story.nantes, at=NOW))
