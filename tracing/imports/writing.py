"""Applying the decisions of a batch, and writing what they make: people, cases, results, calls to make."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.imports import batches
from tracing.imports.batches import Known, Rows
from tracing.imports.lines import ParsedLine
from tracing.imports.models import ImportLine
from tracing.imports.rules import Decision, Outcome
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.models import Person, PersonKey, PossibleDuplicate
from tracing.people.rules import Identity, completed
from tracing.programmes.loader import get_pack
from tracing.queue import arrivals, households
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import TaskKind, TaskState
from tracing.vault import services as vault


@dataclass(frozen=True)
class Taking:
    """What every line of a lot is taken in with."""

    lot_id: int
    source_code: str
    received_at: datetime
    zone: ZoneInfo
    programmes: dict[int, str]
    """The programme of each site."""
    sites: dict[str, int]
    """The site of each fund code."""
    default_site: int
    training_sites: frozenset[int] = frozenset()

    @property
    def cohort(self) -> date:
        """The day of collection."""
        return self.received_at.astimezone(self.zone).date()

    def site_of(self, fund_code: str) -> int:
        """Return the site of a fund code, the default one otherwise."""
        return self.sites.get(fund_code, self.default_site)

    def is_invented(self, fund_code: str) -> bool:
        """Return whether the people of a fund code are invented, for practice."""
        return self.site_of(fund_code) in self.training_sites


@dataclass(frozen=True)
class NewIds:
    """Ids reserved for what a batch may create: a sealed blob is bound to its row before the row exists."""

    references: Iterator[str]
    people: Iterator[int]
    cases: Iterator[int]


@dataclass
class Batch:
    """The work of one batch: applies decisions to what is known, and writes what they make."""

    taking: Taking
    known: Known
    rows: Rows
    at: datetime
    new: NewIds

    def __post_init__(self) -> None:
        self.settled: dict[int, int] = {}
        self.to_call: list[tuple[int, Identity, int, int]] = []
        self.moved: dict[int, datetime] = {}
        self.revised: list[tuple[int, Identity]] = []
        self.withdrawn: list[tuple[int, str | None]] = []

    def apply(self, line: ParsedLine, fingerprint: bytes, decision: Decision) -> int | None:
        """Do what one decision says; returns the case it is about."""
        if decision.outcome is Outcome.CREATED:
            return self._create(line, decision, next(self.new.cases))
        if decision.outcome is Outcome.REPEAT and decision.case_id is not None:
            return self._repeat(line, decision, decision.case_id)
        if decision.outcome is Outcome.WITHDRAWN:
            case_id = self.known.case_of_result.get(batches.key_of(line, fingerprint))
            if case_id is not None:
                self.withdrawn.append((case_id, line.result_id or None))
            return case_id
        return None

    def _create(self, line: ParsedLine, decision: Decision, case_id: int) -> int:
        identity, facts, background = line.identity, line.facts, line.background
        if identity is None or facts is None or background is None:
            raise ValueError("a created line has an identity and facts")
        taking = self.taking
        person_id = decision.person_id or next(self.new.people)
        if decision.person_id is None:
            self._new_person(person_id, identity, is_invented=taking.is_invented(line.fund_code))
            self.rows.duplicates += [
                {"person_id": person_id, "other_id": other, "reason": "import", "found_at": self.at}
                for other in decision.possible_with
            ]
        else:
            self.revised.append((person_id, identity))
        site_id = taking.site_of(line.fund_code)
        self.rows.cases.append(
            {
                "id": case_id,
                "reference": next(self.new.references),
                "person_id": person_id,
                "site_id": site_id,
                "programme": taking.programmes[site_id],
                "episode": self.known.episodes[person_id] + 1,
                "cohort": taking.cohort,
                "first_sampled_at": facts.sampled_at,
                "onset_on": facts.onset_on,
                "status": CaseStatus.OPEN,
                "warnings": [str(doubt) for doubt in line.doubts],
                "sealed": vault.seal("cases", case_id, taking.cohort, background.to_dict()),
                "created_at": self.at,
            }
        )
        self.rows.results.append(batches.result_row(case_id, line, taking.source_code))
        self.known.remember_case(person_id, line, identity, case_id, facts.sampled_at)
        self.to_call.append((person_id, identity, site_id, case_id))
        return case_id

    def _new_person(self, person_id: int, identity: Identity, *, is_invented: bool) -> None:
        cohort = self.taking.cohort
        self.rows.people.append(
            {
                "id": person_id,
                "cohort": cohort,
                "sealed": vault.seal("people", person_id, cohort, identity.to_dict()),
                "is_invented": is_invented,
                "created_at": self.at,
            }
        )
        self.rows.keys += [
            {
                "person_id": person_id,
                "kind": kind,
                "hash": vault.blind(kind.value, value),
                "index_key_id": vault.index_key_id(),
                "cohort": cohort,
            }
            for kind, value in people.index_values(identity, is_invented=is_invented)
        ]

    def _repeat(self, line: ParsedLine, decision: Decision, case_id: int) -> int:
        if line.facts is not None and decision.moves_first_sampling:
            self.moved[case_id] = line.facts.sampled_at
            self.known.move_first_sampling(case_id, line.facts.sampled_at)
        self.rows.results.append(batches.result_row(case_id, line, self.taking.source_code))
        if line.identity is not None and decision.person_id is not None:
            self.revised.append((decision.person_id, line.identity))
        return case_id

    def write(self) -> None:
        """Write the batch, then put its people in the queue."""
        for model, rows in (
            (Person, self.rows.people),
            (PersonKey, _distinct(self.rows.keys)),
            (Case, self.rows.cases),
            (ImportLine, self.rows.lines),
            (PossibleDuplicate, self.rows.duplicates),
        ):
            if rows:
                session.execute(insert(model), rows)
        self._write_results()
        for quarantined, corrected in self.settled.items():
            session.execute(
                update(ImportLine).where(ImportLine.id == quarantined).values(settled_by_id=corrected)
            )
        for case_id, sampled_at in self.moved.items():
            session.execute(update(Case).where(Case.id == case_id).values(first_sampled_at=sampled_at))
        arrivals.enqueue_all([self._to_call(*one) for one in self.to_call], at=self.at)
        for person_id, newer in self.revised:
            self._write_revision(person_id, newer)
        for case_id, result_id in self.withdrawn:
            self._write_withdrawal(case_id, result_id)

    def _to_call(self, person_id: int, identity: Identity, site_id: int, case_id: int) -> arrivals.Arrival:
        events.record("case.opened", by=None, at=self.at, subject=("case", case_id), site_id=site_id)
        hours = get_pack(self.taking.programmes[site_id]).service.case_hours
        return arrivals.Arrival(
            kind=TaskKind.CASE_FIRST,
            person_id=person_id,
            has_number=bool(identity.phones),
            site_id=site_id,
            case_id=case_id,
            due_at=self.taking.received_at + timedelta(hours=hours),
        )

    def _write_results(self) -> None:
        # one statement cannot write a row twice: of several lines with one result id the last stands
        rows = {row["source_result_id"] or f"row {n}": row for n, row in enumerate(self.rows.results)}
        if not rows:
            return
        statement = upsert(LabResult).values(list(rows.values()))
        # the id of a withdrawn result may come again as positive
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["source_code", "source_result_id"],
                set_={name: statement.excluded[name] for name in batches.RESULT_COLUMNS},
            )
        )

    def _write_revision(self, person_id: int, newer: Identity) -> None:
        known = people_queries.find_identity(person_id)
        if known is None:
            return
        person = people_queries.get_person(person_id)
        merged = completed(known, newer)
        people.revise(person, merged, cohort=self.taking.cohort)
        if merged.phones == known.phones:
            return
        households.settle_person(person_id, at=self.at)
        for task in queue_queries.tasks_of_person(person_id):
            # a number at last: the promise of the first call stands
            if task.state is TaskState.NO_NUMBER:
                queue.reopen_task(task, due_at=task.due_at, by=None, at=self.at)

    def _write_withdrawal(self, case_id: int, result_id: str | None) -> None:
        person_id = case_queries.get_case(case_id).person_id
        tasks = queue_queries.tasks_of_person(person_id)
        for household_id in sorted({task.household_id for task in tasks if task.household_id is not None}):
            # the household before the case, as every call locks them
            queue_queries.find_entry_of(household_id, lock=True)
        case = case_queries.get_case(case_id, lock=True)
        cases.withdraw(case, by=None, at=self.at)
        session.execute(
            update(LabResult)
            .where(
                LabResult.case_id == case_id,
                LabResult.source_code == self.taking.source_code,
                LabResult.source_result_id == result_id,
            )
            .values(withdrawn_at=self.at)
        )
        for task in tasks:
            session.refresh(task)
            # nobody is called about a result that does not stand; a human decides what happens now
            if task.case_id == case_id and task.kind is TaskKind.CASE_FIRST and task.state is TaskState.OPEN:
                queue.close_task(task, TaskState.CANCELLED, by=None, at=self.at)


def _distinct(keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(row["person_id"], row["kind"], row["hash"]): row for row in keys}.values())
