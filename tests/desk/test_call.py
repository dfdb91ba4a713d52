"""The call screen: what is asked, what is kept, what opens when."""

from datetime import date, timedelta

from tests.conftest import NOW
from tests.desk.walking import P0, Walk, soup, take_call
from tests.support.pages import check_fragment
from tests.support.statements import statements_sent
from tests.support.story import agent, contact, contradicted, identity, waiting_case
from tracing.calls import queries as calls
from tracing.calls import services as call_services
from tracing.calls.jobs import sweep_claims
from tracing.cases import queries as cases
from tracing.kernel.events import IdentityAccess
from tracing.people.models import Person
from tracing.queue import queries as queue
from tracing.queue.models import TaskState
from tracing.staff import services as staff
from tracing.staff.models import Role

MINUTE = timedelta(minutes=1)


def test_a_whole_p0_call_is_led_from_the_first_word_to_the_last(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    ada = browse.as_(story.ada)

    walk = take_call(ada).to("closing")

    assert walk.steps[:4] == ["opening", "identity", "time", "data_notice"]
    assert walk.steps[-2:] == ["work_leave", "next_steps"]
    assert "Tout est complet" in walk.page.select_one(".steps-left").text
    home = ada.follow(f"{walk.call}/tasks/{task.id}/end", {"outcome": "completed"})
    assert "Appel terminé" in home.text
    assert queue.get_task(task.id).state is TaskState.DONE
    case = cases.get_case(task.case_id)
    assert case.onset_on.isoformat() == "2026-03-08"
    assert (case.isolation_rule, case.isolation_last_day.isoformat()) == (
        "exercise-2022@2022.2/P0-4a",
        "2026-03-15",
    )


def test_an_answer_is_kept_as_it_is_given_and_is_there_on_another_machine(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("symptoms")
    form = {"step": "symptoms", "asked": ["has_symptoms"], "answer-has_symptoms": "yes"}

    answer = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form)

    check_fragment(answer.text)
    assert 'id="a-onset_on"' in answer.text  # the answer opens the next question
    another = browse.as_(story.ada)
    assert "ouvert dans un autre navigateur" in another.get(walk.call).text
    elsewhere = soup(another.follow(f"{walk.call}/take-over"))
    assert elsewhere.select_one("#a-has_symptoms-yes").has_attr("checked")
    assert calls.answers(task.id)["has_symptoms"] == "yes"


def test_what_one_answer_changes_does_not_touch_what_is_being_typed(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("work")
    form = {"step": "work", "asked": ["works"], "answer-works": "yes"}
    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form)

    form |= {"asked": ["works", "profession", "is_caregiver", "last_work_on"], "answer-is_caregiver": "no"}
    answer = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form)

    assert "a-profession" not in answer.text
    assert 'id="rail"' in answer.text


def test_one_wrong_answer_keeps_none_of_the_others_away(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("symptoms")
    form = {
        "step": "symptoms",
        "asked": ["has_symptoms", "onset_on"],
        "answer-has_symptoms": "yes",
        "answer-onset_on": "2026-04-01",
    }

    refused = walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form, status=422)

    assert "ne peut pas être après le mardi 10 mars 2026" in refused.text
    assert calls.answers(task.id)["has_symptoms"] == "yes"


def test_another_tracer_finds_the_answers_once_the_claim_has_ended(story, browse, clock):
    task = waiting_case(story.nantes, at=NOW)
    take_call(browse.as_(story.ada)).to("contacts")

    sweep_claims(clock.move_to(NOW + 5 * MINUTE))
    abel = take_call(browse.as_(story.abel), {**P0, "vaccination": "none"}).to("symptoms")

    assert abel.page.select_one("#a-onset_on")["value"] == "2026-03-08"
    assert abel.to("immunity").page.select_one("#a-vaccination-complete").has_attr("checked")
    assert calls.answers(task.id)["recall_places"] == ["work"]


def test_health_content_opens_only_once_identity_is_confirmed_in_this_very_call(story, browse, clock):
    waiting_case(story.nantes, at=NOW)
    first = take_call(browse.as_(story.ada)).to("symptoms")
    assert first.page.select_one("#dates")

    sweep_claims(clock.move_to(NOW + 5 * MINUTE))
    abel = take_call(browse.as_(story.abel))

    assert abel.step == "opening"
    assert not abel.page.select_one("#a-person_on_line-person").has_attr("checked")
    assert not abel.page.select_one("#dates")
    page = abel.visitor.get(f"{abel.call}?step=symptoms")
    assert "onset_on" not in page.text
    assert "2026-03-08" not in page.text


def test_a_negative_pcr_after_the_antigen_test_is_told_once_the_person_has_said_who_they_are(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    contradicted(cases.get_case(task.case_id), by_pcr_on=NOW.date(), at=NOW)
    walk = take_call(browse.as_(story.ada))

    assert "PCR négative" not in walk.page.text
    walk.to("symptoms")
    assert "la PCR l’emporte" in walk.page.select_one("#dates").text
    assert "PCR négative, prélevée" in walk.page.select_one(".timeline").text


def test_a_step_that_is_shut_takes_no_answer(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))
    form = {"step": "symptoms", "asked": ["has_symptoms"], "answer-has_symptoms": "yes"}

    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form, status=409)

    assert calls.answers(task.id) == {}


