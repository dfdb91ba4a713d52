"""A referent changes a rule on its pages; a medical adviser and a referent approve; it takes effect, or is withdrawn."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.support.markup import read
from tests.support.statements import statements_sent
from tracing.kernel.db import session as database
from tracing.programmes.checks import Problem, ProblemKind
from tracing.programmes.in_force import get_pack
from tracing.programmes.loader import load_packs
from tracing.programmes.publishing import queries, services
from tracing.programmes.publishing.models import RuleVersion, VersionState
from tracing.programmes.words import TABLE_WORDS
from tracing.studio.mistake_words import source_word
from tracing.studio.row_fields import FieldKind, fields_of
from tracing.studio.version_words import FACT_WORDS, FIELD_WORDS, VALUE_WORDS, decisions, problem_word

VERSIONS = "/rules/versions"
SOON = NOW + timedelta(minutes=6)
"""A minute after the moment for which `plan` sets a version."""
PROGRAMME = "exercise-2022"
WHY = "L’isolement passe de 10 à 5 jours pour les personnes non vaccinées."
TEXT = "Vaccination absente, incomplète ou inconnue : isolement de 5 jours pleins, sans sortie anticipée."


@pytest.fixture(autouse=True)
def seeded(story):
    services.seed(at=NOW)
    queries.follow_now(NOW)


def soup(answer):
    return read(answer.text)


def filled(page, form):
    """Return what a form would send as it is shown; or the form whose button has this address."""
    shown = soup(page)
    button = shown.select_one(f"button[formaction='{form}']")
    found = shown.select_one(f"form[action='{form}']" if button is None else f"form#{button['form']}")
    sent = {}
    for field in found.select("input[name]"):
        if field.get("type") not in {"checkbox", "radio"}:
            sent[field["name"]] = field.get("value", "")
        elif field.has_attr("checked"):
            sent.setdefault(field["name"], []).append(field.get("value", ""))
    sent |= {field["name"]: field.get_text().removeprefix("\n") for field in found.select("textarea[name]")}
    for field in found.select("select[name]"):
        chosen = field.select_one("option[selected]") or field.select_one("option")
        sent[field["name"]] = chosen.get("value", "")
    return sent


def begin(visitor):
    sent = visitor.post(f"{VERSIONS}/new", {"programme": PROGRAMME, "table": "isolations"})
    return sent.headers["Location"]


def change_row(visitor, draft, row="P0-4b", *, status=303, **typed):
    page = visitor.get(f"{draft}/row?row={row}")
    sent = filled(page, f"{draft}/row?row={row}")
    sent |= {
        "decides_days": "5",
        "decides_early_exit__day": "",
        "decides_early_exit__needs": "",
        "text": TEXT,
    }
    return visitor.post(f"{draft}/row?row={row}", sent | typed, status=status)


def plan(visitor, draft, *, on="2026-03-10", at="10:05", status=303):
    sent = filled(visitor.get(draft), draft) | {"on": on, "at": at, "why": WHY}
    return visitor.post(draft, sent, status=status)


def act(visitor, draft, what):
    sent = filled(visitor.get(draft), f"{draft}/{what}")
    return visitor.follow(f"{draft}/{what}", sent)


def published(rose, ben):
    draft = begin(rose)
    change_row(rose, draft)
    plan(rose, draft)
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")
    return draft


def version_at(draft):
    return database.get_one(RuleVersion, int(re.findall(r"\d+$", draft)[0]), populate_existing=True)


def test_a_referent_moves_an_isolation_to_five_days_and_it_takes_effect_at_its_moment(rose, ben, clock):
    draft = published(rose, ben)

    assert version_at(draft).state is VersionState.APPROVED
    assert get_pack(PROGRAMME).find_rule("P0-4b.v2") is None

    clock.move_to(SOON)
    page = rose.get(f"{VERSIONS}?programme={PROGRAMME}")

    assert get_pack(PROGRAMME).find_rule("P0-4b.v2").days == 5
    assert (
        "en vigueur" in soup(page).select_one("section[aria-labelledby=table-isolations] tbody tr").get_text()
    )
    asked = rose.get(f"/rules?programme={PROGRAMME}&subject=case&on=2026-03-10&sampled=2026-03-10")
    assert "P0-4b.v2" in asked.text


def test_the_draft_is_shown_beside_what_is_in_force(rose):
    draft = begin(rose)
    change_row(rose, draft)

    rows = soup(rose.get(draft)).select(".side-by-side tbody tr")

    assert [row.select_one(".state").get_text(strip=True) for row in rows] == ["inchangée", "modifiée"]
    before, after = rows[1].select("td")[:2]
    assert "10" in before.get_text()
    assert "5" in after.get_text()
    assert "Sortie possible" in before.get_text()
    assert "Sortie possible" not in after.get_text()


def test_proposing_keeps_the_day_and_the_reason_typed_above_the_button(rose, ben):
    draft = begin(rose)
    change_row(rose, draft)
    assert "De 10 à 500 caractères" in rose.get(draft).text
    typed = filled(rose.get(draft), f"{draft}/propose") | {"on": "2026-03-10", "at": "10:05", "why": WHY}

    rose.post(f"{draft}/propose", typed | {"why": "Trop peu"}, status=422)
    assert version_at(draft).state is VersionState.DRAFT
    rose.post(f"{draft}/propose", typed, status=303)

    assert (version_at(draft).state, version_at(draft).why) == (VersionState.PROPOSED, WHY)
    act(rose, draft, "approve/referent")
    act(ben, draft, "approve/adviser")
    assert soup(rose.get(draft)).select_one(".page-lead .state").text.strip() == "à venir", "as the list says"


def test_both_sides_of_a_changed_value_are_shown_and_what_is_usual_too():
    fields = fields_of(type(load_packs()[PROGRAMME].isolations.rules[0]))
    before = {"days": 7, "early_exit": {"day": 5, "needs": "Sans signe depuis deux jours."}}
    after = before | {
        "early_exit": before["early_exit"] | {"free_of": "fever", "free_hours": 72, "test": False}
    }

    old, new = (dict(decisions(*pair)) for pair in ((before, fields), (after, fields)))
    assert not {"Sortie\u202f: sans"} & set(old), "what is usual is not said by itself"
    old = dict(decisions(before, fields, beside=after))
    terms = ("sans", "depuis (heures)", "test négatif exigé")
    assert [old[f"Sortie\u202f: {one}"] for one in terms] == ["symptômes", "48", "oui"]
    assert [new[f"Sortie\u202f: {one}"] for one in terms] == ["fièvre", "72", "non"]
    assert "Sortie\u202f: sans" not in dict(decisions({"days": 7}, fields, beside=after))


def test_a_row_opened_and_saved_as_it_is_changes_nothing(rose):
    for table in ("isolations", "quarantines", "windows", "risks", "notes", "follow_ups"):
        draft = rose.post(f"{VERSIONS}/new", {"programme": PROGRAMME, "table": table}).headers["Location"]
        before = version_at(draft).rows
        for row in before:
            address = f"{draft}/row?row={row['id']}"
            rose.post(address, filled(rose.get(address), address))

        assert version_at(draft).rows == before, table


def test_a_mistake_names_its_field_and_nothing_typed_is_lost(rose):
    draft = begin(rose)

    page = change_row(rose, draft, status=422, decides_days="99", text=TEXT + " Vraiment.")

    field = soup(page).select_one("#decides_days")
    assert field["value"] == "99"
    assert field["aria-invalid"] == "true"
    assert "Vraiment" in page.text


def test_the_tests_of_a_contact_are_fields_of_their_own_and_a_mistake_is_beside_its_field(rose):
    draft = rose.post(f"{VERSIONS}/new", {"programme": PROGRAMME, "table": "quarantines"}).headers["Location"]
    row = next(one for one in version_at(draft).rows if one.get("tests"))
    address = f"{draft}/row?row={row['id']}"
    page = rose.get(address)
    assert "tiret" not in page.text
    sent, last = filled(page, address), len(row["tests"])
    new = {"place": "1", "anchor": "notified", "days": "99", "kind": "pcr", "label": "Test PCR sans attendre"}
    said = {f"decides_tests__{last}__{name}": value for name, value in new.items()}
    said |= {"text": "Quarantaine, et un test PCR de plus le jour où le contact est averti."}

    wrong = rose.post(address, sent | said, status=422)

    assert soup(wrong).select_one(f"#decides_tests__{last}__days")["aria-invalid"] == "true"
    rose.post(address, sent | said | {f"decides_tests__{last}__days": "0"})
    after = next(one for one in version_at(draft).rows if one["id"] == row["id"])
    assert [one["kind"] for one in after["tests"]] == ["pcr", *(one["kind"] for one in row["tests"])]
    page = rose.get(address)
    emptied = {name: "" for name in filled(page, address) if name.startswith("decides_tests__0__")}
    rose.post(address, filled(page, address) | emptied | {"text": "Quarantaine, sans ce test de plus."})
    assert next(one for one in version_at(draft).rows if one["id"] == row["id"])["tests"] == row["tests"]


def test_the_regimes_of_a_note_are_ticked_and_a_tree_of_questions_keeps_its_end(rose):
    notes = rose.post(f"{VERSIONS}/new", {"programme": PROGRAMME, "table": "notes"}).headers["Location"]
    row = next(one for one in version_at(notes).rows if len(one.get("schemes", [])) > 1)
    page = soup(rose.get(f"{notes}/row?row={row['id']}"))
    ticked = [one["value"] for one in page.select("input[name=decides_schemes][checked]")]
    assert ticked == row["schemes"]
    risks = rose.post(f"{VERSIONS}/new", {"programme": PROGRAMME, "table": "risks"}).headers["Location"]
    [tree] = version_at(risks).rows
    address = f"{risks}/row?row={tree['id']}"
    sent = filled(rose.get(address), address)

    page = rose.post(address, sent | {"decides_questions__8__place": "1", "text": TEXT}, status=422)

    assert "La dernière question, et elle seule" in page.text


def test_a_decision_does_not_change_without_its_sentence(rose):
    draft = begin(rose)
    said = next(row for row in version_at(draft).rows if row["id"] == "P0-4b")["text"]

    page = change_row(rose, draft, status=422, text=said)

    assert "récrivez-la" in page.text


def test_leaving_after_the_end_is_a_mistake_and_reaching_measures_under_way_is_said(rose):
    draft = begin(rose)
    assert "Vaut aussi pour les mesures en cours" not in rose.get(draft).text

    exit_on_seven = {"decides_early_exit__day": "7", "decides_early_exit__needs": "Un test négatif."}
    change_row(rose, draft, decides_days="6", text=TEXT.replace("5 jours", "6 jours"), **exit_on_seven)
    page = rose.get(draft)

    assert "permet de sortir le dernier jour" in page.text
    assert "Vaut aussi pour les mesures en cours" in page.text


def test_the_checks_name_the_row_that_is_never_reached_and_what_nobody_decides(rose, ben):
    draft = begin(rose)
    first = filled(rose.get(draft), f"{draft}/move")
    rose.post(f"{draft}/move", first | {"row": "P0-4b", "how": "up"})

    page = rose.get(draft)
    assert "P0-4a n’est jamais atteinte" in page.text
    sent = filled(page, f"{draft}/move")
    rose.post(f"{draft}/move", sent | {"row": "P0-4b", "how": "remove"})
    assert "Aucune ligne ne décide" in rose.get(draft).text
    plan(rose, draft)
    refused = act(rose, draft, "propose")
    assert "corrigez-les avant de proposer" in refused.text
    assert version_at(draft).state is VersionState.DRAFT


def test_what_was_removed_can_be_put_back(rose):
    draft = begin(rose)
    before = version_at(draft).rows
    sent = filled(rose.get(draft), f"{draft}/move")
    rose.post(f"{draft}/move", sent | {"row": "P0-4a", "how": "remove"})
    sent = filled(rose.get(draft), f"{draft}/move")
    rose.post(f"{draft}/move", sent | {"row": "P0-4a", "how": "restore"})

    assert version_at(draft).rows == before


def test_two_versions_are_shown_side_by_side_whichever_they_are(rose, ben, clock):
    published(rose, ben)
    clock.move_to(SOON)
    second = begin(rose)
    change_row(rose, second, row="P0-4b.v2", decides_days="6", text=TEXT.replace("5 jours", "6 jours"))
    seed = min(queries.versions_of(PROGRAMME)["isolations"], key=lambda one: one.id)

    page = rose.get(f"{VERSIONS}/compare?one={seed.id}&other={version_at(second).id}")

    rows = soup(page).select(".side-by-side tbody tr")
    assert [row.select_one(".state").get_text(strip=True) for row in rows] == ["inchangée", "modifiée"]
    before, after = (cell.get_text() for cell in rows[1].select("td"))
    assert "10" in before
    assert "6" in after
    assert "1 ligne diffère" in page.text
    assert "Choisissez la version" in rose.get(f"{VERSIONS}/compare?one={seed.id}&other=0").text


def test_two_who_write_at_once_lose_nothing(rose, ben):
    draft = begin(rose)
    address = f"{draft}/row?row=P0-4b"
    hers, his = filled(rose.get(address), address), filled(ben.get(address), address)
    rose.post(address, hers | {"decides_days": "5", "text": TEXT})

    late = ben.post(address, his | {"decides_days": "6", "text": TEXT.replace("5", "6")}, status=409)

    assert "pendant que vous écriviez" in late.text
    assert soup(late).select_one("#decides_days")["value"] == "6"
    assert next(row for row in version_at(draft).rows if row["id"] == "P0-4b")["days"] == 5
    again = filled(late, address)
    ben.post(address, again)
    assert next(row for row in version_at(draft).rows if row["id"] == "P0-4b")["days"] == 6


def test_a_row_that_somebody_removed_meanwhile_is_kept_as_typed_and_can_be_added_again(rose, ben):
    draft = begin(rose)
    address = f"{draft}/row?row=P0-4b"
    hers = filled(rose.get(address), address)
    sent = filled(ben.get(draft), f"{draft}/move")
    ben.post(f"{draft}/move", sent | {"row": "P0-4b", "how": "remove"})

    late = rose.post(address, hers | {"decides_days": "6", "text": TEXT}, status=409)

    assert "Quelqu’un a supprimé cette ligne" in late.text
    again = filled(late, f"{draft}/row")
    rose.post(f"{draft}/row", again)
    assert {row["id"]: row["days"] for row in version_at(draft).rows} == {"P0-4b": 6, "P0-4a": 7}
    assert "quelqu’un l’a supprimée" in rose.get(f"{draft}/row?row=X-1", status=404).text


def test_a_day_of_the_year_one_is_refused_beside_its_field(rose):
    draft = begin(rose)
    for on in ("0001-01-01", "2025-01-01"):
        page = plan(rose, draft, on=on, status=422)
        assert soup(page).select_one("#on")["aria-invalid"] == "true"

    assert version_at(draft).effective_at is None
    rose.get(f"/rules?programme={PROGRAMME}&subject=case&on=2026-03-10&sampled=0001-01-01", status=422)


def test_a_page_composes_the_programme_once(rose, ben):
    draft = published(rose, ben)
    second = begin(rose)
    for page in (draft, second):
        with statements_sent(database()) as sent:
            rose.get(page)
        assert sum("rule_versions.content" in one and "ORDER BY coalesce" in one for one in sent) == 1, page


def test_who_begins_second_is_told_of_the_draft_that_is_there(rose, ben):
    draft = begin(rose)

    answer = ben.follow(f"{VERSIONS}/new", {"programme": PROGRAMME, "table": "isolations"})

    assert "est déjà commencé" in answer.text
    assert soup(answer).select_one(f"form[action='{draft}']")


def test_it_is_withdrawn_before_it_takes_effect_and_replaced_after(rose, ben, clock):
    draft = published(rose, ben)
    act(ben, draft, "withdraw")
    clock.move_to(SOON)
    rose.get(VERSIONS)
    assert get_pack(PROGRAMME).find_rule("P0-4b.v2") is None
    assert "retirée" in soup(rose.get(VERSIONS)).select_one("details.folded").get_text()

    second = begin(rose)
    change_row(rose, second)
    plan(rose, second, at="10:10")
    act(rose, second, "propose")
    act(rose, second, "approve/referent")
    act(ben, second, "approve/adviser")
    clock.move_to(SOON + timedelta(minutes=6))
    assert soup(rose.get(second)).select_one(f"form[action='{second}/withdraw']") is None
    answer = rose.follow(f"{second}/withdraw", {})
    assert "elle ne se retire plus" in answer.text


def test_the_version_before_can_be_taken_up_again(rose, ben, clock):
    published(rose, ben)
    clock.move_to(SOON)
    seed = min(queries.versions_of(PROGRAMME)["isolations"], key=lambda one: one.id)
    sent = filled(rose.get(f"{VERSIONS}/{seed.id}"), f"{VERSIONS}/new")

    back = rose.post(f"{VERSIONS}/new", sent).headers["Location"]

    shown = soup(rose.get(back))
    assert {row["id"] for row in version_at(back).rows} == {"P0-4a", "P0-4b"}
    assert "nouvelle" in shown.select_one(".side-by-side").get_text()


def test_one_person_does_not_approve_twice_and_a_training_site_changes_no_rule(rose, browse, story):
    draft = begin(rose)
    change_row(rose, draft)
    plan(rose, draft)
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    assert "Approuver" not in soup(rose.get(draft)).select_one("main").get_text()

    teacher = browse.as_(story.rose, site=story.school)
    assert "Préparer un changement" not in teacher.get(VERSIONS).text
    teacher.post(f"{draft}/withdraw", {}, status=403)
    assert version_at(draft).state is VersionState.PROPOSED


def test_a_moment_that_has_passed_is_refused_when_it_is_approved(rose, ben, clock):
    draft = begin(rose)
    change_row(rose, draft)
    plan(rose, draft)
    act(rose, draft, "propose")
    act(rose, draft, "approve/referent")
    sent = filled(ben.get(draft), f"{draft}/approve/adviser")

    clock.move_to(SOON)
    answer = ben.follow(f"{draft}/approve/adviser", sent)

    assert "choisissez-en un autre" in answer.text
    assert version_at(draft).effective_at.astimezone(ZoneInfo("Europe/Paris")).hour == 10


def test_the_version_with_which_the_database_began_shows_every_row_with_its_days_and_source(rose):
    seed = queries.versions_of("covid19")["isolations"][-1]

    rows = soup(rose.get(f"{VERSIONS}/{seed.id}")).select("section[aria-labelledby=rows] tbody tr")

    said = {row.select_one("th").get_text(): row.select_one("td").get_text(" ", strip=True) for row in rows}
    assert list(said) == [rule.id for rule in get_pack("covid19").isolations]
    assert "du lundi 22 février 2021 au dimanche 2 janvier 2022" in said["P0-3"]
    assert "note de la DGS du 19 févr. 2021" in said["P0-3"]
    assert "On ne sait pas si elle valait pour les isolements en cours" in said["P0-3"]


def test_every_source_of_a_rule_and_what_it_leaves_open_is_said_in_french():
    english = re.compile(
        r"\b(?:of|and|the|in|note of|decree|history|guidance|minister|Jan|Feb|Mar|July|Aug|Sept|Dec|found|values)\b"
    )
    said = {source_word(row.source) for pack in load_packs().values() for row in pack.rows()}

    left_open = {row.open for pack in load_packs().values() for row in pack.rows() if row.open}
    assert [one for one in said | left_open if english.search(one)] == []


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem(("isolations", "rules", 0), "Input should be", schema_type="int_type"), "nombre entier"),
        (Problem(("isolations",), "anything new"), "Cette valeur n’est pas acceptée ici"),
        (Problem(("a", "age"), "no fact", ProblemKind.UNKNOWN_FACT), "«\u202fÂge\u202f» n’est pas un fait"),
        (Problem(("a", "age"), "cannot be", ProblemKind.WRONG_VALUE), "n’a pas la bonne forme"),
        (Problem(("a", "variant"), "is not held", ProblemKind.WITHHELD), "ne garde pas"),
        (
            Problem(("isolations",), "each criterion may decide once", row="R-1"),
            "La ligne R-1\u202f: Chaque circonstance ne sert qu’une fois.",
        ),
    ],
)
def test_what_the_schema_finds_is_said_in_french(app, problem, said):
    with app.test_request_context():
        assert said in problem_word(problem, get_pack("covid19").vocabulary)


def test_every_field_and_every_fact_of_a_table_has_its_french_words():
    for pack in load_packs().values():
        for name, table in pack.tables():
            assert name in TABLE_WORDS
            fields = fields_of(type(table.rules[0]))
            every = [one for field in fields for one in (field, *field.inner)]
            named = {one.name for one in every if one.kind is not FieldKind.CONDITIONS}
            assert named - set(FIELD_WORDS) == set(), "say it in studio.version_words"
            chosen = {choice for one in every for choice in one.choices}
            assert chosen - set(VALUE_WORDS) - {"AME", "MSA"} == set()
            assert set(table.inputs) - set(FACT_WORDS) - set(pack.facts) == set()
