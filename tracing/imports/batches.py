"""One batch of lines: what is known of them beforehand, and the rows that their outcomes make.

Rows are collected and written together; a line earlier in the same lot counts as known.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from tracing.cases.models import Case, LabResult
from tracing.imports.lines import ParsedLine
from tracing.imports.models import ImportLine
from tracing.imports.report import told
from tracing.imports.rules import Decision, EarlierLine, KnownCase, KnownPerson, Outcome, decide
from tracing.kernel.db import session
from tracing.people.models import KeyKind, Person, PersonKey
from tracing.people.rules import Identity, given_birth_key, realm_key
from tracing.vault import services as vault


@dataclass
class Known:
    """What the database and the earlier lines of the lot say about the lines of a batch."""

    source_code: str
    zone: ZoneInfo
    is_invented: Callable[[str], bool]
    """Whether a fund code belongs to a training site: its people are known among themselves only."""
    earlier: dict[str, list[EarlierLine]] = field(default_factory=lambda: defaultdict(list))
    """By result id, or by fingerprint for a line without one."""
    quarantined: dict[str, int] = field(default_factory=dict)
    """The line in quarantine that a corrected one would settle."""
    case_of_result: dict[str, int] = field(default_factory=dict)
    people: dict[str, list[KnownPerson]] = field(default_factory=lambda: defaultdict(list))
    """By `person_key`."""
    episodes: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def decide(self, line: ParsedLine, fingerprint: bytes) -> Decision:
        """Decide one line with all that is known now."""
        candidates = self.people[self.person_key(line)] if line.identity else []
        return decide(
            line,
            fingerprint=fingerprint,
            earlier=self.earlier[key_of(line, fingerprint)],
            candidates=candidates,
            zone=self.zone,
        )

    def remember_line(self, line: ParsedLine, fingerprint: bytes, decision: Decision, line_id: int) -> None:
        """Count a decided line as known."""
        key = key_of(line, fingerprint)
        self.earlier[key].append(EarlierLine(fingerprint, decision.outcome, line.result))
        if decision.outcome is Outcome.QUARANTINED:
            self.quarantined[key] = line_id

    def person_key(self, line: ParsedLine) -> str:
        """Return what everybody shares who may be the person of a line."""
        if line.identity is None:
            raise ValueError("a line without an identity is nobody's")
        return realm_key(given_birth_key(line.identity), is_invented=self.is_invented(line.fund_code))

    def remember_case(
        self, person_id: int, line: ParsedLine, identity: Identity, case_id: int, sampled_at: datetime
    ) -> None:
        """Count a new case, and its person, as known."""
        people = self.people[self.person_key(line)]
        known = next((one for one in people if one.person_id == person_id), None)
        if known is None:
            known = KnownPerson(person_id, identity)
            people.append(known)
        known.cases.append(KnownCase(case_id, sampled_at))
        self.episodes[person_id] += 1

    def move_first_sampling(self, case_id: int, sampled_at: datetime) -> None:
        """Remember that a case began earlier than was known."""
        for people in self.people.values():
            for person in people:
                for case in person.cases:
                    if case.case_id == case_id:
                        case.first_sampled_at = sampled_at


def key_of(line: ParsedLine, fingerprint: bytes) -> str:
    """Return by what a line is recognised when it comes again."""
    return line.result_id or f"={fingerprint.hex()}"


def look_up(
    lines: Sequence[ParsedLine],
    fingerprints: Sequence[bytes],
    *,
    source_code: str,
    zone: ZoneInfo,
    is_invented: Callable[[str], bool],
) -> Known:
    """Read, in a few queries, everything that is known about the lines of a batch."""
    known = Known(source_code, zone, is_invented)
    _earlier_lines(known, {line.result_id for line in lines if line.result_id}, set(fingerprints))
    _people(known, {known.person_key(line) for line in lines if line.identity})
    return known


def _earlier_lines(known: Known, ids: set[str], fingerprints: set[bytes]) -> None:
    rows = session.execute(
        select(
            ImportLine.id,
            ImportLine.source_result_id,
            ImportLine.fingerprint,
            ImportLine.outcome,
            ImportLine.result,
            ImportLine.settled_by_id,
            ImportLine.case_id,
        )
        .where(
            ImportLine.source_code == known.source_code,
            or_(ImportLine.source_result_id.in_(ids), ImportLine.fingerprint.in_(fingerprints)),
        )
        .order_by(ImportLine.id)
    )
    for row in rows:
        key = row.source_result_id or f"={(row.fingerprint or b'').hex()}"
        known.earlier[key].append(EarlierLine(row.fingerprint or b"", row.outcome, row.result or ""))
        if row.outcome is Outcome.QUARANTINED and row.settled_by_id is None:
            known.quarantined[key] = row.id
        if row.case_id is not None:
            known.case_of_result[key] = row.case_id


def _people(known: Known, keys: set[str]) -> None:
    by_hash = {vault.blind(KeyKind.GIVEN_BIRTH.value, key): key for key in keys}
    rows = session.execute(
        select(PersonKey.hash, Person.id, Person.cohort, Person.sealed, Person.same_as)
        .join(Person, Person.id == PersonKey.person_id)
        .where(PersonKey.kind == KeyKind.GIVEN_BIRTH, PersonKey.hash.in_(by_hash))
        .order_by(Person.id)
    ).all()
    cases = _cases_of({row.id for row in rows})
    for row in rows:
        opened = vault.find_unsealed("people", row.id, row.cohort, row.sealed)
        if opened is None:
            continue
        person = KnownPerson(row.same_as or row.id, Identity.from_dict(opened), cases.get(row.id, []))
        known.people[by_hash[row.hash]].append(person)
    for person_id, episodes in session.execute(
        select(Case.person_id, func.max(Case.episode))
        .where(Case.person_id.in_({row.same_as or row.id for row in rows}))
        .group_by(Case.person_id)
    ):
        known.episodes[person_id] = episodes


def _cases_of(person_ids: Iterable[int]) -> dict[int, list[KnownCase]]:
    found: dict[int, list[KnownCase]] = defaultdict(list)
    for row in session.execute(
        select(Case.person_id, Case.id, Case.first_sampled_at).where(Case.person_id.in_(set(person_ids)))
    ):
        found[row.person_id].append(KnownCase(row.id, row.first_sampled_at))
    return found


@dataclass
class Rows:
    """What a batch writes, table by table."""

    people: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)

    def add_line(
        self,
        line_id: int,
        lot_id: int,
        line: ParsedLine,
        decision: Decision,
        *,
        fingerprint: bytes,
        source_code: str,
        case_id: int | None,
        cohort: date,
        sealed: bytes | None,
    ) -> None:
        """Add what is kept of a line: of one that is not positive, nothing of the person."""
        kept = told(line, decision)
        self.lines.append(
            {
                "id": line_id,
                "lot_id": lot_id,
                "row_number": line.row,
                "source_code": source_code,
                "source_result_id": line.result_id or None,
                "fingerprint": fingerprint,
                "result": line.result[:20],
                "outcome": decision.outcome,
                "new_episode": kept.new_episode,
                "possible_duplicate": kept.possible_duplicate,
                "reasons": kept.reasons,
                "warnings": kept.warnings,
                "case_id": case_id,
                "cohort": cohort,
                "sealed": sealed,
            }
        )


def result_row(case_id: int, line: ParsedLine, source_code: str) -> dict[str, Any]:
    """Return the laboratory's result of a positive line."""
    facts = line.facts
    if facts is None:
        raise ValueError("a line without facts has no result")
    return {
        "case_id": case_id,
        "source_code": source_code,
        "source_result_id": line.result_id or None,
        "sampled_at": facts.sampled_at,
        "validated_at": facts.validated_at,
        "analysis": facts.analysis or None,
        "result": line.result,
        "variant_screen": facts.variant_screen or None,
        "symptoms": facts.symptoms or None,
        "withdrawn_at": None,
    }


RESULT_COLUMNS = tuple(column.name for column in LabResult.__table__.columns if column.name != "id")
