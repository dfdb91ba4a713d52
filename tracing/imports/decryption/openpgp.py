"""OpenPGP messages: decrypted with a secret key or a password, in memory, if their integrity is protected."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import pysequoia

from tracing.imports.refusal_codes import CannotRead, Refusal
from tracing.kernel.redaction import redacted

_FOR_A_KEY, _FOR_A_PASSWORD, _UNSEALED = 1, 3, 9
_SEALED = (18, 20)
_ARMOUR = b"-----BEGIN PGP MESSAGE"
_VERSIONS = {_FOR_A_KEY: (2, 3, 6), _FOR_A_PASSWORD: (4, 5, 6)}
_NOT_FOR_US = "No key to decrypt"
_BADLY_SIGNED = ("Signature verification failed", "Unexpected message structure")
_MOST_PACKETS = 64


@redacted
class Clear(NamedTuple):
    """Content of a message, and whether one of the accepted signers signed it."""

    content: bytes
    is_signed: bool


def looks_like_openpgp(content: bytes) -> bool:
    """Return whether the content begins like a message: armour, or the packet that names a recipient."""
    if content.startswith(_ARMOUR):
        return True
    try:
        tag, start, _ = _packet_at(content, 0)
        return content[start] in _VERSIONS.get(tag, ())
    except (IndexError, ValueError):
        return False


def open_message(
    content: bytes, keys: Sequence[bytes], passwords: Sequence[str], signers: Sequence[bytes]
) -> Clear:
    """Decrypt with the first key or password that fits.

    `signers` are given only when a signature is needed: then a wrong signature refuses the message, and the result
    says if there was none.
    """
    if not content.startswith(_ARMOUR):
        _refuse_unsealed(content)
    if not keys and not passwords:
        raise CannotRead(Refusal.KEY_MISSING)
    attempts = [partial(pysequoia.decrypt, content, decryptor=each) for each in _decryptors(keys, passwords)]
    if passwords:
        attempts.append(partial(pysequoia.decrypt, content, passwords=list(passwords)))
    certificates = [_certificate(signer) for signer in signers]
    for attempt in attempts:
        try:
            return _opened(attempt, certificates)
        except CannotRead as cause:
            if cause.refusal is not Refusal.WRONG_KEY:
                raise
    raise CannotRead(Refusal.WRONG_KEY)


def public_keys_in(signers: Sequence[bytes]) -> list[bytes]:
    """Return those of the signers' certificates that are OpenPGP keys."""
    return [signer for signer in signers if b"BEGIN CERTIFICATE" not in signer]


def _opened(attempt: "partial[pysequoia.Decrypted]", certificates: Sequence[pysequoia.Cert]) -> Clear:
    """Try one key; an unsigned message is opened too, and the result says that it is unsigned."""
    signed_by: list[str] = []

    def certificates_of(key_ids: list[str]) -> list[pysequoia.Cert]:
        signed_by.extend(key_ids)
        return list(certificates)

    try:
        opened = attempt(store=certificates_of) if certificates else attempt()
        return Clear(opened.bytes or b"", is_signed=bool(certificates and opened.valid_sigs))
    except RuntimeError as cause:
        refusal = _reason(str(cause))
        if refusal is Refusal.WRONG_SIGNATURE and not signed_by:
            return _opened(attempt, ())
        raise CannotRead(refusal) from cause


def _reason(complaint: str) -> Refusal:
    """Return the refusal for the library's error message."""
    if complaint.startswith(_NOT_FOR_US):
        return Refusal.WRONG_KEY
    return Refusal.WRONG_SIGNATURE if complaint.startswith(_BADLY_SIGNED) else Refusal.DAMAGED


def _decryptors(keys: Sequence[bytes], passwords: Sequence[str]) -> list[pysequoia.PyDecryptor]:
    """Load the secret keys; each password is tried on a locked one."""
    return [_decryptor(key, passwords) for key in keys]


def _decryptor(key: bytes, passwords: Sequence[str]) -> pysequoia.PyDecryptor:
    """Load one secret key."""
    cause: Exception | None = None
    for password in (None, *passwords):
        try:
            return pysequoia.Tsk.from_bytes(key).decryptor(password)
        except RuntimeError as error:
            cause = error
    raise CannotRead(Refusal.KEY_UNUSABLE) from cause


def _certificate(signer: bytes) -> pysequoia.Cert:
    """Load the public key of an accepted signer."""
    try:
        return pysequoia.Cert.from_bytes(signer)
    except RuntimeError as cause:
        raise CannotRead(Refusal.KEY_UNUSABLE) from cause


def _refuse_unsealed(content: bytes) -> None:
    """Refuse a message without integrity protection: it could have been altered without a trace."""
    at = 0
    try:
        for _ in range(_MOST_PACKETS):
            tag, _, at = _packet_at(content, at)
            if tag == _UNSEALED:
                raise CannotRead(Refusal.NO_INTEGRITY)
            if tag in _SEALED:
                return
    except (IndexError, ValueError) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    raise CannotRead(Refusal.DAMAGED)


def _packet_at(content: bytes, at: int) -> tuple[int, int, int]:
    """Return the tag of the packet that begins here, the start of its body, and the start of the next packet."""
    first = content[at]
    if not first & 0x80:
        raise ValueError
    if first & 0x40:
        return first & 0x3F, *_new_length(content, at + 1)
    size = 1 << (first & 3)
    if size == 8:  # the body extends to the end of the file
        return first >> 2 & 0xF, at + 1, len(content)
    start = at + 1 + size
    return first >> 2 & 0xF, start, start + int.from_bytes(content[at + 1 : start], "big")


def _new_length(content: bytes, at: int) -> tuple[int, int]:
    """Return the start and end of the body of a new-format packet; for one in pieces, of its first piece."""
    length = content[at]
    if length < 192:
        return at + 1, at + 1 + length
    if length < 224:
        return at + 2, at + 2 + (length - 192 << 8) + content[at + 1] + 192
    if length < 255:
        return at + 1, at + 1 + (1 << (length & 0x1F))
    return at + 5, at + 5 + int.from_bytes(content[at + 1 : at + 5], "big")
