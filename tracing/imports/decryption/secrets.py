"""Kinds of protection a file can have, and the keys and passwords that open it; this module reads no file content."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

MOST_PASSWORDS = 10
AGE_FILE = (b"age-encryption.org/", b"-----BEGIN AGE ")
"""First bytes of a file encrypted with age, whatever its version."""
_AGE_IDENTITY = re.compile(rb"^[ \t]*(AGE-SECRET-KEY-1[0-9A-Z]+)", re.MULTILINE)
_OPENPGP_ARMOUR = b"-----BEGIN PGP "
_OPENPGP_SECRET = (b"\x94", b"\x95", b"\x96", b"\x97", b"\xc5")
"""First byte of a binary (not armoured) secret key: its packet tag, in the old and the new format."""


class Container(StrEnum):
    """What protected the file on its way."""

    CMS = "cms"
    OPENPGP = "openpgp"
    AGE = "age"
    ZIP = "zip"
    PROTECTED_WORKBOOK = "xlsx"
    CONNECTION = "tls"
    """Nothing but the connection: HL7 messages that were sealed when they arrived."""


class KeyKind(StrEnum):
    """What a key file holds, determined by its content."""

    PEM = "pem"
    OPENPGP = "openpgp"
    AGE = "age"


def key_kind(content: bytes) -> KeyKind:
    """Return what a key file holds; anything unknown counts as PEM, whose parser then reports the error."""
    if _OPENPGP_ARMOUR in content or content.startswith(_OPENPGP_SECRET):
        return KeyKind.OPENPGP
    return KeyKind.AGE if _AGE_IDENTITY.search(content) else KeyKind.PEM


def age_identities(content: bytes) -> tuple[str, ...]:
    """Return the identities in an age key file."""
    return tuple(found.decode() for found in _AGE_IDENTITY.findall(content))


@dataclass(frozen=True, repr=False)
class Secrets:
    """What may open a file, and who must have signed it. Never stored, never logged, hidden in `repr`."""

    private_keys: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)
    """RSA or EC keys for CMS, each with its certificate or empty bytes, PEM."""
    openpgp: tuple[bytes, ...] = field(default=(), repr=False)
    """Secret keys without a passphrase, armoured or not."""
    age: tuple[str, ...] = field(default=(), repr=False)
    """Identities, one `AGE-SECRET-KEY-1…` each."""
    passwords: tuple[str, ...] = field(default=(), repr=False)
    signers: tuple[bytes, ...] = ()
    """Certificates of the accepted signers: PEM, or OpenPGP public keys."""
    needs_signature: bool = False
    """Refuse a file that none of them signed."""
    is_sealed_here: bool = False
    """It came in clear text over a protected connection and was sealed on arrival: HL7 messages are then accepted."""

    def __add__(self, other: Self) -> Self:
        """Return the secrets of both; a signature is needed if either needs one."""
        mine, theirs = asdict(self), asdict(other)
        joined: dict[str, Any] = {
            name: mine[name] or theirs[name]
            if isinstance(mine[name], bool)
            else tuple(dict.fromkeys(mine[name] + theirs[name]))
            for name in mine
        }
        return type(self)(**joined)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible form, to send to the reading process."""
        return {
            "private_keys": [
                [_as_text(key), _as_text(certificate)] for key, certificate in self.private_keys
            ],
            "openpgp": [_as_text(key) for key in self.openpgp],
            "age": list(self.age),
            "passwords": list(self.passwords),
            "signers": [_as_text(certificate) for certificate in self.signers],
            "needs_signature": self.needs_signature,
            "is_sealed_here": self.is_sealed_here,
        }

    @classmethod
    def from_dict(cls, sent: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            private_keys=tuple(
                (_as_bytes(key), _as_bytes(certificate)) for key, certificate in sent["private_keys"]
            ),
            openpgp=tuple(map(_as_bytes, sent["openpgp"])),
            age=tuple(sent["age"]),
            passwords=tuple(sent["passwords"]),
            signers=tuple(map(_as_bytes, sent["signers"])),
            needs_signature=sent["needs_signature"],
            is_sealed_here=sent.get("is_sealed_here", False),
        )


def _as_text(content: bytes) -> str:
    """Encode any bytes as text of the same length."""
    return content.decode("latin-1")


def _as_bytes(text: str) -> bytes:
    """Reverse `_as_text`."""
    return text.encode("latin-1")


def secrets_from(
    *,
    private_key: bytes = b"",
    certificate: bytes = b"",
    passwords: Sequence[str] = (),
    signers: Iterable[bytes] = (),
    needs_signature: bool = False,
) -> Secrets:
    """Collect what may open a file. A key file is PEM, OpenPGP or age; a PEM file may contain its certificate too."""
    shared = Secrets(passwords=tuple(passwords), signers=tuple(signers), needs_signature=needs_signature)
    if not private_key:
        return shared
    match key_kind(private_key):
        case KeyKind.OPENPGP:
            return shared + Secrets(openpgp=(private_key,))
        case KeyKind.AGE:
            return shared + Secrets(age=age_identities(private_key))
    if not certificate and b"BEGIN CERTIFICATE" in private_key:
        certificate = private_key
    return shared + Secrets(private_keys=((private_key, certificate),))


def passwords_in(text: str, file_name: str) -> tuple[str, ...]:
    """Return the passwords to try from a password file, the likeliest first.

    The file holds one password, or lines that each have a file name and its password.
    """
    lines = [line.strip("\r\n") for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    named = [_second_word(line) for line in lines if line.split()[0] == file_name]
    tried = [*named, *lines, *(_second_word(line) for line in lines)] if not any(named) else named
    return tuple(dict.fromkeys(password for password in tried if password))[:MOST_PASSWORDS]


def _second_word(line: str) -> str:
    """Return what follows the first word of a line."""
    return "".join(line.split(maxsplit=1)[1:]).strip()
