"""Which words are one place: accents, case, punctuation and small words do not tell, a town does."""

import pytest

from tracing.places.rules import houses_fragile_people, read_place


def name(typed):
    place = read_place(typed)
    return place and place.name


def where(typed):
    place = read_place(typed)
    return place and (place.town, place.postcode)


@pytest.mark.parametrize(
    "typed",
    [
        "École Jules Ferry",
        "ecole jules ferry",
        "ÉCOLE JULES-FERRY",
        "L’école Jules Ferry.",
        "Jules Ferry (école)",
        "école primaire Jules-Ferry",
        "Groupe scolaire Jules Ferry",
        "École Jules Ferry, classe de CM2",
        "École Jules Ferry, Lille",
        "École Jules Ferry à Lille",
        "École Jules Ferry 59000 Lille",
        "École Jules Ferry, 12 rue du Moulin, 59000 LILLE",
    ],
)
def test_one_school_has_one_name(typed):
    assert name(typed) == "ECOLE FERRY JULE"


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("École Jules Ferry", ("", "")),
        ("École Jules Ferry, Lille", ("LILLE", "")),
        ("École Jules Ferry à Lille", ("LILLE", "")),
        ("École Jules Ferry a lille", ("LILLE", "")),
        ("École Jules Ferry (Lille)", ("LILLE", "")),
        ("École Jules Ferry, 59000", ("", "59000")),
        ("École Jules Ferry 59000 Lille", ("LILLE", "59000")),
        ("École Jules Ferry, 12 rue du Moulin, 59000 Lille cedex", ("LILLE", "59000")),
        ("École Jules Ferry, La Rochelle", ("ROCHELLE", "")),
        ("École Jules Ferry à La Rochelle", ("ROCHELLE", "")),
        ("École Jules Ferry, St-Nazaire", ("SAINT NAZAIRE", "")),
        ("École Jules Ferry, Saint Nazaire", ("SAINT NAZAIRE", "")),
        ("École Jules Ferry, Paris 11", ("PARIS", "")),
        ("École Jules Ferry, classe de CM2", ("", "")),
        ("École Jules Ferry, bâtiment B", ("", "")),
        ("École Jules Ferry, rue du Port", ("", "")),
    ],
)
def test_the_town_is_read_where_it_was_said(typed, place):
    assert where(typed) == place


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Bar Le Terminus", "BAR TERMINU"),
        ("Salle des fêtes, Vertou", ""),
        ("Salle Paul-Fort", "FORT PAUL SALLE"),
        ("Mariage Le Goff", "GOFF MARIAGE"),
        ("Restaurant Chez Paul", "PAUL RESTAURANT"),
        ("Maison de retraite Les Lilas", "LILA MAISON RETRAITE"),
        ("EHPAD Les Lilas", "EHPAD LILA"),
        ("Mairie de Vertou, Vertou", "MAIRIE"),
        ("Mairie, Vertou", "MAIRIE"),
        ("Hôpital, 44000", "HOPITAL"),
        ("Airbus", "AIRBU"),
    ],
)
def test_a_place_is_what_tells_it_from_others(typed, found):
    assert (name(typed) or "") == found


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "  ",
            "?",
            "travail",
            "au travail",
            "à l’école",
            "Le bureau",
            "restaurant",
            "Restaurant, Lille",
        ),
        *(
            "à la maison",
            "Maison de Paul",
            "chez Paul",
            "chez mes parents",
            "dans la voiture de Luc",
            "bus 42",
        ),
        *("TGV 6201", "mairie", "réunion", "repas de famille", "fête d’anniversaire", "12", "rue des Lilas"),
        "domicile, Lille",
    ],
)
def test_words_that_fit_many_places_are_none(typed):
    assert read_place(typed) is None


def test_where_fragile_people_live_is_known():
    assert houses_fragile_people("ehpad Les Lilas")
    assert houses_fragile_people("Maison de retraite")
    assert not houses_fragile_people("Bar Le Terminus")
