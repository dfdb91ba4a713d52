"""What a file says once nothing is asked any more, the help that somebody asked for, and the order of one second."""

from datetime import timedelta

from bs4 import BeautifulSoup

from tests.casefiles.test_reading_a_file import COMPLAINT, MARIE, answer, read
from tests.conftest import NOW
from tests.support.story import Story, agent, contact, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases import services as cases
from tracing.cases.models import CaseOutcome
from tracing.cases.queries import get_case
from tracing.contacts.models import ContactStatus
from tracing.contacts.queries import find_contact
from tracing.help_requests import queries as asked_help
from tracing.help_requests import services as help_requests
from tracing.kernel import events
from tracing.kernel.db import session

LUC = identity("Luc", "Morvan", phones=("+33639980009",))


def panel(page, title: str) -> str:
    """Return the words of a panel beside the file."""
    found = BeautifulSoup(page.text, "html.parser").select_one(f"[aria-labelledby={title}]")
    return found.get_text(" ", strip=True) if found else ""


def told(story: Story) -> tuple[int, str]:
    """A case that was told until when to isolate: its id, and its reference."""
    case = get_case(waiting_case(story.nantes, MARIE, at=NOW).case_id)
    last = NOW.date() + timedelta(days=7)
    case.isolation_measure, case.isolation_last_day, case.isolation_rule = "required", last, "P0-4a"
    case.told_at, case.told_last_day = NOW, last
    session.flush()
    return case.id, case.reference


def close_as_none(case_id: int, story: Story) -> None:
    cases.close(get_case(case_id), CaseOutcome.NOT_A_CASE, by=story.dora.id, at=NOW)
    session.flush()


def test_a_file_that_is_no_case_asks_nothing_and_keeps_what_was_said(browse: Browser, story: Story):
    case_id, reference = told(story)
    before = panel(read(browse, story.dora, reference), "decisions-title")
    close_as_none(case_id, story)

    page = read(browse, story.dora, reference)

    assert "mardi 17 mars inclus" in before
    assert "Plus rien n’est demandé" in panel(page, "decisions-title")
    assert "mardi 17 mars" not in panel(page, "decisions-title")
    assert "mardi 17 mars" in answer(page)["Ce qui lui a été dit"], "what was said stays said"


def test_nothing_is_asked_of_a_contact_for_a_meeting_that_does_not_count(browse: Browser, story: Story):
    case_id, reference = told(story)
    luc_id = contact(get_case(case_id), LUC, by=story.ada, at=NOW).id
    dora = browse.as_(story.dora)

    def decided(**known: object) -> str:
        luc = find_contact(luc_id)
        for name, value in known.items():
            setattr(luc, name, value)
        session.flush()
        address = dora.client.post("/files", data={"key": reference} | COMPLAINT).headers["Location"]
        return panel(dora.follow(f"{address}/follow", {"contact": luc_id}), "decisions-title")

    last = NOW.date() + timedelta(days=7)
    assert "mardi 17 mars inclus" in decided(quarantine_measure="required", quarantine_last_day=last)
    assert "hors de la période" in decided(is_outside=True)
    assert "retirée de la liste" in decided(is_outside=False, status=ContactStatus.REMOVED, removed_at=NOW)
    close_as_none(case_id, story)
    assert "n’est pas un cas" in decided(status=ContactStatus.INFORMED, removed_at=None)
    assert "mardi 17 mars inclus" in decided(awaits_result=True), (
        "with symptoms they stay at home all the same"
    )


def test_the_help_that_was_asked_for_stands_in_the_file_with_who_passed_it_on(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    reference = get_case(task.case_id).reference
    help_requests.ask(task, ["shopping", "money"], consents=True, by=agent(story.ada), at=NOW)
    shopping = next(one for one in asked_help.requests_of(task.id) if one.need == "shopping")
    help_requests.pass_on(shopping.id, by=agent(story.dora), at=NOW + timedelta(minutes=5))

    said = panel(read(browse, story.dora, reference), "help-title")

    assert "Courses et repas transmise" in said
    assert "par Dora" in said
    assert "Difficultés financières à transmettre" in said
    assert "notée par Ada" in said
    assert "pas un cas" not in said
    hidden = read(browse, story.olga, reference).text
    assert "Courses et repas" not in hidden, "what somebody needs is for whoever may ring them"


def test_help_of_a_file_that_is_no_case_is_to_be_asked_about(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    case_id, reference = task.case_id, get_case(task.case_id).reference
    help_requests.ask(task, ["shopping"], consents=True, by=agent(story.ada), at=NOW)
    dora = browse.as_(story.dora)
    assert "pas un cas" not in dora.get("/help-requests").text

    close_as_none(case_id, story)

    assert "si elle en a encore besoin" in dora.get("/help-requests").text
    assert "si elle en a encore besoin" in panel(read(browse, story.dora, reference), "help-title")


def test_within_one_second_what_follows_stands_above(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    by, case = agent(story.ada), get_case(task.case_id)
    call = calls.take_next(by, at=NOW)
    talk = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    ended = NOW + timedelta(minutes=9, milliseconds=400)
    for before in (timedelta(0), timedelta(milliseconds=300)):
        events.record(
            "case.closed",
            by=story.ada.id,
            at=ended - before,
            subject=("case", case.id),
            outcome=CaseOutcome.COMPLETED.value,
        )
    talk.outcome, talk.finished_at = CallOutcome.COMPLETED, ended
    calls.end(call, CallOutcome.COMPLETED, by=by, at=ended)

    page = BeautifulSoup(read(browse, story.dora, case.reference).text, "html.parser")

    said = [one.get_text(" ", strip=True) for one in page.select(".file-timeline .file-what")]
    words = ("Dossier clos", "Appel complet")
    happened = [word for one in said for word in words if word in one]
    assert happened == ["Dossier clos", "Dossier clos", "Appel complet"]
