"""Actions of an import officer on a lot: commit, plan again, discard, stop, resume, retry, open, undo."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from tracing.imports.lots import queries
from tracing.imports.lots import services as lots
from tracing.imports.models import LotState
from tracing.imports.pages.lot_forms import OpenForm
from tracing.imports.pages.lot_words import STAYS_WORDS
from tracing.imports.pages.lots import lot_page, progress_of, secret_in
from tracing.imports.undo import services as undoing
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import scope_of

bp = Blueprint("lots", __name__, url_prefix="/lots", template_folder="templates")


@bp.get("/<int:lot_id>/progress")
@may(Role.IMPORTER, passive=True)
def progress(lot_id: int) -> ResponseReturnValue:
    """Show how far the reading is; once it has ended the page reloads."""
    lot = queries.get_lot(lot_id, scope_of(agent()))
    if not lots.is_waiting(lot):
        return "", 200, {"HX-Refresh": "true"}
    if lot.is_being_undone:
        return render_template("imports/lot_undoing.html", lot=lot)
    return render_template(
        "imports/lot_progress.html",
        lot=lot,
        progress=progress_of(lot),
        created=queries.created_so_far(lot_id) if lot.state is LotState.LOADING else 0,
    )


@bp.post("/<int:lot_id>/commit")
@may(Role.IMPORTER)
def commit(lot_id: int) -> ResponseReturnValue:
    """Load a lot whose plan was seen."""
    return _do(lot_id, lambda: lots.accept(lot_id, by=agent().member_id, at=clock.now()))


@bp.post("/<int:lot_id>/plan")
@may(Role.IMPORTER)
def plan_again(lot_id: int) -> ResponseReturnValue:
    """Have a lot planned again."""
    return _do(lot_id, lambda: lots.plan_again(lot_id, by=agent().member_id, at=clock.now()))


@bp.post("/<int:lot_id>/discard")
@may(Role.IMPORTER)
def discard(lot_id: int) -> ResponseReturnValue:
    """Discard a lot without loading it."""
    return _do(lot_id, lambda: lots.discard(lot_id, by=agent().member_id, at=clock.now()))


@bp.post("/<int:lot_id>/take-up")
@may(Role.IMPORTER)
def take_up(lot_id: int) -> ResponseReturnValue:
    """Take up a discarded lot again."""
    return _do(lot_id, lambda: lots.restore_discarded(lot_id, by=agent().member_id, at=clock.now()))


@bp.post("/<int:lot_id>/stop")
@may(Role.IMPORTER)
def stop(lot_id: int) -> ResponseReturnValue:
    """Stop loading after the current batch."""
    return _do(lot_id, lambda: lots.ask_to_stop(lot_id, by=agent().member_id, at=clock.now()))


@bp.post("/<int:lot_id>/resume")
@may(Role.IMPORTER)
def resume(lot_id: int) -> ResponseReturnValue:
    """Resume a stopped lot."""
    return _do(lot_id, lambda: lots.resume(lot_id, by=agent().member_id, at=clock.now()))


@bp.post("/<int:lot_id>/retry")
@may(Role.IMPORTER)
def retry(lot_id: int) -> ResponseReturnValue:
    """Retry at once after a passing error."""
    return _do(lot_id, lambda: lots.try_now(lot_id))


def _do(lot_id: int, step: Callable[[], None]) -> ResponseReturnValue:
    with transaction():
        queries.get_lot(lot_id, scope_of(agent()))
        step()
    return redirect(url_for("imports.lot", lot_id=lot_id), 303)


@bp.post("/<int:lot_id>/open")
@may(Role.IMPORTER)
def open_with(lot_id: int) -> ResponseReturnValue:
    """Open a refused file with another key or password."""
    form = OpenForm()
    if not form.validate_on_submit():
        return lot_page(lot_id, form=form), 422
    with transaction():
        queries.get_lot(lot_id, scope_of(agent()))
        lots.open_with(lot_id, secret_in(form), by=agent().member_id, at=clock.now())
    return redirect(url_for("imports.lot", lot_id=lot_id), 303)


@bp.get("/<int:lot_id>/undo")
@may(Role.IMPORTER)
def undo(lot_id: int) -> ResponseReturnValue:
    """Show what undoing a lot would delete and what would stay, before anything is done."""
    lot = queries.get_lot(lot_id, scope_of(agent()))
    if lot.state not in lots.UNDOABLE or lot.is_being_undone:
        return redirect(url_for("imports.lot", lot_id=lot_id), 303)
    outlook = undoing.preview_undo(lot)
    return render_template(
        "imports/undo.html",
        lot=lot,
        outlook=outlook.counts(),
        named=undoing.stays_named(outlook.stays),
        stays_words={why.value: words for why, words in STAYS_WORDS.items()},
    )


@bp.post("/<int:lot_id>/undo")
@may(Role.IMPORTER)
def undo_now(lot_id: int) -> ResponseReturnValue:
    """Request that a lot be undone by the scheduler: tens of thousands of lines take longer than a page may."""
    return _do(lot_id, lambda: undoing.ask(lot_id, by=agent().member_id, at=clock.now()))
