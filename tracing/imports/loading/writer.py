"""Apply the decisions of a batch and write the results: people, cases, lab results, calls to make.

Rows are collected as the lines are decided and written table by table (COPY), without ORM objects.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import text

from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.consequences.services import follow_new_cases
from tracing.contacts.contact_to_case import turn_into_cases
from tracing.imports.format.columns import EXTRAS, FIELDS
from tracing.imports.format.line import Background, Doubt, LabFacts, ParsedLine
from tracing.imports.format.own_fields import values_of
from tracing.imports.loading import lookups, updates
from tracing.imports.loading.context import LoadContext
from tracing.imports.loading.lookups import Known
from tracing.imports.loading.updates import Turn
from tracing.imports.lots.report import report_line_of
from tracing.imports.models import ImportLine
from tracing.imports.rules import Decision, Outcome, Said
from tracing.kernel import clock
from tracing.kernel.bulk_copy import copy_rows
from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.people import services as people
from tracing.people.models import KeyKind, Person, PersonKey
from tracing.people.rules import Identity
from tracing.people.zones import zone_of
from tracing.programmes.in_force import get_pack
from tracing.programmes.rules import age_on
from tracing.queue.households import bulk_enqueue
from tracing.queue.households.bulk_enqueue import Newcomer
from tracing.queue.models import TaskKind
from tracing.queue.rules import factors_of
from tracing.vault import services as vault

Row = tuple[Any, ...]

COLLECTIVE = frozenset("EPC")
"""Codes of collective housing: nursing home, prison, other."""
WITHOUT_SYMPTOMS = frozenset({"", "ASY", "U"})
"""Codes that mean no symptoms: empty, none, unknown."""


@dataclass(frozen=True, repr=False)
class NewIds:
    """Ids reserved for rows a batch may create: a sealed blob is bound to its row's id before the row exists."""

    references: Iterator[str]
    people: Iterator[int]
    cases: Iterator[int]


@dataclass(repr=False)
class Rows:
    """What a batch writes, table by table; the columns are listed below."""

    people: dict[int, tuple[Row, Identity]] = field(default_factory=dict)
    """Without the household, which is found for all of them together; identities are sealed when they are written."""
    newcomers: list[Newcomer] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    cases: list[tuple[Row, Background]] = field(default_factory=list)
    results: dict[str, Row] = field(default_factory=dict)
    """By result id: of several lines with one id the last counts."""
    lines: list[Row] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    calls: list[bulk_enqueue.Arrival] = field(default_factory=list)


PERSON = (
    *("id", "cohort", "is_invented"),
    *("time_zone", "postcode_hash", "created_at", "household_id", "sealed"),
)
KEY = ("person_id", "kind", "hash", "index_key_id", "cohort")
CASE = (
    *("id", "reference", "person_id", "site_id", "programme", "episode", "cohort", "first_sampled_at"),
    *("onset_on", "status", "warnings", "created_at", "sealed"),
)
RESULT = (
    *("case_id", "source_code", "source_result_id", "sampled_at", "validated_at", "analysis", "result"),
    *("variant_screen", "symptoms", "withdrawn_at", "line_id"),
)
LINE = (
    *("id", "lot_id", "row_number", "revision", "is_current", "source_code", "source_result_id"),
    *("fingerprint", "result", "outcome", "new_episode", "possible_duplicate", "completed"),
    *("has_lost_id", "shares_id", "extracted_at", "reasons", "warnings", "case_id", "cohort", "sealed"),
)


