"""What decides about a call before anybody is on the line."""

from tracing.calls.rules import SCRIPT_OF
from tracing.queue.models import TaskKind


def test_every_kind_of_call_has_a_script():
    assert set(SCRIPT_OF) == set(TaskKind)
