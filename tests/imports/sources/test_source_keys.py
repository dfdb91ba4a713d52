"""A key opens nothing before a second person confirmed it, and is never seen again."""

import logging
import subprocess
from io import BytesIO

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.conftest import NOW
from tests.support.lots import CERTIFICATE, EXTRACTS, KEY
from tests.support.story import member
from tracing.imports.models import ImportSource, KeyState, KeyUse, SourceKey
from tracing.imports.sources import key_services as services
from tracing.imports.sources import queries
from tracing.imports.sources.errors import KeyKnown, KeyRefused, NotTheSame
from tracing.imports.sources.key_files import grouped, read_password, read_private_key, read_signer
from tracing.kernel.db import transaction
from tracing.kernel.events import Event
from tracing.staff import national
from tracing.staff.models import Role

PASSWORD = "Nantes-lot-13h"


@pytest.fixture
def source(session, story):
    made = ImportSource(code="PDL", label="PDL", layout="lab-positive-v1", created_at=NOW)
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def yves(story):
    """A second import officer of Nantes, who sees the lots of all live sites as well."""
    second = member("yves", "Yves", (Role.IMPORTER, story.nantes), at=NOW)
    national.grant(second, story.nantes.id, at=NOW)
    return second


@pytest.fixture
def ivan_page(browse, story):
    return browse.as_(story.ivan)


@pytest.fixture
def yves_page(browse, yves):
    return browse.as_(yves)


def sent(key=KEY, certificate=CERTIFICATE, **typed):
    files = {"file": (BytesIO(key), "clé.pem")}
    if certificate:
        files["certificate"] = (BytesIO(certificate), "cert.pem")
    return {"label": "clé de 2026"} | files | typed


def proposed(source, story, read=None):
    read = read or read_private_key(KEY, certificate=CERTIFICATE)
    with transaction():
        return services.propose(source.code, read, label="clé de 2026", by=story.ivan.id, at=NOW)


def protected(passphrase):
    key = serialization.load_pem_private_key(KEY, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )


def test_two_people_bring_a_key_in_and_only_then_it_opens_files(ivan_page, yves_page, source, session):
    page = ivan_page.follow("/sources/PDL/keys/new/private", sent())
    key = session.scalars(select(SourceKey)).one()

    end = key.fingerprint[-8:].upper()
    assert f"<span>{end[:4]}</span><span>{end[4:]}</span>" in page.text, (
        "who proposed it reads all of it aloud"
    )
    assert "à une autre personne de confirmer" in page.text
    assert "Peuvent le faire ici : Yves." in page.text
    assert queries.secrets_of("PDL").private_keys == ()

    theirs = yves_page.get(f"/sources/PDL/keys/{key.id}").text
    assert end[4:] not in theirs.upper(), "the end must come from elsewhere"
    assert grouped(key.fingerprint)[0] in theirs
    done = yves_page.follow(
        f"/sources/PDL/keys/{key.id}/confirm", {"typed": f" {end[:4]} {end[4:].lower()} "}
    )

    assert "Confirmé\u202f: cela sert" in done.text
    ((private, certificate),) = queries.secrets_of("PDL").private_keys
    assert serialization.load_pem_private_key(private, None).key_size >= 2048
    assert certificate.strip() in CERTIFICATE
    assert [event.kind for event in session.scalars(select(Event).where(Event.kind.like("key.%")))] == [
        "key.proposed",
        "key.confirmed",
    ]


def test_the_person_who_proposed_a_key_cannot_confirm_it(ivan_page, source, story, session):
    key = proposed(source, story)
    key_id, end = key.id, key.fingerprint[-8:]

    page = ivan_page.post(f"/sources/PDL/keys/{key_id}/confirm", {"typed": end}, status=403)

    assert "un autre chargé d’import doit la confirmer, pas vous" in page.text
    assert session.get_one(SourceKey, key_id).state is KeyState.PROPOSED


def test_the_database_holds_the_second_person_too(source, story, session):
    key = proposed(source, story)

    with pytest.raises(IntegrityError, match="confirmed_by_a_second_person"):
        session.execute(
            update(SourceKey)
            .where(SourceKey.id == key.id)
            .values(state=KeyState.CONFIRMED, confirmed_by=story.ivan.id)
        )
    session.rollback()


def test_a_wrong_end_confirms_nothing_and_is_recorded(yves_page, source, story, session):
    key = proposed(source, story)

    page = yves_page.post(f"/sources/PDL/keys/{key.id}/confirm", {"typed": "00000000"}, status=422)

    assert "ne sont pas la fin de l’empreinte" in page.text
    key = session.get_one(SourceKey, key.id)
    assert key.state is KeyState.PROPOSED
    assert session.scalars(select(Event).where(Event.kind == "key.not_confirmed")).one().subject_id == key.id


@pytest.mark.parametrize("typed", ["", "0", "•" * 8])
def test_an_empty_or_short_end_is_no_end(yves_page, source, story, session, typed):
    key = proposed(source, story)

    yves_page.post(f"/sources/PDL/keys/{key.id}/confirm", {"typed": typed}, status=422)

    key = session.get_one(SourceKey, key.id)
    assert key.state is KeyState.PROPOSED


