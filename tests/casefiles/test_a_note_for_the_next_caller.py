"""What the next caller should know is one short note: read on the call screen, gone with the case."""

from datetime import timedelta

from bs4 import BeautifulSoup
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.story import Story, agent, identity, member, waiting_case
from tests.support.web import Browser
from tracing.calls import handover_notes
from tracing.calls import services as calls
from tracing.calls.models import Draft
from tracing.casefiles.rules import FileReason
from tracing.cases.queries import get_case
from tracing.desk.queries import collected_on
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.staff.models import Role
from tracing.supervision.board import services as board
from tracing.vault import services as vault

DEAF = "Parler fort et lentement : entend mal"
MARIE = identity("Marie", "Kerguelen")
COMPLAINT = {"reason": FileReason.COMPLAINT.value}


def on_a_call(story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    call = calls.take_next(agent(story.ada), at=NOW)
    return task, f"/calls/{call.id}/tasks/{task.id}/handover", call


def test_a_tracers_note_stands_on_the_next_callers_screen(browse: Browser, story: Story):
    task, address, call = on_a_call(story)

    browse.as_(story.ada).follow(address, {"words": f"  {DEAF} "})
    calls.give_back(call, by=agent(story.ada), at=NOW)
    again = calls.take_next(agent(story.abel), at=NOW)
    page = browse.as_(story.abel).get(f"/calls/{again.id}")

    assert DEAF in page.text
    assert "· Ada," in page.text
    assert handover_notes.find(task.id).words == DEAF
    told = session.scalars(select(Event).where(Event.kind == "handover.written")).one()
    assert "Parler" not in str(told.detail)


def test_a_supervisors_note_from_the_file_is_read_by_who_calls(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    dora = browse.as_(story.dora)
    first = dora.client.post("/files", data={"key": get_case(task.case_id).reference} | COMPLAINT)
    address = first.headers["Location"]

    page = dora.follow(f"{address}/note", {"note": DEAF})
    call = calls.take_next(agent(story.ada), at=NOW)

    assert "qui appellera la lira" in page.text
    assert DEAF in browse.as_(story.ada).get(f"/calls/{call.id}").text
    dora.follow(f"{address}/note", {"note": ""})
    assert handover_notes.find(task.id) is None
    dora.post(f"{address}/note", {"note": "x" * 141}, status=422)


def test_data_protection_leaves_no_notes(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    olga = browse.as_(story.olga)
    first = olga.client.post("/files", data={"key": get_case(task.case_id).reference} | COMPLAINT)

    olga.post(f"{first.headers['Location']}/note", {"note": DEAF}, status=403)


def test_a_longer_note_is_refused_and_what_was_typed_stays(browse: Browser, story: Story):
    task, address, _call = on_a_call(story)

    answer = browse.as_(story.ada).fragment(address, {"words": "x" * 141}, status=422)

    assert "140 signes au plus" in answer.text
    assert "x" * 141 in answer.text
    assert handover_notes.find(task.id) is None


def test_a_note_typed_after_the_call_was_lost_is_kept_as_a_draft(browse: Browser, story: Story):
    task, address, call = on_a_call(story)
    board.take_back(call.entry_id, call.claim_number, to=None, by=agent(story.dora), at=NOW)
    ada = browse.as_(story.ada)

    ada.post(address, {"words": DEAF}, status=409)

    assert handover_notes.find(task.id) is None
    assert session.scalars(select(Draft.field)).all() == ["handover"]
    assert DEAF in ada.get("/desk").text


def test_who_does_not_hold_the_call_leaves_no_note(browse: Browser, story: Story):
    _task, address, _call = on_a_call(story)
    other = member("abe", "Abe", (Role.TRACER, story.nantes), at=NOW)

    browse.as_(other).post(address, {"words": DEAF}, status=404)


def test_the_note_is_gone_with_the_case(story: Story):
    long_ago = NOW - timedelta(days=201)
    task = waiting_case(story.nantes, MARIE, at=long_ago)
    by = agent(story.ada)
    handover_notes.keep(task, DEAF, cohort=collected_on(task), by=by, at=NOW)
    assert handover_notes.find(task.id).words == DEAF

    vault.destroy_cohort(long_ago.date(), by=None, at=NOW)

    assert handover_notes.find(task.id) is None


def test_of_two_who_write_at_once_the_second_reads_the_first_before_replacing_it(
    browse: Browser, story: Story
):
    task, address, _call = on_a_call(story)
    dora, ada = browse.as_(story.dora), browse.as_(story.ada)
    first = dora.client.post("/files", data={"key": get_case(task.case_id).reference} | COMPLAINT)
    file = first.headers["Location"]
    dora.follow(f"{file}/note", {"note": DEAF, "seen": ""})

    refused = ada.fragment(address, {"words": "Rappeler après 18 h", "seen": ""}, status=409)

    assert "rien n’a été remplacé" in refused.text
    assert DEAF in refused.text
    assert handover_notes.find(task.id).words == DEAF
    seen = BeautifulSoup(refused.text, "html.parser").select_one("input[name=seen]")["value"]
    ada.fragment(address, {"words": "Rappeler après 18 h", "seen": seen})
    page = dora.post(f"{file}/note", {"note": "Autre", "seen": ""}, status=409)
    assert "Rappeler après 18 h" in page.text
    assert "Autre" in page.text
