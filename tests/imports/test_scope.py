"""An import officer opens the lots of their site; a national one those of every live site; nobody more from a training site."""

from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.objects import objects_at
from tests.support.story import agent, member
from tracing.duplicates import queries as pair_queries
from tracing.imports.lots import queries, routing
from tracing.imports.models import ImportLot, ImportSource, KeyState, SourceKey, SourceKind
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.imports.sources.errors import OtherWorld
from tracing.kernel.events import Event
from tracing.people.countries import Country
from tracing.staff.models import Role
from tracing.staff.scope import HOST, scope_of


@pytest.fixture
def sam(story):
    """The school's import officer."""
    return member("sam", "Sam", (Role.IMPORTER, story.school), at=NOW)


@pytest.fixture
def lea(story):
    """An import officer of Nantes alone."""
    return member("lea", "Léa", (Role.IMPORTER, story.nantes), at=NOW)


@pytest.fixture
def nantes(story, session):
    """One of everything at Nantes; the key of its source is confirmed."""
    made = objects_at(story.nantes, story.ajaccio, story.school, serial=1, at=NOW)
    key = session.get_one(SourceKey, made.numbers["key_id"])
    key.state, key.confirmed_by, key.confirmed_at = KeyState.CONFIRMED, story.ivan.id, NOW
    session.flush()
    return made.numbers


def national(session, numbers):
    """Make the lot and its source national."""
    session.get_one(ImportLot, numbers["lot_id"]).owner_site_id = None
    session.get_one(ImportSource, numbers["code"]).site_id = None
    session.flush()


def journal(visitor, kind="scope.refused"):
    page = BeautifulSoup(visitor.get(f"/journal?show=events&kind={kind}").text, "html.parser")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("td")][1:4]
        for row in page.select("tbody tr")
    ]


@pytest.mark.parametrize("is_national", [True, False])
def test_the_four_deeds_of_the_training_officer_are_refused_and_seen_by_the_live_auditor(
    browse, story, session, sam, nantes, is_national
):
    if is_national:
        national(session, nantes)
    lot, code, key = nantes["lot_id"], nantes["code"], nantes["key_id"]
    visitor = browse.as_(sam)

    for _twice in range(2):
        page = visitor.get(f"/lots/{lot}/lines/2", status=404)
    assert "SECRET1" not in page.text
    visitor.get(f"/lots/{lot}/corrections", status=404)
    visitor.post(f"/lots/{lot}/corrections/file", status=404)
    visitor.post(f"/lots/{lot}/undo", status=404)
    visitor.post(f"/sources/{code}/keys/{key}/retire", status=404)
    visitor.post(f"/sources/{code}/edit", {"label": "x", "is_trusted": "y"}, status=404)

    session.expire_all()
    assert session.get_one(ImportLot, lot).undone_by is None
    assert session.get_one(ImportLot, lot).corrections_secret is None
    assert session.get_one(SourceKey, key).state is KeyState.CONFIRMED
    assert not session.get_one(ImportSource, code).is_trusted
    # once an hour for each object, however often
    assert sorted(journal(browse.as_(story.olga))) == [
        ["Sam", "Accès refusé hors de son site", "expéditeur 0"],
        ["Sam", "Accès refusé hors de son site", f"lot {lot}"],
    ]
    assert "SECRET1" not in str(session.scalars(select(Event.detail)).all())


def test_an_officer_of_a_site_sees_its_own_lots_and_senders_and_no_national_one(browse, session, lea, nantes):
    visitor, lot, code = browse.as_(lea), nantes["lot_id"], nantes["code"]
    assert f"/lots/{lot}" in visitor.get("/lots").text
    assert code in visitor.get("/sources").text
    assert f"/lots/{lot}/lines/2" in visitor.get("/corrections").text
    visitor.get(f"/lots/{lot}/lines/2")

    national(session, nantes)

    assert f"/lots/{lot}" not in visitor.get("/lots").text
    assert code not in visitor.get("/sources").text + visitor.get("/lots/new").text
    assert f"/lots/{lot}/lines/2" not in visitor.get("/corrections").text
    visitor.get(f"/lots/{lot}/lines/2", status=404)


def test_a_national_officer_sees_every_live_lot_and_none_of_a_training_site(browse, story, session, nantes):
    ajaccio = objects_at(story.ajaccio, story.nantes, story.school, serial=2, at=NOW).numbers
    school = objects_at(story.school, story.nantes, story.school, serial=3, at=NOW).numbers
    scope = scope_of(agent(story.ivan))

    seen = {lot.id for lot in queries.lots(scope)}

    assert seen == {nantes["lot_id"], ajaccio["lot_id"]}
    assert {source.code for source in source_queries.sources(scope)} == {nantes["code"], ajaccio["code"]}
    assert pair_queries.open_count(scope) == 2
    ivan = browse.as_(story.ivan)
    ivan.get(f"/lots/{ajaccio['lot_id']}/lines/2")
    ivan.get(f"/lots/{school['lot_id']}", status=404)
    assert len(queries.lots(HOST)) == 3


