"""Pages of a source's keys: one person proposes, another confirms, anyone may retire."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.imports.models import KeyState, KeyUse, SourceKey
from tracing.imports.pages.lots import sent_bytes
from tracing.imports.pages.source_forms import (
    ConfirmKeyForm,
    ConfirmPasswordForm,
    KeyForm,
    PasswordForm,
    PrivateKeyForm,
    SignerForm,
)
from tracing.imports.pages.source_words import KEY_TONES, KEY_WORDS, OPENS_WORDS, SPOKEN_LETTERS, USE_WORDS
from tracing.imports.sources import key_services as services
from tracing.imports.sources import queries
from tracing.imports.sources.errors import KeyRefused, NotTheSame
from tracing.imports.sources.key_files import KeyRead, grouped, read_password, read_private_key, read_signer
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import scope_of
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("source_keys", __name__, url_prefix="/sources/<code>/keys", template_folder="templates")

FORMS: dict[str, type[KeyForm]] = {"private": PrivateKeyForm, "password": PasswordForm, "signer": SignerForm}
"""The form for each sort of key, by the word for it in the URL."""
COMMANDS = {
    "recipient": "age-keygen -y FICHIER",
    "own_fingerprint": "gpg --show-keys --fingerprint FICHIER",
}
"""Command with which the holder of a copy computes its fingerprint, by what is known of the key."""
CERTIFICATE_COMMAND = "openssl x509 -noout -fingerprint -sha256 -in FICHIER"
SPOKEN_GROUPS = 2
"""Groups of a fingerprint that are spelled out, enough to hear at once whether two people mean the same."""


@bp.route("/new/<any(private, password, signer):kind>", methods=["GET", "POST"])
@may(Role.IMPORTER)
@sent_once
def new(code: str, kind: str) -> ResponseReturnValue:
    """Propose a key; it opens nothing yet."""
    source = queries.get_source(code, scope_of(agent()))
    form = FORMS[kind]()
    if not form.validate_on_submit():
        page = render_template("imports/key_new.html", source=source, form=form, kind=kind)
        return page, 422 if form.errors else 200
    try:
        with transaction():
            key = services.propose(
                code, _read(form), label=(form.label.data or "").strip(), by=agent().member_id, at=clock.now()
            )
    except KeyRefused as refusal:
        at_fault = form[refusal.field] if refusal.field in form else form["file"]
        at_fault.errors = [refusal.message]
        return render_template("imports/key_new.html", source=source, form=form, kind=kind), refusal.status
    flash(_("Enregistré et scellé. Rien ne s’ouvre avec tant qu’une autre personne ne l’a pas confirmé."))
    return redirect(url_for("source_keys.show", code=code, key_id=key.id), 303)


def _read(form: KeyForm) -> KeyRead:
    """Read the key that was sent, according to its form."""
    if isinstance(form, PasswordForm):
        return read_password(form.password.data or "")
    if isinstance(form, SignerForm):
        return read_signer(sent_bytes(form.file.data))
    return read_private_key(
        sent_bytes(form["file"].data),
        certificate=sent_bytes(form["certificate"].data),
        passphrase=form["passphrase"].data or "",
    )


@bp.get("/<int:key_id>")
@may(Role.IMPORTER)
def show(code: str, key_id: int) -> ResponseReturnValue:
    """Show what may be shown of a key, and its next step."""
    key = _key(code, key_id)
    return key_page(key, _confirm_form(key))


@bp.post("/<int:key_id>/confirm")
@may(Role.IMPORTER)
def confirm(code: str, key_id: int) -> ResponseReturnValue:
    """Confirm a key that another person proposed."""
    key = _key(code, key_id)
    form = _confirm_form(key)
    if not form.validate_on_submit():
        return key_page(key, form), 422
    me, at = agent().member_id, clock.now()
    try:
        with transaction():
            services.confirm(code, key_id, form.typed.data or "", by=me, at=at)
    except NotTheSame as refusal:
        with transaction():
            services.note_mismatch(code, key_id, by=me, at=at)
        form.typed.errors = [refusal.message]
        return key_page(_key(code, key_id), form), refusal.status
    flash(_("Confirmé : cela sert à partir de maintenant."))
    return redirect(url_for("sources.show", code=code), 303)


@bp.post("/<int:key_id>/put-aside")
@may(Role.IMPORTER)
def put_aside(code: str, key_id: int) -> ResponseReturnValue:
    """Drop a key that was never confirmed."""
    _key(code, key_id)
    with transaction():
        services.put_aside(code, key_id, by=agent().member_id, at=clock.now())
    flash(_("Écarté : rien n’en est gardé."))
    return redirect(url_for("sources.show", code=code), 303)


@bp.post("/<int:key_id>/retire")
@may(Role.IMPORTER)
def retire(code: str, key_id: int) -> ResponseReturnValue:
    """Retire a key, so that it opens nothing any more."""
    _key(code, key_id)
    with transaction():
        services.retire(code, key_id, by=agent().member_id, at=clock.now())
    flash(_("Retiré : la partie secrète est détruite."))
    return redirect(url_for("sources.show", code=code), 303)


def _key(code: str, key_id: int) -> SourceKey:
    """Return a key of a source that the current member may see."""
    queries.get_source(code, scope_of(agent()))
    return queries.get_key(code, key_id)


def _confirm_form(key: SourceKey) -> Any:
    return ConfirmPasswordForm() if key.use is KeyUse.PASSWORD else ConfirmKeyForm()


def key_page(key: SourceKey, form: Any) -> str:
    """Return the page of a key; hides the end of the fingerprint from its confirmer, who must know it already."""
    me = agent()
    is_mine = key.proposed_by == me.member_id
    hides_end = key.state is KeyState.PROPOSED and not is_mine
    source = queries.get_source(key.source_code, scope_of(me))
    others = staff.import_officers(me.site.id, is_national=source.site_id != me.site.id)
    return render_template(
        "imports/key.html",
        source=source,
        key=key,
        form=form,
        is_mine=is_mine,
        hides_end=hides_end,
        fingerprint=grouped(_shown(key.fingerprint, hides_end=hides_end)),
        own=_own_fingerprint(key, hides_end=hides_end),
        spoken=[
            [SPOKEN_LETTERS.get(letter, letter) for letter in group] for group in grouped(key.fingerprint)
        ][:SPOKEN_GROUPS],
        others=[member.display_name for member in others if member.id != key.proposed_by],
        names=staff.member_names(who for who in (key.proposed_by, key.confirmed_by, key.retired_by) if who),
        command=_command(key),
        use_words=USE_WORDS,
        opens_words=OPENS_WORDS,
        key_words=KEY_WORDS,
        key_tones=KEY_TONES,
        now=clock.now(),
    )


def _shown(fingerprint: str, *, hides_end: bool) -> str:
    """Return a fingerprint, without its end when the reader must enter that end."""
    if not hides_end or not fingerprint:
        return fingerprint
    return fingerprint[: -services.LAST] + "•" * services.LAST


def _own_fingerprint(key: SourceKey, *, hides_end: bool) -> str:
    """Return the fingerprint or name that programs of the key's own kind use."""
    own = str(key.about.get("own_fingerprint") or key.about.get("recipient") or "")
    shown = _shown(own, hides_end=hides_end)
    return " ".join(grouped(shown)) if "own_fingerprint" in key.about else shown


def _command(key: SourceKey) -> str:
    """Return the command with which the second person computes the fingerprint of their own copy."""
    return next((command for known, command in COMMANDS.items() if known in key.about), CERTIFICATE_COMMAND)
