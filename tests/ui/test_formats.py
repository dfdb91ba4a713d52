from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from tracing.ui import formats

PARIS = ZoneInfo("Europe/Paris")
FRENCH = Locale("fr")
NOW = datetime(2026, 1, 11, 13, 10, tzinfo=UTC)  # 14:10 in Paris, a Sunday


@pytest.fixture(autouse=True)
def in_french(gallery):
    with gallery.test_request_context():
        yield


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(seconds=-20), "à l’instant"),
        (timedelta(minutes=-12), "il y a 12 min"),
        (timedelta(minutes=22), "dans 22 min"),
        (timedelta(hours=-3), "aujourd’hui 11:10"),
        (timedelta(hours=-20), "hier 18:10"),
        (timedelta(hours=12), "demain 02:10"),
        (timedelta(days=-5), "mardi 6 janvier 14:10"),
        (timedelta(days=-60), "mercredi 12 novembre 2025 14:10"),
    ],
)
def test_a_moment_is_said_as_people_say_it(apart, said):
    assert formats.moment(NOW + apart, now=NOW, zone=PARIS, locale=FRENCH) == said


def test_the_site_clock_decides_which_day_it_is():
    late = datetime(2026, 1, 10, 23, 30, tzinfo=UTC)

    assert formats.moment(late, now=NOW, zone=PARIS, locale=FRENCH) == "aujourd’hui 00:30"
    assert formats.moment(late, now=NOW, zone=ZoneInfo("America/Martinique"), locale=FRENCH) == "hier 19:30"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (date(2026, 1, 13), "mardi 13 janvier"),
        (date(2026, 2, 1), "dimanche 1er février"),
        (date(2025, 12, 31), "mercredi 31 décembre 2025"),
        (datetime(2026, 1, 12, 23, 30, tzinfo=UTC), "mardi 13 janvier"),
    ],
)
def test_a_day_has_its_year_only_when_it_is_another_one(value, said):
    assert formats.day(value, now=NOW, zone=PARIS, locale=FRENCH) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(minutes=38), "38 min"),
        (timedelta(minutes=-38), "38 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(minutes=65), "1 h 05"),
        (timedelta(days=2, hours=3), "2 j 3 h"),
        (timedelta(days=7), "7 j"),
    ],
)
def test_a_length_of_time_is_short(length, said):
    assert formats.duration(length) == said


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+33612345678", "06 12 34 56 78"),
        ("+33199001234", "01 99 00 12 34"),
        ("+262692123456", "0692 12 34 56"),
        ("+590690123456", "0690 12 34 56"),
        ("+596696123456", "0696 12 34 56"),
        ("+68987123456", "+689 87 12 34 56"),
        ("+32470123456", "+32 470 12 34 56"),
        ("pas un numéro", "pas un numéro"),
    ],
)
def test_a_number_is_written_as_it_is_dialled(number, written):
    assert formats.phone(number) == written


@pytest.mark.parametrize(
    ("person", "written"),
    [
        ({"birth_name": "Dupont", "usual_name": "", "first_names": "MARIE"}, "DUPONT Marie"),
        ({"birth_name": "Dupont", "usual_name": "Martin", "first_names": "Marie"}, "MARTIN Marie"),
        ({"birth_name": "lévêque", "first_names": "ANNE-SOPHIE"}, "LÉVÊQUE Anne-Sophie"),
        ({"birth_name": "Dupont", "usual_name": None, "first_names": ["Jean", "Paul"]}, "DUPONT Jean Paul"),
        (SimpleNamespace(birth_name="Dupont", usual_name=None, first_names="Marie"), "DUPONT Marie"),
        (None, "Identité effacée"),
    ],
)
def test_a_name_is_family_name_then_first_name(person, written):
    assert formats.person_name(person) == written


def test_thousands_are_apart():
    assert formats.count(12345, locale=FRENCH) == "12\u202f345"
