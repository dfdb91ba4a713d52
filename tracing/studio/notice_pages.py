"""What the pages of notices show: what changes, from when, for whom, and the difference; who has read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from tracing.programmes.notices import queries as notices
from tracing.programmes.notices.models import Notice, NoticeKind, NoticeReading
from tracing.programmes.publishing import queries
from tracing.programmes.words import TABLE_WORDS
from tracing.scripts.definitions import PLACEHOLDER, Question, Step
from tracing.scripts.publishing.differences import Change, StepPair, compare
from tracing.scripts.services import get_script, version_before
from tracing.scripts.vocabulary import FACTS, FactKind, ScriptKind
from tracing.staff import queries as staff
from tracing.staff.agent import Agent
from tracing.staff.models import Member
from tracing.studio import version_pages
from tracing.studio.scripts.setting_words import settings_apart
from tracing.studio.scripts.words import FACT_WORDS
from tracing.studio.version_pages import Pair
from tracing.ui.languages import ENGLISH

MOST_STEPS = 20


@dataclass(frozen=True, repr=False)
class StepChange:
    """A step of a script that a version changed."""

    title: str
    change: str
    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, repr=False)
class ShownNotice:
    """A notice with what it changes."""

    notice: Notice
    title: str
    pairs: Sequence[Pair] = ()
    steps: Sequence[StepChange] = ()
    english: Sequence[StepChange] = ()
    """The English that changed, for whoever speaks it."""
    english_steps: int = 0
    """In how many steps nothing but the English changed."""


@dataclass(frozen=True, repr=False)
class Reader:
    """A member who calls here, and whether they have read a notice."""

    member: Member
    read_at: datetime | None
    is_older: bool = False
    """Whether they read it before it was changed or withdrawn."""


def title_of(notice: Notice) -> str:
    """Return what a notice is about: whose call, or which rule."""
    if notice.kind is NoticeKind.RULES:
        return str(TABLE_WORDS.get(notice.subject, notice.subject))
    if notice.subject == ScriptKind.P0.value:
        return str(_("Script de l’appel à une personne positive"))
    if notice.subject == ScriptKind.CASE_FOLLOW_UP.value:
        return str(_("Script de l’appel de suivi d’une personne positive"))
    if notice.subject == ScriptKind.CONTACT_FOLLOW_UP.value:
        return str(_("Script de l’appel de suivi d’un contact"))
    return str(_("Script de l’appel à un contact"))


def shown(notice: Notice, *, by: Agent, at: datetime) -> ShownNotice:
    """Return a notice with the difference that its version makes, that of the English for whoever speaks it."""
    zone = by.site.time_zone
    title = title_of(notice)
    if notice.rule_version_id is not None:
        version = queries.get_version(notice.rule_version_id)
        return ShownNotice(notice, title, pairs=version_pages.changes(version, zone=zone, at=at))
    kind = ScriptKind(notice.subject)
    older = version_before(kind, notice.script_version or "")
    if older is None:
        return ShownNotice(notice, title)
    before, after = get_script(kind, older), get_script(kind, notice.script_version or "")
    questions = {**before.questions, **after.questions}
    pairs = compare(before, after)
    english = [found for pair in pairs if (found := _english(pair))] if ENGLISH in by.languages else []
    return ShownNotice(
        notice,
        title,
        steps=[_changed(pair, questions) for pair in pairs if _differs(pair)][:MOST_STEPS],
        english=english[:MOST_STEPS],
        english_steps=sum(pair.change is Change.CHANGED and not _differs(pair) for pair in pairs),
    )


def _english(pair: StepPair) -> StepChange | None:
    """Return what a version changes in the English of a step; None: nothing."""
    apart = [line.texts for line in pair.lines if line.field == "english" and line.differs]
    if not apart:
        return None
    old, new = ([_readable(texts[side]) for texts in apart if texts[side]] for side in (0, 1))
    return StepChange(pair.step.title, pair.change.value, old, new)


def _differs(pair: StepPair) -> bool:
    """Return whether more changed than the English of a step."""
    if pair.change is Change.CHANGED and pair.before == pair.after:
        return False
    return pair.change is not Change.SAME


def _changed(pair: StepPair, questions: Mapping[str, Question]) -> StepChange:
    """Return what a version changes in a step: its words, and what it is set to besides them."""
    old, new = _lines(pair.before), _lines(pair.after)
    apart = settings_apart(pair, questions)
    return StepChange(
        pair.step.title,
        pair.change.value,
        [line for line in old if line not in new] + _said([(one.label, one.before) for one in apart]),
        [line for line in new if line not in old] + _said([(one.label, one.after) for one in apart]),
    )


def _said(settings: Sequence[tuple[str, str]]) -> list[str]:
    return [
        str(_("%(setting)s : %(value)s", setting=label, value=value)) for label, value in settings if value
    ]


def _lines(step: Step | None) -> list[str]:
    """Return what a step says, each of its wordings, what it asks, and what stands beside it."""
    if step is None:
        return []
    said = [_readable(wording) for paragraph in step.say for wording in paragraph]
    beside = [text for text in (step.note, step.confirm) if text]
    asked = [text for one in step.questions for text in (one.label, one.help) if text]
    return [step.title, *said, *beside, *asked]


def _readable(wording: str) -> str:
    """Return a wording with its facts in words, and first when it holds for some calls only."""
    flags = [name for name in PLACEHOLDER.findall(wording) if FACTS[name].kind is FactKind.FLAG]
    said = PLACEHOLDER.sub(
        lambda blank: "" if blank[1] in flags else f"[{FACT_WORDS[blank[1]]}]", wording
    ).strip()
    if not flags:
        return said
    when = ", ".join(str(FACT_WORDS[name]) for name in flags)
    return str(_("(si %(when)s) %(said)s", when=when, said=said or _("rien n’est dit ici")))


def unread(by: Agent, *, at: datetime) -> list[ShownNotice]:
    """Return what an agent must still read, each with its difference."""
    found = notices.unread(by.member_id, by.site.programme)
    return [shown(one, by=by, at=at) for one in found]


def readers_of(notice: Notice, site_id: int) -> list[Reader]:
    """Return those who call for a site and whom a notice concerns, those who have not read it first."""
    read = notices.readings_of(notice)
    concerned = [one for one in staff.tracers_of(site_id) if one.created_at < notice.effective_at]
    found = [_reader(one, read.get(one.id), notice) for one in concerned]
    return sorted(
        found, key=lambda one: (one.read_at is not None and not one.is_older, one.member.display_name)
    )


def _reader(member: Member, reading: NoticeReading | None, notice: Notice) -> Reader:
    if reading is None:
        return Reader(member, None)
    return Reader(member, reading.read_at, is_older=reading.revision < notice.revision)
