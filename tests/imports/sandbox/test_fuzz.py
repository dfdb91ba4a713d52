"""Thousands of files altered at random: an extract comes out, or a typed refusal, and nothing else.

`TRACING_FUZZ=100000` makes each test try as many. Rows and segments are altered by a generator with a seed: hypothesis
would take ten times as long for each.
"""

import io
import os
import random
import zipfile
from contextlib import suppress

import msoffcrypto.format.ooxml
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.imports.parsing.test_hl7 import batch, message
from tests.support.lots import KEY, READING, enveloped, extract, lot_of, raw_line, read, secrets
from tests.support.sealing import (
    HAS_OPENSSL,
    enveloped_by_openssl,
    for_age,
    for_openpgp,
    signed_by_openssl,
    zipped,
)
from tracing.imports.decryption.layers import Opened, open_container
from tracing.imports.decryption.secrets import Container, secrets_from
from tracing.imports.decryption.workbook import check_members
from tracing.imports.errors import FileRefused
from tracing.imports.format.columns import FIELDS
from tracing.imports.format.line import parse
from tracing.imports.refusal_codes import CannotRead
from tracing.imports.sandbox import codec, framing
from tracing.imports.sandbox.client import opened

WANTED = int(os.environ.get("TRACING_FUZZ", "0"))
HEADING = ";".join(FIELDS)
ALL = secrets_from(passwords=["sesame"]) + secrets("pdl-20210308-1300.xlsx")


def tries(number):
    """Try so many examples, or as many as were wanted."""
    return settings(
        max_examples=max(number, WANTED),
        deadline=None,
        derandomize=not WANTED,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


CHANGE = st.tuples(
    st.sampled_from(("flip", "flip", "set", "cut", "end", "insert", "double")),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 255),
    st.binary(max_size=12)
    | st.sampled_from((b"\x00", b"\xff" * 8, b"30800601", b"<", b"&", b";" * 9, b'"', b"\r\n")),
)
CHANGES = st.lists(CHANGE, min_size=1, max_size=3)


def altered(content, changes):
    """Flip bytes, set them, cut some out, put some in, end early or write a stretch twice."""
    changed = bytearray(content)
    for kind, where, number, inserted in changes:
        at = int(where * len(changed))
        match kind:
            case "flip" if changed:
                changed[at] ^= 1 << number % 8
            case "set" if changed:
                changed[at] = number
            case "cut":
                del changed[at : at + number]
            case "end":
                del changed[at:]
            case "insert":
                changed[at:at] = inserted
            case "double":
                changed[at:at] = changed[at : at + number]
    return bytes(changed)


def parse_all(held):
    """Read and parse what a container held, and let it travel."""
    lines = list(read(held).lines)
    found = [parse(raw, READING) for raw in lines]
    if lines:
        assert list(framing.unpack_lines(io.BytesIO(framing.pack_lines(lines)))) == lines
        messages = codec.pack(found)
        assert [line for each in messages for line in codec.unpack(io.BytesIO(each))] == found


def read_or_refuse(content):
    """Open, read and parse a file; only a typed refusal may stop it."""
    with suppress(CannotRead):
        parse_all(open_container(content, ALL))


def read_clear(content):
    """Read and parse what was in a container."""
    with suppress(CannotRead):
        held = Opened(Container.CMS, content)
        if held.is_workbook:
            check_members(content)
        parse_all(held)


CSV = "\r\n".join([HEADING, *(";".join(raw_line(row).values) for row in range(2, 12))]).encode()
HL7 = batch(message(1), message(2), message(3)).encode()


def workbook():
    """Return a workbook with every kind of cell."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("POSITIFS")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, FIELDS)
        for row in range(1, 8):
            sheet.write_row(row, 0, raw_line(row).values)
            sheet.write_number(row, 7, 285074912260754)
            sheet.write_number(row, 12, 31_248, day)
            sheet.write_boolean(row, 28, True)
            sheet.write_formula(row, 14, "=44000", None, 44000)
    return content.getvalue()


WORKBOOK = workbook()
PARTS = (
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
)


def with_part(name, change):
    """Return the workbook with one part altered, in an archive that is whole."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, change(content) if member == name else content)
    return changed.getvalue()


def protected():
    """Return the workbook behind a password."""
    hidden = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(WORKBOOK)).encrypt("sesame", hidden)
    return hidden.getvalue()


