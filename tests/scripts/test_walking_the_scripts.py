"""Each script from its first step to its last, for people as they come."""

import sys
from datetime import date

import pytest

from tests.support.conversations import hold
from tracing.scripts import rules
from tracing.scripts.publishing.paths import WORDS_A_MINUTE
from tracing.scripts.vocabulary import Outcome, Phrase
from tracing.scripts.wording import said_aloud

P0_START = ["opening", "identity", "time", "data_notice", "result_known"]
P0_MIDDLE = ["living_place", "symptoms", "immunity", "recall", "household", "work", "collectivities"]
CONTACT_START = ["opening", "identity", "time", "data_notice", "announcement", "red_flags"]


def outcome(script, held, facts):
    return rules.follow(script, held.stored, facts).end.outcome


def test_an_adult_with_symptoms_is_led_to_a_sick_note(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts)

    assert held.steps == [
        *P0_START, "red_flags", *P0_MIDDLE,
        "contacts", "name_consent", "isolation", "isolation_at_home", "needs",
        "work_leave", "sick_note", "next_steps", "closing",
    ]  # fmt: skip
    assert rules.follow(p0, held.stored, p0_facts).can_complete


def test_a_person_without_symptoms_who_met_nobody_is_not_asked_for_onset_names_or_leave(
    p0, p0_facts, adult_with_symptoms
):
    says = adult_with_symptoms | {
        "has_symptoms": "no",
        "lives_alone": "yes",
        "works": "no",
        "contacts_listed": "none",
    }

    held = hold(p0, says, p0_facts)

    assert held.steps == [
        *P0_START, "red_flags", "living_place", "symptoms", "sampling", *P0_MIDDLE[2:],
        "contacts", "isolation", "isolation_at_home", "needs", "next_steps", "closing",
    ]  # fmt: skip
    assert "onset_on" not in held.stored
    assert rules.follow(p0, held.stored, p0_facts).can_complete


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_case_without_contacts_is_read_to_in_eight_minutes(p0, p0_facts, adult_with_symptoms, language):
    says = adult_with_symptoms | {"lives_alone": "yes", "works": "no", "contacts_listed": "none"}
    needs = "un test négatif, et plus de symptômes depuis 48 heures"
    facts = p0_facts | {
        "early_exit_on": date(2022, 1, 13),
        "early_exit_needs": Phrase(needs, "a negative test"),
        "fever_hours": "48",
        "mask_until": date(2022, 1, 22),
        "next_follow_up": date(2022, 1, 14),
        "doctor": "le docteur Morel",
        "household_tests": True,
    }
    english = p0.english if language == "en" else None

    held = hold(p0, says, facts)

    words = sum(
        len(one.words.split()) for name in held.steps for one in said_aloud(p0.step(name), facts, english)
    )
    minutes = words / WORDS_A_MINUTE
    sys.stdout.write(f"A case without contacts, {language}: {len(held.steps)} steps, {minutes:.1f} minutes\n")
    assert words <= 8 * WORDS_A_MINUTE


def test_a_tracer_stops_where_the_result_must_be_announced(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms | {"knows_result": "no"}, p0_facts)

    assert held.steps == [*P0_START, "result_by_adviser"]
    assert p0.step("result_by_adviser").escalation == "RESULT_NOT_ANNOUNCED"
    assert outcome(p0, held, p0_facts) is Outcome.NEEDS_DOCTOR
    assert not rules.follow(p0, held.stored, p0_facts).can_complete


def test_the_case_goes_on_once_the_adviser_has_announced_the_result(p0, p0_facts, adult_with_symptoms):
    says = adult_with_symptoms | {"knows_result": "no"}
    stopped = hold(p0, says, p0_facts)

    announced = p0_facts | {"result_announced": True}

    assert rules.follow(p0, stopped.stored, announced).current.id == "red_flags"
    assert hold(p0, says, announced).steps[-1] == "closing"


def test_an_adviser_announces_the_result_and_goes_on(p0, p0_facts, adult_with_symptoms):
    facts = p0_facts | {"tracer_is_adviser": True}

    held = hold(p0, adult_with_symptoms | {"knows_result": "no"}, facts)

    assert held.steps[: len(P0_START) + 2] == [*P0_START, "result_announcement", "red_flags"]
    assert held.steps[-1] == "closing"
    assert rules.follow(p0, held.stored, facts).can_complete


