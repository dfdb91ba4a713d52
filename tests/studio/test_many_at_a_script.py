"""Several at one script: who translates, who gives up, who begins from an earlier version. Nothing is lost unseen."""

import pytest

from tests.studio.test_publishing_a_rule import filled, soup
from tests.studio.test_writing_a_script import (
    P0,
    SAID,
    SCRIPTS,
    act,
    begin,
    change_step,
    draft_at,
    plan,
    published,
)
from tracing.programmes.publishing.models import VersionState
from tracing.scripts import services as scripts
from tracing.scripts.publishing import paths, rules
from tracing.scripts.vocabulary import FACTS

pytestmark = pytest.mark.usefixtures("published_scripts")

ASKED = "Do you have a moment? About ten minutes."


def english_of(draft):
    said = rules.read_step(next(one for one in draft_at(draft).content["steps"] if one["id"] == "time"))
    return draft_at(draft).content["english"][said.say[0][0]]


def test_who_saves_a_step_that_somebody_translated_meanwhile_overwrites_no_translation(rose, ben):
    draft = begin(rose)
    late = rose.get(f"{draft}/step?step=time")
    change_step(ben, draft, say_0_en=ASKED)

    refused = change_step(rose, draft, page=late, note="Si la personne est pressée, dites-le.", status=409)

    assert english_of(draft) == ASKED
    assert ASKED in soup(refused).select_one(".notice").get_text()
    change_step(rose, draft, page=refused, say_0_en=ASKED)
    assert english_of(draft) == ASKED


def test_a_step_that_somebody_took_out_meanwhile_comes_back_under_its_name(rose, ben):
    draft = begin(rose)
    late = rose.get(f"{draft}/step?step=data_notice")
    sent = {"step": "data_notice", "how": "remove", "revision": draft_at(draft).revision}
    ben.post(f"{draft}/move", sent)
    assert "L’étape obligatoire «\u202fInformer sur les données\u202f» manque" in ben.get(draft).text

    refused = change_step(rose, draft, "data_notice", page=late, status=409)
    rose.post(f"{draft}/step", filled(refused, f"{draft}/step"))

    before = rules.content_of(scripts.get_script(P0, draft_at(draft).base))
    assert [one["id"] for one in draft_at(draft).content["steps"]] == [one["id"] for one in before["steps"]]
    assert "L’étape obligatoire" not in rose.get(draft).text


def test_what_is_put_back_is_put_back_in_english_too(rose):
    draft = begin(rose)
    before = english_of(draft)
    change_step(rose, draft, say_0_en=ASKED)
    assert "1 modifiée" in rose.get(draft).text

    sent = {"step": "time", "how": "restore", "revision": draft_at(draft).revision}
    rose.post(f"{draft}/move", sent)

    assert english_of(draft) == before
    assert "rien n’est modifié" in rose.get(draft).text


def test_an_earlier_version_that_is_taken_up_again_keeps_the_english_of_what_it_says(rose):
    draft = rose.post(f"{SCRIPTS}/new", {"kind": "p0", "like": "p0-2026.5"}).headers["Location"]

    now = scripts.get_script(P0, scripts.newest_version(P0))
    kept, earlier = draft_at(draft).content["english"], str(scripts.get_script(P0, "2026.5").model_dump())
    assert kept.items() <= now.english.items()
    assert [text for text in now.english.keys() - kept.keys() if repr(text) in earlier] == []


def test_a_draft_that_was_approved_meanwhile_is_not_given_up_by_the_page_of_before(rose, ben):
    draft = begin(rose)
    change_step(rose, draft, say_0=SAID)
    plan(rose, draft)
    act(rose, draft, "propose")
    page = rose.get(draft)
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")

    told = rose.follow(f"{draft}/withdraw", filled(page, f"{draft}/withdraw"))

    assert "a été approuvée entre-temps" in told.text
    assert draft_at(draft).state is VersionState.APPROVED
    act(rose, draft, "withdraw")
    assert draft_at(draft).state is VersionState.WITHDRAWN


def test_the_page_of_an_approved_version_still_shows_what_it_changed(rose, ben):
    draft = published(rose, ben)

    page = soup(rose.get(draft))

    assert "1 modifiée" in page.select_one("#steps").get_text()
    assert SAID in page.select_one("#step-time .words-apart").get_text()


def test_a_version_on_which_another_was_built_names_it_as_the_pages_do(rose, ben):
    first = published(rose, ben)
    second = begin(rose)
    change_step(rose, second, say_0="Avez-vous un moment\u202f?")
    plan(rose, second, on="2026-03-12")
    act(rose, second, "propose")
    act(rose, second, "approve/referent")
    act(ben, second, "approve/adviser")

    assert (
        f"La version n° {draft_at(second).version} s’appuie sur celle-ci" in act(rose, first, "withdraw").text
    )


def test_a_condition_of_thirty_facts_does_not_hold_up_the_page(app):
    script = scripts.get_script(P0, scripts.newest_version(P0))
    content = rules.content_of(script)
    names = [name for name, fact in facts_of_a_call() if fact.kind == "flag"]
    known = [{"known": name} for name, _fact in facts_of_a_call()]
    written = {
        "id": "new",
        "section": "Essai",
        "title": "Essai",
        "say": [["Bonjour."]],
        "when": {"any": [*({"fact": name, "is": True} for name in names), *known]},
    }
    many = rules.read_script(P0, rules.with_step(content, written, after="work"), version=script.version)

    assert paths.go_through(many).too_many


def facts_of_a_call():
    """Return the facts of a first call."""
    return [(name, fact) for name, fact in FACTS.items() if P0 in fact.scripts]
