"""From how many cases of one place within how many days on they are looked at together, and for which reason."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracing.programmes.schema import Pack


@dataclass(frozen=True)
class Clusters:
    """How many cases, within how many days of being named, and the reason for which such a record is handed off."""

    cases: int
    days: int
    reason: str | None
    """The id of the rule; None: the programme has none that day, and nothing is offered."""

    def since(self, at: datetime) -> datetime:
        """Return the moment from which on a place named counts."""
        return at - timedelta(days=self.days)

    @property
    def others(self) -> int:
        """How many others make it one with the case on the telephone."""
        return self.cases - 1


def clusters(pack: Pack, *, on: date) -> Clusters:
    """Return from when on a place named by several cases is looked at, by the rule in force."""
    row = next((one for one in pack.hand_offs if one.cluster is not None and one.in_force(on)), None)
    if row is None or row.cluster is None:
        # it only decides what a list shows: nothing follows from it by itself
        return Clusters(pack.listed_together.cases, pack.listed_together.days, None)
    return Clusters(row.cluster.cases, row.cluster.days, row.id)