@pytest.mark.parametrize(
    ("answer", "steps", "outcome_suggested"),
    [
        ({"person_on_line": "absent"}, ["opening", "person_absent"], "callback"),
        ({"person_on_line": "wrong_number"}, ["opening", "wrong_number"], "wrong_number"),
        ({"person_on_line": "language"}, ["opening", "other_language"], "language"),
        ({"person_on_line": "refused"}, ["opening", "person_refuses"], "refused"),
        ({"identity_confirmed": "no"}, ["opening", "identity", "identity_not_confirmed"], "identity_failed"),
        ({"has_time": "no"}, [*P0_START[:3], "call_back_later"], "callback"),
        ({"red_flags": "yes"}, [*P0_START, "red_flags", "emergency"], "needs_doctor"),
    ],
)
def test_a_conversation_that_cannot_go_on_ends_with_the_right_outcome(
    p0, p0_facts, adult_with_symptoms, answer, steps, outcome_suggested
):
    held = hold(p0, adult_with_symptoms | answer, p0_facts)

    assert held.steps == steps
    assert outcome(p0, held, p0_facts) == outcome_suggested
    assert not rules.follow(p0, held.stored, p0_facts).can_complete


def test_a_child_is_spoken_of_with_a_representative(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms | {"representative_confirmed": "yes"}, p0_facts | {"is_minor": True})

    assert held.steps[:3] == ["opening", "representative", "identity"]


def test_a_person_in_hospital_gets_the_short_script(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms | {"hospitalised": "yes"}, p0_facts)

    assert "isolation_in_hospital" in held.steps
    skipped = {
        "isolation",
        "isolation_at_home",
        "needs",
        "masks_and_tests",
        "work_leave",
        "sick_note",
    }
    assert skipped.isdisjoint(held.steps)
    assert rules.follow(p0, held.stored, p0_facts).can_complete


def test_no_isolation_and_no_leave_are_spoken_of_when_no_rule_asks_for_them(
    p0, p0_facts, adult_with_symptoms
):
    facts = p0_facts | {"isolation_required": False, "isolation_end": None}

    held = hold(p0, adult_with_symptoms, facts)

    assert "isolation_advised" in held.steps
    assert {"isolation", "isolation_at_home", "work_leave", "sick_note"}.isdisjoint(held.steps)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"can_telework": "yes"}, "telework is possible"),
        ({"stopped_by_doctor": "yes"}, "a doctor gave a note already"),
        ({"wants_note": "no"}, "the person asks for none"),
        ({"works": "no"}, "the person does not work"),
    ],
)
def test_no_sick_note_is_offered_when(p0, p0_facts, adult_with_symptoms, answer, why):
    held = hold(p0, adult_with_symptoms | answer, p0_facts)

    assert "sick_note" not in held.steps, why
    assert held.steps[-1] == "closing"


def test_a_contact_hears_the_rule_the_tests_and_gets_a_note(contact, contact_facts, contact_at_work):
    held = hold(contact, contact_at_work, contact_facts)

    assert held.steps == [
        *CONTACT_START, "tested", "symptoms", "last_contact", "household", "immunity", "quarantine", "tests", "work",
        "relatives", "own_contacts", "safety", "needs", "work_leave", "sick_note", "next_steps", "closing",
    ]  # fmt: skip
    assert rules.follow(contact, held.stored, contact_facts).can_complete


@pytest.mark.parametrize("is_exempt", [True, False])
def test_a_contact_with_symptoms_hears_one_order_until_the_result(
    contact, contact_facts, contact_at_work, is_exempt
):
    says = contact_at_work | {"has_symptoms": "yes", "onset_on": "2022-01-10"}
    facts = contact_facts | {"result_awaited": True} | ({"quarantine_end": None} if is_exempt else {})

    held = hold(contact, says, facts)

    said = [step for step in held.steps if step in {"result_awaited", *ORDERS, "quarantine_not_required"}]
    assert said == ["result_awaited", "work_leave", "sick_note"]
    words = " ".join(rules.render_say(contact.step("result_awaited"), facts))
    assert ("encore jusqu’au dimanche 16 janvier" in words) is not is_exempt
    assert rules.follow(contact, held.stored, facts).can_complete


def test_a_contact_with_a_positive_test_by_a_professional_is_asked_nothing_more_as_a_contact(
    contact, contact_facts, contact_at_work
):
    says = contact_at_work | {"test_result": "positive", "test_kind": "pcr", "test_on": "2022-01-10"}

    assert hold(contact, says, contact_facts).steps[-1] == "became_case"
    assert "became_case" not in hold(contact, says | {"test_kind": "self_test"}, contact_facts).steps


def test_a_contact_who_need_not_stay_at_home_is_offered_no_note(contact, contact_facts, contact_at_work):
    facts = contact_facts | {"quarantine_required": False, "quarantine_end": None}

    held = hold(contact, contact_at_work, facts)

    assert "quarantine_not_required" in held.steps
    assert {"quarantine", "work_leave", "sick_note"}.isdisjoint(held.steps)


ORDERS = {"isolation", "isolation_at_home", "quarantine", "work_leave", "sick_note"}
"""What is said only where a rule in force asks for it."""


