"""What an adviser looks at first: one page, the most harmful first, the same number of statements however much waits."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.escalations.conftest import Line, ring
from tests.support.pairs import MARIE, first_call, pair
from tests.support.statements import statements_sent
from tests.support.story import agent, contradicted, identity, waiting_case
from tracing.cases import queries as cases
from tracing.cases import services as case_services
from tracing.duplicates import services as duplicates
from tracing.escalations.models import Audience, Reason
from tracing.sickleave.models import NoteKind, SickNote
from tracing.sickleave.rules import NoteMend
from tracing.triage import queries
from tracing.triage.rules import Harm, Row, in_order


@pytest.fixture
def talk(story) -> Line:
    """Ada on the telephone with Marie."""
    return ring(story, story.ada)


def note(session, story, task, number: str, **other) -> SickNote:
    """A note of a task, as far as the list reads it."""
    made = SickNote(
        number=number,
        site_id=story.nantes.id,
        person_id=task.person_id,
        task_id=task.id,
        kind=NoteKind.CASE,
        first_day=NOW.date(),
        last_day=NOW.date() + timedelta(days=5),
        rule="exercise-2022@2022.2/N-1",
        issued_at=NOW,
        issued_by=story.ada.id,
        cohort=NOW.date(),
        sealed=None,
        **other,
    )
    session.add(made)
    session.flush()
    return made


def shown(visitor) -> list[str]:
    rows = BeautifulSoup(visitor.get("/first").text, "html.parser").select("tbody tr")
    return [row.get_text(" ", strip=True) for row in rows]


def test_what_harms_first_comes_first_and_then_the_oldest():
    rows = [
        Row(Harm.UNDECIDED, NOW, "b", "P0-2", "", ""),
        Row(Harm.TO_CONFIRM, NOW - timedelta(days=9), "a", "P0-1", "", ""),
        Row(Harm.DANGER, NOW, "c", "P0-3", "", ""),
        Row(Harm.UNDECIDED, NOW - timedelta(hours=1), "d", "P0-4", "", ""),
    ]

    assert [one.what for one in in_order(rows)] == ["c", "d", "b", "a"]


def test_nothing_waits_and_the_page_says_so(browse, story):
    page = browse.as_(story.ben).get("/first")

    assert "Rien n’attend" in page.text


def test_danger_withdrawn_results_questions_and_notes_are_on_one_page(browse, story, talk: Line, session):
    talk.ask(reason=Reason.RED_FLAGS)
    other = waiting_case(story.nantes, identity("Luc", "Martin", phones=("+33639980002",)), at=NOW)
    told = cases.get_case(other.case_id)
    told.told_at = NOW
    session.flush()
    case_services.withdraw(told, by=None, at=NOW)
    note(session, story, talk.task, "AI-1", call_id=talk.call.id, mend=NoteMend.NOT_DUE)
    ben = browse.as_(story.ben)

    rows = shown(ben)

    assert [row.split()[0] for row in rows] == ["Personne", "Consigne", "Arrêt"]
    assert "Signe d’urgence" in rows[0]
    assert "la personne est avertie" in rows[1]
    assert told.reference in rows[1]
    assert "n’est plus dû" in rows[2]
    assert queries.count(story.nantes.id) == 3
    assert queries.count(story.ajaccio.id) == 0


def test_a_withdrawn_result_beside_one_that_stands_misinforms_nobody(browse, story):
    newer = first_call(story, MARIE, at=NOW)
    older = first_call(story, MARIE, at=NOW)
    possible = pair(newer.person_id, older.person_id, at=NOW)
    duplicates.merge(possible.id, is_sure=True, by=agent(story.ivan), at=NOW)
    withdrawn = cases.get_case(older.case_id)
    withdrawn.told_at = NOW
    case_services.withdraw(withdrawn, by=None, at=NOW)
    ben = browse.as_(story.ben)

    [row] = shown(ben)

    assert row.startswith("À confirmer")
    assert "une autre analyse positive de la personne reste" in row


def test_the_badge_counts_a_contradicted_result(browse, story):
    task = waiting_case(story.nantes, identity(), at=NOW)
    contradicted(cases.get_case(task.case_id), by_pcr_on=NOW.date(), at=NOW)

    assert len(shown(browse.as_(story.ben))) == queries.count(story.nantes.id) == 1


def test_it_takes_as_many_statements_with_many_rows_as_with_few(browse, story, talk: Line, session):
    ben, at = agent(story.ben), NOW
    talk.ask(reason=Reason.RED_FLAGS)
    note(session, story, talk.task, "AI-0", call_id=talk.call.id, mend=NoteMend.LONGER)
    case_services.withdraw(cases.get_case(talk.task.case_id), by=None, at=NOW)
    session.flush()
    session.expunge_all()
    with statements_sent(session) as few:
        queries.to_look_at(ben, at=at)
    for number in range(1, 8):
        task = waiting_case(
            story.nantes, identity(f"Luc{number}", "Martin", phones=(f"+3363998001{number}",)), at=NOW
        )
        note(session, story, task, f"AI-{number}", call_id=talk.call.id, mend=NoteMend.LONGER)
        case_services.withdraw(cases.get_case(task.case_id), by=None, at=NOW)

    session.flush()
    session.expunge_all()
    with statements_sent(session) as many:
        rows = queries.to_look_at(ben, at=at)

    assert len(rows) == 17
    assert len(many) == len(few)


def test_an_adviser_decides_about_a_withdrawn_result_and_sees_no_other_list(browse, story, session):
    task = waiting_case(story.nantes, identity(), at=NOW)
    case_services.withdraw(cases.get_case(task.case_id), by=None, at=NOW)
    ben = browse.as_(story.ben)
    page = ben.get("/lists?list=no_number")
    assert "Résultats retirés" in page.text
    assert "Injoignables" not in page.text

    ben.follow(f"/files/of-case/{task.case_id}")
    ben.follow(f"/lists/cases/{task.case_id}/keep")

    assert shown(ben) == []


@pytest.mark.parametrize("who", ["ada", "rose", "dora", "ivan", "olga", "gaston"])
def test_it_is_an_advisers_page(browse, story, who):
    browse.as_(getattr(story, who)).get("/first", status=403)


def test_a_question_that_somebody_has_taken_is_no_longer_on_it(browse, story, talk: Line):
    asked = talk.ask(reason=Reason.SICK_LEAVE)
    ben = browse.as_(story.ben)
    assert len(shown(ben)) == 1

    ben.follow(f"/escalations/{asked.id}/take")

    assert shown(ben) == []
    assert Audience.ADVISER is asked.audience
