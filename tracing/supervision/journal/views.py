"""View of the journal: who did what, who saw whom."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role, SiteKind
from tracing.supervision import words
from tracing.supervision.forms import chosen
from tracing.supervision.journal import queries as journals
from tracing.supervision.journal.forms import JournalForm
from tracing.supervision.journal.queries import Journal, Wanted


@may(Role.AUDITOR)
def journal() -> ResponseReturnValue:
    """Show who saw whom, or who did what, at this site."""
    shown = chosen(Journal, request.args.get("show"), Journal.SIGHTINGS)
    site = agent().site
    members = staff.members_of_sites([site.id])
    form = JournalForm(request.args)
    form.offer(shown, members)
    is_right = form.validate()
    wanted = Wanted(
        site_id=site.id,
        members={member.id for member in members},
        member_id=form.member.data if is_right else None,
        kind=form.kind.data if is_right else None,
        day=form.day.data if is_right else None,
        zone=site.time_zone,
        is_live=site.kind is SiteKind.LIVE,
    )
    page = render_template(
        f"supervision/{shown.value}.html",
        shown=shown,
        form=form,
        kept={name: request.args.get(name) or None for name in ("member", "kind", "day")},
        words=words,
        **_rows_of(shown, wanted),
    )
    return page, 200 if is_right else 422


def _rows_of(shown: Journal, wanted: Wanted) -> dict[str, Any]:
    """Return a page of one of the journals, with the names of the members in it."""
    if shown is Journal.SIGHTINGS:
        seen = journals.sightings_of(wanted, before=request.args.get("before"))
        names = staff.member_names(row.viewer_id for row in seen.rows)
        return {"rows": seen.rows, "next_key": seen.next_key, "names": names}
    done = journals.events_of(wanted, before_id=request.args.get("before", type=int))
    names = staff.member_names(row.by_id for row in done.rows if row.by_id is not None)
    return {"rows": done.rows, "next_key": done.next_key, "names": names}


ROUTES = (("/journal", journal, ("GET",)),)
