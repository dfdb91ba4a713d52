"""Pages of sources: the list, the decisions about each, and how its files are read."""

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from tracing.imports.arrivals import tokens
from tracing.imports.arrivals.views import address_of
from tracing.imports.corrections import jobs as correction_jobs
from tracing.imports.format.codes import CODES, TEST
from tracing.imports.format.columns import REQUIRED
from tracing.imports.format.mapping import Mapping
from tracing.imports.models import ImportSource, KeyState, KeyUse, SourceKey
from tracing.imports.pages.lot_words import STATE_TONES, STATE_WORDS
from tracing.imports.pages.source_forms import SourceForm
from tracing.imports.pages.source_words import (
    CODE_WORDS,
    COUNTRY_WORDS,
    FIELD_GROUPS,
    FIELD_WORDS,
    KEY_TONES,
    KEY_WORDS,
    KIND_WORDS,
    USE_WORDS,
)
from tracing.imports.sources import queries, services
from tracing.imports.sources.errors import NoSuchMapping, SourceCodeTaken
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role, Site, SiteKind
from tracing.staff.scope import scope_of
from tracing.ui.idempotent_forms import sent_once

bp = Blueprint("sources", __name__, url_prefix="/sources", template_folder="templates")

ENDS_SOON = timedelta(days=30)
"""From this long before its end a certificate is shown as ending soon: replacing it takes a laboratory some weeks."""
MORE_CODES = 3
"""Empty rows below the known codes, for new ones."""


def key_state(keys: list[SourceKey]) -> tuple[str, str]:
    """Return the tone and the label for the state of a source's keys, the most urgent one first."""
    confirmed = [key for key in keys if key.state is KeyState.CONFIRMED and key.use is not KeyUse.SIGNER]
    ends = [key.expires_at for key in confirmed if key.expires_at]
    if any(key.state is KeyState.PROPOSED for key in keys):
        return "soon", _("à confirmer")
    if not confirmed:
        return "neutral", _("aucune")
    if ends and min(ends) <= clock.now():
        return "danger", _("périmée")
    if ends and min(ends) <= clock.now() + ENDS_SOON:
        return "soon", _("bientôt périmée")
    return "done", _("en usage")


@bp.get("")
@may(Role.IMPORTER)
def listing() -> ResponseReturnValue:
    """List the sources: last lot, whether their files can be opened, whether they load automatically."""
    scope = scope_of(agent())
    found = queries.sources(scope)
    keys: dict[str, list[SourceKey]] = {source.code: [] for source in found}
    for key in queries.living_keys():
        if key.source_code in keys:
            keys[key.source_code].append(key)
    return render_template(
        "imports/sources.html",
        sources=list(found),
        last=queries.last_lots(scope),
        keys={code: key_state(theirs) for code, theirs in keys.items()},
        kind_words=KIND_WORDS,
        state_words=STATE_WORDS,
        state_tones=STATE_TONES,
    )


def _owners() -> list[Site]:
    """Return the sites to which the current member may give a source: their own; for national members any live one."""
    if not agent().is_national:
        return [staff.get_site(agent().site.id)]
    return [site for site in staff.sites() if site.kind is SiteKind.LIVE]


@bp.route("/new", methods=["GET", "POST"])
@may(Role.IMPORTER)
@sent_once
def new() -> ResponseReturnValue:
    """Create a source."""
    form = SourceForm.of(None, _owners(), may_be_national=agent().is_national)
    if not form.validate_on_submit():
        return _edit_page(form, None), 422 if form.errors else 200
    try:
        with transaction():
            source = services.add_source(
                form.code.data or "", form.terms(), by=agent().member_id, at=clock.now()
            )
    except SourceCodeTaken as refusal:
        form.code.errors = [refusal.message]
        return _edit_page(form, None), refusal.status
    flash(_("Expéditeur ajouté. Ajoutez maintenant ce qui ouvre ses fichiers."))
    return redirect(url_for("sources.show", code=source.code), 303)


@bp.route("/<code>/edit", methods=["GET", "POST"])
@may(Role.IMPORTER)
def edit(code: str) -> ResponseReturnValue:
    """Change the decisions about a source."""
    source = queries.get_source(code, scope_of(agent()))
    form = SourceForm.of(source, _owners(), may_be_national=agent().is_national)
    if not form.validate_on_submit():
        return _edit_page(form, source), 422 if form.errors else 200
    with transaction():
        services.change_source(code, form.terms(), by=agent().member_id, at=clock.now())
    flash(_("Enregistré. Les lots à venir suivront ces choix."))
    if form.reuses_ids.data:
        decided = correction_jobs.decide_without_ids(code, settings=g.settings, by=agent().member_id)
        if decided:
            flash(
                ngettext(
                    "%(num)d ligne attendait à cause de son identifiant : elle a été reprise.",
                    "%(num)d lignes attendaient à cause de leur identifiant : elles ont été reprises.",
                    decided,
                )
            )
    return redirect(url_for("sources.show", code=code), 303)


