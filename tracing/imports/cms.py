"""CMS EnvelopedData (.p7m): one RSA recipient among several, AES-CBC inside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from tracing.imports.refusals import CannotRead, Refusal

_SEQUENCE, _SET, _INTEGER, _BIT_STRING, _UTC_TIME = 0x30, 0x31, 0x02, 0x03, 0x17
_ENVELOPED = bytes.fromhex("06092a864886f70d010703")
_OTHER_CMS = bytes.fromhex("2a864886f70d0109")
_OTHER_PKCS7 = bytes.fromhex("2a864886f70d0107")
_INDEFINITE = 0x80
_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")


@dataclass(frozen=True)
class Recipient:
    """For whom the content key was wrapped: issuer and serial number of their certificate, as DER."""

    issuer: bytes
    serial: bytes


def looks_like_cms(content: bytes) -> bool:
    """Say whether this begins like any CMS structure."""
    head = content[:32]
    return content[:1] == b"\x30" and (_OTHER_CMS in head or _OTHER_PKCS7 in head)


def open_cms(content: bytes, private_keys: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Decrypt with the first key that it was encrypted for."""
    if _ENVELOPED not in content[:32] or content[1] == _INDEFINITE:
        raise CannotRead(Refusal.NOT_YET_OPENED, container="CMS (EnvelopedData, DER, AES-CBC)")
    recipients = list(_recipients(content))
    if not recipients:
        raise CannotRead(Refusal.NOT_YET_OPENED, container="CMS (RSA, issuerAndSerialNumber)")
    if not private_keys:
        raise CannotRead(Refusal.KEY_MISSING)
    for at, (private_key, certificate) in enumerate(private_keys, start=1):
        try:
            return _open_with(content, private_key, certificate, recipients)
        except CannotRead as cause:
            if cause.refusal is not Refusal.WRONG_KEY or at == len(private_keys):
                raise
    raise CannotRead(Refusal.WRONG_KEY)


def _open_with(content: bytes, private_key: bytes, certificate: bytes, recipients: list[Recipient]) -> bytes:
    """Decrypt with one key; without its certificate every recipient is tried in turn."""
    key = _load_key(private_key)
    if certificate:
        return _open_as(content, key, _load_certificate(certificate, key), recipients)
    for recipient in recipients:
        try:
            return _decrypt(content, key, _stand_in(recipient, key))
        except CannotRead as cause:
            if cause.refusal is not Refusal.DAMAGED:
                raise
    raise CannotRead(Refusal.WRONG_KEY)


def _open_as(
    content: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate, recipients: list[Recipient]
) -> bytes:
    """Decrypt as the one recipient whose certificate this is."""
    mine = Recipient(certificate.issuer.public_bytes(), _integer(certificate.serial_number))
    if mine not in recipients:
        raise CannotRead(Refusal.WRONG_KEY)
    return _decrypt(content, key, certificate)


def _decrypt(content: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    """Decrypt, and call whatever goes wrong then damage: the recipient was matched before."""
    try:
        return pkcs7.pkcs7_decrypt_der(content, certificate, key, [])
    except UnsupportedAlgorithm as cause:
        raise CannotRead(Refusal.NOT_YET_OPENED, container="CMS (algorithme)") from cause
    except (ValueError, TypeError) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _load_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Load the private key; anything but an RSA key without a passphrase is unusable here."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise CannotRead(Refusal.KEY_UNUSABLE) from cause
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CannotRead(Refusal.KEY_UNUSABLE)
    return key


def _load_certificate(pem: bytes, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """Load the certificate of that key."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        belongs = certificate.public_key() == key.public_key()
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise CannotRead(Refusal.KEY_UNUSABLE) from cause
    if not belongs:
        raise CannotRead(Refusal.KEY_UNUSABLE)
    return certificate


def _recipients(content: bytes) -> Iterator[Recipient]:
    """Yield the recipients that are named by issuer and serial number."""
    try:
        enveloped = _child(_child(_whole(content), 1), 0)
        infos = next(node for node in _children(enveloped) if node[0] == _SET)
        for info in _children(infos):
            name = _children(info)[1] if info[0] == _SEQUENCE else None
            if name and name[0] == _SEQUENCE:
                issuer, serial = _children(name)
                yield Recipient(_der(*issuer), _der(*serial))
    except (IndexError, ValueError, StopIteration) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


Node = tuple[int, bytes]
"""A tag and the bytes under it."""


def _whole(content: bytes) -> Node:
    """Return the outermost node; a file cut short, or with something after its end, is damaged."""
    nodes = _children((_SEQUENCE, content))
    if len(nodes) != 1:
        raise ValueError
    return nodes[0]


def _child(parent: Node, position: int) -> Node:
    """Return one node under another."""
    return _children(parent)[position]


def _children(parent: Node) -> list[Node]:
    """Split the bytes under a node into its nodes; definite lengths only, as DER demands."""
    body, nodes, at = parent[1], [], 0
    while at < len(body):
        tag, length, at = body[at], body[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(body[at : at + size], "big"), at + size
        if at + length > len(body):
            raise ValueError
        nodes.append((tag, body[at : at + length]))
        at += length
    return nodes


def _der(tag: int, *parts: bytes) -> bytes:
    """Encode one node."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(body).to_bytes(size, "big") + body


def _integer(value: int) -> bytes:
    """Encode a positive integer."""
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _stand_in(recipient: Recipient, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """Return a certificate with the recipient's issuer and serial number and our public key.

    The library finds its recipient by certificate only, and looks at nothing else in it: so this one is
    never verified, never stored and needs no signature.
    """
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    moment = _der(_UTC_TIME, b"200101000000Z")
    body = _der(
        _SEQUENCE,
        _der(0xA0, _integer(2)),
        recipient.serial,
        _SHA256_WITH_RSA,
        recipient.issuer,
        _der(_SEQUENCE, moment, moment),
        recipient.issuer,
        public,
    )
    return x509.load_der_x509_certificate(
        _der(_SEQUENCE, body, _SHA256_WITH_RSA, _der(_BIT_STRING, b"\x00", b"\x00"))
    )
