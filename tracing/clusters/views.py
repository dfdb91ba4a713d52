"""What a call is told of the places it names, and the list of clusters for advisers."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.calls import services as calls
from tracing.cases.models import Case
from tracing.clusters import queries, services
from tracing.contacts.queries import open_call
from tracing.hand_offs.words import STATE_WORDS
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.places import queries as places
from tracing.places import services as place_services
from tracing.staff.access import agent, asked_at, is_fragment, may
from tracing.staff.models import Role

bp = Blueprint("clusters", __name__, template_folder="templates")

AT = "/calls/<int:call_id>/tasks/<int:task_id>/places"
READERS = (Role.ADVISER, Role.SUPERVISOR)
MOST = 100
"""Clusters on the page: the first in the order of the list."""


@bp.get(AT)
@may(Role.TRACER, Role.ADVISER)
def of_call(call_id: int, task_id: int) -> ResponseReturnValue:
    """Show which of the places that the case named others named lately; nobody is named."""
    return _of_call(call_id, task_id)


@bp.post(f"{AT}/hint")
@may(Role.TRACER, Role.ADVISER)
def hint(call_id: int, task_id: int) -> ResponseReturnValue:
    """Say how many others named the place that is being typed; nothing of it is kept."""
    typed = next((text for name, text in request.form.items() if name.endswith("place")), "")[:80]
    at = asked_at()
    with transaction():
        case = services.case_on_line(*open_call(call_id, task_id, agent()))
        rule = services.rule_at(case.programme, by=agent(), at=at)
        hashes = place_services.hashes_of(typed, case)
        others = places.others_naming(hashes, case, since=rule.since(at)) if hashes else 0
        report = queries.find_report(case, rule) if others >= rule.others else None
    return render_template(
        "clusters/hint.html",
        others=others if others >= rule.others else 0,
        rule=rule,
        report=report,
        state_words=STATE_WORDS,
        call_id=call_id,
        task_id=task_id,
    )


@bp.post(f"{AT}/report")
@may(Role.TRACER, Role.ADVISER)
def report(call_id: int, task_id: int) -> ResponseReturnValue:
    """Put the record on the list of hand-offs, or take it off that list."""
    is_given = request.form.get("given") != "no"
    with transaction():
        at = clock.database_now()
        call = calls.lock_for_write(call_id, agent(), at=at)
        case = services.case_on_line(call, calls.task_of_call(call, task_id))
        if is_given:
            services.report_case(case, by=agent(), at=at)
        else:
            services.take_back(case, by=agent(), at=at)
    if not is_fragment():
        return redirect(url_for("clusters.of_call", call_id=call_id, task_id=task_id), 303)
    return _reported(case, call_id, task_id)


def _reported(case: Case, call_id: int, task_id: int) -> str:
    with transaction():
        rule = services.rule_at(case.programme, by=agent(), at=asked_at())
        found = queries.find_report(case, rule)
    return render_template(
        "clusters/reported.html",
        report=found,
        rule=rule,
        state_words=STATE_WORDS,
        call_id=call_id,
        task_id=task_id,
        is_new=True,
    )


def _of_call(call_id: int, task_id: int) -> str:
    at = asked_at()
    with transaction():
        case = services.case_on_line(*open_call(call_id, task_id, agent()))
        rule = services.rule_at(case.programme, by=agent(), at=at)
        shared = places.shared(case, rule, at=at)
        named = [
            (places.words_of(one), shared[one.id]) for one in places.of_case(case.id) if one.id in shared
        ]
        found = queries.find_report(case, rule)
    # the same place named for several contacts stands once
    often: dict[str, int] = {}
    for words, others in named:
        if words:
            often[words] = max(others, often.get(words, 0))
    return render_template(
        "clusters/shared.html" if is_fragment() else "clusters/of_call.html",
        named=often,
        rule=rule,
        report=found,
        state_words=STATE_WORDS,
        call_id=call_id,
        task_id=task_id,
    )


@bp.get("/clusters")
@may(*READERS)
def listing() -> ResponseReturnValue:
    """Show the places that several cases of the site named lately, with the records that name them."""
    by, at = agent(), asked_at()
    with transaction():
        rule = services.rule_at(by.site.programme, by=by, at=at)
        found = queries.of_site(by.site.id, by.site.programme, rule, at=at)
        shown = {person for one in found[:MOST] for person in one.people}
        events.record_access(people.records_shown(sorted(shown)), by=by.member_id, at=at, why="clusters")
    return render_template(
        "clusters/listing.html",
        clusters=found[:MOST],
        is_cut=len(found) > MOST,
        rule=rule,
        state_words=STATE_WORDS,
    )


@bp.post("/clusters/<int:place_id>/report")
@may(*READERS)
def report_place(place_id: int) -> ResponseReturnValue:
    """Put the records that name a place on the list of hand-offs."""
    with transaction():
        added = services.report_place(place_id, by=agent(), at=clock.database_now())
    flash(
        ngettext(
            "%(num)d dossier est sur la liste des signalements à transmettre.",
            "%(num)d dossiers sont sur la liste des signalements à transmettre.",
            added,
        )
        if added
        else _("Ces dossiers étaient déjà sur la liste des signalements.")
    )
    return redirect(url_for("clusters.listing"), 303)
