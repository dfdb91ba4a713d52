"""Decide the outcome of a line: exactly one, tested in the order that the format defines. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.imports.format.faults import Problem
from tracing.imports.format.line import LabFacts, ParsedLine
from tracing.imports.format.reading import OTHER_PATHOGEN, POSITIVE
from tracing.kernel.redaction import redacted
from tracing.people.names import given_names_agree, normal_form
from tracing.people.rules import Identity, possible_duplicate, same_person


class Outcome(StrEnum):
    """What became of a line."""

    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    NOT_POSITIVE = "not_positive"
    QUARANTINED = "quarantined"
    REPEAT = "repeat"
    CREATED = "created"


TAKEN_IN = frozenset((Outcome.CREATED, Outcome.REPEAT, Outcome.WITHDRAWN))
"""Outcomes that say what stands for a result id."""


@redacted
class EarlierLine(NamedTuple):
    """A line loaded before under the same result id (or the same fingerprint, without an id)."""

    fingerprint: bytes
    outcome: Outcome
    result: str
    case_id: int | None = None
    """The case that its result made, joined or withdrew, or that it repeated."""
    extracted_at: datetime | None = None
    is_in_lot: bool = False
    """It is in the same lot as the line to be decided."""
    line_id: int = 0
    waits_for: str = ""
    """The decisive reason, if it is in quarantine and nothing settled it yet."""
    person: Identity | None = None
    """Whom it names, as far as can be read, if it waits."""


@dataclass(slots=True)
class KnownCase:
    """A case of a known person."""

    case_id: int
    first_sampled_at: datetime
    needs_onset: bool = True
    """Nobody has said yet since when the person is ill, or that they are not."""


@dataclass(slots=True, repr=False)
class KnownPerson:
    """A known person with the first given name and the birth date of the line, and their cases.

    Merged records come as several of these with the same person_id.
    """

    person_id: int
    identity: Identity
    cases: list[KnownCase] = field(default_factory=list)
    is_leading: bool = True
    """Of several merged records, the one that new data completes."""


class Said(NamedTuple):
    """What a person said of a line that waits because its result id was taken in before."""

    case_id: int | None
    """The case whose person it names; None: another patient, or an id that says nothing."""
    withdraws: bool = False
    """The result of that case is withdrawn, although the same lot says otherwise."""


@redacted
class Decision(NamedTuple):
    """The outcome of a line and its consequences."""

    outcome: Outcome
    person_id: int | None = None
    """The known person of a repeat or of a created case; None with a created case: a new person."""
    case_id: int | None = None
    """The case that a repeat joins, that a withdrawal stops, or whose result came again."""
    moves_first_sampling: bool = False
    """A repeat was sampled earlier than its case knew: the case's first sampling moves back."""
    new_episode: bool = False
    possible_with: tuple[int, ...] = ()
    """Known persons with whom a person should compare the new one."""
    settles: tuple[int, ...] = ()
    """Which of the earlier lines in quarantine, by their place among them, this line settles."""
    reason: Problem | None = None
    """Why it waits, besides the line's own problems."""
    adds: Identity | None = None
    """What a duplicate adds to its person: the identity that completes them."""
    onset_on: date | None = None
    """The onset that a duplicate adds to its case."""
    reinstates: bool = False
    """A repeat brings back a result that was withdrawn."""
    is_shared: bool = False
    """Another person's result has this id already, in this lot or before."""
    shares_id: bool = False
    """It names another person than a line of this lot with the same id."""

    @property
    def completes(self) -> bool:
        """Return whether a duplicate adds something."""
        return self.adds is not None or self.onset_on is not None


def decide(
    line: ParsedLine,
    *,
    fingerprint: bytes,
    earlier: Sequence[EarlierLine],
    candidates: Sequence[KnownPerson],
    zone: ZoneInfo,
    named: Identity | None = None,
    said: Said | None = None,
) -> Decision:
    """Decide one line.

    `earlier` are the lines of the same result id in the order they came. `candidates` are all known persons who share
    its `given_birth_key`, including people and cases of earlier lines of the same lot. `named` is whom a line without
    an identity of its own names: needed only after earlier lines.
    """
    if not earlier:  # most lines
        return _on_its_own(line, candidates, zone)
    return _Again(line, fingerprint, earlier, candidates, zone, line.identity or named, said).decide()