def test_a_password_is_confirmed_by_typing_it_again(ivan_page, yves_page, source, session):
    page = ivan_page.follow("/sources/PDL/keys/new/password", {"label": "avril", "password": PASSWORD})
    key = session.scalars(select(SourceKey)).one()
    assert PASSWORD not in page.text
    assert key.fingerprint == ""
    assert queries.secrets_of("PDL").passwords == ()

    refused = yves_page.post(f"/sources/PDL/keys/{key.id}/confirm", {"typed": "autre"}, status=422)
    assert "Ce n’est pas le mot de passe enregistré." in refused.text
    yves_page.follow(f"/sources/PDL/keys/{key.id}/confirm", {"typed": PASSWORD})

    assert queries.secrets_of("PDL").passwords == (PASSWORD,)


def test_no_secret_is_ever_shown_logged_or_stored_in_clear(
    ivan_page, yves_page, source, session, caplog, capsys
):
    caplog.set_level(logging.DEBUG)
    pages = [
        ivan_page.follow("/sources/PDL/keys/new/private", sent(protected(b"sesame"), passphrase="sesame")),
        ivan_page.follow("/sources/PDL/keys/new/password", {"label": "avril", "password": PASSWORD}),
    ]
    keys = session.scalars(select(SourceKey)).all()
    pages += [
        visitor.get(f"/sources/PDL/keys/{key.id}") for key in keys for visitor in (ivan_page, yves_page)
    ]
    pages.append(ivan_page.get("/sources/PDL"))

    seen = "".join(page.text for page in pages) + caplog.text + "".join(capsys.readouterr())
    stored = b"".join(key.secret for key in keys) + str([(k.about, k.label) for k in keys]).encode()
    for secret in (PASSWORD, "sesame", "PRIVATE KEY"):
        assert secret not in seen
        assert secret.encode() not in stored
    assert PASSWORD not in repr(read_password(PASSWORD))


def test_a_sealed_key_moved_to_another_row_does_not_open(source, story, session):
    first, second = (
        services.propose("PDL", read_password(word), label=word[:2], by=story.ivan.id, at=NOW)
        for word in ("premier mot", "second mot")
    )

    second.secret = first.secret

    with pytest.raises(Exception, match="source_key"):
        queries.secret_parts(second)


def test_a_proposed_key_is_put_aside_by_anybody_and_leaves_nothing(yves_page, source, story, session):
    key = proposed(source, story)

    page = yves_page.follow(f"/sources/PDL/keys/{key.id}/put-aside")

    assert "Écarté\u202f:" in page.text
    assert session.scalars(select(SourceKey)).all() == []
    yves_page.get(f"/sources/PDL/keys/{key.id}", status=404)


def test_a_retired_key_opens_nothing_and_its_secret_is_destroyed(yves_page, source, story, yves, session):
    key = proposed(source, story)
    services.confirm("PDL", key.id, key.fingerprint[-8:], by=yves.id, at=NOW)

    page = yves_page.follow(f"/sources/PDL/keys/{key.id}/retire")

    assert "1 clé retirée" in page.text
    key = session.get_one(SourceKey, key.id)
    assert (key.state, key.secret) == (KeyState.RETIRED, b"")
    assert queries.secrets_of("PDL").private_keys == ()
    assert "Retrait" in yves_page.get(f"/sources/PDL/keys/{key.id}").text
    again = yves_page.post(f"/sources/PDL/keys/{key.id}/retire", status=409)
    assert "a changé d’état entre-temps" in again.text


def test_the_same_key_twice_is_one_key(source, story):
    proposed(source, story)

    with pytest.raises(KeyKnown):
        proposed(source, story)


def test_the_latest_confirmed_key_is_tried_first(source, story, yves):
    for word in ("ancien", "nouveau"):
        key = services.propose("PDL", read_password(word), label=word, by=story.ivan.id, at=NOW)
        services.confirm("PDL", key.id, word, by=yves.id, at=NOW)

    assert queries.secrets_of("PDL").passwords == ("nouveau", "ancien")


def test_what_a_source_is_not_known_for_opens_nothing(session):
    assert queries.secrets_of("NOBODY").private_keys == ()