def _edit_page(form: SourceForm, source: ImportSource | None) -> str:
    return render_template("imports/source_edit.html", form=form, source=source)


@bp.get("/<code>")
@may(Role.IMPORTER)
def show(code: str) -> ResponseReturnValue:
    """Show a source: its keys, its mapping, its last lots."""
    source = queries.get_source(code, scope_of(agent()))
    keys, retired = queries.living_keys(code), queries.retired_keys(code)
    versions = queries.mapping_versions(code)
    people = {key.proposed_by for key in keys} | {key.retired_by for key in retired if key.retired_by}
    people |= {version.made_by for version in versions if version.made_by}
    living_tokens = tokens.living(code)
    people |= {token.made_by for token in living_tokens}
    return render_template(
        "imports/source.html",
        source=source,
        keys=list(keys),
        retired=list(retired),
        versions=list(versions),
        tokens=list(living_tokens),
        address=address_of("post", code=code),
        lots=list(queries.lots_of(code, scope_of(agent()))),
        site=staff.get_site(source.site_id) if source.site_id else None,
        names=staff.member_names(people),
        has_signer=any(key.use is KeyUse.SIGNER and key.state is KeyState.CONFIRMED for key in keys),
        kind_words=KIND_WORDS,
        country_words=COUNTRY_WORDS,
        use_words=USE_WORDS,
        key_words=KEY_WORDS,
        key_tones=KEY_TONES,
        state_words=STATE_WORDS,
        state_tones=STATE_TONES,
        taught=queries.taught_codes(code),
        field_words=FIELD_WORDS,
        code_words=CODE_WORDS,
        now=clock.now(),
        ends_soon=ENDS_SOON,
    )


@bp.get("/<code>/mappings/<int:version>")
@may(Role.IMPORTER)
def mapping(code: str, version: int) -> ResponseReturnValue:
    """Show one version of a source's mapping."""
    source = queries.get_source(code, scope_of(agent()))
    found = queries.get_mapping(code, version)
    versions = queries.mapping_versions(code)
    previous = next((each for each in versions if each.version == version - 1), None)
    kept = queries.as_mapping(found)
    used = set(kept.columns.values())
    return render_template(
        "imports/source_mapping.html",
        source=source,
        version=found,
        is_current=versions[0].id == found.id,
        mapping=kept,
        previous=queries.as_mapping(previous) if previous else None,
        unused=[heading for heading in kept.headings if heading.strip() and heading not in used],
        names=staff.member_names([found.made_by] if found.made_by else []),
        required=REQUIRED,
        groups=FIELD_GROUPS,
        field_words=FIELD_WORDS,
        code_words=CODE_WORDS,
    )


@bp.route("/<code>/codes", methods=["GET", "POST"])
@may(Role.IMPORTER)
@sent_once
def codes(code: str) -> ResponseReturnValue:
    """Change the meaning of a sender's codes; saved as the next version of the mapping."""
    source = queries.get_source(code, scope_of(agent()))
    current = queries.mapping_of(code)
    if current is None:
        raise NoSuchMapping
    kept = current[1]
    if request.method == "GET":
        return _codes_page(source, kept)
    meanings = {name: _typed_codes(name) for name in CODES}
    accepted = replace(kept, codes={name: theirs for name, theirs in meanings.items() if theirs})
    with transaction():
        version = services.accept_mapping(code, accepted, by=agent().member_id, at=clock.now())
    flash(_("Codes enregistrés : version %(number)s.", number=version.version))
    return redirect(url_for("sources.show", code=code), 303)


def _typed_codes(name: str) -> dict[str, str]:
    """Return the meanings entered for one field; rows without a value or without a meaning are skipped."""
    values, meanings = request.form.getlist(f"value-{name}"), request.form.getlist(f"code-{name}")
    pairs = zip(values, meanings, strict=False)
    return {
        " ".join(value.split())[:60]: code for value, code in pairs if value.strip() and code in CODES[name]
    }


def _codes_page(source: ImportSource, kept: Mapping) -> str:
    return render_template(
        "imports/source_codes.html",
        source=source,
        mapping=kept,
        fields=list(CODES),
        more=MORE_CODES,
        test_field=TEST,
        field_words=FIELD_WORDS,
        code_words=CODE_WORDS,
    )
