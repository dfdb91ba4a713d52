"""A laboratory's system posts files to its source's address, and reads there what became of them."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.support.lots import SETTINGS, enveloped, lot_of
from tests.support.story import member
from tracing.app import create_app
from tracing.imports.jobs import process_next_lot
from tracing.imports.limits import MOST_BYTES
from tracing.imports.models import (
    CameBy,
    ImportLot,
    ImportOriginal,
    ImportSource,
    KeyState,
    KeyUse,
    LotState,
    SourceToken,
)
from tracing.imports.models import SourceKey as Key
from tracing.imports.sources import key_services
from tracing.imports.sources.key_files import read_private_key
from tracing.kernel.config import Settings
from tracing.kernel.events import Event
from tracing.staff.models import Role

pytestmark = pytest.mark.usefixtures("clock")

LINES = [{"TEL_MOBILE": "0639980111"}, {"ID_RESULTAT": "PDL-2", "RESULTAT": "N"}]


@pytest.fixture
def opened_by_a_key(source, session, story):
    """The source's key is confirmed."""
    from tests.support.lots import CERTIFICATE, KEY

    key = key_services.propose(
        "PDL", read_private_key(KEY, certificate=CERTIFICATE), label="clé", by=story.ivan.id, at=NOW
    )
    row = session.get_one(Key, key.id)
    row.state, row.confirmed_by, row.confirmed_at = KeyState.CONFIRMED, story.ada.id, NOW
    session.commit()
    assert row.use is KeyUse.CMS


@pytest.mark.usefixtures("opened_by_a_key")
def test_a_file_is_received_read_like_any_other_and_its_report_is_at_the_address_of_the_answer(
    post, read, session
):
    sent = lot_of(LINES)

    answer = post(
        sent, headers={"X-File-Name": "r%C3%A9sultats.csv.p7m"}, content_type="application/octet-stream"
    )

    assert answer.status_code == 202
    assert "Set-Cookie" not in answer.headers
    told = answer.get_json()
    assert (told["status"], answer.headers["Location"]) == ("received", told["address"])
    assert read(told["address"]).get_json()["state"] == "received"
    lot = session.get_one(ImportLot, told["lot"])
    assert (lot.came_by, lot.file_name, lot.received_by) == (CameBy.HTTPS, "résultats.csv.p7m", None)
    assert sent not in session.scalars(select(ImportOriginal.content)).one()

    process_next_lot(SETTINGS)

    report = read(told["address"]).get_json()
    assert report["state"] == "loaded"
    assert {name: report[name] for name in ("lot", "lines", "created", "not_positive")} == {
        "lot": lot.id,
        "lines": 2,
        "created": 1,
        "not_positive": 1,
    }
    assert "LE GOFF" not in str(report)


def test_a_form_of_several_parts_holds_one_file(post, session):
    sent = lot_of(LINES)

    answer = post({"what": (BytesIO(sent), "../x/lot.p7m")}, content_type="multipart/form-data")
    two = post({"one": (BytesIO(sent), "a"), "two": (BytesIO(sent), "b")}, content_type="multipart/form-data")

    assert answer.status_code == 202
    assert session.scalars(select(ImportLot.file_name)).one() == "lot.p7m"
    assert (two.status_code, two.get_json()["status"]) == (422, "refused")


def test_what_curl_sends_by_default_is_taken_as_a_file(post):
    answer = post(lot_of(LINES), content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 202


def test_the_same_file_sent_twice_is_one_lot_until_it_is_taken_back(post, session, story):
    sent = lot_of(LINES)
    first = post(sent).get_json()

    assert post(sent).get_json()["lot"] == first["lot"]
    lot = session.get_one(ImportLot, first["lot"])
    lot.state, lot.loaded_at, lot.undone_at, lot.undone_by = LotState.UNDONE, NOW, NOW, story.ivan.id
    session.commit()
    assert post(sent).get_json()["lot"] != first["lot"]


def test_a_file_in_clear_text_is_refused_at_once_with_the_reason_and_nothing_of_it_is_kept(
    post, session, clock
):
    clear = b"NOM;PRENOM\r\nLE GOFF;Anne\r\n"

    first, second = post(clear), post(clear)

    assert first.status_code == second.status_code == 422
    told = first.get_json()
    assert (told["status"], told["code"]) == ("refused", "not_encrypted")
    assert "n’est pas chiffré" in told["reason"]
    assert second.get_json()["lot"] == told["lot"]
    assert session.scalar(select(func.count()).select_from(ImportOriginal)) == 0
    clock.move_to(NOW + timedelta(hours=1))
    assert post(clear).get_json()["lot"] != told["lot"]


@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"\x30" * (MOST_BYTES + 1), 413)])
def test_nothing_and_too_much_are_refused_with_a_reason(post, session, content, status):
    answer = post(content)

    assert (answer.status_code, answer.get_json()["status"]) == (status, "refused")
    assert answer.get_json()["reason"]
    assert session.scalar(select(func.count()).select_from(ImportLot)) == 0


