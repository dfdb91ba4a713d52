"""A known source's headings: what changed and nobody accepted is not read, and what was accepted is."""

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.lots import CERTIFICATE, KEY, LINE, arrival, enveloped
from tracing.imports.decryption.secrets import Secrets
from tracing.imports.errors import FileRefused
from tracing.imports.format.columns import FIELDS, REQUIRED
from tracing.imports.format.mapping import Mapping
from tracing.imports.jobs import load, plan_file, process_next_lot
from tracing.imports.lots import services as lots
from tracing.imports.models import ImportLot, ImportSource, LotState
from tracing.imports.refusal_codes import Refusal
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.imports.sources.errors import HeadingsChanged
from tracing.kernel.config import Settings
from tracing.kernel.db import transaction
from tracing.people.countries import Country
from tracing.people.models import Person

PLAIN = [
    "ID_RESULTAT",
    "NOM_NAISSANCE",
    "PRENOMS",
    "DATE_NAISSANCE",
    "DATE_PRELEVEMENT",
    "RESULTAT",
    "TEL_MOBILE",
]
OWN = ["Réf", "Patient", "Petit nom", "Venu au monde", "Piqué le", "Verdict", "Ligne privée"]
OWN_MAPPING = Mapping(dict(zip(PLAIN, OWN, strict=True)), {"RESULTAT": {"Trouvé": "P"}}, tuple(OWN))


def file_of(headings, *results, name="A"):
    """Return a file with a line for each result, under these headings."""
    lines = [
        [
            f"{name}-{number}",
            f"NOM{chr(65 + number)}",
            "Anne",
            "20/07/1985",
            "07/03/2026",
            result,
            f"06123456{number:02}",
        ]
        for number, result in enumerate(results)
    ]
    return enveloped("\r\n".join(";".join(cells) for cells in [headings, *lines]).encode())


def send(headings, *results, name="A"):
    """Load a file as the command line does."""
    return load(arrival(f"{name}.csv", file_of(headings, *results, name=name)))


@pytest.fixture
def work(tmp_path):
    """Do what a received lot waits for, as the scheduler does."""
    settings = Settings(data_dir=tmp_path)
    return lambda: process_next_lot(settings)


def receive(headings, *results, name, by):
    with transaction():
        return lots.receive(
            file_of(headings, *results, name=name),
            file_name=f"{name}.csv.p7m",
            source_code="PDL",
            one_off_secret=Secrets(private_keys=((KEY, CERTIFICATE),)),
            by=by.id,
            at=NOW,
        ).id


def people(session):
    return session.scalar(select(func.count()).select_from(Person))


def state_of(session, lot_id):
    return session.get_one(ImportLot, lot_id, populate_existing=True).state


def test_the_first_file_of_a_source_is_its_first_version(session, story):
    report = send(PLAIN, "P")

    _id, kept = source_queries.mapping_of("PDL")
    assert kept.headings == tuple(PLAIN)
    assert source_queries.mapping_versions("PDL")[0].made_by is None
    assert session.get_one(ImportLot, report["lot"]).mapping_id == _id


@pytest.mark.parametrize(
    "headings",
    [
        [*reversed(PLAIN)],
        [heading.lower() for heading in PLAIN],
        ["Num résultat", "Nom patronymique", "Prénom", "DDN", "Dt prel", "Résultat", "Portable"],
        [*PLAIN, "", "COURRIEL"],
    ],
)
def test_what_synonyms_cover_is_loaded_as_before(session, story, headings):
    send(PLAIN, "P")
    cells = dict(
        zip(PLAIN, ["B-1", "MOREL", "Zoé", "01/02/1990", "07/03/2026", "P", "0612345699"], strict=True)
    )
    places = {
        **dict(zip(headings, PLAIN, strict=False)),
        **{h: h.upper() for h in headings if h.upper() in PLAIN},
    }
    row = [cells.get(places.get(heading, ""), "") for heading in headings]

    report = load(arrival("B.csv", enveloped("\r\n".join([";".join(headings), ";".join(row)]).encode())))

    assert (report["created"], report["quarantined"]) == (1, 0)
    assert len(source_queries.mapping_versions("PDL")) == 1


