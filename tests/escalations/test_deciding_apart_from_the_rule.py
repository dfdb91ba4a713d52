"""A doctor decides apart from the rule: dates, contacts, calls and the note follow, and the tracer is told in the call."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.desk.test_contact_call import LUC, waiting_contact
from tests.escalations.conftest import Line, ring
from tests.support.story import agent, identity
from tracing.calls import services as calls
from tracing.calls.rules import CallOutcome
from tracing.cases.models import Case
from tracing.consequences import services as consequences
from tracing.consequences.picture_rules import CaseNow, MeasuredPerson, NoteNow
from tracing.consequences.rules import of_case
from tracing.contacts.models import Contact
from tracing.escalations import queries, services
from tracing.escalations.errors import EndsTooEarly, RulingDoesNotFit
from tracing.escalations.models import Audience, Decision, Reason
from tracing.escalations.rules import first_last_day
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, FactSource, Said, SubjectType
from tracing.facts.ruling_rules import Ground, Ruling, RulingKind, as_ruled, measure_ruled
from tracing.kernel.db import session as database
from tracing.programmes.loader import get_pack
from tracing.programmes.rules import Measure, isolation
from tracing.programmes.vocabulary import RiskLevel, Scheme, Subject, Vaccination
from tracing.queue.models import CallTask, TaskState
from tracing.queue.queries import get_task
from tracing.sickleave.reasons import Reason as NoteReason
from tracing.sickleave.rules import NoteRequest, decide_note

DAY = timedelta(days=1)
TODAY = NOW.date()


def ruling(kind=RulingKind.UNTIL, last_day=TODAY + 12 * DAY, first_day=None, on=TODAY):
    return Ruling(
        kind=kind,
        ground=Ground.HOSPITAL,
        rule="exercise-2022@1/P0-1",
        on=on,
        first_day=first_day,
        last_day=last_day,
    )


@pytest.fixture
def ben(story):
    """Nantes' medical adviser."""
    return agent(story.ben)


def settled(question, ben, decision=Decision.GO_ON, at=NOW, **more):
    services.take(question.id, by=ben, at=at)
    return services.settle(
        question.id, answer=more.pop("answer", ""), decision=decision, by=ben, at=at, **more
    )


def case_of(line):
    return database.get_one(Case, line.task.case_id)


# ---------- The measure ----------


def test_an_isolation_ends_on_the_doctors_day_and_the_tracer_is_told_in_the_call(browse, story, line, ben):
    consequences.follow_case(line.task.case_id, by=None, at=NOW)
    by_rule = case_of(line).isolation_last_day
    settled(line.ask(), ben, ruling=ruling())

    of = case_of(line)
    assert (of.isolation_measure, of.isolation_last_day) == ("required", TODAY + 12 * DAY)
    assert of.isolation_rule is not None
    assert by_rule != of.isolation_last_day
    panel = browse.as_(story.ada).get(line.panel).text
    assert "Décision du médecin-conseil" in panel
    assert "Hospitalisation" in panel
    assert "P0-1" in panel
    [said] = [one for one in facts.facts_of(SubjectType.CASE, of.id) if one.kind is FactKind.MEASURE]
    assert said.source is FactSource.DOCTOR
    screen = browse.as_(story.ada).get(f"/calls/{line.call.id}?task={line.task.id}").text
    assert "le médecin-conseil, à la place de la règle" in screen


def test_whoever_answers_next_reads_what_was_decided_before(browse, story, line, ben):
    calls.save_answer(line.call, line.task, "has_symptoms", "no", by=line.tracer, at=NOW)
    settled(line.ask(), ben, answer="Elle reste à l’hôpital.", ruling=ruling())
    again = line.ask(question="Que dit-on à la famille ?", at=NOW + DAY / 24)

    page = browse.as_(story.ben).follow(f"/escalations/{again.id}/take").text

    assert "Déjà décidé" in page
    assert "Elle reste à l’hôpital." in page
    assert "Hospitalisation" in page
    assert "aucun symptôme" in page


def test_what_a_person_says_later_does_not_move_the_doctors_day(line, ben):
    settled(line.ask(), ben, ruling=ruling())

    consequences.follow_case(line.task.case_id, by=None, at=NOW + DAY)

    assert case_of(line).isolation_last_day == TODAY + 12 * DAY


