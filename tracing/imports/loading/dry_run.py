"""The plan of a lot: what loading it would bring, decided by the real rules without writing anything.

Changes that the lot's earlier lines would have made are kept in memory beside the database's data: of people only
what matching needs, packed, because a lot may be long.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from tracing.imports.format.line import ParsedLine
from tracing.imports.format.reading import Reading
from tracing.imports.loading import lookups
from tracing.imports.loading.lookups import Known
from tracing.imports.lots.report import Tally, report_line_of
from tracing.imports.lots.routing import Routing
from tracing.imports.rules import Decision, EarlierLine, KnownCase, KnownPerson, Outcome
from tracing.kernel.redaction import redacted
from tracing.people.rules import Identity
from tracing.vault import services as vault


class Planner:
    """Decides the lines of a lot, batch after batch, as loading them would."""

    def __init__(
        self, source_code: str, routing: Routing, reading: Reading, *, trusts_ids: bool = True
    ) -> None:
        self.source_code = source_code
        self.routing = routing
        self.reading = reading
        self.trusts_ids = trusts_ids
        self.tally = Tally()
        self._invented = 0
        """Counter for the ids of people and cases that do not exist: they are negative."""
        self._earlier: dict[str, tuple[EarlierLine, ...]] = {}
        self._people: dict[bytes, bytes] = {}
        """All people with the same `person_key`, once a line of the lot was about one of them."""
        self._also: dict[bytes, set[str]] = {}
        """By the second key of people of the lot, their `person_key`s."""

    def add(self, lines: Sequence[ParsedLine]) -> None:
        """Decide a batch of lines, in order."""
        if not self.trusts_ids:
            lines = [line._replace(result_id="") for line in lines]
        fingerprints = vault.blind_all(
            "line", (f"{self.source_code}|{line.fingerprint_content}" for line in lines)
        )
        known = lookups.look_up(
            lines,
            fingerprints,
            source_code=self.source_code,
            zone=self.reading.zone,
            is_invented=self.routing.is_invented,
            planned=self._earlier,
        )
        self._add_people_of_before(known)
        touched = set()
        for line, fingerprint in zip(lines, fingerprints, strict=True):
            decision = known.decide(line, fingerprint)
            case_id = self._follow(known, line, decision)
            known.remember_line(line, fingerprint, decision, 0, case_id)
            self.tally.add(report_line_of(line, decision))
            if decision.outcome in (Outcome.CREATED, Outcome.REPEAT) or decision.completes:
                first, *second = known.person_keys(line)
                touched.add(first)
                touched |= known.also.get(first, {}).keys() & known.people.keys()
                for other in second:
                    self._also.setdefault(_digest(other), set()).add(first)
        keys = {lookups.key_of(*pair) for pair in zip(lines, fingerprints, strict=True)}
        self._earlier |= {key: tuple(known.earlier[key]) for key in keys}
        self._people |= {_digest(key): _packed(known.people[key]) for key in touched & known.people.keys()}

    def plan(self, *, at: datetime) -> dict[str, Any]:
        """Return the counts that the report would have, with examples."""
        return self.tally.counts | {"examples": self.tally.examples, "planned_at": at.isoformat()}

    def _add_people_of_before(self, known: Known) -> None:
        """Add the people of earlier batches of this lot, as if they were in the database."""
        keys = set(known.hashes)
        for key in keys:
            known.also[key] |= dict.fromkeys(self._also.get(_digest(key), ()))
        keys |= known.people.keys() | {first for key in keys for first in known.also[key]}
        for key in keys:
            packed = self._people.get(_digest(key))
            if packed is not None:
                known.people[key] = _unpacked(packed)
                known.cases |= {case.case_id: case for one in known.people[key] for case in one.cases}

    def _follow(self, known: Known, line: ParsedLine, decision: Decision) -> int | None:
        """Add to `known` what loading a decided line would have changed; returns the id of its case, or None."""
        if line.identity is None or line.facts is None:
            return decision.case_id
        if decision.outcome is Outcome.CREATED:
            case_id, person_id = self._invent(), decision.person_id
            if person_id is None:
                person_id = self._invent()
            else:
                known.complete(line, person_id)
            known.remember_case(person_id, line, line.identity, case_id, line.facts.sampled_at)
            return case_id
        if decision.outcome is Outcome.DUPLICATE:
            known.follow_duplicate(line, decision)
        elif decision.outcome is Outcome.REPEAT and decision.case_id is not None and decision.person_id:
            if decision.moves_first_sampling:
                known.move_first_sampling(decision.case_id, line.facts.sampled_at)
            known.complete(line, decision.person_id)
        return decision.case_id

    def _invent(self) -> int:
        self._invented -= 1
        return self._invented


def _digest(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=16).digest()


def _packed(people: Sequence[KnownPerson]) -> bytes:
    """Serialize what matching needs of some people."""
    rows = [
        [
            *(one.person_id, one.is_leading, one.identity.birth_name, one.identity.first_names),
            *(str(one.identity.birth_date or ""), one.identity.sex, one.identity.nir, one.identity.phones),
            *(one.identity.email, one.identity.address, one.identity.postcode, one.identity.city),
            one.identity.sent,
            [[case.case_id, case.first_sampled_at.isoformat(), case.needs_onset] for case in one.cases],
        ]
        for one in people
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _unpacked(packed: bytes) -> list[KnownPerson]:
    """Read back what `_packed` wrote; merged records share their cases."""
    cases_of: dict[int, list[KnownCase]] = {}
    people = []
    for person_id, is_leading, name, given, born, sex, nir, phones, *place, sent, cases in json.loads(packed):
        email, address, postcode, city = place
        identity = Identity(
            birth_name=name,
            first_names=given,
            birth_date=date.fromisoformat(born) if born else None,
            sex=sex,
            nir=nir,
            phones=tuple(phones),
            email=email,
            sent=tuple((name, value) for name, value in sent),
            address=address,
            postcode=postcode,
            city=city,
        )
        theirs = cases_of.setdefault(
            person_id,
            [
                KnownCase(case_id, datetime.fromisoformat(moment), needs_onset)
                for case_id, moment, needs_onset in cases
            ],
        )
        people.append(KnownPerson(person_id, identity, theirs, is_leading))
    return people


@redacted
class PlanRow(NamedTuple):
    """One row of the table that shows a plan."""

    kind: str
    """outcome, reason, warning or note."""
    code: str
    lines: int
    examples: list[dict[str, Any]]


def rows_of_plan(plan: dict[str, Any]) -> list[PlanRow]:
    """Return a plan as rows: each outcome that occurs, and below it the reasons, warnings and notes of its lines."""
    examples = plan["examples"]

    def row(kind: str, code: str, lines: int) -> PlanRow:
        return PlanRow(kind, code, lines, examples.get(code, []))

    below = {
        Outcome.CREATED: [
            *(
                row("note", name, plan[name])
                for name in ("new_episodes", "possible_duplicates")
                if plan[name]
            ),
            *(row("warning", code, lines) for code, lines in plan["warnings"].items()),
        ],
        Outcome.DUPLICATE: [row("note", "completed", plan["completed"])] if plan.get("completed") else [],
        Outcome.QUARANTINED: [
            row("reason", code, lines) for code, lines in plan["quarantine_reasons"].items()
        ],
    }
    rows = []
    for outcome in PLAN_ORDER:
        if plan[outcome.value]:
            rows += [row("outcome", outcome.value, plan[outcome.value]), *below.get(outcome, [])]
    return rows


PLAN_ORDER = (
    Outcome.CREATED,
    Outcome.REPEAT,
    Outcome.QUARANTINED,
    Outcome.WITHDRAWN,
    Outcome.DUPLICATE,
    Outcome.NOT_POSITIVE,
)
"""Order of the outcomes, most important first."""
