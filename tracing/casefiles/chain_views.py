"""View of the chain of a file: drawn, and as a table, by references alone."""

from collections.abc import Sequence

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup

from tracing.casefiles import queries
from tracing.casefiles.chain_drawing import draw, ticks_of
from tracing.casefiles.chain_queries import chain_of
from tracing.casefiles.chain_rules import MOST_PEOPLE, Line, arrange
from tracing.cases.queries import get_case
from tracing.kernel.db import transaction
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.ui.filters import day


@may(Role.SUPERVISOR, Role.ADVISER)
def chain(opening_id: int) -> ResponseReturnValue:
    """Show who may have infected whom around an opened file. No name stands on it: the reference leads to a search."""
    with transaction():
        opening = queries.get_opening(opening_id, by=agent(), at=asked_at())
        subject = queries.subject_of(opening)
        became = subject.contact.became_case_id if subject.contact is not None else None
        start = subject.case if became is None else get_case(became)
        if start.site_id != agent().site.id:
            start = subject.case
        found = chain_of(start)
    lines = arrange(found.members, found.meetings)
    references = {one.case_id: one.reference for one in found.members}
    met = {one.member.case_id: _met(one, references) for one in lines}
    drawing = draw(
        lines,
        said={one.member.case_id: _said(one, met[one.member.case_id]) for one in lines},
        days={one: str(format_date(one, "d MMM")) for one in ticks_of(lines)},
    )
    return render_template(
        "casefiles/chain.html",
        opening=opening,
        start=start,
        chain=found,
        lines=lines,
        met=met,
        most_people=MOST_PEOPLE,
        # the library has escaped the words in it
        drawing=Markup(drawing),  # noqa: S704
    )


def _met(line: Line, references: dict[int, str]) -> Sequence[str]:
    """Return who of the chain named a person, and when they met, the meeting that counts first."""
    meetings = [*([line.main] if line.main is not None else []), *line.others]
    return [
        str(
            _("%(reference)s, vu le %(day)s", reference=references[one.of], day=day(one.met_on))
            if one.met_on is not None
            else _("%(reference)s, jour inconnu", reference=references[one.of])
        )
        for one in meetings
    ]


def _said(line: Line, met: Sequence[str]) -> str:
    """Return what a person's dot says to whoever does not see it."""
    one = line.member
    began = _("premiers symptômes le %(day)s") if one.has_symptoms else _("prélèvement le %(day)s")
    words = [one.reference, str(began % {"day": day(one.began_on)})]
    if met:
        words.append(str(_("nommé par %(people)s", people=" ; ".join(met))))
    return ", ".join(words)


ROUTES = (("/files/<int:opening_id>/chain", chain, ("GET",)),)
