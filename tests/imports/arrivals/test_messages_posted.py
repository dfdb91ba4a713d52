"""HL7 messages that come one by one: stored before they are acknowledged, gathered, and read like any file."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.conftest import NOW
from tests.imports.arrivals.conftest import oru
from tests.support.lots import SETTINGS
from tracing.imports.arrivals import messages
from tracing.imports.arrivals.messages import GATHERED_FOR
from tracing.imports.jobs import gather_messages, process_next_lot, remove_originals
from tracing.imports.limits import MOST_MESSAGE_BYTES
from tracing.imports.models import CameBy, ImportLot, ImportMessage, ImportOriginal, LotState

pytestmark = pytest.mark.usefixtures("clock")

LATER = NOW + GATHERED_FOR


def ack_of(answer):
    """Return the fields of MSH and MSA of an acknowledgement."""
    assert answer.mimetype == "application/hl7-v2"
    head, said = answer.data.decode().split("\r")[:2]
    return head.split("|"), said.split("|")


def load_all():
    made = gather_messages(SETTINGS)
    while process_next_lot(SETTINGS):
        pass
    return made


def test_a_message_is_acknowledged_and_those_of_fifteen_seconds_are_one_lot(post, read, session, clock):
    first, second = post(oru("M1")), post(oru("M2", name="MOREL"), content_type="application/hl7-v2")

    assert first.status_code == second.status_code == 200
    head, said = ack_of(first)
    assert said[1:3] == ["AA", "M1"]
    assert head[1:6] == ["^~\\&", "PTF", "CPAM", "SIL", "LABO^750000002^FINESS"]
    assert head[8].startswith("ACK^R01")
    assert read(first.headers["Location"]).get_json()["state"] == "gathering"
    clock.move_to(LATER - timedelta(seconds=1))
    assert load_all() == []
    clock.move_to(LATER)

    (made,) = load_all()

    lot = session.get_one(ImportLot, made)
    assert (lot.state, lot.came_by, lot.received_at, lot.container) == (
        LotState.LOADED,
        CameBy.MESSAGES,
        NOW,
        "tls",
    )
    report = read(first.headers["Location"]).get_json()
    assert (report["lot"], report["lines"], report["created"]) == (made, 2, 2)
    assert read(report["address"]).get_json()["created"] == 2
    assert load_all() == []


def test_nothing_of_a_message_is_in_the_database_in_clear(post, session, clock):
    post(oru("M1"))
    stored = session.scalars(select(ImportMessage)).one()
    assert b"GOFF" not in stored.content

    clock.move_to(LATER)
    gather_messages(SETTINGS)
    session.expire_all()
    assert session.scalars(select(ImportMessage.content)).one() is None
    assert b"GOFF" not in session.scalars(select(ImportOriginal.content)).one()
    lot = session.scalars(select(ImportLot)).one()
    assert "GOFF" not in f"{lot.file_name} {lot.file_sha256}"


def test_a_message_sent_twice_is_one_line_before_and_after_it_is_gathered(post, session, clock):
    again = oru("M1").replace(b"20260310094500", b"20260310094731")
    first = post(oru("M1"))
    assert post(again).headers["Location"] == first.headers["Location"]
    clock.move_to(LATER)
    load_all()

    late = post(again)

    assert ack_of(late)[1][1:3] == ["AA", "M1"]
    assert late.headers["Location"] == first.headers["Location"]
    clock.move_to(LATER + GATHERED_FOR)
    assert load_all() == []
    assert session.scalar(select(func.count()).select_from(ImportMessage)) == 1


def test_a_control_id_used_again_for_another_person_loses_nobody(post, read, clock):
    post(oru("M1"))
    other = post(oru("M1", name="MOREL").replace(b"PM1|FM1", b"PM9|FM9"))
    clock.move_to(LATER)

    load_all()

    assert read(other.headers["Location"]).get_json()["created"] == 2


def test_after_its_lot_was_taken_back_the_same_message_is_a_new_one(post, session, clock, story):
    post(oru("M1"))
    clock.move_to(LATER)
    (made,) = load_all()
    lot = session.get_one(ImportLot, made)
    lot.state, lot.undone_at, lot.undone_by = LotState.UNDONE, LATER, story.ivan.id
    session.commit()

    post(oru("M1"))
    clock.move_to(LATER + GATHERED_FOR)

    assert len(gather_messages(SETTINGS)) == 1


@pytest.mark.parametrize(
    ("content", "code", "control_id", "condition"),
    [
        (oru("M1").replace(b"ORU^R01^ORU_R01", b"ADT^A01"), "AR", "M1", "200^"),
        (oru("M1", without="OBX"), "AE", "M1", "100^"),
        (oru("M1", without="PID"), "AE", "M1", "100^"),
        (oru(""), "AE", "", "101^"),
        (b"MSH|||||||\r", "AR", "", "100^"),
    ],
)
def test_a_message_of_which_nothing_can_be_read_is_refused_with_the_reason(
    post, session, content, code, control_id, condition
):
    answer = post(content)

    _head, said = ack_of(answer)
    assert answer.status_code == 422
    assert said[1:3] == [code, control_id]
    assert said[3], "why, in words"
    err = answer.data.decode().split("\r")[2].split("|")
    assert err[3].startswith(condition)
    assert session.scalar(select(func.count()).select_from(ImportMessage)) == 0


def test_a_message_for_training_is_acknowledged_and_makes_nothing(post, read, clock):
    answer = post(oru("M1", processing="T"))
    assert ack_of(answer)[1][1] == "AA"
    clock.move_to(LATER)

    load_all()

    report = read(answer.headers["Location"]).get_json()
    assert (report["state"], report["lines"], report["left_out"]) == ("loaded", 0, {"test": 1})


def test_a_message_too_long_for_the_memory_is_refused(post, session):
    long = oru("M1") + b"NTE|1||" + b"x" * MOST_MESSAGE_BYTES + b"\r"

    answer = post(long)

    assert (answer.status_code, ack_of(answer)[1][1:3]) == (413, ["AR", "M1"])
    assert session.scalar(select(func.count()).select_from(ImportMessage)) == 0


def test_a_source_that_must_sign_sends_no_message_in_clear(post, source, session):
    source.needs_signature = True
    session.commit()

    assert ack_of(post(oru("M1")))[1][1] == "AR"


def test_a_batch_is_a_lot_at_once_and_the_same_one_sent_again(post, read):
    batch = b"FHS|^~\\&|SIL\rBHS|^~\\&|SIL\r" + oru("M1") + oru("M2", name="MOREL") + b"BTS|2\rFTS|1\r"

    answer = post(batch)

    assert answer.status_code == 202
    assert post(batch).get_json()["lot"] == answer.get_json()["lot"]
    process_next_lot(SETTINGS)
    assert read(answer.get_json()["address"]).get_json()["created"] == 2


def test_one_message_that_cannot_be_read_keeps_no_other_from_being_loaded(post, read, session, clock):
    """What was acknowledged is loaded: the lot is taken apart until the bad message stands alone."""
    good = [post(oru(f"M{number}", name=f"MOREL {'ABCDE'[number]}")) for number in range(5)]
    bad = post(oru("M9") + b"OBX|2|" + b"\x00\x01\x02\x03\x04\x05\x06\x07" * 40 + b"\r")
    assert ack_of(bad)[1][1] == "AA"
    clock.move_to(LATER)

    load_all()

    assert [read(answer.headers["Location"]).get_json()["state"] for answer in good] == ["loaded"] * 5
    told = read(bad.headers["Location"]).get_json()
    assert (told["state"], told["code"]) == ("refused", "not_text")
    first = session.scalars(select(ImportLot).order_by(ImportLot.id)).first()
    assert (first.state, first.refusal_code) == (LotState.REFUSED, "messages_apart")
    kept = session.scalar(
        text("SELECT count(*) FROM import_originals JOIN import_lots ON id = lot_id WHERE state = 'refused'")
    )
    assert kept == 0, "what was sent in clear and refused is not kept"


def test_messages_of_two_encodings_are_not_mixed(post, session, clock):
    post(oru("M1", name="L’HÔTE"))
    post(oru("M2").replace(b"LE GOFF", "HÔTELLERIE".encode("cp1252")))
    clock.move_to(LATER)

    assert len(gather_messages(SETTINGS)) == 2


def test_more_messages_than_fit_are_several_lots_and_do_not_wait(post, monkeypatch):
    monkeypatch.setattr(messages, "MOST_IN_A_LOT", 2)
    for number in range(3):
        post(oru(f"M{number}"))

    assert len(gather_messages(SETTINGS)) == 1
    assert gather_messages(SETTINGS) == []


def test_messages_are_forgotten_when_the_original_is(post, session, clock):
    post(oru("M1"))
    clock.move_to(LATER)
    load_all()

    clock.move_to(LATER + timedelta(days=SETTINGS.keep_originals_days))
    remove_originals(LATER)

    assert session.scalar(select(func.count()).select_from(ImportMessage)) == 0
    assert session.scalar(select(func.count()).select_from(ImportOriginal)) == 0
