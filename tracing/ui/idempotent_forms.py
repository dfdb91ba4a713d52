"""Idempotent forms: a form sent twice (second click, second browser, second host) does its work once.

Each rendered form has a random key (`form_key` in `ui/form.html` and `ui/bits.html`); its view is decorated with
`@sent_once`.
"""

import secrets
from collections.abc import Callable
from functools import wraps
from hashlib import file_digest, sha256
from time import sleep
from typing import Any, TypeVar

from flask import Flask, Response, flash, g, make_response, redirect, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from tracing.kernel import submitted_forms
from tracing.kernel.db import transaction

FIELD = "form_key"
ROUNDS, ROUND = 40, 0.05
"""How often, and every how many seconds, the second copy checks for the answer to the first: two seconds in all."""

View = TypeVar("View", bound=Callable[..., Any])


def register(app: Flask) -> None:
    """Make `form_key` available in templates."""
    app.jinja_env.globals["form_key"] = form_key


def form_key() -> str:
    """Return the key of all forms in this response; their content and address tell them apart."""
    if "form_key" not in g:
        g.form_key = secrets.token_urlsafe(16)
    key: str = g.form_key
    return key


def leads_to(address: str) -> None:
    """Set where the second copy of this form leads, when the first is answered with a page that is shown only once."""
    g.form_leads_to = address


def sent_once(view: View) -> View:
    """Run the view once for a form; a second copy gets the answer of the first.

    The key is stored in the view's first transaction that does work, and rolled back with it. It is released when the
    answer is a refusal: then the form may be sent again.
    """

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        key = request.form.get(FIELD, "") if request.method == "POST" else ""
        if not key:
            return view(*args, **kwargs)
        digest = digest_of(key)
        for _attempt in range(ROUNDS):
            try:
                return _run_first(digest, lambda: view(*args, **kwargs))
            except submitted_forms.AlreadySubmitted:
                if (sent_to := _where_first_led(digest)) is not None:
                    return _as_the_first(sent_to)
        return _as_the_first("/")

    run.__sent_once__ = True  # type: ignore[attr-defined]
    return run  # type: ignore[return-value]


def digest_of(key: str) -> bytes:
    """Return a digest that identifies this form: its key, its sender, its address and its whole content."""
    held = sha256(repr((key, current_user.get_id(), request.path)).encode())
    fields = (field for field in request.form.items(multi=True) if field[0] not in {FIELD, "csrf_token"})
    held.update(repr(sorted(fields)).encode())
    for name, file in request.files.items(multi=True):
        held.update(repr((name, file.filename, _digest_of_file(file))).encode())
    return held.digest()


def _digest_of_file(file: FileStorage) -> str:
    found = file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]  # a file that can be read
    file.stream.seek(0)
    return found


def _run_first(digest: bytes, view: Callable[[], Any]) -> Response:
    is_done = False
    try:
        with submitted_forms.once_per_form(digest):
            answer = make_response(view())
        sent_to = _where_it_leads(answer)
        is_done = sent_to is not None
    except submitted_forms.AlreadySubmitted:
        is_done = True
        raise
    finally:
        if not is_done:
            with transaction():
                submitted_forms.allow_resubmission(digest)
    if sent_to is not None:
        with transaction(waits_for_disk=False):
            submitted_forms.record_redirect(digest, sent_to)
    return answer


def _where_it_leads(answer: Response) -> str | None:
    """Return where the second copy of a form leads; None when the first did nothing, and its page is shown again."""
    if answer.status_code >= 400:
        return None
    return answer.location or g.get("form_leads_to") or ("/" if "HX-Request" in request.headers else None)


def _where_first_led(digest: bytes) -> str | None:
    """Wait for the answer to the first copy; None when it was refused after all, so that this one may do the work."""
    for _round in range(ROUNDS):
        with transaction():
            found = submitted_forms.find(digest)
        if found is None:
            return None
        if found.leads_to is not None:
            return found.leads_to
        sleep(ROUND)
    return "/"


def _as_the_first(sent_to: str) -> Response:
    if "HX-Request" in request.headers:
        # reload the page, which shows the current state
        return Response(status=204, headers={"HX-Refresh": "true"})
    flash(_("Ce formulaire avait déjà été envoyé : il n’a été pris en compte qu’une fois."))
    return make_response(redirect(sent_to, 303))
