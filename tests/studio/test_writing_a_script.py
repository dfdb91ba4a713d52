"""A referent writes a script on its pages; two approve; it holds from its moment on, or is withdrawn."""

from datetime import timedelta
from io import BytesIO
from string import Formatter

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from tests.conftest import NOW
from tests.programmes.test_publishing import approved as approved_rule
from tests.studio.test_publishing_a_rule import filled, soup
from tests.support.story import identity, waiting_case
from tracing.calls.models import Conversation
from tracing.kernel.clock import now as clock_now
from tracing.kernel.db import session as database
from tracing.programmes import load_packs
from tracing.programmes.publishing import services as rule_publishing
from tracing.programmes.publishing.models import VersionState
from tracing.scripts import services as scripts
from tracing.scripts.definitions import Script
from tracing.scripts.library import load_library, newest, read_sent_script
from tracing.scripts.problems import Fault, Problem
from tracing.scripts.publishing import queries, rules, services
from tracing.scripts.publishing.models import ScriptDraft
from tracing.scripts.vocabulary import FACTS, ScriptKind
from tracing.studio.scripts import words
from tracing.studio.scripts.step_shape_forms import step_form

pytestmark = pytest.mark.usefixtures("published_scripts")

SCRIPTS = "/scripts"
TOMORROW = NOW + timedelta(days=1)
SAID = "Comptez une petite dizaine de minutes, je vous préviens si c’est plus long."
WHY = "La durée de l’appel est dite autrement, pour tout le monde."
P0 = ScriptKind.P0


def begin(visitor, kind="p0"):
    return visitor.post(f"{SCRIPTS}/new", {"kind": kind}).headers["Location"]


def change_step(visitor, draft, step="time", *, page=None, status=303, **typed):
    address = f"{draft}/step?step={step}"
    sent = filled(page or visitor.get(address), address)
    return visitor.post(address, sent | typed, status=status)


def plan(visitor, draft, *, on="2026-03-11", at="08:00", whose=""):
    sent = filled(visitor.get(draft), draft) | {"on": on, "at": at, "why": WHY, "whose": whose}
    return visitor.post(draft, sent)


def act(visitor, draft, what):
    return visitor.follow(f"{draft}/{what}", filled(visitor.get(draft), f"{draft}/{what}"))


def published(rose, ben, **when):
    draft = begin(rose)
    change_step(rose, draft, say_0=SAID)
    plan(rose, draft, **when)
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")
    return draft


def test_proposing_keeps_the_day_and_the_reason_typed_above_the_button(rose):
    draft = begin(rose)
    change_step(rose, draft, say_0=SAID)
    page = rose.get(draft)
    typed = filled(page, f"{draft}/propose") | {"on": "2026-03-11", "at": "08:00", "why": WHY}

    change_step(rose, draft, say_0=f"{SAID} Merci.")
    assert "pendant que vous écriviez" in rose.follow(f"{draft}/propose", typed).text, (
        "a step was changed since it was read"
    )
    assert (draft_at(draft).state, draft_at(draft).why) == (VersionState.DRAFT, WHY)
    rose.follow(f"{draft}/propose", filled(rose.get(draft), f"{draft}/propose"))

    assert draft_at(draft).state is VersionState.PROPOSED


def draft_at(draft) -> ScriptDraft:
    return database.get_one(ScriptDraft, int(draft.rpartition("/")[2]), populate_existing=True)


def step_of(draft, name="time"):
    return next(one for one in draft_at(draft).content["steps"] if one["id"] == name)


def versions_used():
    return list(database.scalars(select(Conversation.script_version).order_by(Conversation.id)))


