"""Rules for merging records of one person: compare them, choose the leading one, join their identities. Pure.

A person decides. Nothing is moved when two records are the same person: one of them leads, the others point to it,
and readers collect what belongs to each of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from tracing.kernel.redaction import redacted
from tracing.people.names import given_names_agree, normal_form, one_letter_apart
from tracing.people.rules import (
    Identity,
    Why,
    completed,
    nir_counts,
    nirs_contradict,
    resemblance,
    same_person,
    with_corrections_of,
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What determines which of several records of one person leads."""

    person_id: int
    is_readable: bool = True
    """False once its identity was destroyed."""
    cases: int = 0
    contacts: int = 0
    """How often they were named as a contact."""
    since: datetime


def leading(records: Iterable[Record]) -> int:
    """Return the leading record: a readable one, with the most cases and contacts, then the oldest."""
    return min(
        records,
        key=lambda one: (not one.is_readable, -one.cases, -one.contacts, one.since, one.person_id),
    ).person_id


def families(people: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[frozenset[int]]:
    """Group people by the pairs that were decided to be one person, directly or through others.

    The pointers depend on the pairs alone, not on the order of the decisions: A = B and B = C make one
    person of three, and when A = B is taken back, B = C remains.
    """
    family_of = {person: frozenset({person}) for person in people}
    for one, other in pairs:
        joined = family_of.get(one, frozenset({one})) | family_of.get(other, frozenset({other}))
        family_of.update(dict.fromkeys(joined, joined))
    return sorted(set(family_of.values()), key=min)


class Kept(NamedTuple):
    """One record of a person, to be joined with the others."""

    identity: Identity
    cohort: date
    """The day of its newest collection."""
    leads: bool


def joint(records: Sequence[Kept]) -> Identity:
    """Return the joint identity of several records of one person.

    It has the name as the leading record spells it, the numbers of all with the latest first, a NIR of their own rather
    than a parent's, and the latest address as a whole. What was corrected in any of them counts.
    """
    in_time = sorted(records, key=lambda one: one.cohort)
    together = in_time[0].identity
    for one in in_time[1:]:
        together = completed(together, one.identity)
    lead = next((one.identity for one in records if one.leads), in_time[0].identity)
    found = replace(
        together,
        birth_name=lead.birth_name,
        first_names=lead.first_names,
        birth_date=lead.birth_date or together.birth_date,
        sex=lead.sex or together.sex,
        nir=lead.nir if nir_counts(lead) else together.nir,
    )
    for one in (*in_time, *(one for one in records if one.leads)):
        if one.identity.sent or one.identity.stood:
            found = with_corrections_of(one.identity, found)
    return found


class Verdict(StrEnum):
    """The result of the answer “the same person”."""

    MERGE = "merge"
    ASK_TWICE = "ask_twice"
    """Each has a NIR of their own and the two differ: the user must confirm."""
    ALREADY = "already"
    """Other answers already made them one person."""
    TWO_WORLDS = "two_worlds"
    """One is fictional, for training; the other is real."""
    ERASED = "erased"
    """One identity was destroyed: there is nothing left to compare."""
    SAID_DIFFERENT = "said_different"
    """Two records behind them were decided to be different."""
    TWO_CALLS = "two_calls"
    """Two tracers are on the telephone with them now."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """The facts needed to judge the answer that two records are the same person."""

    already_same: bool = False
    same_world: bool = True
    is_readable: bool = True
    said_different: bool = False
    callers: tuple[int | None, int | None] = (None, None)
    """The tracers who are on the telephone with each of them now."""
    nirs_contradict: bool = False
    is_sure: bool = False
    """Whether the user confirmed."""


def judge(question: Question) -> Verdict:
    """Return the result of the answer “the same person”; the first reason against it counts."""
    ours, theirs = question.callers
    if question.already_same:
        return Verdict.ALREADY
    if not question.same_world:
        return Verdict.TWO_WORLDS
    if not question.is_readable:
        return Verdict.ERASED
    if question.said_different:
        return Verdict.SAID_DIFFERENT
    if ours is not None and theirs is not None and ours != theirs:
        return Verdict.TWO_CALLS
    if question.nirs_contradict and not question.is_sure:
        return Verdict.ASK_TWICE
    return Verdict.MERGE


def why(ours: Identity, theirs: Identity) -> Why:
    """Return why two records are a possible duplicate."""
    if same_person(ours, theirs):
        return Why.SEVERAL
    return resemblance(ours, theirs) or Why.RESEMBLED


class Part(StrEnum):
    """The parts of an identity, in the order of the comparison."""

    BIRTH_NAME = "birth_name"
    USUAL_NAME = "usual_name"
    FIRST_NAMES = "first_names"
    SEX = "sex"
    BIRTH_DATE = "birth_date"
    NIR = "nir"
    PHONES = "phones"
    EMAIL = "email"
    ADDRESS = "address"


class Likeness(StrEnum):
    """How a part of one identity compares with the same part of the other."""

    SAME = "same"
    AGREES = "agrees"
    """No contradiction: a shorter list of given names, one number in common."""
    ONE_LETTER = "one_letter"
    ONE_SIDE = "one_side"
    """Only one of them has a value."""
    DIFFERS = "differs"
    NOTHING = "nothing"
    """Neither has a value."""


def compare(ours: Identity, theirs: Identity) -> dict[Part, Likeness]:
    """Compare two identities part by part."""
    return {
        Part.BIRTH_NAME: _names(ours.birth_name, theirs.birth_name),
        Part.USUAL_NAME: _names(ours.usual_name, theirs.usual_name),
        Part.FIRST_NAMES: _given_names(ours.first_names, theirs.first_names),
        Part.SEX: _plain(ours.sex, theirs.sex),
        Part.BIRTH_DATE: _plain(ours.birth_date, theirs.birth_date),
        Part.NIR: _nirs(ours, theirs),
        Part.PHONES: _phones(ours.phones, theirs.phones),
        Part.EMAIL: _plain(ours.email.lower(), theirs.email.lower()),
        Part.ADDRESS: _plain(_place(ours), _place(theirs)),
    }


def _plain(ours: object, theirs: object) -> Likeness:
    if not ours and not theirs:
        return Likeness.NOTHING
    if not ours or not theirs:
        return Likeness.ONE_SIDE
    return Likeness.SAME if ours == theirs else Likeness.DIFFERS


def _names(ours: str, theirs: str) -> Likeness:
    first, second = normal_form(ours), normal_form(theirs)
    if first and second and one_letter_apart(first, second):
        return Likeness.ONE_LETTER
    return _plain(first, second)


def _given_names(ours: str, theirs: str) -> Likeness:
    likeness = _names(ours, theirs)
    if likeness is Likeness.DIFFERS and given_names_agree(ours, theirs):
        return Likeness.AGREES
    return likeness


def _nirs(ours: Identity, theirs: Identity) -> Likeness:
    likeness = _plain(ours.nir, theirs.nir)
    if likeness is Likeness.DIFFERS and not nirs_contradict(ours, theirs):
        return Likeness.AGREES
    return likeness


def _phones(ours: Sequence[str], theirs: Sequence[str]) -> Likeness:
    likeness = _plain(set(ours), set(theirs))
    return Likeness.AGREES if likeness is Likeness.DIFFERS and set(ours) & set(theirs) else likeness


def _place(identity: Identity) -> str:
    return normal_form(f"{identity.address} {identity.postcode} {identity.city}")


@redacted
class Piece(NamedTuple):
    """A word split around the part that differs from another word."""

    before: str
    differing: str
    after: str


def split_at_difference(ours: str, theirs: str) -> tuple[Piece, Piece]:
    """Split two spellings at the beginning and the end of their difference, so that the common parts are outside it."""
    start = 0
    shorter = min(len(ours), len(theirs))
    while start < shorter and _reads_alike(ours[start], theirs[start]):
        start += 1
    end = 0
    while end < shorter - start and _reads_alike(ours[-1 - end], theirs[-1 - end]):
        end += 1
    return _cut(ours, start, end), _cut(theirs, start, end)


def _reads_alike(ours: str, theirs: str) -> bool:
    """Return whether two letters are equal when names are compared, ignoring accents and case."""
    return ours == theirs or (normal_form(ours) == normal_form(theirs) != "")


def _cut(word: str, start: int, end: int) -> Piece:
    return Piece(word[:start], word[start : len(word) - end], word[len(word) - end :])
