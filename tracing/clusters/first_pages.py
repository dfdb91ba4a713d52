"""What of the clusters an adviser looks at first: the places that nobody has reported for each of their records."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import ngettext

from tracing.clusters import queries, services
from tracing.staff.agent import Agent
from tracing.triage.rules import Harm, Row


def clusters_to_report(by: Agent, at: datetime) -> Sequence[Row]:
    """Return a row for each place that nobody has reported for each of its records."""
    rule = services.rule_at(by.site.programme, by=by, at=at)
    if rule.reason is None:
        return []  # nothing can be done about them: the list of clusters shows them
    return [
        Row(
            harm=Harm.SPREAD,
            since=one.named_at,
            # the place is not named here: the list of clusters does, and records who has read it
            what=ngettext(
                "%(num)d personne a nommé un même lieu",
                "%(num)d personnes ont nommé un même lieu",
                one.cases,
            ),
            reference=next((reference for _case, reference in one.to_report), ""),
            to_do=ngettext("Signaler %(num)d dossier", "Signaler %(num)d dossiers", len(one.to_report)),
            endpoint="clusters.listing",
        )
        for one in queries.of_site(by.site.id, by.site.programme, rule, at=at)
        if one.to_report
    ]
