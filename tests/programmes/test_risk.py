"""Which circumstances make a contact at risk."""

from dataclasses import replace
from datetime import date

import pytest

from tracing.programmes import get_pack
from tracing.programmes.rules import Circumstances, contact_risk
from tracing.programmes.vocabulary import Criterion, Distance, Protection, RiskLevel

COVID = get_pack("covid19")
ON = date(2022, 1, 10)

NOTHING = Circumstances(
    lives_with_case=False,
    face_to_face=Distance.NO_FACE_TO_FACE,
    care=False,
    confined_minutes=0,
    cough=False,
    same_class=False,
    protection=Protection.NONE,
    infected_recently=False,
)
AT_RISK, NEGLIGIBLE, UNDETERMINED = RiskLevel.AT_RISK, RiskLevel.NEGLIGIBLE, RiskLevel.UNDETERMINED


@pytest.mark.parametrize(
    ("met", "level", "criterion"),
    [
        ({}, NEGLIGIBLE, Criterion.NOTHING_COUNTS),
        ({"lives_with_case": True}, AT_RISK, Criterion.LIVES_WITH),
        ({"face_to_face": Distance.UNDER_1_M}, AT_RISK, Criterion.FACE_TO_FACE),
        ({"face_to_face": Distance.FROM_1_TO_2_M}, AT_RISK, Criterion.FACE_TO_FACE),
        ({"face_to_face": Distance.BEYOND_2_M}, NEGLIGIBLE, Criterion.NOTHING_COUNTS),
        ({"care": True}, AT_RISK, Criterion.CARE),
        ({"confined_minutes": 14}, NEGLIGIBLE, Criterion.NOTHING_COUNTS),
        ({"confined_minutes": 15}, AT_RISK, Criterion.CONFINED),
        ({"cough": True}, AT_RISK, Criterion.COUGH),
        ({"same_class": True}, AT_RISK, Criterion.SAME_CLASS),
        # what protects, during the whole time
        ({"care": True, "protection": Protection.BOTH_MASKS}, NEGLIGIBLE, Criterion.PROTECTED),
        ({"care": True, "protection": Protection.BOTH_FABRIC_1}, NEGLIGIBLE, Criterion.PROTECTED),
        ({"confined_minutes": 60, "protection": Protection.SEPARATION}, NEGLIGIBLE, Criterion.PROTECTED),
        # what does not
        ({"care": True, "protection": Protection.ONE_MASK}, AT_RISK, Criterion.CARE),
        ({"confined_minutes": 60, "protection": Protection.INEFFECTIVE}, AT_RISK, Criterion.CONFINED),
        ({"lives_with_case": True, "protection": Protection.BOTH_MASKS}, AT_RISK, Criterion.LIVES_WITH),
        # infected less than sixty days ago
        ({"lives_with_case": True, "infected_recently": True}, NEGLIGIBLE, Criterion.INFECTED_RECENTLY),
        ({"lives_with_case": True, "infected_recently": None}, AT_RISK, Criterion.LIVES_WITH),
        # questions still open: one circumstance is enough for a risk, none of them for no risk
        ({"care": True, "cough": None, "confined_minutes": None}, AT_RISK, Criterion.CARE),
        ({"care": True, "protection": None}, AT_RISK, Criterion.CARE),
        ({"cough": None}, UNDETERMINED, None),
        ({"face_to_face": None}, UNDETERMINED, None),
        ({"lives_with_case": None}, UNDETERMINED, None),
        ({"lives_with_case": None, "protection": Protection.BOTH_MASKS}, UNDETERMINED, None),
    ],
)
def test_one_circumstance_is_enough_and_none_is_needed_for_negligible(met, level, criterion):
    risk = contact_risk(COVID, replace(NOTHING, **met), on=ON)

    assert (risk.level, risk.criterion) == (level, criterion)
    assert risk.why


def test_the_decision_names_its_rule():
    assert str(contact_risk(COVID, NOTHING, on=ON).rule) == "covid19@2022.2/R-1"
    immune = contact_risk(COVID, replace(NOTHING, infected_recently=True), on=ON)
    assert str(immune.rule) == "covid19@2022.2/C-X"


@pytest.mark.parametrize(("on", "level"), [(date(2021, 8, 22), AT_RISK), (date(2021, 8, 23), NEGLIGIBLE)])
def test_an_earlier_infection_counts_from_23_august_2021(on, level):
    met = replace(NOTHING, lives_with_case=True, infected_recently=True)

    assert contact_risk(COVID, met, on=on).level is level


@pytest.mark.parametrize(
    ("met", "on", "level"),
    [
        # two metres count from 18 February 2021
        ({"face_to_face": Distance.FROM_1_TO_2_M}, date(2021, 2, 17), NEGLIGIBLE),
        ({"face_to_face": Distance.FROM_1_TO_2_M}, date(2021, 2, 18), AT_RISK),
        # in 2020 a mask on one of the two was enough
        ({"care": True, "protection": Protection.ONE_MASK}, date(2020, 12, 31), NEGLIGIBLE),
        ({"care": True, "protection": Protection.ONE_MASK}, date(2021, 1, 1), AT_RISK),
        ({"lives_with_case": True, "infected_recently": True}, date(2020, 5, 11), AT_RISK),
    ],
)
def test_what_counted_as_a_risk_before(met, on, level):
    assert contact_risk(COVID, replace(NOTHING, **met), on=on).level is level


@pytest.mark.parametrize("on", [date(2020, 5, 10), date(2023, 2, 1)])
def test_a_day_without_a_rule_gets_no_guess(on):
    risk = contact_risk(COVID, replace(NOTHING, lives_with_case=True), on=on)

    assert (risk.level, risk.rule) == (UNDETERMINED, None)
    assert "Aucune règle" in risk.why