def test_a_request_larger_than_any_is_answered_in_json(post, app, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)

    answer = post(b"\x30" * 2000)

    assert (answer.status_code, answer.get_json()["status"]) == (413, "refused")


def test_the_token_opens_its_own_source_and_nothing_else(post, app, session, token):
    session.add(ImportSource(code="NOR", label="NOR", layout="lab-positive-v1", created_at=NOW))
    session.commit()
    other = session.scalar(select(ImportLot.id).where(ImportLot.id == post(lot_of(LINES)).get_json()["lot"]))
    session.get_one(ImportLot, other).source_code = "NOR"
    session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    client = app.test_client()

    assert client.get(f"/api/sources/PDL/lots/{other}", headers=headers).status_code == 404
    assert client.get(f"/api/sources/NOR/lots/{other}", headers=headers).status_code == 401
    assert post(b"x", path="/api/sources/NOR").status_code == 401
    assert post(b"x", path="/api/sources/NOWHERE").status_code == 401
    for page in ("/lots", "/sources/PDL", f"/lots/{other}"):
        assert client.get(page, headers=headers).location == "/login"


def test_without_its_token_nothing_is_received_and_wrong_ones_are_delayed(app, post, session, story):
    client = app.test_client()

    assert client.post("/api/sources/PDL", data=b"x").status_code == 401
    answers = [post(b"x", given="wrong") for _ in range(12)]

    assert answers[0].status_code == 401
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert (answers[-1].status_code, answers[-1].get_json()["status"]) == (429, "refused")
    assert int(answers[-1].headers["Retry-After"]) > 0
    # nobody keeps the laboratory out by sending wrong ones
    assert post(lot_of(LINES)).status_code == 202


def test_a_session_is_no_token(browse, story, source):
    visitor = browse.as_(story.ivan)

    assert visitor.client.post("/api/sources/PDL", data=b"x").status_code == 401
    assert visitor.client.get("/api/sources/PDL/lots/1").status_code == 401


def test_no_form_token_is_asked_of_a_system_and_still_of_a_page(app, token, tmp_path):
    strict = create_app(Settings(data_dir=tmp_path), secret_key="for this test")
    headers = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}

    assert (
        strict.test_client().post("/api/sources/PDL", data=lot_of(LINES), headers=headers).status_code == 202
    )
    assert strict.test_client().post("/login", data={}).status_code == 400


def test_an_import_officer_makes_a_token_sees_it_once_and_revokes_it(browse, app, story, source, session):
    ivan = browse.as_(story.ivan)

    page = ivan.post("/sources/PDL/tokens/new", {"label": "serveur de résultats"}, status=200).text
    made = session.scalars(select(SourceToken)).one()
    text = page.split("<dt>Jeton</dt>")[1].split("<dd>")[1].split("</dd>")[0].strip()

    headers = {"Authorization": f"Bearer {text}"}
    client = app.test_client()
    assert client.post("/api/sources/PDL", data=lot_of(LINES), headers=headers).status_code == 202
    shown = ivan.get("/sources/PDL").text
    assert "serveur de résultats" in shown
    assert text not in shown
    assert text.encode() not in made.token_hash
    assert session.scalars(select(SourceToken.used_at)).one() == NOW

    ivan.follow(f"/sources/PDL/tokens/{made.id}/revoke")
    assert client.post("/api/sources/PDL", data=lot_of(LINES), headers=headers).status_code == 401
    ivan.post(f"/sources/PDL/tokens/{made.id}/revoke", status=404)
    told = session.scalars(select(Event).where(Event.kind.startswith("token."))).all()
    assert [event.kind for event in told] == ["token.made", "token.revoked"]
    assert text not in str([event.detail for event in told])
    assert (
        "Jeton d’envoi révoqué" in browse.as_(story.olga).get("/journal?show=events&kind=token.revoked").text
    )


def test_a_token_is_made_by_the_import_officers_of_the_source_alone(browse, story, source, session, token):
    source.site_id = story.ajaccio.id
    session.commit()
    made = session.scalars(select(SourceToken.id)).one()

    lea = member("lea", "Léa", (Role.IMPORTER, story.nantes), at=NOW)
    visitors = [
        (browse.as_(who), status) for who, status in ((story.ada, 403), (story.olga, 403), (lea, 404))
    ]

    for visitor, status in visitors:
        visitor.get("/sources/PDL/tokens/new", status=status)
        visitor.post(f"/sources/PDL/tokens/{made}/revoke", status=status)
    session.expire_all()
    assert session.get_one(SourceToken, made).revoked_at is None


def test_a_lot_of_a_sites_source_is_that_sites(post, source, session, story):
    source.site_id = story.ajaccio.id
    session.commit()

    lot = session.get_one(ImportLot, post(enveloped(b"x")).get_json()["lot"])

    assert lot.owner_site_id == story.ajaccio.id
