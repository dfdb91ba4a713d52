"""age files: decrypted with X25519 identities, in memory."""

import binascii
from collections.abc import Sequence

import pyrage

from tracing.imports.refusal_codes import CannotRead, Refusal

_ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE"
_FOR_A_PASSPHRASE = b"-> scrypt "
_HEAD = 512


def open_age(content: bytes, identities: Sequence[str]) -> bytes:
    """Decrypt with the identity that the file was encrypted for.

    A file with a passphrase is refused: the file chooses the cost of deriving its key, and the cost that `age` itself
    chooses takes more memory than reading any lot.
    """
    if _FOR_A_PASSPHRASE in _head(content):
        raise CannotRead(Refusal.NOT_YET_OPENED, container="age (phrase de passe)")
    if not identities:
        raise CannotRead(Refusal.KEY_MISSING)
    try:
        keys = [pyrage.x25519.Identity.from_str(identity) for identity in identities]
    except pyrage.IdentityError as cause:
        raise CannotRead(Refusal.KEY_UNUSABLE) from cause
    try:
        clear: bytes = pyrage.decrypt(content, keys)
    except pyrage.DecryptError as cause:
        wrong_key = str(cause).startswith("No matching keys")
        raise CannotRead(Refusal.WRONG_KEY if wrong_key else Refusal.DAMAGED) from cause
    return clear


def _head(content: bytes) -> bytes:
    """Return the header lines that name the recipients of the file."""
    if not content.startswith(_ARMOUR):
        return content[:_HEAD]
    lines = content[: 2 * _HEAD].split(b"\n")[1:-1]
    try:
        return binascii.a2b_base64(b"".join(lines[: len(lines) // 4 * 4]))
    except binascii.Error:
        return b""
