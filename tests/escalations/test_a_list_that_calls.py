"""The list of those who answer calls them: in which order, who is free, what is taken next, who was faster."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.escalations.conftest import ring
from tests.support.statements import statements_sent
from tests.support.story import agent, identity, member
from tracing.calls.rules import CallOutcome
from tracing.escalations import listing, queries, rules, services
from tracing.escalations.errors import WantedByAnother
from tracing.escalations.models import Audience, Decision, Reason
from tracing.people.models import Person
from tracing.staff.models import Role

MINUTE = timedelta(minutes=1)
MOST_OF_A_LIST = 40
"""Statements of the list that everybody who answers asks for again every ten seconds."""


@pytest.fixture
def bea(story):
    """Nantes' second adviser."""
    return member("bea", "Béa", (Role.ADVISER, story.nantes), at=NOW)


def reasons(story, by, at=NOW):
    found = queries.waiting_for(story.nantes.id, Audience.ADVISER)
    return [row.escalation.reason for row in listing.in_order(listing.rows(found, by=agent(by), at=at))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, False, False, 0), (3, True, True, 60)),  # a danger to life before whoever is on the line
        ((3, True, False, 0), (2, False, True, 60)),  # somebody on the line before an older, more urgent one
        ((1, True, False, 0), (1, False, True, 60)),
        ((2, False, False, 0), (3, False, True, 60)),
        ((3, False, True, 0), (3, False, False, 60)),  # what the reader knows best before the older one
        ((3, False, False, 60), (3, False, False, 0)),
    ],
)
def test_urgency_then_who_is_on_the_line_then_what_one_knows_then_age(first, second):
    def place(urgency, is_on_line, fits_reader, minutes_ago):
        return rules.place_in_list(
            urgency, is_on_line=is_on_line, fits_reader=fits_reader, raised_at=NOW - minutes_ago * MINUTE
        )

    assert place(*first) < place(*second)


def test_a_person_on_the_line_goes_before_one_who_has_hung_up(browse, story):
    away = ring(story, story.abel, identity("Luc", phones=("+33639980003",)))
    away.ask(Reason.VULNERABLE, at=NOW - 5 * MINUTE)
    away.end(CallOutcome.NEEDS_DOCTOR)
    ring(story, story.ada).ask(Reason.SICK_LEAVE)

    assert reasons(story, story.ben) == [Reason.SICK_LEAVE, Reason.VULNERABLE]
    page = browse.as_(story.ben).get("/escalations").text
    assert page.count("en ligne</") == 1


def test_what_an_adviser_knows_best_is_shown_to_them_first_and_to_no_one_else(browse, story, bea):
    ring(story, story.ada).ask(Reason.VULNERABLE, at=NOW - MINUTE)
    ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(Reason.MEDICAL_QUESTION)
    ben = browse.as_(story.ben)
    ben.follow("/escalations/specialties", {"reasons": ["medical_question"]})

    assert reasons(story, story.ben) == [Reason.MEDICAL_QUESTION, Reason.VULNERABLE]
    assert reasons(story, bea) == [Reason.VULNERABLE, Reason.MEDICAL_QUESTION]
    page = ben.get("/escalations")
    assert "votre sujet" in page.text
    ben.follow("/escalations/specialties")
    assert "votre sujet" not in ben.get("/escalations").text


def test_the_language_of_the_person_counts_for_who_speaks_it(browse, story, session):
    portuguese = ring(story, story.ada)
    session.get_one(Person, portuguese.task.person_id).language = "pt"
    portuguese.ask(Reason.VULNERABLE)
    ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(
        Reason.MEDICAL_QUESTION, at=NOW - MINUTE
    )
    assert reasons(story, story.ben) == [Reason.MEDICAL_QUESTION, Reason.VULNERABLE]

    story.ben.languages = ["pt"]
    session.flush()

    assert reasons(story, story.ben) == [Reason.VULNERABLE, Reason.MEDICAL_QUESTION]
    page = browse.as_(story.ben).get("/escalations").text
    assert "portugais" in page
    assert "vous le parlez" in page


def test_the_list_says_who_is_free(browse, story, bea, line):
    browse.as_(bea).get("/escalations")
    ben = browse.as_(story.ben)

    page = ben.get("/escalations").text
    assert page.count("libre") == 2
    services.take(line.ask().id, by=agent(bea), at=NOW)

    page = ben.get("/escalations").text
    assert page.count("libre") == 1
    assert "répond à 1 demande" in page


