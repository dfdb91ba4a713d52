"""Who answers a question may ring the person themselves: they hold the household as every caller does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW, Clock
from tests.desk.walking import soup, take_call
from tests.escalations.conftest import Line, ring
from tests.support.live import Live, at_once, committed
from tests.support.pages import check_fragment
from tests.support.story import Story, agent, identity, member, waiting_case
from tests.support.web import Browser, Visitor
from tracing.calls import jobs, phone_numbers, spoken_proof
from tracing.calls import queries as call_queries
from tracing.calls import services as calls
from tracing.calls.models import Call
from tracing.calls.rules import CallOutcome
from tracing.consequences import services as consequences
from tracing.escalations import calling, services
from tracing.escalations.errors import OnTheLine
from tracing.escalations.jobs import release_questions
from tracing.escalations.models import Decision, Escalation, EscalationState, Reason
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session
from tracing.kernel.events import IdentityAccess
from tracing.people import queries as people
from tracing.people.models import Household
from tracing.queue import queries as queue
from tracing.queue import services as queue_services
from tracing.queue.claims import next_call as claim
from tracing.queue.claims import services as claims
from tracing.queue.maintenance import due_changes
from tracing.queue.models import EntryState, QueueEntry, TaskState
from tracing.staff import services as staff
from tracing.staff.models import Role

MINUTE = timedelta(minutes=1)
NUMBER = "tel:+33639980001"
ANSWER = {"answer": "Vue avec elle : appelez le 15 si cela empire.", "decision": "closed"}


@pytest.fixture
def asked(story: Story, line: Line) -> Escalation:
    """Marie waits for the doctor; Ben has taken the question."""
    question = line.ask(Reason.RED_FLAGS, "Essoufflée")
    line.end()
    return services.take(question.id, by=agent(story.ben), at=NOW)


def path_of(question: Escalation) -> str:
    return f"/escalations/{question.id}"


def state_of(question: Escalation) -> EscalationState:
    return session.get_one(Escalation, question.id, populate_existing=True).state


def entry_of(question: Escalation) -> QueueEntry:
    entry = queue.find_entry_of(queue.get_task(question.task_id).household_id)
    session.refresh(entry)
    return entry


def call_of(question: Escalation) -> Call:
    return session.scalars(
        select(Call).where(Call.escalation_id == question.id).order_by(Call.id.desc()).limit(1)
    ).one()


def rung(browse: Browser, story: Story, question: Escalation) -> tuple[Visitor, str]:
    """Let Ben ring; returns his browser and the address of the call."""
    ben = browse.as_(story.ben)
    ben.post(f"{path_of(question)}/call")
    return ben, f"{path_of(question)}/calls/{call_of(question).id}"


# ---------- Taking the household ----------


def test_the_number_is_shown_to_whoever_takes_the_household_and_nobody_else_gets_it(
    browse: Browser, story: Story, asked: Escalation
):
    ben = browse.as_(story.ben)
    before = ben.get(path_of(asked)).text

    page = ben.follow(f"{path_of(asked)}/call")

    assert NUMBER not in before
    assert NUMBER in page.text
    entry = entry_of(asked)
    assert (entry.state, entry.claimant_id) == (EntryState.CLAIMED, story.ben.id)
    assert claim.claim_next(agent(story.ada), at=NOW) is None
    board = soup(browse.as_(story.dora).get("/board")).select_one("[aria-labelledby=on-calls]").text
    assert "Ben" in board
    assert "appelle pour un avis" in board


def test_a_wrong_number_is_not_offered_and_one_that_was_answered_stays_first(browse: Browser, story: Story):
    line = ring(story, story.ada, identity(phones=("+33639980002", "+33639980001")))
    person_id = line.task.person_id
    wrong = people.number_hashes(person_id, ["+33639980002"])["+33639980002"]
    said = NewFact(
        subject=(SubjectType.PERSON, person_id),
        kind=FactKind.WRONG_NUMBER,
        value=True,
        source=FactSource.TRACER,
        cohort=NOW.date(),
        number_hash=wrong,
    )
    consequences.record([said], by=story.ada.id, at=NOW)
    calls.give_back(line.call, by=line.tracer, at=NOW)
    again = Line(calls.take_next(line.tracer, at=NOW), line.task, line.tracer)
    calls.start_conversation(again.call, again.task, script_version="2026.1", at=NOW)
    question = again.ask(Reason.RED_FLAGS)
    phone_numbers.note_rung(again.call, again.task, CallOutcome.NEEDS_DOCTOR, by=again.tracer, at=NOW)
    again.end()
    services.take(question.id, by=agent(story.ben), at=NOW)

    ben, _call = rung(browse, story, question)

    shown = soup(ben.get(path_of(question))).select_one("#telephone p")
    assert [one["href"] for one in shown.select(".phone")] == [NUMBER]
    # the doctor says their own word and number to whoever doubts them
    assert spoken_proof.shown(call_of(question).proof) in ben.get(path_of(question)).text


def test_nothing_of_the_tracers_desk_opens_with_it(browse: Browser, story: Story, asked: Escalation):
    ben, _call = rung(browse, story, asked)
    number = call_of(asked).id

    ben.get("/desk", status=403)
    ben.get(f"/calls/{number}", status=403)
    ben.post(f"/calls/{number}/heartbeat", status=403)
    ben.post("/calls/next", status=403)


def test_a_doctor_who_calls_as_a_tracer_too_goes_on_where_the_call_is(
    browse: Browser, story: Story, asked: Escalation
):
    staff.grant(story.ben, Role.TRACER, story.nantes.id, by=None, at=NOW)
    ben, _call = rung(browse, story, asked)

    assert NUMBER in ben.follow("/calls/next").text
    ben.get(f"/calls/{call_of(asked).id}", status=404)
    ben.post(f"/calls/{call_of(asked).id}/give-back", status=404)


def test_the_page_says_who_has_the_household(browse: Browser, story: Story, line: Line):
    question = line.ask()
    ben = browse.as_(story.ben)
    page = ben.follow(f"/escalations/{question.id}/take").text

    refused = ben.post(f"/escalations/{question.id}/call", status=409).text

    assert "La personne est en ligne avec Ada" in page
    assert "Ada est en appel avec ce foyer" in refused
    assert NUMBER not in page + refused


def test_only_who_took_the_question_rings(browse: Browser, story: Story, asked: Escalation):
    bea = browse.as_(member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW))
    corsican = browse.as_(member("cora", "Cora", (Role.ADVISER, story.ajaccio), at=NOW))

    path, entry_id = path_of(asked), entry_of(asked).id
    ada = browse.as_(story.ada)

    bea.post(f"{path}/call", status=409)
    corsican.post(f"{path}/call", status=404)
    ada.post(f"{path}/call", status=403)

    assert queue.get_entry(entry_id).state is EntryState.IDLE


def test_a_call_is_its_callers_alone(browse: Browser, story: Story, asked: Escalation):
    _ben, call = rung(browse, story, asked)
    bea = browse.as_(member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW))

    for what in ("heartbeat", "still-here", "words", "end"):
        bea.post(f"{call}/{what}", {"answer": "Non", "rung": "yes"}, status=404)

    assert call_of(asked).ended_at is None


def test_one_person_has_one_call(browse: Browser, story: Story, asked: Escalation):
    other = ring(story, story.abel, identity("Luc", phones=("+33639980003",)))
    second = other.ask(Reason.VULNERABLE)
    other.end()
    ben, _call = rung(browse, story, asked)
    ben.post(f"/escalations/{second.id}/take")

    refused = ben.post(f"/escalations/{second.id}/call", status=409).text

    assert "Vous avez déjà un appel ouvert" in refused
    assert path_of(asked) in ben.get("/escalations").text


def test_an_answer_typed_in_the_other_browser_is_kept(browse: Browser, story: Story, asked: Escalation):
    rung(browse, story, asked)
    second = browse.as_(story.ben)

    refused = second.post(path_of(asked), ANSWER | {"call": ""}, status=409)

    assert "dans un autre navigateur" in refused.text
    assert state_of(asked) is EscalationState.TAKEN
    assert calling.kept(asked.id, agent(story.ben)) == ANSWER["answer"]


def test_the_other_browser_says_so_and_may_go_on(browse: Browser, story: Story, asked: Escalation):
    first, call = rung(browse, story, asked)
    second = browse.as_(story.ben)
    page = second.get(path_of(asked)).text
    assert NUMBER not in page
    assert "dans un autre navigateur" in page

    assert NUMBER in second.follow(f"{path_of(asked)}/call").text

    assert NUMBER not in first.get(path_of(asked)).text
    first.post(f"{call}/still-here", status=409)
    second.post(f"{call}/still-here")


def test_nobody_rings_the_dead(browse: Browser, story: Story, asked: Escalation):
    queue_services.close_task(queue.get_task(asked.task_id), TaskState.DECEASED, by=None, at=NOW)
    ben = browse.as_(story.ben)

    assert "n’est plus appelée" in ben.get(path_of(asked)).text
    ben.post(f"{path_of(asked)}/call", status=409)


def test_a_household_that_has_no_place_in_the_queue_yet_gets_one(
    browse: Browser, story: Story, line: Line, asked: Escalation
):
    # as after a household was split while nobody there waited for a call
    task = queue.get_task(asked.task_id)
    before, apart = task.household_id, Household(created_at=NOW, is_institution=False)
    session.add(apart)
    session.flush()
    task.household_id = apart.id
    session.flush()

    rung(browse, story, asked)

    assert entry_of(asked).claimant_id == story.ben.id
    assert queue.find_entry_of(before).state is EntryState.IDLE


def test_of_a_doctor_and_a_tracer_at_once_one_gets_the_household(live_database: Live):
    story = live_database.story

    def ask(at):
        line = ring(story, story.ada, at=at)
        question = line.ask(at=at)
        calls.give_back(line.call, by=line.tracer, at=at)
        return services.take(question.id, by=agent(story.ben), at=at).id

    question_id = committed(ask)
    ben, abel = agent(story.ben), agent(story.abel)

    def by_doctor():
        try:
            return committed(lambda at: calling.ring(question_id, by=ben, at=at).tracer_id)
        except OnTheLine:
            return None

    def by_tracer():
        call = committed(lambda at: calls.take_next(abel, at=at))
        return call.tracer_id if call else None

    for _again in range(10):
        callers = [one for one in at_once([by_doctor, by_tracer]) if one is not None]

        entry = session.scalars(select(QueueEntry)).one()
        assert callers == [entry.claimant_id]
        call_id = session.scalars(select(Call.id).where(Call.ended_at.is_(None))).one()
        session.remove()
        if callers == [ben.member_id]:
            committed(
                lambda at, one=call_id: calling.end(one, question_id, CallOutcome.NO_ANSWER, by=ben, at=at)
            )
        else:
            committed(
                lambda at, one=call_id: calls.give_back(
                    calls.lock_for_write(one, abel, at=at), by=abel, at=at
                )
            )


# ---------- Keeping it ----------


def test_an_open_page_keeps_the_call_and_silence_ends_it(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    ben, call = rung(browse, story, asked)

    clock.move_to(NOW + 4 * MINUTE)
    beat = ben.client.post(f"{call}/heartbeat")
    assert beat.json["must_ask"] is False
    assert entry_of(asked).claim_ends_at == NOW + 9 * MINUTE

    for minute in range(8, 30, 4):
        clock.move_to(NOW + minute * MINUTE)
        beat = ben.client.post(f"{call}/heartbeat")
    assert beat.json["must_ask"] is True
    ben.post(f"{call}/still-here")
    assert entry_of(asked).claim_ends_at == NOW + (28 + 5) * MINUTE

    assert jobs.sweep_claims(clock.move_to(NOW + 34 * MINUTE)) == 1
    assert call_of(asked).outcome is CallOutcome.CLAIM_ENDED
    assert entry_of(asked).state is EntryState.IDLE
    assert ben.client.post(f"{call}/heartbeat").status_code == 409


def test_what_is_typed_keeps_the_call_and_is_there_again(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    ben, call = rung(browse, story, asked)
    clock.move_to(NOW + 4 * MINUTE)

    ben.fragment(f"{call}/words", {"answer": "Vue avec"}, status=204)
    ben.fragment(f"{call}/words", {"answer": "Vue avec elle"}, status=204)

    assert entry_of(asked).claim_ends_at == NOW + 9 * MINUTE
    assert soup(ben.get(path_of(asked))).select_one("textarea[name=answer]").text.strip() == "Vue avec elle"


def test_an_answer_that_comes_after_the_claim_is_refused_kept_and_can_be_sent_without_a_call(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    ben, call = rung(browse, story, asked)
    written_in = call.rsplit("/", maxsplit=1)[1]
    jobs.sweep_claims(clock.move_to(NOW + 6 * MINUTE))

    refused = ben.post(path_of(asked), ANSWER | {"call": written_in}, status=409)

    assert state_of(asked) is EscalationState.TAKEN
    assert queue.get_task(asked.task_id).state is TaskState.WAITING_DOCTOR
    assert "n’est plus le vôtre" in refused.text
    assert soup(refused).select_one("textarea[name=answer]").text.strip() == ANSWER["answer"]
    again = soup(ben.get(path_of(asked)))
    assert again.select_one("textarea[name=answer]").text.strip() == ANSWER["answer"]
    assert again.select_one("input[name=call]")["value"] == ""

    ben.follow(path_of(asked), ANSWER | {"call": ""})

    assert state_of(asked) is EscalationState.SETTLED
    assert calling.kept(asked.id, agent(story.ben)) is None


def test_words_that_come_after_the_claim_are_kept_and_their_author_is_told(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    ben, call = rung(browse, story, asked)
    jobs.sweep_claims(clock.move_to(NOW + 6 * MINUTE))

    told = ben.fragment(f"{call}/words", {"answer": "Un masque suffit."}, status=409).text

    check_fragment(told)
    assert "n’est plus le vôtre" in told
    assert "Un masque suffit." in ben.get(path_of(asked)).text


def test_a_tracer_who_has_the_household_by_then_is_not_disturbed(
    browse: Browser, story: Story, line: Line, clock: Clock
):
    question = line.ask(Reason.VULNERABLE)
    calls.give_back(line.call, by=line.tracer, at=NOW)
    services.take(question.id, by=agent(story.ben), at=NOW)
    ben, call = rung(browse, story, question)
    jobs.sweep_claims(clock.move_to(NOW + 6 * MINUTE))
    abel = browse.as_(story.abel)
    take_call(abel)

    said = {"call": call.rsplit("/", maxsplit=1)[1]}
    page = ben.post(path_of(question), ANSWER | said, status=409).text

    assert "La personne est en ligne avec Abel" in page
    assert NUMBER not in page
    assert entry_of(question).claimant_id == story.abel.id


def test_a_supervisor_takes_it_back_as_any_other_call(browse: Browser, story: Story, asked: Escalation):
    ben, call = rung(browse, story, asked)
    entry = entry_of(asked)

    browse.as_(story.dora).follow(f"/board/{entry.id}/take-back", {"claim": entry.claim_number, "tracer": ""})

    assert call_of(asked).outcome is CallOutcome.TAKEN_BACK
    assert entry_of(asked).state is EntryState.IDLE
    assert "n’est plus le vôtre" in ben.post(f"{call}/end", {"rung": "yes"}, status=409).text


def test_who_logs_out_on_the_telephone_loses_the_call_then_the_question(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    ben, _call = rung(browse, story, asked)
    ben.post("/logout")

    assert release_questions(clock.move_to(NOW + MINUTE)) == 0, (
        "nobody else takes it while he may be speaking"
    )
    assert jobs.sweep_claims(clock.move_to(NOW + 5 * MINUTE)) == 1
    assert release_questions(clock.move_to(NOW + 6 * MINUTE)) == 1
    assert (entry_of(asked).state, state_of(asked)) == (EntryState.IDLE, EscalationState.WAITING)


def test_a_colleague_does_not_put_back_what_somebody_is_on_the_telephone_for(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    ben, call = rung(browse, story, asked)
    for minute in range(4, 33, 4):
        clock.move_to(NOW + minute * MINUTE)
        ben.post(f"{call}/still-here")
    bea = browse.as_(member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW))

    bea.post(f"{path_of(asked)}/put-back", status=409)
    ben.post(f"{path_of(asked)}/put-back")

    assert call_of(asked).outcome is CallOutcome.GIVEN_BACK
    assert (entry_of(asked).state, state_of(asked)) == (EntryState.IDLE, EscalationState.WAITING)


# ---------- Ending it ----------


@pytest.mark.parametrize(
    ("decision", "task", "entry"),
    [
        (Decision.GO_ON, TaskState.OPEN, EntryState.READY),
        (Decision.CALL_BACK, TaskState.OPEN, EntryState.READY),
        (Decision.CLOSED, TaskState.DONE, EntryState.IDLE),
    ],
)
def test_the_answer_ends_the_call_and_puts_the_household_where_it_must_stand(
    browse: Browser, story: Story, asked: Escalation, decision, task, entry
):
    ben, call = rung(browse, story, asked)

    ben.follow(path_of(asked), ANSWER | {"decision": decision.value, "call": call.rsplit("/", maxsplit=1)[1]})

    assert call_of(asked).outcome is CallOutcome.ADVISED
    assert (queue.get_task(asked.task_id).state, entry_of(asked).state) == (task, entry)
    claimed = claim.claim_next(agent(story.abel), at=NOW)
    assert (claimed is not None) is (entry is EntryState.READY)


def test_rung_in_vain_the_question_stays_and_the_household_waits_as_before(
    browse: Browser, story: Story, asked: Escalation
):
    ben, call = rung(browse, story, asked)

    page = ben.follow(f"{call}/end", {"rung": "yes"})

    assert "appel sans réponse" in page.text
    assert NUMBER not in page.text
    assert call_of(asked).outcome is CallOutcome.NO_ANSWER
    task = queue.get_task(asked.task_id)
    assert (task.state, task.attempts, entry_of(asked).state) == (
        TaskState.WAITING_DOCTOR,
        0,
        EntryState.IDLE,
    )
    assert state_of(asked) is EscalationState.TAKEN
    assert NUMBER in ben.follow(f"{path_of(asked)}/call").text


def test_a_household_that_waited_for_a_tracer_waits_for_one_again(browse: Browser, story: Story, line: Line):
    question = line.ask(Reason.VULNERABLE)
    calls.give_back(line.call, by=line.tracer, at=NOW)
    services.take(question.id, by=agent(story.ben), at=NOW)
    before = entry_of(question).due_at
    ben, call = rung(browse, story, question)

    ben.post(f"{call}/end", {"rung": "no"})

    assert call_of(question).outcome is CallOutcome.GIVEN_BACK
    assert (entry_of(question).state, entry_of(question).due_at) == (EntryState.READY, before)
    abel = browse.as_(story.abel)
    assert "Ben a appelé" not in take_call(abel).page.text


def test_what_was_given_to_somebody_is_theirs_again_when_nobody_answered_the_doctor(
    browse: Browser, story: Story, line: Line
):
    question = line.ask(Reason.VULNERABLE)
    calls.give_back(line.call, by=line.tracer, at=NOW)
    services.take(question.id, by=agent(story.ben), at=NOW)
    claims.reserve_for(entry_of(question).id, story.abel.id, by=agent(story.dora), at=NOW)
    ben, call = rung(browse, story, question)
    assert not queue.has_waiting(story.nantes.id, story.abel.id, NOW)

    ben.post(f"{call}/end", {"rung": "yes"})

    assert claim.claim_next(agent(story.ada), at=NOW) is None
    assert claim.claim_next(agent(story.abel), at=NOW).household_id == entry_of(question).household_id


def test_the_next_tracer_reads_that_the_doctor_rang(browse: Browser, story: Story, asked: Escalation):
    ben, call = rung(browse, story, asked)
    ben.post(f"{call}/end", {"rung": "yes"})
    ben.post(f"{path_of(asked)}/call")
    said = {"decision": "call_back", "call": str(call_of(asked).id)}
    ben.follow(path_of(asked), ANSWER | said)

    timeline = take_call(browse.as_(story.abel)).page.select_one("#panel-timeline").text

    assert "Ben a parlé au foyer, pour un avis" in timeline
    assert "Ben a appelé le foyer pour un avis, sans réponse" in timeline


def test_who_only_waits_for_the_doctor_is_not_late_while_the_doctor_rings(
    browse: Browser, story: Story, asked: Escalation, clock: Clock
):
    at = clock.move_to(NOW + timedelta(hours=5))
    rung(browse, story, asked)

    assert due_changes.mark_overdue(at=at) == 0
    counted = select(func.count()).where(QueueEntry.state != EntryState.IDLE, QueueEntry.due_at < at)
    assert session.scalar(counted) == 0


def test_somebody_else_of_the_household_is_called_afterwards(
    browse: Browser, story: Story, asked: Escalation
):
    waiting_case(story.nantes, identity("Luc"), at=NOW)
    ben, call = rung(browse, story, asked)
    assert claim.claim_next(agent(story.abel), at=NOW) is None

    ben.follow(path_of(asked), ANSWER | {"call": call.rsplit("/", maxsplit=1)[1]})

    assert claim.claim_next(agent(story.abel), at=NOW).household_id == entry_of(asked).household_id


def test_who_saw_the_number_is_written_under_the_claim(browse: Browser, story: Story, asked: Escalation):
    ben, _call = rung(browse, story, asked)
    ben.get(path_of(asked))

    entry = entry_of(asked)
    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.viewer_id == story.ben.id)).all()
    assert f"claim:{entry.id}:{entry.claim_number}" in {one.scope for one in seen}


def test_the_part_that_comes_again_says_when_the_number_is_free(browse: Browser, story: Story, line: Line):
    question = line.ask()
    ben = browse.as_(story.ben)
    ben.post(f"/escalations/{question.id}/take")
    during = ben.fragment(f"{path_of(question)}/live", method="get").text
    line.end()
    after = ben.fragment(f"{path_of(question)}/live", method="get").text

    for part in (during, after):
        check_fragment(part)
    assert "Appeler cette personne" not in during
    assert "Appeler cette personne" in after
    assert call_queries.get_call(line.call.id).outcome is CallOutcome.NEEDS_DOCTOR
