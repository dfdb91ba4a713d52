"""The pages of scripts: their versions, one of them read, two of them compared."""

from collections.abc import Iterable
from io import BytesIO
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from tracing.kernel.db import transaction
from tracing.programmes.words import TABLE_WORDS
from tracing.scripts.definitions import Script
from tracing.scripts.library import write_script
from tracing.scripts.publishing import queries
from tracing.scripts.publishing.branch_map import draw
from tracing.scripts.publishing.differences import compare as compare_scripts
from tracing.scripts.publishing.errors import NoSuchScript
from tracing.scripts.publishing.models import ScriptDraft
from tracing.scripts.publishing.rules import read_script
from tracing.scripts.publishing.xlsform import write_xlsform
from tracing.scripts.services import get_script, version_before
from tracing.scripts.vocabulary import ScriptKind
from tracing.staff import queries as staff
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role, SiteKind
from tracing.studio import version_words
from tracing.studio.errors import NotAtATrainingSite
from tracing.studio.scripts import pages, words
from tracing.studio.scripts.setting_words import settings_apart

bp = Blueprint("script_versions", __name__, template_folder="templates", url_prefix="/scripts")


@bp.context_processor
def vocabulary() -> dict[str, object]:
    """Return the words for the codes that the templates of scripts use."""
    return {
        "words": words,
        "settings_apart": settings_apart,
        "version_words": version_words,
        "table_words": TABLE_WORDS,
        "pages": pages,
    }


@bp.get("")
@may(Role.REFERENT, Role.ADVISER)
def listing() -> ResponseReturnValue:
    """Show the scripts and their versions."""
    with transaction():
        kinds = [pages.listed(kind, at=asked_at()) for kind in ScriptKind]
        drafts = [line.draft for one in kinds for line in one.lines if line.draft is not None]
        return render_template(
            "studio/scripts.html",
            kinds=kinds,
            now=asked_at(),
            may_write=may_write(),
            names=names_of(drafts),
        )


@bp.get("/version")
@may(Role.REFERENT, Role.ADVISER)
def version() -> ResponseReturnValue:
    """Show a published version, `of`, as it is read: an outline, its words in both languages."""
    with transaction():
        kind, number = named(request.args.get("of", ""))
        draft = queries.draft_of_version(kind, number)
        if draft is not None:
            return redirect(url_for("script_versions.draft", script_draft_id=draft.id), 303)
        return render_template(
            "studio/script.html",
            kind=kind,
            version=queries.get_version(kind, number),
            outline=pages.outline_of(get_script(kind, number)),
            before=version_before(kind, number),
            now=asked_at(),
            may_write=may_write(),
        )


@bp.get("/compare")
@may(Role.REFERENT, Role.ADVISER)
def compare() -> ResponseReturnValue:
    """Show two versions of a script side by side, word by word; `one` and `other` name them."""
    with transaction():
        kind, one, before = chosen(request.args.get("one", ""))
        wanted = request.args.get("other") or ""
        other, after = (wanted, chosen(wanted, kind)[2]) if wanted else ("", None)
        return render_template(
            "studio/script_compare.html",
            kind=kind,
            one=one,
            other=other,
            choices=_choices(kind),
            pairs=compare_scripts(before, after) if after else [],
            questions={**before.questions, **(after.questions if after else {})},
        )


@bp.get("/file")
@may(Role.REFERENT, Role.ADVISER)
def file() -> ResponseReturnValue:
    """Send a version or a draft, `of`, as the file that a release would hold."""
    with transaction():
        kind, of, script = chosen(request.args.get("of", ""))
    name = f"{_file_name(kind, of, script)}.yaml"
    content = BytesIO(write_script(script).encode())
    return send_file(content, mimetype="application/yaml", as_attachment=True, download_name=name)


@bp.get("/xlsform")
@may(Role.REFERENT, Role.ADVISER)
def xlsform() -> ResponseReturnValue:
    """Send a version or a draft, `of`, as an XLSForm; its last sheet says what that cannot hold."""
    with transaction():
        kind, of, script = chosen(request.args.get("of", ""))
    name = f"{_file_name(kind, of, script)}.xlsx"
    return send_file(BytesIO(write_xlsform(script)), as_attachment=True, download_name=name)


def _file_name(kind: ScriptKind, of: str, script: Script) -> str:
    """Return the name of a file: a draft is not to be taken for the version it was begun from."""
    is_draft = of.isdecimal() and queries.get_draft(int(of)).version is None
    return f"{kind.value}-brouillon-{of}" if is_draft else f"{kind.value}-{script.version}"


@bp.get("/branches")
@may(Role.REFERENT, Role.ADVISER)
def branches() -> ResponseReturnValue:
    """Show the branches of a version or a draft, `of`, as a drawing."""
    with transaction():
        kind, of, script = chosen(request.args.get("of", ""))
        return render_template(
            "studio/script_branches.html", kind=kind, of=of, script=script, drawn=draw(script)
        )


def chosen(name: str, kind: ScriptKind | None = None) -> tuple[ScriptKind, str, Script]:
    """Return a version, or a draft by its number."""
    if name.isdecimal():
        draft = queries.get_draft(int(name) if len(name) < 10 else 0)
        found = (
            ScriptKind(draft.kind),
            name,
            read_script(ScriptKind(draft.kind), draft.content, version=draft.version or draft.release),
        )
    else:
        of, version_name = named(name)
        queries.get_version(of, version_name)
        found = of, name, get_script(of, version_name)
    if kind is not None and found[0] is not kind:
        raise NoSuchScript
    return found


def _choices(kind: ScriptKind) -> list[tuple[str, str]]:
    published = [(f"{kind.value}-{one.version}", one.version) for one in queries.versions_of(kind)]
    drafts = [
        (str(one.id), words.title_of(one))
        for one in queries.drafts_of(kind)
        if one.version is None and one.is_open
    ]
    return drafts + published


def named(script: str) -> tuple[ScriptKind, str]:
    """Return the kind and the version that an address names, as the name of a file does.

    Raises:
        NoSuchScript: it names none.
    """
    kind, _dash, version_name = script.partition("-")
    if kind not in set(ScriptKind) or not version_name:
        raise NoSuchScript
    return ScriptKind(kind), version_name


def zone() -> ZoneInfo:
    """Return the time zone of the site where the agent works."""
    return agent().site.time_zone


def may_write() -> bool:
    """Return whether the agent works at a real site: scripts are those of every site."""
    return agent().site.kind is not SiteKind.TRAINING


def writes() -> None:
    """Refuse a change from a training site.

    Raises:
        NotAtATrainingSite: the agent works at one.
    """
    if not may_write():
        raise NotAtATrainingSite


def names_of(drafts: Iterable[ScriptDraft]) -> dict[int, str]:
    """Return the names of those who wrote and approved drafts."""
    ids = {
        member
        for one in drafts
        for member in (one.created_by, one.changed_by, one.adviser_id, one.referent_id, one.withdrawn_by)
        if member is not None
    }
    return staff.member_names(ids)
