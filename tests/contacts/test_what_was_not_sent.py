"""What is being typed of a contact survives a session that ends, and is nobody else's."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.contacts.conftest import LUC, named
from tests.desk.walking import soup
from tests.support.story import agent
from tests.support.sweep import end_claims
from tracing.calls import form_drafts
from tracing.calls.models import Draft
from tracing.contacts.panel_views import DIALOG
from tracing.vault import services as vault

HALF = {"contact-first_names": "Luc", "contact-phones": "06 39 98", "contact-face_to_face": "under_1_m"}


def count(session) -> int:
    return session.scalar(select(func.count()).select_from(Draft))


def test_what_was_begun_is_there_again_in_the_dialog(browse, story, phone):
    browse.as_(story.ada).fragment(f"{phone.path}/draft", HALF, status=204)

    again = browse.as_(story.ada)
    panel = soup(again.get(phone.path))
    assert "Une saisie est commencée" in panel.text
    page = soup(again.get(panel.find("a", string="La reprendre")["href"]))

    assert page.select_one("[name=contact-first_names]")["value"] == "Luc"
    assert page.select_one("[name=contact-phones]")["value"] == "06 39 98"
    assert page.select_one("[name=contact-face_to_face][checked]")["value"] == "under_1_m"
    assert "rien n’en est encore enregistré" in page.text
    assert not page.select(".has-error"), "nobody has sent it yet"
    assert named(phone) == []


def test_only_the_newest_is_kept_and_it_is_sealed(browse, story, phone, session):
    ada = browse.as_(story.ada)
    for typed in ("L", "Lu", "Luc"):
        ada.fragment(f"{phone.path}/draft", HALF | {"contact-first_names": typed}, status=204)

    [row] = session.scalars(select(Draft)).all()
    assert b"Luc" not in row.sealed
    assert vault.find_unsealed("drafts", row.id, row.cohort, row.sealed)["fields"]["contact-first_names"] == [
        "Luc"
    ]


def test_it_is_gone_once_it_is_sent(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(f"{phone.path}/draft", HALF, status=204)

    ada.fragment(phone.path, LUC)

    assert count(session) == 0
    assert "Une saisie est commencée" not in ada.get(phone.path).text


def test_it_is_gone_when_it_is_given_up(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(f"{phone.path}/draft", HALF, status=204)

    page = ada.follow(f"{phone.path}/draft/forget")

    assert count(session) == 0
    assert "Une saisie est commencée" not in page.text


def test_what_a_lost_page_left_is_offered_again_with_a_way_to_empty_it(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(f"{phone.path}/draft", HALF, status=204)

    page = soup(ada.fragment(f"{phone.path}?add=1", method="get"))
    assert "Repris de ce que vous aviez commencé" in page.text
    [empty] = page.select("button[form=contact-close][name=then]")
    anew = soup(ada.fragment(f"{phone.path}/draft/forget", {"then": empty["value"]}))

    assert count(session) == 0
    assert not anew.select_one(".contact-form [name=contact-first_names]").get("value")
    assert "Repris de" not in anew.text


def key_of(visitor, phone) -> dict[str, str]:
    page = soup(visitor.fragment(f"{phone.path}?add=1", method="get"))
    return {form_drafts.KEY: page.select_one(f".contact-form [name={form_drafts.KEY}]")["value"]}


@pytest.mark.parametrize("order", ["draft, form", "form, draft", "draft, form, draft"])
def test_in_whatever_order_they_arrive_a_saved_contact_leaves_no_draft(browse, story, phone, session, order):
    ada = browse.as_(story.ada)
    key = key_of(ada, phone)
    for arriving in order.split(", "):
        if arriving == "form":
            ada.fragment(phone.path, LUC | key)
        else:
            ada.fragment(f"{phone.path}/draft", HALF | key, status=204)

    assert open_drafts(session) == 0
    assert len(named(phone)) == 1
    end_claims(at=NOW + timedelta(minutes=6))
    assert "Gardé pour vous" not in ada.get("/desk").text


def test_a_draft_that_comes_after_its_dialog_was_closed_is_ignored(browse, story, phone, session):
    ada = browse.as_(story.ada)
    key = key_of(ada, phone)

    ada.fragment(f"{phone.path}/draft/forget", key)
    ada.fragment(f"{phone.path}/draft", HALF | key, status=204)

    assert open_drafts(session) == 0


def test_the_next_dialog_keeps_its_own_draft(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC | key_of(ada, phone))

    ada.fragment(f"{phone.path}/draft", HALF | key_of(ada, phone), status=204)

    assert open_drafts(session) == 1


def test_what_is_taken_up_again_goes_on_under_its_key(browse, story, phone, session):
    ada = browse.as_(story.ada)
    first = key_of(ada, phone)
    ada.fragment(f"{phone.path}/draft", HALF | first, status=204)

    assert key_of(ada, phone) == first
    mistaken = ada.fragment(phone.path, HALF | first, status=422)
    assert (
        soup(mistaken).select_one(f".contact-form [name={form_drafts.KEY}]")["value"]
        == first[form_drafts.KEY]
    )
    ada.fragment(phone.path, LUC | first)
    ada.fragment(f"{phone.path}/draft", HALF | first, status=204)

    assert open_drafts(session) == 0


def test_typed_too_late_it_is_kept_once(browse, story, phone, session):
    ada = browse.as_(story.ada)
    key = key_of(ada, phone)
    end_claims(at=NOW + timedelta(minutes=6))

    ada.fragment(phone.path, LUC | key, status=409)
    ada.fragment(f"{phone.path}/draft", HALF | key, status=409)

    assert open_drafts(session) == 1


def test_a_saved_contact_that_is_sent_again_after_the_call_is_called_saved(browse, story, phone, session):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC)
    [luc] = named(phone)
    page = soup(ada.fragment(f"{phone.path}?edit={luc.id}", method="get"))
    key = {form_drafts.KEY: page.select_one(f".contact-form [name={form_drafts.KEY}]")["value"]}
    changed = LUC | key | {"contact-first_names": "Lucas"}
    ada.fragment(f"{phone.path}/{luc.id}", changed)
    end_claims(at=NOW + timedelta(minutes=6))

    again = ada.fragment(f"{phone.path}/{luc.id}", changed, status=409)

    assert "C’était déjà enregistré" in again.text
    assert open_drafts(session) == 0


def open_drafts(session) -> int:
    kept = select(func.count()).select_from(Draft).where(Draft.dismissed_at.is_(None))
    return session.scalar(kept)


def test_without_script_what_was_sent_incomplete_is_kept(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.post(phone.path, HALF, status=422)

    page = soup(browse.as_(story.ada).get(f"{phone.path}?add=1"))

    assert page.select_one("[name=contact-first_names]")["value"] == "Luc"


def test_a_correction_that_was_begun_is_offered_for_its_line_only(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC)
    [luc] = named(phone)
    ada.fragment(f"{phone.path}/draft", HALF | {"contact-first_names": "Lucas", "about": luc.id}, status=204)

    new = soup(ada.get(f"{phone.path}?add=1"))
    same = soup(ada.get(f"{phone.path}?edit={luc.id}"))

    assert not new.select_one("[name=contact-first_names]").get("value")
    assert same.select_one("[name=contact-first_names]")["value"] == "Lucas"


def test_of_a_call_that_was_lost_it_is_shown_to_its_author_and_to_nobody_else(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.fragment(f"{phone.path}/draft", HALF, status=204)
    assert "Gardé pour vous" not in ada.get("/desk").text
    end_claims(at=NOW + timedelta(minutes=6))

    ada.fragment(f"{phone.path}/draft", HALF | {"contact-first_names": "Luce"}, status=409)

    home = ada.get("/desk").text
    assert "Gardé pour vous" in home
    assert "Luce" in home
    assert "Personne contact" in home
    browse.as_(story.abel).fragment(f"{phone.path}/draft", HALF, status=404)
    assert form_drafts.find(phone.call.id, phone.task.id, DIALOG, by=agent(story.abel)) is None


def test_what_is_kept_is_bounded(browse, story, phone):
    browse.as_(story.ada).fragment(
        f"{phone.path}/draft",
        {"contact-first_names": "L" * 5000} | {f"contact-{n}": "x" for n in range(100)},
        status=204,
    )

    kept = form_drafts.find(phone.call.id, phone.task.id, DIALOG, by=agent(story.ada)).fields

    assert len(kept) <= form_drafts.MOST_FIELDS
    assert max(len(one) for values in kept.values() for one in values) <= form_drafts.LONGEST


def test_the_end_of_the_call_says_that_a_contact_was_begun(browse, story, phone):
    ada = browse.as_(story.ada)
    end = f"{phone.path.removesuffix('/contacts')}/end"
    assert "Un contact est commencé" not in ada.get(end).text

    ada.fragment(f"{phone.path}/draft", HALF, status=204)

    assert "Un contact est commencé" in ada.get(end).text
