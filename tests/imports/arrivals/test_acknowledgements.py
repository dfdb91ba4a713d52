"""The acknowledgement of a message: in the sender's own delimiters, version and letters."""

import pytest

from tests.conftest import NOW
from tests.imports.arrivals.conftest import oru
from tracing.imports.arrivals.errors import NoObservationSent
from tracing.imports.arrivals.hl7_rules import Sent, acknowledgement, find_header


def answer_to(content, text="Reçu", refusal=None):
    return acknowledgement(find_header(Sent.of(content)), text=text, refusal=refusal, own_id="X", at=NOW)


def test_it_goes_back_to_the_sender_under_the_senders_control_id():
    head, said, end = answer_to(oru("M1")).split(b"\r")

    assert head == b"MSH|^~\\&|PTF|CPAM|SIL|LABO^750000002^FINESS|20260310090000+0000||ACK^R01^ACK|X|P|2.5.1"
    assert (said, end) == (b"MSA|AA|M1|Recu", b"")


def test_it_uses_the_delimiters_of_the_message_and_escapes_them():
    own = oru("M1").replace(b"|", b"#").replace(b"^~\\&", b"*!%$").replace(b"^", b"*")

    answer = answer_to(own, text="a#b*c%d").split(b"\r")

    assert answer[0].startswith(b"MSH#*!%$#PTF#")
    assert answer[1] == b"MSA#AA#M1#a%F%b%S%c%E%d"


@pytest.mark.parametrize(
    ("version", "segments"),
    [
        (b"2.5.1", [b"MSA|AE|M1|Le message", b"ERR|||100^Segment sequence error^HL70357|E||||Le message"]),
        (b"2.3", [b"MSA|AE|M1|Le message", b""]),
    ],
)
def test_a_refusal_has_its_code_where_its_version_has_it(version, segments):
    refused = answer_to(
        oru("M1").replace(b"|2.5.1", b"|" + version),
        text=NoObservationSent().message,
        refusal=NoObservationSent(),
    ).split(b"\r")

    for answered, wanted in zip(refused[1:], segments, strict=False):
        assert answered.startswith(wanted)
    assert b"100^Segment sequence error^HL70357" in b"".join(refused)
    assert refused[0].split(b"|")[8] == (b"ACK^R01" if version == b"2.3" else b"ACK^R01^ACK")


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("UNICODE UTF-8", "l’été".encode()),
        ("8859/1", "l'été".encode("latin-1")),
        ("", b"l'ete"),
    ],
)
def test_it_is_written_in_the_letters_that_the_sender_names(charset, said):
    header, rest = oru("M1").split(b"\r", 1)

    answer = answer_to(header + b"||||||" + charset.encode() + b"\r" + rest, text="l’été")

    assert answer.split(b"\r")[1] == b"MSA|AA|M1|" + said


def test_what_is_no_message_is_answered_all_the_same():
    assert answer_to(b"\x00\xff", refusal=NoObservationSent()).startswith(b"MSH|^~\\&|TRACING|")
