"""Tracers call for another site for some hours, and come back by themselves."""

from datetime import timedelta

from tests.conftest import NOW, Clock
from tests.desk.walking import take_call
from tests.support.story import Story, identity, waiting_case
from tests.support.web import Browser
from tracing.calls import queries as calls
from tracing.queue.maintenance.absence_jobs import handle_absences
from tracing.staff import loans
from tracing.staff import queries as staff


def lend_one(browse: Browser, story: Story) -> None:
    form = {"number": "1", "site": str(story.ajaccio.id), "until": "10:15"}
    assert "1 enquêteur est prêté" in browse.as_(story.dora).follow("/team/loans", form).text


def call_of(path: str):
    return calls.get_call(int(path.rsplit("/", maxsplit=1)[1]))


def test_a_lent_tracer_calls_for_the_other_site_and_comes_back(browse: Browser, story: Story, clock: Clock):
    waiting_case(story.ajaccio, at=NOW)
    ajaccio, nantes = story.ajaccio.id, story.nantes.id
    ada = browse.as_(story.ada)
    lend_one(browse, story)

    call = take_call(ada).call
    assert call_of(call).site_id == ajaccio
    at = clock.move_to(NOW + timedelta(minutes=20))
    assert handle_absences(at) == 0, "the call is ended first"
    ada.get(call)
    ada.post(f"{call}/give-back")
    assert handle_absences(clock.move_to(at + timedelta(minutes=1))) == 1
    assert loans.open_loans(nantes) == []
    assert staff.get_member(story.ada.id).lent_to is None
    assert "Nantes" in ada.get("/account").text
    ada.get(call, status=404)


def test_a_supervisor_calls_somebody_back(browse: Browser, story: Story):
    ajaccio = story.ajaccio.id
    browse.as_(story.ada)
    lend_one(browse, story)
    [loan] = loans.open_loans(ajaccio)
    loan_id = loan.id

    browse.as_(story.dora).follow(f"/team/loans/{loan_id}/take-back")

    assert loans.open_loans(ajaccio) == []


def test_whoever_is_called_back_in_a_call_ends_it_first(browse: Browser, story: Story, clock: Clock):
    waiting_case(story.ajaccio, at=NOW)
    ada, dora = browse.as_(story.ada), browse.as_(story.dora)
    lend_one(browse, story)
    loan_id = loans.open_loans(story.nantes.id)[0].id
    call = take_call(ada).call

    said = dora.follow(f"/team/loans/{loan_id}/take-back")

    assert "Le prêt finit avec l’appel en cours" in said.text
    ada.get(call)
    ada.post(f"{call}/give-back")
    assert handle_absences(clock.move_to(NOW + timedelta(minutes=1))) == 1
    assert loans.open_loans(story.nantes.id) == []


def test_nobody_on_a_call_is_lent(browse: Browser, story: Story):
    waiting_case(story.nantes, identity(), at=NOW)
    take_call(browse.as_(story.ada))
    form = {"number": "3", "site": str(story.ajaccio.id), "until": "12:00"}

    page = browse.as_(story.dora).post("/team/loans", form, status=422)

    assert "Personne n’est présent et libre" in page.text


def test_nobody_is_lent_to_the_school_or_until_a_time_past(browse: Browser, story: Story):
    browse.as_(story.ada)
    dora, school, ajaccio = browse.as_(story.dora), str(story.school.id), str(story.ajaccio.id)

    dora.post("/team/loans", {"number": "1", "site": school, "until": "12:00"}, status=422)
    dora.post("/team/loans", {"number": "1", "site": ajaccio, "until": "09:00"}, status=422)
