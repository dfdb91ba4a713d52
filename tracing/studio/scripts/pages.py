"""What the pages of scripts show: the versions of each kind, the outline of one, what the checks found, differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from tracing.programmes import load_packs
from tracing.scripts.definitions import Question, Script, Step
from tracing.scripts.models import ScriptVersion
from tracing.scripts.publishing import paths, queries, rules, services
from tracing.scripts.publishing.differences import Change, StepPair, compare
from tracing.scripts.publishing.models import ScriptDraft
from tracing.scripts.publishing.paths import Findings
from tracing.scripts.services import get_script, version_in_force
from tracing.scripts.vocabulary import ScriptKind
from tracing.studio.scripts import words


@dataclass(frozen=True, repr=False)
class Listed:
    """A line of the list: a published version, or a draft that is not."""

    version: ScriptVersion | None
    draft: ScriptDraft | None
    is_in_force: bool = False
    why: str | None = None
    """What it changes, in the words of who wrote it."""
    programmes: Sequence[str] = ()
    """Whose calls it leads; none: those of all programmes."""


@dataclass(frozen=True, repr=False)
class KindState:
    """One kind of script: its versions and drafts."""

    kind: ScriptKind
    lines: Sequence[Listed]
    """What is written, what is to come, and what is in force."""
    past: Sequence[Listed]
    """What was replaced, withdrawn or given up, the newest first."""


@dataclass(frozen=True, repr=False)
class OutlineStep:
    """A step as the outline shows it."""

    number: int
    step: Step
    when: Sequence[str]
    words: int
    questions: Sequence[tuple[object, Sequence[str]]]
    """Each question with its condition in words."""
    untranslated: int
    problems: Sequence[str] = ()
    remarks: Sequence[str] = ()
    pair: StepPair | None = None


@dataclass(frozen=True, repr=False)
class Outline:
    """A script, section by section."""

    script: Script
    sections: Sequence[tuple[str, Sequence[OutlineStep]]]
    gone: Sequence[StepPair] = ()
    """The steps of the version before that it leaves out."""
    whole: Sequence[str] = ()
    """Problems of the script as a whole."""
    problems: int = 0
    remarks: Sequence[str] = ()
    findings: Findings = field(default_factory=Findings)
    others_published: bool = False
    questions: Mapping[str, Question] = field(default_factory=dict)
    """Those of the script, and those that the version before it had."""

    @property
    def whose(self) -> str:
        """Whose calls it leads, in words."""
        return words.whose(self.script.programmes)

    def title_of(self, step_id: str) -> str:
        """Return the title of a step; its name, of one that was taken out."""
        step = self.script.step(step_id)
        return step.title if step else step_id

    @property
    def count(self) -> int:
        """How many steps it has."""
        return len(self.script.steps)

    @property
    def untranslated(self) -> int:
        """How many of its texts have no English."""
        return sum(one.untranslated for _name, steps in self.sections for one in steps)

    @property
    def changed(self) -> int:
        """How many steps are not as they were."""
        steps = [one for _name, found in self.sections for one in found]
        return len(self.gone) + sum(
            one.pair is not None and one.pair.change is not Change.SAME for one in steps
        )


def listed(kind: ScriptKind, *, at: datetime) -> KindState:
    """Return what there is of a kind."""
    now = {version_in_force(kind, programme=code, at=at) for code in load_packs()}
    drafts, named = queries.drafts_of(kind), queries.programmes_named()
    by_version = {one.version: one for one in drafts if one.version is not None}
    unpublished = [
        Listed(None, one, why=one.why, programmes=services.programmes_of(one))
        for one in drafts
        if one.version is None
    ]
    published = [
        replace(
            _line(one, by_version.get(one.version), is_in_force=one.version in now),
            programmes=named.get((kind, one.version), ()),
        )
        for one in queries.versions_of(kind)
    ]
    current = [one for one in published if one.is_in_force or (one.version and is_waiting(one.version, at))]
    return KindState(
        kind,
        [one for one in unpublished if one.draft and one.draft.is_open] + current,
        [one for one in published if one not in current]
        + [one for one in unpublished if one.draft and not one.draft.is_open],
    )


def _line(version: ScriptVersion, draft: ScriptDraft | None, *, is_in_force: bool) -> Listed:
    if draft is not None and draft.why:
        return Listed(version, draft, is_in_force, draft.why)
    shipped = get_script(ScriptKind(version.kind), version.version) if is_in_force else None
    return Listed(version, draft, is_in_force, shipped.changes if shipped else None)


def outline_of(script: Script) -> Outline:
    """Return a published version as it is read."""
    findings = paths.go_through(script)
    return Outline(script, _sections(script, {}, {}, {}), findings=findings)


def outline_of_draft(draft: ScriptDraft) -> Outline:
    """Return a draft beside the version before it, with what the checks found."""
    foreseen = services.foresee(draft)
    script = foreseen.script
    said = [(words.problem(one, script), one.step) for one in foreseen.problems] if draft.is_open else []
    pairs = compare(foreseen.before, script)
    findings = paths.go_through(script)
    by_step, whole = words.findings(findings, script, old=paths.go_through(foreseen.before))
    for step_id, sentences in words.translations(pairs, foreseen.before, script).items():
        by_step.setdefault(step_id, []).extend(sentences)
    return Outline(
        script,
        _sections(
            script,
            {one.after.id: one for one in pairs if one.after is not None},
            _by_step(said),
            by_step,
        ),
        gone=[one for one in pairs if one.after is None],
        whole=[sentence for sentence, step in said if step is None],
        problems=len(said),
        remarks=whole,
        findings=findings,
        others_published=foreseen.others_published,
        questions={**foreseen.before.questions, **script.questions},
    )


def _by_step(said: Sequence[tuple[str, str | None]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for sentence, step in said:
        if step is not None:
            found.setdefault(step, []).append(sentence)
    return found


def _sections(
    script: Script,
    pairs: Mapping[str, StepPair],
    problems: Mapping[str, Sequence[str]],
    remarks: Mapping[str, Sequence[str]],
) -> list[tuple[str, list[OutlineStep]]]:
    lines = [
        OutlineStep(
            number,
            step,
            words.condition_lines(step.when, script.questions),
            paths.words_of(step),
            [(one, words.condition_lines(one.when, script.questions)) for one in step.questions],
            len(rules.untranslated(step, script.english)),
            problems.get(step.id, ()),
            remarks.get(step.id, ()),
            pairs.get(step.id),
        )
        for number, step in enumerate(script.steps, start=1)
    ]
    return [(name, list(steps)) for name, steps in groupby(lines, key=lambda one: one.step.section)]


def is_waiting(version: ScriptVersion, at: datetime) -> bool:
    """Return whether a version was approved and takes effect later."""
    return version.withdrawn_at is None and version.effective_at is not None and version.effective_at > at
