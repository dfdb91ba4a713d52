"""Draft, propose, approve and withdraw versions of scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import text

from tracing.kernel import events, memory_stamps
from tracing.kernel.db import session
from tracing.programmes.notices import services as notices
from tracing.programmes.publishing.errors import (
    ChangedMeanwhile,
    HasProblems,
    NoMoment,
    NotOpen,
    OthersFollow,
)
from tracing.programmes.publishing.models import VersionOrigin, VersionState
from tracing.programmes.publishing.queries import STAMP
from tracing.programmes.publishing.review_services import (
    Approver,
    give_up,
    has_approved,
    moment_of,
    refuse_changed,
    refuse_withdrawal,
    reopen,
    require_to_come,
    sign,
)
from tracing.programmes.publishing.services import is_news
from tracing.scripts import checks
from tracing.scripts.definitions import Script
from tracing.scripts.errors import ScriptInvalid
from tracing.scripts.library import Library, load_library, newest
from tracing.scripts.models import ScriptVersion
from tracing.scripts.problems import Problem
from tracing.scripts.publishing import queries, rules
from tracing.scripts.publishing.errors import (
    AlreadyBegun,
    NoSuchStep,
    NothingNew,
    OthersPublished,
    RuleNotWaiting,
    SameName,
    StepChanged,
)
from tracing.scripts.publishing.models import ScriptComment, ScriptDraft
from tracing.scripts.publishing.rules import Content, StepContent
from tracing.scripts.services import get_script
from tracing.scripts.vocabulary import ScriptKind


def seed(library: Library | None = None, *, at: datetime) -> None:
    """Take the scripts of the release's files into the database, which rules from then on.

    What a later release says otherwise waits as a draft. Hosts of two releases may start in turns, as often as they
    like: the older one brings nothing.

    Raises:
        ScriptInvalid: a file is invalid, or differs from what was published under its version.
    """
    # two hosts that start first at the same moment: the second waits, and finds what the first has written
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('script_versions'))"))
    library = load_library() if library is None else library
    for kind in ScriptKind:
        files = [script for (of, _version), script in library.items() if of is kind]
        known = {row.version: row.content_hash for row in queries.versions_of(kind) if row.number is None}
        changed = [
            f"{kind} {one.version}: this version was published with other words; give the file a new version"
            for one in files
            if known.get(one.version, one.content_hash) != one.content_hash
        ]
        if changed:
            raise ScriptInvalid(changed)
        last = newest(library, kind)
        if not known:
            _add_seeds(files, at=at)
        elif is_news(last.version, last.content_hash, queries.brought_by_releases(kind)):
            _add_release(last, at=at)


def _add_seeds(files: Sequence[Script], *, at: datetime) -> None:
    session.add_all(
        ScriptVersion(
            kind=script.kind.value,
            version=script.version,
            content_hash=script.content_hash,
            content=script.model_dump(
                mode="json", by_alias=True, exclude=None if script.english else {"english"}
            ),
            published_at=at,
        )
        for script in files
    )
    session.flush()
    memory_stamps.renew(STAMP)


def _add_release(script: Script, *, at: datetime) -> None:
    base = queries.last_of(script.kind, script.programmes).version
    content = rules.content_of(script)
    if content == rules.content_of(get_script(script.kind, base)):
        return  # it says nothing else: there is nothing to approve
    brought = ScriptDraft(
        kind=script.kind.value,
        state=VersionState.DRAFT,
        origin=VersionOrigin.RELEASE,
        release=script.version,
        fingerprint=script.content_hash,
        base=base,
        content=content,
        why=script.changes,
        created_at=at,
        changed_at=at,
    )
    session.add(brought)
    session.flush()
    _note("script.brought", brought, by=None, at=at)


def begin(kind: ScriptKind, *, like: str | None = None, by: int, at: datetime) -> ScriptDraft:
    """Begin a draft, or return the one that somebody has begun.

    It begins from the version that was published last, so that it undoes none that waits for its moment; or from an
    earlier one, `like`.

    Raises:
        NoSuchScript: `like` was never published.
    """
    begun = _begun(kind)
    if begun is not None:
        return begun
    last = get_script(kind, queries.last_of(kind, ()).version)
    source = get_script(kind, queries.get_version(kind, like).version) if like else last
    # an earlier version may have been written before its words were translated
    content = rules.with_known_english(rules.content_of(source), last.english)
    return _add_draft(kind, content, by=by, at=at)


def begin_from(script: Script, *, by: int, at: datetime) -> ScriptDraft:
    """Begin a draft that says what a file says.

    Raises:
        AlreadyBegun: somebody writes one of this kind already.
    """
    if _begun(script.kind) is not None:
        raise AlreadyBegun
    return _add_draft(script.kind, rules.content_of(script), by=by, at=at)


def _begun(kind: ScriptKind) -> ScriptDraft | None:
    """Return the draft that somebody has begun; of two who press at once, the second waits for that of the first."""
    lock = text("SELECT pg_advisory_xact_lock(hashtext('script_versions'), hashtext(:of))")
    session.execute(lock, {"of": kind.value})
    return queries.open_draft(kind)


def _add_draft(kind: ScriptKind, content: Content, *, by: int, at: datetime) -> ScriptDraft:
    base = queries.last_of(kind, content.get("programmes", ())).version
    draft = ScriptDraft(
        kind=kind.value,
        state=VersionState.DRAFT,
        origin=VersionOrigin.PAGE,
        release=".".join(base.split(".")[:2]),
        base=base,
        content=content,
        created_by=by,
        created_at=at,
        changed_by=by,
        changed_at=at,
    )
    session.add(draft)
    session.flush()
    _note("script.drafted", draft, by=by, at=at)
    return draft


def put_step(
    draft_id: int,
    written: StepContent,
    *,
    seen: str | None,
    after: str | None = None,
    english: Mapping[str, str],
    by: int,
    at: datetime,
) -> ScriptDraft:
    """Write one step of a draft, or add it after another; what somebody else writes in other steps stays.

    `seen` is the digest of the step when it was read (`rules.step_digest`), None of a new one.

    Raises:
        NotOpen: the draft is approved or withdrawn.
        NoSuchStep: the step was taken out meanwhile.
        StepChanged: somebody else changed it meanwhile.
        SameName: another step, or a question of another one, has this name.
    """
    draft = _open(draft_id)
    steps: list[StepContent] = list(draft.content["steps"])
    place = next((number for number, one in enumerate(steps) if one["id"] == written["id"]), None)
    if seen is None and place is not None:
        raise SameName(_("Une autre étape porte déjà ce nom."))
    if seen is not None and place is None:
        raise NoSuchStep
    known: dict[str, str] = draft.content.get("english", {})
    if place is not None:
        now, wanted = rules.step_digest(steps[place], known), rules.step_digest(written, {**known, **english})
        if now not in {seen, wanted}:
            raise StepChanged
    asked = {one["id"] for step in steps if step["id"] != written["id"] for one in step.get("questions", ())}
    if twice := asked.intersection(one["id"] for one in written.get("questions", ())):
        raise SameName(_("La question « %(name)s » est déjà posée dans une autre étape.", name=min(twice)))
    steps = rules.with_step(draft.content, written, after=after)["steps"]
    _write(draft, steps, {**known, **english}, by=by, at=at)
    return draft


def move_step(draft_id: int, step_id: str, how: str, *, revision: int, by: int, at: datetime) -> ScriptDraft:
    """Move a step of a draft (`up`, `down`), take it out (`remove`), or put back the one before it (`restore`).

    Raises:
        NotOpen: the draft is approved or withdrawn.
        ChangedMeanwhile: somebody else changed it since `revision`.
    """
    draft = _open(draft_id)
    refuse_changed(draft, revision)
    before = rules.content_of(get_script(ScriptKind(draft.kind), draft.base))
    steps = rules.moved(draft.content["steps"], step_id, how, old=before["steps"])
    old, now = before.get("english", {}), draft.content.get("english", {})
    restored = next((one for one in before["steps"] if how == "restore" and one["id"] == step_id), None)
    said = rules.texts_of(rules.read_step(restored)) if restored else ()
    english = {**old, **now, **{one: old[one] for one in said if one in old}}
    _write(draft, steps, english, by=by, at=at)
    return draft


def _write(
    draft: ScriptDraft, steps: Sequence[StepContent], english: Mapping[str, str], *, by: int, at: datetime
) -> None:
    content = {**draft.content, "steps": list(steps)}
    kept = rules.kept_english(content, english)
    content.pop("english", None)
    draft.content = {**content, "english": kept} if kept else content
    reopen(draft, by=by, at=at)


def plan(
    draft_id: int,
    *,
    seen: str,
    why: str,
    effective_at: datetime | None,
    programmes: Sequence[str] = (),
    with_rule_id: int | None = None,
    by: int,
    at: datetime,
) -> ScriptDraft:
    """Say what a draft changes, of which programmes, and when it takes effect: at a moment, or that of a rule table.

    Of other programmes than before, it is compared from then on with what was published last for these.

    Raises:
        NotOpen: it is approved or withdrawn.
        ChangedMeanwhile: somebody else said something else since it was read (`seen`, of `plan_digest`).
        NoMoment: the moment is past, or more than a year ahead.
        RuleNotWaiting: the version of the rule is not approved, or has taken effect.
    """
    draft = _open(draft_id)
    rule = queries.find_rule(with_rule_id)
    if with_rule_id is not None:
        if rule is None or rule not in queries.waiting_rules(at):
            raise RuleNotWaiting
        effective_at = rule.effective_at
    planned = plan_digest(why, effective_at, with_rule_id, programmes)
    now = digest_of_plan(draft)
    if now == planned:
        return draft
    if now != seen:
        raise ChangedMeanwhile
    require_to_come(effective_at, at=at)
    draft.why, draft.effective_at, draft.with_rule_id = why, effective_at, with_rule_id
    if tuple(programmes) != programmes_of(draft):
        others = {key: value for key, value in draft.content.items() if key != "programmes"}
        draft.content = {**others, "programmes": list(programmes)} if programmes else others
        draft.base = queries.last_of(ScriptKind(draft.kind), programmes).version
    reopen(draft, by=by, at=at)
    return draft


def plan_digest(
    why: str | None, effective_at: datetime | None, with_rule_id: int | None, programmes: Sequence[str] = ()
) -> str:
    """Return the digest of what a draft says of its change, its moment and its programmes."""
    moment = effective_at.timestamp() if effective_at else None
    return rules.digest([why or "", moment, with_rule_id, *programmes])


def digest_of_plan(draft: ScriptDraft) -> str:
    """Return the same of a draft as it is."""
    return plan_digest(draft.why, draft.effective_at, draft.with_rule_id, programmes_of(draft))


def programmes_of(draft: ScriptDraft) -> tuple[str, ...]:
    """Return the programmes whose calls a draft would lead; none: all that have no script of their own."""
    return tuple(draft.content.get("programmes", ()))


def compared(draft_id: int, *, revision: int, by: int, at: datetime) -> ScriptDraft:
    """Keep a draft as it is although another version was approved or withdrawn since it was begun.

    Raises:
        ChangedMeanwhile: somebody else changed it since `revision`.
        NotOpen: it is approved or withdrawn.
    """
    draft = _open(draft_id)
    refuse_changed(draft, revision)
    draft.base = queries.last_of(ScriptKind(draft.kind), programmes_of(draft)).version
    reopen(draft, by=by, at=at)
    _note("script.compared", draft, by=by, at=at)
    return draft


def comment(draft_id: int, body: str, *, step_id: str | None = None, by: int, at: datetime) -> ScriptComment:
    """Say something of a draft, or of one of its steps.

    Raises:
        NotOpen: it is approved or withdrawn.
    """
    draft = _open(draft_id)
    known = any(one["id"] == step_id for one in draft.content["steps"])
    said = ScriptComment(
        draft_id=draft.id,
        step_id=step_id if known else None,
        body=body,
        revision=draft.revision,
        said_by=by,
        said_at=at,
    )
    session.add(said)
    session.flush()
    return said


@dataclass(frozen=True)
class Foreseen:
    """A draft as it will be."""

    before: Script
    """The version that was published last; of a draft that is closed, the one that it was compared with."""
    script: Script
    problems: tuple[Problem, ...]
    """What the checks find: each prevents it from being proposed."""
    others_published: bool
    """Whether another version was approved or withdrawn since it was begun."""


def foresee(draft: ScriptDraft) -> Foreseen:
    """Read and check a draft."""
    kind = ScriptKind(draft.kind)
    last = queries.last_of(kind, programmes_of(draft)).version
    script = rules.read_script(kind, draft.content, version=draft.version or draft.release)
    before = get_script(kind, last if draft.is_open else draft.base)
    return Foreseen(before, script, tuple(checks.problems(script)), draft.base != last)


def propose(draft_id: int, *, revision: int, by: int, at: datetime) -> ScriptDraft:
    """Propose a draft to those who approve it.

    Raises:
        ChangedMeanwhile: somebody else changed it since `revision`.
        NothingNew: it says what was published last.
        NeedsReason: it does not say what changes.
        NoMoment: its moment is missing, has passed, or comes too early.
        RuleNotWaiting: the version of a rule with which it is to take effect does not wait for this moment.
        OthersPublished: another version was approved or withdrawn since it was begun.
        HasProblems: the checks found mistakes.
    """
    draft = _open(draft_id)
    refuse_changed(draft, revision)
    _refuse_unready(draft, at=at)
    draft.state = VersionState.PROPOSED
    session.flush()
    _note("script.proposed", draft, by=by, at=at)
    return draft


def approve(draft_id: int, role: Approver, *, revision: int, by: int, at: datetime) -> ScriptDraft:
    """Approve a proposed version in one of the two roles; with the second approval it is published for its moment.

    Raises:
        NotProposed: it is not proposed, or was changed since it was read.
        NeedsAnother: the same person approved it in the other role.
        AlreadyApproved: somebody else approved it in this role.
        NoMoment: its moment has passed, or another version was approved meanwhile that takes effect later.
        RuleNotWaiting: the version of a rule with which it is to take effect was withdrawn.
        OthersPublished: another version was approved or withdrawn meanwhile.
    """
    draft = queries.get_draft(draft_id, lock=True)
    if has_approved(draft, role, revision=revision, by=by):
        return draft
    # one at a time: their numbers follow the order in which they take effect
    memory_stamps.renew(STAMP)
    foreseen = _refuse_unready(draft, at=at)
    is_approved = sign(draft, role, by=by, at=at)
    _note("script.approved", draft, by=by, at=at, role=role.value)
    if is_approved:
        _publish(draft, foreseen, at=at)
    session.flush()
    return draft


def _publish(draft: ScriptDraft, foreseen: Foreseen, *, at: datetime) -> None:
    kind, why = ScriptKind(draft.kind), draft.why or ""
    number = queries.last_number(kind) + 1
    draft.version = rules.next_version(foreseen.before.version, draft.release, number)
    draft.state = VersionState.APPROVED
    script = rules.read_script(kind, draft.content, version=draft.version, changes=why)
    moment = draft.effective_at or at
    session.add(
        ScriptVersion(
            kind=kind.value,
            version=script.version,
            content_hash=script.content_hash,
            content=script.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            published_at=at,
            number=number,
            effective_at=moment,
        )
    )
    session.flush()
    notices.announce_script(
        kind.value, script.version, programmes=script.programmes, body=why, effective_at=moment, at=at
    )


def withdraw(draft_id: int, *, as_draft: bool = False, by: int, at: datetime) -> ScriptDraft:
    """Give up a draft, or withdraw an approved version before it takes effect.

    Raises:
        InForce: it has taken effect.
        ApprovedMeanwhile: it was a draft when it was read (`as_draft`), and is none any more.
        OthersFollow: a version approved after it was built on it.
    """
    draft = queries.get_draft(draft_id, lock=True)
    if draft.state is VersionState.WITHDRAWN:
        return draft
    refuse_withdrawal(draft, as_draft=as_draft, at=at)
    if draft.state is VersionState.APPROVED:
        # as when one is approved: one at a time
        memory_stamps.renew(STAMP)
        kind, version = ScriptKind(draft.kind), draft.version or ""
        last = queries.last_published(kind)
        if last.version != version:
            raise OthersFollow(last.version)
        queries.get_version(kind, version).withdrawn_at = at
        notices.withdraw_script(kind.value, version, at=at)
    give_up(draft, by=by, at=at)
    _note("script.withdrawn", draft, by=by, at=at)
    return draft


def _open(draft_id: int) -> ScriptDraft:
    draft = queries.get_draft(draft_id, lock=True)
    if not draft.is_open:
        raise NotOpen
    return draft


def _refuse_unready(draft: ScriptDraft, *, at: datetime) -> Foreseen:
    moment = moment_of(draft, at=at)
    rule = queries.find_rule(draft.with_rule_id)
    if rule is not None and (rule.state is not VersionState.APPROVED or rule.effective_at != moment):
        raise RuleNotWaiting
    last = queries.last_published(ScriptKind(draft.kind))
    if last.effective_at is not None and moment <= last.effective_at:
        raise NoMoment(
            _(
                "La version %(version)s, déjà approuvée, prend effet à ce moment ou plus tard : choisissez un moment qui vient après elle, ou retirez-la.",
                version=last.version,
            )
        )
    foreseen = foresee(draft)
    if rules.content_of(foreseen.before) == draft.content:
        raise NothingNew
    if foreseen.others_published:
        raise OthersPublished
    if foreseen.problems:
        raise HasProblems(len(foreseen.problems))
    return foreseen


def _note(kind: str, draft: ScriptDraft, *, by: int | None, at: datetime, **detail: Any) -> None:
    events.record(kind, by=by, at=at, subject=("script_draft", draft.id), script=draft.kind, **detail)