def test_a_script_of_one_programme_leads_its_calls_only_and_is_announced_to_nobody_else(
    rose, ben, browse, story, clock
):
    story.ajaccio.programme = "covid19"
    before = scripts.newest_version(P0)
    own = published(rose, ben, on="2026-03-10", at="10:06", whose="covid19")
    clock.move_to(draft_at(own).effective_at)
    rose, ben = (browse.as_(who, site=story.nantes) for who in (story.rose, story.ben))
    now = draft_at(own).version

    assert "Pour les appels de" in rose.get(own).text
    assert f"· {load_packs()['covid19'].label}" in rose.get(SCRIPTS).text
    assert scripts.version_in_force(P0, programme="covid19", at=clock_now()) == now
    assert scripts.version_in_force(P0, programme="measles", at=clock_now()) == before
    assert WHY not in browse.as_(story.ada).get("/notices/unread").text
    assert WHY in browse.as_(story.cleo).get("/notices/unread").text
    for site in (story.nantes, story.ajaccio):
        waiting_case(site, identity("Marie", site.name, phones=(f"+3363998{site.code}0",)), at=clock_now())
    cleo, ada = browse.as_(story.cleo), browse.as_(story.ada)
    ada.get(ada.post("/calls/next").headers["Location"])
    cleo.post("/notices/read", filled(cleo.get("/notices/unread"), "/notices/read"))
    cleo.get(cleo.post("/calls/next").headers["Location"])
    assert versions_used() == [before, now]

    after = published(rose, ben, on="2026-03-11", at="08:00")

    # what changes for all is compared with what holds for all, and does not end the programme's own
    assert draft_at(after).base == before
    clock.move_to(draft_at(after).effective_at)
    assert scripts.version_in_force(P0, programme="measles", at=clock_now()) == draft_at(after).version
    assert scripts.version_in_force(P0, programme="covid19", at=clock_now()) == now


def test_a_script_of_a_programme_asks_and_says_nothing_that_it_does_not_have(rose):
    draft = begin(rose)

    page = rose.follow(
        draft,
        filled(rose.get(draft), draft) | {"on": "2026-03-11", "at": "08:00", "why": WHY, "whose": "measles"},
    ).text

    assert "le programme «\u202fRougeole\u202f» ne garde pas ce que demande «\u202fRégime\u202f»" in page
    assert "le programme «\u202fRougeole\u202f» n’a pas de «\u202fdernier jour du masque\u202f»" in page


def test_a_sentence_is_changed_from_a_moment_on_and_a_call_under_way_keeps_its_own(
    rose, ben, browse, story, clock
):
    for number in range(2):
        phones = (f"+3363998000{number}",)
        waiting_case(story.nantes, identity("Marie", f"Durand{number}", phones=phones), at=NOW)
    before = scripts.newest_version(P0)
    ada, abel = (browse.as_(who, site=story.nantes) for who in (story.ada, story.abel))
    first = ada.post("/calls/next").headers["Location"]
    ada.get(first)

    draft = published(rose, ben, on="2026-03-10", at="10:06")

    assert draft_at(draft).state is VersionState.APPROVED
    assert draft_at(draft).version == f"{before}.1"
    assert "à venir" in rose.get(SCRIPTS).text
    assert scripts.version_in_force(P0, programme="covid19", at=NOW) == before
    clock.move_to(draft_at(draft).effective_at)
    ada, abel = (browse.as_(who, site=story.nantes) for who in (story.ada, story.abel))
    assert abel.post("/calls/next").headers["Location"] == "/notices/unread?call=1"
    notice = abel.get("/notices/unread?call=1")
    assert WHY in notice.text
    seen = [str(one["value"]) for one in soup(notice).select("input[name=seen]")]
    abel.client.post("/notices/read", data={"seen": seen})
    abel.get(abel.post("/calls/next").headers["Location"])
    ada.get(first)
    assert versions_used() == [before, f"{before}.1"]
    assert scripts.get_script(P0, f"{before}.1").step("time").say[0] == (SAID,)
    assert (
        "en vigueur"
        in soup(rose.get(SCRIPTS)).select_one("section[aria-labelledby=kind-p0] tr:has(.state)").text
    )


