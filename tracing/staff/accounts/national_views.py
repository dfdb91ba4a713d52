"""Pages to make an import officer national: one administrator proposes, another confirms, either can withdraw it."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel.db import transaction
from tracing.staff import national
from tracing.staff.access import agent, asked_at, may
from tracing.staff.accounts.views import administered
from tracing.staff.models import Role

bp = Blueprint("national", __name__, url_prefix="/members/<int:member_id>/national")


@bp.post("")
@may(Role.ADMINISTRATOR)
def propose(member_id: int) -> ResponseReturnValue:
    """Propose an import officer as national; nothing changes before another administrator confirms."""
    return _do(
        member_id,
        national.propose,
        _("Proposé. Rien ne change tant qu’un autre administrateur du site ne l’a pas confirmé."),
    )


@bp.post("/confirm")
@may(Role.ADMINISTRATOR)
def confirm(member_id: int) -> ResponseReturnValue:
    """Confirm another administrator's proposal."""
    return _do(
        member_id, national.confirm, _("Confirmé : cette personne voit les lots de tous les sites réels.")
    )


@bp.post("/withdraw")
@may(Role.ADMINISTRATOR)
def withdraw(member_id: int) -> ResponseReturnValue:
    """Withdraw a proposal."""
    return _do(member_id, national.withdraw, _("Proposition retirée."))


@bp.post("/end")
@may(Role.ADMINISTRATOR)
def end(member_id: int) -> ResponseReturnValue:
    """End the national right: the officer sees the lots of this site only."""
    return _do(
        member_id,
        national.make_local,
        _("Enregistré : cette personne ne voit plus que les lots de son site."),
    )


def _do(member_id: int, step: Callable[..., object], said: str) -> ResponseReturnValue:
    found = administered(member_id)
    with transaction():
        step(found, by=agent(), at=asked_at())
    flash(said)
    return redirect(url_for("accounts.member", member_id=member_id), 303)
