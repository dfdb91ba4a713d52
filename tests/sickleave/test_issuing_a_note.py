"""A note from the call: allowed or refused in a sentence, numbered without a gap, printed for two readers."""

import re
from datetime import date, timedelta

import pypdfium2
import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.sickleave.conftest import ANSWERS, answer, decided_case, on_the_phone
from tests.sickleave.test_documents import hints_in
from tests.support.pages import check_fragment
from tests.support.story import agent, contact, identity, waiting_case
from tests.support.sweep import end_claims
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases import queries as cases
from tracing.contacts import services as contacts
from tracing.kernel.db import transaction
from tracing.kernel.events import Event, IdentityAccess
from tracing.people import queries as people
from tracing.people.models import KeyKind
from tracing.people.nir import key_of
from tracing.programmes.vocabulary import RiskLevel
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.claims import ending
from tracing.queue.models import TaskKind, TaskState
from tracing.scripts.services import newest_version
from tracing.scripts.vocabulary import ScriptKind
from tracing.sickleave.documents import Copy
from tracing.sickleave.models import NoteState, SickNote
from tracing.sickleave.rules import is_note_number

LIVES = {
    "note-address": "3 rue des Lilas",
    "note-postcode": "44000",
    "note-city": "Nantes",
    "note-address_confirmed": "y",
}
SWORN = {"note-first_day": "2026-03-09", "note-sworn": "y", **LIVES}


def nir_of(body: str) -> str:
    return f"{body}{key_of(body):02}"


def notes(session) -> list[SickNote]:
    return list(session.scalars(select(SickNote).order_by(SickNote.id)))


def read(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    words = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return re.sub(r"\s+", " ", words)


def test_a_case_who_cannot_telework_gets_a_note_to_the_end_of_isolation(browse, story, phone, session):
    ada = browse.as_(story.ada)
    offered = ada.fragment(phone.path, method="get")
    check_fragment(offered.text)
    assert "lundi 9 mars" in offered.text
    assert "jeudi 19 mars" in offered.text
    assert "11 jours" in offered.text

    issued = ada.fragment(phone.path, SWORN)

    check_fragment(issued.text)
    [note] = notes(session)
    assert (note.first_day, note.last_day) == (date(2026, 3, 9), date(2026, 3, 19))
    assert note.rule == "exercise-2022@2022.2/N-1"
    assert note.number.startswith("AI-440-2026-0000001-")
    assert is_note_number(note.number)
    assert note.number in issued.text


def test_a_second_click_issues_nothing_more(browse, story, phone, session):
    ada = browse.as_(story.ada)

    for _ in range(2):
        ada.fragment(phone.path, SWORN)

    assert len(notes(session)) == 1
    assert session.scalar(select(func.count()).where(Event.kind == "note.issued")) == 1


def test_both_copies_are_downloaded_under_neutral_names_and_the_employer_learns_nothing(
    browse, story, phone, session
):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, SWORN)
    [note] = notes(session)

    insured = ada.get(f"/sick-notes/{note.id}/insured")
    employer = ada.get(f"/sick-notes/{note.id}/employer")

    assert insured.mimetype == employer.mimetype == "application/pdf"
    assert insured.headers["Content-Disposition"] == f"attachment; filename={note.number}-assure.pdf"
    assert employer.headers["Content-Disposition"] == f"attachment; filename={note.number}-employeur.pdf"
    theirs, whole = read(employer.data), read(insured.data)
    assert hints_in(theirs) == []
    assert "1980" not in theirs
    for words in (
        "DUPONT",
        "Marie",
        note.number,
        "lundi 9 mars 2026",
        "jeudi 19 mars 2026",
        "11 jours",
        "EXERCICE",
    ):
        assert words in theirs
        assert words in whole
    assert "Personne testée positive" in whole


def test_who_printed_it_is_recorded(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, SWORN)
    [note] = notes(session)

    ada.get(f"/sick-notes/{note.id}/insured")

    seen = session.scalar(select(IdentityAccess).where(IdentityAccess.why == "sick_note"))
    assert (seen.viewer_id, seen.people) == (story.ada.id, [f"person:{note.person_id}"])
    printed = session.scalar(select(Event).where(Event.kind == "note.printed"))
    assert printed.detail == {"number": note.number, "copy": "insured"}