def test_two_who_write_different_steps_lose_nothing_and_of_the_same_step_both_texts_are_shown(rose, ben):
    draft = begin(rose)
    late = rose.get(f"{draft}/step?step=time")
    change_step(ben, draft, "listening", note="À dire seulement si la personne hésite.")
    change_step(rose, draft, page=late, say_0=SAID)
    other = ben.get(f"{draft}/step?step=time")
    rose_too = rose.get(f"{draft}/step?step=time")
    change_step(ben, draft, page=other, say_0="Avez-vous un moment ?")

    refused = change_step(rose, draft, page=rose_too, say_0="Comptez huit minutes.", status=409)

    assert step_of(draft, "listening")["note"] == "À dire seulement si la personne hésite."
    assert step_of(draft)["say"][0] == ["Avez-vous un moment\u202f?"]
    assert "Comptez huit minutes." in refused.text
    assert "Avez-vous un moment\u202f?" in soup(refused).select_one(".notice").get_text()
    change_step(rose, draft, page=refused)
    assert step_of(draft)["say"][0] == ["Comptez huit minutes."]


def test_a_question_is_added_with_a_branch_and_what_the_checks_complain_of_is_mended(rose, ben):
    draft = begin(rose)
    address = f"{draft}/step?after=work"
    typed = {
        "title": "L’école des enfants",
        "say_0": "Vos enfants vont-ils à l’école ou à la crèche ?",
        "q0_label": "Enfants en collectivité",
        "q0_type": "choice",
        "q0_required": "y",
        "q0_o0_label": "Oui",
        "q0_o1_label": "Non",
        "w_s_0_0_is": "not",
        "w_s_0_0_what": "answer:lives_alone:yes",
        "say_1": "Je note pour {ecole}.",
    }

    saved = rose.post(address, filled(rose.get(address), f"{draft}/step") | typed)
    page = rose.get(saved.headers["Location"])

    step = step_of(draft, "l_ecole_des_enfants")
    assert step["when"] == {"not": {"answer": "lives_alone", "is": "yes"}}
    assert [one["value"] for one in step["questions"][0]["options"]] == ["oui", "non"]
    assert "{ecole} n’est pas un mot que ce script peut dire" in page.text
    assert "Rien ne lit la réponse à «\u202fEnfants en collectivité\u202f»" in page.text
    plan(rose, draft)
    assert "1 erreur" in act(rose, draft, "propose").text
    change_step(rose, draft, "l_ecole_des_enfants", say_1="Je le note.", say_1_en="I write it down.")
    assert "Il faut maintenant l’accord" in act(rose, draft, "propose").text
    assert draft_at(draft).content["english"]["Je le note."] == "I write it down."
    page = soup(rose.get(draft)).select_one("#step-l_ecole_des_enfants")
    assert "I write it down." in page.get_text()
    assert "pas traduit" in page.get_text()
    assert "5 textes n’ont pas d’anglais." in page.get_text()


def test_an_english_that_stayed_as_it_was_while_the_french_changed_is_to_be_read_again(rose):
    draft = begin(rose)
    change_step(rose, draft, say_0=SAID)

    noted = soup(rose.get(draft)).select_one("#step-time").get_text()
    assert f"Le français a changé, l’anglais est resté le même\u202f: «\u202f{SAID}" in noted
    change_step(rose, draft, say_0_en="It takes about ten minutes. I will tell you if it is longer.")
    page = soup(rose.get(draft)).select_one("#step-time")
    assert "l’anglais est resté le même" not in page.get_text()
    assert "En anglais" in page.select_one(".words-apart").get_text()
    trial = f"{SCRIPTS}/preview?of={draft.rpartition('/')[2]}&who=marie&language=en"
    assert "I am calling from the French health insurance" in rose.get(trial).text
    assert "Les mots à lire en français" in rose.get(trial).text


