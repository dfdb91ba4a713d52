"""CMS (.p7m): open envelopes encrypted for one or several recipients, and remove signatures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from tracing.imports.decryption import der, openssl
from tracing.imports.refusal_codes import CannotRead, Refusal

_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_CONTEXT_0 = 0xA0
_SHORTEST = 12
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Kind(Enum):
    """The kind of a CMS structure, by its content type identifier."""

    SIGNED = bytes.fromhex("06092a864886f70d010702")
    ENVELOPED = bytes.fromhex("06092a864886f70d010703")
    AUTHENTICATED = bytes.fromhex("060b2a864886f70d0109100117")
    OTHER_PKCS7 = bytes.fromhex("06092a864886f70d0107")
    OTHER = bytes.fromhex("060b2a864886f70d010910")


@dataclass(frozen=True, repr=False)
class Recipient:
    """A recipient of the content key: issuer and serial number of their certificate, as DER."""

    issuer: bytes
    serial: bytes


def kind_of(content: bytes) -> Kind | None:
    """Return which kind of CMS structure begins here, or None."""
    if len(content) < _SHORTEST or content[0] != der.SEQUENCE:
        return None
    length = content[1]
    named = 2 + (length & 0x7F if length & 0x80 else 0)
    return next((kind for kind in Kind if content.startswith(kind.value, named)), None)


def open_envelope(content: bytes, private_keys: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Decrypt with the first key that the envelope was encrypted for."""
    _outermost(content)
    if not private_keys:
        raise CannotRead(Refusal.KEY_MISSING)
    for at, (private_key, certificate) in enumerate(private_keys, start=1):
        try:
            return _open_with(content, private_key, certificate)
        except CannotRead as cause:
            if cause.refusal is not Refusal.WRONG_KEY or at == len(private_keys):
                raise
    raise CannotRead(Refusal.WRONG_KEY)


def without_signature(content: bytes) -> bytes:
    """Return the signed content without verifying the signature."""
    try:
        signed = _under(content)
        enclosed = next(node for node in der.children(content, signed) if node.tag == der.SEQUENCE)
        _, explicit = der.children(content, enclosed)
        (string,) = der.children(content, explicit)
        return der.octets(content, string)
    except (IndexError, ValueError, StopIteration) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _open_with(content: bytes, private_key: bytes, certificate: bytes) -> bytes:
    """Decrypt with one key; without its certificate every recipient is tried in turn."""
    key = _load_key(private_key)
    given = _load_certificate(certificate, key) if certificate else None
    recipients = list(_recipients(content))
    if not isinstance(key, rsa.RSAPrivateKey) or not recipients:
        return _decrypt_by_program(content, key, given)
    if given:
        mine = Recipient(given.issuer.public_bytes(), der.encode_integer(given.serial_number))
        if mine not in recipients:
            raise CannotRead(Refusal.WRONG_KEY)
        return _decrypt(content, key, given)
    for recipient in recipients:
        try:
            return _decrypt(content, key, _stand_in(recipient, key))
        except CannotRead as cause:
            if cause.refusal is not Refusal.DAMAGED:
                raise
    raise CannotRead(Refusal.WRONG_KEY)


def _decrypt(content: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    """Decrypt; any failure here means damage, because the recipient was already matched."""
    try:
        if kind_of(content) is Kind.ENVELOPED and _outermost(content).is_told:
            return pkcs7.pkcs7_decrypt_der(content, certificate, key, [])
    except UnsupportedAlgorithm:
        pass
    except (ValueError, TypeError) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    return _decrypt_by_program(content, key, certificate)


def _decrypt_by_program(content: bytes, key: Key, certificate: x509.Certificate | None) -> bytes:
    """Decrypt what the library does not support: authenticated envelopes, key agreement, indefinite lengths."""
    written = certificate.public_bytes(serialization.Encoding.PEM) if certificate else b""
    return openssl.decrypted(content, _pem_of(key), written)


@cache
def _load_key(pem: bytes) -> Key:
    """Load the private key; anything but an RSA or EC key without a passphrase is unusable here."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise CannotRead(Refusal.KEY_UNUSABLE) from cause
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CannotRead(Refusal.KEY_UNUSABLE)
    return key


def _pem_of(key: Key) -> bytes:
    """Return a key as PEM for the program, without anything else its file contained."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load_certificate(pem: bytes, key: Key) -> x509.Certificate:
    """Load the certificate that belongs to that key."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        belongs = certificate.public_key() == key.public_key()
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise CannotRead(Refusal.KEY_UNUSABLE) from cause
    if not belongs:
        raise CannotRead(Refusal.KEY_UNUSABLE)
    return certificate


def _outermost(content: bytes) -> der.Node:
    """Return the outermost node of a complete structure."""
    try:
        return der.whole(content)
    except (IndexError, ValueError) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _under(content: bytes) -> der.Node:
    """Return the node that holds the content of the structure."""
    _, explicit = der.children(content, _outermost(content))
    (inner,) = der.children(content, explicit)
    return inner


def _recipients(content: bytes) -> Iterator[Recipient]:
    """Yield the recipients that are named by issuer and serial number."""
    try:
        infos = next(node for node in der.children(content, _under(content)) if node.tag == der.SET)
        for info in der.children(content, infos):
            _, name, *_ = der.children(content, info)
            if info.tag == name.tag == der.SEQUENCE:
                issuer, serial = der.children(content, name)
                yield Recipient(_der(content, issuer), _der(content, serial))
    except (IndexError, ValueError, StopIteration) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _der(content: bytes, node: der.Node) -> bytes:
    """Return a node with a definite length, as DER writes it."""
    return der.encode(node.tag, content[node.start : node.end])


def _stand_in(recipient: Recipient, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """Return a certificate with the recipient's issuer and serial number and our public key.

    The library finds its recipient by certificate only, and reads nothing else in it: so this one is
    never verified, never stored and needs no signature.
    """
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    moment = der.encode(der.UTC_TIME, b"200101000000Z")
    body = der.encode(
        der.SEQUENCE,
        der.encode(_CONTEXT_0, der.encode_integer(2)),
        recipient.serial,
        _SHA256_WITH_RSA,
        recipient.issuer,
        der.encode(der.SEQUENCE, moment, moment),
        recipient.issuer,
        public,
    )
    return x509.load_der_x509_certificate(
        der.encode(der.SEQUENCE, body, _SHA256_WITH_RSA, der.encode(der.BIT_STRING, b"\x00", b"\x00"))
    )
