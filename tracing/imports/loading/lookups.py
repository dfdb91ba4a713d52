"""Read what is known about the lines of a batch in a few queries; earlier lines of the same lot are included."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select, text

from tracing.cases.models import Case, CaseOutcome
from tracing.imports.format.line import ParsedLine
from tracing.imports.format.own_fields import fund_code_of, own_fields, person_in, sent_id
from tracing.imports.rules import (
    Decision,
    EarlierLine,
    KnownCase,
    KnownPerson,
    Outcome,
    Said,
    case_of_negative,
    decide,
)
from tracing.kernel.db import equals_any, session
from tracing.people.models import KeyKind
from tracing.people.rules import Identity, completed, given_birth_key, given_birth_keys, realm_key
from tracing.vault import services as vault


@dataclass(repr=False)
class Known:
    """What the database and the earlier lines of the lot say about the lines of a batch."""

    source_code: str
    zone: ZoneInfo
    is_invented: Callable[[str], bool]
    """Whether a fund code belongs to a training site: its people are matched only among themselves."""
    earlier: dict[str, list[EarlierLine]] = field(default_factory=lambda: defaultdict(list))
    """By result id, or by fingerprint for a line without one."""
    named: dict[int, Identity] = field(default_factory=dict)
    """By row, whom a line without an identity names, if its result id came before. Held for the comparison only."""
    results_before: set[str] = field(default_factory=set)
    """The result ids that created or joined a case before this batch."""
    people: dict[str, list[KnownPerson]] = field(default_factory=dict)
    """By `person_key`."""
    also: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """By the second of their `person_keys`, or one from before a correction, the `person_key`s of the people who have it."""
    episodes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cases: dict[int, KnownCase] = field(default_factory=dict)
    hashes: dict[str, bytes] = field(default_factory=dict)
    """The blind index of each of the `person_keys` in the batch."""
    _keys: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def decide(self, line: ParsedLine, fingerprint: bytes, said: Said | None = None) -> Decision:
        """Decide one line with everything known so far."""
        named = self.named.get(line.row)
        candidates = self._candidates(line) if line.identity or named else ()
        return decide(
            line,
            fingerprint=fingerprint,
            earlier=self.earlier.get(key_of(line, fingerprint), ()),
            candidates=candidates,
            zone=self.zone,
            named=named,
            said=said,
        )

    def remember_line(
        self, line: ParsedLine, fingerprint: bytes, decision: Decision, line_id: int, case_id: int | None
    ) -> None:
        """Add a decided line to what is known; what it settles waits no longer."""
        earlier = self.earlier[key_of(line, fingerprint)]
        for at in decision.settles:
            earlier[at] = earlier[at]._replace(waits_for="", person=None)
        waits = decision.outcome is Outcome.QUARANTINED
        person = line.identity or person_in(own_fields(line.fingerprint_content)) if waits else None
        reason = decision.reason or next(iter(line.problems), "")
        earlier.append(
            EarlierLine(
                fingerprint,
                decision.outcome,
                line.result,
                case_id,
                line.extracted_at,
                is_in_lot=True,
                line_id=line_id,
                waits_for=str(reason) if waits else "",
                person=person,
            )
        )

    def _candidates(self, line: ParsedLine) -> Sequence[KnownPerson]:
        """Return everybody who may be the person of a line, or resemble them."""
        first, *second = self.person_keys(line)
        found = self.people.get(first, ())
        further = [key for key in (*second, *self.also.get(first, ())) if key in self.people]
        if not further:  # most lines
            return found
        return (*found, *(one for key in dict.fromkeys(further) for one in self.people[key]))

    def find_case_of_negative(self, line: ParsedLine) -> int | None:
        """Return the case of the known person whose negative PCR a line is, or None."""
        if line.negative_pcr is None:
            return None
        who, sampled_on = line.negative_pcr
        return case_of_negative(who, sampled_on, self._candidates(line), self.zone)

    def person_key(self, line: ParsedLine) -> str:
        """Return the key shared by all records that may be the person of a line."""
        return self.person_keys(line)[0]

    def person_keys(self, line: ParsedLine) -> tuple[str, ...]:
        """Return the keys by which the person of a line is looked up and found, `person_key` first."""
        known = self._keys.get(line.row)
        if known is not None:
            return known
        identity, fund_code = line.identity, line.fund_code
        if identity is not None:
            names = given_birth_keys(identity)
        elif line.negative_pcr is not None:
            names = (given_birth_key(line.negative_pcr.identity),)
        else:
            names = (given_birth_key(self.named[line.row]),)
            fund_code = fund_code_of(line.fingerprint_content)
        is_invented = self.is_invented(fund_code)
        keys = tuple(realm_key(key, is_invented=is_invented) for key in names)
        self._keys[line.row] = keys
        return keys

    def find_person(self, line: ParsedLine, person_id: int) -> KnownPerson | None:
        """Return what is known of the person a line was matched with."""
        return next((one for one in self._candidates(line) if one.person_id == person_id), None)

    def has_number(self, line: ParsedLine, person_id: int) -> bool:
        """Return whether the person of a line already has a telephone number, be it on a record merged with theirs."""
        return any(one.identity.phones for one in self._candidates(line) if one.person_id == person_id)

    def remember_case(
        self, person_id: int, line: ParsedLine, identity: Identity, case_id: int, sampled_at: datetime
    ) -> None:
        """Add a new case, and its person, to what is known."""
        known = self.find_person(line, person_id)
        if known is None:
            known = KnownPerson(person_id, identity)
            first, *second = self.person_keys(line)
            self.people.setdefault(first, []).append(known)
            for key in second:
                self.also[key][first] = None
        case = KnownCase(case_id, sampled_at, line.facts is None or line.facts.onset_on is None)
        known.cases.append(case)
        self.cases[case_id] = case
        self.episodes[person_id] += 1

    def complete(self, line: ParsedLine, person_id: int, newer: Identity | None = None) -> None:
        """Complete a known person at once: the outcome of later lines must not depend on where batches end."""
        newer = newer or line.identity
        for one in self._candidates(line):
            if one.person_id == person_id and one.is_leading and newer is not None:
                one.identity = completed(one.identity, newer)

    def follow_duplicate(self, line: ParsedLine, decision: Decision) -> None:
        """Add what a duplicate adds to its person and case."""
        if decision.adds is not None and decision.person_id is not None:
            self.complete(line, decision.person_id, decision.adds)
        if decision.onset_on is not None and decision.case_id is not None:
            self.set_onset(decision.case_id)

    def set_onset(self, case_id: int) -> None:
        """Record that the onset of a case is known now."""
        case = self.cases.get(case_id)
        if case is not None:
            case.needs_onset = False

    def move_first_sampling(self, case_id: int, sampled_at: datetime) -> None:
        """Record that a case began earlier than was known."""
        case = self.cases.get(case_id)
        if case is not None:
            case.first_sampled_at = sampled_at


def key_of(line: ParsedLine, fingerprint: bytes) -> str:
    """Return the key by which a line is recognised when it comes again."""
    return line.result_id or f"={fingerprint.hex()}"


def look_up(
    lines: Sequence[ParsedLine],
    fingerprints: Sequence[bytes],
    *,
    source_code: str,
    zone: ZoneInfo,
    is_invented: Callable[[str], bool],
    lot_id: int | None = None,
    leaving: Collection[int] = (),
    before: Known | None = None,
    planned: Mapping[str, Sequence[EarlierLine]] = MappingProxyType({}),
) -> Known:
    """Read, in a few queries, everything that is known about the lines of a batch.

    Lines in `leaving` are replaced by lines of this batch and are ignored: a correction is no duplicate of what it
    corrects. `before` is what is known after the previous batch of this lot, which is being written meanwhile;
    `planned` are the lines known to earlier batches of a plan, by key.
    """
    known = Known(source_code, zone, is_invented)
    keys = [key_of(*pair) for pair in zip(lines, fingerprints, strict=True)]
    _earlier_lines(known, lines, fingerprints, lot_id, leaving)
    in_flight = before.earlier if before is not None else planned
    # what was known of a result id before is complete: no other process writes lines
    for key in set(keys) & in_flight.keys():
        known.earlier[key] = list(in_flight[key])
        if any(one.case_id is not None for one in known.earlier[key]):
            known.results_before.add(key)
    _name_those_seen(known, lines, keys)
    somebodys = (line for line in lines if line.identity or line.negative_pcr or line.row in known.named)
    _people(known, list(dict.fromkeys(key for line in somebodys for key in known.person_keys(line))))
    if before is not None:
        _add_people_in_flight(known, before)
    return known


def _name_those_seen(known: Known, lines: Sequence[ParsedLine], keys: Sequence[str]) -> None:
    """Read whom a line without an identity names, where another line has its result id: few do."""
    seen = set(known.earlier)
    if len(set(keys)) < len(keys):
        times = Counter(keys)
        seen |= {key for key in keys if times[key] > 1}
    for line, key in zip(lines, keys, strict=True) if seen else ():
        if line.identity is None and key in seen:
            known.named[line.row] = person_in(own_fields(line.fingerprint_content))


def _add_people_in_flight(known: Known, before: Known) -> None:
    """Add the people and cases of the batch in flight to those in the database."""
    for key in known.hashes.keys() & before.also.keys():
        known.also[key] |= before.also[key]
    wanted = known.hashes.keys() | known.people.keys() | {key for keys in known.also.values() for key in keys}
    for key in wanted & before.people.keys():
        found = {one.person_id: one for one in known.people.get(key, ())}
        for earlier in before.people[key]:
            known.episodes[earlier.person_id] = max(
                known.episodes[earlier.person_id], before.episodes[earlier.person_id]
            )
            known.cases |= {case.case_id: case for case in earlier.cases}
            if earlier.person_id not in found:
                known.people.setdefault(key, []).append(earlier)
                continue
            # data in flight is newer: an earlier first sampling, one more case
            mine = found[earlier.person_id]
            later = {case.case_id: case for case in (*mine.cases, *earlier.cases)}
            mine.cases[:] = later.values()
            if mine.is_leading:
                mine.identity = completed(mine.identity, earlier.identity)


_EARLIER = """
    SELECT id, source_result_id, fingerprint, outcome, result, case_id, lot_id, cohort,
           coalesce(extracted_at, (SELECT received_at FROM import_lots WHERE import_lots.id = lot_id)) AS extracted_at,
           CASE WHEN outcome = 'quarantined' AND settled_by_id IS NULL THEN reasons->>0 END AS waits_for,
           CASE WHEN outcome = 'quarantined' AND settled_by_id IS NULL THEN sealed END AS sealed
    FROM import_lines WHERE source_code = :source AND {column} = ANY(:wanted){more} ORDER BY id
