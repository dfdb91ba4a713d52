"""Which calls stand on a list, and what each list offers."""

from tracing.queue.models import LISTED, REOPENABLE
from tracing.supervision.worklists.queries import STATES
from tracing.supervision.worklists.services import GIVEN_UP_AS


def test_every_state_that_waits_for_a_supervisor_has_a_list_of_its_own():
    assert set(STATES.values()) == LISTED
    assert len(STATES) == len(LISTED)


def test_a_call_on_a_list_can_go_back_to_the_queue_or_be_ended():
    assert set(GIVEN_UP_AS) | REOPENABLE == LISTED
