"""Which of several facts counts: a written order of authority, the same whatever the order of arrival. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from tracing.kernel.redaction import redacted

UNKNOWN = "unknown"
"""The value of « ne sait pas »: it never replaces what is known."""


class SubjectType(StrEnum):
    """What a fact is about."""

    PERSON = "person"
    CASE = "case"
    CONTACT = "contact"


Subject = tuple[SubjectType, int]


class FactKind(StrEnum):
    """What a fact says. `KINDS` holds what each is about and whose word counts."""

    DEATH = "death"
    NO_CALLS = "no_calls"
    """The person asked never to be called again."""
    REFUSAL = "refusal"
    """The person refused one kind of call about one episode; the value is the kind of call."""
    WRONG_NUMBER = "wrong_number"
    """A number does not reach the person: yes, or no once it did after all."""
    SYMPTOMS = "symptoms"
    """Whether there are or were symptoms: yes or no."""
    ONSET = "onset"
    """The first day of symptoms."""
    SAMPLED = "sampled"
    """The day of sampling, if it is not the laboratory's."""
    LAST_CONTACT = "last_contact"
    VACCINATION = "vaccination"
    LIVES_WITH_CASE = "lives_with_case"
    INFECTED_RECENTLY = "infected_recently"
    IMMUNODEPRESSED = "immunodepressed"
    TEST = "test"
    """The result of a test that somebody told: its kind and result; the day it speaks of is the sampling's."""
    KEPT_IN_LIST = "kept_in_list"
    """A contact met outside the contagious days stays in the list; the value is the reason."""
    MEASURE = "measure"
    """What a doctor decided about isolation or quarantine apart from the rule (`ruling_rules`)."""
    RISK = "risk"
    """The risk of a meeting as a doctor decided it apart from the rule."""
    NOTE_DAYS = "note_days"
    """The days of a sick note to which a doctor agreed outside the limits of the rule."""
    HOSPITAL = "hospital"
    """Whether the person is in hospital now: nobody rings to ask how they are meanwhile."""
    BIRTH_NAME = "birth_name"
    """Who somebody is, as it was sent and as it was corrected: the value is sealed (`NewFact.identity`)."""
    USUAL_NAME = "usual_name"
    FIRST_NAMES = "first_names"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"


OF_IDENTITY = (
    FactKind.BIRTH_NAME,
    FactKind.USUAL_NAME,
    FactKind.FIRST_NAMES,
    FactKind.BIRTH_DATE,
    FactKind.ADDRESS,
)
"""What is said of who somebody is, in the order in which it is asked."""


class FactSource(StrEnum):
    """Whose word a fact is."""

    LABORATORY = "laboratory"
    CASE = "case"
    """The case, about a contact whom they named."""
    RELATIVE = "relative"
    """Somebody else on the telephone."""
    PERSON = "person"
    REPRESENTATIVE = "representative"
    """A parent or legal representative, who speaks for the person."""
    TRACER = "tracer"
    """What the tracer saw for themselves: that a number is wrong."""
    REFERENT = "referent"
    SUPERVISOR = "supervisor"
    DOCTOR = "doctor"


_OWN_WORD = {FactSource.PERSON: 3, FactSource.REPRESENTATIVE: 3}
_ON_DAYS: Mapping[FactSource, int] = {
    FactSource.DOCTOR: 5,
    FactSource.SUPERVISOR: 4,
    FactSource.REFERENT: 4,
    **_OWN_WORD,
    FactSource.RELATIVE: 2,
    FactSource.TRACER: 2,
    FactSource.CASE: 2,
    FactSource.LABORATORY: 1,
}
"""A doctor's word before a tracer's; the person's own word before that of the case or the laboratory."""
_ALIKE: Mapping[FactSource, int] = dict.fromkeys(FactSource, 1)
"""Whoever said it: the latest counts. A death that was said by mistake is lifted by a retraction, not by a better word."""


_KNOWS_BEST = (
    FactSource.PERSON,
    FactSource.REPRESENTATIVE,
    FactSource.REFERENT,
    FactSource.SUPERVISOR,
    FactSource.DOCTOR,
)
_ON_IDENTITY: Mapping[FactSource, int] = {
    **dict.fromkeys(FactSource, 2),
    **dict.fromkeys(_KNOWS_BEST, 3),
    FactSource.LABORATORY: 1,
}
"""Nobody knows better who they are: whoever corrects it for them later has heard it from them."""


