"""Several contacts in one grid: each line is saved once, a refused one keeps no other back, and nothing typed is lost."""

import re
from datetime import timedelta

from tests.conftest import NOW
from tests.contacts.conftest import LUC, OnThePhone, named, on_the_phone
from tests.desk.walking import soup
from tests.support.pages import check_fragment
from tests.support.story import waiting_case
from tests.support.sweep import end_claims
from tracing.contacts import queries
from tracing.contacts.models import ContactStatus
from tracing.contacts.rules import HouseholdSaid
from tracing.facts import queries as facts
from tracing.facts.rules import FactKind, SubjectType
from tracing.programmes.vocabulary import RiskLevel
from tracing.queue import queries as queue
from tracing.queue.models import TaskState
from tracing.queue.rules import Factor

ONE, TWO, THREE = "aaaaaaaa1111", "bbbbbbbb2222", "cccccccc3333"


def line(key: str, **cells: str) -> dict[str, str]:
    """Return a line as the browser sends it."""
    usual = {"first_names": "", "may_disclose": "no", "day": "", "met": ""}
    return {f"l-{key}-{name}": value for name, value in (usual | cells).items()}


NADIA = line(
    ONE, first_names="Nadia", phones="06 39 98 01 01", day="2026-03-08", met="same_roof", warned="yes"
)
PAUL = line(TWO, first_names="Paul", phones="06 39 98 01 02", met="close", place="Bureau 4", link="colleague")
BAD = line(THREE, first_names="Zoé", phones="06 39", day="2026-01-01")


def grid(phone: OnThePhone) -> str:
    return f"{phone.path}/grid"


def keys_shown(page) -> list[str]:
    """Return the keys of the lines on a page that hold a given name."""
    return [
        re.sub(r"^l-|-first_names$", "", one["name"])
        for one in page.select(".grid-line [name$=first_names]")
        if one.get("value")
    ]


def test_lines_are_saved_as_the_dialog_saves_and_a_wrong_one_keeps_no_other_back(browse, story, phone):
    ada = browse.as_(story.ada)

    answer = ada.fragment(grid(phone), NADIA | BAD | PAUL | {"do": "save"}, status=422)

    check_fragment(answer.text)
    nadia, paul = named(phone)
    assert (nadia.risk, paul.risk) == (RiskLevel.AT_RISK, RiskLevel.AT_RISK)
    assert (nadia.is_day_unknown, paul.is_day_unknown) == (False, True)
    assert queue.find_task_of_contact(paul.id).state is TaskState.OPEN
    assert FactKind.LAST_CONTACT in facts.in_force_of(SubjectType.CONTACT, nadia.id)
    assert (queries.described(paul).place, queries.described(nadia).is_warned) == ("Bureau 4", True)
    page = soup(answer)
    assert keys_shown(page) == [THREE]
    assert "n’existe pas" in page.select_one(f"#l-{THREE}-phones-error").text
    assert "hors de la période" in page.select_one(f"#l-{THREE}-day-error").text
    marked = [one["class"][1] for one in page.select(".has-error")]
    assert marked == ["cell-phones", "cell-day"], "only what is wrong is marked"
    assert keys_shown(soup(ada.get(grid(phone)))) == [THREE], "the line that is wrong is kept as a draft"


def test_a_grid_sent_again_saves_nothing_twice_and_a_late_draft_brings_nothing_back(browse, story, phone):
    ada = browse.as_(story.ada)
    for _again in range(2):
        assert keys_shown(soup(ada.fragment(grid(phone), NADIA | PAUL | {"do": "save"}))) == []
    # somebody else who has the same number is another line; the key alone says that it was sent
    ada.fragment(grid(phone), line(ONE, first_names="Omar") | {"do": f"save:{ONE}"})

    assert [queries.described(one).first_names for one in named(phone)] == ["Nadia", "Paul"]
    ada.fragment(f"{grid(phone)}/draft", NADIA | BAD, status=204)
    assert keys_shown(soup(ada.get(grid(phone)))) == [THREE]


def test_one_line_is_saved_and_the_next_one_is_ready(browse, story, phone):
    page = soup(browse.as_(story.ada).fragment(grid(phone), NADIA | PAUL | {"do": f"save:{ONE}"}))

    assert len(named(phone)) == 1
    assert keys_shown(page) == [TWO]
    assert page.select_one(f"[name=l-{TWO}-first_names]").has_attr("data-focus")
    page = soup(browse.as_(story.ada).fragment(grid(phone), PAUL | {"do": f"save:{TWO}"}))
    assert page.select_one(".grid-line [name$=first_names]").has_attr("data-focus")


def test_the_same_contact_twice_is_offered_as_one(browse, story, phone):
    ada = browse.as_(story.ada)
    ada.fragment(phone.path, LUC)
    again = line(
        ONE, first_names="Luc", phones="06 39 98 00 02, 06 39 98 00 03", day="2026-03-09", warned="no"
    )

    offered = soup(ada.fragment(grid(phone), again | {"do": f"save:{ONE}"}, status=422))
    same = offered.select_one(".grid-same button")["value"]
    assert "n’ajoute personne" in offered.select_one(".contact-risk").text, "no call is promised twice"
    ada.fragment(grid(phone), again | {"do": same})

    (luc,) = named(phone)
    who = queries.described(luc)
    assert who.phones == ("+33639980002", "+33639980003")
    assert (who.birth_name, who.is_warned) == ("Martin", False)
    assert luc.last_contact_on.isoformat() == "2026-03-09"
    assert luc.circumstances["face_to_face"] == "under_1_m"