def _on_its_own(line: ParsedLine, candidates: Sequence[KnownPerson], zone: ZoneInfo) -> Decision:
    """Decide a line by the person it names alone."""
    if line.is_not_positive:
        return Decision(Outcome.NOT_POSITIVE)
    if line.identity is None or line.facts is None:
        return Decision(Outcome.QUARANTINED)
    if not candidates:  # most lines: no known person to compare with
        return Decision(Outcome.CREATED)
    matches = [known for known in candidates if same_person(line.identity, known.identity)]
    if len({known.person_id for known in matches}) == 1:
        return _for_known_person(matches, line.facts.sampled_at, zone)
    return _for_new_person(line.identity, matches, candidates)


@dataclass(slots=True, repr=False)
class _Again:
    """A line whose result id came before.

    Several people may have results under one id; the earlier lines that count are those of the person it names.
    """

    line: ParsedLine
    fingerprint: bytes
    earlier: Sequence[EarlierLine]
    candidates: Sequence[KnownPerson]
    zone: ZoneInfo
    named: Identity | None
    said: Said | None
    mine: list[EarlierLine] = field(default_factory=list)
    """The earlier lines with a result of the same person."""
    stands: EarlierLine | None = None
    """The last of them that changed something: its result is the one that stands."""

    def decide(self) -> Decision:
        """Decide the line, and which earlier lines in quarantine it settles."""
        self._find_mine()
        decision = self._decided()
        if decision.outcome is Outcome.DUPLICATE:
            return decision
        holder = next((one for one in self.earlier if one.case_id is not None), None)
        others = [one for one in self.earlier if one.case_id is not None and one not in self.mine]
        return decision._replace(
            settles=self._settled(decision),
            is_shared=holder is not None and holder not in self.mine,
            shares_id=any(one.is_in_lot for one in others) and decision.outcome is not Outcome.NOT_POSITIVE,
        )

    def _find_mine(self) -> None:
        if self.said is not None:
            cases = {self.said.case_id}
        else:
            cases = {case.case_id for known in self._namesakes() for case in known.cases}
        self.mine = [one for one in self.earlier if one.case_id is not None and one.case_id in cases]
        self.stands = next((one for one in reversed(self.mine) if one.outcome in TAKEN_IN), None)

    def _namesakes(self) -> list[KnownPerson]:
        """Return the known records that are the person whom the line names."""
        if self.named is None:
            return []
        return [known for known in self.candidates if same_person(self.named, known.identity)]

    def _decided(self) -> Decision:
        if self.said is None and self._is_seen():
            return Decision(Outcome.DUPLICATE, case_id=self.stands.case_id if self.stands else None)
        if self.line.result == OTHER_PATHOGEN:
            # some laboratories give all tests of one sample the same id: another pathogen's withdraws nothing
            return Decision(Outcome.NOT_POSITIVE)
        if self.stands is not None:
            return self._of_the_same(self.stands)
        if self.said is not None or Problem.BAD_SHAPE in self.line.problems:
            return _on_its_own(self.line, self.candidates, self.zone)
        if any(one.case_id is not None for one in self.earlier):
            if self._is_of_an_erased_day():
                return Decision(Outcome.DUPLICATE)
            return Decision(Outcome.QUARANTINED, reason=Problem.ID_TAKEN)
        last = self._last()
        if last is not None and last.outcome is Outcome.NOT_POSITIVE and last.result == self.line.result:
            return Decision(Outcome.DUPLICATE)
        return _on_its_own(self.line, self.candidates, self.zone)

    def _is_of_an_erased_day(self) -> bool:
        """Return whether the line is no newer than one whose person was erased with their day: it brings nobody back."""
        return any(
            one.case_id is not None and not one.fingerprint and self._is_no_later(one) for one in self.earlier
        )

    def _is_seen(self) -> bool:
        """Return whether the same line came before, and nothing newer since."""
        same = [one for one in self.earlier if one.fingerprint == self.fingerprint]
        if not same:
            return False
        if not self.line.result_id or self.line.result == OTHER_PATHOGEN:
            return True
        if self.stands is None:
            # of nobody who was taken in: it still waits, or somebody said what it is
            last = self._last()
            return last in same or any(one.case_id for one in self.earlier) or self._is_no_later(last)
        if self.stands.outcome is Outcome.WITHDRAWN and self.stands.is_in_lot and self._is_positive():
            return False  # one lot says both: the positive stays callable
        return self._is_no_later(self.stands)

    def _last(self) -> EarlierLine | None:
        """Return the last earlier line that was not a mere repetition."""
        return next((one for one in reversed(self.earlier) if one.outcome is not Outcome.DUPLICATE), None)

    def _is_positive(self) -> bool:
        return self.line.result == POSITIVE

    def _is_no_later(self, other: EarlierLine | None) -> bool:
        """Return whether the line's file was made no later than another's; unknown times say nothing."""
        if other is None or other.extracted_at is None or self.line.extracted_at is None:
            return True
        return self.line.extracted_at <= other.extracted_at

    def _of_the_same(self, stands: EarlierLine) -> Decision:
        """Decide a line of the person whose result with this id was taken in."""
        case_id = stands.case_id
        if not self._has_a_wrong_one_since(stands) and stands.result == self.line.result:
            return self._duplicate(stands)
        if self.line.is_not_positive:
            withdraws = self.said is not None and self.said.withdraws
            if stands.outcome is Outcome.WITHDRAWN or withdraws or not self._is_positive_in_lot():
                return Decision(Outcome.WITHDRAWN, case_id=case_id)
            if any(one.fingerprint == self.fingerprint and one.waits_for for one in self.mine):
                return Decision(
                    Outcome.DUPLICATE, case_id=case_id
                )  # both came before, and somebody was asked
            return Decision(Outcome.QUARANTINED, case_id=case_id, reason=Problem.CONTRADICTION)
        if self.line.identity is None or self.line.facts is None:
            return Decision(Outcome.QUARANTINED)
        if stands.outcome is Outcome.WITHDRAWN:
            return self._reinstated(stands, self.line.facts)
        return _on_its_own(self.line, self.candidates, self.zone)

    def _has_a_wrong_one_since(self, stands: EarlierLine) -> bool:
        """Return whether a line of this person that could not be used came later, and still waits."""
        since = takewhile(lambda one: one is not stands, reversed(self.earlier))
        return any(self._is_wrong_one(one) for one in since)

    def _is_wrong_one(self, one: EarlierLine) -> bool:
        """Return whether a line waits for its own faults, and may be of the person whom this line names."""
        return bool(one.waits_for) and one.waits_for not in _BY_ID and not _differ(one.person, self.named)

    def _is_positive_in_lot(self) -> bool:
        return any(one.is_in_lot and one.result == POSITIVE for one in self.mine)

    def _duplicate(self, stands: EarlierLine) -> Decision:
        """Repeat what is known; a changed line adds what is missing, a newer one also its address."""
        bare = Decision(Outcome.DUPLICATE, case_id=stands.case_id)
        records = self._namesakes()
        is_changed = all(one.fingerprint != self.fingerprint for one in self.earlier)
        if not is_changed or self.line.identity is None or self.line.facts is None or not records:
            return bare
        case = next((case for one in records for case in one.cases if case.case_id == stands.case_id), None)
        times = [one.extracted_at for one in self.mine if one.extracted_at is not None]
        is_newer = not times or self.line.extracted_at is None or self.line.extracted_at >= max(times)
        adds = _added(self.line.identity, records, is_newer=is_newer)
        onset = self.line.facts.onset_on if case is not None and case.needs_onset else None
        return bare._replace(person_id=records[0].person_id, adds=adds, onset_on=onset)

    def _reinstated(self, stands: EarlierLine, facts: LabFacts) -> Decision:
        """Bring back the result that was withdrawn."""
        known = next(
            (
                (one.person_id, case)
                for one in self._namesakes()
                for case in one.cases
                if case.case_id == stands.case_id
            ),
            None,
        )
        return Decision(
            Outcome.REPEAT,
            person_id=known[0] if known else None,
            case_id=stands.case_id,
            moves_first_sampling=known is not None and facts.sampled_at < known[1].first_sampled_at,
            reinstates=True,
        )

    def _settled(self, decision: Decision) -> tuple[int, ...]:
        if self.line.result == OTHER_PATHOGEN:
            return ()
        return tuple(at for at, one in enumerate(self.earlier) if self._settles(one, decision))

    def _settles(self, one: EarlierLine, decision: Decision) -> bool:
        """Return whether a waiting line is settled: this one is the same again, or names the same person."""
        if not one.waits_for:
            return False
        if one.waits_for == Problem.CONTRADICTION:
            return (
                self.line.is_not_positive and decision.case_id is not None and one.case_id == decision.case_id
            )
        if one.waits_for == Problem.ID_TAKEN:
            is_theirs = self.named and one.person and same_person(self.named, one.person)
            return one.fingerprint == self.fingerprint or bool(is_theirs)
        return not _differ(one.person, self.named)


