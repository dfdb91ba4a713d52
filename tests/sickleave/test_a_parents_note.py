"""The note of a parent whose child must stay at home: in the parent's name, one at a time, for the days of the child."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.sickleave.conftest import ANSWERS, OnThePhone, answer, on_the_phone
from tests.sickleave.test_documents import hints_in
from tests.sickleave.test_issuing_a_note import SWORN, notes, read
from tests.sickleave.test_mending_a_note import sampled
from tests.sickleave.test_papers_of_the_dead import lives_after_all, said_dead
from tests.sickleave.test_whom_a_note_is_for import answered
from tests.support.pages import check_fragment
from tests.support.story import agent, identity, waiting_case
from tracing.calls import services as calls
from tracing.cases import queries as cases
from tracing.cases import services as case_services
from tracing.escalations import queries as asked_of
from tracing.escalations.models import Escalation
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import isolation, note_rule
from tracing.programmes.vocabulary import Scheme, Subject, Vaccination
from tracing.queue import queries as queue
from tracing.sickleave import queries as note_queries
from tracing.sickleave.errors import Overlapping
from tracing.sickleave.mending import queries as mending_queries
from tracing.sickleave.mending import services as mending
from tracing.sickleave.models import VALID, NoteKind, NoteState
from tracing.sickleave.reasons import Reason
from tracing.sickleave.rules import CancelReason, NoteAllowed, NoteMend, NoteRefused, NoteRequest, decide_note
from tracing.triage import queries as triage


def nir(body: str) -> str:
    return f"{body}{97 - int(body) % 97:02}"


CHILD = {"person_on_line": "representative", "representative_confirmed": "yes", "has_symptoms": "no"}
PARENT = {
    "note-first_names": "Claire",
    "note-birth_name": "Dupont",
    "note-birth_date": "1984-06-02",
    "note-address": "3 rue des Lilas",
    "note-postcode": "44000",
    "note-city": "Nantes",
    "note-address_confirmed": "y",
    "note-nir": nir("2840644109001"),
    "note-scheme": "RG",
    "note-last_work_on": "2026-03-09",
    "note-sworn": "y",
}

NAMED = {"note-first_names", "note-birth_name", "note-birth_date", "note-nir"}


ON = date(2022, 1, 10)


@pytest.fixture
def child(story) -> OnThePhone:
    """Zoé, nine years old, sampled on 9 March: her mother answers for her."""
    task = waiting_case(story.nantes, identity("Zoé", born=date(2016, 9, 1)), at=NOW)
    case = cases.get_case(task.case_id)
    zone = agent(story.ada).site.time_zone
    case_services.decide(case, onset_on=None, vaccination="none", age=9, zone=zone, by=None, at=NOW)
    return on_the_phone(story.ada, task, CHILD)


def mother_and_child(story):
    """A mother and her child of nine, both positive, who have both said who they are in one call."""
    mother = waiting_case(story.nantes, identity(nir=nir("2800544109001")), at=NOW)
    little = waiting_case(story.nantes, identity("Zoé", born=date(2016, 9, 1)), at=NOW)
    zone = agent(story.ada).site.time_zone
    for task, age in ((mother, 45), (little, 9)):
        case = cases.get_case(task.case_id)
        case_services.decide(case, onset_on=None, vaccination="none", age=age, zone=zone, by=None, at=NOW)
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    for task in (mother, little):
        talk = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
        calls.confirm_identity(talk, confirmed=True, by=by, at=NOW)
    answer(call, little, CHILD, by=by)
    return by, call, mother, little


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
    for word in ("Prélèvement", "positive", "Zoé", "Premiers symptômes"):
        assert word not in insured


def test_what_the_paper_says_was_declared_is_read_to_the_parent(browse, story, child):
    ada = browse.as_(story.ada)
    unknown = ada.fragment(child.path, method="get").text
    assert "sur l’honneur" not in unknown, "nobody knows yet whether they may have a note"
    form = ada.fragment(f"{child.path}?parent=new", PARENT | {"note-sworn": ""}, status=422).text

    ada.fragment(f"{child.path}?parent=new", PARENT)

    [note] = notes(session)
    insured = " ".join(read(ada.get(f"/sick-notes/{note.id}/insured").data).split())
    for declared in (
        "ne pas pouvoir télétravailler",
        "ne pas être déjà en arrêt de travail",
        "être le seul parent à demander un arrêt pour cet enfant",
    ):
        assert declared in form
        assert declared in insured


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


def test_a_mistyped_parent_is_shown_again_to_correct(browse, story, child):
    ada = browse.as_(story.ada)
    late = PARENT | {"note-birth_date": "2012-06-02", "note-nir": "", "note-no_nir": "not_known"}
    refused = ada.fragment(f"{child.path}?parent=new", late, status=422)
    check_fragment(refused.text)
    assert "16 ans" in refused.text

    again = ada.fragment(child.path, method="get")

    check_fragment(again.text)
    assert "16 ans" in again.text
    assert "C’est un autre parent" in again.text
    for typed in ("Claire", "Dupont", "2012-06-02", "3 rue des Lilas"):
        assert f'value="{typed}"' in again.text
    assert f'action="{child.path}?parent=new"' in again.text
    ada.fragment(f"{child.path}?parent=new", PARENT)
    [note] = notes(session)
    assert people.find_joint_identity(note.person_id).birth_date == date(1984, 6, 2)


def test_beside_a_parent_who_is_covered_another_one_may_ask(browse, story):
    by, call, mother, little = mother_and_child(story)
    answer(call, mother, ANSWERS | {"last_work_on": "2026-03-09"}, by=by)
    ada, path = browse.as_(story.ada), f"/calls/{call.id}/tasks/{little.id}/sick-note"
    ada.fragment(f"/calls/{call.id}/tasks/{mother.id}/sick-note", SWORN | {"note-first_day": ""})

    covered = ada.fragment(path, method="get")

    check_fragment(covered.text)
    assert "Pas d’arrêt" in covered.text
    assert "C’est Marie Dupont qui demande" in covered.text
    assert "Délivrer l’arrêt" not in covered.text
    assert f'href="{path}?parent=new"' in covered.text
    assert "Prénoms du parent" in ada.fragment(f"{path}?parent=new", method="get").text
    ada.fragment(f"{path}?parent=new", PARENT)
    assert notes(session)[-1].kind is NoteKind.PARENT


def test_what_an_adviser_agreed_for_one_parent_is_not_for_another(browse, story, child):
    ada, adviser, ben = browse.as_(story.ada), browse.as_(story.ben), agent(story.ben)
    jean = PARENT | {"note-first_names": "Jean", "note-nir": "", "note-no_nir": "not_known"}
    paula = PARENT | {
        "note-first_names": "Paula",
        "note-birth_date": "1982-03-04",
        "note-nir": "",
        "note-no_nir": "not_said",
    }
    ada.fragment(f"{child.path}?parent=new", jean, status=422)
    [question] = session.scalars(select(Escalation)).all()
    assert "un parent de l’enfant" in asked_of.words_of(question).question
    answered(adviser, ben, question.id, agreed="yes")

    other = ada.fragment(f"{child.path}?parent=new", paula, status=422)

    check_fragment(other.text)
    assert notes(session) == []
    first, second = session.scalars(select(Escalation).order_by(Escalation.id)).all()
    assert first.id == question.id
    assert "un autre parent" in asked_of.words_of(second).question
    assert 'selected value="not_known"' not in ada.fragment(f"{child.path}?parent=new", method="get").text
    answered(adviser, ben, second.id, agreed="yes")
    ada.fragment(f"{child.path}?parent=new", paula | {"note-no_nir": "state_aid"}, status=422)
    assert notes(session) == [], "she gives another reason: it is not the one that was agreed to"


def test_what_an_adviser_agreed_for_a_parent_is_for_that_parent(browse, story, child):
    ada, adviser, ben = browse.as_(story.ada), browse.as_(story.ben), agent(story.ben)
    jean = PARENT | {"note-first_names": "Jean", "note-nir": "", "note-no_nir": "not_known"}
    ada.fragment(f"{child.path}?parent=new", jean, status=422)
    [question] = session.scalars(select(Escalation)).all()
    answered(adviser, ben, question.id, agreed="yes")

    ada.fragment(f"{child.path}?parent=new", jean)

    assert [one.kind for one in notes(session)] == [NoteKind.PARENT]


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


def test_a_withdrawn_result_of_the_child_marks_the_parents_note(browse, story, child):
    browse.as_(story.ada).fragment(f"{child.path}?parent=new", PARENT)
    case = cases.get_case(queue.get_task(child.task_id).case_id)
    case_services.withdraw(case, by=None, at=NOW)

    browse.as_(story.dora).follow(f"/lists/cases/{case.id}/close")

    [note] = notes(session)
    assert (note.mend, note.state) == (NoteMend.NOT_DUE, NoteState.ISSUED)
    assert note.number in browse.as_(story.ben).get("/sick-notes/to-mend").text


def test_the_other_parent_may_take_over_once_the_first_note_is_cancelled(browse, story, child):
    ada = browse.as_(story.ada)
    ada.fragment(f"{child.path}?parent=new", PARENT)
    [first] = notes(session)
    ada.fragment(f"{child.path}/{first.id}/cancel", {})
    other = PARENT | {
        "note-first_names": "Paul",
        "note-birth_date": "1982-03-04",
        "note-nir": nir("1820344109001"),
    }

    ada.fragment(f"{child.path}?parent=new", other)

    assert [one.state for one in notes(session)] == [NoteState.CANCELLED, NoteState.ISSUED]
    assert len({one.person_id for one in notes(session)}) == 2


def test_what_was_cancelled_does_not_come_back_beside_the_other_parents(browse, story, child):
    ada = browse.as_(story.ada)
    ada.fragment(f"{child.path}?parent=new", PARENT)
    [first] = notes(session)
    late = NOW + timedelta(days=2)
    with transaction():
        mending.cancel(first.id, CancelReason.ASKED, by=agent(story.dora), at=late)
    other = PARENT | {
        "note-first_names": "Paul",
        "note-birth_date": "1982-03-04",
        "note-nir": nir("1820344109001"),
    }
    ada.fragment(f"{child.path}?parent=new", other)

    with pytest.raises(Overlapping), transaction():
        mending.restore(first.id, by=agent(story.ben), at=late)


def test_a_parent_who_was_called_in_the_same_call_gives_no_name_again(browse, story):
    by, call, mother, little = mother_and_child(story)
    ada, path = browse.as_(story.ada), f"/calls/{call.id}/tasks/{little.id}/sick-note"

    panel = ada.fragment(path, method="get")

    assert "C’est Marie Dupont qui demande" in panel.text
    assert "Prénoms du parent" not in panel.text
    typed = {key: value for key, value in PARENT.items() if key not in NAMED}
    ada.fragment(f"{path}?parent={mother.person_id}", typed)
    [note] = notes(session)
    assert (note.person_id, note.task_id) == (mother.person_id, little.id)
    # her own note, as a case herself, goes on from it: no day twice
    answer(call, mother, ANSWERS | {"last_work_on": "2026-03-09"}, by=by)
    own = ada.fragment(f"/calls/{call.id}/tasks/{mother.id}/sick-note", SWORN | {"note-first_day": ""})
    assert own.status_code == 200
    both = sorted((one.first_day, one.last_day) for one in notes(session))
    assert all(earlier[1] < later[0] for earlier, later in pairwise(both))
    assert len(both) == 2


def parents_and_own(browse, story):
    """The mother's note for her child until 15 March, then her own as somebody who is positive."""
    by, call, mother, little = mother_and_child(story)
    dora, ada, path = browse.as_(story.dora), browse.as_(story.ada), f"/calls/{call.id}/tasks/{little.id}"
    typed = {key: value for key, value in PARENT.items() if key not in NAMED}
    ada.fragment(f"{path}/sick-note?parent={mother.person_id}", typed)
    [first] = notes(session)
    shortened = {"replace-why": "wrong_days", "replace-last_day": "2026-03-15"}
    dora.post(f"/sick-notes/{first.id}/replace", shortened, status=303)
    answer(call, mother, ANSWERS | {"last_work_on": "2026-03-09"}, by=by)
    ada.fragment(f"/calls/{call.id}/tasks/{mother.id}/sick-note", SWORN | {"note-first_day": ""})
    _first, childs, own = notes(session)
    assert (own.prolongs_id, own.kind, childs.state) == (childs.id, NoteKind.CASE, NoteState.PROLONGED)
    return dora, childs, own