def test_what_is_wrong_stays_typed_and_a_step_can_be_moved_taken_out_and_put_back(rose):
    draft = begin(rose)
    long = "mot " * 90
    refused = change_step(rose, draft, say_0=long, status=422)
    assert "Au plus 280 signes" in soup(refused).select_one(".error-summary").get_text()
    assert long.strip() in refused.text

    def press(how, step="time"):
        sent = {"step": step, "how": how, "revision": draft_at(draft).revision}
        return rose.post(f"{draft}/move", sent)

    press("remove")
    assert "time" not in [one["id"] for one in draft_at(draft).content["steps"]]
    assert "n’est pas posée avant" in rose.get(draft).text
    press("restore")
    assert rules.content_of(scripts.get_script(P0, draft_at(draft).base)) == draft_at(draft).content
    place = [one["id"] for one in draft_at(draft).content["steps"]].index("time")
    press("up")
    assert draft_at(draft).content["steps"][place - 1]["id"] == "time"


def test_a_version_that_is_withdrawn_before_its_moment_never_holds_and_its_notice_says_so(
    rose, ben, browse, story, clock
):
    draft = published(rose, ben)
    ada = browse.as_(story.ada, site=story.nantes)
    page = ada.get("/notices/unread")
    ada.post("/notices/read", {"seen": [str(one["value"]) for one in soup(page).select("input[name=seen]")]})

    act(rose, draft, "withdraw")

    clock.move_to(TOMORROW + timedelta(days=1))
    ada = browse.as_(story.ada, site=story.nantes)
    assert scripts.version_in_force(P0, programme="covid19", at=TOMORROW) == draft_at(draft).base
    assert "Ce changement n’aura pas lieu\u202f: le script d’avant" in ada.get("/notices/unread").text
    again = begin(browse.as_(story.rose, site=story.nantes))
    assert step_of(again)["say"] != [[SAID]]


def test_a_script_takes_effect_with_a_rule_and_not_without_it(rose, ben, story):
    rule_publishing.seed(at=NOW)
    rule = approved_rule(story)
    draft = begin(rose)
    change_step(rose, draft, say_0=SAID)
    sent = filled(rose.get(draft), draft) | {"why": WHY, "with_rule": str(rule.id)}
    rose.post(draft, sent)
    assert draft_at(draft).effective_at == rule.effective_at
    act(rose, draft, "propose")
    rule_publishing.withdraw(rule.id, by=story.rose.id, at=NOW)

    refused = act(rose, draft, "approve/referent")

    assert "n’attend plus sa date d’effet" in refused.text
    assert "La règle qui devait changer en même temps a été retirée" in refused.text


def test_who_withdraws_a_rule_is_told_of_the_script_that_goes_with_it(rose, ben, story):
    rule_publishing.seed(at=NOW)
    rule = approved_rule(story)
    draft = begin(rose)
    change_step(rose, draft, say_0=SAID)
    rose.post(draft, filled(rose.get(draft), draft) | {"why": WHY, "with_rule": str(rule.id)})
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")
    assert draft_at(draft).state is VersionState.APPROVED

    told = rose.follow(f"/rules/versions/{rule.id}/withdraw", {})

    assert "Un script approuvé devait changer en même temps que cette règle." in told.text
    assert "La règle qui devait changer en même temps a été retirée" in rose.get(draft).text


def test_a_newer_file_waits_as_a_draft_and_the_database_rules(rose):
    library = dict(load_library())
    now = newest(library, P0)
    newer = now.model_copy(update={"version": "2026.99", "content_hash": "a" * 64, "title": "Autre titre"})
    library[P0, newer.version] = newer

    for _host in range(2):
        services.seed(library, at=TOMORROW)

    [brought] = queries.drafts_of(P0)
    assert (brought.release, brought.state) == ("2026.99", VersionState.DRAFT)
    assert scripts.version_in_force(P0, programme="covid19", at=TOMORROW) == now.version
    assert "Proposée par la mise à jour 2026.99" in rose.get(SCRIPTS).text