_BY_ID = frozenset((Problem.ID_TAKEN.value, Problem.CONTRADICTION.value))


def _differ(one: Identity | None, other: Identity | None) -> bool:
    """Return whether two lines name two people, as far as both can be read: more of them differs than agrees."""
    if one is None or other is None:
        return False
    agree = []
    if one.birth_name and other.birth_name:
        agree.append(normal_form(one.birth_name) == normal_form(other.birth_name))
    if one.first_names and other.first_names:
        agree.append(given_names_agree(one.first_names, other.first_names))
    if one.birth_date and other.birth_date:
        agree.append(one.birth_date == other.birth_date)
    return agree.count(False) > agree.count(True)


def _added(newer: Identity, records: Sequence[KnownPerson], *, is_newer: bool) -> Identity | None:
    """Return what completes a known person: a number or an e-mail address they lack, another address; else None.

    A line that is not newer than what stands brings only what is missing.
    """
    leading = next((one.identity for one in records if one.is_leading), records[0].identity)
    known = {number for one in records for number in one.identity.phones}
    if not is_newer:
        if leading.address or leading.postcode or leading.city:
            newer = replace(newer, address="", postcode="", city="", insee_code="")
        newer = replace(newer, phones=() if known else newer.phones)
    adds_number = bool(set(newer.phones) - known)
    adds_email = bool(newer.email) and not leading.email
    adds_nir = newer.nir is not None and all(one.identity.nir is None for one in records)
    return newer if adds_number or adds_email or adds_nir or _moves(newer, leading) else None


