"""A letter lies on somebody's table for weeks: it says its day, whom to ring, and when they answer."""

from datetime import date, time

import pytest

from tracing.messages import rules
from tracing.messages.rules import Represented


@pytest.mark.parametrize(
    ("opens", "closes", "sundays", "holidays", "words"),
    [
        (time(8), time(19), True, True, "tous les jours de 8 h à 19 h"),
        (time(8, 30), time(0), False, True, "du lundi au samedi de 8 h 30 à minuit"),
        (time(9), time(12), False, False, "du lundi au samedi de 9 h à 12 h, sauf les jours fériés"),
        (time(0), time(0), True, True, "tous les jours, à toute heure"),
    ],
)
def test_the_hours_of_a_site_are_said_in_words(opens, closes, sundays, holidays, words):
    said = rules.hours_in_words(opens, closes, sundays=sundays, holidays=holidays)

    assert said.replace("\u00a0", " ") == words


def test_the_day_of_a_letter_has_its_year():
    assert rules.day_in_words(date(2021, 8, 1)) == "le 1er août 2021"
    assert rules.day_in_words(date(2026, 11, 22)) == "le 22 novembre 2026"


def test_a_site_without_a_number_names_no_hours():
    assert "19" not in " ".join(rules.letter("", "de 8 h à 19 h"))


def test_a_letter_about_a_child_speaks_to_the_parent():
    said = " ".join(rules.letter("01 99 00 00 00", "tous les jours", represented=Represented.CHILD))

    assert "un enfant dont vous êtes le parent ou le représentant légal" in said
    assert "le nom et la date de naissance de l’enfant" in said
    assert "votre santé" not in said
    assert "votre date de naissance" not in said


def test_a_letter_about_a_protected_adult_speaks_to_who_answers_for_them():
    said = " ".join(rules.letter("01 99 00 00 00", "tous les jours", represented=Represented.ADULT))

    assert "une personne dont vous êtes le représentant légal" in said
    assert "le nom et la date de naissance de cette personne" in said
    assert "enfant" not in said + rules.missed_call("", represented=Represented.ADULT)
    assert "votre santé" not in said
