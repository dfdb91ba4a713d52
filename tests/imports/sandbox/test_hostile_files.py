"""Files made to hurt: each ends in one sentence, in seconds, in little memory, and leaves the refused lot alone."""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib

import msoffcrypto.format.ooxml
import pysequoia
import pytest
import xlsxwriter
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from sqlalchemy import func, select

from tests.support.lots import READING, arrival, enveloped, extract, lot_of, secrets
from tests.support.sealing import for_age, for_openpgp, zipped
from tracing.imports import limits
from tracing.imports.decryption.secrets import secrets_from
from tracing.imports.errors import FileRefused
from tracing.imports.format.columns import FIELDS
from tracing.imports.format.laboratory import NO_LABORATORY
from tracing.imports.jobs import load
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.imports.refusal_codes import Refusal
from tracing.imports.sandbox import client, framing

HEADING = ";".join(FIELDS).encode()
MOST_MEMORY = 256 * 1024 * 1024
MOST_SECONDS = 30
ALL = secrets("pdl-20210308-1300.xlsx") + secrets_from(passwords=["sesame"])

# What a process once was counts into the most it ever took: so this small one starts the reader, and not the tests.
LAUNCHER = """
import resource, subprocess, sys
answer = subprocess.run([sys.executable, "-P", "-m", "tracing.imports.sandbox.worker"], stdin=0, capture_output=True).stdout
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write(f"{usage.ru_maxrss * 1024} {usage.ru_utime + usage.ru_stime}")
sys.stdout.buffer.write(answer)
"""


def read_apart(content, opens=ALL):
    """Return the refusal or the number of lines, the most memory in bytes, and the seconds of work."""
    request = framing.pack(
        {
            "secrets": opens.to_dict(),
            "mapping": None,
            "is_look": False,
            "laboratory": NO_LABORATORY.to_dict(),
            "size": len(content),
        }
    )
    told = subprocess.run(
        [sys.executable, "-c", LAUNCHER],
        input=request + content + framing.pack({"reading": READING.to_dict()}),
        capture_output=True,
        check=True,
        env={"PYTHONPATH": client._ROOT, "PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
    )
    memory, seconds = map(float, told.stderr.split())
    try:
        head = framing.unpack(io.BytesIO(told.stdout))
    except framing.ProtocolError:
        return Refusal.READER_STOPPED, memory, seconds
    return head.get("refusal", head.get("lines")), memory, seconds


def protected(clear):
    """Return a workbook behind the password “sesame”."""
    hidden = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(clear)).encrypt("sesame", hidden)
    return hidden.getvalue()


