"""Pages of possible duplicates: two records side by side, decided with one key, and decisions taken back."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.calls import services as calls
from tracing.duplicates import queries, services, words
from tracing.duplicates.comparison import comparison_of
from tracing.duplicates.errors import NirsDiffer
from tracing.duplicates.rules import UNDO_LASTS
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people import queries as people
from tracing.people.models import PairState, PossibleDuplicate
from tracing.programmes.in_force import get_pack
from tracing.staff import queries as staff
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.staff.scope import scope_of

bp = Blueprint("pairs", __name__, template_folder="templates", url_prefix="/pairs")


@bp.get("")
@may(Role.IMPORTER)
def review() -> ResponseReturnValue:
    """Show the next pair to decide, and offer to undo the last decision."""
    return _page(queries.next_pair(scope_of(agent())), decided=_just_decided())


@bp.get("/<int:pair_id>")
@may(Role.IMPORTER)
def show(pair_id: int) -> ResponseReturnValue:
    """Show one pair, decided or not."""
    return _page(queries.get_pair(pair_id, scope_of(agent())))


def _page(
    pair: PossibleDuplicate | None,
    *,
    decided: PossibleDuplicate | None = None,
    asks_twice: bool = False,
) -> ResponseReturnValue:
    with transaction():
        comparison = comparison_of(pair) if pair is not None else None
        if pair is not None:
            shown = people.records_shown([pair.person_id, pair.other_id])
            events.record_access(shown, by=agent().member_id, at=clock.now(), why="pair")
        count = queries.open_count(scope_of(agent()))
        page = render_template(
            "duplicates/pair.html",
            comparison=comparison,
            waiting=count,
            most=queries.MOST_COUNTED,
            decided=decided,
            decided_references=queries.references_of(decided) if decided is not None else (),
            asks_twice=asks_twice,
            names=staff.member_names([pair.decided_by] if pair is not None and pair.decided_by else []),
            words=words,
            get_pack=get_pack,
        )
    return page, 409 if asks_twice else 200


def _just_decided() -> PossibleDuplicate | None:
    """Return the pair just decided on this page, while undoing it is offered."""
    pair_id = request.args.get("decided", type=int)
    if pair_id is None:
        return None
    pair = queries.get_pair(pair_id, scope_of(agent()))
    is_fresh = pair.decided_at is not None and asked_at() - pair.decided_at < UNDO_LASTS
    return pair if is_fresh else None


@bp.post("/<int:pair_id>/same")
@may(Role.IMPORTER)
def same(pair_id: int) -> ResponseReturnValue:
    """Merge two records into one person; if their NIRs contradict it, ask for confirmation."""
    try:
        with transaction():
            services.merge(
                pair_id, is_sure=request.form.get("sure") == "1", by=agent(), at=clock.database_now()
            )
    except NirsDiffer:
        return _page(queries.get_pair(pair_id, scope_of(agent())), asks_twice=True)
    return _next(decided=pair_id)


@bp.post("/<int:pair_id>/different")
@may(Role.IMPORTER)
def different(pair_id: int) -> ResponseReturnValue:
    """Decide that two records are two people."""
    with transaction():
        services.keep_apart(pair_id, by=agent(), at=clock.database_now())
    return _next(decided=pair_id)


@bp.post("/<int:pair_id>/later")
@may(Role.IMPORTER)
def later(pair_id: int) -> ResponseReturnValue:
    """Postpone a pair."""
    with transaction():
        services.postpone(pair_id, by=agent(), at=clock.database_now())
    flash(_("Remis à plus tard : ces deux fiches reviendront après les autres."))
    return _next()


@bp.post("/<int:pair_id>/take-back")
@may(Role.IMPORTER)
def take_back(pair_id: int) -> ResponseReturnValue:
    """Take a decision back and show the pair again."""
    with transaction():
        services.take_back(pair_id, by=agent(), at=clock.database_now())
    flash(_("Décision reprise : les deux fiches sont de nouveau à comparer."))
    return redirect(url_for("pairs.show", pair_id=pair_id), 303)


@bp.post("/in-call/<int:call_id>/<int:task_id>")
@may(Role.TRACER)
def same_in_call(call_id: int, task_id: int) -> ResponseReturnValue:
    """Take two contacts of a household for one, as they say on the telephone."""
    with transaction():
        by, at = agent(), asked_at()
        call = calls.lock_for_write(call_id, by, at=at)
        services.same_in_call(call, (task_id, request.form.get("other", 0, type=int)), by=by, at=at)
    return redirect(url_for("desk.call", call_id=call_id, task=task_id), 303)


def _next(**values: Any) -> ResponseReturnValue:
    return redirect(url_for("pairs.review", **values), 303)


@bp.get("/decided")
@may(Role.IMPORTER)
def decisions() -> ResponseReturnValue:
    """List the decisions by the references of the cases, without names."""
    before = request.args.get("before", type=int)
    page = queries.decided(scope_of(agent()), before_id=before)
    return render_template(
        "duplicates/decided.html",
        page=page,
        before=before,
        names=staff.member_names(row.pair.decided_by for row in page.rows if row.pair.decided_by),
        words=words,
        PairState=PairState,
    )