@pytest.mark.parametrize("kind", ScriptKind)
def test_a_step_opened_and_saved_as_it_is_stays_as_it_is(app, kind):
    script: Script = newest(load_library(), kind)
    with app.test_request_context():
        for step in script.steps:
            shown = step_form(script, step, after=None, posted={})(formdata=None)
            shown.fill_with(step, script.english)
            sent = MultiDict()
            for one in shown:
                if one.data not in (None, False, ""):
                    sent[one.name] = "y" if one.data is True else str(one.data)
            form = step_form(script, step, after=None, posted=sent)(formdata=sent, meta={"csrf": False})
            content, _english = form.read(step)

            assert content == rules.step_content(step), step.id


def test_every_fact_has_its_words():
    assert words.FACT_WORDS.keys() == FACTS.keys()


def test_the_pages_of_a_version_and_of_two_side_by_side(rose):
    page = soup(rose.get(f"{SCRIPTS}/version?of=p0-2026.2"))
    assert len(page.select(".outline-step")) > 30
    marked = soup(rose.get(f"{SCRIPTS}/compare?one=p0-2026.1&other=p0-2026.2")).select("mark")
    assert marked
    other = rose.get(f"{SCRIPTS}/compare?one=p0-2026.4&other=p0-2026.5").text
    assert "pas établi\u202f: la personne nous appelle" in other
    assert len(soup(rose.get(f"{SCRIPTS}/branches?of=p0-2026.2")).select(".branch-arcs path[d]")) > 20
    rose.get(f"{SCRIPTS}/version?of=p0-1", status=404)
    rose.get(f"{SCRIPTS}/compare?one=p0-2026.1&other=contact-2026.2", status=404)


def test_english_that_was_added_stands_apart_from_what_was_changed(rose):
    page = soup(rose.get(f"{SCRIPTS}/compare?one=case_follow_up-2026.1&other=case_follow_up-2026.6"))

    added = page.select("details.folded li")
    assert len(added) > 20
    shown = {one.get_text(strip=True) for one in page.select("td")}
    assert not shown & {one.get_text(strip=True) for one in added}


def test_the_list_shows_what_holds_and_what_is_to_come_and_folds_what_was_before(rose, ben):
    published(rose, ben)

    [section] = [one for one in soup(rose.get(SCRIPTS)).select(".section") if one.select_one("#kind-p0")]

    rows = section.select("tbody tr")
    before = section.select("details.folded tbody tr")
    current = rows[: len(rows) - len(before)]
    assert [row.select_one(".state").get_text(strip=True) for row in current] == ["à venir", "en vigueur"]
    assert newest(load_library(), P0).changes in current[1].get_text()
    assert {row.select_one(".state").get_text(strip=True) for row in before} == {"remplacée"}


def test_a_day_is_asked_in_the_preview_as_in_a_call(rose):
    draft = begin(rose)
    address = f"{draft}/step?step=symptoms"
    sent = filled(rose.get(address), address) | {"who": "marie"}

    seen = soup(rose.client.post(f"{draft}/step/preview?step=symptoms", data=sent))

    keys = [one.get_text(strip=True) for one in seen.select(".is-days .answer")]
    assert keys[0] == "1Aujourd’hui"
    assert keys[-1] == f"{len(keys)}Ne sait pas"
    assert len(keys) > 3