def test_the_second_to_take_a_question_sees_who_has_it_and_which_comes_next(browse, story, bea, line):
    taken = line.ask().id
    other = ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(Reason.RED_FLAGS).id
    services.take(taken, by=agent(bea), at=NOW)

    page = browse.as_(story.ben).post(f"/escalations/{taken}/take", status=409)

    assert "Béa a déjà pris cette demande" in page.text
    assert "Votre réponse n’a pas été envoyée" not in page.text
    assert f"/escalations/{other}/take" in page.text
    assert "DUPONT" not in page.text


def test_an_adviser_on_a_call_keeps_a_question_for_afterwards_and_anybody_may_take_it_first(
    browse, story, bea, line
):
    first, second = (
        line.ask(),
        ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(Reason.VULNERABLE),
    )
    ben = browse.as_(story.ben)
    assert "Prendre ensuite" not in ben.get("/escalations").text
    ben.follow(f"/escalations/{first.id}/take")
    line.end(CallOutcome.NEEDS_DOCTOR)
    ben.follow(f"/escalations/{first.id}/call")
    assert "Prendre ensuite" in ben.get("/escalations").text

    page = ben.follow(f"/escalations/{second.id}/next")

    assert "vous, après votre appel" in page.text
    assert "Ben, après son appel" in browse.as_(bea).get("/escalations").text
    browse.as_(bea).follow(f"/escalations/{second.id}/take")
    assert "après votre appel" not in ben.get("/escalations").text
    assert queries.find_wanted(story.ben.id) is None


def test_one_question_waits_for_one_adviser(story, bea, line):
    first = line.ask()
    second = ring(story, story.abel, identity("Luc", phones=("+33639980003",))).ask(Reason.VULNERABLE)
    ben = agent(story.ben)
    services.take_next(first.id, by=ben, at=NOW)
    with pytest.raises(WantedByAnother, match="Ben"):
        services.take_next(first.id, by=agent(bea), at=NOW + MINUTE)

    services.take_next(second.id, by=ben, at=NOW + MINUTE)
    services.take_next(first.id, by=agent(bea), at=NOW + MINUTE)

    assert queries.find_wanted(ben.member_id).id == second.id
    assert queries.find_wanted(bea.id).id == first.id


def test_a_promise_to_take_a_question_next_is_forgotten_after_a_while(browse, story, bea, line):
    asked = line.ask()
    services.take_next(asked.id, by=agent(story.ben), at=NOW - rules.TAKEN_NEXT_LASTS)

    assert "après son appel" not in browse.as_(bea).get("/escalations").text
    assert "après votre appel" not in browse.as_(story.ben).get("/escalations").text
    services.take_next(asked.id, by=agent(bea), at=NOW)


def test_a_question_that_was_withdrawn_leads_back_to_the_list_in_words(browse, story, line):
    asked = line.ask()
    services.withdraw(asked.id, by=line.tracer, at=NOW)

    for way in ("take", "next"):
        page = browse.as_(story.ben).post(f"/escalations/{asked.id}/{way}", status=404).text
        assert "Cette demande n’est plus là" in page
        assert "Aucune demande n’attend" in page


def test_the_list_costs_the_same_however_many_wait_and_were_answered(browse, story, session, bea, line):
    ben = browse.as_(story.ben)
    settle_one(line.ask(), story)
    line.ask()
    ben.get("/escalations/list")
    with statements_sent(session) as few:
        ben.get("/escalations/list")
    for number in range(3, 8):
        more = ring(story, story.abel, identity(f"Luc{number}", phones=(f"+3363998000{number}",)))
        settle_one(more.ask(), story)
        more.ask(Reason.VULNERABLE)
        more.end(CallOutcome.NEEDS_DOCTOR)
    with statements_sent(session) as many:
        ben.get("/escalations/list")

    assert len(many) == len(few)
    assert len(few) <= MOST_OF_A_LIST


def settle_one(asked, story):
    services.take(asked.id, by=agent(story.ben), at=NOW)
    services.settle(asked.id, answer="Oui.", decision=Decision.GO_ON, by=agent(story.ben), at=NOW)


def test_a_locked_page_still_rings_and_tells_only_numbers(browse, story, line):
    asked = line.ask(Reason.RED_FLAGS, "Essoufflée")
    ben = browse.as_(story.ben)
    assert ben.get("/escalations/ring").json == {"waiting": [asked.id], "at_once": 1}
    ben.post("/lock")

    assert ben.get("/escalations/ring").json == {"waiting": [asked.id], "at_once": 1}
    browse.as_(story.rose, site=story.nantes).get("/escalations/ring")


def test_the_rail_counts_what_nobody_has_taken(browse, story, line):
    line.ask()
    page = browse.as_(story.ben).get("/rules").text

    assert '<span class="rail-badge">1</span>' in page
