"""Taking in a lot: every line gets its outcome, everything certain is callable at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.cases import queries as case_queries
from tracing.cases import services as cases
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.imports import batches
from tracing.imports.batches import Known, Rows
from tracing.imports.layout import FIELDS
from tracing.imports.layout import NAME as LAYOUT
from tracing.imports.lines import ParsedLine
from tracing.imports.models import ImportLine, ImportLot, ImportSource, LotState
from tracing.imports.rules import Decision, Outcome
from tracing.kernel import events
from tracing.kernel.db import session, take_ids
from tracing.people import queries as people_queries
from tracing.people import services as people
from tracing.people.models import Person, PersonKey, PossibleDuplicate
from tracing.people.rules import Identity, completed
from tracing.programmes.loader import get_pack
from tracing.queue import households
from tracing.queue import queries as queue_queries
from tracing.queue import services as queue
from tracing.queue.models import TaskKind, TaskState
from tracing.staff import queries as staff
from tracing.staff import services as staff_services
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

    @property
    def cohort(self) -> date:
        """The day of collection."""
        return self.received_at.astimezone(self.zone).date()

    def site_of(self, fund_code: str) -> int:
        """Return the site of a fund code, the default one otherwise."""
        return self.sites.get(fund_code, self.default_site)


def begin_lot(
    content: bytes, *, source_code: str, file_name: str, container: str, by: int | None, at: datetime
) -> ImportLot:
    """Return the lot that `content` is loaded into: a new one, or the one that a crash left unfinished."""
    digest = sha256(content).hexdigest()
    _know_source(source_code, at=at)
    unfinished = session.scalar(
        select(ImportLot)
        .where(
            ImportLot.source_code == source_code,
            ImportLot.file_sha256 == digest,
            ImportLot.state == LotState.LOADING,
        )
        .order_by(ImportLot.id)
        .limit(1)
    )
    if unfinished is not None:
        return unfinished
    lot = ImportLot(
        source_code=source_code,
        file_name=file_name[:200],
        file_sha256=digest,
        container=container,
        state=LotState.LOADING,
        received_at=at,
        received_by=by,
    )
    session.add(lot)
    session.flush()
    events.record("lot.received", by=by, at=at, subject=("lot", lot.id), sha256=digest, source=source_code)
    return lot


def refuse_lot(
    content: bytes, reason: str, *, source_code: str, file_name: str, by: int | None, at: datetime
) -> int:
    """Keep that a file was refused as a whole, and why; nothing of what was in it."""
    _know_source(source_code, at=at)
    lot = ImportLot(
        source_code=source_code,
        file_name=file_name[:200],
        file_sha256=sha256(content).hexdigest(),
        state=LotState.REFUSED,
        refusal=reason,
        received_at=at,
        received_by=by,
    )
    session.add(lot)
    session.flush()
    events.record("lot.refused", by=by, at=at, subject=("lot", lot.id), source=source_code)
    return lot.id


def _know_source(code: str, *, at: datetime) -> None:
    session.execute(
        upsert(ImportSource)
        .values(code=code, label=code, layout=LAYOUT, created_at=at)
        .on_conflict_do_nothing()
    )


def taking_of(lot: ImportLot, *, zone: ZoneInfo, programme: str) -> Taking:
    """Return what the lines of a lot are taken in with.

    On a fresh installation a site is opened for them: a lot is never refused because nobody works here yet.
    """
    default = staff.default_site() or staff_services.add_site(
        code="000",
        name=_("Plateforme principale"),
        programme=programme,
        time_zone=zone.key,
        is_default=True,
        at=lot.received_at,
    )
    return Taking(
        lot_id=lot.id,
        source_code=lot.source_code,
        received_at=lot.received_at,
        zone=zone,
        programmes={site.id: site.programme for site in staff.sites()},
        sites=staff.sites_by_fund(),
        default_site=default.id,
    )


def rows_done(lot_id: int) -> set[int]:
    """Return the rows of a lot that were taken in before a crash."""
    return set(session.scalars(select(ImportLine.row_number).where(ImportLine.lot_id == lot_id)))


def take_in(lines: Sequence[ParsedLine], taking: Taking, *, at: datetime) -> None:
    """Take in a batch of lines, in their order, in the transaction of the caller."""
    fingerprints = vault.blind_all(
        "line", (f"{taking.source_code}|{line.fingerprint_content}" for line in lines)
    )
    known = batches.look_up(lines, fingerprints, source_code=taking.source_code, zone=taking.zone)
    positive = sum(line.identity is not None for line in lines)
    new = _NewIds(
        references=iter(cases.take_references(positive, year=at.year)),
        people=iter(take_ids("people", positive)),
        cases=iter(take_ids("cases", positive)),
    )
    work = _Batch(taking, known, Rows(), at, new)
    ids = take_ids("import_lines", len(lines))
    for line, fingerprint, line_id in zip(lines, fingerprints, ids, strict=True):
        decision = known.decide(line, fingerprint)
        case_id = work.apply(line, fingerprint, decision)
        sealed = None
        if decision.outcome is Outcome.QUARANTINED:
            values = dict(zip(FIELDS, line.values, strict=True))
            sealed = vault.seal("import_lines", line_id, taking.cohort, values)
        work.rows.add_line(
            line_id,
            taking.lot_id,
            line,
            decision,
            fingerprint=fingerprint,
            source_code=taking.source_code,
            case_id=case_id,
            cohort=taking.cohort,
            sealed=sealed,
        )
        if decision.settles and (
            quarantined := known.quarantined.pop(batches.key_of(line, fingerprint), None)
        ):
            work.settled[quarantined] = line_id
        known.remember_line(line, fingerprint, decision, line_id)
        if case_id is not None:
            known.case_of_result[batches.key_of(line, fingerprint)] = case_id
    work.write()


@dataclass(frozen=True)
class _NewIds:
    """Ids reserved for what a batch may create: a sealed blob is bound to its row before the row exists."""

    references: Iterator[str]
    people: Iterator[int]
    cases: Iterator[int]


@dataclass
class _Batch:
    """The work of one batch: applies decisions to what is known, and writes what they make."""

    taking: Taking
    known: Known
    rows: Rows
    at: datetime
    new: _NewIds

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
            self._new_person(person_id, identity)
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
        self.known.remember_case(person_id, identity, case_id, facts.sampled_at)
        self.to_call.append((person_id, identity, site_id, case_id))
        return case_id

    def _new_person(self, person_id: int, identity: Identity) -> None:
        cohort = self.taking.cohort
        self.rows.people.append(
            {
                "id": person_id,
                "cohort": cohort,
                "sealed": vault.seal("people", person_id, cohort, identity.to_dict()),
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
            for kind, value in people.index_values(identity)
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
        for person_id, newer in self.revised:
            self._write_revision(person_id, newer)
        for case_id, result_id in self.withdrawn:
            self._write_withdrawal(case_id, result_id)
        for person_id, identity, site_id, case_id in self.to_call:
            hours = get_pack(self.taking.programmes[site_id]).service.case_hours
            events.record("case.opened", by=None, at=self.at, subject=("case", case_id), site_id=site_id)
            queue.enqueue(
                kind=TaskKind.CASE_FIRST,
                person_id=person_id,
                phones=identity.phones,
                site_id=site_id,
                case_id=case_id,
                due_at=self.taking.received_at + timedelta(hours=hours),
                at=self.at,
            )

    def _write_results(self) -> None:
        for row in self.rows.results:
            statement = upsert(LabResult).values(row)
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
        if merged.phones != known.phones:
            households.settle_person(person_id, at=self.at)

    def _write_withdrawal(self, case_id: int, result_id: str | None) -> None:
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
        for task in queue_queries.tasks_of_person(case.person_id):
            # nobody is called about a result that does not stand; a human decides what happens now
            if task.case_id == case_id and task.kind is TaskKind.CASE_FIRST and task.state is TaskState.OPEN:
                queue.close_task(task, TaskState.CANCELLED, by=None, at=self.at)


def _distinct(keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(row["person_id"], row["kind"], row["hash"]): row for row in keys}.values())


def finish_lot(lot: ImportLot, counts: dict[str, Any], *, by: int | None, at: datetime) -> None:
    """Keep the report of a lot that was taken in to its end."""
    lot.state, lot.loaded_at, lot.counts = LotState.LOADED, at, counts
    session.flush()
    events.record(
        "lot.loaded", by=by, at=at, subject=("lot", lot.id), lines=counts["lines"], created=counts["created"]
    )