@dataclass(repr=False)
class Batch:
    """Decides the lines of one batch, applies the decisions to what is known, and writes the results."""

    taking: LoadContext
    known: Known
    at: datetime
    new: NewIds
    revisions: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """Row to its next revision and the line it replaces, for corrected lines."""
    said: Mapping[int, Said] = field(default_factory=dict)
    """Row to what a person said of it, for lines whose result id was taken."""
    rows: Rows = field(default_factory=Rows)
    changes: updates.Changes = field(default_factory=updates.Changes)

    def __post_init__(self) -> None:
        self.cohort = self.taking.cohort
        self._seal_line = vault.sealer("import_lines", self.cohort)
        self._blind = vault.blinder(kind.value for kind in KeyKind)
        self._index_key_id = vault.index_key_id()
        self._negatives: dict[str, tuple[ParsedLine, int]] = {}
        # most lines of a lot share a few places
        self._place_hash = cache(people.place_hash)
        self._due = {
            site: self.taking.received_at + timedelta(hours=get_pack(programme).service.case_hours)
            for site, programme in self.taking.programmes.items()
        }

    def take(self, line: ParsedLine, fingerprint: bytes, line_id: int) -> None:
        """Decide a line with everything known so far, and collect the rows and changes that follow."""
        key = lookups.key_of(line, fingerprint)
        decision = self.known.decide(line, fingerprint, self.said.get(line.row))
        case_id = self._apply(line, decision, line_id)
        if Doubt.DECEASED in line.doubts:
            self._hear_of_death(key, fingerprint, case_id)
        self._add_line(line, fingerprint, decision, line_id, case_id)
        for at in decision.settles:
            self.changes.settled[self.known.earlier[key][at].line_id] = line_id
        if line.row in self.revisions:
            _revision, replaced = self.revisions[line.row]
            self.changes.settled[replaced] = line_id
        self._follow_negative(line, key, decision, line_id)
        self.known.remember_line(line, fingerprint, decision, line_id, case_id)

    def _follow_negative(self, line: ParsedLine, key: str, decision: Decision, line_id: int) -> None:
        """Keep a negative PCR for the comparison at the end of the batch; what it rectifies no longer counts."""
        if decision.outcome is Outcome.DUPLICATE:
            return
        if self._negatives and key in self._negatives:
            del self._negatives[key]
        earlier = self.known.earlier.get(key)
        if earlier and line.result_id and any(one.outcome is Outcome.NOT_POSITIVE for one in earlier):
            self.changes.rectified.append(line.result_id)
        if line.negative_pcr is not None and decision.outcome is Outcome.NOT_POSITIVE:
            self._negatives[key] = (line, line_id)

    def compare_negatives(self) -> None:
        """Find the cases of the negative PCRs of this batch, then forget whose they are.

        At the end, since the positive antigen test may stand below the negative PCR in the file. Of a negative that comes
        in an earlier batch or lot than the positive nothing was kept to compare with: of whom nobody knows as positive
        nothing may be kept.
        """
        for line, line_id in self._negatives.values():
            case_id = self.known.find_case_of_negative(line)
            if case_id is not None and line.negative_pcr is not None:
                self.changes.contradicted.append((case_id, line.negative_pcr.sampled_on, line_id))
        self._negatives.clear()

    def _apply(self, line: ParsedLine, decision: Decision, line_id: int) -> int | None:
        """Carry out one decision; returns the id of its case, or None."""
        if decision.outcome is Outcome.CREATED:
            return self._create(line, decision, next(self.new.cases), line_id)
        if decision.outcome is Outcome.REPEAT and decision.case_id is not None:
            return self._repeat(line, decision, decision.case_id, line_id)
        if decision.outcome is Outcome.WITHDRAWN and decision.case_id is not None:
            self.changes.turns.append(Turn(decision.case_id, line.result_id, withdrawn_by=line_id))
        if decision.adds is not None and decision.person_id is not None:
            self._revise(line, decision.person_id, decision.adds)
        if decision.onset_on is not None and decision.case_id is not None:
            self.changes.onsets.setdefault(decision.case_id, decision.onset_on)
            self.known.set_onset(decision.case_id)
        return decision.case_id

    def _hear_of_death(self, key: str, fingerprint: bytes, case_id: int | None) -> None:
        """Have the calls to a person stopped whom the line reports dead; the same line again says nothing new."""
        earlier = self.known.earlier.get(key, ())
        case_id = case_id or next((one.case_id for one in reversed(earlier) if one.case_id), None)
        is_new = all(one.fingerprint != fingerprint for one in earlier)
        if case_id is not None and is_new:
            self.changes.deaths[case_id] = None

    def _create(self, line: ParsedLine, decision: Decision, case_id: int, line_id: int) -> int:
        identity, facts, background = line.identity, line.facts, line.background
        if identity is None or facts is None or background is None:
            raise ValueError("a created line has an identity and facts")
        taking, person_id, zone = self.taking, decision.person_id, zone_of(identity)
        if person_id is None:
            person_id = next(self.new.people)
            self._new_person(line, person_id, identity, zone)
            self.rows.pairs += [(person_id, other) for other in decision.possible_with]
            has_number = bool(identity.phones)
        else:
            has_number = bool(identity.phones) or self.known.has_number(line, person_id)
            self._revise(line, person_id, identity)
        site_id = taking.site_of(line.fund_code)
        row = (
            *(case_id, next(self.new.references), person_id, site_id, taking.programmes[site_id]),
            *(self.known.episodes[person_id] + 1, self.cohort, facts.sampled_at, facts.onset_on),
            *(CaseStatus.OPEN.value, [doubt.value for doubt in line.doubts], self.at),
        )
        self.rows.cases.append((row, background))
        self._add_result(case_id, line, facts, line_id, is_shared=decision.is_shared)
        self.known.remember_case(person_id, line, identity, case_id, facts.sampled_at)
        self.rows.calls.append(
            bulk_enqueue.Arrival(
                kind=TaskKind.CASE_FIRST,
                person_id=person_id,
                has_number=has_number,
                site_id=site_id,
                case_id=case_id,
                due_at=self._due[site_id],
                time_zone=zone,
                factors=self._factors(identity, facts, background),
                lot_id=taking.lot_id,
                is_known=decision.person_id is not None,
            )
        )
        return case_id

    def _factors(self, identity: Identity, facts: LabFacts, background: Background) -> int:
        """Return the priority factors that a line gives for its call."""
        born = identity.birth_date
        return factors_of(
            age=None if born is None else age_on(born, self.cohort),
            place=background.housing in COLLECTIVE,
            symptoms=facts.onset_on is not None or facts.symptoms not in WITHOUT_SYMPTOMS,
        )

    def _new_person(self, line: ParsedLine, person_id: int, identity: Identity, zone: str | None) -> None:
        is_invented = self.taking.is_invented(line.fund_code)
        row = (
            *(person_id, self.cohort, is_invented, zone),
            *(self._place_hash(identity.french_postcode, is_invented=is_invented), self.at),
        )
        self.rows.people[person_id] = (row, identity)
        numbers = []
        given = None if is_invented else self.known.person_keys(line)
        for kind, value in people.index_values(identity, is_invented=is_invented, given=given):
            digest = self.known.hashes[value] if kind is KeyKind.GIVEN_BIRTH else self._blind(kind, value)
            self.rows.keys.append((person_id, kind.value, digest, self._index_key_id, self.cohort))
            if kind is KeyKind.PHONE:
                numbers.append(digest)
        if numbers:
            self.rows.newcomers.append(Newcomer(person_id, tuple(numbers)))

    def _repeat(self, line: ParsedLine, decision: Decision, case_id: int, line_id: int) -> int:
        if line.facts is None or line.identity is None:
            raise ValueError("a repeat has an identity and facts")
        if decision.moves_first_sampling:
            self.changes.moved[case_id] = line.facts.sampled_at
            self.known.move_first_sampling(case_id, line.facts.sampled_at)
        if decision.reinstates:
            self.changes.turns.append(Turn(case_id, line.result_id, reinstated_by=line_id))
        else:
            self._add_result(case_id, line, line.facts, line_id, is_shared=decision.is_shared)
        if decision.person_id is not None:
            self._revise(line, decision.person_id, line.identity)
        return case_id

    def _revise(self, line: ParsedLine, person_id: int, newer: Identity) -> None:
        """Complete a known person; one created in this same batch and unchanged by the line is left alone."""
        known = self.known.find_person(line, person_id)
        if (
            person_id in self.rows.people
            and known is not None
            and updates.adds_nothing(known.identity, newer)
        ):
            return
        self.changes.revised.append((person_id, newer))
        self.known.complete(line, person_id, newer)

    def _add_result(
        self, case_id: int, line: ParsedLine, facts: LabFacts, line_id: int, *, is_shared: bool
    ) -> None:
        result_id = None if is_shared else line.result_id or None
        self.rows.results[result_id or f"line {line_id}"] = (
            *(case_id, self.taking.source_code, result_id, facts.sampled_at),
            *(facts.validated_at, facts.analysis or None, line.result, facts.variant_screen or None),
            *(facts.symptoms or None, None, line_id),
        )

    def _add_line(
        self, line: ParsedLine, fingerprint: bytes, decision: Decision, line_id: int, case_id: int | None
    ) -> None:
        """Add the record of a line; for one that is not positive without any personal data."""
        kept = report_line_of(line, decision)
        sealed = None
        if decision.outcome is Outcome.QUARANTINED:
            beside = {name: said for name, said in zip(EXTRAS, line.extras, strict=False) if said}
            values = values_of(line, self.taking.zone)
            sealed = self._seal_line(line_id, dict(zip(FIELDS, values, strict=True)) | beside)
        revision, _replaced = self.revisions.get(line.row, (1, 0))
        self.rows.lines.append(
            (
                *(line_id, self.taking.lot_id, line.row, revision, True, self.taking.source_code),
                *(line.result_id or None, fingerprint, line.result[:20], decision.outcome.value),
                *(kept.new_episode, kept.possible_duplicate, kept.completed, kept.has_lost_id),
                *(kept.shares_id, line.extracted_at, kept.reasons, kept.warnings, case_id),
                *(self.cohort, sealed),
            )
        )

    def write(self) -> None:
        """Write the batch, then put its people in the queue."""
        rows, at = self.rows, self.at
        homes = bulk_enqueue.assign_households(
            rows.newcomers, cohort=self.cohort, index_key_id=self._index_key_id, at=at
        )
        copy_rows(Person, PERSON, self._sealed_people(homes))
        copy_rows(PersonKey, KEY, dict.fromkeys(rows.keys))
        copy_rows(Case, CASE, self._sealed_cases())
        copy_rows(
            Event,
            ("at", "kind", "site_id", "subject_type", "subject_id", "detail"),
            ((at, "case.opened", call.site_id, "case", call.case_id, {}) for call in rows.calls),
        )
        self._replace()
        copy_rows(ImportLine, LINE, rows.lines)
        self._write_results()
        updates.add_possible_duplicates(rows.pairs, at=at)
        updates.forget_negatives(self.changes.rectified, source_code=self.taking.source_code)
        updates.keep_negatives(self.changes.contradicted, zone=self.taking.zone, at=at)
        updates.settle_lines(self.changes.settled)
        updates.move_first_samplings(self.changes.moved, at=at)
        revised = updates.complete(self.changes.revised, cohort=self.cohort)
        bulk_enqueue.enqueue_all(self._calls(), homes, at=at)
        follow_new_cases(
            {call.case_id: self.taking.programmes[call.site_id] for call in rows.calls},
            on=clock.local_day(at, self.taking.zone),
            at=at,
        )
        updates.move_to_households_of_numbers(revised, at=at)
        updates.set_onsets(self.changes.onsets, at=at)
        for turn in self.changes.turns:
            updates.follow_turn(turn, source_code=self.taking.source_code, zone=self.taking.zone, at=at)
        known = [(one.case_id, one.person_id) for one in rows.calls if one.person_id not in rows.people]
        for case_id in dict.fromkeys((*self.changes.deaths, *updates.known_dead(known))):
            updates.report_death(case_id, lot_id=self.taking.lot_id, cohort=self.cohort, at=at)

    def _sealed_people(self, homes: bulk_enqueue.HouseholdAssignments) -> Iterator[Row]:
        """Yield the rows of new people, sealing each as it is written."""
        seal = vault.sealer("people", self.cohort)
        for row, identity in self.rows.people.values():
            yield (*row, homes.of.get(row[0]), seal(row[0], identity.to_dict()))

    def _sealed_cases(self) -> Iterator[Row]:
        seal = vault.sealer("cases", self.cohort)
        for row, background in self.rows.cases:
            yield (*row, seal(row[0], background.to_dict()))

    def _calls(self) -> list[bulk_enqueue.Arrival]:
        """Return the first calls to request; a known contact who turned positive keeps an earlier deadline."""
        known = [
            (one.case_id, one.person_id) for one in self.rows.calls if one.person_id not in self.rows.people
        ]
        promised = turn_into_cases(known, at=self.at, zone=self.taking.zone)
        return [
            one._replace(due_at=min(one.due_at, promised[one.case_id])) if one.case_id in promised else one
            for one in self.rows.calls
        ]

    def _replace(self) -> None:
        """Let corrected lines replace their earlier revisions."""
        replaced = [line_id for _revision, line_id in self.revisions.values()]
        if replaced:
            session.execute(
                text("UPDATE import_lines SET is_current = false WHERE id = ANY(:replaced)"),
                {"replaced": replaced},
            )

    def _write_results(self) -> None:
        """Write the lab results; the id of a withdrawn one may come again as positive."""
        again = [key for key in self.rows.results if key in self.known.results_before]
        if again:
            session.execute(
                text(
                    "DELETE FROM lab_results WHERE source_code = :source AND source_result_id = ANY(:again)"
                ),
                {"source": self.taking.source_code, "again": again},
            )
        copy_rows(LabResult, RESULT, self.rows.results.values())