def test_a_draft_is_tried_with_an_invented_person_and_a_step_is_seen_while_it_is_typed(rose):
    draft = begin(rose)
    number = draft.rpartition("/")[2]
    address = f"{draft}/step?step=time"
    sent = filled(rose.get(address), address) | {
        "who": "marie",
        "say_0": "Marie, {ecole} ?\nBonjour {person} !",
    }

    seen = rose.client.post(f"{draft}/step/preview?step=time", data=sent)

    assert "Bonjour Marie Durand\u202f!" in seen.text
    assert "{ecole} n’est pas un mot que ce script peut dire" in seen.text
    assert step_of(draft)["say"] != sent["say_0"]
    refused = rose.client.post(f"{draft}/step/preview?step=time", data=sent | {"say_0": "mot " * 90})
    assert "Au plus 280 signes" in refused.text
    trial = f"{SCRIPTS}/preview?of={number}&who=paul&a-person_on_line=representative"
    page = rose.get(f"{trial}&step=opening&next=1")
    assert "Pour Paul Durand, je dois m’adresser à un parent" in page.text
    wrong = rose.get(f"{SCRIPTS}/preview?of=p0-2026.5&a-person_on_line=wrong_number")
    assert "Ces réponses mènent à\u202f: Mauvais numéro" in wrong.text
    unruled = rose.get(f"{SCRIPTS}/preview?of=contact-2026.5&who=inconnu")
    assert "Essayer le script" in unruled.text


def test_a_script_goes_out_as_a_file_and_comes_in_as_a_draft(rose):
    sent = rose.get(f"{SCRIPTS}/file?of=contact-2026.7")
    assert "contact-2026.7.yaml" in sent.headers["Content-Disposition"]

    def bring(content, *, status=303):
        return rose.post(
            f"{SCRIPTS}/file/new",
            {"file": (BytesIO(content.encode()), "mien.yaml")},
            content_type="multipart/form-data",
            status=status,
        )

    wrong = bring(sent.text.replace("type: choice", "type: choix", 1), status=422)
    said = soup(wrong).get_text().replace("\u202f", " ")
    assert "mien.yaml, ligne" in said
    assert "étape « opening », question « person_on_line », champ type" in said
    bring("a: &a [1]\nb: *a", status=422)
    changed = sent.text.replace("Comptez une dizaine de minutes", "Comptez huit minutes")
    draft = bring(changed).headers["Location"]
    assert "Comptez huit minutes" in step_of(draft)["say"][0][0]
    assert "1 modifiée" in rose.get(draft).text
    assert "déjà commencé" in bring(sent.text, status=422).text
    again = read_sent_script("x.yaml", rose.get(f"{SCRIPTS}/file?of={draft.rpartition('/')[2]}").data)
    assert rules.content_of(again) == draft_at(draft).content


def test_who_approves_says_of_a_step_what_is_to_be_changed(rose, ben):
    draft = begin(rose)
    sent = filled(ben.get(draft), f"{draft}/comment") | {
        "step": "time",
        "body": "Trop long pour une personne âgée.",
    }
    ben.post(f"{draft}/comment", sent)
    ben.post(f"{draft}/comment", sent | {"body": ""}, status=422)

    said = soup(rose.get(draft)).select_one(".comment")

    assert "Trop long pour une personne âgée." in said.get_text()
    assert "Avoir le temps" in said.get_text()
    act(rose, draft, "withdraw")
    assert (
        "n’est plus un brouillon" in ben.client.post(f"{draft}/comment", data=sent | {"body": "Tard."}).text
    )


def test_whatever_the_checks_find_has_its_words(p0_now, app):
    assert words.PROBLEM_WORDS.keys() == set(Fault)
    with app.test_request_context():
        for fault in Fault:
            blanks = {name for _text, name, _spec, _conv in Formatter().parse(fault.value) if name}
            found = Problem(fault, dict.fromkeys(blanks, "works"), "work", "say")
            assert str(found).startswith("step 'work', say: ")
            said = words.problem(found, p0_now)
            assert said.startswith("«\u202fMétier et lieu de travail\u202f»\u202f: "), said
        not_asked = Problem(Fault.NOT_ASKED, {"name": "works"}, "work", "when")
        assert "Exerce une activité professionnelle" in words.problem(not_asked, p0_now)


@pytest.fixture
def p0_now():
    return scripts.get_script(P0, scripts.newest_version(P0))


