"""What opens, and why the rest does not: one reason each, and nothing but typed refusals."""

import io
import random
import re
import zipfile

import msoffcrypto.format.ooxml
import olefile
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.lots import CERTIFICATE, KEY, PASSWORDS, enveloped, extract, secrets
from tracing.imports.decryption.layers import open_container
from tracing.imports.decryption.secrets import Container, passwords_in, secrets_from
from tracing.imports.decryption.workbook import check_members
from tracing.imports.refusal_codes import CannotRead, Refusal

CMS, WORKBOOK = "pdl-20210510-hard.csv.p7m", "pdl-20210308-1300.xlsx"


@pytest.fixture(scope="module")
def other_key():
    """Return the private key of somebody else."""
    return rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def refusal(content, opens=None):
    """Return why a file is refused."""
    with pytest.raises(CannotRead) as refused:
        open_container(content, opens or secrets(WORKBOOK))
    return refused.value.refusal


def protected(members):
    """Return a workbook with these members behind the password “sesame”."""
    clear, hidden = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(clear, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    clear.seek(0)
    msoffcrypto.format.ooxml.OOXMLFile(clear).encrypt("sesame", hidden)
    return hidden.getvalue()


TYPES = (
    "[Content_Types].xml",
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
)
# Below 4 kB the library that protects this test workbook leaves a seal that it cannot verify itself.
BOOK = ("xl/workbook.xml", random.Random(1).randbytes(8_000))


def test_a_cms_container_opens_with_key_and_certificate_and_with_the_key_alone():
    both = open_container(extract(CMS), secrets_from(private_key=KEY, certificate=CERTIFICATE))
    alone = open_container(extract(CMS), secrets_from(private_key=KEY))
    one_file = open_container(extract(CMS), secrets_from(private_key=KEY + CERTIFICATE))

    assert both == alone == one_file
    assert both.container is Container.CMS
    assert both.content.startswith(b"\xef\xbb\xbfNUM_LOT;")


def test_a_workbook_opens_with_its_password_among_several():
    opened = open_container(extract(WORKBOOK), secrets_from(passwords=["non", "Nantes-lot-13h"]))

    assert opened.container is Container.PROTECTED_WORKBOOK
    assert opened.is_workbook


def test_a_password_file_names_files_or_holds_one_password():
    assert passwords_in(PASSWORDS, WORKBOOK) == ("Nantes-lot-13h",)
    assert passwords_in("un mot de passe\n", WORKBOOK)[0] == "un mot de passe"
    assert "Nantes-lot-13h" in passwords_in(PASSWORDS, "renamed.xlsx")
    assert passwords_in("\n\n", WORKBOOK) == ()


def test_nothing_that_opens_a_file_is_ever_printed():
    assert "Nantes" not in repr(secrets(WORKBOOK))
    assert "PRIVATE" not in repr(secrets())


def test_a_workbook_inside_a_cms_container_is_a_workbook():
    clear = open_container(extract(WORKBOOK), secrets(WORKBOOK)).content

    assert open_container(enveloped(clear), secrets()).is_workbook


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Refusal.EMPTY),
        (b"NUM_LOT;ID_RESULTAT\r\n1;2\r\n", Refusal.NOT_ENCRYPTED),
        ("NUM_LOT;ID_RESULTAT\r\né;2\r\n".encode("utf-16"), Refusal.NOT_ENCRYPTED),
        (bytes(range(256)) * 8, Refusal.UNKNOWN_CONTAINER),
        (b"%PDF-1.7\n\x00\x01", Refusal.UNKNOWN_CONTAINER),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Refusal.DAMAGED),
        (b"-----BEGIN CMS-----\nMIIB\n", Refusal.DAMAGED),
        (b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80", Refusal.DAMAGED),
        (b"0\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", Refusal.DAMAGED),
        (b"0\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05", Refusal.NOT_YET_OPENED),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", Refusal.NOT_YET_OPENED),
    ],
)
def test_what_is_no_container_we_open_is_refused(content, reason):
    assert refusal(content) is reason