def test_only_those_who_answer_for_the_person_read_a_note(browse, story, phone, session):
    browse.as_(story.ada).fragment(phone.path, SWORN)
    [note] = notes(session)
    path = f"/sick-notes/{note.id}/employer"

    for reader in (story.ada, story.ben, story.dora):
        browse.as_(reader).get(path)
    for stranger in (story.abel, story.cleo, story.theo):
        browse.as_(stranger).get(path, status=404)
    for other in (story.ivan, story.gaston, story.rose):
        browse.as_(other).get(path, status=403)
    browse.as_(story.ada).get(f"/sick-notes/{note.id}/neighbour", status=404)
    browse.as_(story.ada).get(f"/sick-notes/{note.id + 1}/employer", status=404)


def test_the_papers_can_be_read_after_the_call(browse, story, phone, session):
    ada, by = browse.as_(story.ada), agent(story.ada)
    ada.fragment(phone.path, SWORN)
    [note] = notes(session)
    with transaction():
        calls.end(call_queries.get_call(phone.call_id), CallOutcome.COMPLETED, by=by, at=NOW)

    ada.get(f"/sick-notes/{note.id}/employer")
    ada.fragment(phone.path, method="get", status=409)


@pytest.mark.parametrize(
    ("answers",                              "words"),
    [
        ({"can_telework": "yes"},            "peut télétravailler"),
        ({"stopped_by_doctor": "yes"},       "Un médecin a déjà arrêté"),
        ({"works": "no"},                    "n’exerce pas d’activité"),
        ({"hospitalised": "yes", "can_telework": None, "insurance_scheme": None}, "bulletin de situation"),
        ({"insurance_scheme": "CIVIL_SERVANT"}, "Agent public"),
        ({"insurance_scheme": "SPECIAL"},    "sa propre caisse"),
        ({"insurance_scheme": "NONE"},       "Sans indemnités"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_issues_nothing(browse, story, phone, session, answers, words):
    saved(phone, answers, agent(story.ada))
    ada = browse.as_(story.ada)

    shown = ada.fragment(phone.path, method="get")
    check_fragment(shown.text)
    assert words in shown.text
    assert "Délivrer" not in shown.text
    ada.fragment(phone.path, SWORN, status=422)
    assert notes(session) == []


@pytest.mark.parametrize(
    ("answers",                          "label"),
    [
        ({"works": None},                "Exerce une activité professionnelle"),
        ({"can_telework": None},         "Le télétravail est possible"),
        ({"insurance_scheme": "UNKNOWN"}, "Régime"),
        ({"vaccination": None},          "Vaccination"),
    ],
)  # fmt: skip
def test_what_must_still_be_asked_is_listed(browse, story, phone, session, answers, label):
    saved(phone, answers, agent(story.ada))
    ada = browse.as_(story.ada)

    shown = ada.fragment(phone.path, method="get")
    check_fragment(shown.text)
    assert "À compléter" in shown.text
    assert label in shown.text
    ada.fragment(phone.path, SWORN, status=422)
    assert notes(session) == []


def saved(phone, answers, by):
    with transaction():
        answer(call_queries.get_call(phone.call_id), queue.get_task(phone.task_id), answers, by=by)


def test_without_the_declaration_there_is_no_note(browse, story, phone, session):
    ada, by = browse.as_(story.ada), agent(story.ada)

    refused = ada.fragment(phone.path, {"note-first_day": "2026-03-09", **LIVES}, status=422)
    assert "déclarer sur l’honneur" in refused.text

    saved(phone, {"sick_note.confirmed": "0123456789abcdef"}, by)
    asked = ada.fragment(phone.path, method="get").text
    assert "n’avoir pas travaillé depuis le lundi 9 mars compris" in asked, "the script of 2026.1 asks less"

    by_newest_script(phone)
    saved(phone, {"sick_note.not_worked_since": "2026-03-10"}, by)
    asked = ada.fragment(phone.path, method="get").text
    assert "n’avoir pas travaillé depuis le lundi 9 mars compris" in asked, "the days moved since"

    saved(phone, {"sick_note.not_worked_since": "2026-03-09"}, by)
    assert "Déclaré sur l’honneur" in ada.fragment(phone.path, method="get").text
    ada.fragment(phone.path, {"note-first_day": "2026-03-09", **LIVES})
    assert len(notes(session)) == 1


def by_newest_script(phone):
    with transaction():
        talk = call_queries.find_conversation(phone.call_id, phone.task_id)
        talk.script_version = newest_version(ScriptKind.P0)


def test_what_was_declared_is_declared_again_when_the_days_change(browse, story, phone, session):
    ada, by = browse.as_(story.ada), agent(story.ada)
    by_newest_script(phone)
    saved(phone, {"sick_note.confirmed": "0123456789abcdef"}, by)
    with transaction():
        call = call_queries.get_call(phone.call_id)
        task = queue.get_task(phone.task_id)
        calls.save_answer(call, task, "last_work_on", "2026-03-09", by=by, at=NOW + timedelta(minutes=1))

    asked = ada.fragment(phone.path, method="get").text
    ada.fragment(phone.path, {"note-first_day": "2026-03-10", **LIVES}, status=422)

    assert "Déclaré sur l’honneur dans" not in asked
    assert notes(session) == []


def test_both_papers_say_since_when_the_person_has_not_worked(browse, story, phone, session):
    ada = browse.as_(story.ada)
    other_days = {**SWORN, "note-sworn_since": "2026-03-10"}
    assert "portait sur d’autres jours" in ada.fragment(phone.path, other_days, status=422).text

    ada.fragment(phone.path, SWORN)

    [note] = notes(session)
    insured, employer = (read(ada.get(f"/sick-notes/{note.id}/{copy}").data) for copy in Copy)
    assert "n’avoir pas travaillé depuis le 9 mars 2026 compris" in insured
    assert "n’avoir pas travaillé depuis le 9 mars 2026 compris" in employer
    assert hints_in(employer) == []


def test_whoever_is_refused_is_not_asked_to_declare_anything(browse, story, phone, session):
    ada, by = browse.as_(story.ada), agent(story.ada)
    saved(phone, {"insurance_scheme": "MSA"}, by)

    assert "sur l’honneur" not in ada.fragment(phone.path, method="get").text


def test_a_declaration_taken_back_is_none(browse, story, phone, session):
    ada, by = browse.as_(story.ada), agent(story.ada)
    by_newest_script(phone)
    saved(phone, {"sick_note.confirmed": "0123456789abcdef"}, by)
    saved(phone, {"sick_note.confirmed": None}, by)

    refused = ada.fragment(phone.path, {"note-first_day": "2026-03-09", **LIVES}, status=422)

    assert "déclarer sur l’honneur" in refused.text
    assert notes(session) == []


def test_a_note_asked_for_too_late_is_kept_under_its_name(browse, story, phone):
    ada, supervisor = browse.as_(story.ada), agent(story.dora)
    call = call_queries.get_call(phone.call_id)
    with transaction():
        claim = ending.take_back(call.entry_id, by=supervisor, at=NOW)
        calls.close_lost([claim], CallOutcome.TAKEN_BACK, at=NOW)

    ada.fragment(phone.path, SWORN, status=409)

    kept = ada.get("/desk").text
    assert "<strong>Arrêt de travail</strong>" in kept
    assert "sick_note" not in kept


def test_another_first_day_is_shown_before_it_is_chosen(browse, story, phone, session):
    ada = browse.as_(story.ada)

    later = ada.fragment(f"{phone.path}/days", {"note-first_day": "2026-03-12"})
    assert "jeudi 12 mars" in later.text
    assert "8 jours" in later.text
    ada.fragment(phone.path, SWORN | {"note-first_day": "2026-03-12"})

    assert notes(session)[0].first_day == date(2026, 3, 12)


def test_a_first_day_that_is_not_possible_is_said_and_changes_no_day_in_silence(
    browse, story, phone, session
):
    ada = browse.as_(story.ada)
    early = {"note-first_day": "2026-03-05"}
    assert "Pas possible dès le jeudi 5 mars" in ada.fragment(f"{phone.path}/days", early).text

    refused = ada.fragment(phone.path, SWORN | early, status=422)

    assert notes(session) == []
    assert "ne peut pas être avant le 09/03/2026" in refused.text
    assert 'value="2026-03-09"' in refused.text


def test_a_first_day_after_the_isolation_is_said_beside_it_and_the_form_stays(browse, story, phone, session):
    ada = browse.as_(story.ada)
    late = {"note-first_day": "2027-01-26"}
    assert "après le 19/03/2026" in ada.fragment(f"{phone.path}/days", late).text

    refused = ada.fragment(phone.path, SWORN | late, status=422)

    assert notes(session) == []
    assert 'id="note-first_day-error"' in refused.text
    assert "après le 19/03/2026" in refused.text
    assert "Délivrer l’arrêt" in refused.text
    assert "déjà passés" not in refused.text
    ada.fragment(phone.path, SWORN | {"note-first_day": "2026-03-12"})
    assert notes(session)[0].first_day == date(2026, 3, 12)


def test_the_declaration_that_is_sent_back_is_the_one_that_is_read(browse, story, phone):
    typed = {"note-first_day": "2026-03-09", "note-sworn_since": "2026-03-10", "note-sworn": "y"}

    shown = browse.as_(story.ada).fragment(f"{phone.path}/days", typed).text

    assert "depuis le lundi 9 mars" in shown
    assert 'value="2026-03-09"' in shown
    assert "2026-03-10" not in shown


def test_the_days_shown_beside_a_form_that_came_back_are_those_of_the_first_day_typed(browse, story, phone):
    ada = browse.as_(story.ada)

    back = ada.fragment(phone.path, SWORN | {"note-first_day": "2026-03-12", "note-city": ""}, status=422)

    assert "8 jours" in back.text
    assert "n’avoir pas travaillé depuis" not in back.text


def test_a_cancelled_note_keeps_its_number_and_the_next_has_another(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, SWORN)
    [first] = notes(session)

    cancelled = ada.fragment(f"{phone.path}/{first.id}/cancel")
    check_fragment(cancelled.text)
    assert f"{first.number}, annulé" in cancelled.text
    assert "ANNULÉ" in read(ada.get(f"/sick-notes/{first.id}/employer").data)
    ada.fragment(f"{phone.path}/{first.id}/cancel")
    ada.fragment(phone.path, SWORN)

    session.expire_all()
    [first, second] = notes(session)
    assert (first.state, second.state) == (NoteState.CANCELLED, NoteState.ISSUED)
    assert first.number.startswith("AI-440-2026-0000001-")
    assert second.number.startswith("AI-440-2026-0000002-")


def test_two_notes_of_a_person_never_share_a_day(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, SWORN)
    [first] = notes(session)
    other = waiting_case(story.nantes, identity("Paul", phones=("+33639980077",)), at=NOW)
    second = cases.get_case(other.case_id)
    second.episode, second.person_id, other.person_id = 2, first.person_id, first.person_id
    decided_case(story, other)
    again = on_the_phone(story.abel, other, ANSWERS)

    shown = browse.as_(story.abel).fragment(again.path, method="get")

    assert "déjà passés ou déjà couverts" in shown.text
    browse.as_(story.abel).fragment(again.path, SWORN, status=422)
    assert len(notes(session)) == 1


def test_nothing_of_a_note_is_seen_before_the_person_said_who_they_are(browse, story, session):
    task = waiting_case(story.nantes, at=NOW)
    decided_case(story, task)
    phone = on_the_phone(story.ada, task, ANSWERS, confirmed=False)
    ada = browse.as_(story.ada)

    assert "Confirmez d’abord l’identité" in ada.fragment(phone.path, method="get").text
    ada.fragment(phone.path, SWORN, status=409)
    assert notes(session) == []


def test_nobody_of_another_site_sees_the_panel(browse, story, phone):
    cleo, abel = browse.as_(story.cleo), browse.as_(story.abel)

    cleo.get(phone.path, status=404)
    abel.get(phone.path, status=404)
    cleo.post(phone.path, SWORN, status=404)


def test_the_note_is_issued_without_script(browse, story, phone, session):
    ada = browse.as_(story.ada)

    assert "Revenir à l’appel" in ada.get(phone.path).text
    issued = ada.follow(phone.path, SWORN)
    [note] = notes(session)
    assert note.number in issued.text
    assert "annulé" in ada.follow(f"{phone.path}/{note.id}/cancel").text
    ada.post(phone.path, {}, status=422)


def test_asked_too_late_nothing_is_issued_and_the_day_is_kept(browse, story, phone, session):
    end_claims(at=NOW + timedelta(minutes=6))
    ada_id = story.ada.id

    answer = browse.as_(story.ada).fragment(phone.path, SWORN, status=409)

    [(draft, text)] = call_queries.drafts(ada_id)
    assert draft.field == "sick_note"
    assert "lundi 9 mars" in text
    assert "aucun arrêt n’a été délivré" in answer.text
    assert notes(session) == []


@pytest.fixture
def luc(story):
    """Luc, met the day before, lives elsewhere and said he is 40 and not vaccinated; Ada calls him."""
    task = waiting_case(story.nantes, at=NOW)
    case = cases.get_case(task.case_id)
    named = contact(
        case, identity("Luc", "Martin", born=date(1986, 1, 2), phones=("+33639980002",)), by=story.ada, at=NOW
    )
    own = queue_services.enqueue(
        kind=TaskKind.CONTACT_FIRST,
        person_id=named.person_id,
        phones=("+33639980002",),
        site_id=case.site_id,
        case_id=case.id,
        contact_id=named.id,
        due_at=NOW,
        at=NOW,
    )
    queue_services.close_task(task, TaskState.DONE, by=None, at=NOW)
    contacts.decide(
        named,
        vaccination="none",
        lives_with_case=False,
        age=40,
        infected_recently=False,
        zone=agent(story.ada).site.time_zone,
        by=None,
        at=NOW,
    )
    return named, own


def test_a_contact_in_quarantine_gets_seven_days_at_most_from_the_call(browse, story, luc, session):
    _named, task = luc
    phone = on_the_phone(story.ada, task, ANSWERS)
    ada = browse.as_(story.ada)

    ada.fragment(phone.path, SWORN | {"note-first_day": "", "note-nir": nir_of("2860144109001")})

    [note] = notes(session)
    assert (note.first_day, note.last_day, note.rule) == (
        date(2026, 3, 10),
        date(2026, 3, 16),
        "exercise-2022@2022.2/N-2",
    )
    whole = read(ada.get(f"/sick-notes/{note.id}/insured").data)
    assert "Personne contact à risque" in whole
    assert "Dupont" not in whole
    assert "DUPONT" not in whole


@pytest.mark.parametrize(
    ("answers",                  "words"),
    [
        ({"is_caregiver": "yes"}, "Professionnel d’un établissement de santé"),
        ({"insurance_scheme": "CIVIL_SERVANT"}, "autorisation spéciale d’absence"),
    ],
)  # fmt: skip
def test_some_contacts_are_sent_elsewhere(browse, story, luc, answers, words):
    phone = on_the_phone(story.ada, luc[1], ANSWERS | answers)

    assert words in browse.as_(story.ada).fragment(phone.path, method="get").text


@pytest.mark.parametrize(
    ("risk",                  "words"),
    [
        (RiskLevel.NEGLIGIBLE,   "risque négligeable"),
        (RiskLevel.UNDETERMINED, "complétez les circonstances"),
    ],
)  # fmt: skip
def test_a_contact_s_note_hangs_on_the_risk(browse, story, luc, risk, words):
    luc[0].risk = risk
    phone = on_the_phone(story.ada, luc[1], ANSWERS)

    assert words in browse.as_(story.ada).fragment(phone.path, method="get").text


def test_a_person_known_by_a_given_name_only_is_asked_for_the_rest_where_the_note_is_issued(
    browse, story, session
):
    task = waiting_case(story.nantes, identity("Zoé", "", born=None), at=NOW)
    decided_case(story, task)
    phone = on_the_phone(story.ada, task, ANSWERS)
    ada = browse.as_(story.ada)

    asked = ada.fragment(phone.path, method="get")
    check_fragment(asked.text)
    for field in ("birth_name", "birth_date", "address", "postcode", "city", "address_confirmed", "nir"):
        assert f'name="note-{field}"' in asked.text
    refused = ada.fragment(phone.path, {"note-sworn": "y"}, status=422)
    check_fragment(refused.text)
    assert "Demandez la date de naissance" in refused.text
    assert notes(session) == []

    said = {"note-birth_name": "Martin", "note-birth_date": "1980-05-17"}
    ada.fragment(phone.path, SWORN | said | {"note-nir": nir_of("2800544109001")})
    [note] = notes(session)
    whole = read(ada.get(f"/sick-notes/{note.id}/insured").data)
    for words in ("MARTIN", "17 mai 1980", "3 rue des Lilas, 44000 Nantes", "2 80 05 44 109 001"):
        assert words in whole.replace("\u00a0", " ")
    known = people.find_identity(task.person_id)
    assert (known.birth_name, known.birth_date, known.city) == ("Martin", date(1980, 5, 17), "Nantes")
    found = people.find_by_key(KeyKind.NIR, nir_of("2800544109001"))
    assert [one.id for one in found] == [task.person_id]