def test_where_no_rule_is_in_force_nobody_is_told_to_isolate_and_a_doctor_is_asked(
    p0, p0_facts, adult_with_symptoms
):
    facts = p0_facts | {"isolation_required": None, "isolation_end": None}

    held = hold(p0, adult_with_symptoms, facts)

    assert ORDERS.isdisjoint(held.steps)
    assert "isolation_advised" not in held.steps, "that no rule asks for it is not known either"
    words = " ".join(rules.render_say(p0.step("isolation_unknown"), facts))
    assert "isolation_unknown" in held.steps
    assert "avis d’un médecin-conseil" in words
    assert "je vous demande" not in words
    assert rules.follow(p0, held.stored, facts).can_complete


def test_where_no_rule_is_in_force_no_contact_is_told_to_stay_at_home(
    contact, contact_facts, contact_at_work
):
    facts = contact_facts | {"quarantine_required": None, "quarantine_end": None}

    held = hold(contact, contact_at_work, facts)

    assert ORDERS.isdisjoint(held.steps)
    assert "quarantine_not_required" not in held.steps
    assert "quarantine_unknown" in held.steps
    assert rules.follow(contact, held.stored, facts).can_complete


@pytest.mark.parametrize("kind", ["p0", "contact"])
def test_what_is_not_known_opens_no_order(kind, request, adult_with_symptoms, contact_at_work):
    script = request.getfixturevalue(kind)
    says = adult_with_symptoms if kind == "p0" else contact_at_work

    held = hold(script, says, {})

    assert ORDERS.isdisjoint(held.steps)
    assert held.steps[-1] in {"closing", "result_by_adviser"}


def test_a_programme_that_is_not_known_to_issue_notes_offers_none(p0, p0_facts, adult_with_symptoms):
    held = hold(p0, adult_with_symptoms, p0_facts | {"notes_issued": None})

    assert {"work_leave", "sick_note"}.isdisjoint(held.steps)


def test_a_contact_at_negligible_risk_hears_just_that(contact, contact_facts, contact_at_work):
    facts = contact_facts | {
        "negligible_risk": True,
        "quarantine_required": False,
        "quarantine_end": None,
        "first_test_on": None,
    }

    held = hold(contact, contact_at_work, facts)

    assert "negligible_risk" in held.steps
    assert {*ORDERS, "quarantine_not_required", "quarantine_unknown", "tests"}.isdisjoint(held.steps)
    assert "très faible" in rules.render_say(contact.step("negligible_risk"), facts)[0]
    assert rules.follow(contact, held.stored, facts).can_complete


def spoken(script, facts):
    return "\n".join(line for step in script.steps for line in rules.render_say(step, facts))


def test_a_contact_never_hears_a_name_that_was_not_allowed(contact, contact_facts):
    words = spoken(contact, contact_facts)

    assert "Je ne peux pas vous dire son nom" in words
    assert "{" not in words


def test_a_contact_hears_the_name_when_the_case_agreed(contact, contact_facts):
    announcement = contact.step("announcement")

    words = " ".join(rules.render_say(announcement, contact_facts | {"case_name": "Marie Durand"}))

    assert "Marie Durand" in words
    assert "Je ne peux pas vous dire son nom" not in words


def test_the_p0_script_has_no_word_of_the_result_before_the_person_says_it(p0, p0_facts):
    before = p0.steps[: p0.steps.index(p0.step("result_by_adviser")) + 1]

    for step in before:
        words = " ".join(rules.render_say(step, p0_facts)).lower()
        assert not any(word in words for word in ("positif", "covid", "infection", "isolement", "contact")), (
            step.id
        )


def test_the_dates_that_are_read_come_from_the_facts(p0, p0_facts):
    moved = p0_facts | {"isolation_end": date(2022, 2, 1)}

    assert "jusqu’au mardi 1er février" in rules.render_say(p0.step("isolation"), moved)[0]


@pytest.mark.parametrize(("kind", "step"), [("p0", "needs"), ("contact", "safety")])
def test_whoever_stays_at_home_hears_whom_to_call_in_danger_and_whoever_needs_to_talk_who_answers(
    kind, step, request, adult_with_symptoms, contact_at_work
):
    script, facts = request.getfixturevalue(kind), request.getfixturevalue(f"{kind}_facts")
    says = (adult_with_symptoms if kind == "p0" else contact_at_work) | {
        "needs": ["listening"],
        "needs_consent": "yes",
    }

    held = hold(script, says, facts)

    assert {step, "listening"} <= set(held.steps)
    assert "Le 3919" in rules.render_say(script.step(step), facts)[-1]
    assert "3114" in rules.render_say(script.step("listening"), facts)[0]
    free = facts | {"isolation_required": False, "quarantine_required": False}
    heard = [
        one for name in hold(script, says, free).steps for one in rules.render_say(script.step(name), free)
    ]
    assert not any("Le 3919" in one for one in heard)