def test_a_pasted_list_is_read_line_by_line_and_what_is_doubtful_is_said(browse, story, phone):
    ada = browse.as_(story.ada)
    pasted = "Nadia Benali, 06 39 98 01 01, hier, ma voisine\nPerrin;Paul;06 39"

    page = soup(ada.fragment(grid(phone), {"do": "paste", "pasted": pasted}))

    first, second = [one for one in page.select(".grid-line") if one.select_one(".grid-raw")]
    assert first.select_one("[name$=-day] [selected]")["value"] == "2026-03-09"
    assert first.select_one("[name$=-link] [selected]")["value"] == "neighbour"
    assert "Perrin;Paul;06 39" in second.select_one(".grid-raw").text
    assert "à vérifier" in second.select_one(".cell-first_names").text
    assert named(phone) == [], "nothing is saved before it was read again"
    assert len(keys_shown(soup(ada.get(grid(phone))))) == 2

    long = "\n".join(f"Personne{number}" for number in range(60))
    refused = soup(ada.fragment(grid(phone), {"do": "paste", "pasted": long}, status=422))
    assert "50 personnes au plus" in refused.select_one("#grid-pasted-error").text
    assert "Personne59" in refused.select_one("#grid-pasted").text


def test_a_line_is_copied_taken_out_and_put_back_and_a_saved_one_is_taken_back(browse, story, phone):
    ada = browse.as_(story.ada)

    page = soup(ada.fragment(grid(phone), PAUL | {"do": f"copy:{TWO}"}))
    places = [one.get("value") for one in page.select(".grid-line [name$=-place]")]
    assert places[:2] == ["Bureau 4", "Bureau 4"]

    page = soup(ada.fragment(grid(phone), PAUL | {"do": f"drop:{TWO}"}))
    assert keys_shown(page) == []
    assert "Paul" in page.select_one(".undo").text
    back = PAUL | {f"l-{TWO}-dropped": "1", "do": f"restore:{TWO}"}
    assert keys_shown(soup(ada.fragment(grid(phone), back))) == [TWO]

    ada.fragment(grid(phone), PAUL | {"do": "save"})
    (paul,) = named(phone)
    page = soup(ada.fragment(grid(phone), {"do": f"undo:{paul.id}"}))
    assert named(phone)[0].status is ContactStatus.REMOVED
    assert "Rétablir" in page.text


def test_what_is_said_of_the_household_makes_the_call_urgent_and_stays_when_the_dialog_corrects(
    browse, story, phone
):
    ada = browse.as_(story.ada)
    ill = {f"l-{ONE}-symptoms": "yes", f"l-{ONE}-fragile": "yes", f"l-{ONE}-separate": "no"}

    shown = ada.fragment(grid(phone), NADIA | PAUL | ill | {f"l-{TWO}-symptoms": "yes", "do": "save"})

    nadia, paul = named(phone)
    said = HouseholdSaid(has_symptoms=True, is_fragile=True, can_separate=False)
    assert "ne peut pas rester à part" in shown.text
    assert queries.described(nadia).household == said
    assert queue.find_task_of_contact(nadia.id).factors == Factor.FRAGILE | Factor.SYMPTOMS
    assert queries.described(paul).household is None, "Paul lives elsewhere: nobody is asked"
    ada.fragment(
        f"{phone.path}/{nadia.id}", {"contact-first_names": "Nadia", "contact-lives_with_case": "yes"}
    )
    assert queries.described(named(phone)[0]).household == said


def test_numbers_and_risk_are_said_while_one_types_and_nothing_is_written(browse, story, phone):
    ada = browse.as_(story.ada)

    said = ada.fragment(f"{grid(phone)}/check?line={THREE}", BAD | {f"l-{THREE}-met": "same_roof"})

    assert "n’existe pas" in soup(said).select_one(f"#l-{THREE}-phones-error").text
    assert "À risque" in said.text
    assert named(phone) == []


def test_lines_that_come_after_the_call_was_lost_are_kept_for_home(browse, story, phone):
    ada = browse.as_(story.ada)
    end_claims(at=NOW + timedelta(hours=12))

    lost = ada.fragment(grid(phone), NADIA | {"do": "save"}, status=409)

    assert "Nadia" in lost.text
    assert named(phone) == []
    assert "Nadia" in ada.get("/desk").text


def test_without_script_a_saved_grid_leads_back_to_itself(browse, story, phone):
    ada = browse.as_(story.ada)

    page = ada.follow(grid(phone), NADIA | {"do": "save"})

    assert "1 contact dans la liste" in page.text
    assert "Nadia" in page.text


def test_nobody_reads_the_grid_before_the_person_has_said_who_they_are(browse, story):
    phone = on_the_phone(story.ada, waiting_case(story.nantes, at=NOW), confirmed=False)

    assert "grid-line" not in browse.as_(story.ada).get(grid(phone)).text


def test_a_line_without_a_number_says_that_nobody_can_call(browse, story, phone):
    ada = browse.as_(story.ada)

    asked = ada.fragment(grid(phone), {"do": "paste", "pasted": "Tata Huguette"})

    said = soup(asked).select_one(".grid-line").text
    assert "Il manque un numéro" in said
    assert "sera appelée" not in said
    with_one = ada.fragment(grid(phone), {"do": "paste", "pasted": "Huguette 06 39 98 01 05"})
    assert "Il manque un numéro" not in [one.text for one in soup(with_one).select(".grid-line")][-1]


def test_the_dialog_says_it_too(browse, story, phone):
    ada = browse.as_(story.ada)
    met = {"contact-lives_with_case": "yes"}

    without = ada.fragment(f"{phone.path}/risk", met | {"contact-phones": ""}).text
    with_one = ada.fragment(f"{phone.path}/risk", met | {"contact-phones": "06 39 98 01 05"}).text

    assert "Il manque un numéro" in without
    assert "sera appelée avant" in with_one
