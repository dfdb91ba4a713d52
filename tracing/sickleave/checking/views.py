"""Page to check a note for somebody on the telephone: what they read out, and what it is worth."""

from flask import render_template
from flask.typing import ResponseReturnValue

from tracing.kernel.db import transaction
from tracing.sickleave import words
from tracing.sickleave.checking import services
from tracing.sickleave.checking.forms import CheckNoteForm
from tracing.sickleave.models import CheckAnswer
from tracing.staff.access import agent, may
from tracing.staff.models import Role


@may(Role.TRACER, Role.ADVISER, Role.SUPERVISOR)
def check() -> ResponseReturnValue:
    """Ask for what is printed on a note."""
    return _page(CheckNoteForm(formdata=None))


@may(Role.TRACER, Role.ADVISER, Role.SUPERVISOR)
def checked() -> ResponseReturnValue:
    """Say what the note is worth; nothing is written."""
    form = CheckNoteForm()
    if not form.validate():
        return _page(form), 422
    with transaction():
        answer = services.check_note(form.printed)
    return _page(form, answer)


def _page(form: CheckNoteForm, answer: CheckAnswer | None = None) -> str:
    return render_template(
        "sickleave/check.html",
        form=form,
        answer=answer,
        answer_words=words.CHECK_WORDS,
        answer_tones=words.CHECK_TONES,
        lists=agent().holds(Role.ADVISER, Role.SUPERVISOR),
    )


ROUTES = (
    ("/sick-notes/check", check, ("GET",)),
    ("/sick-notes/check", checked, ("POST",)),
)
