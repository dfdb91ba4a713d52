"""The pages on which referents and advisers change a rule: draft, check, propose, approve, withdraw."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.kernel.db import transaction
from tracing.kernel.errors import Refused
from tracing.programmes.loader import load_packs
from tracing.programmes.publishing import queries, rules, run_services, services
from tracing.programmes.publishing.errors import ChangedMeanwhile, NoMoment, NoSuchRow, NoSuchVersion
from tracing.programmes.publishing.models import RuleRun, RuleVersion, RunKind
from tracing.programmes.publishing.review_services import Approver
from tracing.programmes.words import TABLE_WORDS
from tracing.scripts.publishing import queries as scripts
from tracing.staff import queries as staff
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role, SiteKind
from tracing.studio import version_pages as pages
from tracing.studio import version_words as words
from tracing.studio.errors import NotAtATrainingSite
from tracing.studio.row_forms import RowForm, row_form
from tracing.studio.version_forms import AS_DRAFT, ChangeForm

bp = Blueprint("rule_versions", __name__, template_folder="templates", url_prefix="/rules/versions")

FIRST_AT = timedelta(days=1)
"""How long after the first day on which a draft can take effect it is planned at first."""
MORNING = 8


def _zone() -> ZoneInfo:
    return agent().site.time_zone


def _writes() -> None:
    """Rules are those of every site: whoever only trains recruits changes none."""
    if not _may_write():
        raise NotAtATrainingSite


@bp.get("")
@may(Role.REFERENT, Role.ADVISER)
def listing() -> ResponseReturnValue:
    """Show the tables of a programme and their versions."""
    code = request.args.get("programme", agent().site.programme)
    packs = load_packs()
    pack = packs[code if code in packs else agent().site.programme]
    with transaction():
        tables = pages.tables_of(pack.code, at=asked_at(), zone=_zone())
        return render_template(
            "studio/versions.html",
            pack=pack,
            packs=packs,
            tables=tables,
            words=words,
            now=asked_at(),
            may_write=_may_write(),
            names=_names(one for table in tables for one in (*table.versions, *table.past)),
        )


@bp.context_processor
def vocabulary() -> dict[str, object]:
    """Return the words for the codes that the templates of versions use."""
    return {"table_words": TABLE_WORDS}


@bp.get("/compare")
@may(Role.REFERENT, Role.ADVISER)
def compare() -> ResponseReturnValue:
    """Show two versions of a table side by side, row by row; `one` and `other` name them."""
    with transaction():
        chosen = queries.get_version(request.args.get("one", 0, type=int))
        listed = queries.versions_of(chosen.programme)[chosen.table_name]
        wanted = request.args.get("other", type=int)
        other = next((row for row in listed if row.id == wanted), None)
        return render_template(
            "studio/compare.html",
            one=chosen,
            other=other,
            listed=listed,
            pairs=pages.compared(chosen, other, zone=_zone(), at=asked_at()) if other else [],
            words=words,
            pack=load_packs()[chosen.programme],
        )


@bp.post("/new")
@may(Role.REFERENT, Role.ADVISER)
def begin() -> ResponseReturnValue:
    """Begin a draft, or go to the one that somebody has begun; `like` begins it from an earlier version."""
    _writes()
    with transaction():
        code, table = request.form.get("programme", ""), request.form.get("table", "")
        if code not in load_packs() or table not in rules.TABLES:
            raise NoSuchVersion
        like = request.form.get("like", type=int)
        draft = services.begin(code, table, like=like, zone=_zone(), by=agent().member_id, at=asked_at())
        if (draft.created_by, draft.created_at) != (agent().member_id, asked_at()):
            flash(_("Un brouillon de cette règle est déjà commencé : le voici, rien n’y est changé."))
    return redirect(url_for("rule_versions.version", version_id=draft.id), 303)


@bp.get("/<int:version_id>")
@may(Role.REFERENT, Role.ADVISER)
def version(version_id: int) -> ResponseReturnValue:
    """Show a version beside what is before it."""
    return _show(version_id)


def _show(version_id: int, form: ChangeForm | None = None, *, status: int = 200) -> ResponseReturnValue:
    with transaction():
        shown, at = queries.get_version(version_id), asked_at()
        page = render_template(
            "studio/version.html",
            version=shown,
            form=form or _change_form(shown, at=at),
            pack=load_packs()[shown.programme],
            shown=pages.shown(shown, at=at, zone=_zone()),
            state=pages.state_word(shown, queries.versions_of(shown.programme).get(shown.table_name, []), at),
            words=words,
            now=at,
            roles=[role for role, held in _ROLES.items() if agent().holds(held)],
            me=agent().member_id,
            run=_run_of(shown),
            may_write=_may_write(),
            names=_names([shown]),
        )
    return page, status


_ROLES = {Approver.ADVISER: Role.ADVISER, Approver.REFERENT: Role.REFERENT}


def _names(versions: object) -> dict[int, str]:
    ids = {
        member
        for one in versions  # type: ignore[attr-defined]
        for member in (one.created_by, one.changed_by, one.adviser_id, one.referent_id, one.withdrawn_by)
        if member is not None
    }
    return staff.member_names(ids)


def _change_form(shown: RuleVersion, *, at: datetime) -> ChangeForm:
    first = datetime.combine(services.first_day(shown.programme, zone=_zone(), at=at), time(MORNING), _zone())
    planned = shown.effective_at or first + FIRST_AT
    local = planned.astimezone(_zone())
    return ChangeForm(
        formdata=None,
        data={"revision": shown.revision, "on": local.date(), "at": local.time(), "why": shown.why or ""},
    )


@bp.post("/<int:version_id>")
@may(Role.REFERENT, Role.ADVISER)
def save(version_id: int) -> ResponseReturnValue:
    """Keep when a draft takes effect, and what it changes."""
    return _keep(version_id, lambda _revision: None, _("Enregistré."))


def _keep(version_id: int, then: Callable[[int], object], done: str) -> ResponseReturnValue:
    """Keep the day and the reason that were typed, and do something with the version as it is after that.

    What was typed is kept even if the rest is refused.
    """
    _writes()
    form = ChangeForm()
    if not form.validate_on_submit():
        return _show(version_id, form, status=422)
    try:
        with transaction():
            kept = services.change(
                version_id,
                revision=_revision(form.revision.data),
                why=words.as_printed(form.why.data),
                effective_at=form.moment(_zone()),
                by=agent().member_id,
                at=asked_at(),
            ).revision
    except ChangedMeanwhile as changed:
        return _typed_late(version_id, form, changed)
    except NoMoment as refusal:
        form.on.errors = [*form.on.errors, refusal.message]
        return _show(version_id, form, status=422)
    return _act(version_id, lambda: then(kept), done)


def _typed_late(version_id: int, form: ChangeForm, changed: Refused) -> ResponseReturnValue:
    """Show what was typed after somebody else changed the draft; saving again is then meant."""
    with transaction():
        form.revision.data = str(queries.get_version(version_id).revision)
    form.form_errors.append(changed.message)
    return _show(version_id, form, status=changed.status)


def _revision(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


@bp.get("/<int:version_id>/row")
@may(Role.REFERENT, Role.ADVISER)
def row(version_id: int) -> ResponseReturnValue:
    """Show the form of a row: of `row`, or of a new one."""
    with transaction():
        shown = queries.get_version(version_id)
        wanted = request.args.get("row")
        content = _row_of(shown, wanted)
        if content is None and wanted is not None:
            raise NoSuchRow
        form = _row_form(shown, content)(formdata=None, data={"revision": shown.revision})
        form.fill_with(content or {})
        return _row_page(shown, form, is_new=content is None)


@bp.post("/<int:version_id>/row")
@may(Role.REFERENT, Role.ADVISER)
def save_row(version_id: int) -> ResponseReturnValue:
    """Keep a row of a draft."""
    _writes()
    wanted = request.args.get("row")
    try:
        with transaction():
            shown = queries.get_version(version_id)
            content = _row_of(shown, wanted)
            if content is None and wanted is not None:
                return _removed_meanwhile(shown, wanted)
            form = _row_form(shown, content)()
            if content is not None:
                form.keep_name(content["id"])
            written = form.read(content or {}) if form.validate_on_submit() else None
            names = [one["id"] for one in shown.rows]
            if content is None and written is not None and written["id"] in names:
                form.row_id.errors = [_("Une autre ligne porte déjà ce nom.")]
                written = None
            if written is None:
                return _row_page(shown, form, is_new=content is None), 422
            listed = (
                [written if one["id"] == wanted else one for one in shown.rows]
                if content is not None
                else [written, *shown.rows]
            )
            services.change(
                version_id,
                revision=_revision(form.revision.data),
                rows=listed,
                by=agent().member_id,
                at=asked_at(),
            )
    except ChangedMeanwhile as changed:
        with transaction():
            shown = queries.get_version(version_id)
            form.revision.data = str(shown.revision)
            form.form_errors.append(changed.message)
            if wanted is not None and _row_of(shown, wanted) is None:
                return _removed_meanwhile(shown, wanted)
            return _row_page(shown, form, is_new=wanted is None), changed.status
    flash(_("Ligne enregistrée dans le brouillon."))
    return redirect(url_for("rule_versions.version", version_id=version_id, _anchor="rows"), 303)


def _removed_meanwhile(shown: RuleVersion, row_id: str) -> ResponseReturnValue:
    """Show what was typed of a row that somebody else took out: saving it adds it again."""
    form = _row_form(shown, None)()
    form.row_id.data, form.revision.data = row_id, str(shown.revision)
    form.form_errors.append(
        _(
            "Quelqu’un a supprimé cette ligne pendant que vous écriviez. Votre saisie est ci-dessous : l’enregistrer ajoute la ligne de nouveau."
        )
    )
    return _row_page(shown, form, is_new=True), 409


def _row_of(shown: RuleVersion, row_id: str | None) -> rules.RowContent | None:
    return next((one for one in shown.rows if one["id"] == row_id), None)


def _row_form(shown: RuleVersion, content: rules.RowContent | None) -> type[RowForm]:
    pack = queries.last_pack(shown.programme)
    table = rules.table_of(pack, shown.table_name)
    return row_form(table, pack.vocabulary, content or {}, posted=request.form)


def _row_page(shown: RuleVersion, form: RowForm, *, is_new: bool) -> str:
    return render_template("studio/row.html", version=shown, form=form, is_new=is_new, words=words)


@bp.post("/<int:version_id>/move")
@may(Role.REFERENT, Role.ADVISER)
def move(version_id: int) -> ResponseReturnValue:
    """Move a row of a draft up or down, take it out, or put one back that was taken out."""
    _writes()
    wanted, how = request.form.get("row", ""), request.form.get("how", "")
    with transaction():
        shown, at = queries.get_version(version_id, lock=True), asked_at()
        day = services.first_day(shown.programme, zone=_zone(), at=at)
        old = rules.rows_on(rules.table_of(queries.last_pack(shown.programme), shown.table_name), day)
        listed = pages.moved(shown.rows, wanted, how, old=old)
        services.change(
            version_id,
            revision=_revision(request.form.get("revision")),
            rows=listed,
            by=agent().member_id,
            at=at,
        )
    return redirect(url_for("rule_versions.version", version_id=version_id, _anchor="rows"), 303)


def _act(version_id: int, action: Callable[[], object], done: str) -> ResponseReturnValue:
    """Do something with a version, or say on its page why it was not done."""
    _writes()
    try:
        with transaction():
            action()
    except Refused as refusal:
        if isinstance(refusal, NoSuchVersion):
            raise
        flash(refusal.message, "danger")
    else:
        flash(done)
    return redirect(url_for("rule_versions.version", version_id=version_id), 303)


@bp.post("/<int:version_id>/compared")
@may(Role.REFERENT, Role.ADVISER)
def compared(version_id: int) -> ResponseReturnValue:
    """Keep a draft as it is although other rules were approved since it was begun."""
    revision = _revision(request.form.get("revision"))
    return _act(
        version_id,
        lambda: services.compared(version_id, revision=revision, by=agent().member_id, at=asked_at()),
        _("Le brouillon reste tel qu’il est ci-dessous. Proposez-le quand il est prêt."),
    )


@bp.post("/<int:version_id>/preview")
@may(Role.REFERENT, Role.ADVISER)
def preview(version_id: int) -> ResponseReturnValue:
    """Ask what a draft would do to the cases of today."""
    _writes()
    with transaction():
        run_services.ask_preview(version_id, by=agent().member_id, at=asked_at())
    return redirect(url_for("rule_versions.version", version_id=version_id, _anchor="effect"), 303)


@bp.get("/<int:version_id>/effect")
@may(Role.REFERENT, Role.ADVISER, passive=True)
def effect(version_id: int) -> ResponseReturnValue:
    """Show how far going through the cases has come: a part of the version's page."""
    with transaction():
        shown = queries.get_version(version_id)
        return render_template(
            "studio/_effect.html",
            version=shown,
            run=_run_of(shown),
            may_write=_may_write(),
            now=asked_at(),
            in_page=False,
        )


