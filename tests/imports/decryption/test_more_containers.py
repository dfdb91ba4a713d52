"""OpenPGP, age, ZIP and every form of CMS: opened with what opens them, refused in one reason with anything else."""

import base64
import io
import zipfile

import pysequoia
import pytest

from tests.support.lots import AGE_KEY, CERTIFICATE, KEY, OPENPGP_KEY, enveloped, extract
from tests.support.sealing import (
    HAS_OPENSSL,
    enveloped_by_openssl,
    for_age,
    for_openpgp,
    openssl,
    signed_by_openssl,
    signer,
    zipped,
)
from tracing.imports.decryption.layers import open_container
from tracing.imports.decryption.secrets import Container, KeyKind, key_kind, secrets_from
from tracing.imports.refusal_codes import CannotRead, Refusal

CLEAR = b"\xef\xbb\xbfNUM_LOT;ID_RESULTAT\r\n1;2\r\n" + b"1;3\r\n" * 300
BY_PROGRAM = pytest.mark.skipif(not HAS_OPENSSL, reason="the openssl program is not there")
ALL_KEYS = (
    secrets_from(private_key=KEY) + secrets_from(private_key=OPENPGP_KEY) + secrets_from(private_key=AGE_KEY)
)


def refusal(content, opens=ALL_KEYS):
    """Return why a file is refused."""
    with pytest.raises(CannotRead) as refused:
        open_container(content, opens)
    return refused.value.refusal


def clear_of(content, opens=ALL_KEYS):
    """Return what a container held."""
    return open_container(content, opens).content


def signed_by(*names):
    """Return what opens a file of a source that must sign, and by whom."""
    return secrets_from(private_key=KEY, signers=[signer(name)[1] for name in names], needs_signature=True)


@pytest.mark.parametrize(
    ("name", "secrets", "container"),
    [
        ("nor-20210308.csv.pgp", secrets_from(private_key=OPENPGP_KEY), Container.OPENPGP),
        ("reu-20220110.csv.age", secrets_from(private_key=AGE_KEY), Container.AGE),
        ("cor-20220110.zip", secrets_from(passwords=["non", "Ajaccio-2022"]), Container.ZIP),
    ],
)
def test_an_extract_opens_with_its_key_or_its_password(name, secrets, container):
    opened = open_container(extract(name), secrets)

    assert opened.container is container
    assert opened.content.removeprefix(b"\xef\xbb\xbf").startswith(b"NUM_LOT;")


def test_what_a_key_file_holds_is_told_by_its_content():
    assert key_kind(KEY) is KeyKind.PEM
    assert key_kind(OPENPGP_KEY) is KeyKind.OPENPGP
    assert key_kind(bytes(pysequoia.Tsk.generate(user_id="x"))) is KeyKind.OPENPGP
    assert key_kind(AGE_KEY) is KeyKind.AGE
    assert secrets_from(private_key=AGE_KEY).age[0].startswith("AGE-SECRET-KEY-1")


def test_the_keys_of_a_source_add_up_and_travel_whole():
    one = secrets_from(private_key=KEY, certificate=CERTIFICATE, passwords=["a"])
    other = secrets_from(private_key=OPENPGP_KEY, passwords=["a", "b"], signers=[b"c"], needs_signature=True)

    both = one + other

    assert both.private_keys == ((KEY, CERTIFICATE),)
    assert both.openpgp == (OPENPGP_KEY,)
    assert both.passwords == ("a", "b")
    assert both.needs_signature
    assert type(both).from_dict(both.to_dict()) == both


def test_openpgp_opens_armoured_signed_or_not_and_by_password():
    laboratory = pysequoia.Tsk.generate(user_id="laboratoire")

    assert clear_of(for_openpgp(CLEAR, armour=True)) == CLEAR
    assert clear_of(for_openpgp(CLEAR, signed_by=laboratory)) == CLEAR
    assert clear_of(for_openpgp(CLEAR, password="sesame"), secrets_from(passwords=["a", "sesame"])) == CLEAR


def test_an_openpgp_signature_is_that_of_the_source_where_it_must_sign():
    laboratory, other = (pysequoia.Tsk.generate(user_id=name) for name in ("laboratoire", "autre"))
    signed, unsigned = for_openpgp(CLEAR, signed_by=laboratory), for_openpgp(CLEAR)

    def needs(key):
        public = str(key.extract_certificate()).encode()
        return secrets_from(private_key=OPENPGP_KEY, signers=[public], needs_signature=True)

    assert clear_of(signed, needs(laboratory)) == CLEAR
    assert refusal(signed, needs(other)) is Refusal.WRONG_SIGNATURE
    assert refusal(unsigned, needs(laboratory)) is Refusal.UNSIGNED


