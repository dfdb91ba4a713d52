"""Invented people, and the extract that a laboratory portal would send about them. Nobody here exists.

Telephone numbers come from the ranges reserved for fiction (ARCEP: 06 39 98 and 02 61 91).
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tracing.imports.format.columns import FIELDS
from tracing.people.nir import key_of

FIRST_NAMES_F = [
    "Camille",
    "Inès",
    "Manon",
    "Léa",
    "Chloé",
    "Zoé",
    "Lina",
    "Jade",
    "Élise",
    "Margaux",
    "Noémie",
    "Clara",
    "Louise",
    "Alice",
    "Rose",
    "Agathe",
    "Maëlle",
    "Yasmine",
    "Fatou",
    "Awa",
    "Linh",
    "Solène",
    "Gwenaëlle",
    "Bérénice",
    "Odile",
    "Monique",
    "Huguette",
    "Françoise",
    "Sylvie",
    "Nathalie",
    "Karine",
    "Sandrine",
]
FIRST_NAMES_M = [
    "Hugo",
    "Lucas",
    "Nathan",
    "Enzo",
    "Malo",
    "Gabin",
    "Axel",
    "Sacha",
    "Tom",
    "Noé",
    "Ewen",
    "Yanis",
    "Amine",
    "Moussa",
    "Ibrahima",
    "Duc",
    "Théophile",
    "Gaspard",
    "Bastien",
    "Corentin",
    "Loïc",
    "Yann",
    "Hervé",
    "Alain",
    "Gérard",
    "Bernard",
    "René",
    "Lucien",
    "Patrick",
    "Thierry",
    "Stéphane",
    "Sébastien",
]
NAME_STARTS = [
    "Bru",
    "Cor",
    "Del",
    "Fau",
    "Gar",
    "Hel",
    "Jol",
    "Ker",
    "Lam",
    "Mar",
    "Nor",
    "Oli",
    "Pel",
    "Qué",
    "Rou",
    "Sau",
    "Tal",
    "Val",
    "Ver",
    "Bel",
    "Cha",
    "Dor",
    "Fer",
    "Gui",
    "Lau",
    "Mon",
    "Per",
    "Ros",
    "Tré",
    "Vau",
]
NAME_ENDS = [
    "nard",
    "mont",
    "lier",
    "vaux",
    "guen",
    "tier",
    "not",
    "chet",
    "lland",
    "sac",
    "rin",
    "bois",
    "nec",
    "ville",
    "mard",
    "zan",
    "doux",
    "ret",
    "laux",
    "gnac",
]
STREETS = (
    "rue des Tisserands",
    "place du Vieux-Marché",
    "allée des Tilleuls",
    "impasse du Moulin",
    "chemin des Salines",
    "boulevard des Gabares",
    "rue de la Corderie",
    "quai des Mouettes",
)


@dataclass(frozen=True)
class Area:
    """Where invented people live: fund code, department of birth, and a few towns."""

    fund: str
    department: str
    towns: tuple[tuple[str, str, str], ...]
    """Postcode, name, INSEE code."""


NANTES = Area(
    "441",
    "44",
    (("44000", "NANTES", "44109"), ("44400", "REZÉ", "44143"), ("44600", "SAINT-NAZAIRE", "44184")),
)
AJACCIO = Area("201", "2A", (("20000", "AJACCIO", "2A004"), ("20110", "PROPRIANO", "2A249")))
SCHOOL = Area("900", "99", (("99999", "VILLE-ÉCOLE", ""),))


@dataclass(frozen=True)
class Invented:
    """One invented person of the extract."""

    birth_name: str
    first_names: str
    sex: str
    born: date
    nir: str
    mobile: str
    landline: str
    area: Area
    address: str
    postcode: str
    city: str
    insee: str
    housing: str = "I"
    housing_name: str = ""


def invent(area: Area, number: int, random: Random, *, first_serial: int) -> list[Invented]:
    """Invent people of an area: most live alone with a mobile number; some families, and one home for the elderly."""
    people: list[Invented] = []
    serial = first_serial
    while len(people) < number:
        size = random.choices((1, 2, 3, 4), (70, 16, 9, 5))[0]
        family = [_person(area, random, serial + n) for n in range(min(size, number - len(people)))]
        head = family[0]
        if len(family) > 1:
            shared = f"02 61 91 {serial % 10000 // 100:02d} {serial % 100:02d}"
            family = [
                replace(
                    one,
                    birth_name=head.birth_name if n else one.birth_name,
                    landline=shared,
                    mobile=one.mobile if n == 0 else "",
                    address=head.address,
                    postcode=head.postcode,
                    city=head.city,
                    insee=head.insee,
                )
                for n, one in enumerate(family)
            ]
        people += family
        serial += len(family)
    return people


def _person(area: Area, random: Random, serial: int) -> Invented:
    sex = random.choice("FM")
    born = date(1934, 1, 1) + timedelta(days=random.randrange(29_800))
    postcode, city, insee = random.choice(area.towns)
    body = f"{2 if sex == 'F' else 1}{born:%y%m}{area.department}{random.randrange(1, 300):03d}{random.randrange(1, 900):03d}"
    mobile = f"06 39 98 {serial % 10000 // 100:02d} {serial % 100:02d}"
    return Invented(
        birth_name=random.choice(NAME_STARTS) + random.choice(NAME_ENDS),
        first_names=random.choice(FIRST_NAMES_F if sex == "F" else FIRST_NAMES_M),
        sex=sex,
        born=born,
        nir=f"{body}{key_of(body):02d}" if random.random() < 0.9 else "",
        mobile=mobile if random.random() < 0.97 else "",
        landline="",
        area=area,
        address=f"{random.randrange(1, 90)} {random.choice(STREETS)}",
        postcode=postcode,
        city=city,
        insee=insee,
    )


def lines(
    people: list[Invented], *, lot: str, at: datetime, zone: ZoneInfo, random: Random
) -> Iterator[dict[str, str]]:
    """Yield the lines of an extract about `people`, with results of yesterday and of this morning."""
    now = at.astimezone(zone)
    for rank, one in enumerate(people, start=1):
        sampled = now - timedelta(hours=random.uniform(6, 34))
        has_symptoms = random.random() < 0.6
        onset = (sampled - timedelta(days=random.randrange(4))).strftime("%d/%m/%Y") if has_symptoms else ""
        yield dict.fromkeys(FIELDS, "") | {
            "NUM_LOT": lot,
            "ID_RESULTAT": f"{lot}-{rank:06d}",
            "DATE_EXTRACTION": now.strftime("%d/%m/%Y %H:%M"),
            "LIB_LABO": "Laboratoire de l’Estuaire (inventé)",
            "NIR": one.nir,
            "NOM_NAISSANCE": one.birth_name.upper(),
            "PRENOMS": one.first_names,
            "SEXE": one.sex,
            "DATE_NAISSANCE": one.born.strftime("%d/%m/%Y"),
            "ADRESSE": one.address,
            "CODE_POSTAL": one.postcode,
            "COMMUNE": one.city,
            "CODE_INSEE": one.insee,
            "TEL_MOBILE": one.mobile,
            "TEL_FIXE": one.landline,
            "DATE_PRELEVEMENT": sampled.strftime("%d/%m/%Y %H:%M"),
            "DATE_VALIDATION": (sampled + timedelta(hours=4)).strftime("%d/%m/%Y %H:%M"),
            "TYPE_ANALYSE": random.choice(("PCR", "PCR", "AG")),
            "RESULTAT": "P",
            "SYMPTOMES": "S24" if has_symptoms else "ASY",
            "DATE_DEBUT_SYMPTOMES": onset,
            "PROF_SANTE": "N",
            "HEBERGEMENT": one.housing,
            "STRUCTURE_HEBERGEMENT": one.housing_name,
            "CODE_CAISSE": one.area.fund,
        }


def with_typical_errors(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Add what real extracts contain: negatives, unusable lines, one name spelt in two ways, repetitions."""
    changed = [dict(row) for row in rows]
    for row, result in zip(changed[-9:-3], ("N", "N", "N", "I", "X", "Z"), strict=True):
        row["RESULTAT"] = result
    changed[-3]["DATE_NAISSANCE"] = "31/02/1980"
    changed[-2]["NOM_NAISSANCE"] = ""
    changed[-1]["NIR"] = "1,85073E+14"
    return [*changed, _misspelt(changed), *(dict(row) for row in changed[:4])]


def _misspelt(rows: list[dict[str, str]]) -> dict[str, str]:
    """Return a result for a person whose name another laboratory spelt with two letters swapped."""
    row = next(row for row in reversed(rows[:-60]) if row["TEL_MOBILE"] and row["RESULTAT"] == "P")
    name = row["NOM_NAISSANCE"]
    return row | {
        "ID_RESULTAT": f"{row['ID_RESULTAT']}B",
        "NOM_NAISSANCE": name[:2] + name[3] + name[2] + name[4:],
        "NIR": "",
        "TYPE_ANALYSE": "AG",
        "LIB_LABO": "Pharmacie des Quais",
    }


def as_csv(rows: list[dict[str, str]]) -> bytes:
    """Return the extract as its sender writes it: `;` between fields, CRLF, UTF-8 with a byte order mark."""
    written = io.StringIO()
    writer = csv.DictWriter(written, FIELDS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode("utf-8-sig")
