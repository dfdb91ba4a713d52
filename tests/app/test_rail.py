"""The rail shows the places of one's roles here, and where one is."""

import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOW
from tests.support.story import waiting_case
from tests.support.web import Browser


def places(answer):
    rail = BeautifulSoup(answer.text, "html.parser").select(".rail a")
    return [link.get_text(strip=True) for link in rail], [
        link.get_text(strip=True) for link in rail if link.get("aria-current")
    ]


IMPORTS = ["Lots reçus", "À corriger", "Doublons possibles", "Expéditeurs", "Messages à envoyer"]
SITE = [
    "Tableau du site",
    "Équipe",
    "Listes à traiter",
    "Arrêts",
    "Aides demandées",
    "Ordre des appels",
    "Messages à envoyer",
]
ADVICE = ["Avis demandés", "À voir d’abord", "Boîte à outils", "Signalements", "Règles", "Scripts"]
ACCOUNTS = ["Comptes", "Heures d’appel"]


@pytest.mark.parametrize(
    ("who", "path", "shown", "open_now"),
    [
        ("ada", "/desk", ["Appels", "Boîte à outils"], ["Appels"]),
        ("ada", "/account", ["Appels", "Boîte à outils"], []),
        ("ada", "/toolbox", ["Appels", "Boîte à outils"], ["Boîte à outils"]),
        ("ivan", "/lots", IMPORTS, ["Lots reçus"]),
        ("ivan", "/lots/new", IMPORTS, ["Lots reçus"]),
        ("ivan", "/corrections", IMPORTS, ["À corriger"]),
        ("gaston", "/members", ACCOUNTS, ["Comptes"]),
        ("gaston", "/calling-hours", ACCOUNTS, ["Heures d’appel"]),
        ("gaston", "/members/new", ACCOUNTS, ["Comptes"]),
        ("dora", "/board", SITE, ["Tableau du site"]),
        ("dora", "/calling-hours", SITE, ["Ordre des appels"]),
        ("dora", "/lists?list=no_number", SITE, ["Listes à traiter"]),
        ("olga", "/journal", ["Journal"], ["Journal"]),
        (
            "rose",
            "/recruits/new",
            ["Avis demandés", "Boîte à outils", "Équipe", "Recrues", "Règles", "Scripts"],
            ["Recrues"],
        ),
        ("ben", "/escalations", ADVICE, ["Avis demandés"]),
        ("ben", "/lists", ADVICE, ["À voir d’abord"]),
        ("ben", "/sick-notes", ADVICE, ["À voir d’abord"]),
        ("ben", "/hand-offs", ADVICE, ["Signalements"]),
        ("ben", "/rules", ADVICE, ["Règles"]),
    ],
)
def test_each_role_sees_its_places_and_which_one_is_open(browse: Browser, story, who, path, shown, open_now):
    visitor = browse.as_(getattr(story, who), site=story.nantes)

    assert places(visitor.get(path)) == (shown, open_now)


@pytest.mark.parametrize(
    ("who", "first"),
    [("ada", "/desk"), ("ben", "/escalations"), ("dora", "/board"), ("ivan", "/lots"), ("olga", "/journal")],
)
def test_the_first_page_is_the_first_place(browse: Browser, story, who, first):
    visitor = browse.as_(getattr(story, who))

    assert visitor.get("/", status=303).headers["Location"] == first


def test_a_supervisors_page_about_one_call_belongs_to_the_board(browse: Browser, story):
    waiting_case(story.nantes, at=NOW)
    dora = browse.as_(story.dora)
    link = BeautifulSoup(dora.get("/board").text, "html.parser").select_one('a[href^="/board/"]')

    assert link is not None
    assert places(dora.get(link["href"]))[1] == ["Tableau du site"]