@dataclass(frozen=True)
class KindRule:
    """What a kind of fact is about, and whose word counts: the higher number, then the later one."""

    subjects: frozenset[SubjectType]
    authority: Mapping[FactSource, int] = field(default_factory=lambda: _ON_DAYS)


_PERSON = frozenset({SubjectType.PERSON})
_CASE = frozenset({SubjectType.CASE})
_CONTACT = frozenset({SubjectType.CONTACT})

KINDS: dict[FactKind, KindRule] = {
    FactKind.DEATH: KindRule(_PERSON, _ALIKE),
    FactKind.NO_CALLS: KindRule(_PERSON, _ALIKE),
    FactKind.REFUSAL: KindRule(_CASE | _CONTACT, _ALIKE),
    FactKind.WRONG_NUMBER: KindRule(_PERSON, _ALIKE),
    FactKind.SYMPTOMS: KindRule(_CASE | _CONTACT),
    FactKind.ONSET: KindRule(_CASE | _CONTACT),
    FactKind.SAMPLED: KindRule(_CASE),
    FactKind.LAST_CONTACT: KindRule(_CONTACT),
    FactKind.VACCINATION: KindRule(_CASE | _CONTACT),
    FactKind.LIVES_WITH_CASE: KindRule(_CONTACT),
    FactKind.INFECTED_RECENTLY: KindRule(_CASE | _CONTACT),
    FactKind.IMMUNODEPRESSED: KindRule(_CASE | _CONTACT),
    FactKind.TEST: KindRule(_CASE | _CONTACT),
    FactKind.KEPT_IN_LIST: KindRule(_CONTACT, _ALIKE),
    FactKind.MEASURE: KindRule(_CASE | _CONTACT),
    FactKind.RISK: KindRule(_CONTACT),
    FactKind.NOTE_DAYS: KindRule(_CASE | _CONTACT),
    FactKind.HOSPITAL: KindRule(_CASE | _CONTACT, _ALIKE),
    **dict.fromkeys(OF_IDENTITY, KindRule(_PERSON, _ON_IDENTITY)),
}
"""Every kind of fact. A new one takes its place here; `consequences` says what follows from it."""


@redacted
@dataclass(frozen=True, kw_only=True)
class Said:
    """One fact as it was said."""

    fact_id: int
    kind: FactKind
    value: Any
    source: FactSource
    said_at: datetime
    speaks_of: date | None = None
    call_id: int | None = None
    """The call in which it was said: what is typed again in one call replaces what was typed before."""
    number_hash: bytes | None = None
    retracts: int | None = None
    """The fact that this one takes back: it was a mistake."""


@redacted
@dataclass(frozen=True, kw_only=True)
class NewFact:
    """A fact to record."""

    subject: Subject
    kind: FactKind
    value: Any
    source: FactSource
    cohort: date
    """The day of collection, in the site's time zone."""
    speaks_of: date | None = None
    call_id: int | None = None
    lot_id: int | None = None
    number_hash: bytes | None = None
    words: str = ""
    identity: Mapping[str, str] = field(default_factory=dict)
    """Of who somebody is: the fields and their values, sealed; `value` says only that something was said."""
    retracts: int | None = None


def retraction(fact: Said, subject: Subject, *, source: FactSource, cohort: date, words: str = "") -> NewFact:
    """Return the fact that takes another back, as a mistake, with the reason in words if one was given."""
    return NewFact(
        subject=subject,
        kind=fact.kind,
        value=fact.value,
        source=source,
        cohort=cohort,
        number_hash=fact.number_hash,
        words=words,
        retracts=fact.fact_id,
    )


def standing_retractions(facts: Iterable[Said]) -> list[Said]:
    """Return the retractions of what was said that nobody has taken back."""
    known = {one.fact_id: one for one in facts}
    taken_back = _taken_back(known.values())
    said = {one.fact_id for one in known.values() if one.retracts is None}
    return [one for one in known.values() if one.retracts in said and one.fact_id not in taken_back]


def _taken_back(facts: Iterable[Said]) -> set[int]:
    taken_back: set[int] = set()
    # from the latest back: whether a retraction holds is known before the fact that it takes back is reached
    for one in sorted(facts, key=lambda said: said.fact_id, reverse=True):
        if one.retracts is not None and one.fact_id not in taken_back:
            taken_back.add(one.retracts)
    return taken_back


