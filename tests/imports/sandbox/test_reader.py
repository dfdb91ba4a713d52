"""The reading process: everything comes through a pipe, and whatever happens there is a refusal here."""

import io
import os
import resource
import subprocess
import sys
import zlib

import pytest
from flask import Flask
from flask_babel import Babel

from tests.support.lots import (
    CERTIFICATE,
    KEY,
    READING,
    enveloped,
    extract,
    lot_of,
    parsed,
    raw_line,
    secrets,
)
from tests.support.sealing import HAS_OPENSSL, enveloped_by_openssl, signed_by_openssl, signer
from tracing.imports import errors
from tracing.imports.decryption.secrets import Container, secrets_from
from tracing.imports.format.laboratory import NO_LABORATORY
from tracing.imports.format.line import parse
from tracing.imports.refusal_codes import Refusal
from tracing.imports.sandbox import client, codec, framing, worker

HEADING = "id_resultat;Nom de naissance;PRENOMS;DDN;DATE_PRELEVEMENT;RESULTAT"
TWO_LINES = f"{HEADING}\r\n1;A;B;01/01/1980;07/03/2021;P\r\n2;A;B;01/01/1980;07/03/2021;P\r\n".encode()
HARD = "pdl-20210510-hard.csv.p7m"


def test_lines_come_out_of_a_process_of_their_own():
    with client.opened(extract(HARD), secrets()) as file:
        lines = list(file.lines)

    assert (file.container, file.line_count, len(lines)) == (Container.CMS, 35, 35)
    assert lines[0].row == 2
    assert lines[0].values[1] == "PDL2021051001-000001"


def test_the_reading_process_understands_lines_as_we_would():
    with client.opened(extract(HARD), secrets()) as file:
        ours = [parse(raw, READING) for raw in file.lines]
    with client.opened(extract(HARD), secrets()) as file:
        theirs = list(file.understood(READING))

    assert theirs == ours
    assert {line.is_not_positive for line in ours} == {bool(line.problems) for line in ours} == {True, False}


def test_of_a_line_that_is_not_positive_no_name_leaves_the_reading_process_as_such():
    with client.opened(lot_of([{"RESULTAT": "N"}]), secrets()) as file:
        (line,) = file.understood(READING)

    assert (line.identity, line.values) == (None, ())


def test_a_refusal_is_a_sentence_and_comes_before_the_first_line():
    with pytest.raises(errors.KeyMissing, match="clé privée"), client.opened(extract(HARD), secrets_from()):
        pass
    with (
        pytest.raises(errors.UnknownLayout, match="NOM_NAISSANCE, RESULTAT"),
        client.opened(
            enveloped(b"ID_RESULTAT;PRENOMS;DATE_NAISSANCE;DATE_PRELEVEMENT\n1;2;3;4\n"), secrets()
        ),
    ):
        pass


def test_a_file_can_be_looked_at_without_reading_its_lines():
    looked = client.looked_at(enveloped(b"Nom;Truc\r\nLE GOFF;P\r\nMOREL;N\r\n"), secrets())

    assert (looked.headings, looked.heading_row, looked.lines) == (("Nom", "Truc"), 1, 2)
    assert looked.samples["Nom"] == ["LE GOFF", "MOREL"]
    with pytest.raises(errors.NotEncrypted):
        client.looked_at(b"Nom;Truc\r\n", secrets())


@pytest.mark.skipif(not HAS_OPENSSL, reason="the openssl program is not there")
def test_the_reading_process_runs_the_program_that_it_needs():
    signed = signed_by_openssl(
        enveloped_by_openssl(TWO_LINES, "-binary", "-aes-256-gcm"), "-binary", "-nodetach"
    )
    keys = secrets() + secrets_from(signers=[signer("laboratoire")[1]], needs_signature=True)

    with client.opened(signed, keys) as file:
        assert len(list(file.lines)) == 2
    with pytest.raises(errors.Unsigned), client.opened(enveloped(TWO_LINES), keys):
        pass


def test_messages_have_no_columns_to_look_at_but_codes():
    message = b"MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\rOBX|1|CWE|LOC1^PCR COVID^L||42^Vu^L||||||F\r"

    looked = client.looked_at(enveloped(message), secrets())

    assert looked.is_messages
    assert looked.distinct == {"OBX-3": ["LOC1"], "OBX-5": ["42"]}
    assert looked.texts == {"OBX-3": {"LOC1": "PCR COVID"}, "OBX-5": {"42": "Vu"}}


def test_the_headings_of_a_file_are_told_as_they_stand():
    with client.opened(enveloped(TWO_LINES), secrets()) as file:
        assert file.headings == tuple(HEADING.split(";"))


def test_every_reason_has_its_sentence_and_names_nobody():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        for refusal in Refusal:
            told = {"container": "ZIP", "missing": "RESULTAT", "found": "ADT^A01", "sheets": "1, 2"}
            cause = errors.CannotRead(refusal, line="7", candidates="CP850", **told)
            assert errors.refused(cause).message.endswith(".")


