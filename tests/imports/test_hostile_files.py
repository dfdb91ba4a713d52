"""Files altered in every way: an extract comes out, or a typed refusal, and nothing else."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.lots import READING, extract, secrets
from tracing.imports.containers import Container
from tracing.imports.layout import FIELDS
from tracing.imports.lines import parse
from tracing.imports.opening import Opened, open_container
from tracing.imports.refusals import CannotRead
from tracing.imports.workbooks import check_members
from tracing.imports.worker import read_table

CMS, WORKBOOK = "pdl-20210510-hard.csv.p7m", "pdl-20210308-1300.xlsx"
HEADING = ";".join(FIELDS)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def clear():
    """Return the clear content of a text and of a workbook."""
    return {name: open_container(extract(name), secrets(name)).content for name in (CMS, WORKBOOK)}


def read(content, name=WORKBOOK):
    """Open, read and parse a file; only a typed refusal may stop it."""
    with suppress(CannotRead):
        parse_all(open_container(content, secrets(name)))


def parse_all(opened):
    """Read and parse what a container held."""
    for raw in read_table(opened):
        parse(raw, READING)


def altered(data, content):
    """Flip some bytes, cut some out, put some in."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(len(changed) - 1, 0)))
        match data.draw(st.sampled_from(("flip", "cut", "end", "insert"))):
            case "flip":
                changed[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
            case "cut":
                del changed[at : at + data.draw(st.integers(1, 64))]
            case "end":
                del changed[at:]
            case "insert":
                changed[at:at] = data.draw(st.binary(max_size=16))
    return bytes(changed)


@QUICK
@given(st.data())
def test_an_altered_cms_container_is_read_or_refused(data):
    read(altered(data, extract(CMS)), CMS)


@settings(parent=QUICK, max_examples=40)
@given(st.data())
def test_an_altered_workbook_is_read_or_refused(data):
    content = extract(WORKBOOK)
    # Most of the file is cipher text: alter its directory and its description of the encryption as often.
    at = data.draw(st.sampled_from((0, 512, content.index(b"<?xml"), len(content) - 4096)))
    read(content[:at] + altered(data, content[at : at + 2048]) + content[at + 2048 :])


@QUICK
@given(st.data())
def test_altered_text_is_read_or_refused(clear, data):
    with suppress(CannotRead):
        parse_all(Opened(Container.CMS, altered(data, clear[CMS])))


@settings(parent=QUICK, max_examples=60)
@given(st.data())
def test_an_altered_sheet_is_read_or_refused(clear, data):
    content = altered(data, clear[WORKBOOK])
    with suppress(CannotRead):
        check_members(content)
        parse_all(Opened(Container.PROTECTED_WORKBOOK, content))


@QUICK
@example(b"PK\x03\x04")
@given(st.binary(max_size=400))
def test_anything_at_all_is_refused_or_read(content):
    for beginning in (
        b"",
        b"0\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ):
        read(beginning + content)


CELL = st.text(max_size=12) | st.sampled_from(
    ("P", "N", "Z", "07/03/2021 08:00", "31/02/1980", "20/07/1985", "0612345678", "LE GOFF", "Anne", "44263")
)


@settings(parent=QUICK, max_examples=300)
@given(st.lists(CELL, min_size=len(FIELDS), max_size=len(FIELDS)))
def test_whatever_the_cells_hold_a_line_is_usable_or_says_why_not(cells):
    text = f"{HEADING}\n" + ";".join(cells)
    try:
        lines = list(read_table(Opened(Container.CMS, text.encode("utf-8", "replace"))))
    except CannotRead:
        return

    for raw in lines:
        line = parse(raw, READING)
        assert line.is_not_positive or bool(line.problems) == (line.identity is None)
        assert line.fingerprint_content == parse(raw, READING).fingerprint_content
