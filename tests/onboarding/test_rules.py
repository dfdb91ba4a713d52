"""Where a link and a recruit stand."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tracing.onboarding.rules import LinkState, Stage, is_ready, link_state, stage

WEEK = timedelta(days=7)
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("used",  "withdrawn", "contract",         "after",                     "expected"),
    [
        (False, False,     None,              timedelta(0),                LinkState.OPEN),
        (False, False,     None,              WEEK - timedelta(seconds=1), LinkState.OPEN),
        (False, False,     None,              WEEK,                        LinkState.EXPIRED),
        (False, False,     date(2026, 3, 10), timedelta(0),                LinkState.OPEN),
        (False, False,     date(2026, 3, 9),  timedelta(0),                LinkState.EXPIRED),
        (False, True,      None,              timedelta(0),                LinkState.WITHDRAWN),
        (True,  False,     None,              timedelta(0),                LinkState.USED),
        (True,  False,     None,              WEEK,                        LinkState.USED),
    ],
)  # fmt: skip
def test_a_link_opens_once_and_for_a_week(used, withdrawn, contract, after, expected):
    found = link_state(
        used_at=NOW if used else None,
        withdrawn_at=NOW if withdrawn else None,
        expires_at=NOW + WEEK,
        contract_ends_on=contract,
        at=NOW + after,
        zone=PARIS,
    )

    assert found is expected


@pytest.mark.parametrize(
    ("link",              "certified", "left", "expected"),
    [
        (LinkState.OPEN,    False,     False,  Stage.INVITED),
        (LinkState.EXPIRED, False,     False,  Stage.LINK_EXPIRED),
        (LinkState.USED,    False,     False,  Stage.TRAINING),
        (LinkState.USED,    True,      False,  Stage.CERTIFIED),
        (LinkState.USED,    True,      True,   Stage.LEFT),
    ],
)  # fmt: skip
def test_a_recruit_goes_from_stage_to_stage(link, certified, left, expected):
    assert stage(link, is_certified=certified, has_left=left) is expected


def test_one_complete_call_to_a_patient_zero_is_needed():
    assert [is_ready(calls) for calls in (0, 1, 5)] == [False, True, True]