def test_a_doctor_may_ask_for_nothing_and_return_to_the_rule(line, ben):
    consequences.follow_case(line.task.case_id, by=None, at=NOW)
    by_rule = case_of(line).isolation_last_day
    settled(line.ask(), ben, ruling=ruling(RulingKind.NO_MEASURE, None))
    assert (case_of(line).isolation_measure, case_of(line).isolation_last_day) == ("not_required", None)

    settled(line.ask(at=NOW + DAY), ben, at=NOW + DAY, ruling=ruling(RulingKind.MEASURE_BY_RULE, None))

    assert case_of(line).isolation_last_day == by_rule


def test_whoever_was_told_another_day_is_called_again_unless_the_doctor_has_told_them(story, line, ben):
    question = line.ask()
    consequences.follow_case(line.task.case_id, by=None, at=NOW)
    line.end(CallOutcome.NEEDS_DOCTOR)
    consequences.remember_told(get_task(line.task.id), at=NOW)
    settled(question, ben, Decision.CLOSED, ruling=ruling())
    task = get_task(line.task.id)
    assert (task.state, task.again) == (TaskState.DONE, None)

    other = ring(story, story.abel, identity("Luc", phones=("+33639980003",)))
    question = other.ask()
    consequences.follow_case(other.task.case_id, by=None, at=NOW)
    other.end(CallOutcome.NEEDS_DOCTOR)
    consequences.remember_told(get_task(other.task.id), at=NOW)
    settled(question, ben, Decision.CALL_BACK, ruling=ruling())

    assert get_task(other.task.id).state is TaskState.OPEN


def test_a_measure_keeps_its_rule_beside_the_doctors_days():
    pack = get_pack("exercise-2022")
    decided = isolation(
        pack, onset=TODAY, sampled=TODAY, vaccination=Vaccination.answered(None), age=40, on=TODAY
    )
    until, nothing = (
        as_ruled(decided, measure_ruled({FactKind.MEASURE: said(one)}))
        for one in (ruling(), ruling(RulingKind.NO_MEASURE, None))
    )

    assert (until.last_day_in, until.rule, until.early_exit) == (TODAY + 12 * DAY, decided.rule, None)
    assert until.end - until.last_day_in == decided.end - decided.last_day_in
    assert (nothing.measure, nothing.end, nothing.rule) == (Measure.NOT_REQUIRED, None, decided.rule)
    assert as_ruled(decided, None) is decided


def said(one):
    return Said(fact_id=1, kind=one.fact_kind, value=one.value, source=FactSource.DOCTOR, said_at=NOW)


# ---------- A disputed contact ----------


def test_a_contact_whom_the_doctor_finds_at_no_risk_is_asked_nothing(story, line, ben):
    contact = contact_line(story, line)
    question = contact.ask(Reason.RISK_DISPUTED)

    settled(question, ben, ruling=ruling(RulingKind.NEGLIGIBLE, None))

    of = database.get_one(Contact, contact.task.contact_id)
    assert of.risk is RiskLevel.NEGLIGIBLE
    assert of.quarantine_last_day is None
    consequences.follow_case(of.case_id, by=None, at=NOW)
    assert of.risk is RiskLevel.NEGLIGIBLE
    settled(
        contact.ask(Reason.RISK_DISPUTED), ben, at=NOW + DAY, ruling=ruling(RulingKind.RISK_BY_RULE, None)
    )
    assert of.risk is RiskLevel.AT_RISK


def test_a_ruling_names_the_rule_of_what_it_departs_from(browse, story, line):
    contact = contact_line(story, line)
    asked = contact.ask(Reason.RISK_DISPUTED).id
    of = database.get_one(Contact, contact.task.contact_id)
    of_risk, of_measure = of.risk_rule, of.quarantine_rule
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{asked}/take")

    ben.follow(f"/escalations/{asked}", answered(ruling="negligible", ground="protected"))

    kept = queries.words_of(queries.of_task(contact.task.id)[0])
    assert kept.ruling.rule == of_risk != of_measure


