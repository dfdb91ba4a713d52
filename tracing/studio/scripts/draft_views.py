"""The pages on which referents write a script: begin, change step by step, propose, approve, withdraw."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.utils import secure_filename

from tracing.kernel.db import transaction
from tracing.kernel.errors import Invalid, Refused
from tracing.programmes.publishing.errors import ChangedMeanwhile, NoMoment, NotOpen
from tracing.programmes.publishing.review_services import Approver
from tracing.programmes.words import TABLE_WORDS
from tracing.scripts.definitions import Script, Step
from tracing.scripts.errors import ScriptInvalid
from tracing.scripts.library import read_sent_script
from tracing.scripts.publishing import queries, services
from tracing.scripts.publishing.errors import (
    AlreadyBegun,
    NoSuchScript,
    NoSuchStep,
    RuleNotWaiting,
    StepChanged,
)
from tracing.scripts.publishing.models import ScriptDraft
from tracing.scripts.publishing.rules import read_script, step_digest
from tracing.scripts.services import get_script
from tracing.scripts.vocabulary import ScriptKind
from tracing.staff import queries as staff
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.studio.scripts import pages
from tracing.studio.scripts.file_words import problems_in_words
from tracing.studio.scripts.forms import CommentForm, PlanForm, ScriptFileForm
from tracing.studio.scripts.preview_pages import PEOPLE
from tracing.studio.scripts.step_forms import StepForm
from tracing.studio.scripts.step_shape_forms import placeholders, step_form
from tracing.studio.scripts.views import bp, may_write, named, names_of, writes, zone
from tracing.studio.version_forms import AS_DRAFT
from tracing.studio.version_words import as_printed
from tracing.ui.filters import moment as in_words
from tracing.ui.idempotent_forms import sent_once

FIRST_AT = timedelta(days=1)
"""How long from now a draft is planned at first."""
MORNING = time(8)
LARGEST_FILE = 1_000_000
"""Bytes that are read of a file: twenty times those of a long script."""
MOST_PROBLEMS = 30
_ROLES = {Approver.ADVISER: Role.ADVISER, Approver.REFERENT: Role.REFERENT}


@bp.post("/new")
@may(Role.REFERENT, Role.ADVISER)
def begin() -> ResponseReturnValue:
    """Begin a draft, or go to the one that somebody has begun; `like` begins it from an earlier version."""
    writes()
    with transaction():
        kind = request.form.get("kind", "")
        if kind not in set(ScriptKind):
            raise NoSuchScript
        like = request.form.get("like")
        begun = services.begin(
            ScriptKind(kind), like=named(like)[1] if like else None, by=agent().member_id, at=asked_at()
        )
        if (begun.created_by, begun.created_at) != (agent().member_id, asked_at()):
            flash(_("Un brouillon de ce script est déjà commencé : le voici, rien n’y est changé."))
        address = url_for("script_versions.draft", script_draft_id=begun.id)
    return redirect(address, 303)


@bp.route("/file/new", methods=["GET", "POST"])
@may(Role.REFERENT, Role.ADVISER)
@sent_once
def begin_from_file() -> ResponseReturnValue:
    """Begin a draft that says what a file says."""
    writes()
    form, problems = ScriptFileForm(), list[str]()
    if form.validate_on_submit():
        sent = form.file.data
        name = secure_filename(sent.filename) or "script.yaml"
        try:
            script = read_sent_script(name, sent.read(LARGEST_FILE))
        except ScriptInvalid as invalid:
            problems = problems_in_words(invalid.places, name)
        else:
            try:
                with transaction():
                    begun = services.begin_from(script, by=agent().member_id, at=asked_at())
                    address = url_for("script_versions.draft", script_draft_id=begun.id)
            except AlreadyBegun as refusal:
                form.file.errors = [refusal.message]
            else:
                return redirect(address, 303)
    page = render_template("studio/script_file.html", form=form, problems=problems[:MOST_PROBLEMS])
    return page, 422 if form.errors or problems else 200


@bp.get("/drafts/<int:script_draft_id>")
@may(Role.REFERENT, Role.ADVISER)
def draft(script_draft_id: int) -> ResponseReturnValue:
    """Show a draft: its outline, what the checks found, when it takes effect, and what can be done with it."""
    return _show(script_draft_id)


def _show(
    script_draft_id: int,
    form: PlanForm | None = None,
    *,
    said: CommentForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    with transaction():
        shown, at = queries.get_draft(script_draft_id), asked_at()
        comments = queries.comments_of(shown.id)
        page = render_template(
            "studio/script_draft.html",
            draft=shown,
            kind=ScriptKind(shown.kind),
            outline=pages.outline_of_draft(shown),
            form=form or _plan_form(shown, at=at),
            rule=queries.find_rule(shown.with_rule_id),
            now=at,
            roles=[role for role, held in _ROLES.items() if agent().holds(held)],
            me=agent().member_id,
            may_write=may_write(),
            names=names_of([shown]) | staff.member_names({one.said_by for one in comments}),
            comments=comments,
            comment_form=said or _comment_form(shown, CommentForm(formdata=None)),
        )
    return page, status


def _comment_form(shown: ScriptDraft, form: CommentForm) -> CommentForm:
    form.offer([(one["id"], one["title"]) for one in shown.content["steps"]])
    return form


@bp.post("/drafts/<int:script_draft_id>/comment")
@may(Role.REFERENT, Role.ADVISER)
@sent_once
def comment(script_draft_id: int) -> ResponseReturnValue:
    """Say something of a draft, or of one of its steps."""
    writes()
    with transaction():
        form = _comment_form(queries.get_draft(script_draft_id), CommentForm())
    if not form.validate_on_submit():
        return _show(script_draft_id, said=form, status=422)
    with transaction():
        services.comment(
            script_draft_id,
            as_printed(form.body.data),
            step_id=form.step.data or None,
            by=agent().member_id,
            at=asked_at(),
        )
    flash(_("Remarque enregistrée."))
    return redirect(
        url_for("script_versions.draft", script_draft_id=script_draft_id, _anchor="comments"), 303
    )


def _plan_form(shown: ScriptDraft, *, at: datetime) -> PlanForm:
    local = (shown.effective_at or _first_moment(at)).astimezone(zone())
    form = PlanForm(
        formdata=None,
        data={
            "seen": services.digest_of_plan(shown),
            "revision": str(shown.revision),
            "whose": " ".join(services.programmes_of(shown)),
            "on": local.date(),
            "at": local.time(),
            "why": shown.why or "",
            "with_rule": str(shown.with_rule_id or ""),
        },
    )
    form.offer(_rules(at), now=services.programmes_of(shown))
    return form


def _first_moment(at: datetime) -> datetime:
    return datetime.combine((at.astimezone(zone()) + FIRST_AT).date(), MORNING, zone())


def _rules(at: datetime) -> list[tuple[int, str]]:
    return [
        (
            one.id,
            f"{TABLE_WORDS.get(one.table_name, one.table_name)} · {one.programme} · {in_words(one.effective_at)}",
        )
        for one in queries.waiting_rules(at)
        if one.effective_at is not None
    ]


@bp.post("/drafts/<int:script_draft_id>")
@may(Role.REFERENT, Role.ADVISER)
def plan(script_draft_id: int) -> ResponseReturnValue:
    """Keep when a draft takes effect, and what it changes."""
    return _keep(script_draft_id, lambda _before, _after: None, _("Enregistré."))


def _keep(script_draft_id: int, then: Callable[[int, int], object], done: str) -> ResponseReturnValue:
    """Keep the day and the reason that were typed, and do something with the draft, by its revisions before and after.

    What was typed is kept even if the rest is refused.
    """
    writes()
    form = PlanForm()
    with transaction():
        written = queries.get_draft(script_draft_id)
        form.offer(_rules(asked_at()), now=services.programmes_of(written))
    if not form.is_right():
        return _show(script_draft_id, form, status=422)
    try:
        with transaction():
            before = queries.get_draft(script_draft_id).revision
            after = services.plan(
                script_draft_id,
                seen=form.seen.data or "",
                why=as_printed(form.why.data),
                effective_at=form.moment(zone()),
                programmes=form.programmes(),
                with_rule_id=form.rule(),
                by=agent().member_id,
                at=asked_at(),
            ).revision
    except ChangedMeanwhile as changed:
        with transaction():
            now = queries.get_draft(script_draft_id)
            form.seen.data, form.revision.data = services.digest_of_plan(now), str(now.revision)
        form.form_errors.append(changed.message)
        return _show(script_draft_id, form, status=changed.status)
    except (NoMoment, RuleNotWaiting) as refusal:
        form.on.errors = [*form.on.errors, refusal.message]
        return _show(script_draft_id, form, status=422)
    return _act(script_draft_id, lambda: then(before, after), done)


@bp.get("/drafts/<int:script_draft_id>/step")
@may(Role.REFERENT, Role.ADVISER)
def step(script_draft_id: int) -> ResponseReturnValue:
    """Show the form of a step: of `step`, or of a new one `after` another."""
    with transaction():
        shown, script, now = step_of(script_draft_id, request.args.get("step"))
        if now is None and "step" in request.args:
            raise NoSuchStep
        after = request.args.get("after")
        form = step_form(script, now, after=after, posted={})(
            formdata=None, data={"seen": _seen(shown, now), "after": after or ""}
        )
        form.fill_with(now, script.english)
        if now is None:
            _set_beside(form, script, after)
        return _step_page(shown, script, now, form)


def _set_beside(form: StepForm, script: Script, after: str | None) -> None:
    """Give a new step the section of the one before it, and its protection."""
    beside = script.step(after) if after else None
    if beside is not None:
        form.section.data, form.sensitive.data = beside.section, beside.sensitive


def step_of(script_draft_id: int, name: str | None) -> tuple[ScriptDraft, Script, Step | None]:
    """Return a draft, as a script, and one of its steps; None without such a step."""
    shown = queries.get_draft(script_draft_id)
    script = read_script(ScriptKind(shown.kind), shown.content, version=shown.version or shown.release)
    return shown, script, script.step(name) if name else None


def _seen(shown: ScriptDraft, now: Step | None) -> str:
    written = next((one for one in shown.content["steps"] if now and one["id"] == now.id), None)
    return step_digest(written, shown.content.get("english", {})) if written else ""


def _step_page(
    shown: ScriptDraft, script: Script, now: Step | None, form: StepForm, *, theirs: Step | None = None
) -> str:
    return render_template(
        "studio/script_step.html",
        draft=shown,
        kind=script.kind,
        step=now,
        form=form,
        theirs=theirs,
        english=script.english,
        placeholders=placeholders(script.kind),
        people=PEOPLE[script.kind],
    )


@bp.post("/drafts/<int:script_draft_id>/step")
@may(Role.REFERENT, Role.ADVISER)
@sent_once
def save_step(script_draft_id: int) -> ResponseReturnValue:
    """Keep a step of a draft."""
    writes()
    wanted = request.args.get("step")
    try:
        with transaction():
            shown, script, now = step_of(script_draft_id, wanted)
            form = step_form(script, now, after=request.form.get("after"), posted=request.form)()
            if now is None and wanted is not None:
                return _removed(shown, script, form, wanted)
            written = form.read(now) if form.validate_on_submit() else None
            if written is None:
                return _step_page(shown, script, now, form), 422
            content, english = written
            services.put_step(
                script_draft_id,
                content,
                seen=form.seen.data or None,
                after=form.after.data or None,
                english=english,
                by=agent().member_id,
                at=asked_at(),
            )
    except StepChanged as changed:
        return _typed_late(script_draft_id, wanted, changed)
    except NotOpen as closed:
        return _typed_too_late(script_draft_id, wanted, closed)
    except Invalid as refusal:
        with transaction():
            shown, script, now = step_of(script_draft_id, wanted)
            form.form_errors.append(refusal.message)
            return _step_page(shown, script, now, form), refusal.status
    flash(_("Étape enregistrée dans le brouillon."))
    return redirect(
        url_for("script_versions.draft", script_draft_id=script_draft_id, _anchor=f"step-{content['id']}"),
        303,
    )


def _typed_late(script_draft_id: int, wanted: str | None, changed: Refused) -> ResponseReturnValue:
    """Show what was typed beside what somebody else has written; saving again is then meant."""
    with transaction():
        shown, script, now = step_of(script_draft_id, wanted)
        form = step_form(script, now, after=None, posted=request.form)()
        form.seen.data = _seen(shown, now)
        form.form_errors.append(changed.message)
        return _step_page(shown, script, now, form, theirs=now), changed.status


def _typed_too_late(script_draft_id: int, wanted: str | None, closed: NotOpen) -> ResponseReturnValue:
    """Show what was typed of a draft that was approved or withdrawn meanwhile: it can be copied into another draft."""
    with transaction():
        shown, script, now = step_of(script_draft_id, wanted)
        form = step_form(script, now, after=None, posted=request.form)()
        form.form_errors += [
            closed.message,
            _(
                "Ce que vous avez écrit est encore ci-dessous : copiez-le, commencez un nouveau brouillon depuis la page des scripts, et collez-le dans cette étape."
            ),
        ]
        return _step_page(shown, script, now, form), closed.status


def _stood_after(name: str, shown: ScriptDraft, script: Script) -> str:
    """Return the step after which one that was taken out stood in the version before, of those that are left."""
    before = [one.id for one in get_script(script.kind, shown.base).steps]
    earlier = before[: before.index(name)] if name in before else []
    return next((one for one in reversed(earlier) if script.step(one)), "")


def _removed(shown: ScriptDraft, script: Script, form: StepForm, name: str) -> ResponseReturnValue:
    """Show what was typed of a step that somebody else took out: saving it adds it again."""
    form.seen.data, form.was.data = "", name
    form.after.data = _stood_after(name, shown, script)
    form.form_errors.append(
        _(
            "Quelqu’un a supprimé cette étape pendant que vous écriviez. Votre saisie est ci-dessous : l’enregistrer ajoute l’étape de nouveau."
        )
    )
    return _step_page(shown, script, None, form), 409


@bp.post("/drafts/<int:script_draft_id>/move")
@may(Role.REFERENT, Role.ADVISER)
def move(script_draft_id: int) -> ResponseReturnValue:
    """Move a step of a draft up or down, take it out, or put back the one before it."""
    wanted, how = request.form.get("step", ""), request.form.get("how", "")
    return _act(
        script_draft_id,
        lambda: services.move_step(
            script_draft_id, wanted, how, revision=_revision(), by=agent().member_id, at=asked_at()
        ),
        _("Enregistré."),
        anchor=f"step-{wanted}",
    )


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _act(
    script_draft_id: int, action: Callable[[], Any], done: str, *, anchor: str | None = None
) -> ResponseReturnValue:
    """Do something with a draft, or say on its page why it was not done."""
    writes()
    try:
        with transaction():
            action()
    except Refused as refusal:
        if isinstance(refusal, NoSuchScript):
            raise
        flash(refusal.message, "danger")
    else:
        flash(done)
    return redirect(url_for("script_versions.draft", script_draft_id=script_draft_id, _anchor=anchor), 303)


@bp.post("/drafts/<int:script_draft_id>/compared")
@may(Role.REFERENT, Role.ADVISER)
def compared(script_draft_id: int) -> ResponseReturnValue:
    """Keep a draft as it is although another version was approved since it was begun."""
    return _act(
        script_draft_id,
        lambda: services.compared(script_draft_id, revision=_revision(), by=agent().member_id, at=asked_at()),
        _("Le brouillon reste tel qu’il est ci-dessous. Proposez-le quand il est prêt."),
    )


@bp.post("/drafts/<int:script_draft_id>/propose")
@may(Role.REFERENT, Role.ADVISER)
def propose(script_draft_id: int) -> ResponseReturnValue:
    """Propose a draft to those who approve it, with the day and the reason typed above the button."""
    read = _revision()

    def offer(before: int, after: int) -> object:
        # a colleague may have changed the draft since this page was read: that is refused, and what was typed is kept
        revision = after if read == before else read
        return services.propose(script_draft_id, revision=revision, by=agent().member_id, at=asked_at())

    done = _("Proposée. Il faut maintenant l’accord d’un médecin-conseil et d’un référent.")
    if "why" in request.form:
        return _keep(script_draft_id, offer, done)
    # a page of the release before sends the revision alone
    return _act(script_draft_id, lambda: offer(read, read), done)


@bp.post("/drafts/<int:script_draft_id>/approve/adviser")
@may(Role.ADVISER)
def approve_as_adviser(script_draft_id: int) -> ResponseReturnValue:
    """Approve a draft as a medical adviser."""
    return _approve(script_draft_id, Approver.ADVISER)


@bp.post("/drafts/<int:script_draft_id>/approve/referent")
@may(Role.REFERENT)
def approve_as_referent(script_draft_id: int) -> ResponseReturnValue:
    """Approve a draft as a referent."""
    return _approve(script_draft_id, Approver.REFERENT)


def _approve(script_draft_id: int, role: Approver) -> ResponseReturnValue:
    return _act(
        script_draft_id,
        lambda: services.approve(
            script_draft_id, role, revision=_revision(), by=agent().member_id, at=asked_at()
        ),
        _("Votre accord est enregistré."),
    )


@bp.post("/drafts/<int:script_draft_id>/withdraw")
@may(Role.REFERENT, Role.ADVISER)
def withdraw(script_draft_id: int) -> ResponseReturnValue:
    """Give up a draft, or withdraw an approved version before it takes effect."""
    return _act(
        script_draft_id,
        lambda: services.withdraw(
            script_draft_id, as_draft=AS_DRAFT in request.form, by=agent().member_id, at=asked_at()
        ),
        _("Retirée. Le script en vigueur ne change pas."),
    )