def test_identity_not_confirmed_ends_the_conversation_and_shows_nothing(story, browse):
    waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada), {**P0, "identity_confirmed": "no"}).to("identity_not_confirmed")

    assert "Terminer\u202f: identité non confirmée" in walk.page.select_one("#answers button").text
    assert not walk.page.select_one("#dates")


def test_next_says_what_is_missing_once_and_then_leaves_it_for_later(story, browse):
    waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("household")
    empty = {"step": "household", "asked": ["lives_alone"]}
    address = walk.page.select_one("#answers")["action"]

    stays = soup(walk.visitor.post(address, empty, status=422))
    goes = soup(walk.visitor.follow(address, empty | {"anyway": "1"}))

    assert "une seconde fois" in stays.select_one("#remark-lives_alone").text
    assert goes.select_one("#answers input[name=step]")["value"] == "work"
    assert goes.select_one("#rail .is-missing")


def test_a_gate_keeps_the_rest_shut_until_it_is_answered(story, browse):
    waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada))
    form = walk.form() | {"answer-person_on_line": "", "anyway": "1"}

    stays = soup(walk.visitor.post(walk.page.select_one("#answers")["action"], form, status=422))

    assert "avant d’aller plus loin" in stays.select_one("#remark-person_on_line").text


def test_a_statement_counts_only_for_the_very_words_that_were_read(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("isolation_at_home")
    assert "dimanche 15 mars" in walk.visitor.get(f"{walk.call}?step=isolation").text

    form = {
        "step": "immunity",
        "asked": ["vaccination"],
        "answer-vaccination": "none",
        "drop": "vaccination=none",
    }
    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form)
    again = soup(walk.visitor.get(f"{walk.call}?step=isolation"))

    assert "mercredi 18 mars" in again.select_one(".say").text
    assert not again.select_one("#confirm-isolation").has_attr("checked")
    assert "Ce texte a changé" in again.select_one("#statement").text


def test_a_day_and_not_knowing_exclude_each_other_without_script_too(story, browse):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("immunity")
    form = {
        "step": "symptoms",
        "asked": ["has_symptoms", "onset_on"],
        "answer-has_symptoms": "yes",
        "answer-onset_on": ["2026-03-08", "unknown"],
    }

    walk.visitor.fragment(f"{walk.call}/tasks/{task.id}/answers", form)

    assert calls.answers(task.id)["onset_on"] == "unknown"


def test_the_result_is_announced_by_an_adviser_only(story, browse):
    waiting_case(story.nantes, at=NOW)
    staff.grant(story.abel, Role.ADVISER, story.nantes.id, by=None, at=NOW)
    says = {**P0, "knows_result": "no"}
    tracer, adviser = browse.as_(story.ada), browse.as_(story.abel)

    asked = take_call(tracer, says).to("result_by_adviser")
    assert "avis médical demandé" in asked.page.select_one("#answers button").text
    tracer.follow(f"{asked.call}/give-back")
    told = take_call(adviser, says).to("result_announcement")

    assert "le test est positif" in told.page.select_one(".say").text
    assert told.to("red_flags").step == "red_flags"


def test_a_child_is_spoken_of_with_a_parent(story, browse):
    waiting_case(story.nantes, identity("Paul", born=NOW.date() - timedelta(days=4000)), at=NOW)

    walk = take_call(browse.as_(story.ada), {**P0, "representative_confirmed": "yes"}).to("identity")

    assert "representative" in walk.steps


def test_who_was_seen_is_written_once_for_the_whole_claim(story, browse, session):
    task = waiting_case(story.nantes, at=NOW)
    other = waiting_case(story.nantes, identity("Paul"), at=NOW)
    take_call(browse.as_(story.ada)).to("data_notice")

    seen = session.query(IdentityAccess).filter_by(viewer_id=story.ada.id, why="call").all()

    assert [one.people for one in seen] == [sorted(f"person:{one.person_id}" for one in (task, other))]


def test_a_destroyed_identity_is_said_and_nothing_fails(story, browse, session):
    task = waiting_case(story.nantes, at=NOW)
    person = session.get(Person, task.person_id)
    person.sealed = None
    session.flush()

    page = browse.as_(story.ada).follow("/calls/next")

    assert "Identité effacée" in page.text
    assert "ne peut plus être appelée" in page.text


def test_a_recruit_practises_on_the_same_screen(story, browse):
    waiting_case(story.school, at=NOW)

    walk = take_call(browse.as_(story.theo)).to("closing")

    assert walk.page.select_one("#dates")


