"""The answer for a family that complains stands first; each role sees what it needs; erasure leaves a file to read."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.statements import statements_sent
from tests.support.story import Story, agent, case, contact, identity, person, waiting_case
from tests.support.web import Browser
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.casefiles.rules import FileReason, Sees, seen_by, shows_value
from tracing.casefiles.words import value_in_words
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.contacts.models import Contact
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Reason
from tracing.facts import services as facts
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.facts.ruling_rules import Ground, Ruling, RulingKind
from tracing.facts.services import NewFact
from tracing.kernel.db import session, transaction
from tracing.kernel.events import IdentityAccess
from tracing.programmes.data_fields import DataField
from tracing.queue import languages
from tracing.queue import services as queue
from tracing.staff.models import Role
from tracing.vault import services as vault

MINUTE = timedelta(minutes=1)
MARIE = identity("Marie", "Kerguelen")
COMPLAINT = {"reason": FileReason.COMPLAINT.value}


def rung(story: Story, task, who, outcome: CallOutcome, *, at):
    """Let somebody ring the household and note an outcome."""
    by = agent(who)
    call = calls.take_next(by, at=at)
    talk = calls.start_conversation(call, task, script_version="2026.1", at=at)
    talk.outcome, talk.finished_at = outcome, at
    calls.end(call, outcome, by=by, at=at)
    return call


def read(browse: Browser, who, reference: str):
    return browse.as_(who).follow("/files", {"key": reference} | COMPLAINT)


def answer(page) -> dict[str, str]:
    """Return the short answer at the top."""
    top = BeautifulSoup(page.text, "html.parser").select_one(".file-answer")
    return {
        row.dt.get_text(strip=True): row.dd.get_text(" ", strip=True) for row in top.select(".facts > div")
    }


def complained_about(story: Story):
    """A case rung twice, promised a callback, and about which a doctor is asked."""
    task = waiting_case(story.nantes, MARIE, at=NOW)
    rung(story, task, story.ada, CallOutcome.NO_ANSWER, at=NOW + MINUTE)
    queue.promise(task, when=NOW + timedelta(hours=3), by=agent(story.abel), at=NOW + 2 * MINUTE)
    return task


def test_when_we_rang_who_what_came_of_it_and_what_is_next_stand_first(browse: Browser, story: Story, clock):
    task = complained_about(story)
    clock.move_to(NOW + timedelta(minutes=30))

    said = answer(read(browse, story.dora, get_case(task.case_id).reference))

    assert said["Appels"] == "1 appel, sans joindre la personne."
    assert "Ada" in said["Dernier appel"]
    assert "Sans réponse" in said["Dernier appel"]
    assert said["La suite"].startswith("Rappel promis par Abel")
    assert "13:00" in said["La suite"]


def test_a_promise_that_changes_hands_is_one_row(browse: Browser, story: Story):
    task = complained_about(story)
    languages.set_call_language(task, "tr", by=story.ada.id, at=NOW + 5 * MINUTE)

    page = read(browse, story.dora, get_case(task.case_id).reference)

    assert page.text.count("Rappel promis pour") == 1


def test_somebody_on_the_line_is_what_is_next(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    calls.take_next(agent(story.ada), at=NOW)

    said = answer(read(browse, story.dora, get_case(task.case_id).reference))

    assert said["La suite"] == "Ada est en ligne avec le foyer en ce moment."


def with_health(story: Story, *, at=NOW):
    task = waiting_case(story.nantes, MARIE, at=at)
    by = agent(story.ada)
    call = calls.take_next(by, at=at)
    talk = calls.start_conversation(call, task, script_version="2026.1", at=at)
    calls.confirm_identity(talk, confirmed=True, by=by, at=at)
    calls.save_answer(call, task, "knows_result", "yes", by=by, at=at)
    subject = (SubjectType.CASE, task.case_id)
    for kind, value in ((FactKind.IMMUNODEPRESSED, True), (FactKind.ONSET, "2026-03-08")):
        new = NewFact(
            subject=subject,
            kind=kind,
            value=value,
            source=FactSource.PERSON,
            cohort=at.date(),
            call_id=call.id,
        )
        facts.add([new], by=story.ada.id, at=at)
    escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.MEDICAL_QUESTION,
        question="Greffée du rein, peut-elle sortir ?",
        by=by,
        at=at,
    )
    contact(get_case(task.case_id), identity("Luc", "Morvan", phones=("+33639980009",)), by=story.ada, at=at)
    return task


def test_each_role_sees_what_it_needs(browse: Browser, story: Story):
    reference = get_case(with_health(story).case_id).reference

    doctors = read(browse, story.ben, reference).text
    supervisors = read(browse, story.dora, reference).text
    auditors = read(browse, story.olga, reference).text

    assert "Greffée du rein" in doctors
    assert "Ce que la personne a répondu" in doctors
    for other in (supervisors, auditors):
        assert "Greffée" not in other
        assert "Ce que la personne a répondu" not in other
        assert "Immunodépression" in other
    assert "réservé au médecin-conseil" in supervisors
    assert "non montré à votre rôle" in auditors
    assert "dimanche 8 mars" in supervisors
    assert "MORVAN Luc" in supervisors
    assert "MORVAN" not in auditors
    assert "Qui a vu cette personne" in auditors
    assert "Qui a vu cette personne" not in supervisors
    assert auditors.count("Réclamation de la personne") >= 3


def test_what_a_doctor_decided_apart_from_the_rule_is_said_as_theirs(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    decided = Ruling(
        kind=RulingKind.UNTIL,
        ground=Ground.HOSPITAL,
        rule="P0-1",
        on=NOW.date(),
        last_day=NOW.date() + timedelta(days=9),
    )
    fact = NewFact(
        subject=(SubjectType.CASE, task.case_id),
        kind=FactKind.MEASURE,
        value=decided.value,
        source=FactSource.DOCTOR,
        cohort=NOW.date(),
    )
    consequences.record([fact], by=story.ben.id, at=NOW)

    page = read(browse, story.dora, get_case(task.case_id).reference).text

    assert "le médecin-conseil, à la place de la règle" in page
    assert "jeudi 19 mars" in page


def test_a_new_kind_of_fact_is_the_doctors_until_it_is_said_to_be_more():
    seen = seen_by([Role.SUPERVISOR])

    assert seen == Sees(health=False, people=True, readers=False, values=True)
    assert seen_by([Role.SUPERVISOR, Role.ADVISER]).health


def test_what_a_programme_restricts_is_read_by_advisers_only():
    supervisor, adviser = seen_by([Role.SUPERVISOR]), seen_by([Role.ADVISER])

    assert shows_value(FactKind.ONSET, supervisor)
    assert not shows_value(FactKind.ONSET, supervisor, {DataField.ONSET})
    assert shows_value(FactKind.ONSET, adviser, {DataField.ONSET})
    assert not shows_value(FactKind.VACCINATION, supervisor)


def test_each_fact_stands_with_its_source_and_whether_it_counts(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    subject = (SubjectType.CASE, task.case_id)
    for source, value, by in (
        (FactSource.PERSON, "2026-03-08", story.ada),
        (FactSource.DOCTOR, "2026-03-06", story.ben),
    ):
        new = NewFact(subject=subject, kind=FactKind.ONSET, value=value, source=source, cohort=NOW.date())
        facts.add([new], by=by.id, at=NOW)

    page = BeautifulSoup(read(browse, story.dora, get_case(task.case_id).reference).text, "html.parser")

    section = page.find(id="facts-title").find_parent("section")
    rows = [row.get_text(" ", strip=True) for row in section.select("tbody tr")]
    assert [("remplacé" in row, "vaut" in row) for row in rows] == [(False, True), (True, False)]
    assert "le médecin-conseil noté par Ben" in rows[0]
    assert "la personne noté par Ada" in rows[1]


def test_reading_is_recorded_with_everybody_who_was_named(browse: Browser, story: Story):
    task = with_health(story)

    read(browse, story.dora, get_case(task.case_id).reference)

    seen = session.scalars(
        select(IdentityAccess).where(IdentityAccess.viewer_id == story.dora.id, IdentityAccess.why == "file")
    ).one()
    luc = session.scalars(select(Contact)).one()
    assert set(seen.people) == {f"person:{task.person_id}", f"person:{luc.person_id}"}


def test_the_auditor_sees_who_looked_and_why(browse: Browser, story: Story):
    task = complained_about(story)
    reference = get_case(task.case_id).reference
    browse.as_(story.ben).follow(
        "/files", {"key": reference, "reason": FileReason.OTHER.value, "words": "avis pour sa mère"}
    )

    text = read(browse, story.olga, reference).text

    readers = BeautifulSoup(text, "html.parser").find(id="readers-title").find_parent("section")
    assert "Ben" in readers.get_text()
    assert "par référence" in readers.get_text()
    assert "avis pour sa mère" in readers.get_text()


def test_the_chain_is_followed_from_file_to_file(browse: Browser, story: Story):
    task = with_health(story)
    luc = session.scalars(select(Contact)).one()
    dora, ben = browse.as_(story.dora), browse.as_(story.ben)
    first = dora.client.post("/files", data={"key": get_case(task.case_id).reference} | COMPLAINT)
    address = first.headers["Location"]

    page = dora.follow(f"{address}/follow", {"contact": luc.id})

    assert "MORVAN Luc" in page.text
    assert "Nommée par le patient zéro" in page.text
    assert "le patient zéro qui l’a nommée" in page.text
    doctors = ben.client.post("/files", data={"key": "06 39 98 00 09"} | COMPLAINT).headers["Location"]
    with transaction():
        session.get_one(Contact, luc.id).may_disclose = True
    assert "KERGUELEN Marie" in ben.follow(f"{doctors}/follow", {"case": task.case_id}).text
    with transaction():
        session.get_one(Contact, luc.id).may_disclose = False
    ben.post(f"{doctors}/follow", {"case": task.case_id}, status=404)


def test_nothing_is_followed_out_of_the_chain(browse: Browser, story: Story):
    task = with_health(story)
    stranger = case(story.nantes, identity("Paul", "Autre", phones=("+33639980007",)), at=NOW)
    address = (
        browse.as_(story.dora)
        .client.post("/files", data={"key": get_case(task.case_id).reference} | COMPLAINT)
        .headers["Location"]
    )

    browse.as_(story.dora).post(f"{address}/follow", {"case": stranger.id}, status=404)


def test_a_file_whose_day_was_destroyed_is_read_without_identity(browse: Browser, story: Story):
    long_ago = NOW - timedelta(days=200)
    task = with_health(story, at=long_ago)
    reference = get_case(task.case_id).reference
    visitors = [browse.as_(who) for who in (story.dora, story.ben, story.olga)]
    vault.destroy_cohort(long_ago.date(), by=None, at=NOW)

    for visitor in visitors:
        page = visitor.follow("/files", {"key": reference} | COMPLAINT).text
        assert "Identité effacée" in page
        assert "KERGUELEN" not in page
        assert "Greffée" not in page
        assert "Ce qui s’est passé" in page


def test_the_statements_do_not_grow_with_the_contacts(browse: Browser, story: Story):
    task = with_health(story)
    dora = browse.as_(story.olga)
    address = dora.client.post("/files", data={"key": get_case(task.case_id).reference} | COMPLAINT).headers[
        "Location"
    ]
    dora.get(address)
    with statements_sent(session) as few:
        dora.get(address)
    of = get_case(task.case_id)
    for number in range(8):
        contact(
            of,
            identity(f"Zoé{number}", "Morvan", phones=(f"+336399801{number:02}",)),
            by=story.ada,
            at=NOW,
        )

    with statements_sent(session) as many:
        dora.get(address)

    assert len(many) == len(few)
    assert len(few) <= 40


def test_two_records_of_one_person_are_one_file(browse: Browser, story: Story):
    task = waiting_case(story.nantes, MARIE, at=NOW)
    other = person(identity("Marie", "Kerguellen", born=date(1980, 5, 17)), at=NOW)
    other.same_as = task.person_id
    session.flush()
    new = NewFact(
        subject=(SubjectType.PERSON, other.id),
        kind=FactKind.NO_CALLS,
        value=True,
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    facts.add([new], by=story.ada.id, at=NOW)

    assert "Ne plus appeler" in read(browse, story.dora, get_case(task.case_id).reference).text


@pytest.mark.parametrize(
    ("kind", "value", "on", "said"),
    [
        (
            FactKind.TEST,
            "self_test_positive",
            date(2026, 3, 8),
            "autotest, positif, prélevé le dimanche 8 mars",
        ),
        (FactKind.TEST, "pcr_negative", None, "PCR, négatif"),
        (FactKind.VACCINATION, "unknown", None, "ne sait pas"),
        (FactKind.DEATH, True, None, "oui"),
        (FactKind.ONSET, "2026-03-08", None, "dimanche 8 mars"),
        (
            FactKind.MEASURE,
            Ruling(
                kind=RulingKind.NO_MEASURE, ground=Ground.HOSPITAL, rule="p@1/P0-4a", on=date(2026, 3, 9)
            ).value,
            None,
            "Ni isolement ni quarantaine.",
        ),
    ],
)
def test_what_was_said_is_read_in_french(app, clock, kind, value, on, said):
    with app.test_request_context():
        assert value_in_words(kind, value, on).startswith(said)