def test_an_openpgp_message_without_a_seal_is_refused():
    for_us, _ = pysequoia.packet.PacketPile.from_bytes(for_openpgp(CLEAR))

    unsealed = (
        bytes(for_us) + b"\xc9\x40" + bytes(64)
    )  # tag 9: encrypted, and nothing to tell an alteration by

    assert refusal(unsealed) is Refusal.NO_INTEGRITY


def test_openpgp_says_which_key_is_wrong_or_missing():
    other = bytes(pysequoia.Tsk.generate(user_id="autre"))
    message = for_openpgp(CLEAR)

    assert refusal(message, secrets_from()) is Refusal.KEY_MISSING
    assert refusal(message, secrets_from(private_key=other)) is Refusal.WRONG_KEY
    assert (
        refusal(message, secrets_from(private_key=b"-----BEGIN PGP PRIVATE KEY BLOCK-----"))
        is Refusal.KEY_UNUSABLE
    )
    assert refusal(message[:-20]) is Refusal.DAMAGED


def test_age_opens_as_bytes_and_as_text():
    encrypted = for_age(CLEAR)
    lines = base64.encodebytes(encrypted).replace(b"\n", b"")
    wrapped = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    armoured = b"-----BEGIN AGE ENCRYPTED FILE-----\n" + wrapped + b"\n-----END AGE ENCRYPTED FILE-----\n"

    assert clear_of(encrypted) == clear_of(armoured) == CLEAR


def test_age_says_which_key_is_wrong_or_missing_and_refuses_a_passphrase():
    encrypted = for_age(CLEAR)
    other = b"AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33"
    with_passphrase = b"age-encryption.org/v1\n-> scrypt rF0/NwblUHHTpgQgRpe5CQ 10\nabc\n--- abc\n"

    assert refusal(encrypted, secrets_from()) is Refusal.KEY_MISSING
    assert refusal(encrypted, secrets_from(private_key=other)) is Refusal.WRONG_KEY
    assert refusal(encrypted, secrets_from(private_key=b"AGE-SECRET-KEY-1NONSENSE")) is Refusal.KEY_UNUSABLE
    assert refusal(encrypted[:-3]) is Refusal.DAMAGED
    assert refusal(with_passphrase) is Refusal.NOT_YET_OPENED


def test_a_zip_holds_one_file_behind_a_password_that_fits():
    archive = zipped({"lot.csv": CLEAR}, "sesame")

    assert clear_of(archive, secrets_from(passwords=["sesame"])) == CLEAR
    assert refusal(archive, secrets_from()) is Refusal.PASSWORD_MISSING
    assert refusal(archive, secrets_from(passwords=["a"])) is Refusal.WRONG_PASSWORD
    altered = bytearray(archive)
    altered[70] ^= 1
    assert refusal(bytes(altered), secrets_from(passwords=["sesame"])) is Refusal.DAMAGED


def test_an_archive_in_clear_is_opened_under_encryption_only():
    archive = zipped({"lot.csv": CLEAR})

    assert refusal(archive) is Refusal.NOT_ENCRYPTED
    assert clear_of(enveloped(archive)) == CLEAR


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"a.csv": CLEAR, "b.csv": CLEAR}, Refusal.SEVERAL_FILES),
        ({"folder/": b""}, Refusal.SEVERAL_FILES),
        ({"a.zip": zipped({"a.csv": CLEAR}, "sesame")}, Refusal.SEVERAL_FILES),
        ({"a.csv": bytes(30_000_000)}, Refusal.TOO_LARGE),
    ],
    ids=["two files", "none", "archive in an archive", "bomb"],
)
def test_an_archive_with_something_else_in_it_is_refused(members, reason):
    assert refusal(zipped(members, "sesame"), secrets_from(passwords=["sesame"])) is reason


def test_an_archive_behind_the_old_zip_encryption_is_refused_as_weak():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as plain:
        plain.writestr("lot.csv", CLEAR)
    content = bytearray(archive.getvalue())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flags] |= 1

    assert refusal(bytes(content), secrets_from(passwords=["sesame"])) is Refusal.WEAK_ENCRYPTION