def test_the_parents_own_note_stays_when_the_childs_is_cancelled(browse, story):
    dora, childs, own = parents_and_own(browse, story)
    page = dora.get(f"/sick-notes/{childs.id}").text
    assert "refait comme arrêt initial" in page
    assert "Annuler cet arrêt et sa prolongation" not in page

    for _ in range(2):
        dora.post(f"/sick-notes/{childs.id}/cancel", {"cancel-why": "not_due"}, status=303)

    *_earlier, childs, old, new = notes(session)
    assert (childs.state, old.state, new.state) == (
        NoteState.CANCELLED,
        NoteState.REPLACED,
        NoteState.ISSUED,
    )
    assert (new.kind, new.task_id, new.person_id) == (NoteKind.CASE, own.task_id, own.person_id)
    assert (new.first_day, new.last_day, new.prolongs_id) == (own.first_day, own.last_day, None)
    content = note_queries.content_of_note(new)
    assert (content.prolongs, content.prolongs_days, content.replaces) == (None, None, old.number)
    assert "Arrêt initial" in dora.get(f"/sick-notes/{new.id}").text
    assert "l’arrêt qu’il continuait est annulé" in dora.get(f"/sick-notes/{old.id}").text


def test_the_childs_note_that_comes_back_leaves_the_parents_own_as_it_stands(browse, story):
    _dora, childs, _own = parents_and_own(browse, story)
    late, childs_id = NOW + timedelta(days=2), childs.id
    with transaction():
        mending.cancel(childs_id, CancelReason.ASKED, by=agent(story.dora), at=late)

    with transaction():
        mending.restore(childs_id, by=agent(story.ben), at=late)

    assert [one.state for one in notes(session) if one.state in VALID] == [NoteState.ISSUED] * 2