@pytest.fixture(scope="module")
def containers():
    """Return one lot in every container."""
    made = {
        "cms": enveloped(CSV),
        "openpgp": for_openpgp(CSV),
        "openpgp text": for_openpgp(CSV, armour=True),
        "age": for_age(CSV),
        "zip": zipped({"lot.csv": CSV}, "sesame"),
        "workbook": protected(),
        "cms in cms": enveloped(enveloped(CSV)),
        "zip in cms": enveloped(zipped({"lot.hl7": HL7})),
    }
    if HAS_OPENSSL:
        made |= {
            "pem": enveloped_by_openssl(CSV, "-binary", "-aes-256-cbc", form="PEM"),
            "mail": enveloped_by_openssl(CSV, "-binary", "-aes-256-cbc", form="SMIME"),
            "signed": signed_by_openssl(CSV, "-binary", "-nodetach"),
            "signed mail": signed_by_openssl(CSV, form="SMIME"),
            "sealed": enveloped_by_openssl(CSV, "-binary", "-aes-256-gcm"),
        }
    return made


@tries(150)
@given(CHANGES)
@pytest.mark.parametrize("name", ["cms", "openpgp", "openpgp text", "age", "zip", "cms in cms", "zip in cms"])
def test_an_altered_container_is_read_or_refused(containers, name, changes):
    read_or_refuse(altered(containers[name], changes))


@pytest.mark.skipif(not HAS_OPENSSL, reason="the openssl program is not there")
@tries(150)
@given(CHANGES)
@pytest.mark.parametrize("name", ["pem", "mail", "signed", "signed mail"])
def test_altered_mail_is_read_or_refused(containers, name, changes):
    read_or_refuse(altered(containers[name], changes))


@pytest.mark.skipif(not HAS_OPENSSL, reason="the openssl program is not there")
@tries(25)
@given(CHANGES)
def test_an_altered_sealed_envelope_is_read_or_refused(containers, changes):
    read_or_refuse(altered(containers["sealed"], changes))


@tries(40)
@given(CHANGES, st.sampled_from((0, 512, 1024, -4096)))
def test_an_altered_protected_workbook_is_read_or_refused(containers, changes, at):
    # Most of the file is cipher text: its directory and what it says of its encryption are altered as often.
    content = containers["workbook"]
    at %= len(content)
    read_or_refuse(content[:at] + altered(content[at : at + 2048], changes) + content[at + 2048 :])


@tries(250)
@given(CHANGES)
@pytest.mark.parametrize("content", [CSV, HL7, WORKBOOK], ids=["text", "messages", "workbook"])
def test_altered_content_is_read_or_refused(content, changes):
    read_clear(altered(content, changes))


@tries(120)
@given(CHANGES)
@pytest.mark.parametrize("name", PARTS)
def test_an_altered_part_of_a_workbook_is_read_or_refused(name, changes):
    read_clear(with_part(name, lambda content: altered(content, changes)))


@tries(100)
@given(st.text(alphabet=st.sampled_from("<>/&;\"' =crtvsi01AZ!-[]x_"), max_size=200))
def test_whatever_stands_between_the_rows_is_read_or_refused(letters):
    read_clear(with_part(PARTS[0], lambda sheet: sheet.replace(b"</row>", letters.encode() + b"</row>", 2)))


@tries(150)
@example(b"PK\x03\x04")
@given(st.binary(max_size=400))
def test_anything_at_all_is_refused_or_read(content):
    for beginning in (
        b"",
        b"0\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
        b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80",
        b"0\x80\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17\xa0\x80",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x85\x01\x8c\x03",
        b"-----BEGIN PGP MESSAGE-----\n\n",
        b"age-encryption.org/v1\n-> X25519 ",
        b"-----BEGIN PKCS7-----\n",
        b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n",
        b"PK\x03\x04",
    ):
        read_or_refuse(beginning + content)


@tries(200)
@given(
    st.binary(max_size=600),
    st.sampled_from((b"", b"MSH|^~\\&|", b"FHS|^~\\&|\rBHS|^~\\&|\r", b"\xff\xfe", HEADING.encode())),
)
def test_any_content_at_all_is_refused_or_read(content, beginning):
    read_clear(beginning + content)


CELL = st.text(max_size=12) | st.sampled_from(
    ("P", "N", "Z", "07/03/2021 08:00", "31/02/1980", "20/07/1985", "0612345678", "LE GOFF", "Anne", "44263")
)


@tries(300)
@given(st.lists(CELL, min_size=len(FIELDS), max_size=len(FIELDS)))
def test_whatever_the_cells_hold_a_line_is_usable_or_says_why_not(cells):
    text = f"{HEADING}\n" + ";".join(cells)
    try:
        lines = list(read(Opened(Container.CMS, text.encode("utf-8", "replace"))).lines)
    except CannotRead:
        return

    for raw in lines:
        line = parse(raw, READING)
        assert line.is_not_positive or bool(line.problems) == (line.identity is None)
        assert line.fingerprint_content == parse(raw, READING).fingerprint_content