def _moves(newer: Identity, known: Identity) -> bool:
    """Return whether a newer record gives another address than one that nobody has corrected."""
    if any(name == "address" for name, _value in known.sent):
        return False
    place = (newer.address, newer.postcode, newer.city)
    return any(place) and normal_form(" ".join(place)) != normal_form(
        f"{known.address} {known.postcode} {known.city}"
    )


def _for_known_person(matches: Sequence[KnownPerson], sampled_at: datetime, zone: ZoneInfo) -> Decision:
    """Join the nearest case of the one matching person, or open a new episode."""
    person_id = matches[0].person_id
    cases = [case for known in matches for case in known.cases]
    nearest = min(cases, key=lambda case: _days_apart(case.first_sampled_at, sampled_at, zone), default=None)
    if nearest is None or _days_apart(nearest.first_sampled_at, sampled_at, zone) > SAME_EPISODE_DAYS:
        return Decision(Outcome.CREATED, person_id=person_id, new_episode=nearest is not None)
    return Decision(
        Outcome.REPEAT,
        person_id=person_id,
        case_id=nearest.case_id,
        moves_first_sampling=sampled_at < nearest.first_sampled_at,
    )


def _for_new_person(
    identity: Identity, matches: Iterable[KnownPerson], candidates: Iterable[KnownPerson]
) -> Decision:
    """Create a case for a new person, naming every known person they might turn out to be."""
    resembling = (known for known in candidates if possible_duplicate(identity, known.identity))
    possible = dict.fromkeys(known.person_id for known in (*matches, *resembling))
    return Decision(Outcome.CREATED, possible_with=tuple(possible))


def case_of_negative(
    who: Identity, sampled_on: date, candidates: Iterable[KnownPerson], zone: ZoneInfo
) -> int | None:
    """Return the case of whose episode a negative test is: the nearest of the one known person it can be."""
    matches = [known for known in candidates if same_person(who, known.identity)]
    if len({known.person_id for known in matches}) != 1:
        return None
    apart = {
        case.case_id: abs((case.first_sampled_at.astimezone(zone).date() - sampled_on).days)
        for known in matches
        for case in known.cases
    }
    nearest = min(apart, key=apart.__getitem__, default=None)
    return nearest if nearest is not None and apart[nearest] <= SAME_EPISODE_DAYS else None


def _days_apart(one: datetime, other: datetime, zone: ZoneInfo) -> int:
    """Return the number of calendar days between two moments in the site's time zone."""
    return abs((one.astimezone(zone).date() - other.astimezone(zone).date()).days)