def test_days_of_the_parents_own_that_no_note_covers_are_shown(browse, story):
    _by, call, mother, little = mother_and_child(story)
    dora, ada, path = browse.as_(story.dora), browse.as_(story.ada), f"/calls/{call.id}/tasks/{little.id}"
    typed = {key: value for key, value in PARENT.items() if key not in NAMED}
    ada.fragment(f"{path}/sick-note?parent={mother.person_id}", typed)
    [first] = notes(session)
    uncovered = "Des jours de la personne elle-même ne sont pas couverts"
    own_until = cases.get_case(mother.case_id).isolation_last_day
    assert (uncovered in dora.get(f"/sick-notes/{first.id}").text) == (first.last_day < own_until)

    shortened = {"replace-why": "back_at_work", "replace-last_day": "2026-03-13"}
    dora.post(f"/sick-notes/{first.id}/replace", shortened, status=303)

    alone = notes(session)[-1]
    assert uncovered in dora.get(f"/sick-notes/{alone.id}").text
    assert alone.number in dora.get("/sick-notes/to-mend").text
    assert triage.count(story.nantes.id) == mending_queries.count_to_decide(story.nantes.id, today=NOW.date())
    assert "ses propres jours" in browse.as_(story.ben).get("/first").text
    by = agent(story.ada)
    answer(call, mother, ANSWERS | {"last_work_on": "2026-03-09"}, by=by)
    ada.fragment(f"/calls/{call.id}/tasks/{mother.id}/sick-note", SWORN | {"note-first_day": ""})
    *_earlier, childs, own = notes(session)
    assert (own.kind, own.last_day) == (NoteKind.CASE, own_until)
    assert uncovered not in dora.get(f"/sick-notes/{childs.id}").text
    assert alone.number not in dora.get("/sick-notes/to-mend").text