@tries(200)
@given(st.binary(max_size=300), CHANGES)
def test_whatever_a_reading_process_says_is_a_message_or_none(content, changes):
    said = (
        content,
        altered(framing.pack({"lines": 1}), changes),
        altered(framing.pack_lines([raw_line()]), changes),
        altered(next(codec.pack([parse(raw_line(), READING)])), changes),
    )
    for each in said:
        with suppress(framing.ProtocolError):
            framing.unpack(io.BytesIO(each))
        for unpack in (framing.unpack_lines, codec.unpack):
            with suppress(framing.ProtocolError):
                list(unpack(io.BytesIO(each)))


@tries(8)
@given(CHANGES)
def test_through_the_reading_process_an_altered_lot_is_read_or_refused(changes):
    for content in (altered(lot_of([{}]), changes), altered(extract("reu-20220110.csv.age"), changes)):
        with suppress(FileRefused), opened(content, ALL) as file:
            assert len(list(file.lines)) == file.line_count


ODD = (
    *(
        '"',
        '""',
        '"x',
        'x"',
        'x"y',
        '"x"y',
        '"x;y',
        "x;y",
        ";",
        ";;;",
        "#REF!",
        "##",
        "####",
        "\t",
        "\x00",
        "\x1a",
    ),
    *(
        "é",
        "\ufdd0",
        "31/02/2021",
        "03/17/2021",
        "TOTAL",
        '="1"',
        "'",
        "x" * 600,
        '"x\ny"',
        '"x\n',
        "\r",
        "|",
        "^~\\&",
    ),
)
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "cp850", "mac_roman", "utf-16")
WHOLE = [
    raw_line(row, ID_RESULTAT=f"PDL-{row}", NOM_NAISSANCE="LEFÈVRE", PRENOMS="Hélène Zoë").values
    for row in range(2, 7)
]
ROWS_TRIED, SEGMENTS_TRIED = max(3_500, WANTED), max(2_000, WANTED)


def with_odd_cells(cells, chance):
    """Return cells of which a few were replaced, written over, dropped or doubled."""
    changed = list(cells)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[at] = chance.choice(ODD)
            case 1:
                changed[at] += chance.choice(ODD)
            case 2:
                changed[at] = chance.choice(ODD) + changed[at]
            case 3:
                changed[at : at + 1] = [changed[at]] * chance.randint(0, 2)
            case _:
                changed[at:at] = [chance.choice(ODD)]
        changed = changed or [""]
    return changed


def test_whatever_one_row_holds_every_other_row_is_read_as_it_is():
    """A quotation mark that opens a cell may take in lines that are no rows; never a row with its cells."""
    chance = random.Random(WANTED)
    for _ in range(ROWS_TRIED):
        at, end = chance.randrange(len(WHOLE)), chance.choice(("\n", "\r\n"))
        quote = chance.random() < 0.3
        rows = [";".join(f'"{cell}"' if quote else cell for cell in values) for values in WHOLE]
        rows[at] = ";".join(with_odd_cells(WHOLE[at], chance))
        text = end.join([HEADING, *rows, ""])
        content = text.encode(chance.choice(ENCODINGS), "replace")

        lines = list(read(Opened(Container.CMS, content)).lines)

        found = {line.values for line in lines if not line.is_bad_shape}
        for place, values in enumerate(WHOLE):
            assert place == at or values in found, repr(rows[at])
        for line in lines:
            parse(line, READING)


def test_whatever_happens_to_the_segments_of_messages_they_are_read_or_refused():
    chance = random.Random(WANTED)
    whole = HL7.decode().replace("\n", "\r").split("\r")
    for _ in range(SEGMENTS_TRIED):
        segments = list(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(segments))
            match chance.randrange(6):
                case 0:
                    del segments[at : at + chance.randint(1, 3)]
                    segments = segments or [""]
                case 1:
                    segments.insert(at, chance.choice(segments))
                case 2:
                    segments[at], segments[-1] = segments[-1], segments[at]
                case 3:
                    fields = segments[at].split("|")
                    fields[chance.randrange(len(fields))] = chance.choice(ODD)
                    segments[at] = "|".join(fields)
                case 4:
                    segments[at] = segments[at][: chance.randrange(len(segments[at]) + 1)]
                case _:
                    segments[at] += chance.choice(ODD)
        read_clear(chance.choice(("\r", "\n", "\r\n")).join(segments).encode("utf-8", "replace"))


def test_every_tenth_byte_is_one_too_early_to_end(containers):
    short = secrets_from(private_key=KEY) + ALL
    for name in ("cms", "openpgp", "age", "zip", *(("signed",) if HAS_OPENSSL else ())):
        content = containers[name]
        for length in range(0, len(content) - 1, 10):
            with pytest.raises(CannotRead):
                parse_all(open_container(content[:length], short))
