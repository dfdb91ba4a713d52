"""What follows as soon as a case is opened, before anybody is called."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from tracing.hand_offs import services as hand_offs


def follow_new_cases(programmes: Mapping[int, str], *, on: date, at: datetime) -> None:
    """Carry out what follows from new cases, whose first calls are in the queue; `programmes` names that of each case."""
    by_programme: dict[str, list[int]] = defaultdict(list)
    for case_id, programme in programmes.items():
        by_programme[programme].append(case_id)
    for programme, case_ids in by_programme.items():
        hand_offs.open_for_new(case_ids, programme, on=on, at=at)
