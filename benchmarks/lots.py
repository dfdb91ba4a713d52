"""Large lots of invented people, encrypted as a sender would.

Names are random letters. Telephone numbers look like real ones, because the ranges reserved for fiction are too small;
nothing here ever dials.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

import xlsxwriter

from tracing.demo.invented_people import FIRST_NAMES_F, FIRST_NAMES_M, NAME_ENDS, NAME_STARTS
from tracing.imports.format.columns import FIELDS
from tracing.people.nir import key_of

SAMPLED = datetime(2026, 3, 9, 8, 0)  # noqa: DTZ001 - as written in a file, local
GIVEN = (*FIRST_NAMES_F, *FIRST_NAMES_M)
SHARED_NUMBER = 0.10
"""Share of people who have the same number as someone earlier in the lot (a family)."""
SECOND_RESULT = 0.02
"""Share of people who occur twice in the lot: antigen test, then PCR."""
NOT_POSITIVE = 0.02
QUARANTINED = 0.005


def people(count: int, *, seed: int) -> Iterator[dict[str, str]]:
    """Yield the lines of a lot; the same seed yields the same people."""
    random = Random(seed)  # noqa: S311 - invented people, not secrets
    earlier: list[dict[str, str]] = []
    for number in range(count):
        chance = random.random()
        if earlier and chance < SECOND_RESULT:
            yield _again(random.choice(earlier), number, seed)
            continue
        line = _person(random, number, seed)
        if earlier and chance < SECOND_RESULT + SHARED_NUMBER:
            line["TEL_MOBILE"] = random.choice(earlier[-50:])["TEL_MOBILE"]
        elif chance > 1 - NOT_POSITIVE:
            line["RESULTAT"] = "N"
        elif chance > 1 - NOT_POSITIVE - QUARANTINED:
            line["DATE_NAISSANCE"] = "31/02/1980"
        if line["RESULTAT"] == "P" and line["DATE_NAISSANCE"] != "31/02/1980":
            earlier.append(line)
            del earlier[:-2000]
        yield line


def _person(random: Random, number: int, seed: int) -> dict[str, str]:
    born = date(1930, 1, 1) + timedelta(days=random.randrange(32_000))
    sex = random.choice("MF")
    body = (
        f"{'1' if sex == 'M' else '2'}{born:%y%m}44{random.randrange(1, 500):03}{random.randrange(1, 999):03}"
    )
    name = random.choice(NAME_STARTS) + random.choice(NAME_ENDS)
    sampled = SAMPLED + timedelta(minutes=random.randrange(1200))
    return dict.fromkeys(FIELDS, "") | {
        "NUM_LOT": f"BENCH{seed}",
        "ID_RESULTAT": f"B{seed}-{number:07}",
        "DATE_EXTRACTION": "10/03/2026 07:45",
        "FINESS_LABO": "750000002",
        "LIB_LABO": "Laboratoire du banc",
        "RPPS_PRESCRIPTEUR": "10000000009",
        "NOM_PRESCRIPTEUR": "MESURE",
        "NIR": f"{body}{key_of(body):02}",
        "NOM_NAISSANCE": f"{name} {random.choice(NAME_STARTS)}{random.choice(NAME_ENDS)}".upper(),
        "PRENOMS": f"{random.choice(GIVEN)} {random.choice(GIVEN)}",
        "SEXE": sex,
        "DATE_NAISSANCE": f"{born:%d/%m/%Y}",
        "ADRESSE": f"{random.randrange(1, 200)} rue du Banc",
        "CODE_POSTAL": "44000",
        "COMMUNE": "NANTES",
        "CODE_INSEE": "44109",
        "TEL_MOBILE": f"06{random.randrange(10_000_000, 99_999_999):08}",
        "TEL_FIXE": f"02{random.randrange(40_000_000, 40_999_999):08}" if random.random() < 0.3 else "",
        "COURRIEL": f"b{seed}.{number}@example.org" if random.random() < 0.5 else "",
        "DATE_PRELEVEMENT": f"{sampled:%d/%m/%Y %H:%M}",
        "DATE_VALIDATION": f"{sampled + timedelta(hours=5):%d/%m/%Y %H:%M}",
        "TYPE_ANALYSE": "PCR",
        "CODE_LOINC": "94500-6",
        "RESULTAT": "P",
        "CRIBLAGE": "A0B0C1",
        "SYMPTOMES": random.choice(("ASY", "S01", "S24")),
        "PROF_SANTE": "N",
        "HEBERGEMENT": "I",
        "CODE_CAISSE": "441",
    }


def _again(line: dict[str, str], number: int, seed: int) -> dict[str, str]:
    return line | {"ID_RESULTAT": f"B{seed}-{number:07}", "TYPE_ANALYSE": "AG"}


def as_csv(lines: Iterator[dict[str, str]]) -> bytes:
    """Return lines as CSV, as a portal would write them."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=";", lineterminator="\r\n")
    writer.writerow(FIELDS)
    writer.writerows([line[name] for name in FIELDS] for line in lines)
    return sheet.getvalue().encode("utf-8-sig")


def as_workbook(lines: Iterator[dict[str, str]]) -> bytes:
    """Return lines as a workbook, not yet protected."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("POSITIFS")
        sheet.write_row(0, 0, FIELDS)
        for row, line in enumerate(lines, start=1):
            for column, name in enumerate(FIELDS):
                if line[name]:
                    sheet.write_string(row, column, line[name])
    return content.getvalue()