"""


def _earlier_lines(
    known: Known,
    lines: Sequence[ParsedLine],
    fingerprints: Sequence[bytes],
    lot_id: int | None,
    leaving: Collection[int],
) -> None:
    """Read the earlier lines of each result id, and those that equal a line without a usable one."""
    ids = {line.result_id for line in lines if line.result_id}
    alone = {
        fingerprint: sent_id(line.fingerprint_content)
        for line, fingerprint in zip(lines, fingerprints, strict=True)
        if not line.result_id
    }
    # an id that says nothing now may have been taken for one when the line came before
    for row in _rows_of(known, "source_result_id", list(ids | set(alone.values()) - {""})):
        if row.source_result_id in ids:
            _add_earlier(known, row.source_result_id, row, lot_id, leaving)
        if bytes(row.fingerprint or b"") in alone:
            _add_earlier(known, f"={row.fingerprint.hex()}", row, lot_id, leaving)
    # a fingerprint covers the result id: only a line without one can be recognised by fingerprint alone
    for row in _rows_of(known, "fingerprint", list(alone), " AND source_result_id IS NULL"):
        _add_earlier(known, f"={row.fingerprint.hex()}", row, lot_id, leaving)


def _rows_of(known: Known, column: str, wanted: Sequence[Any], more: str = "") -> Sequence[Any]:
    if not wanted:
        return ()
    told = {"source": known.source_code, "wanted": wanted}
    return session.execute(text(_EARLIER.format(column=column, more=more)), told).all()


def _add_earlier(known: Known, key: str, row: Any, lot_id: int | None, leaving: Collection[int]) -> None:
    if row.id in leaving:
        return
    sent = vault.find_unsealed("import_lines", row.id, row.cohort, row.sealed) if row.sealed else None
    known.earlier[key].append(
        EarlierLine(
            bytes(row.fingerprint or b""),
            Outcome(row.outcome),
            row.result or "",
            row.case_id,
            row.extracted_at,
            is_in_lot=row.lot_id == lot_id,
            line_id=row.id,
            waits_for=row.waits_for or "",
            person=person_in(sent) if sent else None,
        )
    )
    if row.case_id is not None:
        known.results_before.add(key)


_PEOPLE = """
    SELECT person_keys.hash, people.id, people.cohort, people.sealed, people.same_as, people.is_invented
    FROM person_keys JOIN people ON people.id = person_keys.person_id
    WHERE person_keys.hash = ANY(:hashes) AND person_keys.kind = :kind ORDER BY people.id