def test_what_an_officer_sees_and_does_of_a_national_lot_is_seen_by_the_auditor_of_every_live_site(
    browse, story, session, nantes
):
    national(session, nantes)
    oscar = member("oscar", "Oscar", (Role.AUDITOR, story.ajaccio), at=NOW)
    pupil = member("pia", "Pia", (Role.AUDITOR, story.school), at=NOW)
    ivan, lot = browse.as_(story.ivan), nantes["lot_id"]

    ivan.get(f"/lots/{lot}/lines/2")
    ivan.post(f"/lots/{lot}/corrections/file", status=200)
    ivan.post(f"/sources/{nantes['code']}/keys/{nantes['key_id']}/retire")
    ivan.post(f"/lots/{lot}/undo")

    for auditor in (story.olga, oscar):
        visitor = browse.as_(auditor)
        assert journal(visitor, "lot.undo_asked") == [["Ivan", "Annulation d’un lot demandée", f"lot {lot}"]]
        assert journal(visitor, "lot.corrections_sent")
        assert journal(visitor, "key.retired")
        assert "Lot national" in visitor.get("/journal").text
    visitor = browse.as_(pupil)
    assert journal(visitor, "lot.undo_asked") == []
    assert "<td>Lot national" not in visitor.get("/journal").text


def test_what_a_site_s_officer_sends_is_the_site_s_and_not_under_another_s_name(
    browse, session, sam, story, nantes
):
    visitor = browse.as_(sam)

    def sent(code):
        return {"file": (BytesIO(b"x"), "a.p7m"), "source": code, "password": ""}

    visitor.post("/lots/new", sent("PRATIQUE"))
    visitor.post("/lots/new", sent(nantes["code"]), status=404)

    [lot] = session.scalars(select(ImportLot).where(ImportLot.received_by == sam.id)).all()
    assert lot.owner_site_id == story.school.id
    assert session.get_one(ImportSource, "PRATIQUE").site_id == story.school.id
    assert session.scalar(select(func.count()).where(Event.kind == "lot.received")) == 1


def test_a_site_s_officer_gives_a_sender_to_no_other_site(browse, session, lea, story):
    form = {"code": "LEA", "label": "Léa", "kind": "laboratory", "contact": ""}
    visitor = browse.as_(lea)

    for site in ("", str(story.ajaccio.id), str(story.school.id)):
        visitor.post("/sources/new", form | {"site": site}, status=422)
    visitor.post("/sources/new", form | {"site": str(story.nantes.id)})

    assert session.get_one(ImportSource, "LEA").site_id == story.nantes.id


@pytest.mark.parametrize(
    ("was", "becomes"), [("nantes", "school"), ("school", "nantes"), (None, "school"), ("school", None)]
)
def test_a_sender_never_changes_between_real_and_invented_people(story, session, was, becomes):
    def terms(site):
        return source_services.Terms(
            label="X",
            kind=SourceKind.LABORATORY,
            is_trusted=False,
            needs_signature=False,
            ids_are_unique=True,
            site_id=getattr(story, site).id if site else None,
            contact="",
            country=Country.FRANCE,
        )

    source_services.add_source("X", terms(was), by=story.ivan.id, at=NOW)
    with pytest.raises(OtherWorld):
        source_services.change_source("X", terms(becomes), by=story.ivan.id, at=NOW)


def test_a_lot_stays_whose_it_was_when_its_sender_is_given_to_another_site(story, session, nantes):
    source_services.change_source(
        nantes["code"],
        source_services.Terms(
            label="X",
            kind=SourceKind.LABORATORY,
            is_trusted=False,
            needs_signature=False,
            ids_are_unique=True,
            site_id=story.ajaccio.id,
            contact="",
            country=Country.FRANCE,
        ),
        by=story.ivan.id,
        at=NOW + timedelta(minutes=1),
    )

    assert session.get_one(ImportLot, nantes["lot_id"]).owner_site_id == story.nantes.id
    # both auditors see that the sender left one and came to the other
    kinds = select(Event.site_id).where(Event.kind == "source.changed")
    assert set(session.scalars(kinds)) == {story.nantes.id, story.ajaccio.id}


def test_of_a_national_lot_nobody_goes_to_a_training_site_whatever_fund_is_written(story, session):
    from tracing.staff.models import SiteFund

    session.add(SiteFund(fund_code="900", site_id=story.school.id))
    source_services.get_or_create_source("PDL", at=NOW)
    session.flush()

    found = routing.routing_of("PDL")

    assert found.sites == {"441": story.nantes.id, "201": story.ajaccio.id}
    assert not found.is_invented("900")
