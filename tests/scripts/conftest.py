"""The two published scripts, read once, and what the call screen knows in an ordinary call."""

from datetime import date

import pytest

from tracing.scripts.library import load_library, newest
from tracing.scripts.vocabulary import ScriptKind


@pytest.fixture(scope="session")
def library():
    return load_library()


@pytest.fixture(scope="session")
def p0(library):
    return newest(library, ScriptKind.P0)


@pytest.fixture(scope="session")
def contact(library):
    return newest(library, ScriptKind.CONTACT)


@pytest.fixture
def p0_facts():
    return {
        "tracer": "Ada Lemaire",
        "site": "Lille",
        "person": "Marie Durand",
        "callback_number": "01 99 00 12 34",
        "retention": "trois mois",
        "notice_address": "exemple.invalid",
        "tracer_is_adviser": False,
        "is_minor": False,
        "notes_issued": True,
        "note_possible": True,
        "isolation_required": True,
        "programme": "covid19",
        "masks_help": True,
        "has_boosters": True,
        "disease": "la Covid-19",
        "disease_alone": "Covid-19",
        "sampling_on": date(2022, 1, 10),
        "window_start": date(2022, 1, 6),
        "window_end": date(2022, 1, 11),
        "isolation_end": date(2022, 1, 15),
        "recent_infection_since": date(2021, 11, 12),
    }


@pytest.fixture
def contact_facts():
    return {
        "tracer": "Ben Morel",
        "site": "Lille",
        "person": "Luc Petit",
        "callback_number": "01 99 00 12 34",
        "retention": "trois mois",
        "notice_address": "exemple.invalid",
        "tracer_is_adviser": False,
        "is_minor": False,
        "notes_issued": True,
        "note_possible": True,
        "quarantine_required": True,
        "programme": "covid19",
        "masks_help": True,
        "has_boosters": True,
        "disease": "la Covid-19",
        "disease_alone": "Covid-19",
        "last_contact": date(2022, 1, 9),
        "quarantine_end": date(2022, 1, 16),
        "tests": "dimanche 16 janvier, un test PCR ou antigénique",
        "recent_infection_since": date(2021, 11, 12),
    }


@pytest.fixture
def adult_with_symptoms():
    """An adult who works on site, lives with others, and asks for a sick note."""
    return {
        "person_on_line": "person",
        "identity_confirmed": "yes",
        "has_time": "yes",
        "knows_result": "yes",
        "red_flags": "no",
        "hospitalised": "no",
        "lives_in": "home",
        "has_symptoms": "yes",
        "onset_on": "2022-01-08",
        "sampling_confirmed": "yes",
        "vaccination": "complete",
        "infected_recently": "no",
        "immunodepressed": "no",
        "recall_places": ["work", "meals"],
        "lives_alone": "no",
        "works": "yes",
        "is_caregiver": "no",
        "collectivities": ["none"],
        "contacts_listed": "complete",
        "end_date_repeated": "yes",
        "needs": ["none"],
        "can_telework": "no",
        "stopped_by_doctor": "no",
        "insurance_scheme": "RG",
        "wants_note": "yes",
        "last_work_on": "2022-01-09",
    }


@pytest.fixture
def contact_at_work():
    """A contact without symptoms who lives elsewhere, works on site and asks for a sick note."""
    return {
        "person_on_line": "person",
        "identity_confirmed": "yes",
        "has_time": "yes",
        "red_flags": "no",
        "test_result": "none",
        "has_symptoms": "no",
        "last_contact_confirmed": "yes",
        "lives_with_case": "no",
        "vaccination": "none",
        "infected_recently": "no",
        "end_date_repeated": "yes",
        "works": "yes",
        "is_caregiver": "no",
        "collectivities": ["none"],
        "needs": ["none"],
        "can_telework": "no",
        "stopped_by_doctor": "no",
        "insurance_scheme": "RG",
        "wants_note": "yes",
        "last_work_on": "2022-01-09",
    }
