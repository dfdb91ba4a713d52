"""A file is found by an exact key and for a reason, at the site that follows the person; there is nothing to browse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.story import Story, contact, identity, member, waiting_case
from tests.support.web import Browser
from tracing.casefiles import rules
from tracing.casefiles.models import FileOpening, FileSearch
from tracing.casefiles.rules import FileReason
from tracing.cases.models import Case
from tracing.cases.queries import get_case
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event, IdentityAccess
from tracing.queue import services as queue
from tracing.queue.models import TaskState
from tracing.staff.models import Role
from tracing.vault import services as vault

NIR = "280054410900140"
MARIE = identity("Marie", "Kerguelen", nir=NIR)
LUC = identity("Luc", "Morvan", phones=("+33639980002",))
ASKS = {"reason": FileReason.ASKS.value}
BY_NAME = {"name": "kerguelen", "given": "Marie", "born": "1980-05-17"} | ASKS


def opened(story: Story, site=None) -> Case:
    return get_case(waiting_case(site or story.nantes, MARIE, at=NOW).case_id)


@pytest.mark.parametrize("key", ["reference", "06 39 98 00 01", "2 80 05 44 109 001 40", "name"])
def test_each_exact_key_leads_to_the_file(browse: Browser, story: Story, key):
    case = opened(story)
    form = BY_NAME if key == "name" else {"key": case.reference.lower() if key == "reference" else key} | ASKS

    page = browse.as_(story.dora).follow("/files", form)

    assert f"Dossier {case.reference}" in page.text
    assert "KERGUELEN Marie" in page.text


def test_a_usual_name_finds_who_is_married(browse: Browser, story: Story):
    waiting_case(story.nantes, MARIE, at=NOW)
    who = replace(identity("Jeanne", "Martin", phones=("+33639980002",)), usual_name="Le Goff")
    married = get_case(waiting_case(story.nantes, who, at=NOW).case_id)

    page = browse.as_(story.dora).follow("/files", BY_NAME | {"name": "Le Goff", "given": "Jeanne"})

    assert f"Dossier {married.reference}" in page.text


def test_a_shared_number_shows_who_is_behind_it_and_one_is_chosen(browse: Browser, story: Story):
    case = opened(story)
    contact(case, identity("Luc", "Kerguelen", born=None), by=story.ada, at=NOW + timedelta(minutes=1))
    dora = browse.as_(story.dora)

    page = dora.follow("/files", {"key": "0639980001"} | ASKS)

    assert "Dossiers trouvés" in page.text
    assert page.text.index("KERGUELEN Luc") < page.text.index("KERGUELEN Marie")
    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.viewer_id == story.dora.id)).one()
    assert (seen.why, len(seen.people)) == ("search", 2)


def test_a_search_is_kept_with_its_reason_and_names_nobody(browse: Browser, story: Story):
    case = opened(story)

    browse.as_(story.dora).follow("/files", BY_NAME | {"words": "la sœur de Marie se plaint"})

    search = session.scalars(select(FileSearch)).one()
    assert (search.member_id, search.reason, search.found) == (story.dora.id, FileReason.ASKS, 1)
    told = [one for one in session.scalars(select(Event)) if one.kind.startswith("file.")]
    assert [one.kind for one in told] == ["file.searched", "file.opened"]
    assert not any(word in str(one.detail).lower() for one in told for word in ("kerguelen", "sœur", "1980"))
    assert told[1].detail["case"] == case.id
    sealed = vault.find_unsealed("file_searches", search.id, search.cohort, search.sealed)
    assert sealed == {"words": "la sœur de Marie se plaint"}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"key": "0639980001"}, "Choisissez un motif."),
        (ASKS, "Tapez une référence, un numéro, ou le nom avec la date de naissance."),
        ({"name": "Kerguelen"} | ASKS, "il faut le nom, le prénom et la date de naissance"),
        ({"key": "0639980001", "name": "Kerguelen"} | ASKS, "pas les deux à la fois"),
        ({"key": "kerguelen"} | ASKS, "ni une référence, ni un numéro de téléphone"),
        ({"key": "0639980001", "reason": "other"}, "Dites en quelques mots pourquoi."),
    ],
)
def test_half_a_key_or_no_reason_finds_nothing(browse: Browser, story: Story, form, said):
    opened(story)

    page = browse.as_(story.dora).post("/files", form, status=422)

    assert said in page.text
    assert session.scalar(select(func.count()).select_from(FileSearch)) == 0


def test_another_sites_person_is_not_shown_but_the_site_is_said(browse: Browser, story: Story):
    case = opened(story, story.ajaccio)

    page = browse.as_(story.dora).follow("/files", {"key": case.reference} | ASKS)

    assert "Adressez-vous au site Ajaccio" in page.text
    assert "KERGUELEN" not in page.text
    assert case.reference not in page.text


def test_training_and_real_people_are_not_found_from_each_other(browse: Browser, story: Story):
    real = opened(story)
    trainer = member("zoe", "Zoé", (Role.SUPERVISOR, story.school), at=NOW)
    zoe = browse.as_(trainer)

    for form in ({"key": real.reference} | ASKS, {"key": "0639980001"} | ASKS, BY_NAME):
        page = zoe.follow("/files", form)
        assert "Aucun dossier" in page.text

    invented = get_case(waiting_case(story.school, MARIE, at=NOW).case_id)
    assert invented.reference in zoe.follow("/files", BY_NAME).text
    assert real.reference in browse.as_(story.dora).follow("/files", BY_NAME).text


def test_who_sees_all_lots_sees_no_file(browse: Browser, story: Story):
    visitors = [browse.as_(who) for who in (story.ivan, story.ada, story.rose, story.gaston)]

    for visitor in visitors:
        visitor.get("/files", status=403)
        assert "Chercher un dossier" not in visitor.get("/account").text


def test_guessing_keys_is_stopped_sooner_than_finding(browse: Browser, story: Story, clock):
    opened(story)
    dora = browse.as_(story.dora)
    for number in range(rules.MOST_IN_VAIN):
        dora.post("/files", {"key": f"06 39 98 01 {number:02}"} | ASKS)

    refused = dora.post("/files", {"key": "0639980001"} | ASKS, status=429)

    assert "rien n’a été cherché" in refused.text
    kinds = session.scalars(select(Event.kind).where(Event.by_id == story.dora.id)).all()
    assert kinds.count("file.search_refused") == 1
    clock.move_to(NOW + rules.SEARCH_WINDOW + timedelta(minutes=1))
    browse.as_(story.dora).post("/files", {"key": "0639980001"} | ASKS)


def test_an_opened_file_is_its_finders_for_an_hour(browse: Browser, story: Story, clock):
    case = opened(story)
    dora = browse.as_(story.dora)
    dora.post("/files", {"key": case.reference} | ASKS)
    address = f"/files/{session.scalars(select(FileOpening)).one().id}"
    other = member("eva", "Eva", (Role.SUPERVISOR, story.nantes), at=NOW)

    dora.get(address)
    browse.as_(other).get(address, status=404)
    clock.move_to(NOW + rules.OPEN_FOR)
    gone = browse.as_(story.dora).get(address, status=410)

    assert "Cherchez-le de nouveau" in gone.text


def test_a_supervisor_opens_what_is_on_their_lists_and_nothing_else(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    dora = browse.as_(story.dora)

    address = f"/files/of-call/{task.id}"
    with transaction():
        queue.close_task(task, TaskState.UNREACHABLE, by=story.ada.id, at=NOW)
        unreached = f"/files/of-call/{waiting_case(story.nantes, LUC, at=NOW).id}"

    page = dora.follow(address)
    dora.post(unreached, status=404)

    assert "KERGUELEN Marie" in page.text
    assert "Un superviseur décide de la suite" in page.text


def test_a_page_that_shows_a_reference_leads_to_the_search_with_it_and_with_nothing_else(
    browse: Browser, story: Story
):
    dora = browse.as_(story.dora)

    assert 'value="P0-26-000123-7"' in dora.get("/files?reference=P0-26-000123-7").text
    assert "0639980001" not in dora.get("/files?reference=0639980001").text


def test_a_call_covered_by_the_one_of_another_record_is_said_so(browse: Browser, story: Story):
    first = waiting_case(story.nantes, MARIE, at=NOW)
    other = waiting_case(story.nantes, LUC, at=NOW)
    with transaction():
        queue.close_task(other, TaskState.CANCELLED, by=story.ivan.id, at=NOW)
        other.covered_by = first.id
        reference = get_case(other.case_id).reference

    page = browse.as_(story.dora).follow("/files", {"key": reference} | ASKS)

    assert "n’est appelée qu’une fois" in page.text