def contact_line(story, line):
    """Let Abel call a contact of Ada's case."""
    waiting_contact(story, case_of(line), LUC)
    by = agent(story.abel)
    call = calls.take_next(by, at=NOW)
    [task] = [one for one in call_tasks(call) if one.contact_id is not None]
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.confirm_identity(conversation, confirmed=True, by=by, at=NOW)
    consequences.decide_first(SubjectType.CONTACT, task.contact_id, by=None, at=NOW)
    return Line(call, task, by)


def call_tasks(call):
    return database.scalars(select(CallTask).where(CallTask.household_id == call.household_id)).all()


def test_the_risk_of_a_case_cannot_be_decided(line, ben):
    with pytest.raises(RulingDoesNotFit):
        settled(line.ask(), ben, answer="Non", ruling=ruling(RulingKind.NEGLIGIBLE, None))


# ---------- The form ----------


def answered(**more):
    return {"answer": "", "decision": "go_on"} | more


def test_an_adviser_decides_in_the_form_with_ground_and_day(browse, story, line):
    asked = line.ask().id
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{asked}/take")
    last = (TODAY + 9 * DAY).isoformat()

    page = ben.post(f"/escalations/{asked}", answered(ruling="until", ruling_last=last), status=422)
    assert "Choisissez le motif" in page.text
    page = ben.post(
        f"/escalations/{asked}",
        answered(ruling="until", ruling_last="1926-01-01", ground="hospital"),
        status=422,
    )
    assert "Vérifiez les jours" in page.text
    ben.follow(f"/escalations/{asked}", answered(ruling="until", ruling_last=last, ground="hospital"))

    assert case_of(line).isolation_last_day == TODAY + 9 * DAY
    kept = queries.words_of(queries.of_task(line.task.id)[0])
    assert kept.ruling.ground is Ground.HOSPITAL


def test_a_last_day_before_the_sampling_or_long_past_is_refused(browse, story, line):
    asked = line.ask().id
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{asked}/take")
    of = case_of(line)
    first = min(of.onset_on or TODAY, of.first_sampled_at.date())
    first = max(first, TODAY - 14 * DAY)

    def until(day):
        return answered(ruling="until", ruling_last=day.isoformat(), ground="late_call")

    page = ben.post(f"/escalations/{asked}", until(first - DAY), status=422)
    assert f"Le dernier jour ne peut pas être avant le {first:%d/%m/%Y}" in page.text
    case_of(line).isolation_last_day = TODAY + 5 * DAY
    database.flush()
    page = ben.post(f"/escalations/{asked}", until(TODAY + 5 * DAY), status=422)
    assert "C’est déjà le dernier jour d’après la règle" in page.text
    assert case_of(line).doctor_since is None
    ben.follow(f"/escalations/{asked}", until(first))
    assert case_of(line).doctor_last_day == first


def test_whoever_answers_reads_the_day_of_sampling_as_it_was_corrected(browse, story, line):
    asked = line.ask().id
    ben = browse.as_(story.ben)
    case_of(line).sampled_on = date(2026, 3, 2)

    page = ben.follow(f"/escalations/{asked}/take")

    assert "lundi 2 mars" in page.text


def test_a_last_day_before_the_meeting_is_refused(story, line, ben):
    contact = contact_line(story, line)
    of = database.get_one(Contact, contact.task.contact_id)

    with pytest.raises(EndsTooEarly):
        settled(contact.ask(Reason.RISK_DISPUTED), ben, ruling=ruling(last_day=of.last_contact_on - DAY))


@pytest.mark.parametrize(("since", "days"), [(None, -14), (-20, -14), (-3, -3)])
def test_the_earliest_last_day_is_that_of_the_meeting_or_two_weeks_ago(since, days):
    day = None if since is None else TODAY + since * DAY

    assert first_last_day(day, today=TODAY) == TODAY + days * DAY


def test_a_referent_decides_nothing_apart_from_the_rule(browse, story, line):
    asked = line.ask(Reason.PROCEDURE, "Quel courrier ?", Audience.REFERENT).id
    rose = browse.as_(story.rose, site=story.nantes)
    page = rose.follow(f"/escalations/{asked}/take")

    assert "Décider à la place de la règle" not in page.text
    form = answered(answer="Le 3", ruling="no_measure", ground="other")
    rose.follow(f"/escalations/{asked}", form)
    assert case_of(line).doctor_since is None