"""


def _people(known: Known, keys: Sequence[str]) -> None:
    """Read all people who share the key of a line, with their cases; merged records count as one person."""
    known.hashes = dict(zip(keys, vault.blind_all(KeyKind.GIVEN_BIRTH.value, keys), strict=True))
    if not keys:
        return
    key_of_hash = {digest: key for key, digest in known.hashes.items()}
    rows = session.execute(
        text(_PEOPLE), {"hashes": list(key_of_hash), "kind": KeyKind.GIVEN_BIRTH.value}
    ).all()
    if not rows:
        return
    leading = _leading([row.same_as or row.id for row in rows])
    cases = _cases_of(leading, known)
    found: dict[int, str] = {}
    for row in rows:
        if row.id not in found:
            opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
            if opened is None:
                continue
            person_id, identity = row.same_as or row.id, Identity.from_dict(opened)
            found[row.id] = realm_key(given_birth_key(identity), is_invented=row.is_invented)
            person = KnownPerson(person_id, identity, cases[person_id], is_leading=row.same_as is None)
            known.people.setdefault(found[row.id], []).append(person)
        key, first = key_of_hash[bytes(row.hash)], found[row.id]
        if key != first:
            known.also[key][first] = None


def _leading(person_ids: Sequence[int]) -> dict[int, int]:
    """Return every record of these people with its leading record: records may have been merged."""
    merged = session.execute(
        text("SELECT id, same_as FROM people WHERE same_as = ANY(:leading)"),
        {"leading": sorted(set(person_ids))},
    )
    return {one: one for one in person_ids} | {row.id: row.same_as for row in merged}


def _cases_of(leading: Mapping[int, int], known: Known) -> dict[int, list[KnownCase]]:
    """Return the cases of each person over all their records, and record each person's last episode."""
    found: dict[int, list[KnownCase]] = defaultdict(list)
    rows = session.execute(
        select(
            *(Case.person_id, Case.id, Case.first_sampled_at, Case.episode, Case.outcome),
            and_(Case.onset_on.is_(None), Case.isolation_measure.is_(None)).label("needs_onset"),
        ).where(equals_any(Case.person_id, leading))
    )
    for row in rows:
        person_id = leading[row.person_id]
        case = known.cases[row.id] = KnownCase(row.id, row.first_sampled_at, row.needs_onset)
        if row.outcome is not CaseOutcome.NOT_A_CASE:
            # nobody is called about a case that was none: another positive result begins an episode
            found[person_id].append(case)
        known.episodes[person_id] = max(known.episodes[person_id], row.episode)
    return found
