"""Ada on the telephone with a case who may have a note: an employee who cannot work from home."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.story import Story, agent, identity, waiting_case
from tests.support.web import Browser, Visitor
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.cases import queries as cases
from tracing.cases import services as case_services
from tracing.kernel.db import session
from tracing.queue.models import CallTask
from tracing.sickleave.models import SickNote
from tracing.staff.models import Member

ANSWERS = {
    "has_symptoms": "no",
    "vaccination": "none",
    "works": "yes",
    "is_caregiver": "no",
    "can_telework": "no",
    "stopped_by_doctor": "no",
    "insurance_scheme": "RG",
    "last_work_on": "2026-03-08",
    "wants_note": "yes",
}


@dataclass(frozen=True)
class OnThePhone:
    """A call, the task it is about, and where its sick note is."""

    call_id: int
    task_id: int

    @property
    def path(self) -> str:
        return f"/calls/{self.call_id}/tasks/{self.task_id}/sick-note"


def on_the_phone(
    tracer: Member,
    task: CallTask,
    answers: Mapping[str, str | None],
    *,
    confirmed: bool = True,
    version: str = "2026.1",
) -> OnThePhone:
    by = agent(tracer)
    call = calls.take_next(by, at=NOW)
    assert call.household_id == task.household_id
    talk = calls.start_conversation(call, task, script_version=version, at=NOW)
    if confirmed:
        calls.confirm_identity(talk, confirmed=True, by=by, at=NOW)
    answer(call, task, answers, by=by)
    return OnThePhone(call.id, task.id)


def answer(call: Call, task: CallTask, answers: Mapping[str, str | None], *, by) -> None:
    for question, value in answers.items():
        calls.save_answer(call, task, question, value, by=by, at=NOW)


def decided_case(story: Story, task: CallTask, vaccination: str = "none") -> None:
    """Give the case its dates, as the call screen does when it opens."""
    case = cases.get_case(task.case_id)
    zone = agent(story.ada).site.time_zone
    case_services.decide(case, onset_on=None, vaccination=vaccination, age=45, zone=zone, by=None, at=NOW)


@pytest.fixture
def phone(story: Story) -> OnThePhone:
    """Marie Dupont, sampled on 9 March and not vaccinated: isolated until 19 March."""
    task = waiting_case(story.nantes, identity(nir="280054410900172"), at=NOW)
    decided_case(story, task)
    return on_the_phone(story.ada, task, ANSWERS)


@pytest.fixture
def ada(browse: Browser, story: Story) -> Visitor:
    """Ada in her browser."""
    return browse.as_(story.ada)


@pytest.fixture
def issued(ada: Visitor, phone: OnThePhone) -> SickNote:
    """Marie's note from 9 to 19 March."""
    ada.fragment(
        phone.path,
        {
            "note-first_day": "2026-03-09",
            "note-sworn": "y",
            "note-address": "3 rue des Lilas",
            "note-postcode": "44000",
            "note-city": "Nantes",
            "note-address_confirmed": "y",
        },
    )
    return session.scalars(select(SickNote)).one()
