"""An answer as it is typed, clicked or mistyped."""

import json
from datetime import date

import pytest

from tracing.scripts.answers import usable
from tracing.scripts.definitions import Question
from tracing.scripts.errors import AnswerRefused
from tracing.scripts.rules import parse_answer

TODAY = date(2022, 1, 11)
FACTS = {"window_start": date(2022, 1, 6)}
PLACES = [
    {"value": "school", "label": "École"},
    {"value": "travel", "label": "Voyage"},
    {"value": "none", "label": "Aucun", "exclusive": True},
]


def question(kind, **settings):
    written = {"id": "q", "type": kind, "label": "Question"} | settings
    return Question.model_validate_json(json.dumps(written))


def read(asked, raw):
    return parse_answer(asked, raw, today=TODAY, facts=FACTS)


CHOICE = question("choice", options=PLACES[:2])
PLACE_LIST = question("multi", options=PLACES)
DAY = question("date", min="window_start", max="today", or_unknown=True)
WINDOW = question("date", min="today-400")
COUNT = question("number", lowest=0, highest=20)
TEXT = question("text", max_length=10)
MOMENT = question("datetime", min="today")


@pytest.mark.parametrize(
    ("asked", "raw", "stored"),
    [
        (question("yes_no"),         "yes",                   "yes"),
        (question("yes_no_unknown"), "unknown",               "unknown"),
        (question("identity"),       ["no"],                  "no"),
        (CHOICE,                     " travel ",              "travel"),
        (PLACE_LIST,                 ["travel", "school"],    ["school", "travel"]),
        (PLACE_LIST,                 "none",                  ["none"]),
        (DAY,                        "2022-01-08",            "2022-01-08"),
        (DAY,                        "08/01/2022",            "2022-01-08"),
        (DAY,                        "8/1",                   "2022-01-08"),
        (DAY,                        "8.1.22",                "2022-01-08"),
        (DAY,                        "hier",                  "2022-01-10"),
        (DAY,                        "unknown",               "unknown"),
        (WINDOW,                     "24/12",                 "2021-12-24"),  # the latest one
        (MOMENT,                     "2022-01-11T14:30",      "2022-01-11T14:30"),
        (COUNT,                      "3",                     3),
        (question("text", max_length=12), "  chef  de rang ", "chef de rang"),
        (CHOICE,                     "",                      None),
        (CHOICE,                     [],                      None),
    ],
)  # fmt: skip
def test_an_answer_is_stored_in_one_form(asked, raw, stored):
    assert read(asked, raw) == stored
    assert stored is None or usable(asked, stored) == stored


@pytest.mark.parametrize(
    ("asked", "raw", "sentence"),
    [
        (question("yes_no", required=True), "",            "Cette question attend une réponse."),
        (question("yes_no"),                "unknown",     "Choisissez une des réponses proposées."),
        (question("yes_no"),                ["yes", "no"], "Une seule réponse est possible."),
        (CHOICE,                            "moon",        "Choisissez une des réponses proposées."),
        (PLACE_LIST,                        ["moon"],      "Choisissez parmi les réponses proposées."),
        (PLACE_LIST, ["none", "travel"], "« Aucun » ne peut pas être choisi avec une autre réponse."),
        (DAY,  "2022-01-05", "Cette date ne peut pas être avant le jeudi 6 janvier 2022."),
        (DAY,  "2022-01-12", "Cette date ne peut pas être après le mardi 11 janvier 2022."),
        (DAY,  "30/02/2022", "Ce jour n’existe pas dans le calendrier."),
        (DAY,  "la semaine dernière", "Écrivez la date comme 08/01/2022, ou « hier »."),
        (WINDOW, "unknown",           "Écrivez la date comme 08/01/2022, ou « hier »."),
        (MOMENT, "demain",            "Écrivez le jour et l’heure, comme 11/01/2022 14:30."),
        (COUNT, "trois",              "Écrivez un nombre entier, en chiffres."),
        (COUNT, "-1",                 "Ce nombre ne peut pas être inférieur à 0."),
        (COUNT, "21",                 "Ce nombre ne peut pas dépasser 20."),
        (TEXT,  "beaucoup trop long", "Ce texte compte 18 signes : raccourcissez-le à 10."),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused_in_words(asked, raw, sentence):
    with pytest.raises(AnswerRefused) as refused:
        read(asked, raw)

    assert refused.value.message.replace("\u202f", " ") == sentence
    assert refused.value.status == 422


def test_a_bound_that_is_not_known_yet_bounds_nothing():
    assert parse_answer(DAY, "2021-12-01", today=TODAY, facts={}) == "2021-12-01"


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        (CHOICE, "withdrawn"), (PLACE_LIST, ["school", "withdrawn"]), (PLACE_LIST, []), (PLACE_LIST, [["x"]]),
        (COUNT, True), (COUNT, "3"), (TEXT, ""), (DAY, "soon"), (WINDOW, "unknown"), (MOMENT, "2022-01-11"),
        (question("yes_no"), None), (question("yes_no"), True),
    ],
)  # fmt: skip
def test_a_stored_value_an_older_version_left_behind_does_not_count(asked, stored):
    assert usable(asked, stored) is None
