"""Whom a reason goes to and how urgent it is, as a doctor would read it."""

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tracing.escalations import rules
from tracing.escalations.rules import Audience, Reason
from tracing.scripts.vocabulary import EscalationReason
from tracing.staff.models import Role


@pytest.mark.parametrize(
    ("reason",                     "asks",             "urgency", "late_after",           "called_again_within"),
    [
        (Reason.RED_FLAGS,            Audience.ADVISER,  1, timedelta(minutes=10), timedelta(minutes=15)),
        (Reason.RESULT_NOT_ANNOUNCED, Audience.ADVISER,  1, timedelta(minutes=10), timedelta(minutes=15)),
        (Reason.MEDICAL_QUESTION,     Audience.ADVISER,  2, timedelta(hours=1),    timedelta(hours=1)),
        (Reason.VULNERABLE,           Audience.ADVISER,  2, timedelta(hours=1),    timedelta(hours=1)),
        (Reason.SICK_LEAVE,           Audience.ADVISER,  3, timedelta(hours=4),    timedelta(hours=4)),
        (Reason.RISK_DISPUTED,        Audience.ADVISER,  3, timedelta(hours=4),    timedelta(hours=4)),
        (Reason.DIFFICULT_CALL,       Audience.REFERENT, 2, timedelta(hours=1),    timedelta(hours=1)),
        (Reason.PROCEDURE,            Audience.REFERENT, 3, timedelta(hours=4),    timedelta(hours=4)),
        (Reason.COLLECTIVITY,         Audience.REFERENT, 3, timedelta(hours=4),    timedelta(hours=4)),
    ],
)  # fmt: skip
def test_every_reason_has_its_people_and_its_urgency(reason, asks, urgency, late_after, called_again_within):
    assert rules.AUDIENCE[reason] is asks
    assert rules.URGENCY[reason] == urgency
    assert rules.answer_by(reason, NOW) == NOW + late_after
    assert rules.call_again_by(reason, NOW) == NOW + called_again_within


def test_no_reason_is_left_without_people_or_urgency():
    assert set(rules.AUDIENCE) == set(rules.URGENCY) == set(Reason)


@pytest.mark.parametrize("code", EscalationReason)
def test_every_reason_that_a_script_may_name_is_known_here(code):
    assert isinstance(rules.reason_of(code), Reason)
    assert rules.reason_of(code.value) is rules.reason_of(code)


def test_those_who_are_asked_are_roles():
    assert {audience.value for audience in Audience} <= {role.value for role in Role}


def test_a_referent_is_asked_nothing_medical():
    medical = [reason for reason in Reason if rules.AUDIENCE[reason] is Audience.ADVISER]

    assert not any(rules.may_ask(Audience.REFERENT, reason) for reason in medical)
    assert all(rules.may_ask(Audience.ADVISER, reason) for reason in Reason)


def test_the_more_urgent_of_two_reasons_stands():
    assert rules.more_urgent(Reason.SICK_LEAVE, Reason.RED_FLAGS) is Reason.RED_FLAGS
    assert rules.more_urgent(Reason.RED_FLAGS, Reason.SICK_LEAVE) is Reason.RED_FLAGS


@pytest.mark.parametrize(("minutes", "may"), [(0, False), (29, False), (30, True), (90, True)])
def test_a_colleague_may_put_back_what_was_held_for_half_an_hour(minutes, may):
    assert rules.may_be_put_back_by_others(NOW, at=NOW + timedelta(minutes=minutes)) is may