class TestKeyFiles:
    """What a file holds is told by its content."""

    @pytest.fixture(autouse=True)
    def words(self, app):
        with app.test_request_context():
            yield

    def test_a_certificate_is_named_as_openssl_names_it(self):
        read = read_private_key(KEY, certificate=CERTIFICATE)

        printed = subprocess.run(
            ["openssl", "x509", "-noout", "-fingerprint", "-sha256"],
            input=CERTIFICATE,
            capture_output=True,
            check=True,
        ).stdout.decode()
        assert printed.strip().split("=")[1].replace(":", "").lower() == read.fingerprint
        assert read.about["holder"] == "Plateforme de test"
        assert read.expires_at is not None

    def test_a_key_and_its_certificate_may_share_a_file(self):
        assert (
            read_private_key(KEY + CERTIFICATE).fingerprint
            == read_private_key(KEY, certificate=CERTIFICATE).fingerprint
        )

    def test_a_passphrase_serves_once(self):
        read = read_private_key(protected(b"sesame"), certificate=CERTIFICATE, passphrase="sesame")

        assert serialization.load_pem_private_key(read.secret["key"].encode(), None)

    def test_an_age_identity_is_recognised(self):
        identity = pyrage.x25519.Identity.generate()

        read = read_private_key(f"# created: today\n{identity}\n".encode())

        assert (read.use, read.secret["key"]) == (KeyUse.AGE, str(identity))
        assert read.about["recipient"] == str(identity.to_public())

    @pytest.mark.parametrize("tag", [0x94, 0x95, 0x96, 0x97, 0xC5])
    def test_an_openpgp_key_that_is_not_armoured_is_told_by_its_first_byte(self, tag):
        with pytest.raises(KeyRefused, match="clé OpenPGP ne peut pas être lue"):
            read_private_key(bytes((tag, 1, 2, 3)))

    def test_an_age_identity_under_a_passphrase_is_opened(self):
        identity = pyrage.x25519.Identity.generate()
        file = pyrage.passphrase.encrypt(str(identity).encode(), "sesame")

        assert read_private_key(file, passphrase="sesame").secret["key"] == str(identity)
        with pytest.raises(KeyRefused, match="protégée par une phrase secrète"):
            read_private_key(file)
        with pytest.raises(KeyRefused, match="n’ouvre pas la clé"):
            read_private_key(file, passphrase="sésame")

    def test_an_openpgp_key_is_recognised_and_named_as_gpg_names_it(self):
        content = (EXTRACTS / "keys" / "site-openpgp.key.asc").read_bytes()

        read = read_private_key(content)

        assert read.use is KeyUse.OPENPGP
        assert read.about["own_fingerprint"] == "96d0ab9a0e9d1bd2b15e07d163e184a80a196434"
        assert "BEGIN" not in repr(read)

    @pytest.mark.parametrize(
        ("content", "certificate", "passphrase", "field", "sentence"),
        [
            (b"", b"", "", "file", "Ce fichier est vide."),
            (b"\0" * 300_000, b"", "", "file", "trop grand"),
            (b"PK\x03\x04 rien", b"", "", "file", "n’est pas une clé connue"),
            (CERTIFICATE, b"", "", "file", "C’est un certificat seul."),
            (KEY, b"", "", "certificate", "Joignez le certificat"),
            (KEY, b"rien", "", "certificate", "Joignez le certificat"),
            (KEY[:400] + KEY[500:], CERTIFICATE, "", "file", "ne peut pas être lue"),
            (protected(b"sesame"), CERTIFICATE, "", "passphrase", "protégée par une phrase secrète"),
            (protected(b"sesame"), CERTIFICATE, "sésame", "passphrase", "n’ouvre pas la clé"),
            (KEY, CERTIFICATE, "sesame", "passphrase", "n’a pas de phrase secrète"),
            (b"AGE-SECRET-KEY-1QQQQ", b"", "", "file", "identité age ne peut pas être lue"),
            (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", b"", "", "file", "clé publique OpenPGP"),
            (b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxx", b"", "", "file", "OpenPGP ne peut pas être lue"),
        ],
    )
    def test_what_is_no_usable_key_is_refused_beside_what_is_wrong(
        self, content, certificate, passphrase, field, sentence
    ):
        with pytest.raises(KeyRefused, match=sentence) as refusal:
            read_private_key(content, certificate=certificate, passphrase=passphrase)

        assert refusal.value.field == field

    def test_the_certificate_of_another_key_is_refused(self):
        other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

        with pytest.raises(KeyRefused, match="n’est pas celui de cette clé"):
            read_private_key(other, certificate=CERTIFICATE)

    def test_a_signer_is_public(self):
        assert read_signer(CERTIFICATE).use is KeyUse.SIGNER
        with pytest.raises(KeyRefused, match="C’est une clé privée"):
            read_signer(KEY)
        with pytest.raises(KeyRefused, match="ni un certificat"):
            read_signer(b"rien")


def test_a_refused_key_is_said_beside_its_field_and_nothing_is_kept(ivan_page, source, session):
    page = ivan_page.post("/sources/PDL/keys/new/private", sent(certificate=b""), status=422)

    assert 'id="certificate-error"' in page.text
    assert session.scalars(select(SourceKey)).all() == []


def test_the_end_typed_is_compared_for_openpgp_with_the_fingerprint_gpg_shows(source, story, yves, app):
    with app.test_request_context():
        key = proposed(
            source, story, read_private_key((EXTRACTS / "keys" / "site-openpgp.key.asc").read_bytes())
        )
        with pytest.raises(NotTheSame):
            services.confirm("PDL", key.id, "ffffffff", by=yves.id, at=NOW)
        services.confirm("PDL", key.id, "0A19 6434", by=yves.id, at=NOW)

        assert len(queries.secrets_of("PDL").openpgp) == 1