def test_a_child_that_dies_is_a_refusal(monkeypatch):
    monkeypatch.setattr(client, "_COMMAND", (sys.executable, "-c", "import os; os.abort()"))

    with pytest.raises(errors.ReaderStopped), client.opened(b"x" * 1_000_000, secrets()):
        pass


HALF_AN_ANSWER = """
import json, struct, sys
body = json.dumps({"container": "cms", "lines": 7, "headings": []}).encode()
sys.stdout.buffer.write(struct.pack(">I", len(body)) + body + bytes(2))
"""


def test_a_child_that_dies_half_way_is_a_refusal(monkeypatch):
    monkeypatch.setattr(client, "_COMMAND", (sys.executable, "-c", HALF_AN_ANSWER))

    with pytest.raises(errors.ReaderStopped), client.opened(b"x", secrets()) as file:
        list(file.lines)


def test_lines_that_contradict_themselves_are_none():
    usable, wrong = parsed(), parsed(NOM_NAISSANCE="")
    (good,) = codec.pack([usable])
    for text in (
        good[4:].replace(b"\x1eP\x1e", b"\x1eN\x1e"),
        good[4:].replace(b"1985-07-20", b"1985-07-32"),
        good[4:] + b"\x1e",
        good[4:] + b"\x1f",
        next(codec.pack([wrong]))[4:].replace(b"MISSING_FIELD", b""),
        next(codec.pack([wrong]))[4:].replace(b"MISSING_FIELD", b"MISSING"),
    ):
        with pytest.raises(framing.ProtocolError):
            list(codec.unpack(io.BytesIO(framing.framed(text))))
    assert list(codec.unpack(io.BytesIO(good))) == [usable]


@pytest.mark.parametrize("asked", [b"", framing.pack({"reading": READING.to_dict()})])
def test_a_reading_process_whose_master_dies_ends(asked):
    child = client._start()
    content = lot_of([{"ID_RESULTAT": f"R{number}"} for number in range(2000)])
    request = {
        "secrets": secrets().to_dict(),
        "mapping": None,
        "is_look": False,
        "laboratory": NO_LABORATORY.to_dict(),
        "size": len(content),
    }
    child.stdin.write(framing.pack(request) + content + asked)
    child.stdin.flush()
    assert framing.unpack(child.stdout)["lines"] == 2000

    child.stdin.close()
    child.stdout.close()

    assert child.wait(timeout=60) in (0, 1)


def test_a_reader_nobody_listens_to_any_more_is_ended():
    with client.opened(extract("pdl-20210308-0800.csv.p7m"), secrets()) as file:
        next(file.lines)

    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


LIMITS = """
import resource, sys
from tracing.imports.sandbox import worker
worker.limit_ourselves()
try:
    open(sys.argv[1], "wb", buffering=0).write(b"x" * 10)
except OSError:
    print("no file")
try:
    bytearray(worker.MOST_DATA)
except MemoryError:
    print("no memory")
print(resource.getrlimit(resource.RLIMIT_CPU)[0], resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


def test_the_child_cannot_write_a_file_or_take_all_memory(tmp_path):
    # A file over the limit raises a signal first, which Python ignores and turns into an error.
    told = subprocess.run(
        [sys.executable, "-c", LIMITS, str(tmp_path / "leak")], capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines() == ["no file", "no memory", f"{worker.MOST_SECONDS} 0"]
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] != worker.MOST_SECONDS


def test_a_message_cut_short_is_no_message():
    whole = framing.pack({"lines": 1})

    assert framing.unpack(io.BytesIO(whole)) == {"lines": 1}
    for cut in (whole[:-1], b"\0\0", b"\xff\xff\xff\xff" + bytes(100)):
        with pytest.raises(framing.ProtocolError):
            framing.unpack(io.BytesIO(cut))


def test_lines_travel_whole_and_a_bomb_of_them_is_none():
    lines = [raw_line(row, PRENOMS="Zoé") for row in (2, 3)]
    bomb = zlib.compress(bytes(framing.MOST_UNPACKED + 1))

    assert list(framing.unpack_lines(io.BytesIO(framing.pack_lines(lines)))) == lines
    for packed in (framing.pack({"no": "lines"}), len(bomb).to_bytes(4, "big") + bomb):
        with pytest.raises(framing.ProtocolError):
            list(framing.unpack_lines(io.BytesIO(packed)))


def test_the_child_inherits_no_secret_of_ours(monkeypatch):
    monkeypatch.setenv("TRACING_KEYS_URL", "postgresql://secret")
    monkeypatch.setattr(
        client,
        "_COMMAND",
        (
            sys.executable,
            "-c",
            "import os, sys; sys.stdin.read(); sys.exit('TRACING_KEYS_URL' in os.environ)",
        ),
    )
    child = client._start()
    child.communicate(b"")

    assert child.returncode == 0


def test_the_certificate_is_not_needed():
    with client.opened(extract(HARD), secrets_from(private_key=KEY, certificate=CERTIFICATE)) as both:
        with_certificate = list(both.lines)
    with client.opened(extract(HARD), secrets_from(private_key=KEY)) as alone:
        assert list(alone.lines) == with_certificate