def test_a_parent_who_is_on_the_line_answers_for_their_child_without_hearing_it_all_again(story, browse):
    waiting_case(story.nantes, at=NOW)
    child = waiting_case(story.nantes, identity("Zoé", born=date(2018, 6, 1)), at=NOW + MINUTE)
    ada = browse.as_(story.ada)
    walk = take_call(ada)
    before = soup(ada.get(f"{walk.call}?task={child.id}"))
    assert not before.select("form[action$='/parent']"), "nobody has said yet who they are"
    ada.post(f"{walk.call}/tasks/{child.id}/parent", status=409)
    walk.to("symptoms")

    button = soup(ada.get(f"{walk.call}?task={child.id}")).select_one("form[action$='/parent']")
    for_child = Walk(ada, dict(P0), soup(ada.follow(button["action"])))

    assert for_child.step == "identity", "who the child is, the parent still says"
    for_child.to("data_notice")
    [_label, said] = for_child.page.select("#say .say p")
    assert said.text.endswith("de vos données et de vos droits vaut aussi pour Zoé Dupont.")
    for_child.to("symptoms")
    assert {"opening", "representative", "time"}.isdisjoint(for_child.steps)
    assert for_child.page.select_one("#dates")


def test_the_page_of_a_call_costs_a_fixed_handful_of_queries(story, browse, session):
    waiting_case(story.nantes, at=NOW)
    for name in ("Paul", "Luc", "Anne"):
        waiting_case(story.nantes, identity(name), at=NOW + MINUTE)
    walk = take_call(browse.as_(story.ada)).to("symptoms")

    with statements_sent(session) as sent:
        walk.visitor.get(walk.call)

    assert len(sent) <= 28, "\n".join(sent)


def test_the_page_costs_no_more_than_a_few_queries_more_once_a_note_is_wanted(story, browse, session):
    task = waiting_case(story.nantes, at=NOW)
    works = {"works": "yes", "is_caregiver": "no", "can_telework": "no", "stopped_by_doctor": "no"}
    wants = {"insurance_scheme": "RG", "last_work_on": "2026-03-08", "wants_note": "yes"}
    walk = take_call(browse.as_(story.ada), P0 | works | wants).to("work_leave")
    with statements_sent(session) as before:
        walk.visitor.get(walk.call)

    walk.to("next_steps")
    with statements_sent(session) as sent:
        walk.visitor.get(walk.call)

    assert len(sent) <= len(before) + 3, "\n".join(sent)
    walk.to("closing")
    assert "L’arrêt demandé n’est pas délivré" in walk.page.select_one(".steps-left").text
    assert "Tout est complet" not in walk.page.text
    # the day that the declaration said is kept beside it
    assert calls.answers(task.id)["sick_note.not_worked_since"] == "2026-03-09"

    # said otherwise since: in the same words, the declaration is to be confirmed again
    is_confirmed = "#answers input[name=confirm][checked]"
    step = f"{walk.call}?step=sick_note"
    assert soup(walk.visitor.get(step)).select_one(is_confirmed)
    call = calls.get_call(int(walk.call.rsplit("/", 1)[1]))
    by, later = agent(story.ada), NOW + MINUTE
    call_services.save_answer(call, task, "last_work_on", "2026-03-07", by=by, at=later)
    assert not soup(walk.visitor.get(step)).select_one(is_confirmed)


def test_a_call_with_many_contacts_costs_as_many_queries_as_one_with_one(story, browse, session):
    task = waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("symptoms")
    at = f"{walk.call}/tasks/{task.id}"
    asked = {"step": "symptoms", "asked": "has_symptoms"}

    def sent_in_turn() -> list[int]:
        counts = []
        for answer in ("yes", "no"):
            with statements_sent(session) as sent:
                walk.visitor.fragment(f"{at}/answers", asked | {"answer-has_symptoms": answer})
            counts.append(len(sent))
        for path in (walk.call, f"{at}/contacts"):
            with statements_sent(session) as sent:
                walk.visitor.get(path)
            counts.append(len(sent))
        return counts

    contact(cases.get_case(task.case_id), identity("Luc"), by=story.ada, at=NOW)
    sent_in_turn()
    few = sent_in_turn()
    for name in ("Anne", "Paul", "Zoé", "Hugo", "Rose"):
        contact(cases.get_case(task.case_id), identity(name), by=story.ada, at=NOW)
    sent_in_turn()

    assert sent_in_turn() == few


def test_an_answer_by_which_nothing_is_decided_leaves_the_dates_alone(story, browse, session):
    waiting_case(story.nantes, at=NOW)
    walk = take_call(browse.as_(story.ada)).to("household")
    task_id = walk.visitor.get(walk.call).text.split("/tasks/")[1].split("/")[0]
    with statements_sent(session) as sent:
        answer = walk.visitor.fragment(
            f"{walk.call}/tasks/{task_id}/answers",
            {"step": "household", "asked": "lives_alone", "answer-lives_alone": "no"},
        )

    assert 'id="rail"' in answer.text
    assert 'id="dates"' not in answer.text
    assert len(sent) <= 16, "\n".join(sent)


def test_every_number_of_the_person_can_be_dialled(story, browse):
    waiting_case(story.nantes, identity(phones=("+33639980001", "+33261910022")), at=NOW)
    walk = take_call(browse.as_(story.ada))

    links = {str(link["href"]) for link in walk.page.select("a.phone")}

    assert links == {"tel:+33639980001", "tel:+33261910022"}
