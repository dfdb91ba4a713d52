"""A case names somebody: risk by the circumstances, a call within a day, the name told only on a yes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.contacts.conftest import LUC, named, on_the_phone
from tests.desk.walking import soup
from tests.support.pages import check_fragment
from tests.support.story import agent, contact, identity, waiting_case
from tests.support.sweep import end_claims
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.cases import queries as cases
from tracing.contacts import queries
from tracing.kernel.db import session
from tracing.kernel.events import IdentityAccess
from tracing.people import queries as people
from tracing.people.models import Person
from tracing.programmes.vocabulary import RiskLevel
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.models import CallTask, EntryState, TaskKind, TaskState
from tracing.staff import services as staff
from tracing.staff.models import Member


def test_somebody_at_risk_is_called_within_a_day(browse, story, phone):
    answer = browse.as_(story.ada).fragment(phone.path, LUC)

    check_fragment(answer.text)
    [luc] = named(phone)
    task = queue.find_task_of_contact(luc.id)
    assert luc.risk is RiskLevel.AT_RISK
    assert luc.risk_rule == "exercise-2022@2022.2/R-1"
    assert (task.state, task.due_at, task.site_id) == (
        TaskState.OPEN,
        NOW + timedelta(hours=24),
        story.nantes.id,
    )
    assert queue.find_entry_of(task.household_id).state is EntryState.READY
    assert "MARTIN Luc" in answer.text
    assert "À risque" in answer.text
    assert "R-1" in answer.text


def test_a_given_name_and_a_telephone_are_enough(browse, story, phone):
    browse.as_(story.ada).fragment(
        phone.path,
        {
            "contact-first_names": "Zoé",
            "contact-phones": "0639980009",
            "contact-last_contact_on": "2026-03-09",
            "contact-lives_with_case": "yes",
            "contact-is_child": "y",
        },
    )

    [zoe] = named(phone)
    assert queries.described(zoe).is_child
    assert zoe.risk is RiskLevel.AT_RISK
    assert people.find_identity(zoe.person_id).phones == ("+33639980009",)


@pytest.mark.parametrize(
    ("circumstances",                                              "risk",                  "is_called"),
    [
        ({"lives_with_case": "yes"},                               RiskLevel.AT_RISK,       True),
        ({"face_to_face": "beyond_2_m"},                           RiskLevel.NEGLIGIBLE,    False),
        ({"face_to_face": "beyond_2_m", "confined": "yes"},        RiskLevel.AT_RISK,       True),
        ({"face_to_face": "beyond_2_m", "care": "yes"},            RiskLevel.AT_RISK,       True),
        ({"face_to_face": "beyond_2_m", "cough": "yes"},           RiskLevel.AT_RISK,       True),
        ({"face_to_face": "no_face_to_face", "same_class": "yes"}, RiskLevel.AT_RISK,       True),
        ({"protection": "both_masks"},                             RiskLevel.NEGLIGIBLE,    False),
        ({"protection": "one_mask"},                               RiskLevel.AT_RISK,       True),
        ({"face_to_face": ""},                                     RiskLevel.UNDETERMINED,  True),
    ],
)  # fmt: skip
def test_the_circumstances_decide_who_is_called(browse, story, phone, circumstances, risk, is_called):
    typed = LUC | {f"contact-{name}": value for name, value in circumstances.items()}

    browse.as_(story.ada).fragment(phone.path, typed)

    [luc] = named(phone)
    assert luc.risk is risk
    assert (queue.find_task_of_contact(luc.id) is not None) is is_called


def test_the_name_is_not_told_unless_the_case_says_so(browse, story, phone):
    silent = {name: value for name, value in LUC.items() if name != "contact-may_disclose"}
    ada = browse.as_(story.ada)

    ada.fragment(phone.path, silent)
    [luc] = named(phone)
    assert luc.may_disclose is False

    ada.fragment(f"{phone.path}/{luc.id}/name", {"allowed": "yes"})
    assert named(phone)[0].may_disclose is True
    ada.fragment(f"{phone.path}/{luc.id}/name", {"allowed": "no"})
    assert named(phone)[0].may_disclose is False


@pytest.mark.parametrize(
    ("day", "status"), [("2026-03-01", 422), ("2026-03-02", 200), ("2026-03-10", 200), ("2026-03-11", 422)]
)
def test_only_the_contagious_days_count(browse, story, phone, day, status):
    answer = browse.as_(story.ada).fragment(phone.path, LUC | {"contact-last_contact_on": day}, status=status)

    check_fragment(answer.text)
    assert len(named(phone)) == (status == 200)
    if status == 422:
        assert "du lundi 2 mars au mardi 10 mars" in answer.text
        assert 'value="06 39 98 00 02"' in answer.text, "what was typed is still there"


def test_the_window_follows_the_onset(browse, story, phone, session):
    cases.get_case(phone.task.case_id).onset_on = date(2026, 3, 9)

    answer = browse.as_(story.ada).fragment(
        phone.path, LUC | {"contact-last_contact_on": "2026-03-06"}, status=422
    )

    assert "du samedi 7 mars au mardi 10 mars" in answer.text


def test_somebody_behind_the_case_s_own_number_joins_the_household(browse, story, phone):
    answer = browse.as_(story.ada).fragment(phone.path, LUC | {"contact-phones": "06 39 98 00 01"})

    [luc] = named(phone)
    assert queue.find_task_of_contact(luc.id).household_id == phone.call.household_id
    assert queue.find_claim(story.ada.id).claim_number == phone.call.claim_number
    assert "à voir dans cet appel" in answer.text


def test_the_language_that_is_said_decides_who_calls_them(browse, story, phone):
    ada = browse.as_(story.ada)

    offered = soup(ada.get(f"{phone.path}?add=1")).select("#contact-language option")
    answer = ada.fragment(phone.path, LUC | {"contact-language": "pt"})

    assert (offered[0]["value"], offered[0].text, offered[-1]["value"]) == ("", "français", "und")
    assert "portugais" in answer.text
    [luc] = named(phone)
    task = queue.find_task_of_contact(luc.id)
    assert queue.find_entry_of(task.household_id).language == "pt"
    assert not queue.has_waiting(story.nantes.id, story.abel.id, NOW)
    staff.set_languages(session.get(Member, story.abel.id), ["pt"], by=None, at=NOW)
    assert queue.has_waiting(story.nantes.id, story.abel.id, NOW)


def test_what_somebody_said_of_their_own_language_stands(browse, story, phone):
    born = {"contact-birth_date": "1990-02-01"}
    known = waiting_case(
        story.ajaccio, identity("Luc", "Martin", born=date(1990, 2, 1), phones=("+33639980002",)), at=NOW
    )
    session.get(Person, known.person_id).language = "it"

    browse.as_(story.ada).fragment(phone.path, LUC | born | {"contact-language": "pt"})

    [luc] = named(phone)
    assert luc.person_id == known.person_id
    assert session.get(Person, luc.person_id).language == "it"


def test_without_a_number_nobody_can_call(browse, story, phone):
    answer = browse.as_(story.ada).fragment(phone.path, LUC | {"contact-phones": ""})

    [luc] = named(phone)
    assert queue.find_task_of_contact(luc.id).state is TaskState.NO_NUMBER
    assert "Sans numéro" in answer.text


def test_a_number_that_does_not_exist_is_refused_beside_its_field(browse, story, phone):
    answer = browse.as_(story.ada).fragment(phone.path, LUC | {"contact-phones": "06 12"}, status=422)

    assert "Ce numéro n’existe pas" in answer.text
    assert named(phone) == []


def test_the_same_number_and_given_name_are_not_named_twice(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC)

    answer = ada.fragment(phone.path, LUC | {"contact-birth_name": ""}, status=409)

    assert "déjà dans la liste" in answer.text
    assert "Ce numéro est aussi celui de" in answer.text
    assert len(named(phone)) == 1


def test_a_number_of_a_household_is_told_and_forbids_nothing(browse, story, phone):
    ada = browse.as_(story.ada)
    zoe = {"contact-first_names": "Zoé", "contact-birth_name": ""}
    told = "Ce numéro est aussi celui de MARTIN Luc"
    assert told not in ada.fragment(phone.path, LUC).text
    [luc] = named(phone)

    assert told in ada.fragment(f"{phone.path}/risk", LUC | zoe).text
    assert "aussi celui" not in ada.fragment(f"{phone.path}/risk", LUC | {"about": luc.id}).text
    assert told in ada.fragment(phone.path, LUC | zoe).text

    assert len(named(phone)) == 2


def test_that_a_number_is_missing_is_said_as_soon_as_somebody_is_named(browse, story, phone):
    ada = browse.as_(story.ada)
    nobody = dict.fromkeys(LUC, "")

    assert "Il manque" not in ada.fragment(f"{phone.path}/risk", nobody).text
    assert (
        "Il manque un numéro" in ada.fragment(f"{phone.path}/risk", nobody | {"contact-is_child": "y"}).text
    )
    assert (
        "Il manque un numéro"
        in ada.fragment(f"{phone.path}/risk", nobody | {"contact-first_names": "Zoé"}).text
    )
    child = ada.fragment(f"{phone.path}/risk", LUC | {"contact-is_child": "y"}).text
    assert "Un parent sera appelé" in child


def test_the_case_is_not_their_own_contact(browse, story, phone):
    herself = {
        "contact-first_names": "Marie",
        "contact-birth_name": "Dupont",
        "contact-birth_date": "1980-05-17",
    }

    answer = browse.as_(story.ada).fragment(phone.path, LUC | herself, status=422)

    assert "elle n’est pas son propre contact" in answer.text


def test_somebody_known_by_their_full_identity_is_recognised_and_never_overwritten(
    browse, story, phone, session
):
    known = waiting_case(
        story.nantes, identity("Luc", "Martin", born=date(1975, 2, 3), phones=("+33639980007",)), at=NOW
    )

    browse.as_(story.ada).fragment(phone.path, LUC | {"contact-birth_date": "1975-02-03"})
    [luc] = named(phone)
    assert luc.person_id == known.person_id
    assert people.find_identity(luc.person_id).phones == ("+33639980002", "+33639980007")

    shown = browse.as_(story.ada).fragment(phone.path, method="get")
    assert "06 39 98 00 07" not in shown.text, "a number the case did not give is not the case's to hear"
    browse.as_(story.ada).fragment(
        f"{phone.path}/{luc.id}", LUC | {"contact-first_names": "Lucas", "contact-birth_date": "1975-02-04"}
    )
    session.expire_all()
    assert people.find_identity(known.person_id).first_names == "Luc"
    assert named(phone)[0].person_id != known.person_id


def test_two_people_without_a_birth_date_are_two(browse, story, phone, session):
    before = session.scalar(select(func.count()).select_from(Person))
    ada = browse.as_(story.ada)

    ada.fragment(phone.path, LUC)
    ada.fragment(phone.path, LUC | {"contact-phones": "0639980003"})

    assert session.scalar(select(func.count()).select_from(Person)) == before + 2


def test_nothing_is_seen_before_the_person_said_who_they_are(browse, story):
    phone = on_the_phone(story.ada, waiting_case(story.nantes, at=NOW), confirmed=False)
    ada = browse.as_(story.ada)

    assert "Confirmez d’abord l’identité" in ada.fragment(phone.path, method="get").text
    case_id = phone.task.case_id
    ada.fragment(phone.path, LUC, status=409)
    assert queries.contacts_of_case(case_id) == []


def test_a_contact_lists_no_contacts(browse, story, phone):
    by = agent(story.ada)
    waiting = queue_services.enqueue(
        **contact_task(story, phone, identity("Luc", "Martin")),
    )
    calls.confirm_identity(
        calls.start_conversation(phone.call, waiting, script_version="2026.1", at=NOW),
        confirmed=True,
        by=by,
        at=NOW,
    )

    path = phone.path.replace(f"/tasks/{phone.task.id}/", f"/tasks/{waiting.id}/")
    shown = browse.as_(story.ada).fragment(path, method="get")

    assert "La rencontre" in shown.text
    assert "Ajouter" not in shown.text
    case_id = phone.task.case_id
    browse.as_(story.ada).fragment(path, LUC, status=409)
    assert len(queries.contacts_of_case(case_id)) == 1


def contact_task(story, phone, who):
    case = cases.get_case(phone.task.case_id)
    luc = contact(case, who, by=story.ada, at=NOW)
    return {
        "kind": TaskKind.CONTACT_FIRST,
        "person_id": luc.person_id,
        "phones": who.phones,
        "site_id": case.site_id,
        "case_id": case.id,
        "contact_id": luc.id,
        "due_at": NOW,
        "at": NOW,
    }


def test_nobody_of_another_site_sees_the_list(browse, story, phone):
    browse.as_(story.cleo).get(phone.path, status=404)
    browse.as_(story.abel).get(phone.path, status=404)
    browse.as_(story.cleo).post(phone.path, LUC, status=404)
    browse.as_(story.gaston).get(phone.path, status=403)


def test_who_was_seen_is_recorded_once_for_the_claim(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC)
    ada.fragment(phone.path, method="get")

    [luc] = named(phone)
    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.viewer_id == story.ada.id)).all()
    assert [row.scope for row in seen] == [f"claim:{phone.call.entry_id}:{phone.call.claim_number}"]
    assert seen[0].people == [f"person:{luc.person_id}"]


def test_what_is_typed_too_late_is_refused_and_kept(browse, story, phone, session):
    end_claims(at=NOW + timedelta(minutes=6))
    ada_id, case_id = story.ada.id, phone.task.case_id

    answer = browse.as_(story.ada).fragment(phone.path, LUC, status=409)

    [(draft, text)] = call_queries.drafts(ada_id)
    assert draft.field == "contact"
    assert "06 39 98 00 02" in text
    assert "06 39 98 00 02" in answer.text
    assert queries.contacts_of_case(case_id) == []
    assert (
        session.scalar(select(func.count()).select_from(CallTask).where(CallTask.contact_id.is_not(None)))
        == 0
    )


def test_the_risk_is_said_before_anything_is_saved(browse, story, phone):
    answer = browse.as_(story.ada).fragment(
        f"{phone.path}/risk", {name: value for name, value in LUC.items() if "name" not in name}
    )

    check_fragment(answer.text)
    assert "face-à-face à moins de 2 mètres" in answer.text
    assert "sera appelée avant demain 10:00" in answer.text
    assert named(phone) == []


def test_link_place_and_warning_are_kept_shown_and_offered_again(browse, story, phone):
    ada = browse.as_(story.ada)
    said = {"contact-link": "colleague", "contact-place": "Café du Port", "contact-warned": "yes"}

    shown = ada.fragment(phone.path, LUC | said).text

    for words in ("collègue", "Café du Port", "déjà avertie"):
        assert words in shown
    form = soup(ada.get(f"{phone.path}?edit={named(phone)[0].id}"))
    assert form.select_one("[name=contact-place]")["value"] == "Café du Port"
    assert form.select_one("[name=contact-link] [selected]")["value"] == "colleague"
    assert form.select_one("[name=contact-warned][checked]")["value"] == "yes"


def test_the_case_under_their_own_number_is_asked_about_and_somebody_else_is_not(browse, story, phone):
    ada, path, case_id = browse.as_(story.ada), phone.path, phone.task.case_id
    herself = LUC | {"contact-first_names": "Marie", "contact-birth_name": "", "contact-phones": "0639980001"}

    answer = ada.fragment(path, herself, status=409)
    assert "est-ce elle" in answer.text
    assert queries.contacts_of_case(case_id) == []

    ada.fragment(path, herself | {"contact-birth_name": "Dupont", "contact-birth_date": "2008-02-01"})
    assert len(queries.contacts_of_case(case_id)) == 1


def test_a_code_that_is_none_is_refused_at_its_field_and_the_dialog_opens_again(browse, story, phone):
    ada, path = browse.as_(story.ada), phone.path

    for field in ("face_to_face", "protection"):
        ada.fragment(path, LUC | {f"contact-{field}": "no_such_code"}, status=422)

    check_fragment(ada.fragment(f"{path}?add=1", method="get").text)
    assert queries.contacts_of_case(phone.task.case_id) == []
