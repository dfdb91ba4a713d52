"""Lots for the import tests: the extracts of `tests/data`, lines made to order, and an in-memory store."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tracing.imports import jobs
from tracing.imports.decryption.layers import Opened
from tracing.imports.decryption.secrets import Secrets, passwords_in, secrets_from
from tracing.imports.format.columns import FIELDS, RawLine
from tracing.imports.format.line import ParsedLine, parse
from tracing.imports.format.mapping import Mapping as ColumnMapping
from tracing.imports.format.own_fields import own_fields, person_in
from tracing.imports.format.reading import Reading
from tracing.imports.jobs import Arrival
from tracing.imports.lots import queries
from tracing.imports.lots.report import report_line_of, report_of
from tracing.imports.lots.routing import laboratory_of
from tracing.imports.rules import Decision, EarlierLine, KnownCase, KnownPerson, Outcome, decide
from tracing.imports.sandbox import worker
from tracing.imports.sandbox.worker import Contents
from tracing.imports.undo import services as undoing
from tracing.kernel import clock
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.people.rules import completed, given_birth_key

EXTRACTS = Path(__file__).parents[1] / "data" / "extracts"
KEY = (EXTRACTS / "keys" / "site-rsa.key.pem").read_bytes()
CERTIFICATE = (EXTRACTS / "keys" / "site-rsa.cert.pem").read_bytes()
OPENPGP_KEY = (EXTRACTS / "keys" / "site-openpgp.key.asc").read_bytes()
AGE_KEY = (EXTRACTS / "keys" / "site-age.key.txt").read_bytes()
PASSWORDS = (EXTRACTS / "keys" / "passwords.txt").read_text()
PARIS = ZoneInfo("Europe/Paris")
SETTINGS = Settings(data_dir=Path("/nowhere"), fiction_numbers=True)
"""The settings of the scheduler in tests."""
LABORATORY = laboratory_of("covid19")
"""The tests of the programme of nearly every test."""
READING = Reading(zone=PARIS, received_at=datetime(2021, 3, 8, 8, tzinfo=UTC), laboratory=LABORATORY)


def read(opened: Opened, mapping: ColumnMapping | None = None) -> Contents:
    """Read the content of a container as the reading process does, for the programme of nearly every test."""
    return worker.read(opened, mapping, LABORATORY)


LINE = {
    "ID_RESULTAT": "PDL-1",
    "NOM_NAISSANCE": "LE GOFF",
    "PRENOMS": "Anne Marie",
    "SEXE": "F",
    "DATE_NAISSANCE": "20/07/1985",
    "DATE_EXTRACTION": "08/03/2021 07:45",
    "DATE_PRELEVEMENT": "07/03/2021 08:30",
    "RESULTAT": "P",
    "TEL_MOBILE": "0612345678",
}


def raw_line(row: int = 2, **fields: str) -> RawLine:
    """Return a usable positive line with some fields changed."""
    sent = LINE | fields
    return RawLine(row, tuple(sent.get(name, "") for name in FIELDS))


def parsed(row: int = 2, **fields: str) -> ParsedLine:
    """Return such a line, parsed."""
    return parse(raw_line(row, **fields), READING)


def extract(name: str) -> bytes:
    """Return an extract as it was sent."""
    return (EXTRACTS / name).read_bytes()


def expected(name: str) -> dict[str, Any]:
    """Return the expected report of an extract."""
    stem = name.split(".", maxsplit=1)[0]
    report: dict[str, Any] = json.loads((EXTRACTS / f"{stem}.expected.json").read_text())
    return report


def secrets(name: str = "") -> Secrets:
    """Return the secrets that open the extracts."""
    cms = secrets_from(private_key=KEY, certificate=CERTIFICATE, passwords=passwords_in(PASSWORDS, name))
    return cms + secrets_from(private_key=OPENPGP_KEY) + secrets_from(private_key=AGE_KEY)


def enveloped(content: bytes) -> bytes:
    """Encrypt some content for the test key."""
    recipient = x509.load_pem_x509_certificate(CERTIFICATE)
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(AES256)
    return builder.add_recipient(recipient).encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def lot_of(lines: Iterable[Mapping[str, str]]) -> bytes:
    """Return an encrypted extract of lines, each given as its differences from a usable line."""
    rows = [FIELDS, *([(LINE | dict(line)).get(name, "") for name in FIELDS] for line in lines)]
    return enveloped("\r\n".join(";".join(row) for row in rows).encode("cp1252"))


def arrival(name: str, content: bytes | None = None) -> Arrival:
    """Return an extract, or some other content, as it arrives at the import."""
    return Arrival(
        content=extract(name) if content is None else content,
        file_name=name,
        source_code="PDL",
        secrets=secrets(name),
        zone=PARIS,
        allow_fiction=True,
        programme="exercise-2022",
    )


def take_back(lot_id: int, *, by: int) -> dict[str, Any]:
    """Request that a lot be taken back and run the scheduler's job; return what was removed and what stayed."""
    with transaction():
        undoing.ask(lot_id, by=by, at=clock.now())
    jobs.process_next_lot(SETTINGS)
    with transaction():
        lot = queries.get_lot(lot_id)
        assert lot.undone, f"not taken back: {lot.trouble}"
        return lot.undone