def workbook(write):
    """Return a workbook whose one sheet some function filled."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        write(book.add_worksheet("POSITIFS"))
    return content.getvalue()


def with_part(name, content):
    """Return a workbook one part of which is something else."""
    usual = workbook(lambda sheet: sheet.write_row(0, 0, FIELDS))
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(usual)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return changed.getvalue()


def lying_archive(size):
    """Return an archive that says its one file is small."""
    content = bytearray(zipped({"lot.csv": bytes(size)}))
    for header, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(header) + at, 1_000)
    return bytes(content)


def openpgp_bomb(size):
    """Return a message that unpacks to so many bytes: RFC 4880, a key from a password, and a seal."""
    literal = b"\xcb\xff" + struct.pack(">I", size + 6) + b"b\0" + bytes(4) + bytes(size)
    packed = b"\xa3\x02" + zlib.compress(literal, 9)
    start = bytes(range(16)) + bytes((14, 15))
    sealed = start + packed + b"\xd3\x14"
    sealed += hashlib.sha1(sealed).digest()  # noqa: S324  the seal of that standard
    cipher = Cipher(AES256(hashlib.sha256(b"sesame").digest()), CFB(bytes(16))).encryptor()
    body = b"\x01" + cipher.update(sealed)
    return b"\xc3\x04\x04\x09\x00\x08" + b"\xd2\xff" + struct.pack(">I", len(body)) + body


def nested(depth):
    """Return a structure that goes deeper than anybody follows."""
    return b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" + b"\xa0\x80" * depth


LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
BILLION = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><sst><si><t>&l9;</t></si></sst>'
ROWS = b"".join(b";".join([b"x%d" % at] * 32) + b"\r\n" for at in range(300_000))
CELLS = '<row r="2">' + "".join(f'<c r="A{at}"><v>{at}</v></c>' for at in range(400_000))

HOSTILE = {
    "zip bomb": (lambda: zipped({"lot.csv": bytes(200_000_000)}, "sesame"), {Refusal.TOO_LARGE}),
    "zip that lies": (lambda: enveloped(lying_archive(100_000_000)), {Refusal.DAMAGED}),
    "openpgp bomb": (lambda: openpgp_bomb(400_000_000), {Refusal.READER_STOPPED, Refusal.TOO_LARGE}),
    "workbook bomb": (
        lambda: protected(with_part("xl/sharedStrings.xml", b"<sst><si><t>" + bytes(150_000_000))),
        {Refusal.TOO_LARGE},
    ),
    "billion laughs": (lambda: protected(with_part("xl/sharedStrings.xml", BILLION)), {Refusal.DAMAGED}),
    "laughing sheet": (lambda: protected(with_part("xl/worksheets/sheet1.xml", BILLION)), {Refusal.DAMAGED}),
    "thousand columns": (
        lambda: protected(workbook(lambda sheet: sheet.write_row(0, 0, [*FIELDS, *range(1_000)]))),
        {Refusal.TOO_WIDE},
    ),
    "endless row": (
        lambda: enveloped(with_part("xl/worksheets/sheet1.xml", f"<worksheet>{CELLS}")),
        {Refusal.TOO_WIDE},
    ),
    "a million rows": (
        lambda: enveloped(
            with_part("xl/worksheets/sheet1.xml", "<worksheet>" + '<row r="1"></row>' * 1_000_000)
        ),
        {Refusal.UNKNOWN_LAYOUT, Refusal.TOO_LARGE},
    ),
    "endless line": (lambda: enveloped(HEADING + b"\r\n" + b"x" * 25_000_000), {Refusal.TOO_WIDE}),
    "endless line of cells": (lambda: enveloped(HEADING + b";" * 25_000_000), {Refusal.TOO_WIDE}),
    "text of a thousand columns": (
        lambda: enveloped(HEADING + b";x" * 1_000 + b"\r\n" + b";" * 1_000),
        {Refusal.TOO_WIDE},
    ),
    "endless cell": (lambda: enveloped(HEADING + b'\r\n"' + b"x\n" * 1_000_000 + b'"'), {0, 1}),
    "endless message": (
        lambda: enveloped(b"MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\r" + b"OBX|1\r" * 4_000_000),
        {Refusal.TOO_LARGE},
    ),
    "endless escape": (
        lambda: enveloped(
            b"MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\rPID|1||||" + b"\\" * 499_000 + b"\rOBX|1|CE|1||P\r"
        ),
        {1},
    ),
    "layers within layers": (lambda: nested(5_000_000), {Refusal.DAMAGED}),
    "random bytes": (lambda: hashlib.shake_256(b"1").digest(20_000_000), {Refusal.UNKNOWN_CONTAINER}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_seconds_and_in_little_memory(name):
    make, expected = HOSTILE[name]
    content = make()

    answer, memory, seconds = read_apart(content)

    assert answer in expected
    assert memory < MOST_MEMORY
    assert seconds < MOST_SECONDS


def test_a_file_larger_than_we_read_is_refused_before_it_is_handed_over():
    with pytest.raises(FileRefused, match="découper"), client.opened(bytes(limits.MOST_BYTES + 1), ALL):
        pass


OTHER_KEYS = secrets_from(
    private_key=bytes(pysequoia.Tsk.generate(user_id="autre")), passwords=["autre"]
) + secrets_from(private_key=b"AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: for_openpgp(b"x"), "autre clé"),
        (lambda: for_age(b"x"), "autre clé"),
        (lambda: zipped({"a.csv": b"x"}, "sesame"), "mot de passe"),
        (lambda: extract("pdl-20210308-1300.xlsx"), "mot de passe"),
        (lambda: extract("pdl-20210308-0800.csv.p7m")[:9_000], "abîmé"),
        (lambda: bytes(range(256)) * 40, "conteneur"),
    ],
    ids=["openpgp", "age", "zip", "workbook", "cut short", "random"],
)
def test_what_cannot_be_opened_leaves_the_refused_lot_and_nothing_else(session, clock, make, words):
    content = make()
    sent = arrival("lot", content)
    keys = OTHER_KEYS if words != "abîmé" else sent.secrets

    with pytest.raises(FileRefused, match=words) as refusal:
        load(type(sent)(**{**vars(sent), "secrets": keys}))

    (lot,) = session.scalars(select(ImportLot))
    assert (lot.state, lot.refusal) == (LotState.REFUSED, refusal.value.message)
    assert refusal.value.message.count(".") <= 2
    assert session.scalar(select(func.count()).select_from(ImportLine)) == 0


@pytest.mark.parametrize(
    "name",
    [
        "pdl-20210510-hard.csv.p7m",
        "pdl-20210308-1300.xlsx",
        "nor-20210308.csv.pgp",
        "cor-20220110.zip",
        "reu-20220110.csv.age",
    ],
)
@pytest.mark.parametrize("tenths", [1, 5, 9])
def test_a_container_that_ends_early_is_one_sentence(name, tenths):
    content = extract(name)

    with (
        pytest.raises(FileRefused) as refusal,
        client.opened(content[: len(content) * tenths // 10], secrets(name)),
    ):
        pass

    assert refusal.value.message.endswith(".")


def test_a_lot_of_many_lines_takes_little_memory():
    lines = [{"ID_RESULTAT": f"PDL-{at}", "ADRESSE": f"{at} rue des Étangs"} for at in range(60_000)]

    answer, memory, _ = read_apart(lot_of(lines))

    assert answer == 60_000
    assert memory < 130_000_000, json.dumps(memory)