@BY_PROGRAM
@pytest.mark.parametrize(
    ("options", "form"),
    [
        (("-aes-256-gcm",), "DER"),
        (("-aes-128-gcm",), "PEM"),
        (("-aes-256-gcm",), "SMIME"),
        (("-aes-256-cbc", "-stream"), "DER"),
        (("-aes-256-cbc",), "PEM"),
        (("-aes-256-cbc",), "SMIME"),
        (("-aes-256-cbc", "-keyid"), "DER"),
    ],
)
def test_every_form_of_cms_opens_with_the_key_alone_and_with_its_certificate(options, form):
    sealed = enveloped_by_openssl(CLEAR, "-binary", *options, form=form)

    assert clear_of(sealed) == CLEAR
    assert clear_of(sealed, secrets_from(private_key=KEY, certificate=CERTIFICATE)) == CLEAR


@BY_PROGRAM
def test_an_agreed_key_opens_what_was_encrypted_for_an_elliptic_curve():
    key = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    certificate = openssl(
        "req", "-x509", "-new", "-key", "@key", "-subj", "/CN=courbe", "-days", "9", key=key
    )
    sealed = enveloped_by_openssl(CLEAR, "-binary", "-aes-256-cbc", certificate=certificate)

    assert clear_of(sealed, secrets_from(private_key=key, certificate=certificate)) == CLEAR
    assert refusal(sealed) is Refusal.WRONG_KEY


@BY_PROGRAM
def test_a_sealed_envelope_that_was_altered_is_damaged_and_for_others_is_for_others():
    sealed = enveloped_by_openssl(CLEAR, "-aes-256-gcm", "-binary")
    altered = bytearray(sealed)
    altered[-200] ^= 1
    stranger, certificate = signer("autre")

    assert refusal(bytes(altered), secrets_from(private_key=KEY, certificate=CERTIFICATE)) is Refusal.DAMAGED
    assert refusal(sealed, secrets_from(private_key=stranger, certificate=certificate)) is Refusal.WRONG_KEY
    assert refusal(sealed[:-30]) is Refusal.DAMAGED


@BY_PROGRAM
def test_one_of_several_keys_is_enough():
    keys = secrets_from(private_key=signer("autre")[0]) + secrets_from(private_key=KEY)

    assert clear_of(enveloped(CLEAR), keys) == CLEAR
    assert clear_of(enveloped_by_openssl(CLEAR, "-aes-256-gcm", "-binary"), keys) == CLEAR


def test_without_the_program_what_needs_it_says_so(monkeypatch):
    sealed = enveloped_by_openssl(CLEAR, "-aes-256-gcm", "-binary") if HAS_OPENSSL else b""
    monkeypatch.setenv("PATH", "")

    if sealed:
        assert refusal(sealed) is Refusal.PROGRAM_MISSING
    assert clear_of(enveloped(CLEAR)) == CLEAR


@BY_PROGRAM
@pytest.mark.parametrize(
    "make",
    [
        lambda: enveloped(signed_by_openssl(CLEAR, "-binary", "-nodetach")),
        lambda: signed_by_openssl(enveloped(CLEAR), "-binary", "-nodetach"),
        lambda: enveloped(signed_by_openssl(CLEAR, form="SMIME")),
        lambda: enveloped(
            signed_by_openssl(CLEAR, form="SMIME").replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
        ),
        lambda: enveloped_by_openssl(
            signed_by_openssl(CLEAR, "-nodetach", form="SMIME"), "-aes-256-cbc", form="SMIME"
        ),
        lambda: enveloped(signed_by_openssl(b"Content-Type: text/csv\r\n\r\n" + CLEAR, form="SMIME")),
    ],
    ids=[
        "inside",
        "outside",
        "two parts",
        "two parts, mail line ends",
        "all as mail",
        "with a header of its own",
    ],
)
def test_a_signature_inside_or_outside_is_taken_off_and_verified_where_it_must_be(make):
    signed = make()

    assert clear_of(signed) == CLEAR
    assert clear_of(signed, signed_by("autre", "laboratoire")) == CLEAR
    assert refusal(signed, signed_by("autre")) is Refusal.WRONG_SIGNATURE
    assert refusal(signed, signed_by()) is Refusal.SIGNER_MISSING


@BY_PROGRAM
def test_what_is_not_signed_or_only_signed_is_refused():
    assert refusal(enveloped(CLEAR), signed_by("laboratoire")) is Refusal.UNSIGNED
    assert refusal(signed_by_openssl(CLEAR, "-binary", "-nodetach")) is Refusal.NOT_ENCRYPTED


def test_layers_without_end_are_refused():
    content = CLEAR
    for _ in range(9):
        content = enveloped(content)

    assert refusal(content) is Refusal.DAMAGED
