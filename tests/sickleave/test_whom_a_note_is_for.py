"""No note without an address confirmed in the call, and a number of one's own or an adviser's agreement."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.sickleave.conftest import ANSWERS, answer, decided_case, on_the_phone
from tests.sickleave.test_issuing_a_note import LIVES, SWORN, nir_of, notes, read
from tests.support.pages import check_fragment
from tests.support.story import agent, contact, identity, waiting_case
from tests.support.sweep import end_claims
from tracing.calls import queries as call_queries
from tracing.cases import queries as cases
from tracing.contacts import queries as contact_queries
from tracing.escalations import queries as asked
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Escalation, Reason
from tracing.kernel.db import session, transaction
from tracing.people import queries as people
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import TaskKind, TaskState
from tracing.sickleave.insurance_number import reason_of
from tracing.sickleave.models import MissingNumber, NoteState, SickNote

NO_NUMBER = SWORN | {"note-no_nir": "state_aid"}


@pytest.fixture
def phone(story):
    """Marie Dupont, of whom the laboratory sent no number."""
    task = waiting_case(story.nantes, identity(), at=NOW)
    decided_case(story, task)
    return on_the_phone(story.ada, task, ANSWERS)


def test_an_address_that_was_not_confirmed_gives_no_note(browse, story, phone, session):
    ada = browse.as_(story.ada)
    typed = SWORN | {"note-nir": nir_of("2800544109001")}

    refused = ada.fragment(phone.path, {**typed, "note-address_confirmed": ""}, status=422)

    assert "Faites confirmer l’adresse" in refused.text
    assert notes(session) == []
    ada.fragment(phone.path, typed)
    assert len(notes(session)) == 1


@pytest.mark.parametrize(
    ("number",                    "why"),
    [
        ("",                      "pourquoi la personne n’en a pas"),
        ("2800544109001",         None),
        ("280054410900199",       "pas valide"),
        ("2 80 05 44 109",        "pas valide"),
        (nir_of("2810544109001"), "ne s’accorde pas"),
        (nir_of("1800544109001"), "ne s’accorde pas"),
    ],
)  # fmt: skip
def test_the_number_is_the_person_s_own(browse, story, phone, session, number, why):
    ada = browse.as_(story.ada)

    shown = ada.fragment(phone.path, SWORN | {"note-nir": number}, status=422 if why else 200)

    check_fragment(shown.text)
    if why:
        assert why in shown.text
        assert 'id="note-nir-error"' in shown.text
        assert notes(session) == []
    else:
        assert len(notes(session)) == 1


def test_a_relative_s_number_is_printed_on_no_note(browse, story, session):
    task = waiting_case(story.nantes, identity(nir=nir_of("1520544109001")), at=NOW)
    decided_case(story, task)
    phone = on_the_phone(story.ada, task, ANSWERS)
    ada = browse.as_(story.ada)

    assert 'name="note-nir"' in ada.fragment(phone.path, method="get").text
    ada.fragment(phone.path, SWORN, status=422)
    assert notes(session) == []


def test_without_a_number_an_adviser_is_asked_and_decides(browse, story, phone, session):
    ada, adviser = browse.as_(story.ada), browse.as_(story.ben)
    ben = agent(story.ben)

    waiting = ada.fragment(phone.path, NO_NUMBER, status=422)

    check_fragment(waiting.text)
    assert "Demandé au médecin-conseil" in waiting.text
    assert notes(session) == []
    [question] = session.scalars(select(Escalation)).all()
    assert (question.audience, question.reason) == (Audience.ADVISER, Reason.SICK_LEAVE)
    assert "Aide médicale de l’État" in asked.words_of(question).question
    [stated] = session.scalars(select(MissingNumber)).all()
    assert b"state_aid" not in stated.sealed
    assert reason_of(stated) == "state_aid"

    ada.fragment(phone.path, NO_NUMBER, status=422)
    assert len(session.scalars(select(Escalation)).all()) == 1, "asked once"

    answered(adviser, ben, question.id, agreed="yes")
    assert "d’accord pour un arrêt sans numéro" in ada.fragment(phone.path, method="get").text
    ada.fragment(phone.path, NO_NUMBER)
    [note] = notes(session)
    whole = read(ada.get(f"/sick-notes/{note.id}/insured").data)
    assert "non connu à la délivrance" in whole
    assert "Aide médicale" not in whole


def test_an_adviser_who_does_not_agree_ends_it_until_the_number_is_known(browse, story, phone, session):
    ada, adviser = browse.as_(story.ada), browse.as_(story.ben)
    ben = agent(story.ben)
    ada.fragment(phone.path, NO_NUMBER, status=422)
    [question] = session.scalars(select(Escalation)).all()

    answered(adviser, ben, question.id, agreed="no")

    refused = ada.fragment(phone.path, method="get")
    assert "n’a pas donné son accord" in refused.text
    ada.fragment(phone.path, NO_NUMBER, status=422)
    ada.fragment(phone.path, NO_NUMBER | {"note-no_nir": "not_known"}, status=422)
    assert notes(session) == []
    assert len(session.scalars(select(Escalation)).all()) == 1, "a refusal is not asked away"
    assert 'name="note-nir"' in refused.text, "who finds their card has their note"
    ada.fragment(phone.path, SWORN | {"note-nir": nir_of("2800544109001")})
    assert len(notes(session)) == 1


def answered(adviser, ben, question: int, *, agreed: str) -> None:
    with transaction():
        escalations.take(question, by=ben, at=NOW)
    assert "Un arrêt sans numéro de sécurité sociale" in adviser.get(f"/escalations/{question}").text
    adviser.post(f"/escalations/{question}", {"answer": "Vu.", "decision": "go_on"}, status=422)
    adviser.post(f"/escalations/{question}", {"answer": "Vu.", "decision": "go_on", "note": agreed})


def test_what_was_said_for_a_refused_note_is_kept_on_the_person(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, NO_NUMBER, status=422)

    task = queue.get_task(phone.task_id)
    session.expire_all()
    known = people.find_identity(task.person_id)
    assert (known.address, known.postcode, known.city) == ("3 rue des Lilas", "44000", "Nantes")
    assert known.nir is None
    assert "3 rue des Lilas" in ada.fragment(phone.path, method="get").text


def test_what_a_contact_says_stays_when_their_sheet_is_corrected(browse, story, session):
    task = waiting_case(story.nantes, at=NOW)
    case = cases.get_case(task.case_id)
    zoe = contact(case, identity("Zoé", "", born=None, phones=("+33639980002",)), by=story.ada, at=NOW)
    own = queue_services.enqueue(
        kind=TaskKind.CONTACT_FIRST, person_id=zoe.person_id, phones=("+33639980002",), site_id=case.site_id,
        case_id=case.id, contact_id=zoe.id, due_at=NOW, at=NOW,
    )  # fmt: skip
    queue_services.close_task(task, TaskState.DONE, by=None, at=NOW)
    phone = on_the_phone(story.ada, own, ANSWERS)
    said = {"note-birth_name": "Martin", "note-birth_date": "1980-05-17", "note-nir": nir_of("2800544109001")}

    browse.as_(story.ada).fragment(phone.path, SWORN | said)

    session.expire_all()
    described = contact_queries.described(contact_queries.get_contact(zoe.id, case_id=case.id))
    assert (described.birth_name, described.birth_date) == ("Martin", date(1980, 5, 17))
    assert people.find_identity(own.person_id).birth_date == date(1980, 5, 17)
    [note] = notes(session)
    assert note.first_day == date(2026, 3, 9)


def test_typed_after_the_call_was_lost_it_is_kept_for_its_author(browse, story, phone, session):
    end_claims(at=NOW + timedelta(minutes=6))
    ada_id = story.ada.id

    browse.as_(story.ada).fragment(phone.path, SWORN | {"note-nir": nir_of("2800544109001")}, status=409)

    [(_draft, text)] = call_queries.drafts(ada_id)
    assert "3 rue des Lilas" in text
    assert people.find_identity(queue.get_task(phone.task_id).person_id).address == ""


@pytest.mark.parametrize(
    ("last_work_on", "first_day"),
    [
        ("2026-03-05", date(2026, 3, 9)),
        ("2026-03-09", date(2026, 3, 10)),
        ("2026-03-10", date(2026, 3, 11)),
        ("unknown",    date(2026, 3, 10)),
    ],
)  # fmt: skip
def test_a_note_begins_the_day_after_the_last_day_worked(
    browse, story, phone, session, last_work_on, first_day
):
    saved(phone, {"last_work_on": last_work_on}, story)

    ada, typed = browse.as_(story.ada), SWORN | {"note-nir": nir_of("2800544109001")}
    if first_day > date(2026, 3, 9):
        again = ada.fragment(phone.path, typed, status=422)
        assert f'value="{first_day}"' in again.text
        assert notes(session) == []
    ada.fragment(phone.path, typed | {"note-first_day": str(first_day)})

    [note] = notes(session)
    assert (note.first_day, note.last_day) == (first_day, date(2026, 3, 19))


def test_the_last_day_worked_is_asked_before_a_note(browse, story, phone, session):
    saved(phone, {"last_work_on": None}, story)

    assert "Dernier jour" in browse.as_(story.ada).fragment(phone.path, method="get").text
    browse.as_(story.ada).fragment(phone.path, SWORN, status=422)
    assert notes(session) == []


def test_a_note_that_covers_a_day_worked_after_all_is_to_be_cancelled(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, SWORN | {"note-nir": nir_of("2800544109001")})
    [note] = notes(session)

    saved(phone, {"last_work_on": "2026-03-10"}, story)
    shown = ada.fragment(phone.path, method="get")
    assert "Cet arrêt couvre un jour travaillé" in shown.text
    assert 'data-confirm-no="Garder l’arrêt"' in shown.text
    ada.fragment(f"{phone.path}/{note.id}/cancel")
    ada.fragment(phone.path, SWORN | LIVES | {"note-first_day": ""})

    session.expire_all()
    [cancelled, standing] = notes(session)
    assert cancelled.state is NoteState.CANCELLED
    assert standing.first_day == date(2026, 3, 11)


def saved(phone, answers, story) -> None:
    with transaction():
        call, task = call_queries.get_call(phone.call_id), queue.get_task(phone.task_id)
        answer(call, task, answers, by=agent(story.ada))


IN_HOSPITAL = {"has_symptoms": "yes", "hospitalised": "yes"}


def in_hospital(story, *, agreed: bool):
    """Marie, in hospital, whose work the script did not ask about; a doctor may have agreed to days."""
    task = waiting_case(story.nantes, identity(nir="280054410900172"), at=NOW)
    decided_case(story, task)
    case = cases.get_case(task.case_id)
    case.keep_ruling(None, (date(2026, 3, 10), date(2026, 3, 14)) if agreed else None)
    session.flush()
    return on_the_phone(story.ada, task, IN_HOSPITAL)


def test_in_hospital_with_days_agreed_the_panel_asks_about_work_instead_of_listing_questions(browse, story):
    phone = in_hospital(story, agreed=True)
    ada = browse.as_(story.ada)

    panel = ada.fragment(phone.path, method="get")

    check_fragment(panel.text)
    assert "À compléter" not in panel.text
    assert "Régime d’assurance maladie" in panel.text
    days = ada.fragment(f"{phone.path}/days", {"note-last_work_on": "2026-03-11", "note-scheme": "RG"})
    assert "jeudi 12 mars" in days.text
    ada.fragment(phone.path, SWORN | {"note-scheme": "", "note-first_day": ""}, status=422)
    ada.fragment(
        phone.path, SWORN | {"note-scheme": "RG", "note-last_work_on": "2026-03-08", "note-first_day": ""}
    )
    [note] = session.scalars(select(SickNote))
    assert (note.first_day, note.last_day) == (date(2026, 3, 10), date(2026, 3, 14))
    assert note.mend is None


def test_in_hospital_a_scheme_that_issues_none_is_told_so_and_kept(browse, story):
    phone = in_hospital(story, agreed=True)
    ada = browse.as_(story.ada)

    page = ada.fragment(phone.path, SWORN | {"note-scheme": "MSA", "note-first_day": ""}, status=422)

    assert "c’est la MSA qui délivre" in page.text
    assert list(session.scalars(select(SickNote))) == []


def test_in_hospital_without_days_agreed_the_paper_of_the_hospital_stands(browse, story):
    phone = in_hospital(story, agreed=False)

    assert "bulletin de situation" in browse.as_(story.ada).fragment(phone.path, method="get").text
