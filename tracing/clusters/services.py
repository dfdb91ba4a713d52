"""Hand records off because of the place that they name: from the call, or from the list."""

from datetime import datetime

from tracing.calls.models import Call
from tracing.calls.services import require_identity
from tracing.cases.models import Case
from tracing.cases.queries import get_case
from tracing.clusters import queries
from tracing.clusters.errors import NoReason, NoSuchCluster
from tracing.contacts.errors import NotTheirList
from tracing.hand_offs import services as hand_offs
from tracing.kernel import clock
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import Clusters, clusters
from tracing.queue.models import CallTask
from tracing.staff.agent import Agent, Workplace


def rule_at(programme: str, *, by: Agent, at: datetime) -> Clusters:
    """Return from when on places are looked at, by the rules in force on the day of the site."""
    return clusters(get_pack(programme), on=clock.local_day(at, by.site.time_zone))


def count_to_report(site: Workplace, *, at: datetime) -> int:
    """Count the places of a site that somebody should report: too slow for every page."""
    rule = clusters(get_pack(site.programme), on=clock.local_day(at, site.time_zone))
    if rule.reason is None:
        return 0
    found = queries.of_site(site.id, site.programme, rule, at=at)
    return sum(bool(one.to_report) for one in found)


def case_on_line(call: Call, task: CallTask) -> Case:
    """Return the case that is on the telephone.

    Raises:
        IdentityFirst: they have not said who they are.
        NotTheirList: it is a contact's call.
    """
    require_identity(call, task)
    if task.contact_id is not None:
        raise NotTheirList
    return get_case(task.case_id)


def report_case(case: Case, *, by: Agent, at: datetime) -> None:
    """Put a record on the list of hand-offs because of a place that others name; twice changes nothing.

    Raises:
        NoReason: the programme has none for this.
    """
    rule = rule_at(case.programme, by=by, at=at)
    if rule.reason is None:
        raise NoReason
    on = clock.local_day(at, by.site.time_zone)
    hand_offs.give(case.reference, rule.reason, on=on, by=by, at=at)


def take_back(case: Case, *, by: Agent, at: datetime) -> bool:
    """Take the hand-off of a record back that was given by mistake; returns whether nothing is left to do."""
    report = queries.find_report(case, rule_at(case.programme, by=by, at=at))
    if report is None:
        return True
    return hand_offs.say_taken_back(report.id, was_taken_back=False, by=by, at=at)


def report_place(place_id: int, *, by: Agent, at: datetime) -> int:
    """Put every record of the site that names a place on the list of hand-offs; returns how many were not on it.

    Raises:
        NoSuchCluster: it is no cluster of this site any more.
    """
    rule = rule_at(by.site.programme, by=by, at=at)
    found = queries.of_site(by.site.id, by.site.programme, rule, at=at)
    cluster = next((one for one in found if one.place_id == place_id), None)
    if cluster is None:
        raise NoSuchCluster
    for case_id, _reference in cluster.to_report:
        report_case(get_case(case_id), by=by, at=at)
    return len(cluster.to_report)