def test_a_draft_without_the_emergency_or_with_the_result_before_identity_cannot_be_proposed(rose):
    draft = begin(rose)
    revision = {"revision": soup(rose.get(draft)).select_one("input[name=revision]")["value"]}
    rose.post(f"{draft}/move", revision | {"step": "emergency", "how": "remove"})
    change_step(rose, draft, "person_absent", say_0="Dites-lui que son test est positif.")

    page = rose.get(draft).text

    assert "L’étape obligatoire «\u202fAppeler le 15 ou le 112\u202f» manque" in page
    assert "«\u202ftest\u202f» dit à n’importe qui l’objet de l’appel" in page
    assert "Rien n’empêche de proposer ce script" not in page


def rows_of(page):
    """Return the rows of the comparison: what, before and after."""
    cells = [row.select("th, td") for row in soup(page).select(".words-apart tbody tr")]
    return {one[0].get_text(strip=True): [cell.get_text(strip=True) for cell in one[1:]] for one in cells}


def saved(draft_id, change):
    """Change the content of a draft as a sent file would."""
    draft = database.get_one(ScriptDraft, draft_id)
    content = {**draft.content, "steps": [change(dict(one)) for one in draft.content["steps"]]}
    draft.content = content
    database.commit()


def test_the_comparison_says_what_is_no_longer_obligatory_and_all_of_a_new_step(rose):
    draft = begin(rose)
    number = int(draft.rsplit("/", 1)[1])
    new = {
        "id": "travel",
        "section": "Santé",
        "title": "Voyage récent",
        "sensitive": True,
        "when": {"answer": "has_symptoms", "is": "yes"},
        "say": [["Avez-vous voyagé ?"]],
        "questions": [{"id": "travelled", "type": "yes_no", "label": "A voyagé", "required": True}],
    }

    def change(step):
        if step["id"] == "red_flags":
            step["questions"] = [one | {"required": False} for one in step["questions"]]
        return step

    saved(number, change)
    content = database.get_one(ScriptDraft, number).content
    place = next(n for n, one in enumerate(content["steps"]) if one["id"] == "symptoms") + 1
    steps = [*content["steps"][:place], new, *content["steps"][place:]]
    database.get_one(ScriptDraft, number).content = content | {"steps": steps}
    database.commit()

    rows = rows_of(rose.get(f"{SCRIPTS}/compare?one=p0-{scripts.newest_version(P0)}&other={number}"))

    signs = rows["Question «\u202fAu moins un de ces signes est présent\u202f»"]
    assert signs == ["oui ou non, réponse obligatoire", "oui ou non, réponse facultative"]
    assert rows["Arrête la suite"] == ["–", "non"]
    assert rows["Rubrique"] == ["–", "Santé"]
    assert rows["Quand"][0] == "–"
    assert rows["Quand"][1].endswith("Oui")
    assert rows["Question «\u202fA voyagé\u202f»"] == ["–", "oui ou non, réponse obligatoire"]


def test_a_step_that_most_people_no_longer_hear_is_announced_with_its_condition(rose, ben, browse, story):
    draft = begin(rose)
    written = database.get_one(ScriptDraft, int(draft.rsplit("/", 1)[1]))
    fragile = {"when": {"answer": "fragile", "is": "yes"}}
    steps = [one | fragile if one["id"] == "immunity" else one for one in written.content["steps"]]
    written.content = written.content | {"steps": steps}
    database.commit()
    plan(rose, draft)
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")

    page = browse.as_(story.ada, site=story.nantes).get("/notices/unread")

    assert "1 étape du script change" in page.text
    [row] = soup(page).select(".side-by-side tbody tr")
    before, after = (cell.get_text(" ", strip=True) for cell in row.select("td"))
    assert before == "Quand\u202f: toujours"
    assert after.startswith("Quand\u202f: «\u202f")
    assert after.endswith("Oui")
