"""The reasons why households must be called, each with everything that decides its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracing.programmes.schema import Weights
from tracing.queue import queries, rules
from tracing.queue.models import CallTask
from tracing.queue.ordering.hours import calling_of
from tracing.queue.ordering.weights import site_and_weights
from tracing.staff.models import Site


class SiteSettingsCache:
    """Settings of sites, read once for many households."""

    def __init__(self) -> None:
        self._sites: dict[int, tuple[Site, Weights]] = {}

    def of(self, site_id: int) -> tuple[Site, Weights]:
        """Return a site and the weights in force there."""
        if site_id not in self._sites:
            self._sites[site_id] = site_and_weights(site_id)
        return self._sites[site_id]


@dataclass(frozen=True, slots=True)
class WaitingReason:
    """A reason and its household."""

    household_id: int
    task: CallTask
    reason: rules.Reason


def reasons_of(household_ids: Sequence[int], ground: SiteSettingsCache | None = None) -> list[WaitingReason]:
    """Return the reasons to call the people of households, the most urgent first."""
    ground = ground or SiteSettingsCache()
    return [
        WaitingReason(task.household_id, task, reason_of(task, time_zone, language, ground))
        for task, time_zone, language in queries.open_reasons_of(household_ids)
        if task.household_id is not None
    ]


def reason_of(
    task: CallTask, time_zone: str | None, language: str | None, ground: SiteSettingsCache
) -> rules.Reason:
    """Return an open task as a reason."""
    site, weights = ground.of(task.site_id)
    return rules.Reason(
        site_id=task.site_id,
        due_at=task.due_at,
        not_before=task.not_before,
        calling=calling_of(site, time_zone),
        promised_at=task.promised_at,
        promised_by=task.promised_by,
        was_rung_early=task.rung_early_at is not None,
        factors=rules.Factor(task.factors),
        weights=weights,
        time_zone=time_zone,
        language=language,
        is_follow_up=task.is_follow_up,
    )