def test_days_that_a_parent_needs_no_note_for_leave_the_list_by_one_button(browse, story):
    _by, call, mother, little = mother_and_child(story)
    dora, path = browse.as_(story.dora), f"/calls/{call.id}/tasks/{little.id}"
    typed = {key: value for key, value in PARENT.items() if key not in NAMED}
    browse.as_(story.ada).fragment(f"{path}/sick-note?parent={mother.person_id}", typed)
    shortened = {"replace-why": "back_at_work", "replace-last_day": "2026-03-13"}
    dora.post(f"/sick-notes/{notes(session)[-1].id}/replace", shortened, status=303)
    note = notes(session)[-1]

    for _ in range(2):
        dora.post(f"/sick-notes/{note.id}/own-days", status=303)

    dora.get("/sick-notes/to-mend")
    assert note.number not in dora.get("/sick-notes/to-mend").text, "its messages are read"
    assert "ne sont pas couverts" not in dora.get(f"/sick-notes/{note.id}").text
    events = session.scalars(select(Event).where(Event.kind == "note.own_days_left")).all()
    assert len(events) == 1


def test_a_note_whose_child_was_said_dead_is_a_human_s_and_it_ends_when_that_was_a_mistake(
    browse, story, ada, child
):
    ada.fragment(child.path, PARENT)
    child_id = queue.get_task(child.task_id).person_id

    said_dead(child_id)

    assert [(one.mend, one.state) for one in notes(session)] == [(NoteMend.NO_CHILD, NoteState.ISSUED)]
    number = notes(session)[0].number
    ben = browse.as_(story.ben)
    assert number in ben.get("/sick-notes/to-mend").text
    assert "plus son motif" in ben.get(f"/sick-notes/{notes(session)[0].id}").text
    lives_after_all(child_id)
    assert notes(session)[0].mend is None


def test_a_note_whose_child_turns_out_to_be_grown_up_is_marked(story, ada, child):
    ada.fragment(child.path, PARENT)

    ada.post(
        f"{child.path.removesuffix('/sick-note')}/identity",
        {
            "birth_name": "Dupont",
            "first_names": "Zoé",
            "birth_date": "2006-09-01",
            "source": "representative",
        },
        status=303,
    )

    assert notes(session)[0].mend is NoteMend.NO_CHILD