@pytest.mark.parametrize("position", range(len(PLAIN)))
def test_one_heading_renamed_by_accident_loads_nobody(session, story, position):
    send(PLAIN, "P")
    before = people(session)
    renamed = [*PLAIN[:position], "a", *PLAIN[position + 1 :]]

    with pytest.raises(FileRefused) as refusal:
        send(renamed, "P", "P", name="B")
    with pytest.raises(FileRefused):
        plan_file(arrival("B.csv", file_of(renamed, "P")))

    assert refusal.value.refusal is Refusal.UNKNOWN_LAYOUT
    assert people(session) == before
    refused = session.scalars(select(ImportLot).order_by(ImportLot.id.desc())).first()
    assert (refused.state, refused.counts) == (LotState.REFUSED, {})
    wanted = (
        "introuvables"
        if PLAIN[position] in REQUIRED
        else "disparus\u202f: TEL_MOBILE\u202f; nouveaux\u202f: a"
    )
    assert wanted in refused.refusal


def test_an_unknown_heading_more_is_a_change_too(session, story):
    send(PLAIN, "P")

    with pytest.raises(HeadingsChanged, match="nouveaux\u202f: Fall ID"):
        send([*PLAIN, "Fall ID"], "P", name="B")


def test_a_received_file_whose_headings_changed_waits_for_a_person(session, story, work, browse):
    send(PLAIN, "P")
    ivan = browse.as_(story.ivan)
    lot_id = receive(["Fall", *PLAIN[1:]], "P", name="B", by=story.ivan)

    work()

    assert state_of(session, lot_id) is LotState.TO_MAP
    page = ivan.get(f"/lots/{lot_id}/mapping")
    assert "rien n’est chargé avant votre accord" in page.text
    chosen = {f"column-{name}": place for place, name in enumerate(PLAIN)}
    ivan.post(f"/lots/{lot_id}/mapping", chosen | {"step": "save"})
    assert work() == lot_id
    assert state_of(session, lot_id) is LotState.PLANNED
    assert session.get_one(ImportLot, lot_id).plan["repeat"] == 1


def test_an_unknown_layout_is_mapped_once_and_its_codes_with_it(session, story, work):
    source_services.add_source(
        "PDL",
        {
            "label": "PDL",
            "kind": "laboratory",
            "is_trusted": True,
            "needs_signature": False,
            "site_id": None,
            "contact": "",
            "country": Country.FRANCE,
        },
        by=story.ivan.id,
        at=NOW,
    )
    lot_id = receive(OWN, "Trouvé", "Peut-être", name="A", by=story.ivan)
    work()
    assert state_of(session, lot_id) is LotState.TO_MAP

    with transaction():
        source_services.accept_mapping("PDL", OWN_MAPPING, by=story.ivan.id, at=NOW)
        lots.read_with_new_mapping(lot_id, by=story.ivan.id, at=NOW)
    work()

    plan = session.get_one(ImportLot, lot_id, populate_existing=True)
    assert plan.state is LotState.PLANNED, (
        "what a person said of columns is looked at once, whoever is trusted"
    )
    assert (plan.plan["created"], plan.plan["quarantine_reasons"]) == (1, {"UNKNOWN_CODE": 1})
    with transaction():
        lots.accept(lot_id, by=story.ivan.id, at=NOW)
    work()
    assert state_of(session, lot_id) is LotState.LOADED
    following = receive(OWN, "trouvé", name="B", by=story.ivan)
    work()
    assert state_of(session, following) is LotState.LOADED, "from then on its lots load by themselves"


def test_two_sorts_of_file_in_turn_are_both_known(session, story):
    send(PLAIN, "P", name="A")
    source_services.accept_mapping("PDL", OWN_MAPPING, by=story.ivan.id, at=NOW)

    reports = [send(OWN, "Trouvé", name="B"), send(PLAIN, "P", name="C"), send(OWN, "Trouvé", name="D")]

    versions = {version.id: version.version for version in source_queries.mapping_versions("PDL")}
    read_by = [versions[session.get_one(ImportLot, report["lot"]).mapping_id] for report in reports]
    assert read_by[0] == read_by[2] == 2
    assert len(versions) == 2
    assert [report["lines"] for report in reports] == [1, 1, 1]


def test_an_unknown_file_of_a_known_source_is_refused_for_what_changed_last(session, story):
    send(PLAIN, "P")

    with pytest.raises(Exception, match="introuvables"):
        send(OWN, "P", name="B")


def test_every_field_of_the_layout_may_come_and_go_under_its_own_name(session, story):
    """An extract with all 32 columns, then the same again: no difference."""
    rows = "\r\n".join([";".join(FIELDS), ";".join(LINE.get(name, "") for name in FIELDS)]).encode()

    load(arrival("A.csv", enveloped(rows)))

    assert load(arrival("A.csv", enveloped(rows)))["duplicate"] == 1
    assert session.get_one(ImportSource, "PDL").code == "PDL"