def test_a_plain_workbook_was_sent_in_clear():
    clear = open_container(extract(WORKBOOK), secrets(WORKBOOK)).content

    assert refusal(clear) is Refusal.NOT_ENCRYPTED


def test_what_opens_the_file_must_be_given_and_be_the_right_one(other_key):
    assert refusal(extract(CMS), secrets_from()) is Refusal.KEY_MISSING
    assert refusal(extract(CMS), secrets_from(private_key=b"no key")) is Refusal.KEY_UNUSABLE
    assert refusal(extract(CMS), secrets_from(private_key=other_key)) is Refusal.WRONG_KEY
    mixed = secrets_from(private_key=other_key, certificate=CERTIFICATE)
    assert refusal(extract(CMS), mixed) is Refusal.KEY_UNUSABLE
    assert refusal(extract(WORKBOOK), secrets_from()) is Refusal.PASSWORD_MISSING
    assert refusal(extract(WORKBOOK), secrets_from(passwords=["Nantes"])) is Refusal.WRONG_PASSWORD


@pytest.mark.parametrize("name", [CMS, WORKBOOK])
@pytest.mark.parametrize("kept", [0.999, 0.9, 0.5])
def test_a_file_cut_short_is_damaged(name, kept):
    content = extract(name)

    assert refusal(content[: int(len(content) * kept)], secrets(name)) is Refusal.DAMAGED


def test_a_workbook_altered_on_its_way_is_damaged():
    with olefile.OleFileIO(io.BytesIO(extract(WORKBOOK))) as ole:
        sealed = ole.openstream("EncryptedPackage").read()
    at = extract(WORKBOOK).index(sealed[2048:2560])
    altered = bytearray(extract(WORKBOOK))
    altered[at] ^= 1

    assert refusal(bytes(altered)) is Refusal.DAMAGED


def test_a_workbook_that_asks_for_endless_hashing_is_refused_before_it_starts():
    content = extract(WORKBOOK)
    spins = re.search(rb'spinCount="(\d+)"', content)

    greedy = content[: spins.start(1)] + b"9" * len(spins[1]) + content[spins.end(1) :]
    # Six nines are allowed; the same width cannot hold more, so one byte is taken from the attribute's name.
    greedier = content.replace(spins[0], b'spinCount="' + b"9" * 7 + b'"', 1)[: len(content)]

    assert refusal(greedy) in (Refusal.WRONG_PASSWORD, Refusal.DAMAGED)
    assert refusal(greedier) is Refusal.WEAK_ENCRYPTION


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([TYPES, BOOK, ("xl/worksheets/sheet1.xml", bytes(30_000_000))], Refusal.TOO_LARGE),
        ([TYPES, BOOK, *((f"xl/{at}.xml", "x") for at in range(1_000))], Refusal.TOO_LARGE),
        ([TYPES, BOOK, ("xl/vbaProject.bin", "x")], Refusal.MACROS),
        ([TYPES, BOOK, ("xl/macrosheets/sheet1.xml", "x")], Refusal.MACROS),
        ([TYPES, BOOK, ("../../etc/passwd", "x")], Refusal.DAMAGED),
        ([TYPES, ("word/document.xml", BOOK[1])], Refusal.UNKNOWN_CONTAINER),
    ],
    ids=["bomb", "members", "macros", "old macros", "path", "letter"],
)
def test_a_workbook_with_something_else_in_it_is_refused_unopened(members, reason):
    assert refusal(protected(members), secrets_from(passwords=["sesame"])) is reason


def test_a_clear_workbook_that_is_no_archive_is_damaged():
    with pytest.raises(CannotRead) as refused:
        check_members(b"PK\x03\x04 and then nothing of the kind")

    assert refused.value.refusal is Refusal.DAMAGED
