"""Encrypt and authenticate row data (AES-256-GCM), wrap keys, and compute blind indexes. Pure: keys in, bytes out.

Each blob is bound to its table, row and day. The nonce is random, 96 bits; a cohort key stays far below the 2^32
messages of NIST SP 800-38D §8.3.
"""

import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from tracing.vault.errors import SealBroken

VERSION = b"\x01"
NONCE_BYTES = 12
DIGEST_BYTES = 16
"""A blind index is truncated to 128 bits: no accidental collisions, and half the index size."""
VERIFIER = "tracing: the master key of this store"


def seal(key: bytes, *, table: str, row: int, cohort: date, payload: Any) -> bytes:
    """Seal a JSON-compatible `payload` for one row: version byte, nonce, ciphertext with tag."""
    return sealer(key, table=table, cohort=cohort, nonces_at_once=1)(row, payload)


def sealer(key: bytes, *, table: str, cohort: date, nonces_at_once: int = 256) -> Callable[[int, Any], bytes]:
    """Return a function that seals payloads for rows of one table and day, with the key schedule prepared once.

    Use it in one thread of one process only: concurrent calls raise an error, and after a fork both processes would use
    the same nonces.
    """
    encrypt, as_json, nonces = AESGCM(key).encrypt, orjson.dumps, _nonces(nonces_at_once)
    day = cohort.isoformat()

    def seal_row(row: int, payload: Any) -> bytes:
        nonce = next(nonces)
        return VERSION + nonce + encrypt(nonce, as_json(payload), _bound_to(table, row, day))

    return seal_row


def _nonces(at_once: int) -> Iterator[bytes]:
    """Yield random nonces, each once, drawn in blocks from the system: each draw releases the interpreter lock."""
    while True:
        drawn = os.urandom(NONCE_BYTES * at_once)
        yield from (drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES))


def unseal(key: bytes, blob: bytes, *, table: str, row: int, cohort: date) -> Any:
    """Open a blob sealed for exactly this table, row and cohort.

    Raises:
        SealBroken: the blob was moved, changed or truncated.
    """
    if blob[:1] != VERSION:
        raise SealBroken(f"unknown seal version on {table} {row}")
    nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
    try:
        clear = AESGCM(key).decrypt(nonce, sealed, _bound_to(table, row, cohort.isoformat()))
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"the seal of {table} {row} does not hold") from error
    return orjson.loads(clear)


def wrap(master: bytes, *, name: str, key: bytes) -> bytes:
    """Wrap a key with the master key, bound to its name."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(master).encrypt(nonce, key, name.encode())


def unwrap(master: bytes, *, name: str, wrapped: bytes) -> bytes:
    """Unwrap a key.

    Raises:
        SealBroken: another master key wrapped it, or it was changed.
    """
    try:
        return AESGCM(master).decrypt(wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :], name.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"the master key does not open {name}") from error


def verifier(master: bytes) -> bytes:
    """Return a constant wrapped by the master key; stored with the keys, it tells whether a master key is theirs."""
    return wrap(master, name=VERIFIER, key=VERIFIER.encode())


def verifies(master: bytes, kept: bytes) -> bool:
    """Return whether this master key made the stored verifier."""
    try:
        return unwrap(master, name=VERIFIER, wrapped=kept) == VERIFIER.encode()
    except SealBroken:
        return False


def fingerprint(key: bytes) -> str:
    """Return a short name of a key for people to compare: a keyed hash that reveals nothing about the key."""
    return blind(key, "fingerprint")[:8].hex()


def blind(key: bytes, value: str) -> bytes:
    """Return the keyed hash of a normalised value: equal values have equal hashes, and nothing else can be learned."""
    return blinder(key)(value)


def blinder(key: bytes) -> Callable[[str], bytes]:
    """Return a function like `blind` with one key, which is prepared once: for many values."""
    copy = HMAC(key, SHA256()).copy

    def blind_value(value: str) -> bytes:
        one = copy()
        one.update(value.encode())
        return one.finalize()[:DIGEST_BYTES]

    return blind_value


def _bound_to(table: str, row: int, day: str) -> bytes:
    return f"{table}|{row}|{day}".encode()
