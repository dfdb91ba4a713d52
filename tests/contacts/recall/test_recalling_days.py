"""The contagious days one by one: whom the case met on each, where they were; and a place said once is there once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.contacts.conftest import LUC, named, on_the_phone
from tests.desk.test_contact_call import waiting_contact
from tests.support.markup import read
from tests.support.pages import check_fragment
from tests.support.statements import statements_sent
from tests.support.story import identity, waiting_case
from tests.support.sweep import end_claims
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType
from tracing.kernel.db import session as database
from tracing.places.models import NamedPlace
from tracing.places.queries import words_of


def day_of(visitor, phone, day):
    page = read(visitor.get(f"{phone.path}/days").text)
    return page.select_one(f"li[aria-labelledby=day-{day}]")


def places():
    return [(one.day.isoformat(), words_of(one)) for one in database.scalars(select(NamedPlace)) if one.day]


def test_each_day_of_the_window_has_its_people_and_its_places(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC | {"contact-place": "Bar du Port"})

    answer = ada.fragment(f"{phone.path}/days", {"day": "2026-03-08", "place": " Mariage Le Goff,  Vertou "})
    check_fragment(answer.text)

    said = day_of(ada, phone, "2026-03-08").text
    assert "MARTIN Luc" in said
    assert "Bar du Port" in said
    assert "Mariage Le Goff, Vertou" in said
    assert "Rien encore" in day_of(ada, phone, "2026-03-09").text
    shown = read(ada.get(f"{phone.path}/days").text).select(".recall-day time")
    days = [str(one["datetime"]) for one in shown]
    assert days == sorted(days, reverse=True)
    assert days[0] == "2026-03-10"


def test_the_focus_stays_with_the_day_and_a_person_of_it_begins_with_the_day(browse, story, phone):
    ada = browse.as_(story.ada)

    answer = ada.fragment(f"{phone.path}/days", {"day": "2026-03-07", "place": "Salle Paul-Fort"})

    focused = read(answer.text).select_one("[data-focus]")
    assert focused["id"] == "place-2026-03-07"
    page = read(ada.get(f"{phone.path}?add=1&day=2026-03-07").text)
    assert page.select_one("#contact-last_contact_on")["value"] == "2026-03-07"


def test_the_same_place_said_twice_is_there_once_and_leaves_once(browse, story, phone):
    ada = browse.as_(story.ada)
    for words in ("Salle Paul-Fort", "salle paul-fort"):
        ada.fragment(f"{phone.path}/days", {"day": "2026-03-07", "place": words})
    assert places() == [("2026-03-07", "Salle Paul-Fort")]

    place = database.scalar(select(NamedPlace.id))
    for _ in range(2):
        ada.fragment(f"{phone.path}/days/{place}/remove", {"day": "2026-03-07"})
    assert places() == []


@pytest.mark.parametrize(
    ("day", "words", "said"),
    [
        ("2026-03-07", "  ", "Dites le lieu"),
        ("2026-03-07", "x" * 81, "Dites le lieu"),
        ("2026-01-07", "Salle Paul-Fort", "hors de la période"),
        ("hier", "Salle Paul-Fort", "hors de la période"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_day_and_keeps_the_words(browse, story, phone, day, words, said):
    answer = browse.as_(story.ada).fragment(f"{phone.path}/days", {"day": day, "place": words}, status=422)

    assert places() == []
    assert said in answer.text
    assert words in answer.text
    assert read(answer.text).select_one("[data-focus]"), (
        "a day that is not asked about leaves the focus on the latest"
    )


def test_a_place_of_a_day_counts_for_others_and_one_that_fits_many_is_only_kept(browse, story, phone):
    ada = browse.as_(story.ada)
    for words in ("Salle Paul-Fort, Nantes", "au bureau"):
        ada.fragment(f"{phone.path}/days", {"day": "2026-03-09", "place": words})

    rows = database.execute(select(NamedPlace.name_hash, NamedPlace.town_hash).order_by(NamedPlace.id)).all()

    assert [bool(one.name_hash) for one in rows] == [True, False]
    assert len(places()) == 2


def test_what_is_typed_after_the_claim_was_lost_is_kept_and_shown(browse, story, phone):
    end_claims(at=NOW + timedelta(minutes=6))
    database.commit()

    answer = browse.as_(story.ada).fragment(
        f"{phone.path}/days", {"day": "2026-03-09", "place": "Salle Paul-Fort"}, status=409
    )

    assert "Salle Paul-Fort" in answer.text
    assert places() == []


def test_a_contact_recalls_no_days_of_the_case(browse, story):
    opened = get_case(waiting_case(story.nantes, at=NOW).case_id)
    who = identity("Luc", "Martin", phones=("+33639987777",))
    task = waiting_contact(story, opened, who, due=-timedelta(days=3))
    phone = on_the_phone(story.ada, task)

    ada = browse.as_(story.ada)
    assert "contact-days" not in ada.get(phone.path).text
    ada.get(f"{phone.path}/days", status=409)


def test_the_days_are_shown_by_few_statements_however_many_people_were_met(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC)
    ada.get(f"{phone.path}/days")
    with statements_sent(database()) as few:
        ada.get(f"{phone.path}/days")
    for number in range(6):
        ada.fragment(
            phone.path, LUC | {"contact-first_names": f"Ami{number}", "contact-phones": f"063998010{number}"}
        )
    with statements_sent(database()) as many:
        ada.get(f"{phone.path}/days")

    assert len(named(phone)) == 7
    assert len(many) == len(few)


def test_a_place_of_a_day_that_is_not_contagious_any_more_is_shown_apart_and_can_be_taken_off(
    browse, story, phone
):
    ada = browse.as_(story.ada)
    ada.fragment(f"{phone.path}/days", {"day": "2026-03-07", "place": "Salle Paul-Fort"})
    ill = NewFact(
        subject=(SubjectType.CASE, phone.task.case_id),
        kind=FactKind.ONSET,
        value="2026-03-10",
        source=FactSource.PERSON,
        cohort=NOW.date(),
    )
    consequences.record([ill], by=None, at=NOW)
    assert day_of(ada, phone, "2026-03-07") is None

    page = read(ada.get(f"{phone.path}/days").text)
    apart = page.select_one("section[aria-labelledby=day-outside]")
    assert "Salle Paul-Fort" in apart.text
    ada.fragment(str(apart.select_one("form")["action"]), {"day": "2026-03-07"})

    assert places() == []
    assert read(ada.get(f"{phone.path}/days").text).select_one("section[aria-labelledby=day-outside]") is None
