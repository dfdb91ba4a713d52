"""Possible duplicates: the page with both records, its keys, and what a later lot makes of the answers."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.lots import arrival, lot_of
from tests.support.pairs import MARIE, SPELT_OTHERWISE, first_call, pair
from tests.support.story import agent, contact, identity, member
from tracing.cases.models import Case, LabResult
from tracing.duplicates import queries, services
from tracing.duplicates.errors import TwoWorlds
from tracing.duplicates.words import WHY_WORDS
from tracing.imports.jobs import load
from tracing.kernel.events import Event, IdentityAccess
from tracing.people import queries as people
from tracing.people.models import PairState, Person, PossibleDuplicate
from tracing.people.nir import key_of
from tracing.people.rules import Why
from tracing.queue import queries as queue
from tracing.queue.models import TaskState
from tracing.staff.models import Role
from tracing.staff.scope import scope_of

DAY = timedelta(days=1)
NIRS = ("280057510000174", "280057510000271")
ANNE = {
    "NOM_NAISSANCE": "LE GOFF",
    "PRENOMS": "Anne",
    "DATE_NAISSANCE": "20/07/1985",
    "TEL_MOBILE": "0639980101",
    "DATE_EXTRACTION": "10/03/2026 08:00",
    "DATE_PRELEVEMENT": "09/03/2026 08:00",
}
MISSPELT = ANNE | {"NOM_NAISSANCE": "LE GOF"}


@pytest.fixture
def ivan(browse, story):
    return browse.as_(story.ivan)


@pytest.fixture
def doubt(story):
    """Marie, known and sampled long ago, and the newcomer who may be her."""
    known = first_call(story, MARIE, sampled_at=NOW - 90 * DAY, at=NOW - DAY)
    new = first_call(story, replace(SPELT_OTHERWISE, phones=MARIE.phones, email="m@example.org"), at=NOW)
    return ids_of(pair(new.person_id, known.person_id, at=NOW))


class Ids(NamedTuple):
    """A pair by its ids: every page ends the session that its rows were read in."""

    id: int
    person_id: int
    other_id: int


def ids_of(found):
    return Ids(found.id, found.person_id, found.other_id)


def state_of(found, session):
    return session.get_one(PossibleDuplicate, found.id).state


def row_of(page, name):
    """Return the text of one row of the comparison."""
    found = re.search(rf'<tr class="[^"]*">\s*<th scope="row">{name}</th>(.*?)</tr>', page, re.DOTALL)
    assert found, name
    return re.sub(r"\s+", " ", re.sub(r"<(?!mark|/mark)[^>]+>", " ", found[1])).strip()


# -- the page ----------------------------------------------------------------------------------------


def test_both_records_stand_side_by_side_with_what_differs_marked_in_words(ivan, doubt):
    page = ivan.get("/pairs").text

    assert "1 paire à comparer." in page
    assert "diffèrent d’une lettre" in page
    assert row_of(page, "Nom de naissance") == "DUPON<mark>T</mark> DUPON<mark>D</mark> une lettre"
    assert row_of(page, "Naissance") == "17/05/1980 17/05/1980 identique"
    assert row_of(page, "Numéros") == "06 39 98 00 01 en commun 06 39 98 00 01 en commun identique"
    assert row_of(page, "Courriel") == "rien m@example.org d’un seul côté"
    assert ">NIR<" not in page


def test_past_episodes_of_each_stand_beside_with_their_contacts_and_calls(ivan, doubt, story, session):
    case = session.scalars(select(Case).where(Case.person_id == doubt.other_id)).one()
    contact(case, identity("Luc", phones=()), by=story.ada, at=NOW)

    files = row_of(ivan.get("/pairs").text, "Dossiers")

    known, newcomer = files.split("P0-")[1:]
    assert known.startswith(case.reference.removeprefix("P0-"))
    assert "mercredi 10 décembre 2025" in known
    assert "1 contact nommé" in known
    assert "À appeler" in known
    assert "lundi 9 mars" in newcomer
    assert "0 contact nommé" in newcomer


def test_that_both_were_seen_is_recorded(ivan, doubt, story, session):
    viewer = story.ivan.id
    ivan.get("/pairs")

    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.why == "pair")).one()
    assert seen.viewer_id == viewer
    assert set(seen.people) == {f"person:{doubt.other_id}", f"person:{doubt.person_id}"}


def test_every_reason_for_a_comparison_has_its_words():
    assert set(WHY_WORDS) == set(Why)


def test_keys_are_on_the_buttons_and_each_button_is_a_form_of_its_own(ivan, doubt):
    page = ivan.get("/pairs").text

    keys = re.findall(r'data-key="(\w)" data-key-label="([^"]+)"', page)
    assert [key for key, _label in keys] == ["m", "d", "p"]
    assert page.count(f'action="/pairs/{doubt.id}/') == 3


def test_the_same_person_with_one_key_then_the_next_pair_and_a_way_back(ivan, doubt, session):
    page = ivan.follow(f"/pairs/{doubt.id}/same").text

    assert "Aucune paire à comparer" in page
    assert "Même personne" in page
    assert f'action="/pairs/{doubt.id}/take-back"' in page
    assert session.get_one(Person, doubt.person_id).same_as == doubt.other_id

    back = ivan.follow(f"/pairs/{doubt.id}/take-back").text

    assert "de nouveau à comparer" in back
    assert "DUPON<mark>D</mark>" in back
    assert session.get_one(Person, doubt.person_id).same_as is None


def test_the_way_back_is_offered_for_a_moment_and_later_in_the_list(ivan, doubt, clock):
    address = ivan.post(f"/pairs/{doubt.id}/different").headers["Location"]
    assert "take-back" in ivan.get(address).text

    clock.move_to(NOW + timedelta(minutes=11))

    assert "take-back" not in ivan.get(address).text
    listed = ivan.get("/pairs/decided").text
    assert "Deux personnes" in listed
    assert "Ivan" in listed
    assert "DUPON" not in listed
    assert f'action="/pairs/{doubt.id}/take-back"' in listed


def test_later_puts_a_pair_behind_the_others(ivan, doubt, story):
    other = first_call(story, identity("Paul", "MARTIN", phones=("+33639980031",)), at=NOW)
    second = ids_of(pair(other.person_id, doubt.other_id, at=NOW))
    scope = scope_of(agent(story.ivan))

    page = ivan.follow(f"/pairs/{doubt.id}/later").text

    assert "Remis à plus tard" in page
    assert "MARTIN" in page
    ivan.post(f"/pairs/{second.id}/later")
    assert "Remis à plus tard" in ivan.get("/pairs").text
    assert queries.next_pair(scope).id == doubt.id


def test_nirs_that_contradict_are_asked_about_twice(ivan, story, session):
    known, new = (first_call(story, replace(MARIE, nir=nir), at=NOW) for nir in NIRS)
    found = ids_of(pair(new.person_id, known.person_id, at=NOW))
    numbers = row_of(ivan.get("/pairs").text, "NIR")
    assert numbers == "2 80 05 75 100 00<mark>1 74</mark> 2 80 05 75 100 00<mark>2 71</mark> différent"

    asked = ivan.post(f"/pairs/{found.id}/same", status=409).text

    assert "Deux NIR valables, et ils diffèrent" in asked
    assert 'data-key="m"' not in asked
    assert session.get_one(Person, found.person_id).same_as is None
    ivan.follow(f"/pairs/{found.id}/same", {"sure": "1"})
    assert session.get_one(Person, found.person_id).same_as == found.other_id


def test_a_second_click_leads_on_and_a_colleague_who_was_slower_is_told(ivan, doubt, story, browse):
    colleague = browse.as_(member("ines", "Inès", (Role.IMPORTER, story.nantes), at=NOW))
    ivan.post(f"/pairs/{doubt.id}/same")

    ivan.post(f"/pairs/{doubt.id}/same")
    assert "Quelqu’un vient de décider" in colleague.post(f"/pairs/{doubt.id}/different", status=409).text


def test_a_decided_pair_can_be_looked_at_again(ivan, doubt):
    ivan.post(f"/pairs/{doubt.id}/different")

    page = ivan.get(f"/pairs/{doubt.id}").text

    assert "Deux personnes" in page
    assert "Reprendre la décision" in page
    assert 'data-key="m"' not in page


def test_a_record_behind_another_is_named_and_its_episodes_stand_with_it(ivan, doubt, story, session):
    third = first_call(story, replace(MARIE, birth_name="DUPON", phones=("+33639980044",)), at=NOW)
    services.merge(doubt.id, by=agent(story.ivan), at=NOW)
    pair(third.person_id, doubt.other_id, at=NOW)

    page = ivan.get("/pairs").text

    assert "réunie avec" in page
    assert "DUPOND Marie" in page
    assert page.count("P0-26-") == 3


def test_a_pair_that_other_answers_settled_is_not_asked_and_comes_back_with_them(doubt, story, ivan, session):
    by = agent(story.ivan)
    third = first_call(story, replace(MARIE, birth_name="DUPON"), at=NOW)
    first, second = (
        pair(third.person_id, doubt.other_id, at=NOW),
        pair(third.person_id, doubt.person_id, at=NOW),
    )
    scope = scope_of(agent(story.ivan))
    services.merge(doubt.id, by=by, at=NOW)
    services.merge(first.id, by=by, at=NOW)

    assert queries.open_count(scope) == 0
    assert "Aucune paire à comparer" in ivan.get("/pairs").text

    services.take_back(first.id, by=by, at=NOW)
    assert queries.next_pair(scope).id == first.id
    assert queries.open_count(scope) == 2
    assert state_of(second, session) is PairState.OPEN


def test_a_pair_with_an_erased_identity_is_no_longer_asked_and_says_so(ivan, doubt, session):
    session.get_one(Person, doubt.other_id).sealed = None
    session.commit()

    assert "Aucune paire à comparer" in ivan.get("/pairs").text
    page = ivan.get(f"/pairs/{doubt.id}").text
    assert "DUPON" not in page
    assert 'data-key="m"' not in page


def test_the_rail_says_how_many_wait(ivan, doubt):
    assert re.search(r"Doublons possibles</span><span class=\"rail-badge\">1<", ivan.get("/lots").text)


@pytest.mark.parametrize("who", ["ada", "ben", "dora", "rose", "olga", "gaston"])
def test_nobody_but_an_import_officer_compares(browse, story, doubt, session, who):
    other = browse.as_(getattr(story, who), site=story.nantes)

    for path in ("/pairs", f"/pairs/{doubt.id}", "/pairs/decided"):
        assert "DUPON" not in other.get(path, status=403).text
    for action in ("same", "different", "later", "take-back"):
        other.post(f"/pairs/{doubt.id}/{action}", status=403)
    assert session.scalar(select(func.count()).select_from(IdentityAccess)) == 0
    assert state_of(doubt, session) is PairState.OPEN


def test_an_import_officer_of_another_site_finds_nothing(browse, story, doubt):
    elsewhere = browse.as_(member("ines", "Inès", (Role.IMPORTER, story.ajaccio), at=NOW))

    assert "Aucune paire à comparer" in elsewhere.get("/pairs").text
    elsewhere.get(f"/pairs/{doubt.id}", status=404)
    elsewhere.post(f"/pairs/{doubt.id}/same", status=404)
    elsewhere.get(f"/pairs?decided={doubt.id}", status=404)


def test_no_identity_is_in_an_address_or_in_what_happened(ivan, doubt, session):
    sent = ivan.post(f"/pairs/{doubt.id}/same")

    told = str([(event.kind, event.detail) for event in session.scalars(select(Event))])
    assert "DUPON" not in told + sent.headers["Location"]


# -- what a later lot makes of the answers -----------------------------------------------------------


def take_in(*lines):
    return load(arrival("lot.csv.p7m", lot_of(lines)))


def the_pair(session):
    return session.scalars(select(PossibleDuplicate)).one()


def test_a_line_that_matches_a_merged_person_joins_them_and_brings_no_second_call(story, session):
    take_in(ANNE | {"ID_RESULTAT": "1"})
    report = take_in(MISSPELT | {"ID_RESULTAT": "2"})
    assert report["possible_duplicates"] == 1
    services.merge(the_pair(session).id, by=agent(story.ivan), at=NOW)

    again = take_in(MISSPELT | {"ID_RESULTAT": "3", "DATE_PRELEVEMENT": "08/03/2026 08:00"})

    assert (again["repeat"], again["created"], again["possible_duplicates"]) == (1, 0, 0)
    assert session.scalar(select(func.count()).select_from(Case)) == 2
    assert session.scalar(select(func.count()).select_from(LabResult)) == 3
    lead = people.records_of_same_person(the_pair(session).person_id)[0]
    assert [task.state for task in queue.tasks_of_person(lead)].count(TaskState.OPEN) == 1


def test_the_sixty_days_count_from_the_case_of_either_record_and_episodes_go_on_counting(story, session):
    old = {"DATE_EXTRACTION": "02/01/2026 08:00", "DATE_PRELEVEMENT": "01/01/2026 08:00"}
    take_in(ANNE | old | {"ID_RESULTAT": "1"})
    take_in(MISSPELT | {"ID_RESULTAT": "2"})
    services.merge(the_pair(session).id, by=agent(story.ivan), at=NOW)

    report = take_in(
        ANNE | {"ID_RESULTAT": "3", "DATE_PRELEVEMENT": "08/03/2026 08:00"},
        ANNE
        | {
            "ID_RESULTAT": "4",
            "DATE_EXTRACTION": "02/09/2025 08:00",
            "DATE_PRELEVEMENT": "01/09/2025 08:00",
        },
    )

    assert (report["repeat"], report["created"], report["new_episodes"]) == (1, 1, 1)
    newest = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
    assert newest.person_id == people.records_of_same_person(newest.person_id)[0]
    assert newest.episode == max(session.scalars(select(Case.episode)))


def test_a_line_without_a_number_is_callable_by_that_of_the_other_record(story, session):
    old = {"DATE_EXTRACTION": "02/11/2025 08:00", "DATE_PRELEVEMENT": "01/11/2025 08:00"}
    take_in(ANNE | old | {"ID_RESULTAT": "1", "TEL_MOBILE": ""})
    take_in(MISSPELT | old | {"ID_RESULTAT": "2"})
    silent, numbered = session.scalars(select(Person.id).order_by(Person.id)).all()
    services.merge(pair(numbered, silent, at=NOW).id, by=agent(story.ivan), at=NOW)

    take_in(ANNE | {"ID_RESULTAT": "3", "TEL_MOBILE": ""})

    newest = queue.tasks_of_person(silent)[0]
    assert newest.state is TaskState.OPEN
    assert newest.household_id == people.get_person(numbered).household_id


def test_after_taking_back_each_line_finds_its_own_person_again(story, session):
    take_in(ANNE | {"ID_RESULTAT": "1"})
    take_in(MISSPELT | {"ID_RESULTAT": "2"})
    by = agent(story.ivan)
    services.merge(the_pair(session).id, by=by, at=NOW)
    services.take_back(the_pair(session).id, by=by, at=NOW)

    report = take_in(MISSPELT | {"ID_RESULTAT": "3", "DATE_PRELEVEMENT": "08/03/2026 08:00"})

    assert (report["repeat"], report["created"]) == (1, 0)
    joined = session.scalars(select(LabResult).where(LabResult.source_result_id == "3")).one()
    assert session.get_one(Case, joined.case_id).person_id == the_pair(session).person_id


def test_two_people_who_are_not_the_same_are_never_asked_about_again(story, session):
    take_in(ANNE | {"ID_RESULTAT": "1"})
    take_in(MISSPELT | {"ID_RESULTAT": "2"})
    services.keep_apart(the_pair(session).id, by=agent(story.ivan), at=NOW)

    report = take_in(
        ANNE | {"ID_RESULTAT": "3", "DATE_PRELEVEMENT": "08/03/2026 08:00"},
        MISSPELT | {"ID_RESULTAT": "4", "DATE_PRELEVEMENT": "08/03/2026 08:00"},
    )

    assert (report["repeat"], report["possible_duplicates"]) == (2, 0)
    assert the_pair(session).state is PairState.DIFFERENT
    assert queries.open_count(scope_of(agent(story.ivan))) == 0


def test_the_same_lot_twice_makes_nobody_a_duplicate_of_themselves(session):
    lines = [ANNE | {"ID_RESULTAT": "1"}, MISSPELT | {"ID_RESULTAT": "2"}]
    take_in(*lines)

    again = take_in(*lines)

    assert (again["duplicate"], again["possible_duplicates"]) == (2, 0)
    assert session.scalar(select(func.count()).select_from(PossibleDuplicate)) == 1


def test_a_line_that_several_people_match_is_compared_with_each_and_with_a_merged_one_once(story, session):
    bodies = ("2850744109001", "2850744109245")
    numbered = [
        ANNE | {"NIR": f"{body}{key_of(body):02}", "ID_RESULTAT": f"N{n}", "TEL_MOBILE": f"063998010{n}"}
        for n, body in enumerate(bodies)
    ]
    take_in(*numbered)
    first = the_pair(session)

    report = take_in(ANNE | {"ID_RESULTAT": "X", "TEL_MOBILE": "0639980109"})
    assert (report["created"], report["possible_duplicates"]) == (1, 1)
    assert session.scalar(select(func.count()).select_from(PossibleDuplicate)) == 3

    services.merge(first.id, is_sure=True, by=agent(story.ivan), at=NOW)
    asked = session.scalars(select(PossibleDuplicate).where(PossibleDuplicate.state == PairState.OPEN)).all()
    assert len(asked) == 2
    services.merge(asked[0].id, by=agent(story.ivan), at=NOW)
    assert queries.open_count(scope_of(agent(story.ivan))) == 0


def test_a_lot_in_a_training_site_never_meets_a_real_person(story, session):
    take_in(ANNE | {"ID_RESULTAT": "1"})
    real = session.scalars(select(Person)).one()
    invented = first_call(
        story, identity("Anne", "LE GOF", born=date(1985, 7, 20), phones=("+33639980101",)), at=NOW
    )
    session.get_one(Person, invented.person_id).is_invented = True
    found = pair(invented.person_id, real.id, at=NOW)

    with pytest.raises(TwoWorlds):
        services.merge(found.id, is_sure=True, by=agent(story.ivan), at=NOW)
