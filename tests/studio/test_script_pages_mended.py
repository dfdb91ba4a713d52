"""What referents reported of the pages of scripts: each said in words, and nothing typed is lost."""

import io

import pytest

from tests.conftest import NOW
from tests.studio.test_publishing_a_rule import filled, soup
from tests.studio.test_writing_a_script import P0, SCRIPTS, act, begin, change_step, draft_at, plan, published
from tests.support.story import agent
from tracing.kernel import clock as clocks
from tracing.scripts.library import write_script
from tracing.scripts.publishing import rules
from tracing.scripts.services import get_script
from tracing.scripts.vocabulary import ScriptKind
from tracing.studio.scripts import preview_pages as pages

pytestmark = pytest.mark.usefixtures("published_scripts")
ONE, TWO = "Avez-vous un moment ?", "Ou préférez-vous plus tard ?"


def ids(draft):
    return [one["id"] for one in draft_at(draft).content["steps"]]


def move(visitor, draft, step, how):
    sent = {"step": step, "how": how, "revision": draft_at(draft).revision}
    return visitor.post(f"{draft}/move", sent)


def test_a_step_is_put_back_where_it_was_although_others_were_taken_out_before_it(rose):
    draft = begin(rose)
    before = ids(draft)
    for step in ("person_absent", "wrong_number", "work"):
        move(rose, draft, step, "remove")

    move(rose, draft, "work", "restore")

    gone = {"person_absent", "wrong_number"}
    assert ids(draft) == [one for one in before if one not in gone]


@pytest.mark.parametrize(
    ("french", "english"),
    [
        (f"{ONE}\n\n{TWO}", "Do you have a moment?\nOr would you rather talk later?"),
        (f"{ONE}\n\n{TWO}", "Do you have a moment?\n\nOr would you rather talk later?"),
        (f"\n{ONE}\n{TWO}\n", "\nDo you have a moment?\nOr would you rather talk later?"),
    ],
)
def test_a_blank_line_in_the_french_keeps_the_english_beside_each_wording(rose, french, english):
    draft = begin(rose)

    change_step(rose, draft, say_0=french, say_0_en=english)

    said = rules.read_step(next(one for one in draft_at(draft).content["steps"] if one["id"] == "time")).say[
        0
    ]
    kept = draft_at(draft).content["english"]
    assert [kept.get(one) for one in said] == ["Do you have a moment?", "Or would you rather talk later?"]


def test_a_step_saved_after_the_draft_was_approved_stays_on_the_page_with_what_to_do(rose, ben):
    draft = begin(rose)
    change_step(rose, draft, say_0=ONE)
    late = rose.get(f"{draft}/step?step=time")
    plan(rose, draft)
    act(rose, draft, "propose")
    act(ben, draft, "approve/adviser")
    act(rose, draft, "approve/referent")

    refused = change_step(rose, draft, page=late, say_0=TWO, status=409)

    assert TWO in refused.text
    assert "commencez un nouveau brouillon" in soup(refused).select_one(".error-summary").get_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: p0", "kind: p9", "mon.yaml, ligne 1, champ kind"),
        ("  gate: true", "  gate: peut-etre", "étape « opening », champ gate"),
        ("  gate: true", "  porte: true", "étape « opening », champ porte : Ce champ n’existe pas ici"),
        ("kind: p0", "kind: p0\nkind: p0", "« kind » est écrit deux fois"),
        ("kind: p0", "kind: [p0", "ne se lit pas comme du YAML"),
        ("type: choice", "type: choix", "question « person_on_line », champ type"),
    ],
)
def test_a_file_that_is_refused_says_in_french_where_and_why(rose, old, new, said):
    content = write_script(get_script(P0, "2026.6"))
    assert old in content
    form = filled(rose.get(f"{SCRIPTS}/file/new"), f"{SCRIPTS}/file/new")
    sent = (io.BytesIO(content.replace(old, new, 1).encode()), "mon.yaml")

    page = rose.client.post(f"{SCRIPTS}/file/new", data=form | {"file": sent})

    problems = soup(page).select_one(".notice").get_text().replace("\u202f", " ")
    assert page.status_code == 422
    assert said in problems
    assert "mon.yaml" in problems
    assert not [word for word in ("should", "Input", " line ", "written") if word in problems]


def test_a_draft_goes_out_under_a_name_of_its_own(rose):
    draft = begin(rose)

    sent = rose.get(f"{SCRIPTS}/file?of={draft.rpartition('/')[2]}")

    assert f"p0-brouillon-{draft.rpartition('/')[2]}.yaml" in sent.headers["Content-Disposition"]


def test_an_hour_that_the_clocks_skip_is_refused_in_words(rose):
    draft = begin(rose)
    form = filled(rose.get(draft), draft) | {
        "on": "2026-03-29",
        "at": "02:30",
        "why": "Une phrase qui change.",
    }

    refused = rose.post(draft, form, status=422)

    assert "Cette heure n’existe pas ce jour-là" in refused.text
    assert draft_at(draft).effective_at is None


def test_a_withdrawn_version_is_not_listed_as_one_that_takes_effect(rose, ben):
    draft = published(rose, ben)
    act(rose, draft, "withdraw")

    page = rose.get(SCRIPTS)

    row = next(one for one in soup(page).select("tbody tr") if "retirée" in one.get_text())
    assert "ne prend pas effet" in row.get_text()


@pytest.mark.parametrize("kind", ScriptKind)
def test_no_invented_person_is_told_two_things_at_once(app, story, kind):
    by, today = agent(story.rose), clocks.local_day(NOW, agent(story.rose).site.time_zone)
    script = get_script(kind, "2026.6")
    told = {
        "quarantine",
        "quarantine_over",
        "negligible_risk",
        "quarantine_not_required",
        "quarantine_unknown",
    }
    told |= {"result_awaited", "isolation", "isolation_over", "isolation_advised", "isolation_unknown"}
    told |= {"isolation_done", "quarantine_done"}
    says = {
        "person_on_line": ["person"], "representative_confirmed": ["yes"], "identity_confirmed": ["yes"],
        "has_time": ["yes"], "knows_result": ["yes"], "red_flags": ["no"], "hospitalised": ["no"],
        "test_result": ["none"],
    }  # fmt: skip
    for person in pages.PEOPLE[kind]:
        for symptoms in ([], ["no"], ["yes"]):
            typed = {**says, "has_symptoms": symptoms, "new_symptoms": symptoms}
            facts = pages.facts_of(pages.as_said(person, typed, today=today), script, by=by, today=today)

            walk = pages.walk(script, person, typed, facts, at_step=None, today=today)

            assert len(told & {one.step.id for one in walk.rail}) <= 1, (person.key, symptoms)


def test_a_step_can_be_said_for_one_programme_only(rose):
    draft = begin(rose)

    change_step(rose, draft, "immunity", w_s_0_0_is="is", w_s_0_0_what="fact:programme:measles")

    step = next(one for one in draft_at(draft).content["steps"] if one["id"] == "immunity")
    assert step["when"] == {"fact": "programme", "is": "measles"}
    assert (
        "programme du dossier\u202f: measles" in soup(rose.get(draft)).select_one("#step-immunity").get_text()
    )
    assert "measles" in rose.get(f"{draft}/step?step=immunity").text
