"""The note of a parent whose child must stay at home: in the parent's name, one at a time, for the days of the child."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.sickleave.conftest import OnThePhone, on_the_phone
from tests.sickleave.test_documents import hints_in
from tests.sickleave.test_issuing_a_note import notes, read
from tests.sickleave.test_mending_a_note import sampled
from tests.support.pages import check_fragment
from tests.support.story import agent, identity, waiting_case
from tracing.cases import queries as cases
from tracing.cases import services as case_services
from tracing.kernel.db import session
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import isolation, note_rule
from tracing.programmes.vocabulary import Scheme, Subject, Vaccination
from tracing.queue import queries as queue
from tracing.sickleave import queries as note_queries
from tracing.sickleave.models import NoteKind, NoteState
from tracing.sickleave.reasons import Reason
from tracing.sickleave.rules import NoteAllowed, NoteMend, NoteRefused, NoteRequest, decide_note

CHILD = {"person_on_line": "representative", "representative_confirmed": "yes", "has_symptoms": "no"}
PARENT = {
    "note-first_names": "Claire",
    "note-birth_name": "Dupont",
    "note-birth_date": "1984-06-02",
    "note-address": "3 rue des Lilas",
    "note-postcode": "44000",
    "note-city": "Nantes",
    "note-address_confirmed": "y",
    "note-nir": "284064410900103",
    "note-scheme": "RG",
    "note-last_work_on": "2026-03-09",
    "note-sworn": "y",
}


def nir(body: str) -> str:
    return f"{body}{97 - int(body) % 97:02}"


PARENT["note-nir"] = nir("2840644109001")
ON = date(2022, 1, 10)


@pytest.fixture
def child(story) -> OnThePhone:
    """Zoé, nine years old, sampled on 9 March: her mother answers for her."""
    task = waiting_case(story.nantes, identity("Zoé", born=date(2016, 9, 1)), at=NOW)
    case = cases.get_case(task.case_id)
    zone = agent(story.ada).site.time_zone
    case_services.decide(case, onset_on=None, vaccination="none", age=9, zone=zone, by=None, at=NOW)
    return on_the_phone(story.ada, task, CHILD)


def asked(**other) -> NoteRequest:
    pack = get_pack("covid19")
    known = {
        "pack": pack,
        "subject": Subject.CASE,
        "on": ON,
        "measure": isolation(pack, onset=ON, sampled=None, vaccination=Vaccination.INCOMPLETE, on=ON, age=9),
        "age": 38,
        "scheme": Scheme.RG,
        "can_telework": False,
        "sworn": True,
        "identity_verified": True,
        "for_child": True,
        "child_age": 9,
        "free_from": ON,
    }
    return NoteRequest(**(known | other))


def test_the_days_are_those_of_the_child_and_the_rule_says_how_sure_it_is():
    request = asked()

    found = decide_note(request)

    assert isinstance(found, NoteAllowed)
    assert (found.first_day, found.last_day) == (ON, request.measure.last_day_in)
    assert (found.rule.rule_id, found.rule.mark) == ("N-6.p", "unsure")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"child_age": 16}, Reason.CHILD_TOO_OLD),
        ({"child_age": None}, Reason.CHILD_AGE_UNKNOWN),
        ({"parent_on_line": False}, Reason.PARENT_NOT_ON_LINE),
        ({"other_parent": ((ON, ON + timedelta(days=3)),)}, Reason.OTHER_PARENT),
        ({"scheme": Scheme.FP_ETAT}, Reason.CIVIL_SERVANT_PARENT),
        ({"scheme": Scheme.MSA}, Reason.OTHER_FUND),
        ({"in_hospital": True}, Reason.CHILD_IN_HOSPITAL),
        ({"sworn": False}, Reason.NOT_SWORN),
        ({"free_from": ON + timedelta(days=30)}, Reason.WORKED),
    ],
)
def test_a_parent_has_none_when(other, why):
    found = decide_note(asked(**other))

    assert isinstance(found, NoteRefused)
    assert found.reason is why
    assert found.sentence


@pytest.mark.parametrize(
    ("subject", "on", "rule", "issuer"),
    [
        (Subject.CONTACT, date(2020, 11, 1), "N-6", "fund"),
        (Subject.CASE, date(2021, 12, 31), "N-6.0", "unknown"),
        (Subject.CASE, date(2022, 1, 1), "N-6.p", "fund"),
        (Subject.CASE, date(2023, 1, 31), "N-6.p", "fund"),
        (Subject.CONTACT, date(2023, 2, 1), "N-7", "doctor"),
    ],
)
def test_the_rule_has_its_dates_and_what_no_source_says_is_asked_of_a_doctor(subject, on, rule, issuer):
    found = note_rule(get_pack("covid19"), subject, on, for_parent=True)

    assert found is not None
    assert (found.id, found.issuer) == (rule, issuer)


def test_a_childs_measure_without_an_end_gives_no_note_yet():
    endless = replace(asked().measure, last_day_in=None)

    found = decide_note(asked(measure=endless))

    assert isinstance(found, NoteRefused)
    assert found.reason is Reason.CHILD_RESULT_AWAITED


def test_a_parent_who_has_a_note_of_their_own_goes_on_from_it():
    own = (ON, ON + timedelta(days=2))

    found = decide_note(asked(other_notes=(own,)))

    assert isinstance(found, NoteAllowed)
    assert found.first_day == own[1] + timedelta(days=1)


def test_the_note_is_the_parents_for_the_childs_days(browse, story, child):
    ada = browse.as_(story.ada)
    offered = ada.fragment(child.path, method="get")
    check_fragment(offered.text)
    assert "Arrêt d’un parent" in offered.text
    assert "à confirmer" in offered.text

    issued = ada.fragment(f"{child.path}?parent=new", PARENT)

    check_fragment(issued.text)
    [note] = notes(session)
    case = cases.get_case(queue.get_task(child.task_id).case_id)
    assert (note.kind, note.task_id) == (NoteKind.PARENT, child.task_id)
    assert (note.first_day, note.last_day) == (date(2026, 3, 10), case.isolation_last_day)
    who = people.find_joint_identity(note.person_id)
    assert (who.first_names, who.nir, who.address) == ("Claire", PARENT["note-nir"], "3 rue des Lilas")
    assert "à Claire DUPONT" in issued.text.replace("À", "à")
    # the child keeps its own record
    assert people.find_joint_identity(queue.get_task(child.task_id).person_id).first_names == "Zoé"


def test_neither_paper_says_how_the_child_is_and_the_employers_nothing_of_a_child(
    browse, story, child, session
):
    ada = browse.as_(story.ada)
    ada.fragment(f"{child.path}?parent=new", PARENT)
    [note] = notes(session)

    employer = read(ada.get(f"/sick-notes/{note.id}/employer").data)
    insured = read(ada.get(f"/sick-notes/{note.id}/insured").data)

    assert hints_in(employer) == []
    assert "Claire" in employer
    for word in ("enfant", "parent", "Zoé"):
        assert word not in employer.casefold().replace("parents", "")
    assert "Parent d’un enfant qui doit rester à la maison" in insured
    assert "seul parent à demander" in insured
    for word in ("Prélèvement", "positive", "Zoé", "Premiers signes"):
        assert word not in insured


def test_sent_twice_it_makes_one_note_and_one_person(browse, story, child):
    ada = browse.as_(story.ada)
    before = len(session.scalars(select(Person.id)).all())
    for _ in range(2):
        ada.fragment(f"{child.path}?parent=new", PARENT)

    assert len(notes(session)) == 1
    assert len(session.scalars(select(Person.id)).all()) == before + 1


def test_a_refused_parent_is_typed_once(browse, story, child):
    ada = browse.as_(story.ada)
    before = len(session.scalars(select(Person.id)).all())
    refused = ada.fragment(f"{child.path}?parent=new", PARENT | {"note-scheme": "FP_ETAT"}, status=422)
    assert "Agent public" in refused.text
    assert "C’est un autre parent" in refused.text or "C’est Claire" in refused.text

    ada.fragment(f"{child.path}?parent=new", PARENT)

    assert len(session.scalars(select(Person.id)).all()) == before + 1
    assert len(notes(session)) == 1


def test_a_wrong_parent_in_the_address_names_nobody(browse, story, child):
    stranger = people.get_person(queue.get_task(child.task_id).person_id).id

    page = browse.as_(story.ada).fragment(f"{child.path}?parent={stranger}", method="get")

    assert "demandez-la" in page.text


def test_the_second_parent_is_told_that_one_stands_and_not_whose(browse, story, child):
    ada = browse.as_(story.ada)
    ada.fragment(f"{child.path}?parent=new", PARENT)

    page = ada.fragment(child.path, method="get")

    assert "Un arrêt est délivré à un parent de cet enfant" in page.text
    assert "sans dire à qui" in page.text
    other = PARENT | {
        "note-first_names": "Paul",
        "note-birth_date": "1982-03-04",
        "note-nir": nir("1820344109001"),
    }
    ada.fragment(f"{child.path}?parent=new", other)
    assert len(notes(session)) == 1


def test_a_childs_corrected_days_and_withdrawn_result_reach_the_parents_note(browse, story, child):
    ada = browse.as_(story.ada)
    ada.fragment(f"{child.path}?parent=new", PARENT)
    [note] = notes(session)
    assert note.mend is None

    sampled(note, "2026-03-10")

    assert (notes(session)[0].mend, notes(session)[0].mend_to) == (
        NoteMend.LONGER,
        note.last_day + timedelta(days=1),
    )
    panel = ada.fragment(child.path, method="get")
    assert "Prolonger" in panel.text
    ada.fragment(
        f"{child.path}/{note.id}/prolong", {"last_day": (note.last_day + timedelta(days=1)).isoformat()}
    )
    first, second = notes(session)
    assert (first.state, second.kind, second.person_id) == (
        NoteState.PROLONGED,
        NoteKind.PARENT,
        first.person_id,
    )
    assert second.first_day == first.last_day + timedelta(days=1)


def test_it_is_replaced_and_cancelled_from_the_list_like_any_note(browse, story, child):
    browse.as_(story.ada).fragment(f"{child.path}?parent=new", PARENT)
    [note] = notes(session)
    dora = browse.as_(story.dora)
    page = dora.get(f"/sick-notes/{note.id}")
    assert "Parent d’un enfant" in page.text

    dora.post(
        f"/sick-notes/{note.id}/replace",
        {
            "replace-why": "back_at_work",
            "replace-first_day": note.first_day.isoformat(),
            "replace-last_day": "2026-03-12",
        },
        status=303,
    )
    new = notes(session)[-1]
    assert (new.kind, new.last_day, new.replaces_id) == (NoteKind.PARENT, date(2026, 3, 12), note.id)
    dora.post(f"/sick-notes/{new.id}/cancel", {"cancel-why": "asked"}, status=303)
    assert notes(session)[-1].state is NoteState.CANCELLED
    assert note_queries.notes_for_child(queue.get_task(child.task_id).person_id) == []
