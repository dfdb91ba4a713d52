"""A sealed blob opens in its own row and nowhere else."""

import os
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.vault import sealing
from tracing.vault.errors import SealBroken

KEY, DAY = bytes(range(32)), date(2026, 3, 10)
PAYLOAD = {"birth_name": "LE GOFF", "first_names": "Anne Marie", "phones": ["+33639980001"]}


def sealed_here():
    return sealing.seal(KEY, table="people", row=12, cohort=DAY, payload=PAYLOAD)


def test_a_blob_opens_where_it_was_sealed():
    assert sealing.unseal(KEY, sealed_here(), table="people", row=12, cohort=DAY) == PAYLOAD


@pytest.mark.parametrize(
    ("table", "row", "cohort"),
    [
        ("people", 13, DAY),
        ("people", 1, DAY),
        ("contacts", 12, DAY),
        ("people", 12, date(2026, 3, 11)),
    ],
)
def test_a_blob_moved_to_another_row_table_or_day_does_not_open(table, row, cohort):
    with pytest.raises(SealBroken):
        sealing.unseal(KEY, sealed_here(), table=table, row=row, cohort=cohort)


def test_another_key_does_not_open_a_blob():
    with pytest.raises(SealBroken):
        sealing.unseal(os.urandom(32), sealed_here(), table="people", row=12, cohort=DAY)


@given(st.data())
def test_a_blob_changed_or_cut_anywhere_does_not_open(data):
    blob = bytearray(sealed_here())
    place = data.draw(st.integers(0, len(blob) - 1))
    changed = bytearray(blob)
    changed[place] ^= data.draw(st.integers(1, 255))

    for broken in (bytes(changed), bytes(blob[:place])):
        with pytest.raises(SealBroken):
            sealing.unseal(KEY, broken, table="people", row=12, cohort=DAY)


def test_the_same_content_never_makes_the_same_blob_and_tells_nothing():
    one, other = sealed_here(), sealed_here()

    assert one != other
    assert b"GOFF" not in one


def test_no_nonce_of_many_rows_sealed_together_is_used_twice():
    seal_row = sealing.sealer(KEY, table="people", cohort=DAY)

    nonces = {seal_row(row, PAYLOAD)[1 : 1 + sealing.NONCE_BYTES] for row in range(600)}

    assert len(nonces) == 600


def test_a_refused_seal_says_the_row_and_not_the_content():
    with pytest.raises(SealBroken, match="people 13") as refusal:
        sealing.unseal(KEY, sealed_here(), table="people", row=13, cohort=DAY)

    assert "GOFF" not in str(refusal.value)


def test_a_wrapped_key_opens_under_its_own_name_and_master_only():
    master, key = os.urandom(32), os.urandom(32)
    wrapped = sealing.wrap(master, name="cohort:2026-03-10", key=key)

    assert sealing.unwrap(master, name="cohort:2026-03-10", wrapped=wrapped) == key
    with pytest.raises(SealBroken):
        sealing.unwrap(master, name="cohort:2026-03-11", wrapped=wrapped)
    with pytest.raises(SealBroken):
        sealing.unwrap(os.urandom(32), name="cohort:2026-03-10", wrapped=wrapped)


def test_equal_values_have_equal_indexes_and_different_keys_different_ones():
    phones, emails = os.urandom(32), os.urandom(32)

    assert sealing.blind(phones, "+33639980001") == sealing.blind(phones, "+33639980001")
    assert sealing.blind(phones, "+33639980001") != sealing.blind(phones, "+33639980002")
    assert sealing.blind(phones, "+33639980001") != sealing.blind(emails, "+33639980001")
    assert len(sealing.blind(phones, "")) == 16