def standing(facts: Iterable[Said]) -> list[Said]:
    """Return the facts that nobody has taken back, without those that were typed again in the same call.

    A retraction that was taken back counts no more.
    """
    known = {one.fact_id: one for one in facts}
    taken_back = _taken_back(known.values())
    left = [one for one in known.values() if one.fact_id not in taken_back and one.retracts is None]
    last: dict[tuple[int, FactKind, FactSource, bytes | None], Said] = {}
    for one in left:
        if one.call_id is not None and one.kind is not FactKind.TEST:
            key = (one.call_id, one.kind, one.source, one.number_hash)
            if key not in last or (one.said_at, one.fact_id) > (last[key].said_at, last[key].fact_id):
                last[key] = one
    typed_last = {one.fact_id for one in last.values()}
    return [
        one for one in left if one.call_id is None or one.kind is FactKind.TEST or one.fact_id in typed_last
    ]


def in_force(facts: Iterable[Said]) -> dict[FactKind, Said]:
    """Return the fact of each kind that counts; wrong numbers, of which there are several, are left out.

    What is known counts before « ne sait pas », then the higher authority, then the later word.
    """
    chosen: dict[FactKind, Said] = {}
    for one in standing(facts):
        if one.kind is FactKind.WRONG_NUMBER:
            continue
        if one.kind not in chosen or _weight(one) > _weight(chosen[one.kind]):
            chosen[one.kind] = one
    return chosen


def held_at(said: Iterable[Said], kind: FactKind, moment: datetime | None) -> bool:
    """Return whether a kind counted as so at a moment, by what had been said until then."""
    if moment is None:
        return False
    return value_of(in_force([one for one in said if one.said_at <= moment]), kind) is True


def value_of(facts: Mapping[FactKind, Said], kind: FactKind) -> Any:
    """Return the value of a kind that counts, None if nothing is known."""
    found = facts.get(kind)
    return None if found is None or found.value == UNKNOWN else found.value


def wrong_numbers(facts: Iterable[Said]) -> frozenset[bytes]:
    """Return the blind indexes of the numbers that do not reach the person: by number, the latest word counts."""
    latest: dict[bytes, Said] = {}
    for one in standing(facts):
        if one.kind is FactKind.WRONG_NUMBER and one.number_hash is not None:
            known = latest.get(one.number_hash)
            if known is None or _weight(one) > _weight(known):
                latest[one.number_hash] = one
    return frozenset(number for number, one in latest.items() if one.value is True)


def tests_told(facts: Iterable[Said]) -> list[Said]:
    """Return the tests that were told, by the day of their sampling."""
    told = [one for one in standing(facts) if one.kind is FactKind.TEST]
    return sorted(told, key=lambda one: (one.speaks_of or date.min, one.said_at, one.fact_id))


def onset_of(facts: Mapping[FactKind, Said]) -> date | None:
    """Return the first day of symptoms that counts; None without symptoms, or if nobody knows the day."""
    if value_of(facts, FactKind.SYMPTOMS) is False:
        return None
    day = value_of(facts, FactKind.ONSET)
    return date.fromisoformat(day) if isinstance(day, str) else None


def day_of(facts: Mapping[FactKind, Said], kind: FactKind) -> date | None:
    """Return the day that counts of a kind whose value is a day."""
    day = value_of(facts, kind)
    return date.fromisoformat(day) if isinstance(day, str) else None


def adds_nothing(facts: Iterable[Said], new: Said) -> bool:
    """Return whether the same source has said the same last: said twice, it is one fact."""
    alike = [
        one
        for one in standing(facts)
        if (one.kind, one.source, one.number_hash, one.call_id)
        == (new.kind, new.source, new.number_hash, new.call_id)
    ]
    last = max(alike, key=lambda one: (one.said_at, one.fact_id), default=None)
    return last is not None and (last.value, last.speaks_of) == (new.value, new.speaks_of)


def _weight(one: Said) -> tuple[bool, int, datetime, str]:
    """Return what decides between two facts of a kind; the last part makes it independent of the order of arrival."""
    return (
        one.value != UNKNOWN,
        KINDS[one.kind].authority[one.source],
        one.said_at,
        repr(one.value),
    )
