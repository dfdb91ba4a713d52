"""What is asked of a contact is one decision, from all that is known of the meeting, the person and the case."""

from datetime import date, timedelta

import pytest

from tracing.contacts.rules import ContactSituation, TestSaid, measure_of
from tracing.contacts.telling import without_done
from tracing.programmes.loader import get_pack
from tracing.programmes.rules import Circumstances, Measure, PlannedTest, Quarantine
from tracing.programmes.vocabulary import Distance, Protection, TestKind

COVID = get_pack("covid19")
MET, CALLED = date(2022, 1, 18), date(2022, 1, 20)
FACE_TO_FACE = Circumstances(face_to_face=Distance.UNDER_1_M, protection=Protection.NONE)
MASKED = Circumstances(
    lives_with_case=False,
    face_to_face=Distance.UNDER_1_M,
    care=False,
    confined_minutes=0,
    cough=False,
    same_class=False,
    protection=Protection.BOTH_MASKS,
)


def asked(*, on=CALLED, met=FACE_TO_FACE, pack=COVID, **said):
    situation = ContactSituation(
        **{"last_contact": MET, "circumstances": met, "age": 40, "on": on, "vaccination": "none"} | said
    )
    return measure_of(pack, situation)


def test_an_unvaccinated_contact_stays_at_home_for_a_week_and_is_tested_at_its_end():
    found = asked()

    assert (found.measure, found.last_day_in) == (Measure.REQUIRED, date(2022, 1, 25))
    assert [(test.on, test.kind) for test in found.tests] == [(date(2022, 1, 25), TestKind.PCR_OR_ANTIGEN)]


def test_a_vaccinated_contact_stays_nowhere_and_does_three_tests():
    found = asked(vaccination="complete")

    assert found.measure is Measure.NOT_REQUIRED
    assert [(test.on.day, test.kind) for test in found.tests] == [
        (20, TestKind.PCR_OR_ANTIGEN),
        (22, TestKind.SELF_TEST),
        (24, TestKind.SELF_TEST),
    ]


@pytest.mark.parametrize(
    "exempt",
    [
        pytest.param({"vaccination": "complete"}, id="vaccinated"),
        pytest.param({"age": 8}, id="a child"),
        pytest.param({"met": MASKED}, id="a harmless meeting"),
        pytest.param(
            {"met": Circumstances(lives_with_case=True, infected_recently=True)}, id="infected a month ago"
        ),
        pytest.param({"is_outside": True}, id="met before the case was contagious"),
    ],
)
def test_symptoms_ask_for_isolation_and_a_test_today_whatever_exempts_from_the_quarantine(exempt):
    well, ill = asked(**exempt), asked(**exempt, symptoms_on=date(2022, 1, 19))

    assert well.measure is Measure.NOT_REQUIRED
    assert (ill.measure, ill.awaits_result) == (Measure.REQUIRED, True)
    assert (ill.tests[0].on, ill.tests[0].kind) == (CALLED, TestKind.PCR_OR_ANTIGEN)


def test_symptoms_do_not_shorten_a_quarantine():
    found = asked(symptoms_on=date(2022, 1, 19))

    assert (found.last_day_in, found.symptom_rule.rule_id) == (date(2022, 1, 25), "C-S")


def test_a_negligible_risk_asks_for_nothing_and_says_why():
    found = asked(met=MASKED)

    assert (found.measure, found.last_day_in, found.tests) == (Measure.NOT_REQUIRED, None, ())
    assert found.rule.sentence == "Négligeable : une protection efficace, du début à la fin."


def test_an_infection_of_last_month_asks_for_nothing():
    found = asked(met=Circumstances(lives_with_case=True, infected_recently=True))

    assert (found.measure, found.rule.rule_id) == (Measure.NOT_REQUIRED, "C-X")


def test_the_vaccine_does_not_exempt_whoever_is_immunodepressed():
    assert asked(vaccination="complete", immunodepressed=True).measure is Measure.REQUIRED
    assert asked(vaccination="complete", immunodepressed=False).measure is Measure.NOT_REQUIRED


def test_the_vaccine_did_not_exempt_contacts_of_omicron_at_first():
    december = {"on": date(2021, 12, 10), "last_contact": date(2021, 12, 8), "vaccination": "complete"}

    assert asked(**december).measure is Measure.NOT_REQUIRED
    assert asked(**december, variant="omicron").rule.rule_id == "C-3o"


def test_nothing_is_asked_of_the_contacts_of_a_case_that_is_none():
    assert asked(case_is_none=True, symptoms_on=CALLED).measure is Measure.NOT_REQUIRED


def test_without_a_rule_in_force_no_order_is_given_even_to_the_ill():
    before = date(2020, 3, 10)

    assert asked(on=before, last_contact=before, symptoms_on=before).measure is Measure.NO_RULE


def test_a_screening_code_names_the_variant():
    assert COVID.laboratory.variant_of("A0C0D1") == "omicron"
    assert COVID.laboratory.variant_of("A0B0C1") == "delta"
    assert COVID.laboratory.variant_of("A1C8D9") is None


@pytest.mark.parametrize(
    ("asked", "done", "left"),
    [
        (TestKind.PCR_OR_ANTIGEN, TestSaid(CALLED, TestKind.PCR, is_positive=False), 0),
        (
            TestKind.PCR_OR_ANTIGEN,
            TestSaid(CALLED + timedelta(days=1), TestKind.ANTIGEN, is_positive=False),
            0,
        ),
        (TestKind.PCR_OR_ANTIGEN, TestSaid(CALLED - timedelta(days=1), TestKind.PCR, is_positive=False), 1),
        (TestKind.PCR_OR_ANTIGEN, TestSaid(CALLED, TestKind.SELF_TEST, is_positive=False), 1),
        (TestKind.SELF_TEST, TestSaid(CALLED, TestKind.SELF_TEST, is_positive=False), 0),
        (None, TestSaid(CALLED, None, is_positive=False), 1),
    ],
)
def test_a_test_that_was_done_on_its_day_is_not_asked_for_again(asked, done, left):
    decided = Quarantine(measure=Measure.REQUIRED, tests=(PlannedTest(CALLED, "J0", asked),))

    assert len(without_done(decided, [done]).tests) == left