def _run_of(shown: RuleVersion) -> RuleRun | None:
    kind = RunKind.PREVIEW if shown.is_open else RunKind.EFFECT
    return run_services.last_run(shown.id, kind)


def _may_write() -> bool:
    return agent().site.kind is not SiteKind.TRAINING


@bp.post("/<int:version_id>/propose")
@may(Role.REFERENT, Role.ADVISER)
def propose(version_id: int) -> ResponseReturnValue:
    """Propose a draft to those who approve it, with the day and the reason typed above the button."""

    def offer(revision: int) -> object:
        return services.propose(
            version_id, revision=revision, zone=_zone(), by=agent().member_id, at=asked_at()
        )

    done = _("Proposée. Il faut maintenant l’accord d’un médecin-conseil et d’un référent.")
    if "why" in request.form:
        return _keep(version_id, offer, done)
    # a page of the release before sends neither
    return _act(version_id, lambda: offer(_revision(request.form.get("revision"))), done)


@bp.post("/<int:version_id>/approve/adviser")
@may(Role.ADVISER)
def approve_as_adviser(version_id: int) -> ResponseReturnValue:
    """Approve a version as a medical adviser."""
    return _approve(version_id, Approver.ADVISER)


@bp.post("/<int:version_id>/approve/referent")
@may(Role.REFERENT)
def approve_as_referent(version_id: int) -> ResponseReturnValue:
    """Approve a version as a referent."""
    return _approve(version_id, Approver.REFERENT)


def _approve(version_id: int, role: Approver) -> ResponseReturnValue:
    revision = _revision(request.form.get("revision"))
    return _act(
        version_id,
        lambda: services.approve(
            version_id, role, revision=revision, zone=_zone(), by=agent().member_id, at=asked_at()
        ),
        _("Votre accord est enregistré."),
    )


@bp.post("/<int:version_id>/withdraw")
@may(Role.REFERENT, Role.ADVISER)
def withdraw(version_id: int) -> ResponseReturnValue:
    """Give up a draft, or withdraw an approved version before it takes effect."""
    return _act(
        version_id,
        lambda: _withdraw(version_id),
        _("Retirée. Les règles en vigueur ne changent pas."),
    )


def _withdraw(version_id: int) -> None:
    as_draft = AS_DRAFT in request.form
    services.withdraw(version_id, as_draft=as_draft, by=agent().member_id, at=asked_at())
    for _script in scripts.scripts_with_rule(version_id):
        flash(
            _(
                "Un script approuvé devait changer en même temps que cette règle. Il prend toujours effet à ce moment : retirez-le aussi, s’il parle d’elle."
            ),
            "warning",
        )
