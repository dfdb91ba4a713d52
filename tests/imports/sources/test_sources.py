"""Making a source and deciding about it; the pages that show what opens its files and how they are read."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.lots import arrival, lot_of
from tracing.imports.format.mapping import Mapping
from tracing.imports.jobs import load, plan_file
from tracing.imports.models import ImportSource, SourceKind
from tracing.imports.sources import services
from tracing.kernel.events import Event
from tracing.people import queries as people
from tracing.people.countries import Country
from tracing.people.models import Person

TYPED = {
    "code": "BIO44",
    "label": "Biologie de l’Estuaire",
    "kind": "laboratory",
    "contact": "02 40 00 00 00",
}


@pytest.fixture
def ivan(browse, story):
    return browse.as_(story.ivan)


@pytest.fixture
def source(session):
    made = ImportSource(code="PDL", label="PDL", layout="lab-positive-v1", created_at=NOW)
    session.add(made)
    session.flush()
    return made


def test_an_import_officer_makes_a_source_and_is_led_to_its_keys(ivan, session, story):
    page = ivan.follow("/sources/new", TYPED | {"site": str(story.ajaccio.id), "needs_signature": "y"})

    assert "Ajoutez maintenant ce qui ouvre ses fichiers." in page.text
    assert "Rien n’ouvre encore ses fichiers" in page.text
    assert "par le site de Ajaccio" in page.text
    made = session.get_one(ImportSource, "BIO44")
    assert (made.kind, made.is_trusted, made.needs_signature) == (SourceKind.LABORATORY, False, True)
    assert "Biologie de l’Estuaire" in ivan.get("/sources").text
    event = session.scalars(select(Event).where(Event.kind == "source.added")).one()
    assert event.detail["source"] == "BIO44"
    assert TYPED["contact"] not in str(event.detail), "what somebody typed stays out of the journal"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": ""}, "Tapez un code."),
        ({"code": "bio 44"}, "Majuscules, chiffres et tirets seulement"),
        ({"label": ""}, "Tapez un nom."),
        ({"code": "PDL"}, "Ce code désigne déjà un expéditeur."),
        ({"kind": "friend"}, "Not a valid choice"),
    ],
)
def test_a_source_without_a_usable_code_and_name_is_not_made(ivan, session, source, change, sentence):
    page = ivan.post("/sources/new", TYPED | {"site": ""} | change, status=422)

    if change != {"kind": "friend"}:
        assert sentence in page.text
    assert session.scalars(select(ImportSource.code)).all() == ["PDL"]


def test_a_source_made_by_its_first_file_gets_a_name_and_is_trusted_from_then_on(ivan, session, source):
    page = ivan.follow(
        "/sources/PDL/edit",
        {"label": "Pays de la Loire", "kind": "portal", "contact": "", "site": "", "is_trusted": "y"},
    )

    assert "Pays de la Loire" in page.text
    assert "chargés dès leur arrivée, sans attendre personne" in page.text
    source = session.get_one(ImportSource, "PDL")
    assert (source.is_trusted, source.kind, source.code) == (True, SourceKind.PORTAL, "PDL")
    event = session.scalars(select(Event).where(Event.kind == "source.changed")).one()
    assert event.detail["changed"] == ["is_trusted", "kind", "label"]


def test_saving_a_source_as_it_is_changes_nothing(ivan, session, source):
    typed = {"label": "PDL", "kind": "laboratory", "contact": "", "site": ""}

    ivan.follow("/sources/PDL/edit", typed)

    assert session.scalars(select(Event).where(Event.kind == "source.changed")).all() == []


def test_a_source_that_must_sign_without_a_certificate_says_that_all_will_be_refused(ivan, session, source):
    source.needs_signature = True
    session.flush()

    assert "Tous ses fichiers seront refusés" in ivan.get("/sources/PDL").text


@pytest.mark.parametrize("path", ["/sources/NONE", "/sources/NONE/edit", "/sources/NONE/keys/new/private"])
def test_an_unknown_source_is_not_there(ivan, path):
    ivan.get(path, status=404)


@pytest.mark.parametrize("who", ["ada", "dora", "gaston", "olga", "rose"])
def test_only_import_officers_open_the_sources(browse, story, source, who):
    visitor = browse.as_(getattr(story, who))

    for path in ("/sources", "/sources/new", "/sources/PDL", "/sources/PDL/edit"):
        visitor.get(path, status=403)


def test_the_rail_leads_to_the_sources(ivan):
    assert 'href="/sources"' in ivan.get("/lots").text


@pytest.mark.usefixtures("source")
class TestMappingVersions:
    """How the files of a source are read, version by version."""

    @pytest.fixture
    def accepted(self, source, story):
        services.record_first_mapping(source.code, ["ID_RESULTAT", "NOM", "Résultat", "Remarque"], at=NOW)
        columns = {"ID_RESULTAT": "ID_RESULTAT", "NOM_NAISSANCE": "NOM", "RESULTAT": "Résultat"}
        return services.accept_mapping(
            "PDL",
            Mapping(columns, {"RESULTAT": {"+": "P"}}, ("ID_RESULTAT", "NOM", "Résultat", "Remarque")),
            by=story.ivan.id,
            at=NOW,
        )

    def test_the_first_file_makes_version_one_and_nobody_accepted_it(self):
        first = services.record_first_mapping("PDL", ["ID_RESULTAT", "NOM"], at=NOW)

        assert (first.version, first.made_by) == (1, None)
        assert first.columns == {"ID_RESULTAT": "ID_RESULTAT", "NOM_NAISSANCE": "NOM"}
        assert services.record_first_mapping("PDL", ["ID_RESULTAT", "NOM"], at=NOW).version == 1

    @pytest.mark.usefixtures("accepted")
    def test_each_version_can_be_read(self, ivan):
        page = ivan.get("/sources/PDL").text
        assert "Version 2" in page
        assert "titres reconnus d’eux-mêmes" in page

        second = ivan.get("/sources/PDL/mappings/2").text
        assert "Remarque" in second
        assert "P · positif" in second
        assert "acceptée par Ivan" in second
        assert "remplacée" in ivan.get("/sources/PDL/mappings/1").text
        ivan.get("/sources/PDL/mappings/3", status=404)

    def test_codes_are_changed_without_a_file_as_the_next_version(self, ivan, accepted):
        assert 'value="+"' in ivan.get("/sources/PDL/codes").text

        page = ivan.follow(
            "/sources/PDL/codes",
            {
                "value-RESULTAT": ["+", " pos ", "", "bof"],
                "code-RESULTAT": ["P", "P", "N", "made_up"],
                "value-SEXE": ["Mme", "Mx"],
                "code-SEXE": ["F", ""],
            },
        )

        assert "Codes enregistrés : version 3." in page.text
        kept = services.queries.mapping_of("PDL")[1]
        assert kept.codes == {"RESULTAT": {"+": "P", "pos": "P"}, "SEXE": {"Mme": "F"}}
        assert kept.columns == accepted.columns

    def test_codes_wait_for_the_first_file(self, ivan):
        ivan.get("/sources/PDL/codes", status=404)
        assert "Son premier fichier le dira" in ivan.get("/sources/PDL").text


def test_what_a_sender_abroad_sends_is_read_as_there_and_can_be_called(story, session, clock):
    terms = services.Terms(
        label="Amt",
        kind=SourceKind.PLATFORM,
        is_trusted=False,
        needs_signature=False,
        site_id=None,
        contact="",
        country=Country.SWITZERLAND,
    )
    services.add_source("BAG", terms, by=story.ivan.id, at=NOW)
    line = {"NIR": "756.9217.0769.85", "CODE_POSTAL": "9000", "TEL_MOBILE": "078 123 45 67"}
    sent = replace(arrival("bag.csv.p7m", lot_of([line])), source_code="BAG")

    report = load(sent)

    assert (report["created"], report["warnings"]) == (1, {})
    person = session.scalars(select(Person)).one()
    who = people.find_identity(person.id)
    assert (who.nir, who.national_number, who.phones) == (None, "7569217076985", ("+41781234567",))
    assert (who.postcode, person.postcode_hash, person.time_zone) == ("9000", None, None)
    assert plan_file(sent)["duplicate"] == 1