def test_a_result_told_and_a_ready_answer_need_no_typing(browse, story, line):
    told = line.ask(Reason.RESULT_NOT_ANNOUNCED, "").id
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{told}/take")
    ben.post(f"/escalations/{told}", answered(), status=422)
    ben.follow(f"/escalations/{told}", answered(result_announced="y"))
    assert "Le résultat lui a été annoncé" in queries.words_of(queries.of_task(line.task.id)[0]).answer

    asked = line.ask().id
    ben.follow(f"/escalations/{asked}/take")
    ben.follow(f"/escalations/{asked}", answered(ready="0", answer="Et qu’elle boive."))

    answer = queries.words_of(queries.of_task(line.task.id)[0]).answer
    assert answer.startswith("Qu’elle continue son traitement habituel")
    assert answer.endswith("Et qu’elle boive.")


# ---------- The note ----------


def test_a_note_outside_the_limits_is_allowed_for_the_days_a_doctor_agreed_to_but_never_for_a_day_worked():
    def asked(**more):
        pack = get_pack("exercise-2022")
        measure = isolation(
            pack, onset=TODAY, sampled=TODAY, vaccination=Vaccination.answered(None), age=40, on=TODAY
        )
        return decide_note(
            NoteRequest(
                pack=pack,
                subject=Subject.CASE,
                on=TODAY,
                measure=measure,
                age=40,
                scheme=Scheme.RG,
                can_telework=False,
                sworn=True,
                identity_verified=True,
                **more,
            )
        )

    far_back = (TODAY - 12 * DAY, TODAY + 20 * DAY)
    by_rule, agreed = asked(), asked(ruled_days=far_back)

    assert by_rule.first_day > far_back[0]
    assert (agreed.first_day, agreed.last_day) == far_back
    assert asked(ruled_days=far_back, free_from=TODAY).first_day == TODAY
    assert asked(ruled_days=far_back, other_notes=(far_back,)).reason is NoteReason.OVERLAP
    assert asked(ruled_days=far_back, free_from=TODAY + 30 * DAY).reason is NoteReason.WORKED


def test_a_note_to_which_a_doctor_agreed_stands_whatever_the_measure_becomes():
    note = NoteNow(note_id=1, last_day=TODAY + 20 * DAY, is_doctors=True)
    person = MeasuredPerson(last_day=None, note=note)

    assert [one.kind for one in of_case(CaseNow(case_id=1, window=None, person=person, contacts=()))] == []


def test_the_adviser_of_a_note_decides_in_the_form(browse, story, line):
    asked = line.ask(Reason.SICK_LEAVE).id
    ben = browse.as_(story.ben)
    ben.follow(f"/escalations/{asked}/take")
    first, last = (TODAY - 12 * DAY).isoformat(), (TODAY + 2 * DAY).isoformat()
    form = answered(ruling="note_days", ground="late_call", ruling_first=first, ruling_last=last)

    ben.follow(f"/escalations/{asked}", form)

    assert case_of(line).note_ruling == (TODAY - 12 * DAY, TODAY + 2 * DAY)
    told = browse.as_(story.ada).fragment(line.panel, method="get").text
    assert "Arrêt accordé du" in told
    assert "à la place de la règle N-" in told, (
        "it departs from the rule of notes, not from that of the isolation"
    )


def test_the_adviser_takes_the_days_of_a_note_back_in_the_form(browse, story, line, ben):
    granted = ruling(RulingKind.NOTE_DAYS, TODAY + 12 * DAY, first_day=TODAY)
    settled(line.ask(Reason.SICK_LEAVE), ben, at=NOW - DAY, ruling=granted)
    assert case_of(line).note_ruling is not None
    asked = line.ask(Reason.SICK_LEAVE).id
    page = browse.as_(story.ben)
    page.follow(f"/escalations/{asked}/take")
    assert "Revenir à la règle pour l’arrêt" in page.get(f"/escalations/{asked}").text

    page.follow(f"/escalations/{asked}", answered(ruling="note_by_rule", ground="other"))

    assert case_of(line).note_ruling is None
    panel = browse.as_(story.ada).fragment(line.panel, method="get").text
    assert "L’arrêt suit de nouveau la règle" in panel
    after = panel.partition("L’arrêt suit de nouveau la règle")[2]
    assert "règle N-" in after
    assert "à la place de la règle" not in after.partition("règle N-")[0]