class Store:
    """An in-memory store of earlier lots, in dicts: the simplest input for the decisions."""

    def __init__(self) -> None:
        self.earlier: dict[str, list[EarlierLine]] = defaultdict(list)
        self.people: dict[str, list[KnownPerson]] = defaultdict(list)
        self.cases = 0

    def load(self, lines: Iterable[RawLine]) -> dict[str, Any]:
        """Load a lot and report the result of each line."""
        parsed_lines = [parse(raw, READING) for raw in lines]
        return report_of([report_line_of(line, self.take_in(line)) for line in parsed_lines], with_lines=True)

    def take_in(self, line: ParsedLine) -> Decision:
        """Decide one line and store the result."""
        fingerprint = hashlib.sha256(line.fingerprint_content.encode()).digest()
        earlier = self.earlier[line.result_id or fingerprint.hex()]
        named = line.identity or person_in(own_fields(line.fingerprint_content))
        candidates = self.people[given_birth_key(named)]
        decision = decide(
            line, fingerprint=fingerprint, earlier=earlier, candidates=candidates, zone=PARIS, named=named
        )
        case_id = decision.case_id
        if line.identity and line.facts and decision.outcome in (Outcome.CREATED, Outcome.REPEAT):
            case_id = self._remember(line, decision, candidates)
        for at in decision.settles:
            earlier[at] = earlier[at]._replace(waits_for="")
        waits = decision.outcome is Outcome.QUARANTINED
        reason = decision.reason or next(iter(line.problems), "")
        earlier.append(
            EarlierLine(
                fingerprint,
                decision.outcome,
                line.result,
                case_id,
                line.extracted_at,
                is_in_lot=False,
                waits_for=str(reason) if waits else "",
                person=named,
            )
        )
        return decision

    def _remember(self, line: ParsedLine, decision: Decision, candidates: list[KnownPerson]) -> int | None:
        """Store the case, and what the line adds to the known person; return the id of the case."""
        assert line.identity is not None
        assert line.facts is not None
        person = next((one for one in candidates if one.person_id == decision.person_id), None)
        if person is None:
            person = KnownPerson(self.cases + 1, line.identity)
            candidates.append(person)
        person.identity = completed(person.identity, line.identity)
        if decision.outcome is Outcome.CREATED:
            self.cases += 1
            person.cases.append(KnownCase(self.cases, line.facts.sampled_at))
            return self.cases
        if decision.moves_first_sampling:
            joined = next(case for case in person.cases if case.case_id == decision.case_id)
            joined.first_sampled_at = line.facts.sampled_at
        return decision.case_id
